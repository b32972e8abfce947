"""Approach: a small craft that runs at a ship and comes right up to her.

Definition: a craft (shorter than 30 m, or fishing, sailing or pleasure, or class B of unknown
length) comes within 300 m of a ship longer than 60 m, closing at 15 kn or more within the five
minutes before, by its way from fix to fix or by the sog and cog it reported: whoever of the two
runs. Between fixes at most five minutes apart both are held to sail straight, of longer silences
of the craft (up to ten minutes) only the ends count; the ship is reckoned forward as long. It is
told once an hour for each pair, at the instant they were closest, and lasts no longer.

A craft that is first heard beside the ship, or not at all near her, is missed.

Not counted: craft whose work it is (pilots, tugs, SAR, tenders, law enforcement, by type or by
name), and ships within 2 nm of a port. The ship may be a victim: it raises her risk of coercion.
Units: m, kn, minutes; the position is the ship's.
"""

from dataclasses import asdict, dataclass
from typing import Any, Final

import numpy as np

from ingest.batch import Int32, ReportBatch
from ingest.picture import Picture
from risk.detect.memory import Array, Memory
from risk.detect.pairs import PairTimes, pair_keys
from risk.detect.runs import CLASS_B, FIXES, LEG, legs_of, pairs_of, ships_of
from risk.event import Event
from risk.roles import WORKING_TYPES, works
from sea.errors import BadInputError
from sea.ports import nearest_port
from sea.units import M_PER_NM, MINUTE_US, Microseconds

_PLAYING: Final = (30, 36, 37)
_LEFT_OUT: Final = (*WORKING_TYPES.tolist(), 35, 58)
"""Craft at work; military and medical craft (ITU-R M.1371-5 table 53)."""

_SHIP_KN: Final = 30.0
"""Of the fastest large ships; how far they may be from where they were a minute ago."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ApproachParams:
    """Thresholds of an approach.

    Attributes:
        range_m: 300, chosen by us (design figure): a boarding ladder's reach in half a minute.
        closing_kn: 15, chosen by us: above what fishing and harbour craft make of each other.
        craft_m, ship_m: shorter than 30 and longer than 60; chosen by us.
        before_minutes: how long before she is near she must have closed so fast; 5, chosen by us:
            three reports, of which one may be lost.
        port_nm: ships nearer to a port are left out; 2, chosen by us.
        again_minutes: a pair is told again after 60; chosen by us.
    """

    range_m: float = 300
    closing_kn: float = 15
    craft_m: float = 30
    ship_m: float = 60
    before_minutes: float = 5
    port_nm: float = 2
    again_minutes: float = 60

    def __post_init__(self) -> None:
        for field, value in asdict(self).items():
            if not value > 0:
                raise BadInputError(f"approach: {field} must be positive", field=field)


class Approach:
    """Follows fast small craft, and the large ships around them."""

    kinds: tuple[str, ...] = ("approach",)

    def __init__(self, params: ApproachParams | None = None) -> None:
        self.params = params or ApproachParams()
        self._memory = Memory(**FIXES)
        self._closed, self._told = PairTimes(), PairTimes()
        self._legs: list[Array] = []

    def observe(self, picture: Picture, slots: Int32, reports: ReportBatch) -> list[Event]:
        """Keeps the last two fixes; the tick of the same minute looks at who ran at whom."""
        self._memory.reach(picture)
        self._legs.append(legs_of(self._memory, slots, reports, self._small(picture, slots)))
        return []

    def tick(self, picture: Picture, now_us: Microseconds) -> list[Event]:
        """Approaches of this minute."""
        params = self.params
        legs = np.concatenate([np.empty(0, LEG), *self._legs])
        self._legs.clear()
        before_us = int(params.before_minutes * MINUTE_US)
        self._closed.forget(now_us - 2 * before_us)
        self._told.forget(now_us - int(params.again_minutes * MINUTE_US))
        if not len(legs):
            return []
        ships = ships_of(self._memory, picture, params.ship_m, now_us)
        pairs = pairs_of(legs, ships, _reach_nm(params), params.range_m, params.closing_kn)
        keys = pair_keys(pairs["craft"], pairs["ship"])
        closed = (pairs["closing_kn"] >= params.closing_kn) & (pairs["began_m"] > params.range_m)
        self._closed.note(keys[closed], pairs["closed_at"][closed])
        near = pairs["nearest_m"] <= params.range_m
        pairs, keys = pairs[near], keys[near]
        ran = self._closed.latest(keys, pairs["nearest_at"]) >= pairs["nearest_at"] - before_us
        new = ran & (self._told.latest(keys, np.full(len(keys), now_us)) < 0)
        rows = np.flatnonzero(new)[np.sort(np.unique(keys[new], return_index=True)[1])]
        rows = rows[self._counts(picture, pairs[rows])]
        self._told.note(keys[rows], np.full(len(rows), now_us))
        return self._events(picture, pairs[rows], now_us)

    def finish(self, picture: Picture, now_us: Microseconds) -> list[Event]:
        """Nothing: an approach lasts an instant."""
        return []

    def state(self) -> dict[str, Any]:
        """What is known of every vessel and pair."""
        return {"memory": self._memory.state(), "closed": self._closed.state(),
                "told": self._told.state()}  # fmt: skip

    def restore(self, state: dict[str, Any]) -> None:
        """Continues from a `state`."""
        self._memory.restore(state["memory"])
        self._closed.restore(state["closed"])
        self._told.restore(state["told"])

    def _small(self, picture: Picture, slots: Int32) -> Array:
        kind, length = picture.ship_type[slots], picture.length[slots]
        class_b = np.isin(picture.msg_type[slots], CLASS_B)
        small = (length < self.params.craft_m) | np.isin(kind, _PLAYING)
        small |= class_b & ~(length >= self.params.craft_m)
        return np.asarray(small & ~np.isin(kind, _LEFT_OUT))

    def _counts(self, picture: Picture, pairs: Array) -> Array:
        """Whether each is no craft at work, and a large ship away from ports."""
        craft, ship = pairs["craft"], pairs["ship"]
        at_port = nearest_port(picture.lon[ship], picture.lat[ship])[1] < self.params.port_nm
        large = picture.length[ship] > self.params.ship_m
        return np.asarray(large & ~at_port & ~works(picture.ship_type[craft], picture.name[craft]))

    def _events(self, picture: Picture, pairs: Array, now_us: Microseconds) -> list[Event]:
        craft, ship = pairs["craft"], pairs["ship"]
        rows = zip(picture.mmsi[craft].tolist(), picture.mmsi[ship].tolist(),
                   pairs["nearest_at"].tolist(), picture.lon[ship].tolist(),
                   picture.lat[ship].tolist(), pairs["nearest_m"].tolist(),
                   pairs["closing_kn"].tolist(), picture.sog[ship].tolist(),
                   strict=True)  # fmt: skip
        return [
            Event(
                kind="approach", mmsis=(min(small, large), max(small, large)), started_at=at,
                ended_at=at, detected_at=now_us, lon=lon, lat=lat, status="ended",
                confidence=0.7,
                evidence={
                    "craft": f"{small:09d}", "ship": f"{large:09d}", "nearest_m": round(near_m),
                    "closing_kn": round(closing_kn, 1), "ship_sog_kn": round(sog, 1),
                },
            )
            for small, large, at, lon, lat, near_m, closing_kn, sog in rows
        ]  # fmt: skip


def _reach_nm(params: ApproachParams) -> float:
    """From how far craft are followed: from beyond, closing slower, none would be near in time."""
    hours = params.before_minutes / 60
    return params.closing_kn * hours + params.range_m / M_PER_NM + _SHIP_KN / 60
