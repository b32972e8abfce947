"""Definitions by the book: true motion minute by minute -> spells that meet them.

These are the published definitions (`docs/behaviours.md`), written down a second time for motion
that is known exactly. They share nothing with the detectors, which have reports only.
`ease` multiplies every threshold towards strictness: at 1.1 a spell meets its definition by a
tenth, at 0.9 it may miss it by a tenth.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
from scipy.spatial import cKDTree

from ingest.exercise.fleet import Ship
from ingest.exercise.places import HARBOURS
from ingest.exercise.track import ANCHORED, FISHING, MOORED, Floats
from sea.geodesy import RADIUS_NM, chord_nm, distance_nm, unit_vectors
from sea.land import shore_distance_nm
from sea.ports import nearest_port, ports
from sea.units import M_PER_NM

Bools = npt.NDArray[np.bool_]

MINUTE_S: Final = 60.0
_WORKING: Final = (31, 32, 33, 34, 50, 51, 52, 53, 54, 55)
"""Towing, dredging, diving, pilots, SAR, tugs, tenders, anti-pollution, law enforcement."""

_KM_NM: Final = 1000 / M_PER_NM


@dataclass(frozen=True, slots=True, kw_only=True)
class Motion:
    """Where every transmitter is at each minute since the start, shape (ships, minutes).

    Attributes:
        there: whether she is in the exercise: not before she comes to be, nor after.
        own: ships whose cruise is their own affair: no craft with appointments.
    """

    ships: Sequence[Ship]
    lon: Floats
    lat: Floats
    sog: Floats
    status: npt.NDArray[np.int8]
    there: Bools
    own: Bools


@dataclass(frozen=True, slots=True, kw_only=True)
class Spell:
    """A kind's behaviour of ships, in seconds since the start."""

    kind: str
    ships: tuple[int, ...]
    from_s: float
    to_s: float
    met_s: float


def spells(motion: Motion, ease: float) -> list[Spell]:
    """Everything that the motion shows, of the kinds that motion alone defines."""
    found = [
        *_stops(motion, ease), *_port_calls(motion, ease), *_loitering(motion, ease),
        *_slowdowns(motion, ease), *_sudden_stops(motion, ease), *_rendezvous(motion, ease),
    ]  # fmt: skip
    return sorted(found, key=lambda spell: (spell.from_s, spell.kind, spell.ships))


def runs(mask: Bools) -> Iterator[tuple[int, int, int]]:
    """(row, first, last) of every unbroken run along the second axis."""
    edges = np.diff(np.pad(mask.astype(np.int8), ((0, 0), (1, 1))), axis=1)
    begin, end = np.argwhere(edges == 1), np.argwhere(edges == -1)
    for (row, first), (_, after) in zip(begin.tolist(), end.tolist(), strict=True):
        yield row, first, after - 1


def port_distance_nm(lon: Floats, lat: Floats) -> Floats:
    """To the nearest port or anchorage of each position."""
    _, away = nearest_port(lon, lat)
    anchorages = np.array([h.anchorage for h in HARBOURS.values()]).T
    nearest: Floats = np.minimum(
        away, distance_nm(lon[..., None], lat[..., None], *anchorages).min(-1)
    )
    return nearest


def _stops(motion: Motion, ease: float) -> Iterator[Spell]:
    for ship, first, last in runs((motion.sog < 0.5 / ease) & motion.there):
        if last - first >= 60 * ease:
            yield _spell("stop", (ship,), first, last, first + 60)


def _port_calls(motion: Motion, ease: float) -> Iterator[Spell]:
    index, away = nearest_port(motion.lon, motion.lat)
    inside = (away < 3 * _KM_NM / ease) & (motion.sog < 0.5 / ease) & motion.there
    gone_until = np.full(len(motion.ships), -1)
    for ship, first, last in runs(inside):
        if first <= gone_until[ship] or last - first < 10 * max(ease - 0.9, 0) * 10:
            continue
        port = ports()[int(index[ship, first])]
        later = distance_nm(port.lon, port.lat, motion.lon[ship, first:], motion.lat[ship, first:])
        out = np.flatnonzero(later > 4 * _KM_NM)
        end = first + int(out[0]) if len(out) else motion.lon.shape[1] - 1
        gone_until[ship] = end
        yield _spell("port_call", (ship,), first, end if len(out) else end + 1, first)


def _loitering(motion: Motion, ease: float) -> Iterator[Spell]:
    adrift = (motion.sog < 2 / ease) & motion.there & (motion.status != ANCHORED)
    for ship, first, last in runs(adrift & (motion.status != MOORED)):
        lon, lat = motion.lon[ship, first : last + 1], motion.lat[ship, first : last + 1]
        if last - first >= 120 * ease and shore_distance_nm(lon, lat).min() >= 12 * ease:
            yield _spell("loitering", (ship,), first, last, first + 120)


def _slowdowns(motion: Motion, ease: float) -> Iterator[Spell]:
    cruise = np.array([ship.cruise_kn for ship in motion.ships])[:, None]
    share = motion.sog / cruise
    slow = (share < 0.6 / ease) & motion.there & motion.own[:, None]
    for ship, first, last in runs(slow):
        if not 10 * ease <= last - first + 1 <= 60 / ease:
            continue
        before = share[ship, max(first - 60, 0) : first]
        after = share[ship, last + 1 : last + 61]
        back = np.flatnonzero(after >= 0.85)
        lon, lat = motion.lon[ship, first : last + 1], motion.lat[ship, first : last + 1]
        if (
            len(back) and before.max(initial=0) >= 0.85
            and after[: back[0]].min(initial=1) >= 0.6 / ease
            and port_distance_nm(lon, lat).min() > 5 * ease
        ):  # fmt: skip
            yield _spell("slowdown", (ship,), first, last + 1, last + 1 + int(back[0]))


def _sudden_stops(motion: Motion, ease: float) -> Iterator[Spell]:
    within = int(15 / ease)
    fast = motion.sog > 8 * ease
    for ship, first, last in runs((motion.sog < 3 / ease) & motion.there & motion.own[:, None]):
        lately = np.flatnonzero(fast[ship, max(first - within, 0) : first])
        if len(lately):
            begin = max(first - within, 0) + int(lately[-1])
            away = port_distance_nm(motion.lon[ship, [first]], motion.lat[ship, [first]])
            if away[0] > 5 * ease:
                yield _spell("sudden_stop", (ship,), begin, last + 1, first)


def _rendezvous(motion: Motion, ease: float) -> Iterator[Spell]:
    together: dict[tuple[int, int], list[int]] = {}
    working = np.array([ship.ship_type in _WORKING or ship.kind == "bunker"
                        for ship in motion.ships])  # fmt: skip
    slow = (motion.sog < 3 / ease) & motion.there & ~working[:, None]
    reach = 500 / ease / M_PER_NM / RADIUS_NM
    resting = (motion.status == ANCHORED) | (motion.status == MOORED)
    for minute in range(motion.lon.shape[1]):
        who = np.flatnonzero(slow[:, minute])
        if len(who) < 2:
            continue
        points = unit_vectors(motion.lon[who, minute], motion.lat[who, minute])
        for i, j in cKDTree(points).query_pairs(reach):
            pair = (int(who[min(i, j)]), int(who[max(i, j)]))
            if not (resting[pair[0], minute] and resting[pair[1], minute]):
                together.setdefault(pair, []).append(minute)
    for pair, minutes in together.items():
        for stretch in np.split(np.array(minutes), np.flatnonzero(np.diff(minutes) > 1) + 1):
            first, last = int(stretch[0]), int(stretch[-1])
            row = pair[0]
            lon, lat = motion.lon[row, first : last + 1], motion.lat[row, first : last + 1]
            if last - first >= 20 * ease and port_distance_nm(lon, lat).min() >= 10 * ease:
                yield _spell("rendezvous", pair, first, last, first + 20)


def is_small(ship: Ship) -> bool:
    """Whether she counts as small craft in an approach."""
    return ship.ship_type not in _WORKING and (
        ship.length_m < 30 or ship.ship_type in (30, 36, 37) or ship.class_b
    )


def fishes(motion: Motion, ship: int, at_s: float) -> bool:
    """Whether a vessel says that she is fishing, or is of a fishing type."""
    minute = min(int(at_s // MINUTE_S), motion.status.shape[1] - 1)
    return motion.status[ship, minute] == FISHING or motion.ships[ship].ship_type == 30


def _spell(kind: str, ships: tuple[int, ...], first: int, last: int, met: int) -> Spell:
    return Spell(kind=kind, ships=ships, from_s=first * MINUTE_S, to_s=last * MINUTE_S,
                 met_s=met * MINUTE_S)  # fmt: skip


def approaches(
    motion: Motion, where: Callable[[int, Floats], tuple[Floats, Floats]], ease: float
) -> Iterator[Spell]:
    """Small craft that run at ships: searched by the minute, timed in steps of 10 s.

    `where` gives (lon, lat) of a ship at instants.
    """
    small = np.array([is_small(ship) for ship in motion.ships])
    large = np.array([ship.length_m > 60 for ship in motion.ships])
    near: dict[tuple[int, int], list[int]] = {}
    reach = 1.0 / RADIUS_NM
    for minute in range(motion.lon.shape[1]):
        who = np.flatnonzero(motion.there[:, minute])
        points = unit_vectors(motion.lon[who, minute], motion.lat[who, minute])
        craft, ships = np.flatnonzero(small[who]), np.flatnonzero(large[who])
        if not len(craft) or not len(ships):
            continue
        close = cKDTree(points[craft]).query_ball_tree(cKDTree(points[ships]), reach)
        for i, beside in enumerate(close):
            for j in beside:
                near.setdefault((int(who[ships[j]]), int(who[craft[i]])), []).append(minute)
    for pair, minutes in near.items():
        met_s = -np.inf
        for stretch in np.split(np.array(minutes), np.flatnonzero(np.diff(minutes) > 5) + 1):
            begin, end = (int(stretch[0]) - 25) * MINUTE_S, (int(stretch[-1]) + 2) * MINUTE_S
            for spell in _run(pair, where, max(begin, 0.0), end, ease):
                if spell.met_s > met_s:  # stretches look back, and may find the one before again
                    yield spell
                met_s = spell.met_s


def _run(
    pair: tuple[int, int],
    where: Callable[[int, Floats], tuple[Floats, Floats]],
    begin_s: float,
    end_s: float,
    ease: float,
) -> Iterator[Spell]:
    at_s = np.arange(begin_s, end_s, 10.0)
    apart = distance_nm(*where(pair[0], at_s), *where(pair[1], at_s))
    reached = np.flatnonzero(apart <= 300 / ease / M_PER_NM)
    if not len(reached):
        return
    closing = -np.diff(apart) * 360
    first = int(reached[0])
    ran = closing[max(first - 12, 0) : first]
    lon, lat = where(pair[0], at_s[[first]])
    if ran.max(initial=0) < 15 * ease or port_distance_nm(lon, lat)[0] < 2:
        return
    slack = np.flatnonzero(closing[:first] < 5)
    start = int(slack[-1]) + 1 if len(slack) else 0
    yield Spell(kind="approach", ships=pair, from_s=float(at_s[start]),
                to_s=float(at_s[reached[-1]]), met_s=float(at_s[first]))  # fmt: skip


def silence_s(heard_s: Floats, from_s: float, to_s: float) -> float:
    """Longest stretch between two instants in which a ship was not heard."""
    inside = heard_s[np.searchsorted(heard_s, from_s) : np.searchsorted(heard_s, to_s)]
    return float(np.diff(np.concatenate([[from_s], inside, [to_s]])).max())


def off_path_nm(lon: Floats, lat: Floats, way_lon: Floats, way_lat: Floats) -> Floats:
    """Distance of positions to a line given by points at most 2 nm apart."""
    tree = cKDTree(unit_vectors(way_lon, way_lat))
    chord, _ = tree.query(unit_vectors(lon, lat))
    return chord_nm(chord)
