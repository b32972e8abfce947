"""Draws docs/risk.md and docs/risk/: what the risk code says of itself, and how it has done.

    python tools/draw_risk.py            all, from the code and docs/risk/*.json
    python tools/draw_risk.py --check    fail if it is not what is there

The figures of the backtest are those of

    safepassage backtest --incidents FILE --json docs/risk/backtest.json

and the challenger, of synthetic labels,

    python tools/draw_labels.py 4000 1 > labels.csv
    safepassage train labels.csv --out docs/risk/challenger-synthetic.json
"""

import argparse
import inspect
import json
import re
import sys
from collections.abc import Iterable, Iterator
from dataclasses import fields
from pathlib import Path
from textwrap import fill
from typing import Any, Final

from api import challenger_report
from api.plot import COLOURS, Axis, Plot
from risk.challenger import challenger_of
from risk.coercion import CoercionParams
from risk.hazard import HazardParams
from risk.smuggling import BAND_FROM, INDICATORS

DOCS: Final = Path(__file__).parents[1] / "docs"
NAMES: Final = {
    "field": "hazard field",
    "tuned": "field, width by earlier years",
    "kernel": "kernel density",
    "last year": "last year",
}


def main() -> int:
    """Writes, or compares, the page and its plots."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="fail if the files are not the code's")
    check = parser.parse_args().check
    told = json.loads((DOCS / "risk" / "backtest.json").read_text("utf-8"))
    model = challenger_of((DOCS / "risk" / "challenger-synthetic.json").read_text("utf-8"))
    drawn = {
        "risk.md": page(told),
        "risk/hit-rate.svg": hit_rate(told),
        "risk/reliability.svg": reliability(told),
        "risk/years.svg": years(told),
        "risk/challenger-calibration.svg": challenger_report.calibration(model),
        "risk/challenger-shapes.svg": challenger_report.shapes(model),
    }
    stale = [n for n, text in drawn.items() if _read(DOCS / n) != text]
    if not check:
        for name in stale:
            (DOCS / name).write_text(drawn[name], "utf-8")
    sys.stdout.write("".join(f"{name}\n" for name in stale))
    return int(check and bool(stale))


def _read(path: Path) -> str | None:
    return path.read_text("utf-8") if path.exists() else None


def page(told: dict[str, Any]) -> str:
    """The whole of docs/risk.md."""
    parts = "\n\n".join([HEAD, *_backtest(told), *_tables()]).split("\n\n")
    return "\n\n".join(p if p[0] in "#|!" else fill(p, 100) for p in parts) + "\n"


HEAD = """# Risk, drawn from the code

Written by `make draw-risk` from the code's own tables and from `docs/risk/backtest.json`; the
words about them are in [indicators](indicators.md)."""


def _backtest(told: dict[str, Any]) -> Iterator[str]:
    first, last = told["years"]
    some = told["pooled"]["field"]
    yield f"""## The hazard field against years it has not seen

`safepassage backtest --incidents F` rolls forward: each of {first}-{last} is told by the reports of
the years before it alone, {some["incidents"]} incidents in all ("Crime at Sea", doi
10.5334/johd.39, CC BY 4.0, 130 W to 30 W). Hit rate: share of the year's incidents in the 1% and
the 5% of sea held worst. Log score: mean log of the density told at the incidents, per nm2. The
kernel's bandwidth is chosen by leaving one out; *width by earlier years* chooses the field's
own width anew each year, by how it told the years before, so nothing in that row has seen what it
tells. The service uses the fixed width of the first row."""
    rows = ["| map | in the worst 1% | in the worst 5% | log score | expected | reported |",
            "|---|---|---|---|---|---|"]  # fmt: skip
    for model, row in told["pooled"].items():
        expected = f"{row['expected']:.0f}" if model in ("field", "tuned") else ""
        rows.append(f"| {NAMES[model]} | {row['hit_1']:.3f} | {row['hit_5']:.3f} | "
                    f"{row['log_score']:.2f} | {expected} | {row['incidents']} |")  # fmt: skip
    yield "\n".join(rows)
    yield "![Share of incidents by share of sea searched](risk/hit-rate.svg)"
    yield from _heights(told)


def _heights(told: dict[str, Any]) -> Iterator[str]:
    groups, busy = told["groups"], told["busy"]
    inside = sum(g["low"] <= g["told"] <= g["high"] for g in groups)
    years = told["years_told"]
    held = sum(y["interval"][0] <= y["told"] <= y["interval"][1] for y in years)
    lowest, highest = groups[0], groups[-1]
    yield f"""### Predicted against reported

Every cell of every year, in order of what the field told of it, cut into {len(groups)} groups of
which equally much was told. The lowest group is {lowest["cells"]:,} cell-years told
{lowest["told"]:.0f} incidents together, in which {lowest["reported"]} were reported; the highest is
{highest["cells"]} cell-years told {highest["told"]:.0f}, in which {highest["reported"]} were. In
{inside} of {len(groups)} groups what was told lies in the 90% interval of what was reported. The
field's heights hold where incidents are known. On the fringes of such places (the second and third
group) it tells {_times(groups[1:3], "told", "reported")} times what is reported, and waters where
nothing was known (the first) are struck {_times(groups[:1], "reported", "told")} times as often as
it tells: the order of the waters is worth more than the height of the low ones."""
    yield "![Incidents told and reported, by group](risk/reliability.svg)"
    yield f"""Of {busy["cells"]} cell-years told at least {busy["least_told"]:g} incidents,
{busy["inside"]:.1%} of the reported counts lie in the field's 90% predictive interval (Gamma
posterior, Poisson count); {busy["due"]:.1%} would be due, as counts are whole, so the intervals are
somewhat too narrow. Whole years are told worse: {held} of {len(years)} lie in the interval,
since reporting waxes and wanes more than chance does, and the field follows with a half-life of
five years."""
    yield "![Incidents told and reported, by year](risk/years.svg)"
    yield """**What this cannot show.** It is fitted to reports and judged by reports. Where owners
and masters do not report (off Mexico there is almost nothing in this list) every map is blind alike
and every figure above is too. A quiet cell is a cell without reports, not a safe one. Ship-hours
are assumed, not counted, so a rate per ship-hour is worth less than the counts a year that are
judged here."""


def _times(groups: list[dict[str, Any]], one: str, other: str) -> str:
    return f"{sum(g[one] for g in groups) / sum(g[other] for g in groups):.1f}"


def _tables() -> Iterator[str]:
    yield "## Thresholds of the hazard field"
    yield "\n".join(_parameters(HazardParams()))
    yield "## Thresholds of coercion risk"
    yield "\n".join(_parameters(CoercionParams()))
    bands = ", ".join(f"{band} from {least:g}" for band, least in BAND_FROM)
    yield f"""## Points of the smuggling priority

A priority, not an accusation, and not calibrated on outcomes. Bands: {bands}. Points halve every
half-life after an event's end; a row gives at most its cap."""
    yield "\n".join([
        "| code | event | weight | cap | half-life, days | innocent explanation |",
        "|---|---|---|---|---|---|",
        *(f"| {row.code} | `{row.kind}` | {row.weight:g} | {row.cap:g} | "
          f"{row.half_life_h / 24:g} | {row.innocent} |" for row in INDICATORS),
    ])  # fmt: skip


def _parameters(params: Any) -> Iterable[str]:
    """A table row a parameter, with what its docstring says."""
    yield "| parameter | default | what it is, and its source |"
    yield "|---|---|---|"
    said = inspect.cleandoc(type(params).__doc__ or "").partition("Attributes:")[2]
    one = "|".join(field.name for field in fields(params))
    heads = list(re.finditer(rf"(?:^|[\s.;])((?:{one})(?:, (?:{one}))*):", said))
    text = {}
    for head, following in zip(heads, [*heads[1:], None], strict=True):
        words = said[head.end() : following.start() + 1 if following else None].split()
        text[head[1].split(", ")[0]] = head[1], " ".join(words)
    for names, words in text.values():
        values = "; ".join(_value(getattr(params, name)) for name in names.split(", "))
        yield f"| {', '.join(f'`{n}`' for n in names.split(', '))} | {values} | {words} |"


def _value(value: Any) -> str:
    if isinstance(value, tuple):
        return ", ".join(_value(v) for v in value)
    return value if isinstance(value, str) else f"{value:g}"


def hit_rate(told: dict[str, Any]) -> str:
    """Share of incidents by share of sea, one line a map."""
    plot = Plot(
        title="How much of next year's incidents lies in the sea held worst",
        x=Axis(label="share of sea, percent (log)", low=0.05, high=20, log=True,
               ticks=(0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20)),
        y=Axis(label="share of incidents", low=0, high=1, ticks=(0, 0.2, 0.4, 0.6, 0.8, 1)),
    )  # fmt: skip
    area = [100 * share for share in told["curve"]["area"]]
    for (model, name), colour in zip(NAMES.items(), COLOURS, strict=True):
        plot.line(area, told["curve"][model], name, colour, dash=model == "tuned")
    return plot.svg()


def reliability(told: dict[str, Any]) -> str:
    """Told against reported a cell-year, with the interval of what was reported."""
    groups = told["groups"]
    plot = Plot(
        title="Incidents in a cell and year: told, and reported with 90% interval",
        x=Axis(label="told (log)", low=1e-6, high=3, log=True, ticks=_TENS),
        y=Axis(label="reported (log)", low=1e-6, high=3, log=True, ticks=_TENS),
    )
    plot.line([1e-6, 3], [1e-6, 3], "told = reported", "#9db0ba", dash=True)
    at = [g["told"] / g["cells"] for g in groups]
    plot.intervals(at, [g["low"] / g["cells"] for g in groups],
                   [g["high"] / g["cells"] for g in groups], COLOURS[0])  # fmt: skip
    plot.points(at, [g["reported"] / g["cells"] for g in groups], "group of cells", COLOURS[0])
    return plot.svg()


_TENS = (1e-6, 1e-5, 1e-4, 1e-3, 1e-2, 0.1, 1)


def years(told: dict[str, Any]) -> str:
    """Told and reported by year."""
    rows = told["years_told"]
    at = [row["year"] for row in rows]
    plot = Plot(
        title="Incidents in a year: told, and reported with 90% interval",
        x=Axis(label="year", low=at[0] - 1, high=at[-1] + 1, ticks=at[::4]),
        y=Axis(label="incidents", low=0, high=90, ticks=range(0, 91, 15)),
        legend="upper right",
    )
    plot.intervals(at, [r["interval"][0] for r in rows], [r["interval"][1] for r in rows],
                   COLOURS[0])  # fmt: skip
    plot.points(at, [r["reported"] for r in rows], "reported", COLOURS[0])
    plot.line(at, [r["told"] for r in rows], "told by the field", COLOURS[1])
    return plot.svg()


if __name__ == "__main__":
    sys.exit(main())
