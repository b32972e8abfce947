"""Maps: places with weights -> one SVG with land, for reports."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from xml.sax.saxutils import escape

import numpy as np

from api.plot import COLOURS, INK
from sea.land import is_land

WIDTH, HEIGHT = 820, 460
LAND_STEP = 3
LEAST_DEGREES = 4.0
LABELS = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Spot:
    """A place: its weight is its circle's area; `ring` draws a ring around it."""

    lon: float
    lat: float
    weight: float
    label: str
    ring: bool = False


def map_svg(spots: Sequence[Spot]) -> str:
    """The spots on an equirectangular map that holds them all; the first ones are labelled."""
    lon, lat = (np.array([getattr(s, axis) for s in spots] or [0.0]) for axis in ("lon", "lat"))
    middle = float(lat.min() + lat.max()) / 2, float(lon.min() + lon.max()) / 2
    squeeze = float(np.cos(np.radians(middle[0])))
    scale = max((np.ptp(lat) + LEAST_DEGREES) / HEIGHT,
                (np.ptp(lon) + LEAST_DEGREES) * squeeze / WIDTH)  # fmt: skip
    view = _View(lon=middle[1], lat=middle[0], scale=float(scale), squeeze=squeeze)
    greatest = max((s.weight for s in spots), default=1.0)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" '
        f'width="{WIDTH}" height="{HEIGHT}" font-family="sans-serif" font-size="11">'
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#e8f0f4"/>'
        f"{''.join(_land(view))}{''.join(_spots(view, spots, greatest))}</svg>\n"
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _View:
    """The middle, degrees of latitude a pixel, and what a degree of longitude is of one."""

    lon: float
    lat: float
    scale: float
    squeeze: float

    def place(self, lon: float, lat: float) -> tuple[float, float]:
        return (WIDTH / 2 + (lon - self.lon) * self.squeeze / self.scale,
                HEIGHT / 2 - (lat - self.lat) / self.scale)  # fmt: skip


def _land(view: _View) -> Iterator[str]:
    xs, ys = np.arange(0, WIDTH, LAND_STEP), np.arange(0, HEIGHT, LAND_STEP)
    lon = view.lon + (xs - WIDTH / 2) * view.scale / view.squeeze
    lat = np.clip(view.lat - (ys - HEIGHT / 2) * view.scale, -90, 90)
    lon = (lon + 180) % 360 - 180
    mask = is_land(*(a.ravel() for a in np.meshgrid(lon, lat))).reshape(len(ys), len(xs))
    for y, row in zip(ys.tolist(), mask, strict=True):
        edges = np.flatnonzero(np.diff(np.concatenate([[0], row.astype(int), [0]])))
        for begin, end in edges.reshape(-1, 2).tolist():
            yield (f'<path d="M{begin * LAND_STEP} {y}h{(end - begin) * LAND_STEP}v{LAND_STEP}'
                   f'h-{(end - begin) * LAND_STEP}z" fill="#d9d4c3"/>')  # fmt: skip


def _spots(view: _View, spots: Sequence[Spot], greatest: float) -> Iterator[str]:
    for spot in reversed(spots):
        x, y = view.place(spot.lon, spot.lat)
        radius = 2.5 + 20 * (spot.weight / greatest) ** 0.5
        yield (f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{radius:.1f}" fill="#c0392f" '
               f'fill-opacity="0.45"/>')  # fmt: skip
        if spot.ring:
            yield (f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{radius + 4:.1f}" fill="none" '
                   f'stroke="{COLOURS[0]}" stroke-width="2"/>')  # fmt: skip
    taken: list[tuple[float, float]] = []
    for spot in spots[:LABELS]:
        x, y = view.place(spot.lon, spot.lat)
        if any(abs(x - a) < 150 and abs(y - b) < 13 for a, b in taken):
            continue
        taken.append((x, y))
        anchor, shift = ("end", -8) if x > WIDTH - 160 else ("start", 8)
        yield (f'<text x="{x + shift:.1f}" y="{y + 4:.1f}" fill="{INK}" text-anchor="{anchor}">'
               f"{escape(spot.label)}</text>")  # fmt: skip
