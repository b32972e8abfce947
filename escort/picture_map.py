"""The map of a plan: land, bases, ways to rendezvous and legs together, requests not served."""

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final
from xml.sax.saxutils import escape

import numpy as np

from escort.scenario import Place, Scenario
from sea.land import is_land
from sea.lanes import sea_route

LAND_STEP: Final = 4
EDGE: Final = 40
LEAST_DEG: Final = 0.5

Document = Mapping[str, Any]
Point = tuple[float, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class _View:
    """An equirectangular window of so many pixels: its centre, and degrees a pixel."""

    lon: float
    lat: float
    scale: float
    width: int
    height: int

    @classmethod
    def of(cls, points: Iterable[Point], width: int, height: int) -> "_View":
        lon, lat = np.array([*points] or [(0.0, 0.0)]).T
        middle = float(lat.min() + lat.max()) / 2
        tall = max(float(np.ptp(lat)), LEAST_DEG) / (height - 2 * EDGE)
        wide = max(float(np.ptp(lon)), LEAST_DEG) * math.cos(math.radians(middle))
        scale = max(tall, wide / (width - 2 * EDGE))
        return cls(lon=float(lon.min() + lon.max()) / 2, lat=middle, scale=scale,
                   width=width, height=height)  # fmt: skip

    def at(self, lon: float, lat: float) -> Point:
        x = (lon - self.lon) * math.cos(math.radians(self.lat)) / self.scale
        return self.width / 2 + x, self.height / 2 - (lat - self.lat) / self.scale


def chart(
    scenario: Scenario, plan: Document, colours: Mapping[str, str], width: int, height: int
) -> Iterator[str]:
    """SVG elements of the map, so many pixels wide and high."""
    ends = [p for q in scenario.requests for p in (_lon_lat(q.rendezvous), _lon_lat(q.release))]
    assets = {asset.id: asset for asset in scenario.assets}
    view = _View.of([*ends, *(_lon_lat(a.position) for a in assets.values())], width, height)
    yield f'<rect width="{width}" height="{height}" fill="#e8f0f4"/>'
    yield from _land(view)
    yield from _missed(scenario, plan, view)
    for tasking in plan["taskings"]:
        asset = assets[tasking["asset"]]
        base = None if asset.base_place is None else _lon_lat(asset.base_place)
        yield from _ways(tasking, _lon_lat(asset.position), base, view, colours[asset.nation])
    for asset in assets.values():
        x, y = view.at(*_lon_lat(asset.position))
        yield (f'<path d="M{x:.1f} {y - 5:.1f}l5 9h-10z" fill="{colours[asset.nation]}">'
               f"<title>{escape(asset.name)}</title></path>")  # fmt: skip
    yield from _scale_bar(view)


def _ways(
    tasking: Document, here: Point, base: Point | None, view: _View, colour: str
) -> Iterator[str]:
    refuelled = {refuel["before"] for refuel in tasking["refuels"]}
    for escort in tasking["escorts"]:
        if base is not None and refuelled & set(escort["requests"]):
            yield _line(here, base, view, colour, dashed=True)
            here = base
        meet, release = tuple(escort["rendezvous_position"]), tuple(escort["release_position"])
        yield _line(here, meet, view, colour, dashed=True)
        yield _line(meet, release, view, colour, dashed=False)
        x, y = view.at(*meet)
        words = f"{tasking['name']} meets MMSI {', '.join(escort['mmsis'])}"
        yield (f'<circle cx="{x:.1f}" cy="{y:.1f}" r="4" fill="#fff" stroke="{colour}" '
               f'stroke-width="2"><title>{escape(words)}</title></circle>')  # fmt: skip
        here = release


def _line(origin: Point, goal: Point, view: _View, colour: str, *, dashed: bool) -> str:
    if origin == goal:
        return ""
    route = sea_route(*origin, *goal)
    places = zip(route.lon.tolist(), route.lat.tolist(), strict=True)
    points = " ".join(f"{x:.1f},{y:.1f}" for x, y in (view.at(*place) for place in places))
    style = 'stroke-width="1" stroke-dasharray="4 4"' if dashed else 'stroke-width="3"'
    return f'<polyline points="{points}" fill="none" stroke="{colour}" {style}/>'


def _missed(scenario: Scenario, plan: Document, view: _View) -> Iterator[str]:
    asked = {request.id: request for request in scenario.requests}
    for each in plan["unserved"]:
        x, y = view.at(*_lon_lat(asked[each["request"]].rendezvous))
        words = f"{each['request']} not served: {each['reason']}"
        yield (f'<path d="M{x - 4:.1f} {y - 4:.1f}l8 8m0 -8l-8 8" stroke="#667" '
               f'stroke-width="1.5"><title>{escape(words)}</title></path>')  # fmt: skip


def _land(view: _View) -> Iterator[str]:
    xs, ys = np.arange(0, view.width, LAND_STEP), np.arange(0, view.height, LAND_STEP)
    wide = view.scale / math.cos(math.radians(view.lat))
    lon = view.lon + (xs - view.width / 2) * wide
    lat = view.lat - (ys - view.height / 2) * view.scale
    grid = np.meshgrid((lon + 180.0) % 360.0 - 180.0, np.clip(lat, -90.0, 90.0))
    mask = is_land(*(axis.ravel() for axis in grid)).reshape(len(ys), len(xs))
    path = []
    for y, row in zip(ys.tolist(), mask, strict=True):
        edges = np.flatnonzero(np.diff(np.concatenate([[0], row.astype(int), [0]])))
        for begin, end in edges.reshape(-1, 2).tolist():
            long = (end - begin) * LAND_STEP
            path.append(f"M{begin * LAND_STEP} {y}h{long}v{LAND_STEP}h-{long}z")
    yield f'<path d="{"".join(path)}" fill="#d9d4c3"/>'


def _scale_bar(view: _View) -> Iterator[str]:
    about_nm = 120 * view.scale * 60
    power = 10.0 ** math.floor(math.log10(about_nm))
    nm = power * max(step for step in (1, 2, 5) if step * power <= about_nm)
    pixels, right, y = nm / 60 / view.scale, view.width - 14, view.height - 12
    yield (f'<path d="M{right - pixels:.1f} {y}h{pixels:.1f}" stroke="#223" stroke-width="2"/>'
           f'<text x="{right}" y="{y - 6}" text-anchor="end" fill="#223">{nm:g} nm</text>'
           )  # fmt: skip


def _lon_lat(place: Place) -> Point:
    return place.lon, place.lat
