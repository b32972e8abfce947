"""Truth: the plot and what was heard of it -> one line for each event there was, or nearly was.

What motion alone defines is looked up in the true tracks of everybody (`definition`), planted or
not; the rest follows from what was planted. See `docs/exercises.md` for the fields and the rules.
"""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any, Final

import numpy as np

from ingest.exercise.definition import (
    MINUTE_S,
    Motion,
    Spell,
    approaches,
    fishes,
    silence_s,
    spells,
)
from ingest.exercise.definition_of_voyages import STEP_MIN, declared, leading_away
from ingest.exercise.planting import Planted, Plot
from ingest.exercise.track import ANCHORED, MOORED, Floats, Tracks
from ingest.exercise.traffic import Traffic
from ingest.exercise.truth_of_outages import lost_coverage
from ingest.exercise.truth_of_plants import Row, judged_plants
from sea.instants import iso_z
from sea.ports import nearest_port
from sea.units import SECOND_US, Microseconds

TIGHT: Final = 1.1
"""What meets its definition by less than a tenth, or misses it by less, is not judged."""

_MOTION: Final = ("stop", "port_call", "loitering", "slowdown", "sudden_stop", "rendezvous",
                  "approach", "destination_mismatch")  # fmt: skip
_OFF_PORT_NM: Final = 5.0
_HIDES_S: Final = {
    "rendezvous": 30 * 60, "slowdown": 10 * 60, "sudden_stop": 8 * 60, "approach": 3 * 60,
    "loitering": 3600, "stop": 3600, "port_call": 3600, "deviation": 3600,
    "destination_mismatch": 6 * 3600,
}  # fmt: skip
"""A ship's silence that hides an event of the kind from anybody; chosen by us."""

_LASTING: Final = ("rendezvous", "loitering", "stop", "deviation")
"""Kinds that must last a while, so that reports must show that they did."""

_OWN: Final = ("merchant", "leader", "follower", "ferry", "double")


class Truth:
    """What is in an exercise."""

    def __init__(
        self, plot: Plot, traffic: Traffic, *, start_us: Microseconds, hours: float
    ) -> None:
        self._plot, self._traffic = plot, traffic
        self._start_us, self._until_s = start_us, hours * 3600
        self._motion = _motion(plot, int(hours * 60))
        self._hearings = traffic.hearings(int(hours * 60))
        self._heard_s = self._hearings.times(len(plot.ships))

    def documents(self) -> list[dict[str, Any]]:
        """Truth lines in order of start."""
        lost = lost_coverage(self._plot, self._hearings, self._until_s)
        rows = [*self._of_motion(), *self._of_plants(), *lost]
        documents = [self._document(row) for row in rows if row.from_s < self._until_s]
        return sorted(documents, key=lambda row: (row["started_at"], row["kind"], row["mmsis"]))

    def _of_motion(self) -> Iterator[Row]:
        """Spells of everybody, planted or not, and plants that came to nothing."""
        plants = [p for p in self._plot.planted if p.kind in _MOTION]
        taken: set[int] = set()
        for spell, over, tight in self._spells():
            plant = next((i for i, p in enumerate(plants) if _same(p, spell)), None)
            facts: dict[str, Any] = self._where_stopped(spell) if spell.kind == "stop" else {}
            if plant is not None:
                taken.add(plant)
                facts |= plants[plant].parameters | _decoy(plants[plant])
            row = Row(kind=spell.kind, ships=spell.ships, from_s=spell.from_s, to_s=spell.to_s,
                      met_s=spell.met_s, over=over, why="" if tight else "near_threshold",
                      planted=plant is not None, facts=facts)  # fmt: skip
            yield self._seen(row)
        for i, plant_ in enumerate(plants):
            if i not in taken:
                yield Row(kind=plant_.kind, ships=plant_.ships, from_s=plant_.from_s,
                          to_s=plant_.to_s, met_s=np.inf, over=False,
                          facts=plant_.parameters | _decoy(plant_))  # fmt: skip
        yield from self._appointments()
        yield from self._other_berths()
        yield from self._other_roads()
        yield from self._other_courses()

    def _spells(self) -> Iterator[tuple[Spell, bool, bool]]:
        """(spell, meets its definition, meets it by a tenth), by the loosest that finds it."""
        said = [course.notes for course in self._plot.itineraries]
        found = [
            [*spells(self._motion, ease), *approaches(self._motion, self._where, ease),
             *leading_away(self._motion, said, ease)]
            for ease in (1 / TIGHT, 1.0, TIGHT)
        ]  # fmt: skip
        loose, exact, tight = map(_by_ships, found)
        for key, candidates in loose.items():
            for spell in candidates:
                by_book = [s for s in exact.get(key, []) if _overlap(s, spell)]
                by_far = [s for s in tight.get(key, []) if _overlap(s, spell)]
                yield (by_book[0] if by_book else spell), bool(by_book), bool(by_far)

    def _where_stopped(self, spell: Spell) -> dict[str, str]:
        status = int(self._motion.status[spell.ships[0], int(spell.from_s // MINUTE_S) + 1])
        return {"where": {ANCHORED: "anchorage", MOORED: "port"}.get(status, "open_sea")}

    def _of_plants(self) -> Iterator[Row]:
        plants = [plant for plant in self._plot.planted if plant.kind not in _MOTION]
        for row in judged_plants(plants, self._plot, self._traffic, self._heard_s, self._until_s):
            yield self._seen(row) if row.kind in _HIDES_S else row

    def _appointments(self) -> Iterator[Row]:
        """Spans in which craft stop for others: whether from a cruise of their own is open."""
        for plant in self._plot.planted:
            for who in plant.ships:
                if len(plant.ships) == 2 and self._plot.parts[who].role not in _OWN:
                    for kind in ("slowdown", "sudden_stop"):
                        yield Row(kind=kind, ships=(who,), from_s=plant.from_s - 7200,
                                  to_s=plant.to_s + 7200, met_s=np.inf, over=False,
                                  why="no_own_cruise", planted=False)  # fmt: skip

    def _other_berths(self) -> Iterator[Row]:
        """Stays at berths that the gazetteer of ports has more than 3 km off."""
        for who, course in enumerate(self._plot.itineraries):
            for stay in course.stays:
                if stay.status == MOORED and nearest_port(stay.lon, stay.lat)[1] > 1.6:
                    yield Row(kind="port_call", ships=(who,), from_s=stay.from_s - 3600,
                              to_s=stay.to_s + 3600, met_s=np.inf, over=False,
                              why="port_position", planted=False)  # fmt: skip

    def _other_roads(self) -> Iterator[Row]:
        """Stops in roads that lie off their port, and 5 nm or more from where the gazetteer has it.

        Whether they are slowdowns and sudden stops hangs on who knows the roads.
        """
        for plant in self._plot.planted:
            place = self._where(plant.ships[0], np.array([max(plant.from_s, 0.0)]))
            if plant.decoy == "engine_trouble" and nearest_port(*place)[1] > _OFF_PORT_NM:
                for kind in ("slowdown", "sudden_stop"):
                    yield Row(kind=kind, ships=plant.ships, from_s=plant.from_s, to_s=plant.to_s,
                              met_s=np.inf, over=False, why="port_position",
                              planted=False)  # fmt: skip

    def _other_courses(self) -> Iterator[Row]:
        """Voyages of ships that declare another port than theirs.

        Where the ways to the two part, she leaves the one to the port that she declares.
        """
        for plant in self._plot.planted:
            if plant.kind == "destination_mismatch" and not plant.decoy:
                yield Row(kind="deviation", ships=plant.ships, from_s=plant.from_s, to_s=plant.to_s,
                          met_s=np.inf, over=False, why="bound_elsewhere",
                          planted=False)  # fmt: skip

    def _seen(self, row: Row) -> Row:
        """The row, not judged where nobody could see it, or what was seen was not true."""
        if row.why or not row.ships:
            return row
        end_s = min(row.to_s, self._until_s)
        if row.kind == "rendezvous" and all(fishes(self._motion, s, row.from_s) for s in row.ships):
            return replace(row, why="fishing")
        if any(p.kind == "clone" and set(p.ships) & set(row.ships) and p.from_s < end_s
               and p.to_s > row.from_s for p in self._plot.planted):  # fmt: skip
            return replace(row, why="clone")
        if any(f.ship in row.ships and f.from_s < end_s + 600 and f.to_s > row.from_s - 600
               for f in self._plot.falsehoods):  # fmt: skip
            return replace(row, why="false_positions")
        if row.kind == "destination_mismatch":
            row = self._told(row)
            end_s = min(end_s, row.met_s)
        if row.kind in ("stop", "port_call", "loitering"):
            end_s = min(end_s, max(row.met_s, row.from_s) + 3600)
        if row.kind in ("slowdown", "sudden_stop"):
            end_s = min(end_s + 900, self._until_s)
        begin_s = max(row.from_s - 600, 0.0)
        hides_s = _HIDES_S[row.kind]
        if any(silence_s(self._heard_s[s], begin_s, end_s) > hides_s for s in row.ships):
            return replace(row, why="unheard")
        if row.kind in _LASTING and not self._shown(row):
            return replace(row, why="unheard")
        if row.why or row.seen_s is not None or not np.isfinite(row.met_s):
            return row
        return replace(row, seen_s=max(self._next_heard(ship, row.met_s) for ship in row.ships))

    def _told(self, row: Row) -> Row:
        """The row from when it was heard where she says that she is bound, if it was in time."""
        [ship], lasts_s = row.ships, row.met_s - row.from_s
        for _, from_s, until_s in declared(self._plot.itineraries[ship].notes):
            if from_s <= row.from_s < until_s:
                told_s = self._traffic.statics_heard(ship, max(from_s, 0.0),
                                                     min(until_s, self._until_s))  # fmt: skip
                begin_s = max(row.from_s, float(told_s[0])) if len(told_s) else np.inf
                full_s = self._next_heard(ship, begin_s) + lasts_s + STEP_MIN * MINUTE_S
                seen_s = self._next_heard(ship, full_s)
                if np.isfinite(seen_s) and seen_s <= row.to_s:
                    return replace(row, from_s=begin_s, met_s=begin_s + lasts_s, seen_s=seen_s)
        return replace(row, why="unheard")

    def _shown(self, row: Row) -> bool:
        """Whether the reports of each ship within an event span what its definition asks."""
        for ship in row.ships:
            first = self._next_heard(ship, row.from_s)
            if self._next_heard(ship, first + (row.met_s - row.from_s)) > row.to_s:
                return False
        return True

    def _next_heard(self, ship: int, at_s: float) -> float:
        heard_s = self._heard_s[ship]
        later = heard_s[np.searchsorted(heard_s, at_s) :]
        return float(later[0]) if len(later) else np.inf

    def _where(self, ship: int, at_s: Floats) -> tuple[Floats, Floats]:
        track = self._plot.itineraries[ship].track
        return np.interp(at_s, track.at_s, track.lon), np.interp(at_s, track.at_s, track.lat)

    def _document(self, row: Row) -> dict[str, Any]:
        mmsis = sorted({f"{self._plot.ships[who].mmsi:09d}" for who in row.ships})
        met = row.over and row.met_s <= self._until_s
        seen_s = row.met_s if row.seen_s is None else row.seen_s
        return {
            "kind": row.kind, "mmsis": mmsis, "started_at": self._instant(max(row.from_s, 0)),
            "ended_at": self._instant(row.to_s) if row.to_s <= self._until_s else None,
            "met_at": self._instant(row.met_s) if met else None,
            "seen_at": self._instant(seen_s) if met and seen_s <= self._until_s else None,
            "synthetic": True, "planted": row.planted, "over_threshold": row.over,
            "judged": not row.why, **({"why": row.why} if row.why else {}), **self._place(row),
            **{name: value for name, value in row.facts.items() if name != "lane"},
        }  # fmt: skip

    def _place(self, row: Row) -> dict[str, float]:
        if not row.ships or "lon" in row.facts:
            return {}
        lon, lat = self._where(row.ships[0], np.array([max(row.from_s, 0.0)]))
        return {"lon": round(float(lon[0]), 4), "lat": round(float(lat[0]), 4)}

    def _instant(self, at_s: float) -> str:
        return iso_z(self._start_us + int(at_s) * SECOND_US)


def _motion(plot: Plot, minutes: int) -> Motion:
    tracks = Tracks([course.track for course in plot.itineraries])
    ships = len(plot.ships)
    at_s = np.tile(np.arange(minutes + 1) * MINUTE_S, ships)
    states = tracks.at(np.repeat(np.arange(ships), minutes + 1), at_s)
    there = np.ones((ships, minutes + 1), bool)
    at_s = np.arange(minutes + 1) * MINUTE_S
    for mute in plot.mutes:
        if not np.isfinite(mute.from_s) or not np.isfinite(mute.to_s):
            there[mute.ship, (at_s >= mute.from_s) & (at_s < mute.to_s)] = False
    shape = ships, minutes + 1
    return Motion(
        ships=plot.ships, lon=states.lon.reshape(shape), lat=states.lat.reshape(shape),
        sog=states.sog.reshape(shape), status=states.status.reshape(shape), there=there,
        own=np.array([part.role in _OWN for part in plot.parts]),
    )  # fmt: skip


def _by_ships(found: list[Spell]) -> dict[tuple[str, tuple[int, ...]], list[Spell]]:
    by_ships: dict[tuple[str, tuple[int, ...]], list[Spell]] = {}
    for spell in found:
        by_ships.setdefault((spell.kind, spell.ships), []).append(spell)
    return by_ships


def _overlap(one: Spell, other: Spell) -> bool:
    return one.from_s <= other.to_s and other.from_s <= one.to_s


def _same(plant: Planted, spell: Spell) -> bool:
    """Whether the spell is what was planted."""
    return (
        plant.kind == spell.kind
        and set(plant.ships) == set(spell.ships)
        and plant.from_s - 1800 <= spell.to_s
        and spell.from_s <= plant.to_s + 1800
    )


def _decoy(plant: Planted) -> dict[str, str]:
    return {"decoy": plant.decoy} if plant.decoy else {}
