"""Plants of one ship's voyage: silence, leaving the lane, wrong destinations, changed draughts."""

from dataclasses import replace
from typing import Any, Final

import numpy as np

from ingest.exercise.places import HARBOURS
from ingest.exercise.planting import HOUR_S, Place, Planting
from ingest.exercise.track import Floats, Path, path_of
from ingest.exercise.traffic import Mute
from sea.geodesy import bearing_deg, destination, distance_nm
from sea.land import shore_distance_nm

_WAY: Final = 6.0
"""Length of a deviation in its greatest distances off the lane: she turns by at most 28 degrees."""

_FOLD_DEG: Final = 75.0
"""A bow that leads farther off the lane's own course goes back on itself; chosen by us."""

_SPELLINGS: Final = ("{0} {1}", "{0}-{1}", "{0} {1} OPL", ">{0} {1}", "{0}{1}/ORD", "{0}{1} ANCH")


def gap(planting: Planting, at_s: float, number: int) -> None:
    """A ship falls silent for 2-48 h, nearly always one with others in company."""
    draw = planting.draw("gap", number)
    low = planting.low(draw)
    limits = (2, 5) if low else (7, 13) if draw.random() < 0.6 else (13, 48)
    hours = float(np.exp(draw.uniform(*np.log(limits))))
    roles = ("leader",) if draw.random() < 0.8 else ("leader", "merchant")
    for place in planting.on_lanes(at_s, number, roles=roles):
        part = planting.parts[place.who]
        left_nm = part.legs[place.leg].outbound.length_nm - place.along
        lasts_h = min(hours, (left_nm - 30) / part.ship.cruise_kn)
        if lasts_h < (2 if low else 7):
            continue
        end_s = place.at_s + lasts_h * HOUR_S
        times = np.arange(place.at_s - 5400, end_s + 7200, 900.0)
        lon, lat = planting.positions(place.who, times)
        if planting.reception.deaf(lon, lat).any() or shore_distance_nm(lon, lat).min() < 2:
            continue
        planting.mutes.append(Mute(ship=place.who, from_s=place.at_s, to_s=end_s))
        facts: dict[str, Any] = {"hours": round(lasts_h, 1)}
        if part.role == "leader":
            follower = planting.parts[place.who + 1]
            there = planting.positions(place.who + 1, np.array([place.at_s]))
            beside = distance_nm(lon[6], lat[6], *there)
            facts |= {"companion_mmsi": f"{follower.ship.mmsi:09d}",
                      "companion_distance_nm": round(float(beside[0]), 1)}  # fmt: skip
        planting.note("gap", (place.who,), place.at_s, end_s, **facts)
        return


def deviation(planting: Planting, at_s: float, number: int) -> None:
    """A ship leaves her lane by 5-60 nm and comes back to it."""
    draw = planting.draw("deviate", number)
    off_nm = float(draw.uniform(5, 12.5) if planting.low(draw) else draw.uniform(20, 60))
    sides = (90.0, -90.0) if draw.random() < 0.5 else (-90.0, 90.0)
    for place in planting.on_lanes(at_s, number, margins_nm=(60.0, 60.0)):
        leg = planting.parts[place.who].legs[place.leg]
        if leg.outbound.length_nm - place.along < _WAY * off_nm + 60:
            continue
        for side in sides:
            path = _bent(leg.outbound, place.along + 3, off_nm, side)
            if path is None:
                continue
            lon, lat = path.point(np.arange(place.along, place.along + 1.3 * _WAY * off_nm, 2.0))
            if planting.sound(lon, lat, shore_nm=6, port_nm=8):
                part = planting.changed(place, replace(leg, outbound=path))
                on = part.itinerary.leg == place.leg
                hours = _WAY * off_nm * 1.15 / leg.cruise
                end_s = min(place.at_s + hours * HOUR_S, float(part.itinerary.track.at_s[on][-1]))
                planting.parts[place.who] = part
                planting.note("deviation", (place.who,), place.at_s, end_s,
                              off_lane_nm=round(off_nm, 1), lane=leg.outbound)  # fmt: skip
                return


def destination_mismatch(planting: Planting, at_s: float, number: int) -> None:
    """A ship declares a port that she sails away from; or, low, one that lies on her way."""
    draw = planting.draw("destin", number)
    low = planting.low(draw)
    ports = list(draw.permutation(np.array(planting.cast.scenario.harbours)))
    for place in planting.on_lanes(at_s, number):
        leg = planting.parts[place.who].legs[place.leg]
        for port in map(str, ports):
            if port in (leg.target, leg.origin):
                continue
            away = _leads_away(planting, place, port)
            if away if not low else _leads_there(planting, place, port):
                part = planting.changed(place, replace(leg, declared=port))
                planting.parts[place.who] = part
                on = part.itinerary.leg == place.leg
                ends = part.itinerary.track.at_s[on][[0, -1]]
                planting.note("destination_mismatch", (place.who,), float(max(ends[0], 0)),
                              float(ends[1]), declared=port, bound_for=leg.target,
                              departed_s=float(ends[0]))  # fmt: skip
                return


def other_spelling(planting: Planting, at_s: float, number: int) -> None:
    """A ship writes her true destination in another way."""
    draw = planting.draw("spelling", number)
    for place in planting.on_lanes(at_s, number):
        leg = planting.parts[place.who].legs[place.leg]
        form = str(draw.choice(_SPELLINGS))
        declared = form.format(leg.target[:2], leg.target[2:])
        part = planting.changed(place, replace(leg, declared=declared))
        planting.parts[place.who] = part
        ends = part.itinerary.track.at_s[part.itinerary.leg == place.leg][[0, -1]]
        planting.note("destination_mismatch", (place.who,), float(max(ends[0], 0)),
                      float(ends[1]), decoy="other_spelling", declared=declared)  # fmt: skip
        return


def draught_change(planting: Planting, at_s: float, number: int) -> None:
    """A ship declares another draught at sea: by 0.3-3 m."""
    draw = planting.draw("draught", number)
    metres = float(draw.uniform(0.3, 0.8) if planting.low(draw) else draw.uniform(1.2, 3))
    for place in planting.on_lanes(at_s, number):
        part = planting.parts[place.who]
        leg = part.legs[place.leg]
        sinks = leg.draught + metres < part.ship.full_draught_m
        after = round(leg.draught + (metres if sinks else -metres), 1)
        if after < 2 or leg.reload:
            continue
        planting.parts[place.who] = planting.changed(
            place, replace(leg, reload=(place.along + 1, after))
        )
        planting.note("draught_change", (place.who,), place.at_s, place.at_s,
                      draught_before_m=leg.draught, draught_after_m=after)  # fmt: skip
        return


def _bent(path: Path, from_nm: float, off_nm: float, side_deg: float) -> Path | None:
    """The path with a bow to one side, `off_nm` off it in the middle; None where that folds it.

    On the inner side of a sharp turn of the lane a bow would lead back and forth.
    """
    to_nm = from_nm + _WAY * off_nm
    along = np.union1d(path.along, np.arange(from_nm, to_nm, 2.0))
    lon, lat = path.point(along)
    course = _courses(lon, lat)
    share = np.clip((along - from_nm) / (to_nm - from_nm), 0, 1)
    off = off_nm * np.sin(np.pi * share) ** 2
    lon, lat = destination(lon, lat, np.append(course, course[-1]) + side_deg, off)
    turned = (_courses(lon, lat) - course + 180) % 360 - 180
    if (np.abs(turned[off[:-1] > 0]) > _FOLD_DEG).any():
        return None
    return path_of(list(zip(lon.tolist(), lat.tolist(), strict=True)))


def _courses(lon: Floats, lat: Floats) -> Floats:
    """Course from each point to the next."""
    return bearing_deg(lon[:-1], lat[:-1], lon[1:], lat[1:])


def _nearing(planting: Planting, place: Place, port: str) -> tuple[float, float]:
    """(least, greatest) share of her way along the leg that brings a ship nearer to a port."""
    path = planting.parts[place.who].legs[place.leg].outbound
    along = np.linspace(0.05 * path.length_nm, 0.95 * path.length_nm, 16)
    away = distance_nm(*path.point(along), *HARBOURS[port].anchorage)
    shares = -np.diff(away) / np.diff(along)
    return float(shares.min()), float(shares.max())


def _leads_away(planting: Planting, place: Place, port: str) -> bool:
    return _nearing(planting, place, port)[1] < -0.1


def _leads_there(planting: Planting, place: Place, port: str) -> bool:
    return _nearing(planting, place, port)[0] > 0.5
