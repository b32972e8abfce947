"""Draws docs/behaviours/: what each detector says of itself, and a picture of an event it found.

    python tools/draw_behaviours.py            both, from fresh exercises (minutes)
    python tools/draw_behaviours.py --text     the page alone, from the code

The pictures show synthetic traffic of the exercises; nothing in them is a real ship.
"""

import argparse
import inspect
import re
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Final
from xml.sax.saxutils import escape

import numpy as np

from ingest.batch import ReportBatch, StaticBatch
from ingest.decode import Decoder
from ingest.exercise import Exercise
from risk.detectors import standard_detectors
from risk.engine import Engine, watermark_of
from risk.event import Event
from sea.instants import from_us, parse_utc
from sea.land import is_land
from sea.units import HOUR_US, MINUTE_US

DOCS: Final = Path(__file__).parents[1] / "docs"
START: Final = parse_utc("2026-03-02T00:00:00Z")
EXERCISES: Final = (("pacific", 36.0), ("spoofing", 24.0), ("caribbean", 36.0))
WIDTH, HEIGHT = 560, 400
LAND_STEP: Final = 4
JOINED_US: Final = 15 * MINUTE_US


def main() -> int:
    """Writes the page, and unless told otherwise the pictures."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--text", action="store_true", help="the page alone")
    parser.add_argument("--check", action="store_true", help="fail if the page is not the code's")
    options = parser.parse_args()
    page = DOCS / "behaviours" / "detectors.md"
    text = written()
    if options.check:
        return int(page.read_text() != text)
    if not options.text:
        for event, traffic in examples(set(kinds())):
            draw(event, traffic, page.parent / f"{event.kind}.svg")
            sys.stdout.write(f"{event.kind}\n")
    page.write_text(written())
    return 0


def kinds() -> Iterator[str]:
    """Every kind of event."""
    for detector in standard_detectors():
        yield from detector.kinds


def written() -> str:
    """The page: definition, thresholds and picture of every detector."""
    parts = [
        "# What each detector says of itself",
        "Written by `python tools/draw_behaviours.py` from the code. The pictures are of events "
        "found in synthetic exercises: dots are reports, dark where the vessels of the event sent "
        "them while it lasted; a dashed line joins reports more than 15 minutes apart.",
    ]
    for detector in standard_detectors():
        module = inspect.getmodule(type(detector))
        assert module is not None  # it was imported
        title, _, prose = inspect.cleandoc(module.__doc__ or "").partition("\n\n")
        name = module.__name__.rpartition(".")[2]
        parts += [f"## {title}", f"Events: {', '.join(f'`{k}`' for k in detector.kinds)}.", prose]
        parts.append("\n".join(_thresholds(name, detector.params)))  # type: ignore[attr-defined]
        for kind in detector.kinds:
            if (DOCS / "behaviours" / f"{kind}.svg").exists():
                parts.append(f"![{kind}: an example]({kind}.svg)")
    return "\n\n".join(parts) + "\n"


def _thresholds(name: str, params: Any) -> Iterable[str]:
    """A table row a parameter, with what its docstring says."""
    yield f"| `[{name}]` | default | what it is, and its source |"
    yield "|---|---|---|"
    said = inspect.cleandoc(type(params).__doc__ or "").partition("Attributes:")[2]
    names = [field.name for field in fields(params)]
    one = "|".join(names)
    heads = re.compile(rf"(?:^|[\s.;])((?:{one})(?:, (?:{one}))*):")
    found = list(heads.finditer(said))
    for number, head in enumerate(found):
        end = found[number + 1].start() + 1 if number + 1 < len(found) else len(said)
        text = " ".join(said[head.end() : end].split())
        for field in head[1].split(", "):
            yield f"| `{field}` | {getattr(params, field):g} | {text} |"


@dataclass(frozen=True, slots=True, kw_only=True)
class Traffic:
    """An exercise and all its reports in order of time."""

    name: str
    reports: ReportBatch


def examples(wanted: set[str]) -> Iterator[tuple[Event, Traffic]]:
    """One event of each kind that the exercises have, the surest."""
    for name, hours in EXERCISES:
        if not wanted:
            return
        exercise = Exercise(name, start_us=START, hours=hours, vessels=300, seed=11)
        events, traffic = _found(exercise)
        for kind in sorted(wanted):
            ended = [e for e in events if e.kind == kind and e.status != "retracted"]
            if ended:
                wanted.discard(kind)
                yield max(ended, key=lambda e: (e.confidence, e.ended_at is not None)), traffic


def _found(exercise: Exercise) -> tuple[list[Event], Traffic]:
    decoder, engine = Decoder(), Engine(standard_detectors())
    newest: dict[str, Event] = {}
    batches = []
    for begin in range(exercise.start_us, exercise.end_us, HOUR_US):
        lines = b"".join(line for _, line in exercise.lines(begin, begin + HOUR_US))
        decoded = decoder.feed(lines)
        batches.append(decoded.reports)
        mark = watermark_of(begin + HOUR_US)
        for event in engine.take(exercise.name, decoded.reports, decoded.statics, mark):
            newest[event.id] = event
    for event in [
        *engine.take(exercise.name, ReportBatch.empty(), StaticBatch.empty(), exercise.end_us),
        *engine.finish(),
    ]:
        newest[event.id] = event
    reports = ReportBatch.concat(batches)
    reports = reports.take(np.argsort(reports.reported_at, kind="stable"))
    return list(newest.values()), Traffic(name=exercise.name, reports=reports)


def draw(event: Event, traffic: Traffic, path: Path) -> None:
    """One event on a map, with its vessels' tracks before, during and after."""
    ended = event.ended_at or int(traffic.reports.reported_at[-1])
    margin = max(HOUR_US // 2, (ended - event.started_at) // 3)
    reports = traffic.reports
    near = (reports.reported_at >= event.started_at - margin) & (
        reports.reported_at <= ended + margin
    )
    reports = reports.take(np.flatnonzero(near & np.isfinite(reports.lon)))
    own = np.isin(reports.mmsi, event.mmsis) if event.mmsis else np.zeros(len(reports), bool)
    view = _View.of(reports.lon[own], reports.lat[own], event)
    body = [*_land(view), *_others(reports.take(np.flatnonzero(~own)), view)]
    for number, mmsi in enumerate(event.mmsis):
        track = reports.take(np.flatnonzero(reports.mmsi == mmsi))
        body += _track(track, view, event.started_at, ended, ("#1f5f8b", "#b3541e")[number % 2])
    body += _legend(event, ended, traffic.name, view)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{HEIGHT}" '
        f'viewBox="0 0 {WIDTH} {HEIGHT}" font-family="sans-serif" font-size="11">'
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#e8f0f4"/>{"".join(body)}</svg>\n'
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _View:
    """An equirectangular window: its centre and degrees of latitude a pixel."""

    lon: float
    lat: float
    scale: float

    @classmethod
    def of(cls, lon: Any, lat: Any, event: Event) -> "_View":
        lon, lat = np.append(lon, event.lon), np.append(lat, event.lat)
        middle = (lat.min() + lat.max()) / 2
        tall = (lat.max() - lat.min()) / (HEIGHT - 110)
        wide = (lon.max() - lon.min()) * np.cos(np.radians(middle)) / (WIDTH - 110)
        least_nm = 0.25 if event.mmsis else 120.0
        scale = max(tall, wide, least_nm / 60 / HEIGHT)
        return cls(lon=(lon.min() + lon.max()) / 2, lat=middle, scale=scale)

    def x(self, lon: Any) -> Any:
        return WIDTH / 2 + (lon - self.lon) * np.cos(np.radians(self.lat)) / self.scale

    def y(self, lat: Any) -> Any:
        return HEIGHT / 2 - (lat - self.lat) / self.scale


def _land(view: _View) -> Iterator[str]:
    xs, ys = np.arange(0, WIDTH, LAND_STEP), np.arange(0, HEIGHT, LAND_STEP)
    lon = view.lon + (xs - WIDTH / 2) * view.scale / np.cos(np.radians(view.lat))
    lat = view.lat - (ys - HEIGHT / 2) * view.scale
    mask = is_land(*(a.ravel() for a in np.meshgrid(lon, lat))).reshape(len(ys), len(xs))
    for y, row in zip(ys.tolist(), mask, strict=True):
        edges = np.flatnonzero(np.diff(np.concatenate([[0], row.astype(int), [0]])))
        for begin, end in edges.reshape(-1, 2).tolist():
            yield (
                f'<rect x="{begin * LAND_STEP}" y="{y}" width="{(end - begin) * LAND_STEP}" '
                f'height="{LAND_STEP}" fill="#d9d4c3"/>'
            )


def _others(reports: ReportBatch, view: _View) -> Iterator[str]:
    """Everybody else nearby, a dot every few reports."""
    x, y = view.x(reports.lon), view.y(reports.lat)
    inside = np.flatnonzero((x > 0) & (x < WIDTH) & (y > 0) & (y < HEIGHT))
    for row in inside[:: max(1, len(inside) // 400)].tolist():
        yield f'<circle cx="{x[row]:.1f}" cy="{y[row]:.1f}" r="1" fill="#9db0ba"/>'


def _track(track: ReportBatch, view: _View, began: int, ended: int, colour: str) -> Iterator[str]:
    x, y, at = view.x(track.lon).tolist(), view.y(track.lat).tolist(), track.reported_at.tolist()
    step = max(1, len(at) // 300)
    for i in range(step, len(at), step):
        dash = ' stroke-dasharray="4 4"' if at[i] - at[i - step] > JOINED_US else ""
        yield (
            f'<line x1="{x[i - step]:.1f}" y1="{y[i - step]:.1f}" x2="{x[i]:.1f}" '
            f'y2="{y[i]:.1f}" stroke="{colour}" stroke-opacity="0.5"{dash}/>'
        )
    for i in range(0, len(at), step):
        during = began <= at[i] <= ended
        yield (
            f'<circle cx="{x[i]:.1f}" cy="{y[i]:.1f}" r="{2.6 if during else 1.6}" '
            f'fill="{colour}" fill-opacity="{0.9 if during else 0.35}"/>'
        )


def _legend(event: Event, ended: int, name: str, view: _View) -> Iterator[str]:
    x, y = float(view.x(event.lon)), float(view.y(event.lat))
    yield f'<path d="M{x - 8:.1f} {y:.1f}h16M{x:.1f} {y - 8:.1f}v16" stroke="#c21f3a"/>'
    lasted = "" if ended == event.started_at else f" to {from_us(ended):%d %H:%M}"
    lines = [
        f"{event.kind}: {' and '.join(f'{m:09d}' for m in event.mmsis) or 'no vessel'}",
        f"{from_us(event.started_at):%d %H:%M}{lasted} UTC, "
        f"told {from_us(event.detected_at):%d %H:%M}",
        f"confidence {event.confidence:.2f}; exercise {name}, synthetic",
    ]
    yield '<rect x="6" y="6" width="270" height="48" fill="#fff" fill-opacity="0.85"/>'
    for number, line in enumerate(lines):
        yield f'<text x="12" y="{20 + 14 * number}" fill="#223">{escape(line)}</text>'
    nm = _round_nm(100 * view.scale * 60)
    pixels = nm / 60 / view.scale
    yield (
        f'<path d="M{WIDTH - 20 - pixels:.1f} {HEIGHT - 18}h{pixels:.1f}" stroke="#223" '
        f'stroke-width="2"/><text x="{WIDTH - 20}" y="{HEIGHT - 24}" text-anchor="end" '
        f'fill="#223">{nm:g} nm</text>'
    )


def _round_nm(about: float) -> float:
    """1, 2 or 5 times a power of ten, at most `about`."""
    power = 10.0 ** np.floor(np.log10(about))
    return float(power * max(step for step in (1, 2, 5) if step * power <= about))


if __name__ == "__main__":
    sys.exit(main())
