"""The scenario `pacific`: which ships, on which lanes of the Western Hemisphere, doing what."""

from dataclasses import replace
from typing import Final

import numpy as np

from ingest.exercise.chance import generator
from ingest.exercise.fleet import Ship, a_ship
from ingest.exercise.places import FISHING_GROUNDS, HARBOURS
from ingest.exercise.plants import Cast, Part, Plot, plotted
from ingest.exercise.reception import Reception
from ingest.exercise.small_craft import roving, serving
from ingest.exercise.voyage import Leg, itinerary, legs_of

ROTATIONS: Final[tuple[tuple[str, tuple[str, ...]], ...]] = (
    ("container", ("CLSAI", "PECLL", "ECGYE", "COBUN", "PABLB")),
    ("tanker", ("VEGUT", "USHOU")),
    ("bulker", ("CLANF", "ECGYE", "GTPRQ", "PECLL")),
    ("container", ("MXZLO", "GTPRQ", "PABLB", "COBUN", "ECGYE", "PECLL")),
    ("coaster", ("USMIA", "HTPAP")),
    ("reefer", ("ECGYE", "PABLB")),
    ("tanker", ("COMAM", "USHOU", "JMKIN")),
    ("container", ("COCTG", "JMKIN", "USMIA", "DOCAU")),
    ("bulker", ("COSMR", "USHOU")),
    ("container", ("BRSSZ", "UYMVD", "BRPNG", "BRITJ")),
    ("tanker", ("ECESM", "USLAX")),
    ("roro", ("USLAX", "MXZLO", "PECLL", "CLSAI")),
    ("bulker", ("PECLL", "USLAX")),
    ("container", ("PAMIT", "COCTG", "PRSJU", "USPEF")),
    ("tanker", ("PETYL", "PECLL", "ECGYE")),
    ("coaster", ("COBUN", "ECGYE", "ECMEC")),
    ("tanker", ("CWWIL", "COMAM", "VEGUT")),
    ("bulker", ("GYGEO", "VEGUT", "TTPTS")),
    ("roro", ("USPEF", "HTPAP", "COCTG")),
    ("container", ("USLAX", "MXZLO", "MXLZC", "GTPRQ", "CRCAL", "PABLB")),
    ("tanker", ("ECESM", "PABLB")),
    ("bulker", ("USHNL", "PECLL")),
    ("reefer", ("CRLIO", "USPEF")),
    ("coaster", ("JMKIN", "HTPAP", "DOCAU")),
    ("container", ("PAMIT", "CRLIO", "HNPCR", "USMIA")),
    ("tanker", ("USHOU", "MXVER", "MXATM")),
    ("bulker", ("BRSSZ", "GYGEO", "BRPEC")),
    ("reefer", ("PEPAI", "PABLB", "ECGYE")),
    ("tanker", ("USHNL", "PABLB")),
    ("coaster", ("SVAQJ", "NICIO", "CRCAL", "PABLB")),
    ("passenger", ("USMIA", "JMKIN", "COCTG", "PAMIT")),
    ("bulker", ("CLIQQ", "MXLZC")),
)
"""Trades, each dealt to one ship in turn: kind of ship and her harbours, over and over."""

_SHARES: Final = (("convoy", 0.16), ("merchant", 0.50), ("tender", 0.10), ("fishing", 0.11),
                  ("service", 0.07), ("yacht", 0.06))  # fmt: skip
_CONVOY_TRADES: Final = (0, 11, 12, 10, 31, 1, 6, 26)
"""Trades with long sea legs within hearing, so that ships in company are mostly at sea."""

_HOUR_S: Final = 3600.0
_AT_ANCHOR: Final = 0.25


def pacific(*, start_us: int, hours: float, vessels: int, seed: int) -> Plot:
    """The whole exercise laid out, plants included."""
    until_s = hours * _HOUR_S + 2 * _HOUR_S
    counts = {role: round(share * vessels) for role, share in _SHARES}
    counts["convoy"] -= counts["convoy"] % 2
    counts["merchant"] += vessels - sum(counts.values())
    parts: list[Part] = []
    for role, count in counts.items():
        for turn in range(max(count, 0)):
            parts.append(_part(role, turn, len(parts), parts, until_s, seed))
    cast = Cast(parts=tuple(parts), start_us=start_us, hours=hours, until_s=until_s, seed=seed)
    return plotted(cast, Reception(seed))


def _part(role: str, turn: int, index: int, before: list[Part], until_s: float, seed: int) -> Part:
    if role in ("convoy", "merchant"):
        trade = _CONVOY_TRADES[turn // 2 % len(_CONVOY_TRADES)] if role == "convoy" else turn
        kind, ports = ROTATIONS[trade % len(ROTATIONS)]
        ship = a_ship(kind, index, seed)
        if role == "convoy" and turn % 2:
            return _follower(before[-1], ship, index, ports, until_s, seed)
        return _merchant("leader" if role == "convoy" else role, ship, index, ports, until_s, seed)
    draw = generator(seed, "part", index)
    if role == "service":
        locode = sorted(HARBOURS)[int(draw.integers(len(HARBOURS)))]
        ship = a_ship("tug" if turn % 3 else "pilot", index, seed)
        return Part(role=role, ship=ship, itinerary=serving(ship, index, locode, until_s, seed))
    if role == "yacht":
        ship = a_ship("yacht", index, seed)
    elif role == "fishing":
        ship = a_ship("fishing", index, seed)
    else:
        ship = a_ship(("fishing", "skiff", "coaster")[turn % 3], index, seed)
    ground = FISHING_GROUNDS[(turn * 7 + turn // len(FISHING_GROUNDS)) % len(FISHING_GROUNDS)]
    return Part(role=role, ship=ship, itinerary=roving(ship, index, ground, until_s, seed))


def _merchant(
    role: str, ship: Ship, index: int, ports: tuple[str, ...], until_s: float, seed: int
) -> Part:
    draw = generator(seed, "part", index)
    aside = float(draw.uniform(0.15, 1.0))
    legs = legs_of(ship, index, ports, until_s / _HOUR_S, seed, company=index, aside=aside)
    depart_s = -_HOUR_S * _hours_under_way(legs[0], role, draw)
    return Part(role=role, ship=ship, legs=legs, depart_s=depart_s,
                itinerary=itinerary(ship, legs, depart_s, until_s))  # fmt: skip


def _follower(
    leader: Part, own: Ship, index: int, ports: tuple[str, ...], until_s: float, seed: int
) -> Part:
    """A ship with the leader's speed and voyages, about half an hour behind her for good."""
    draw = generator(seed, "part", index)
    ship = replace(own, cruise_kn=leader.ship.cruise_kn)
    aside = float(draw.uniform(0.15, 1.0))
    legs = legs_of(ship, index, ports, until_s / _HOUR_S, seed, company=index - 1, aside=aside)
    depart_s = leader.depart_s + float(draw.uniform(24, 40)) * 60
    return Part(role="follower", ship=ship, legs=legs, depart_s=depart_s,
                itinerary=itinerary(ship, legs, depart_s, until_s))  # fmt: skip


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
