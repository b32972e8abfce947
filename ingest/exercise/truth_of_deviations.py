"""Truth of deviations: the lanes ships would have kept, and where they truly were -> who left hers.

The published definition (`docs/behaviours.md`), written down a second time. It shares nothing with
the detector, which knows no ship's lane.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from ingest.exercise.definition import off_path_nm
from ingest.exercise.definition_of_voyages import declared
from ingest.exercise.planting import Planted, Plot
from ingest.exercise.track import Floats, Path
from sea.geodesy import bearing_deg, cross_track_nm, distance_nm, unit_vectors
from sea.lane_graph import lane_graph, ways_to
from sea.lanes import sea_distance_nm
from sea.ports import Port, nearest_port, resolve_destination

OFF_NM: Final = 15.0
LASTS_S: Final = 3600.0
_HOUR_S: Final = 3600.0
_TIGHT: Final = 1.1
_RUN_NM, _STRAIGHT_NM, _BESIDE_NM, _SILENCE_H = 50.0, 75.0, 2.0, 3.0
_ENDS_NM, _PORT_NM = 75.0, 10.0
_ALIKE_NM, _ALIKE_H = 120.0, 12.0
_DOUBTFUL: Final = 1.2
"""Others that left theirs so much farther off, or so much earlier or later, may count or not."""

_LANE_NM, _LANE_DEG, _MOSTLY, _LANES_TRIED = 5.0, 20.0, 0.6, 16
_HEADS_DEG, _DIRECT = 10.0, 1.1


@dataclass(frozen=True, slots=True, kw_only=True)
class Left:
    """A ship that is more than `OFF_NM` off a lane for `LASTS_S` or more, and where she left it."""

    ship: int
    from_s: float
    lon: float
    lat: float


def off_lane_nm(plot: Plot, ship: int, at_s: Floats, lane: Path) -> Floats:
    """How far a ship truly is from a lane at instants."""
    way = lane.point(np.arange(0, lane.length_nm, 1.0))
    return off_path_nm(*_where(plot, ship, at_s), *way)


def left(plot: Plot, until_s: float) -> list[Left]:
    """Everybody who leaves a lane, by what was planted or for the weather's sake."""
    spells = [(plant.ships[0], plant.from_s, plant.to_s, plant.parameters["lane"])
              for plant in plot.planted if plant.kind == "deviation"]  # fmt: skip
    for ship, part in enumerate(plot.parts):
        course = part.itinerary
        for number, leg in enumerate(part.legs):
            at_s = course.track.at_s[course.leg == number]
            if leg.lane is not None and len(at_s):
                spells.append((ship, float(at_s[0]), float(at_s[-1]), leg.lane))
    return [one for spell in spells for one in _left(plot, *spell, until_s)]


def unjudged(
    plant: Planted, plot: Plot, heard_s: Floats, others: Sequence[Left], from_s: float
) -> str:
    """Why nobody is asked about a deviation that begins then; "" if it is to be found."""
    [ship] = plant.ships
    at_s = np.arange(from_s, from_s + _TIGHT * LASTS_S, 60.0)
    lon, lat = _where(plot, ship, at_s)
    port = _bound(plot, ship, from_s)
    if port is None or not _kept(plant, plot, heard_s, from_s, port):
        return "way_unknown"
    away = distance_nm(lon, lat, port.lon, port.lat).min()
    if away < _TIGHT * _ENDS_NM or nearest_port(lon, lat)[1].min() < _TIGHT * _PORT_NM:
        return "near_threshold"
    if _shared(ship, from_s, float(lon[0]), float(lat[0]), others):
        return "shared"
    other = _heads_for(lon, lat, port) or _on_lanes(lon, lat, port) > _MOSTLY / _TIGHT
    return "other_way" if other else ""


def _left(
    plot: Plot, ship: int, from_s: float, to_s: float, lane: Path, until_s: float
) -> Iterator[Left]:
    at_s = np.arange(max(from_s, 0.0), min(to_s, until_s), 300.0)
    if not len(at_s):
        return
    far = np.append(off_lane_nm(plot, ship, at_s, lane) > OFF_NM, False)
    edges = np.flatnonzero(np.diff(far.astype(np.int8), prepend=0))
    for first, after in zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True):
        if (after - first) * 300.0 >= LASTS_S:
            lon, lat = _where(plot, ship, at_s[first : first + 1])
            yield Left(ship=ship, from_s=float(at_s[first]), lon=float(lon[0]), lat=float(lat[0]))


def _kept(plant: Planted, plot: Plot, heard_s: Floats, from_s: float, port: Port) -> bool:
    """Whether she was heard on her lane for as far as the definition asks, and a tenth farther."""
    [ship] = plant.ships
    before = heard_s[heard_s < from_s]
    silent = np.flatnonzero(np.diff(before) > _SILENCE_H * _HOUR_S)
    before = before[silent[-1] + 1 :] if len(silent) else before
    on = before[off_lane_nm(plot, ship, before, plant.parameters["lane"]) <= _BESIDE_NM]
    if len(on) < 2:
        return False
    lon, lat = _where(plot, ship, np.linspace(on[0], on[-1], 50))
    run_nm = distance_nm(lon[1:], lat[1:], lon[:-1], lat[:-1]).sum()
    if _on_lanes(lon, lat, port) > _MOSTLY * _TIGHT:
        return bool(run_nm >= _TIGHT * _RUN_NM)
    side = cross_track_nm(lon, lat, lon[0], lat[0], port.lon, port.lat)
    return bool(run_nm >= _TIGHT * _STRAIGHT_NM and np.ptp(side) <= 2 * _BESIDE_NM / _TIGHT)


def _shared(ship: int, from_s: float, lon: float, lat: float, others: Sequence[Left]) -> bool:
    return any(
        abs(other.from_s - from_s) <= _DOUBTFUL * _ALIKE_H * _HOUR_S
        and distance_nm(lon, lat, other.lon, other.lat) <= _DOUBTFUL * _ALIKE_NM
        for other in others if other.ship != ship
    )  # fmt: skip


def _heads_for(lon: Floats, lat: Floats, port: Port) -> bool:
    """Whether she sails about straight for her port."""
    made = bearing_deg(lon[0], lat[0], lon[-1], lat[-1])
    off = (made - bearing_deg(lon[-1], lat[-1], port.lon, port.lat) + 180) % 360 - 180
    here, there = (lon[-1], lat[-1]), (port.lon, port.lat)
    direct = sea_distance_nm([here], [there])[0, 0] <= _DIRECT * distance_nm(*here, *there)
    return bool(direct and abs(off) <= _DOUBTFUL * _HEADS_DEG)


def _on_lanes(lon: Floats, lat: Floats, port: Port) -> float:
    """Share of her positions on lanes that lead where she sails, and nearer to her port."""
    graph, away_nm = lane_graph(), ways_to(port.lon, port.lat).away_nm
    _, spots = graph.spots.query(unit_vectors(lon, lat), k=_LANES_TRIED)
    one, other = np.moveaxis(graph.ends[spots], -1, 0)
    nearer = away_nm[one] > away_nm[other]
    begin, end = np.where(nearer, one, other), np.where(nearer, other, one)
    legs = graph.lon[begin], graph.lat[begin], graph.lon[end], graph.lat[end]
    near = np.abs(cross_track_nm(lon[:, None], lat[:, None], *legs)) <= _LANE_NM
    ahead = bearing_deg(lon, lat, *(np.append(axis[1:], 2 * axis[-1] - axis[-2])
                                    for axis in (lon, lat)))  # fmt: skip
    off = (bearing_deg(*legs) - ahead[:, None] + 180) % 360 - 180
    return float((near & (np.abs(off) <= _LANE_DEG)).any(axis=1).mean())


def _bound(plot: Plot, ship: int, at_s: float) -> Port | None:
    """The port that she declares then."""
    for text, from_s, until_s in declared(plot.itineraries[ship].notes):
        if from_s <= at_s < until_s:
            return resolve_destination(text)
    return None


def _where(plot: Plot, ship: int, at_s: Floats) -> tuple[Floats, Floats]:
    track = plot.itineraries[ship].track
    return np.interp(at_s, track.at_s, track.lon), np.interp(at_s, track.at_s, track.lat)
