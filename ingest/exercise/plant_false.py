"""Plants of false positions and identities: jumps, clones, circles, new names and numbers."""

from dataclasses import replace
from typing import Final

import numpy as np

from ingest.exercise.chance import generator
from ingest.exercise.falsehood import Circling, Displaced
from ingest.exercise.fleet import Ship, a_ship
from ingest.exercise.places import HARBOURS
from ingest.exercise.planting import HOUR_S, Planting, alongside
from ingest.exercise.small_craft import at_sea
from ingest.exercise.traffic import Mute
from sea.geodesy import destination
from sea.land import shore_distance_nm
from sea.units import M_PER_NM

_DEFAULTS: Final = (123456789, 111111111, 0, 999999999)
_AREA_NM: Final = 12.0
_ALIAS: Final = 700_000
"""Indices from which invented new identities come, beyond those of any fleet."""


def jump(planting: Planting, at_s: float, number: int) -> None:
    """A ship's positions leap 5-500 nm and stay there a while; low, for a report or three."""
    draw = planting.draw("jump", number)
    low = planting.low(draw)
    away_nm = float(np.exp(draw.uniform(np.log(5), np.log(500))))
    minutes = float(
        draw.uniform(0.6, 1.4) if low else np.exp(draw.uniform(np.log(15), np.log(360)))
    )
    bearing = float(draw.uniform(0, 360))
    for place in planting.on_lanes(at_s, number, roles=("merchant", "leader", "follower")):
        end_s = place.at_s + minutes * 60
        if planting.heard(place.who, place.at_s - 600, min(end_s, place.at_s + 1800)):
            planting.falsehoods.append(
                Displaced(
                    ship=place.who,
                    from_s=place.at_s,
                    to_s=end_s,
                    bearing_deg=bearing,
                    distance_nm=away_nm,
                )
            )
            planting.note("jump", (place.who,), place.at_s, end_s, distance_nm=round(away_nm, 1),
                          minutes=round(minutes, 1))  # fmt: skip
            return


def bad_fix(planting: Planting, at_s: float, number: int) -> None:
    """One report of a ship lies far away."""
    draw = planting.draw("bad fix", number)
    away_nm, bearing = float(draw.uniform(5, 400)), float(draw.uniform(0, 360))
    for place in planting.on_lanes(at_s, number, roles=("merchant", "leader", "follower")):
        end_s = place.at_s + 62
        planting.falsehoods.append(Displaced(ship=place.who, from_s=place.at_s, to_s=end_s,
                                             bearing_deg=bearing, distance_nm=away_nm))  # fmt: skip
        planting.note("jump", (place.who,), place.at_s, end_s, decoy="bad_fix",
                      distance_nm=round(away_nm, 1))  # fmt: skip
        return


def clone(planting: Planting, at_s: float, number: int) -> None:
    """A second transmitter with a ship's identity sails 10-5,000 nm off her for hours."""
    draw = planting.draw("clone", number)
    low = planting.low(draw)
    limits = (10, 42) if low else (65, 5000)
    away_nm = float(np.exp(draw.uniform(*np.log(limits))))
    hours, turn = float(draw.uniform(3, 10)), float(draw.uniform(0, 360))
    for place in planting.on_lanes(at_s, number, roles=("merchant", "leader", "follower")):
        seconds = np.arange(place.at_s - HOUR_S, place.at_s + (hours + 1) * HOUR_S, 600.0)
        lon, lat = planting.positions(place.who, seconds)
        for bearing in turn + np.arange(0, 360, 30.0):
            course = alongside(seconds, lon, lat, bearing, away_nm * M_PER_NM)
            if (
                shore_distance_nm(course[1], course[2]).min() > 3
                and not planting.reception.deaf(course[1], course[2]).any()
                and np.ptp(course[1]) < 180
            ):
                ship = planting.parts[place.who].ship
                end_s = place.at_s + hours * HOUR_S
                double = planting.double(place.who, ship, at_sea(ship, [course]))
                planting.mutes += [Mute(ship=double, from_s=-np.inf, to_s=place.at_s),
                                   Mute(ship=double, from_s=end_s, to_s=np.inf)]  # fmt: skip
                planting.note("clone", (place.who, double), place.at_s, end_s,
                              distance_nm=round(away_nm, 1))  # fmt: skip
                return


def spoof_circle(planting: Planting, at_s: float, number: int) -> None:
    """A ship's positions go round a circle of 0.1-10 nm; low ones like a swing at anchor."""
    draw = planting.draw("circle", number)
    low = planting.low(draw)
    radius = float(
        draw.uniform(0.05, 0.12) if low else np.exp(draw.uniform(np.log(0.2), np.log(10)))
    )
    turn_s = 2 * np.pi * radius / float(draw.uniform(8, 30)) * HOUR_S
    turn_s = max(turn_s, 900.0)
    lasts_s = float(np.clip(turn_s * draw.uniform(1.3, 4), HOUR_S, 8 * HOUR_S))
    away_nm = float(np.exp(draw.uniform(np.log(0.5), np.log(100))))
    bearing, phase = float(draw.uniform(0, 360)), float(draw.uniform(0, 360))
    rough = float(draw.uniform(0.01, 0.12))
    at_anchor = low or draw.random() < 0.5
    if at_anchor:
        hosts = ((who, at_s) for who, _ in planting.lying(at_s, at_s + lasts_s, number))
    else:
        hosts = ((p.who, p.at_s) for p in planting.on_lanes(at_s, number))
    for who, from_s in hosts:
        if not planting.heard(who, from_s, from_s + lasts_s):
            continue
        lon, lat = planting.positions(who, np.array([from_s]))
        away = 0.0 if low else away_nm
        centre = destination(lon[0], lat[0], bearing, away)
        planting.falsehoods.append(Circling(
            ship=who, from_s=from_s, to_s=from_s + lasts_s, lon=float(centre[0]),
            lat=float(centre[1]), radius_nm=radius, turn_s=turn_s, rough=rough, phase_deg=phase,
        ))  # fmt: skip
        planting.note("spoof_circle", (who,), from_s, from_s + lasts_s, radius_nm=round(radius, 2),
                      turn_min=round(turn_s / 60, 1), displaced_nm=round(away, 1),
                      rough=round(rough, 2))  # fmt: skip
        return


def spoof_area(planting: Planting, at_s: float, number: int) -> None:
    """All ships that lie off a harbour are shown circling about one place."""
    draw = planting.draw("area", number)
    lasts_s = float(draw.uniform(2, 5)) * HOUR_S
    of_port: dict[str, list[int]] = {}
    for who, stay in planting.lying(at_s, at_s + lasts_s, number):
        if planting.heard(who, at_s, at_s + lasts_s):
            of_port.setdefault(stay.locode, []).append(who)
    crowd = max(of_port.values(), key=len, default=[])
    if len(crowd) < 3:
        return
    port = next(p for p, ships in of_port.items() if ships is crowd)
    centre = destination(*HARBOURS[port].anchorage, float(draw.uniform(0, 360)), _AREA_NM)
    radius = float(draw.uniform(0.4, 2))
    turn_s = max(2 * np.pi * radius / 20 * HOUR_S, 900.0)
    for who in crowd:
        planting.falsehoods.append(Circling(
            ship=who, from_s=at_s, to_s=at_s + lasts_s, lon=float(centre[0]), lat=float(centre[1]),
            radius_nm=radius, turn_s=turn_s, rough=0.05, phase_deg=float(draw.uniform(0, 360)),
        ))  # fmt: skip
        planting.note("spoof_circle", (who,), at_s, at_s + lasts_s, radius_nm=round(radius, 2),
                      turn_min=round(turn_s / 60, 1), displaced_nm=_AREA_NM, together=len(crowd),
                      rough=0.05)  # fmt: skip


def identity_change(planting: Planting, at_s: float, number: int) -> None:
    """A ship goes on under another number, name and flag, IMO number, or name and call sign."""
    draw = planting.draw("identity", number)
    what = str(draw.choice(["mmsi", "name", "imo", "name_callsign", "flag"]))
    other = a_ship("tanker", _ALIAS + number, planting.cast.seed)
    for place in planting.on_lanes(at_s, number, roles=("merchant", "leader")):
        ship = planting.parts[place.who].ship
        if ship.imo == 0:
            continue
        changes: dict[str, dict[str, object]] = {
            "mmsi": {"mmsi": ship.mmsi // 1_000_000 * 1_000_000 + other.mmsi % 1_000_000},
            "name": {"name": other.name}, "imo": {"imo": other.imo},
            "name_callsign": {"name": other.name, "callsign": other.callsign},
            "flag": {"mmsi": other.mmsi, "name": other.name, "callsign": other.callsign},
        }  # fmt: skip
        _renamed(planting, place.who, place.at_s, replace(ship, **changes[what]), what, "")  # type: ignore[arg-type]
        return


def respelling(planting: Planting, at_s: float, number: int) -> None:
    """A ship spells her name a little differently from an instant on."""
    draw = planting.draw("respell", number)
    for place in planting.on_lanes(at_s, number, roles=("merchant",)):
        ship = planting.parts[place.who].ship
        name = ship.name
        i = int(draw.integers(1, len(name)))
        forms = [f"MV {name}", name.replace(" ", ""), name.replace(" ", "-"), f"{name}.",
                 name[:i] + name[i] + name[i:]]  # fmt: skip
        new = str(draw.choice([form for form in forms if form != name]))[:20]
        _renamed(planting, place.who, place.at_s, replace(ship, name=new), "name", "respelling")
        return


def bad_identity(planting: Planting, at_s: float, number: int) -> None:
    """A vessel sends with a number nobody set."""
    draw = generator(planting.cast.seed, "default", number)
    for who in planting.order(number):
        part = planting.parts[who]
        if part.role == "yacht" and not planting.busy[who]:
            ship = replace(part.ship, mmsi=int(draw.choice(_DEFAULTS)))
            planting.parts[who] = replace(part, ship=ship)
            planting.note("bad_identity", (who,), 0.0, np.inf)
            return


def _renamed(planting: Planting, who: int, at_s: float, ship: Ship, what: str, decoy: str) -> None:
    """Has a ship go on as another from an instant on."""
    double = planting.double(who, ship)
    old = planting.parts[who].ship
    planting.mutes += [Mute(ship=double, from_s=-np.inf, to_s=at_s),
                       Mute(ship=who, from_s=at_s, to_s=np.inf)]  # fmt: skip
    planting.note("identity_change", (who, double), at_s, at_s, decoy=decoy, changed=what,
                  name_before=old.name, name_after=ship.name)  # fmt: skip
    planting.hold(who, at_s, np.inf)
