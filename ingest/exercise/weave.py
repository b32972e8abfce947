"""Plants in real traffic: a background -> the same with some vessels moved or added, and the truth.

A real vessel keeps the instants and receivers of her reports while her positions are moved along
the manoeuvre on her own track; what is added reports in the pattern of another real vessel. What
else is in the background nobody knows, so only what is planted is judged.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Final

import numpy as np

from ingest.exercise.background import Background, Known, Reports, lines_of
from ingest.exercise.chance import generator
from ingest.exercise.definition import silence_s
from ingest.exercise.fleet import Ship, a_ship
from ingest.exercise.planting import HOUR_S, RUN_NM, alongside, run_at, straight
from ingest.exercise.small_craft import Part as Stretch
from ingest.exercise.small_craft import wander
from ingest.exercise.track import Floats, Tracks
from ingest.exercise.voyage import joined
from sea.geodesy import destination, distance_nm
from sea.instants import iso_z
from sea.land import shore_distance_nm
from sea.ports import nearest_port
from sea.units import M_PER_NM, SECOND_US, Microseconds

KINDS: Final = ("rendezvous", "loitering", "slowdown", "sudden_stop", "gap", "jump", "clone",
                "spoof_circle", "approach", "identity_change")  # fmt: skip
"""What can be woven; the other kinds need lanes or voyages, which a real track does not tell."""

_MERCHANTS: Final = range(60, 90)
"""Passenger, cargo and tank ships, of which alone sudden stops are told (`docs/behaviours.md`)."""

_UNDER_WAY_KN: Final = 8.0
_TRIES: Final = 6
_FEWEST: Final = 20
_QUIET_S: Final = 1200.0
"""Fewest reports, and longest silence, of a vessel that something is planted on."""
_STRANGER: Final = 500_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Warp:
    """A share of her speed between two instants, eased in and out; she is late afterwards."""

    from_s: float
    to_s: float
    share: float
    ease_s: float

    def own_time(self, at_s: Floats) -> tuple[Floats, Floats]:
        """(where on her own timetable, share of her speed) at instants."""
        edges = [self.from_s - self.ease_s, self.from_s, self.to_s, self.to_s + self.ease_s]
        shares = [1.0, self.share, self.share, 1.0]
        fine = np.union1d(at_s, np.arange(edges[0], edges[-1] + 10, 10.0))
        share = np.interp(fine, edges, shares)
        ran = np.concatenate([[0.0], np.cumsum((share[1:] + share[:-1]) / 2 * np.diff(fine))])
        own = fine[0] + ran
        return np.interp(at_s, fine, own), np.interp(at_s, edges, shares)


def woven(
    background: Background, *, seed: int, hours: float | None, plants: int, most: int = 150
) -> tuple[list[tuple[Microseconds, bytes]], list[dict[str, Any]]]:
    """(received_us, line) in order, and truth lines.

    Args:
        background: the real vessels.
        seed: of what is planted.
        hours: so long is the background carried on; by default not at all.
        plants: how many are tried.
        most: how many of the vessels are kept; see `Background.carried_on`.
    """
    lasts_h = hours if hours is not None else (background.lasts_s + 1) / HOUR_S
    loom = _Loom(background, seed, lasts_h, most)
    for number in range(plants):
        loom.plant(KINDS[number % len(KINDS)], number)
    truth = sorted(loom.truth, key=lambda row: (row["started_at"], row["kind"], row["mmsis"]))
    return lines_of(loom.vessels, background.start_us), truth


class _Loom:
    def __init__(self, background: Background, seed: int, hours: float, most: int) -> None:
        self.vessels = background.carried_on(hours, most)
        self.truth: list[dict[str, Any]] = []
        self._seed, self._until_s = seed, hours * HOUR_S
        self._start_us = background.start_us
        self._real = len(self.vessels)
        self._patterns = tuple(self.vessels)
        self._used: set[int] = set()
        silence = [silence_s(vessel.at_s, 0, self._until_s) for vessel in self.vessels]
        self._steady = [i for i, s in enumerate(silence) if s < _QUIET_S] or [*range(self._real)]

    def plant(self, kind: str, number: int) -> None:
        """Plants one of a kind where a vessel and waters are fit for it."""
        draw = generator(self._seed, "weave", number)
        low = bool(draw.random() < 0.25)
        getattr(self, f"_{kind}")(draw, low, number)

    def _loitering(self, draw: np.random.Generator, low: bool, number: int) -> None:
        lasts_s = float(draw.uniform(0.9, 1.7) if low else draw.uniform(2.4, 4)) * HOUR_S
        for who, warp in self._warps(draw, lasts_s, sog=(0.4, 1.4), ease_s=1500):
            lon, lat = self._through(who, warp)
            if shore_distance_nm(lon, lat).min() > 13.5 and _port_nm(lon, lat) > 11:
                self._slow(who, warp)
                self._row(
                    "loitering", [who], warp.from_s, warp.to_s, met_s=2 * HOUR_S, over=not low
                )
                self._also(who, warp, "slowdown", "sudden_stop")
                return

    def _slowdown(self, draw: np.random.Generator, low: bool, number: int) -> None:
        minutes = float(draw.uniform(12, 45))
        share = float(draw.uniform(0.68, 0.8) if low else draw.uniform(0.3, 0.53))
        for who, warp in self._warps(draw, minutes * 60, share=share, ease_s=150,
                                     types=(0, *_MERCHANTS)):  # fmt: skip
            if _port_nm(*self._through(who, warp)) > 6:
                self._slow(who, warp)
                self._row("slowdown", [who], warp.from_s, warp.to_s, met_s=minutes * 60 + 120,
                          over=not low, share=round(share, 2))  # fmt: skip
                self._also(who, warp, "sudden_stop")
                return

    def _sudden_stop(self, draw: np.random.Generator, low: bool, number: int) -> None:
        lasts_s = float(draw.uniform(0.3, 1.5)) * HOUR_S
        ease_s = 2700.0 if low else float(draw.uniform(180, 600))
        for who, warp in self._warps(draw, lasts_s, sog=(0.3, 2.2), ease_s=ease_s,
                                     types=(*_MERCHANTS,)):  # fmt: skip
            if _port_nm(*self._through(who, warp)) > 6:
                self._slow(who, warp)
                self._row("sudden_stop", [who], warp.from_s - ease_s, warp.to_s, met_s=ease_s,
                          over=not low)  # fmt: skip
                self._also(who, warp, "slowdown")
                return

    def _rendezvous(self, draw: np.random.Generator, low: bool, number: int) -> None:
        minutes = float(draw.uniform(10, 17) if low else np.exp(draw.uniform(3.2, 5.3)))
        apart_m, side = float(draw.uniform(50, 440)), float(draw.uniform(0, 360))
        for who, warp in self._warps(draw, minutes * 60 + 900, sog=(0.4, 2.3), ease_s=1500):
            if _port_nm(*self._through(who, warp)) > 11:
                self._slow(who, warp)
                from_s, to_s = warp.from_s + 450, warp.to_s - 450
                seconds = np.linspace(from_s, to_s, max(3, int(minutes / 4)))
                beside = alongside(seconds, *self._where(who, seconds), side, apart_m)
                partner = self._added("fishing", beside, draw, number)
                self._row("rendezvous", [who, partner], from_s, to_s, met_s=1200, over=not low,
                          distance_m=round(apart_m), minutes=round(minutes))  # fmt: skip
                self._also(who, warp, "slowdown", "sudden_stop", "loitering")
                self._also(partner, warp, "loitering")
                return

    def _approach(self, draw: np.random.Generator, low: bool, number: int) -> None:
        closing = float(draw.uniform(8, 13) if low else draw.uniform(17, 30))
        nearest_m, side = float(draw.uniform(50, 260)), float(draw.uniform(10, 80))
        run_s = (RUN_NM - nearest_m / M_PER_NM) / closing * HOUR_S
        for who, from_s in self._hosts(draw, run_s + 600, length_m=65):
            if _port_nm(*self._where(who, np.array([from_s, from_s + run_s]))) > 4:
                run = run_at(partial(self._where, who), from_s, from_s + run_s + 300, run_s,
                             nearest_m, closing, side)  # fmt: skip
                craft = self._added("launch", run, draw, number)
                self._row("approach", [who, craft], from_s, from_s + run_s + 300, met_s=run_s,
                          over=not low, distance_m=round(nearest_m),
                          closing_kn=round(closing, 1))  # fmt: skip
                return

    def _gap(self, draw: np.random.Generator, low: bool, number: int) -> None:
        hours = float(draw.uniform(2, 4.5) if low else draw.uniform(7, 12))
        for who, from_s in self._hosts(draw, hours * HOUR_S):
            vessel = self.vessels[who]
            there = self._where(who, np.array([from_s]))
            near = sum(bool(distance_nm(*there, *self._where(other, np.array([from_s])))[0] < 16)
                       for other in range(self._real) if other != who)  # fmt: skip
            if near >= 3 and _port_nm(*there) > 6:
                silent = (vessel.at_s > from_s) & (vessel.at_s < from_s + hours * HOUR_S)
                self.vessels[who] = vessel.take(~silent)
                last = vessel.at_s[vessel.at_s <= from_s][-1]
                again = vessel.at_s[vessel.at_s >= from_s + hours * HOUR_S]
                end_s = float(again[0]) if len(again) else np.inf
                self._row("gap", [who], float(last), end_s, met_s=6 * HOUR_S, over=not low,
                          hours=round(hours, 1))  # fmt: skip
                return

    def _jump(self, draw: np.random.Generator, low: bool, number: int) -> None:
        away_nm, bearing = float(np.exp(draw.uniform(np.log(8), np.log(500)))), draw.uniform(0, 360)
        lasts_s = 1800.0 * float(draw.uniform(1, 6))
        for who, from_s in self._hosts(draw, lasts_s):
            vessel = self.vessels[who]
            rows = (vessel.at_s >= from_s) & (vessel.at_s < from_s + lasts_s)
            if low:
                rows = np.arange(len(rows)) == int(np.argmax(rows))
            lon, lat = destination(vessel.lon, vessel.lat, bearing, away_nm)
            there = vessel.at_s[rows]
            if not len(there) or (not low and len(there) < 6):
                continue
            self._false(who, lon, lat, rows)
            self._row("jump", [who], float(there[0]), float(there[-1]), over=not low,
                      met_s=float(there[min(3, len(there) - 1)] - there[0]),
                      distance_nm=round(away_nm, 1))  # fmt: skip
            return

    def _spoof_circle(self, draw: np.random.Generator, low: bool, number: int) -> None:
        radius = float(draw.uniform(0.05, 0.12) if low else np.exp(draw.uniform(-1.6, 2.3)))
        turn_s = max(2 * np.pi * radius / 18 * HOUR_S, 900.0)
        lasts_s = float(np.clip(turn_s * draw.uniform(1.4, 3), HOUR_S, 6 * HOUR_S))
        away_nm, bearing = float(draw.uniform(0, 40)), float(draw.uniform(0, 360))
        for who, from_s in self._hosts(draw, lasts_s):
            vessel = self.vessels[who]
            rows = (vessel.at_s >= from_s) & (vessel.at_s < from_s + lasts_s)
            lon, lat = self._where(who, np.array([from_s]))
            centre = destination(lon[0], lat[0], bearing, away_nm)
            turn = 360 * (vessel.at_s - from_s) / turn_s
            if rows.sum() >= 14:
                self._false(who, *destination(*centre, turn, radius), rows)
                self._row("spoof_circle", [who], from_s, from_s + lasts_s, met_s=0.75 * turn_s,
                          over=not low, radius_nm=round(radius, 2))  # fmt: skip
                self._excuse("jump", who, from_s, from_s + lasts_s, "circle")
                return

    def _clone(self, draw: np.random.Generator, low: bool, number: int) -> None:
        limits = np.log([12, 40] if low else [70, 2000])
        away_nm, turn = float(np.exp(draw.uniform(*limits))), float(draw.uniform(0, 360))
        lasts_s = float(draw.uniform(1.5, 5)) * HOUR_S
        for who, from_s in self._hosts(draw, lasts_s):
            seconds = np.linspace(from_s, from_s + lasts_s, 20)
            lon, lat = self._where(who, seconds)
            for bearing in turn + np.arange(0, 360, 45.0):
                if shore_distance_nm(*destination(lon, lat, bearing, away_nm)).min() > 2:
                    donor = self._donor(draw)
                    donor = donor.take((donor.at_s >= from_s) & (donor.at_s < from_s + lasts_s))
                    if len(donor.at_s) < 12:
                        break
                    second = self._like(self.vessels[who], donor, bearing, away_nm)
                    self.vessels.append(second)
                    self._row("clone", [who], float(donor.at_s[0]), float(donor.at_s[-1]),
                              met_s=float(donor.at_s[3] - donor.at_s[0]), over=not low,
                              distance_nm=round(away_nm, 1))  # fmt: skip
                    for kind in ("jump", "spoof_circle"):
                        self._excuse(kind, who, from_s, from_s + lasts_s, "clone")
                    return

    def _identity_change(self, draw: np.random.Generator, low: bool, number: int) -> None:
        other = a_ship("tanker", _STRANGER + number, self._seed)
        for who, from_s in self._hosts(draw, HOUR_S):
            vessel = self.vessels[who]
            if not vessel.known.imo or not vessel.known.name:
                continue
            name = vessel.known.name + "." if low else other.name
            known = replace(vessel.known, name=name)
            mmsi = vessel.mmsi if low else vessel.mmsi // 1_000_000 * 1_000_000 + other.mmsi % 10**6
            later = vessel.take(vessel.at_s >= from_s)
            self.vessels[who] = vessel.take(vessel.at_s < from_s)
            self.vessels.append(replace(later, mmsi=mmsi, known=known))
            new = len(self.vessels) - 1
            at_s = float(later.at_s[0])
            self._row("identity_change", [who, new], at_s, at_s, met_s=0.0, over=not low,
                      name_after=name)  # fmt: skip
            if not low:
                self._excuse("gap", who, from_s, np.inf, "renamed")
            return

    def _hosts(
        self,
        draw: np.random.Generator,
        lasts_s: float,
        *,
        length_m: int = 0,
        types: tuple[int, ...] = (),
    ) -> Iterator[tuple[int, float]]:
        """(real vessel under way, instant) at which something of a length may begin."""
        spare_s = self._until_s - lasts_s - 1200
        if spare_s <= 0:
            return
        for who in draw.permutation(self._real).tolist():
            vessel = self.vessels[who]
            if (
                who in self._used or vessel.class_b or len(vessel.at_s) < _FEWEST
                or not np.nanmedian(vessel.sog) > _UNDER_WAY_KN
                or vessel.known.length_m < length_m
                or (types and vessel.known.ship_type not in types)
            ):  # fmt: skip
                continue
            for begin_s in draw.uniform(600, 600 + spare_s, _TRIES).tolist():
                if silence_s(vessel.at_s, begin_s - 600, begin_s + lasts_s + 600) < _QUIET_S:
                    yield who, begin_s

    def _warps(
        self, draw: np.random.Generator, lasts_s: float, *, ease_s: float,
        share: float | None = None, sog: tuple[float, float] = (1, 1),
        types: tuple[int, ...] = (),
    ) -> Iterator[tuple[int, Warp]]:  # fmt: skip
        """(host, warp), to a share of her speed or to a sog."""
        slow = float(draw.uniform(*sog))
        for who, from_s in self._hosts(draw, lasts_s + 2 * ease_s, types=types):
            part = share if share is not None else slow / float(np.nanmedian(self.vessels[who].sog))
            begin_s = from_s + ease_s
            yield who, Warp(from_s=begin_s, to_s=begin_s + lasts_s, share=part, ease_s=ease_s)

    def _through(self, who: int, warp: Warp) -> tuple[Floats, Floats]:
        seconds = np.linspace(warp.from_s - 900, warp.to_s + 900, 9)
        return self._where(who, warp.own_time(seconds)[0])

    def _where(self, who: int, at_s: Floats) -> tuple[Floats, Floats]:
        vessel = self.vessels[who]
        return np.interp(at_s, vessel.at_s, vessel.lon), np.interp(at_s, vessel.at_s, vessel.lat)

    def _slow(self, who: int, warp: Warp) -> None:
        vessel = self.vessels[who]
        own_s, share = warp.own_time(vessel.at_s)
        lon, lat = self._where(who, own_s)
        same = np.minimum(np.searchsorted(vessel.at_s, own_s), len(own_s) - 1)
        self.vessels[who] = replace(vessel, lon=lon, lat=lat, sog=vessel.sog[same] * share,
                                    cog=vessel.cog[same], heading=vessel.heading[same])  # fmt: skip

    def _false(self, who: int, lon: Floats, lat: Floats, rows: Any) -> None:
        vessel = self.vessels[who]
        self.vessels[who] = replace(vessel, lon=np.where(rows, lon, vessel.lon),
                                    lat=np.where(rows, lat, vessel.lat))  # fmt: skip

    def _donor(self, draw: np.random.Generator) -> Reports:
        """A real vessel whose pattern of reports serves another: one that is heard all along."""
        return self._patterns[int(draw.choice(self._steady))]

    def _like(self, vessel: Reports, donor: Reports, bearing: float, away_nm: float) -> Reports:
        """Another transmitter of a vessel, off her, in the donor's pattern."""
        lon, lat = (np.interp(donor.at_s, vessel.at_s, axis) for axis in (vessel.lon, vessel.lat))
        lon, lat = destination(lon, lat, bearing, away_nm)
        row = np.minimum(np.searchsorted(vessel.at_s, donor.at_s), len(vessel.at_s) - 1)
        return replace(vessel.take(row), at_s=donor.at_s, lon=lon, lat=lat, source=donor.source)

    def _added(
        self, kind: str, meeting: Stretch, draw: np.random.Generator, number: int
    ) -> int:  # fmt: skip
        """The index of a craft that waits near a meeting, keeps it, and waits again."""
        ship = a_ship(kind, _STRANGER + number, self._seed)
        meet, parting = ((float(meeting[1][i]), float(meeting[2][i])) for i in (0, -1))
        home = _at_sea(meet, draw)
        rest = _at_sea(parting, draw)
        begin_s, end_s = float(meeting[0][0]), float(meeting[0][-1])
        pace = ship.cruise_kn / HOUR_S
        leave_s = begin_s - float(distance_nm(*home, *meet)) / pace
        back_s = end_s + float(distance_nm(*parting, *rest)) / pace
        track = joined([
            *wander(ship, home, min(leave_s, 0) - 3600, leave_s, draw),
            straight(home, meet, leave_s, begin_s), meeting, straight(parting, rest, end_s, back_s),
            *wander(ship, rest, back_s, max(self._until_s, back_s) + 3600, draw),
        ])  # fmt: skip
        donor = self._donor(draw)
        states = Tracks([track]).at(np.zeros(len(donor.at_s), np.int64), donor.at_s)
        self.vessels.append(Reports(
            mmsi=ship.mmsi, class_b=ship.class_b, known=_known(ship), at_s=donor.at_s,
            lon=states.lon, lat=states.lat, sog=states.sog, cog=states.cog, heading=states.heading,
            status=states.status, source=donor.source,
        ))  # fmt: skip
        return len(self.vessels) - 1

    def _row(
        self, kind: str, who: list[int], from_s: float, to_s: float, *, met_s: float, over: bool,
        **facts: object,
    ) -> None:  # fmt: skip
        self._used.update(who)
        mmsis = sorted({f"{self.vessels[ship].mmsi:09d}" for ship in who})
        quiet = max(silence_s(self.vessels[ship].at_s, from_s - 300, min(to_s, self._until_s))
                    for ship in who[:2])  # fmt: skip
        seen = kind in ("gap", "identity_change", "jump", "clone") or quiet < 600
        lon, lat = self._where(who[0], np.array([from_s]))
        met = over and from_s + met_s < self._until_s
        self.truth.append({
            "kind": kind, "mmsis": mmsis, "started_at": self._instant(from_s),
            "ended_at": self._instant(to_s) if to_s < self._until_s else None,
            "met_at": self._instant(from_s + met_s) if met else None,
            "seen_at": self._instant(from_s + met_s) if met else None,
            "synthetic": True, "planted": True, "over_threshold": over, "judged": seen,
            **({} if seen else {"why": "unheard"}),
            "lon": round(float(lon[0]), 4), "lat": round(float(lat[0]), 4), **facts,
        })  # fmt: skip

    def _also(self, who: int, warp: Warp, *kinds: str) -> None:
        """Excuses kinds that a manoeuvre planted for another may be as well."""
        for kind in kinds:
            self._excuse(kind, who, warp.from_s - warp.ease_s, warp.to_s + warp.ease_s,
                         "same_manoeuvre")  # fmt: skip

    def _excuse(self, kind: str, who: int, from_s: float, to_s: float, why: str) -> None:
        self.truth.append({
            "kind": kind, "mmsis": [f"{self.vessels[who].mmsi:09d}"],
            "started_at": self._instant(from_s),
            "ended_at": self._instant(to_s) if to_s < self._until_s else None, "met_at": None,
            "synthetic": True, "planted": True, "over_threshold": False, "judged": False,
            "why": why,
        })  # fmt: skip

    def _instant(self, at_s: float) -> str:
        return iso_z(self._start_us + int(at_s) * SECOND_US)


def _port_nm(lon: Floats, lat: Floats) -> float:
    return float(nearest_port(lon, lat)[1].min())


def _at_sea(near: tuple[float, float], draw: np.random.Generator) -> tuple[float, float]:
    for _ in range(12):
        lon, lat = destination(*near, draw.uniform(0, 360), draw.uniform(4, 9))
        if shore_distance_nm(lon, lat) > 3:
            return float(lon), float(lat)
    return near


def _known(ship: Ship) -> Known:
    return Known(name=ship.name, callsign=ship.callsign, imo=ship.imo, ship_type=ship.ship_type,
                 to_bow=ship.to_bow, to_stern=ship.to_stern, to_port=ship.to_port,
                 to_starboard=ship.to_starboard, draught_m=ship.full_draught_m)  # fmt: skip
