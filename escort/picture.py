"""A plan as a picture: a Gantt chart of its assets over a map of their ways, as one SVG.

Scenario and plan document -> SVG text. Bars and lines have the colour of the asset's nation.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final
from xml.sax.saxutils import escape

from escort.picture_map import chart
from escort.scenario import Scenario
from sea.instants import from_us, parse_utc
from sea.units import HOUR_US, Microseconds

WIDTH: Final = 1000
NAME_WIDTH: Final = 250
ROW: Final = 22
TOP: Final = 62
MAP_HEIGHT: Final = 560
MARGIN: Final = 16
TICKS_H: Final = (1, 2, 3, 6, 12, 24, 48, 168)
MOST_TICKS: Final = 14

COLOURS: Final = ("#1f5f8b", "#b3541e", "#2e7d4f", "#7a3b8f", "#a8860b", "#b0304a", "#3a7f86",
                  "#5b5b9a", "#6b6b3a", "#444444")  # fmt: skip
"""Dark enough to be read on white, in the order of the nations."""

Document = Mapping[str, Any]


def picture(scenario: Scenario, plan: Document) -> str:
    """The SVG, `WIDTH` pixels wide."""
    nations = sorted({asset.nation for asset in scenario.assets})
    colours = {nation: COLOURS[i % len(COLOURS)] for i, nation in enumerate(nations)}
    rows = max(len(plan["taskings"]), 1)
    below = TOP + rows * ROW + 2 * MARGIN
    height = below + MAP_HEIGHT + MARGIN
    body = [
        *_title(plan),
        *_legend(colours),
        *_gantt(scenario, plan, colours),
        f'<svg x="{MARGIN}" y="{below}" width="{WIDTH - 2 * MARGIN}" height="{MAP_HEIGHT}">',
        *chart(scenario, plan, colours, WIDTH - 2 * MARGIN, MAP_HEIGHT),
        "</svg>",
    ]
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{height}" '
        f'viewBox="0 0 {WIDTH} {height}" font-family="sans-serif" font-size="11">'
        f'<rect width="{WIDTH}" height="{height}" fill="#fff"/>{"".join(body)}</svg>\n'
    )


def _title(plan: Document) -> Iterator[str]:
    escorts = sum(len(tasking["escorts"]) for tasking in plan["taskings"])
    gap = "no bound" if plan["gap"] is None else f"proven gap {plan['gap']:.2%}"
    text = (
        f"{escorts} escorts by {len(plan['taskings'])} assets, risk averted "
        f"{plan['risk_value']:.4g}, {len(plan['unserved'])} not served, {gap}"
    )
    yield f'<text x="{MARGIN}" y="22" font-size="14" fill="#112">{escape(text)}</text>'


def _legend(colours: Mapping[str, str]) -> Iterator[str]:
    x = MARGIN
    for nation, colour in colours.items():
        yield f'<rect x="{x}" y="31" width="10" height="10" fill="{colour}"/>'
        yield f'<text x="{x + 14}" y="40" fill="#223">{escape(nation)}</text>'
        x += 44
    text = "thin: transit, full: escort, hollow: refuelling, dotted: way home; times are UTC"
    yield f'<text x="{x + 10}" y="40" fill="#556">{text}</text>'


def _gantt(scenario: Scenario, plan: Document, colours: Mapping[str, str]) -> Iterator[str]:
    start = scenario.now
    end = max([start + HOUR_US, *_ends(plan)])
    scale = (WIDTH - NAME_WIDTH - MARGIN) / (end - start)

    def x(instant: str | Microseconds) -> float:
        at = parse_utc(instant) if isinstance(instant, str) else instant
        return NAME_WIDTH + (max(at, start) - start) * scale

    bottom = TOP + max(len(plan["taskings"]), 1) * ROW
    for at in _ticks(start, end):
        yield f'<path d="M{x(at):.1f} {TOP - 4}V{bottom}" stroke="#dde"/>'
        words = f"{from_us(at):%d %b %H:%M}" if from_us(at).hour == 0 else f"{from_us(at):%H:%M}"
        yield (f'<text x="{x(at):.1f}" y="{TOP - 8}" text-anchor="middle" fill="#556" '
               f'font-size="10">{words}</text>')  # fmt: skip
    if not plan["taskings"]:
        yield f'<text x="{MARGIN}" y="{TOP + 15}" fill="#556">No asset goes anywhere.</text>'
    for number, tasking in enumerate(plan["taskings"]):
        y = TOP + number * ROW
        name = f"{tasking['name']} ({tasking['nation']})"
        shown = name if len(name) <= 42 else name[:41] + "…"
        yield f'<text x="{MARGIN}" y="{y + 15}" fill="#112">{escape(shown)}</text>'
        yield from _bars(tasking, x, y, colours[tasking["nation"]])


def _bars(tasking: Document, x: Any, y: int, colour: str) -> Iterator[str]:
    for escort in tasking["escorts"]:
        depart, meet, release = (
            x(escort[name]) for name in ("depart_at", "rendezvous_at", "release_at")
        )
        yield _bar(depart, meet, y + 9, 4, f'fill="{colour}" fill-opacity="0.5"')
        ships = f"MMSI {', '.join(escort['mmsis'])}, risk {escort['risk_value']:.2g}"
        words = f"{', '.join(escort['requests'])}: {ships}"
        status = escort.get("status", tasking["status"])
        opacity = "1" if status != "proposed" else "0.75"
        style = f'fill="{colour}" fill-opacity="{opacity}" rx="2"'
        yield _bar(meet, release, y + 4, 14, style, f"{words} ({status})")
    for refuel in tasking["refuels"]:
        style = f'fill="#fff" stroke="{colour}"'
        yield _bar(x(refuel["arrive_at"]), x(refuel["depart_at"]), y + 6, 10, style, "refuelling")
    if tasking["returns_at"] is not None:
        home, last = x(tasking["returns_at"]), x(tasking["escorts"][-1]["release_at"])
        way = f"M{last:.1f} {y + 11}H{home:.1f}"
        yield f'<path d="{way}" stroke="{colour}" stroke-dasharray="2 3"/>'


def _bar(left: float, right: float, y: int, height: int, style: str, words: str = "") -> str:
    title = f"<title>{escape(words)}</title>" if words else ""
    return (f'<rect x="{left:.1f}" y="{y}" width="{max(right - left, 1):.1f}" '
            f'height="{height}" {style}>{title}</rect>')  # fmt: skip


def _ends(plan: Document) -> list[Microseconds]:
    last = [t["returns_at"] or t["escorts"][-1]["release_at"] for t in plan["taskings"]]
    return [parse_utc(instant) for instant in last]


def _ticks(start: Microseconds, end: Microseconds) -> Sequence[Microseconds]:
    hours = (end - start) / HOUR_US
    step = next((h for h in TICKS_H if hours / h <= MOST_TICKS), TICKS_H[-1]) * HOUR_US
    return range(-(-start // step) * step, end, step)
