"""What if: a scenario and changes to it -> the plan as it is, as it would be, and the difference.

Add an asset, take one away, move its base, close a zone, raise a risk.
"""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import shapely

from escort.fields import Fields
from escort.plan import plan, plan_document
from escort.reading import read_asset, read_scenario, read_zone
from escort.scenario import Asset, EscortRequest, Scenario, asset_document, scenario_document
from sea.errors import BadInputError

MOST_CHANGES: Final = 50
MOST_RISK: Final = 1e6

Document = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class WhatIf:
    """Two plans of one moment, made alike, and what the changes change."""

    before: dict[str, Any]
    after: dict[str, Any]
    scenario: Scenario
    difference: dict[str, Any]


def what_if(
    scenario: Scenario, changes: Sequence[Any], *, seconds: float = 5.0, seed: int = 0
) -> WhatIf:
    """Plans the scenario without and with the changes.

    Raises:
        BadInputError: a change cannot be made; `field` is its JSON path.
    """
    altered = changed(scenario, changes)
    before = plan_document(plan(scenario, seconds=seconds, seed=seed))
    after = plan_document(plan(altered, seconds=seconds, seed=seed))
    sums = [coverage(scenario, before), coverage(altered, after)]
    difference = {
        name: {"before": sums[0][name], "after": sums[1][name],
               "change": _less(sums[1][name], sums[0][name])}
        for name in sums[0]
    }  # fmt: skip
    return WhatIf(before=before, after=after, scenario=altered, difference=difference)


def coverage(scenario: Scenario, made: Document) -> dict[str, float | None]:
    """What a plan averts of the risk there is, and what it takes."""
    total = math.fsum(request.risk_value for request in scenario.requests)
    served = [r for t in made["taskings"] for e in t["escorts"] for r in e["requests"]]
    return {
        "risk_value": made["risk_value"],
        "objective": made["objective"],
        "risk_asked": total,
        "share_of_risk": made["risk_value"] / total if total else None,
        "requests_served": len(served),
        "requests": len(scenario.requests),
        "assets_used": len(made["taskings"]),
        "hours": round(sum(each["hours"] for each in made["burden"].values()), 2),
    }


def changed(scenario: Scenario, changes: Sequence[Any]) -> Scenario:
    """The scenario with the changes made, one after another.

    Raises:
        BadInputError: a change cannot be made; `field` is its JSON path.
    """
    for path, value in Fields({"changes": changes}, "").items("changes", MOST_CHANGES):
        fields = Fields(value, path)
        kind = fields.text("kind")
        if kind not in _KINDS:
            where = fields.path("kind")
            raise BadInputError(
                f"{where} is {kind!r}", field=where, mend=f"give one of {', '.join(_KINDS)}"
            )
        scenario = _KINDS[kind](scenario, fields)
    # What was changed must still be a scenario: ids once, zones and locks known.
    return read_scenario(scenario_document(scenario))


def _add_asset(scenario: Scenario, fields: Fields) -> Scenario:
    asset = read_asset(fields.raw("asset"), fields.path("asset"))
    return replace(scenario, assets=(*scenario.assets, asset))


def _remove_asset(scenario: Scenario, fields: Fields) -> Scenario:
    gone = _asset(scenario, fields).id
    return replace(
        scenario,
        assets=tuple(asset for asset in scenario.assets if asset.id != gone),
        locked=tuple(lock for lock in scenario.locked if lock.asset != gone),
        excluded=tuple(each for each in scenario.excluded if each.asset != gone),
    )


def _move_base(scenario: Scenario, fields: Fields) -> Scenario:
    """An asset that lies in its base moves with it."""
    asset, base = _asset(scenario, fields), fields.raw("base")
    lies_there = asset.base_place is not None and _at(asset.position) == _at(asset.base_place)
    document = {**asset_document(asset), "base": base, "position": list(_at(asset.position))}
    moved = read_asset(document, fields.path("asset"))
    if lies_there and moved.base_place is not None:
        moved = replace(moved, position=moved.base_place)
    return replace(
        scenario,
        assets=tuple(moved if each.id == asset.id else each for each in scenario.assets),
    )


def _close_zone(scenario: Scenario, fields: Fields) -> Scenario:
    given, path = fields.raw("zone"), fields.path("zone")
    Fields(given, path)
    zone = read_zone({"nation": "-", "kind": "closed", **given}, path)
    return replace(scenario, zones=(*scenario.zones, zone))


def _raise_risk(scenario: Scenario, fields: Fields) -> Scenario:
    factor = fields.number("factor", 0.0, 1000.0)
    within = set(_meant(scenario, fields))
    requests = tuple(
        replace(each, risk_value=min(each.risk_value * factor, MOST_RISK))
        if each.id in within
        else each
        for each in scenario.requests
    )
    return replace(scenario, requests=requests)


_KINDS: Final[Mapping[str, Callable[[Scenario, Fields], Scenario]]] = {
    "add_asset": _add_asset,
    "remove_asset": _remove_asset,
    "move_base": _move_base,
    "close_zone": _close_zone,
    "raise_risk": _raise_risk,
}


def _meant(scenario: Scenario, fields: Fields) -> Iterator[str]:
    """Requests that a change of risk is about: those named, or those that meet in the polygon."""
    named = fields.raw("requests", None)
    if named is not None:
        known = {request.id for request in scenario.requests}
        for path, value in fields.items("requests", len(known) + 1):
            if value not in known:
                raise BadInputError(f"{path} is no request here", field=path, mend="give its id")
            yield value
        return
    zone = read_zone(
        {"id": "risk", "nation": "-", "kind": "risk", "polygon": fields.raw("polygon")},
        fields.path("polygon").rpartition(".")[0],
    )
    ring = shapely.Polygon(zone.polygon)
    yield from (request.id for request in scenario.requests if _meets_in(request, ring))


def _meets_in(request: EscortRequest, ring: shapely.Geometry) -> bool:
    return bool(shapely.intersects_xy(ring, *_at(request.rendezvous)))


def _asset(scenario: Scenario, fields: Fields) -> Asset:
    wanted, where = fields.text("asset"), fields.path("asset")
    for asset in scenario.assets:
        if asset.id == wanted:
            return asset
    raise BadInputError(f"{where} is {wanted!r}, which is no asset here", field=where)


def _at(place: Any) -> tuple[float, float]:
    return place.lon, place.lat


def _less(one: float | None, other: float | None) -> float | None:
    return None if one is None or other is None else one - other
