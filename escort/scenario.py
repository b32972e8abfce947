"""Scenarios: who could escort, who asks for it, where nobody may go; and their JSON form.

JSON of a user, or the service's fleet and requests -> `Scenario` -> `escort.plan`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

import numpy as np
import numpy.typing as npt

from sea.instants import iso_z
from sea.units import DegreesEast, DegreesNorth, Knots, Microseconds, NauticalMiles

CLOSING_KINDS: Final = ("territorial_sea", "closed")
"""Zones of these kinds keep assets out: the first all but the coastal state's own and those
granted entry, the second all but those granted entry."""

DEFAULT_HORIZON_H: Final = 72.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A position, and its row in the scenario's own distance matrix where it has one."""

    lon: DegreesEast
    lat: DegreesNorth
    point: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Asset:
    """A patrol vessel that a nation offers.

    Attributes:
        base: UN/LOCODE, or "" where the base was given as a position.
        base_place: where it returns and refuels; None where it has no base.
        max_speed_kn: speed in transit. range_nm, endurance_h: between refuellings.
        may_enter: zones whose state has granted it entry.
        capacity_ships: how many ships of one request it can guard at once.
        down: why it cannot sail, None where it can.
    """

    id: str
    name: str
    nation: str
    class_name: str
    position: Place
    base: str
    base_place: Place | None
    max_speed_kn: Knots
    range_nm: NauticalMiles
    endurance_h: float
    available_from: Microseconds
    available_until: Microseconds
    must_return: bool = True
    may_enter: tuple[str, ...] = ()
    capacity_ships: int = 1
    down: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class EscortRequest:
    """One leg of a merchant's passage on which it should not be alone.

    Attributes:
        earliest, latest: window of the rendezvous, us UTC.
        leg_h: duration where it is not leg length / speed (a guard at anchor), h.
        risk_value: probability of coercion averted x consequence weight.
        releasable_to: nations whose assets may be told of it; None all.
        refused: why its ship will not be escorted, None where it will.
    """

    id: str
    mmsis: tuple[int, ...]
    rendezvous: Place
    earliest: Microseconds
    latest: Microseconds
    release: Place
    speed_kn: Knots
    risk_value: float
    leg_h: float | None = None
    releasable_to: tuple[str, ...] | None = None
    refused: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Zone:
    """Waters of a nation: one ring of (lon, lat), deg."""

    id: str
    nation: str
    kind: str
    polygon: tuple[tuple[DegreesEast, DegreesNorth], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Burden:
    """Agreed share of the escort hours by nation, 0..1, and the tolerance on it."""

    shares: Mapping[str, float]
    tolerance: float = 0.25


@dataclass(frozen=True, slots=True, kw_only=True)
class Lock:
    """The officer's word that this asset escorts this request."""

    asset: str
    request: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Exclusion:
    """The officer's word that this asset does not escort this request, and why."""

    asset: str
    request: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Distances:
    """Distances between listed points, shape (n, n), nm, in place of sea distances."""

    points: tuple[tuple[DegreesEast, DegreesNorth], ...]
    matrix: npt.NDArray[np.float64]
    unit: Literal["nm"] = "nm"


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """Everything a plan is made from."""

    now: Microseconds
    horizon_h: float
    assets: tuple[Asset, ...]
    requests: tuple[EscortRequest, ...]
    zones: tuple[Zone, ...] = ()
    burden: Burden | None = None
    locked: tuple[Lock, ...] = ()
    excluded: tuple[Exclusion, ...] = ()
    distances: Distances | None = None


def scenario_document(scenario: Scenario) -> dict[str, Any]:
    """The scenario as JSON values; `escort.reading.read_scenario` gives an equal scenario back."""
    document: dict[str, Any] = {
        "now": iso_z(scenario.now),
        "horizon_h": scenario.horizon_h,
        "zones": [_zone_document(zone) for zone in scenario.zones],
        "assets": [asset_document(asset) for asset in scenario.assets],
        "requests": [request_document(request) for request in scenario.requests],
        "burden": None,
        "locked": [{"asset": lock.asset, "request": lock.request} for lock in scenario.locked],
    }
    if scenario.excluded:
        document["excluded"] = [
            {"asset": each.asset, "request": each.request, "reason": each.reason}
            for each in scenario.excluded
        ]
    if scenario.burden is not None:
        burden = scenario.burden
        document["burden"] = {"shares": dict(burden.shares), "tolerance": burden.tolerance}
    if scenario.distances is not None:
        distances = scenario.distances
        rows = [[d if np.isfinite(d) else None for d in row] for row in distances.matrix.tolist()]
        points = [list(point) for point in distances.points]
        document["distances"] = {"unit": distances.unit, "points": points, "matrix": rows}
    return document


def _place_document(place: Place) -> list[float] | int:
    return [place.lon, place.lat] if place.point is None else place.point


def _zone_document(zone: Zone) -> dict[str, Any]:
    ring = [list(corner) for corner in zone.polygon]
    return {"id": zone.id, "nation": zone.nation, "kind": zone.kind, "polygon": ring}


def asset_document(asset: Asset) -> dict[str, Any]:
    """The asset as a scenario's document holds it."""
    place = asset.base_place
    document: dict[str, Any] = {
        "id": asset.id,
        "name": asset.name,
        "nation": asset.nation,
        "class": asset.class_name,
        "position": _place_document(asset.position),
        "base": asset.base or (None if place is None else _place_document(place)),
        "max_speed_kn": asset.max_speed_kn,
        "range_nm": asset.range_nm,
        "endurance_h": asset.endurance_h,
        "available_from": iso_z(asset.available_from),
        "available_until": iso_z(asset.available_until),
        "must_return": asset.must_return,
        "may_enter": list(asset.may_enter),
        "capacity_ships": asset.capacity_ships,
    }
    if asset.down is not None:
        document["down"] = asset.down
    return document


def request_document(request: EscortRequest) -> dict[str, Any]:
    """The request as a scenario's document holds it."""
    document: dict[str, Any] = {
        "id": request.id,
        "mmsis": [f"{mmsi:09d}" for mmsi in request.mmsis],
        "rendezvous": _place_document(request.rendezvous),
        "earliest": iso_z(request.earliest),
        "latest": iso_z(request.latest),
        "release": _place_document(request.release),
        "speed_kn": request.speed_kn,
        "leg_h": request.leg_h,
        "risk_value": request.risk_value,
    }
    if request.releasable_to is not None:
        document["releasable_to"] = list(request.releasable_to)
    if request.refused is not None:
        document["refused"] = request.refused
    return document
