"""Who sails in a scenario, honestly: its shares, trades and grounds -> one `Part` a vessel."""

from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from ingest.exercise.chance import generator
from ingest.exercise.fleet import Ship, a_ship
from ingest.exercise.places import Point
from ingest.exercise.scenario import Scenario, Trade
from ingest.exercise.small_craft import in_company, plying, roving, serving
from ingest.exercise.storm import diverted, slowed
from ingest.exercise.voyage import Itinerary, Leg, itinerary, legs_of
from sea.units import Microseconds

_HOUR_S: Final = 3600.0
_AT_ANCHOR: Final = 0.25
_COMPANY: Final = 5
"""Vessels that fish together; chosen by us."""

_CRAFT: Final = {
    "tender": ("fishing", "skiff", "coaster"), "fishing": ("fishing",), "yacht": ("yacht",),
    "launch": ("launch",), "pilot": ("pilot",), "tug": ("tug",), "bunker": ("bunker",),
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One ship's part; merchants have the legs from which the itinerary was made."""

    role: str
    ship: Ship
    itinerary: Itinerary
    legs: tuple[Leg, ...] = ()
    depart_s: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Cast:
    """All parts, before anything is planted."""

    scenario: Scenario
    parts: tuple[Part, ...]
    start_us: Microseconds
    hours: float
    until_s: float
    seed: int


def cast_of(
    scenario: Scenario, *, start_us: Microseconds, hours: float, vessels: int, seed: int
) -> Cast:
    """The whole fleet on its way."""
    until_s = hours * _HOUR_S + 2 * _HOUR_S
    counts = {role: round(share * vessels) for role, share in scenario.fleet.items()}
    counts["convoy"] = counts.get("convoy", 0) // 2 * 2
    counts["merchant"] = counts.get("merchant", 0) + vessels - sum(counts.values())
    casting = _Casting(scenario, until_s, seed)
    parts: list[Part] = []
    for role, count in counts.items():
        for turn in range(max(count, 0)):
            parts.append(casting.part(role, turn, len(parts), parts))
    return Cast(scenario=scenario, parts=tuple(parts), start_us=start_us, hours=hours,
                until_s=until_s, seed=seed)  # fmt: skip


class _Casting:
    def __init__(self, scenario: Scenario, until_s: float, seed: int) -> None:
        self._scenario = scenario
        self._until_s = until_s
        self._seed = seed

    def part(self, role: str, turn: int, index: int, before: list[Part]) -> Part:
        """The part of the vessel `index`, the `turn`-th of her role."""
        if role == "convoy" and turn % 2:
            return self._follower(before[-1], turn, index)
        if role in ("convoy", "merchant"):
            return self._merchant("leader" if role == "convoy" else role, turn, index)
        if role == "service":
            return self._service(turn, index)
        if role == "ferry":
            pair = self._scenario.ferries[turn % len(self._scenario.ferries)]
            ship = a_ship("ferry", index, self._seed)
            return Part(role=role, ship=ship,
                        itinerary=plying(ship, index, pair, self._until_s, self._seed))  # fmt: skip
        if role == "fleet":
            ship, company = a_ship("fishing", index, self._seed), turn // _COMPANY
            ground = self._ground(company * 3 + 1)
            return Part(role=role, ship=ship, itinerary=in_company(
                ship, turn % _COMPANY, company, ground, self._until_s, self._seed))  # fmt: skip
        kinds = _CRAFT[role]
        ship = a_ship(kinds[turn % len(kinds)], index, self._seed)
        course = roving(ship, index, self._ground(turn), self._until_s, self._seed)
        return Part(role=role, ship=ship, itinerary=course)

    def _ground(self, turn: int) -> Point:
        grounds = self._scenario.grounds
        return grounds[(turn * 7 + turn // len(grounds)) % len(grounds)]

    def _service(self, turn: int, index: int) -> Part:
        draw = generator(self._seed, "part", index)
        harbours = self._scenario.harbours
        locode = harbours[int(draw.integers(len(harbours)))]
        ship = a_ship("tug" if turn % 3 else "pilot", index, self._seed)
        course = serving(ship, index, locode, self._until_s, self._seed)
        return Part(role="service", ship=ship, itinerary=course)

    def _merchant(self, role: str, turn: int, index: int) -> Part:
        trades = self._scenario.trades
        trade = self._convoy(turn) if role == "leader" else trades[turn % len(trades)]
        ship = a_ship(trade.ship, index, self._seed)
        draw = generator(self._seed, "part", index)
        aside = float(draw.uniform(0.15, 1.0))
        legs = legs_of(ship, index, trade.ports, self._until_s / _HOUR_S, self._seed,
                       company=index, aside=aside)  # fmt: skip
        legs = self._weathered(legs)
        depart_s = -_HOUR_S * _hours_under_way(legs[0], role, draw)
        return self._under_way(role, ship, legs, depart_s)

    def _convoy(self, turn: int) -> Trade:
        return self._scenario.convoys[turn // 2 % len(self._scenario.convoys)]

    def _follower(self, leader: Part, turn: int, index: int) -> Part:
        """A ship with the leader's speed and voyages, about half an hour behind her for good."""
        draw = generator(self._seed, "part", index)
        own = a_ship(leader.ship.kind, index, self._seed)
        ship = replace(own, cruise_kn=leader.ship.cruise_kn)
        aside = float(draw.uniform(0.15, 1.0))
        legs = legs_of(ship, index, self._convoy(turn).ports, self._until_s / _HOUR_S, self._seed,
                       company=index - 1, aside=aside)  # fmt: skip
        depart_s = leader.depart_s + float(draw.uniform(24, 40)) * 60
        return self._under_way("follower", ship, self._weathered(legs), depart_s)

    def _under_way(self, role: str, ship: Ship, legs: tuple[Leg, ...], depart_s: float) -> Part:
        return Part(role=role, ship=ship, legs=legs, depart_s=depart_s,
                    itinerary=itinerary(ship, legs, depart_s, self._until_s))  # fmt: skip

    def _weathered(self, legs: tuple[Leg, ...]) -> tuple[Leg, ...]:
        for storm in self._scenario.storms:
            legs = tuple(slowed(diverted(leg, storm), storm) for leg in legs)
        return legs


def _hours_under_way(leg: Leg, role: str, draw: np.random.Generator) -> float:
    """How long before the start a merchant left on her first leg.

    Leaders are early on it, so that plants find them at sea; one other in four that has to wait
    lies at anchor when the exercise begins, the rest are anywhere in the leg and its stay.
    """
    at_sea_h = leg.outbound.length_nm / leg.cruise
    luck, share = float(draw.random()), float(draw.random())
    if role == "leader":
        return (0.05 + 0.4 * share) * at_sea_h
    if leg.wait_h > 0 and luck < _AT_ANCHOR:
        return at_sea_h * 1.03 + share * leg.wait_h
    return share * (at_sea_h + leg.wait_h + leg.work_h)
