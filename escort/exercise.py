"""Synthetic scenarios for measuring planners: a size, a density and a seed -> `Scenario`.

Made up: lanes, legs and risks are drawn at random over an open ocean between real bases; classes
are the packaged fleet's. Distances are great circles, given as the scenario's own.
"""

import math
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from escort.fleet import fleet_table
from escort.scenario import Asset, Burden, Distances, EscortRequest, Place, Scenario, Zone
from sea.geodesy import bearing_deg, destination, distance_nm
from sea.instants import parse_utc
from sea.units import HOUR_US, SECOND_US

NOW_US: Final = parse_utc("2026-03-01T00:00:00Z")
HORIZON_H: Final = 72.0
LANES: Final = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class Density:
    """How crowded a scenario is: hours of a leg, and the waters all of it lies in.

    Attributes:
        leg_h: shortest and longest leg.
        west, south, east, north: deg.
    """

    leg_h: tuple[float, float]
    west: float
    south: float
    east: float
    north: float


WIDE: Final = Density(leg_h=(4.0, 18.0), west=-118.0, south=-12.0, east=-80.0, north=22.0)
DENSE: Final = Density(leg_h=(2.0, 6.0), west=-100.0, south=-4.0, east=-84.0, north=12.0)


def exercise_scenario(
    assets: int, requests: int, seed: int, *, density: Density = WIDE, closed: bool = False
) -> Scenario:
    """A scenario of so many assets and requests; `closed`: with closed waters in it."""
    rng = np.random.default_rng([seed, assets, requests])
    ships = [_request(rng, i, density) for i in range(requests)]
    fleet = [_asset(rng, i, density) for i in range(assets)]
    zones = tuple(_zone(rng, i, density) for i in range(3)) if closed else ()
    return _measured(fleet, ships, zones)


def _request(rng: np.random.Generator, i: int, density: Density) -> dict[str, Any]:
    lanes = np.random.default_rng(LANES)
    ends = _somewhere(lanes, density, 2 * LANES)
    k = int(rng.integers(LANES))
    start, goal = ends[2 * k], ends[2 * k + 1]
    course = float(bearing_deg(*start, *goal))
    begin = _at(start, course, float(rng.uniform()) * float(distance_nm(*start, *goal)))
    hours = float(rng.uniform(*density.leg_h))
    speed_kn = round(float(rng.uniform(9.0, 19.0)), 1)
    eta_h = float(rng.uniform(3.0, HORIZON_H - 4.0))
    slack_h = min(max(0.08 * eta_h, 0.5), 2.0, 0.45 * hours)
    return {
        "id": f"r{i}", "mmsis": (366_000_000 + i,), "rendezvous": begin,
        "release": _at(begin, course, speed_kn * hours), "speed_kn": speed_kn,
        "earliest": _instant(eta_h - slack_h), "latest": _instant(eta_h + slack_h),
        "risk_value": float(rng.lognormal(math.log(0.01), 1.0)),
    }  # fmt: skip


def _asset(rng: np.random.Generator, i: int, density: Density) -> dict[str, Any]:
    table = fleet_table()
    name = str(rng.choice(sorted(table["classes"])))
    base = _somewhere(np.random.default_rng([LANES, int(rng.integers(12))]), density, 1)[0]
    at_sea = rng.uniform() < 0.4
    figures = table["classes"][name]
    return {
        "id": f"a{i}", "name": f"{name} {i} (exercise)", "class_name": name,
        "nation": str(rng.choice(sorted(table["shares"]))), "base": base,
        "position": _somewhere(rng, density, 1)[0] if at_sea else base,
        "available_from": _instant(float(rng.uniform(0.0, 6.0))),
        "available_until": _instant(HORIZON_H + float(rng.uniform(-12.0, 24.0))),
        "max_speed_kn": figures["max_speed_kn"], "range_nm": figures["range_nm"],
        "endurance_h": figures["endurance_h"], "capacity_ships": figures["capacity_ships"],
    }  # fmt: skip


def _zone(rng: np.random.Generator, i: int, density: Density) -> Zone:
    (lon, lat), half = _somewhere(rng, density, 1)[0], 0.06 * (density.east - density.west)
    ring = ((lon - half, lat - half), (lon + half, lat - half), (lon + half, lat + half))
    return Zone(id=f"Z{i}", nation="ZZ", kind="territorial_sea", polygon=ring)


def _measured(
    fleet: list[dict[str, Any]], ships: list[dict[str, Any]], zones: tuple[Zone, ...]
) -> Scenario:
    """The scenario, its places rows of a matrix of great-circle distances."""
    places = [row[end] for row in ships for end in ("rendezvous", "release")]
    places += [row[end] for row in fleet for end in ("position", "base")]
    points = list(dict.fromkeys(places))
    row_of = {point: i for i, point in enumerate(points)}

    def place(point: tuple[float, float]) -> Place:
        return Place(lon=point[0], lat=point[1], point=row_of[point])

    lon, lat = np.array(points).T
    matrix: npt.NDArray[np.float64] = distance_nm(lon[:, None], lat[:, None], lon, lat)
    matrix.flags.writeable = False
    requests = [
        EscortRequest(
            **{**row, "rendezvous": place(row["rendezvous"]), "release": place(row["release"])}
        )
        for row in ships
    ]
    assets = [
        Asset(
            **{
                **row,
                "position": place(row["position"]),
                "base": "",
                "base_place": place(row["base"]),
            }
        )
        for row in fleet
    ]
    return Scenario(
        now=NOW_US,
        horizon_h=HORIZON_H,
        assets=tuple(assets),
        requests=tuple(requests),
        zones=zones,
        burden=Burden(shares=dict(fleet_table()["shares"])),
        distances=Distances(points=tuple(points), matrix=matrix),
    )


def _somewhere(rng: np.random.Generator, density: Density, n: int) -> list[tuple[float, float]]:
    lon = rng.uniform(density.west, density.east, n).round(4)
    lat = rng.uniform(density.south, density.north, n).round(4)
    return list(zip(lon.tolist(), lat.tolist(), strict=True))


def _at(start: tuple[float, float], course: float, length_nm: float) -> tuple[float, float]:
    lon, lat = destination(*start, course, length_nm)
    return round(float(lon), 4), round(float(lat), 4)


def _instant(hours: float) -> int:
    return NOW_US + round(hours * HOUR_US / SECOND_US) * SECOND_US
