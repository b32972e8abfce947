"""Exercises: synthetic traffic as real AIVDM, and the truth of what is planted in it.

(name, seed, start, hours, vessels) -> lines in order of reception, and truth lines. Everything
here is invented; no line comes from a real ship.
"""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any, Final

import numpy as np

from ingest.exercise.pacific import pacific
from ingest.exercise.plants import Planted
from ingest.exercise.traffic import BLOCK_S, Block, Traffic
from ingest.exercise.world import World
from sea.errors import BadInputError
from sea.geodesy import distance_nm
from sea.instants import iso_z
from sea.units import HOUR_US, SECOND_US, Microseconds

NAMES: Final = ("pacific", "world")

_KEPT_BLOCKS: Final = 2
_SEARCH_MIN: Final = 240
_OUTAGE_NM: Final = 30.0
_OUTAGE_VESSELS: Final = 3
_LEAST_S: Final = {"gap": 6 * 3600, "rendezvous": 20 * 60, "loitering": 2 * 3600}
"""Shortest that is an event of the kind: `docs/behaviours.md`."""


class Exercise:
    """Traffic that depends on its arguments only, whichever part of it is asked for.

    Attributes:
        name, start_us, hours, vessels, seed: as given. end_us: start and hours together.

    Raises:
        BadInputError: no exercise has the name, or hours or vessels are not positive.
    """

    def __init__(
        self,
        name: str,
        *,
        start_us: Microseconds,
        hours: float = 24.0,
        vessels: int = 300,
        seed: int = 0,
    ) -> None:
        if name not in NAMES:
            raise BadInputError(
                f"no exercise is called {name!r}", field="name", mend=f"known: {', '.join(NAMES)}"
            )
        for field, value in (("hours", hours), ("vessels", vessels)):
            if not value > 0:
                raise BadInputError(f"{field} must be above 0, not {value}", field=field)
        self.name, self.start_us, self.hours = name, start_us, hours
        self.vessels, self.seed = vessels, seed
        self.end_us = start_us + round(hours * HOUR_US)
        self._world: World | None = None
        if name == "world":
            self._world = World(start_us=start_us, vessels=vessels, seed=seed)
            return
        self._plot = pacific(start_us=start_us, hours=hours, vessels=vessels, seed=seed)
        self._traffic = Traffic(
            self._plot.ships, self._plot.itineraries, self._plot.mutes, self._plot.reception,
            start_us=start_us, seed=seed,
        )  # fmt: skip
        self._blocks: dict[int, Block] = {}

    def lines(
        self, from_us: Microseconds, to_us: Microseconds
    ) -> Iterator[tuple[Microseconds, bytes]]:
        """(received_us, line with tag block and CRLF) of from_us <= received_us < to_us, in order.

        Any cutting of an interval gives the same lines; starting late costs nothing.
        """
        low, high = max(from_us, self.start_us), min(to_us, self.end_us)
        if self._world is not None:
            yield from self._world.lines(low, high)
            return
        block_us = BLOCK_S * SECOND_US
        for number in range(
            (low - self.start_us) // block_us, -((self.start_us - high) // block_us)
        ):
            block = self._block(number)
            first, last = np.searchsorted(block.received_us, [low, high]).tolist()
            yield from zip(
                block.received_us[first:last].tolist(), block.lines[first:last], strict=True
            )

    def truth(self) -> list[dict[str, Any]]:
        """What is planted, by the events' own definitions, in order of start.

        A gap runs from the last report heard to the first heard again. `ended_at` is null where
        the exercise ends first; what does not meet its definition before that is left out.
        Outages of stations that had vessels in reach are `coverage_lost` and name no vessel. In
        `world` nothing is planted.
        """
        if self._world is not None:
            return []
        known = [self._as_heard(planted) for planted in self._plot.planted]
        rows = [self._document(planted) for planted in known if self._defined(planted)]
        for outage in self._plot.reception.outages(self.hours * 3600):
            vessels = self._traffic.within(outage.lon, outage.lat, _OUTAGE_NM, outage.from_s)
            facts = dict(station=outage.station, lon=outage.lon, lat=outage.lat, vessels=vessels)
            if vessels >= _OUTAGE_VESSELS:
                rows.append(self._row("coverage_lost", [], outage.from_s, outage.to_s, facts))
        return sorted(rows, key=lambda row: (row["started_at"], row["kind"], row["mmsis"]))

    def _block(self, number: int) -> Block:
        if number not in self._blocks:
            while len(self._blocks) >= _KEPT_BLOCKS:
                del self._blocks[next(iter(self._blocks))]
            self._blocks[number] = self._traffic.block(number)
        return self._blocks[number]

    def _defined(self, planted: Planted) -> bool:
        """Whether the event lasts as long as its kind asks within the exercise."""
        lasts_s = min(planted.to_s, self.hours * 3600) - planted.from_s
        return lasts_s > _LEAST_S.get(planted.kind, 0)

    def _as_heard(self, planted: Planted) -> Planted:
        """A gap between the reports heard on both sides of it; empty if none was before."""
        if planted.kind != "gap":
            return planted
        ship, late = np.array(planted.ships), self.hours * 3600
        before = self._traffic.heard(ship, *_minutes(planted.from_s, -_SEARCH_MIN, 2))
        before = before.take((before.at_s > 0) & (before.at_s < planted.from_s))
        after = self._traffic.heard(ship, *_minutes(planted.to_s, -2, _SEARCH_MIN))
        after = after.take((after.at_s >= planted.to_s) & (after.at_s < late - 1))
        if not len(before.at_s):
            return replace(planted, from_s=planted.to_s)
        facts, to_s = dict(planted.parameters), float("inf")
        last = before.take(np.array([before.at_s.argmax()]))
        lon, lat = float(last.states.lon[0]), float(last.states.lat[0])
        facts |= {"lon": round(lon, 4), "lat": round(lat, 4)}
        if len(after.at_s):
            first = after.take(np.array([after.at_s.argmin()]))
            to_s = float(first.at_s[0])
            away = distance_nm(lon, lat, first.states.lon[0], first.states.lat[0])
            facts["distance_nm"] = round(float(away), 1)
        return replace(planted, from_s=float(last.at_s[0]), to_s=to_s, parameters=facts)

    def _document(self, planted: Planted) -> dict[str, Any]:
        mmsis = sorted(f"{self._plot.ships[who].mmsi:09d}" for who in planted.ships)
        return self._row(planted.kind, mmsis, planted.from_s, planted.to_s, planted.parameters)

    def _row(
        self, kind: str, mmsis: list[str], from_s: float, to_s: float, facts: dict[str, Any]
    ) -> dict[str, Any]:
        ended = iso_z(self.start_us + int(to_s) * SECOND_US) if to_s <= self.hours * 3600 else None
        started = iso_z(self.start_us + int(from_s) * SECOND_US)
        return {"kind": kind, "mmsis": mmsis, "started_at": started, "ended_at": ended,
                "synthetic": True, **facts}  # fmt: skip


def _minutes(at_s: float, first: int, last: int) -> tuple[int, int]:
    return int(at_s // 60) + first, int(at_s // 60) + last
