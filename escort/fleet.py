"""The exercise fleet: packaged classes and bases -> assets, until partners offer their own.

Synthetic: the classes are real (figures and sources in ``data/fleet.toml``), the ships are not.
"""

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import Any

from escort.scenario import Asset, Burden, Place
from sea.units import HOUR_US, DegreesEast, DegreesNorth, Microseconds


def exercise_fleet(now_us: Microseconds, hours: float) -> tuple[Asset, ...]:
    """The twenty assets of six nations, on offer from now for so many hours."""
    table = fleet_table()
    until_us = now_us + round(hours * HOUR_US)
    return tuple(_asset(row, table, now_us, until_us) for row in table["assets"])


def exercise_burden() -> Burden:
    """The shares of the escort hours agreed for exercises."""
    return Burden(shares=MappingProxyType(dict(fleet_table()["shares"])))


def fleet_bases() -> dict[str, tuple[DegreesEast, DegreesNorth]]:
    """Position of each base of the packaged table, by UN/LOCODE."""
    return {code: (lon, lat) for code, (lon, lat) in fleet_table()["bases"].items()}


@cache
def fleet_table() -> Mapping[str, Any]:
    """The packaged ``fleet.toml``; read only."""
    text = files("escort").joinpath("data", "fleet.toml").read_text(encoding="utf-8")
    return MappingProxyType(tomllib.loads(text))


def _asset(
    row: Mapping[str, Any], table: Mapping[str, Any], from_us: Microseconds, until_us: Microseconds
) -> Asset:
    figures = table["classes"][row["class"]]
    base = table["bases"][row["base"]]
    position = row.get("position", base)
    return Asset(
        id=row["id"],
        name=f"{row['class']} {row['id'].split('-', 2)[2].replace('-', ' ').title()} (exercise)",
        nation=row["nation"],
        class_name=row["class"],
        position=Place(lon=position[0], lat=position[1]),
        base=row["base"],
        base_place=Place(lon=base[0], lat=base[1]),
        max_speed_kn=figures["max_speed_kn"],
        range_nm=figures["range_nm"],
        endurance_h=figures["endurance_h"],
        available_from=from_us,
        available_until=until_us,
        must_return=row.get("must_return", True),
        may_enter=tuple(f"{nation}-TS" for nation in row.get("enters", ())),
        capacity_ships=figures["capacity_ships"],
    )
