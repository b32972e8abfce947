"""Coverage gaps: ports and stretches of lane whose risk no asset can reach in time.

A scenario and its plan -> places by falling risk, with what stands in the way. Requests that an
asset could have served but did not are no gap: there the plan chose.
"""

import math
from collections import Counter
from collections.abc import Mapping
from typing import Any, Final

import numpy as np

from escort.scenario import EscortRequest, Scenario
from risk.wording import whereabouts
from sea.ports import nearest_port, ports

OUT_OF_REACH: Final = frozenset(
    {"no_asset_in_time", "range", "endurance", "availability", "jurisdiction", "speed", "capacity",
     "not_released", "down", "no_asset"}
)  # fmt: skip
"""Reasons of requests that no asset can serve, whatever else it does."""


def coverage_gaps(scenario: Scenario, made: Mapping[str, Any]) -> dict[str, Any]:
    """The gaps, and the share of the risk asked for that lies in them."""
    asked = {request.id: request for request in scenario.requests}
    missed = [u for u in made["unserved"] if u["reason"] in OUT_OF_REACH]
    groups: dict[tuple[str, int], list[Mapping[str, Any]]] = {}
    for each in missed:
        request = asked[each["request"]]
        groups.setdefault((_kind(request), _port(request)), []).append(each)
    gaps = [_gap(kind, port, each, asked) for (kind, port), each in groups.items()]
    total = math.fsum(request.risk_value for request in scenario.requests)
    lost = math.fsum(asked[each["request"]].risk_value for each in missed)
    return {
        "risk_value": lost,
        "share_of_risk": lost / total if total else None,
        "places": sorted(gaps, key=lambda gap: (-gap["risk_value"], gap["name"])),
    }


def _gap(
    kind: str, port: int, missed: list[Mapping[str, Any]], asked: Mapping[str, EscortRequest]
) -> dict[str, Any]:
    worst = max(missed, key=lambda u: asked[u["request"]].risk_value)
    place = asked[worst["request"]].rendezvous
    return {
        "kind": kind,
        "name": whereabouts(place.lon, place.lat),
        "unlocode": ports()[port].unlocode,
        "position": [place.lon, place.lat],
        "risk_value": math.fsum(asked[u["request"]].risk_value for u in missed),
        "requests": sorted(u["request"] for u in missed),
        "reasons": dict(Counter(u["reason"] for u in missed).most_common()),
        "nearest": worst["detail"],
    }


def _kind(request: EscortRequest) -> str:
    return "lane" if request.leg_h is None else "port"


def _port(request: EscortRequest) -> int:
    lon, lat = np.array([request.rendezvous.lon]), np.array([request.rendezvous.lat])
    return int(nearest_port(lon, lat)[0][0])
