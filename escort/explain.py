"""Why a request is not served, why an asset goes or stays: sentences with numbers, never blank."""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from escort.draft import TRANSIT_COST_PER_NM, Draft, Workshop
from escort.feasibility import Obstacle
from escort.forcing import force
from risk.wording import instant
from sea.instants import iso_z
from sea.units import HOUR_US

REASONS: Mapping[str, str] = {"window": "no_asset_in_time"}
"""Reason of an unserved request where it is not the obstacle's own code."""

_NEAREST_TO_ABLE = (
    "refused",
    "rejected",
    "endurance",
    "range",
    "availability",
    "down",
    "window",
    "jurisdiction",
    "capacity",
    "speed",
    "not_released",
    "beyond_horizon",
)
"""Of assets with equally many obstacles, the one whose first obstacle comes first here speaks."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Unserved:
    """A request nobody escorts: a reason code, the same in words, and the price of serving it.

    Attributes:
        would_cost: objective lost if it were served all the same; None where it cannot be.
    """

    request: int
    reason: str
    detail: str
    would_cost: float | None


def explain_unserved(
    workshop: Workshop, draft: Draft, lost_locks: Mapping[int, int], expired: Callable[[], bool]
) -> tuple[Unserved, ...]:
    """Every request the draft does not serve, in the scenario's order, each with its reason."""
    served = draft.served()
    missing = [r for r in range(len(workshop.scenario.requests)) if r not in served]
    explained = {}
    for request in workshop.by_value(missing):
        if request in lost_locks:
            explained[request] = _lost_lock(workshop, request, lost_locks[request])
        elif workshop.able[request]:
            explained[request] = _outbid(workshop, draft, request, expired)
        else:
            explained[request] = _impossible(workshop, request)
    return tuple(explained[request] for request in missing)


def why_it_goes(workshop: Workshop, draft: Draft, asset: int) -> str:
    """What an asset's tasking is for, in a sentence."""
    schedule, requests = draft.schedules[asset], workshop.scenario.requests
    first = max(schedule.escorts, key=lambda escort: requests[escort.request].risk_value)
    asked = requests[first.request]
    others = len(workshop.able[first.request]) - 1
    able = "no other asset" if others == 0 else f"{others} other asset{'s' * (others > 1)}"
    spare_h = (asked.latest - first.rendezvous_at) / HOUR_US
    total = sum(requests[escort.request].risk_value for escort in schedule.escorts)
    lock = " (locked by an officer)" if first.request in workshop.held else ""
    return (
        f"Averts {total:.2g} of risk on {_legs(len(schedule.escorts))}; most of it on "
        f"{_ships(asked.mmsis)}{lock}, {first.transit_nm:.0f} nm away, "
        f"met {instant(first.rendezvous_at)}, "
        f"{spare_h:.1f} h before its window closes; {able} could serve it alone."
    )


def why_it_stays(workshop: Workshop, draft: Draft, asset: int) -> str:
    """Why an asset has no escort, in a sentence."""
    requests = range(len(workshop.scenario.requests))
    able = [r for r in requests if asset in workshop.able[r]]
    if able:
        taken = len(draft.served() & set(able))
        return (
            f"Stays: it could serve {_asked(len(able))}; others serve {taken} of them, "
            "and no other is worth the transit it would take."
        )
    codes = Counter(_code(workshop.judge.obstacles(asset, r)[:1]) for r in requests)
    if not codes:
        return "Stays: nobody asks for an escort."
    counts = ", ".join(f"{code} {n}" for code, n in codes.most_common())
    return f"Stays: it can serve none of {_asked(len(requests))} (first obstacle: {counts})."


def obstacle_text(obstacle: Obstacle) -> str:
    """The obstacle in words with its numbers."""
    return _TEXTS[obstacle.code](obstacle.facts)


def _impossible(workshop: Workshop, request: int) -> Unserved:
    assets = workshop.scenario.assets
    if not assets:
        return Unserved(
            request=request, reason="no_asset", detail="No asset is on offer.", would_cost=None
        )
    found = [(a, workshop.judge.obstacles(a, request)) for a in range(len(assets))]
    rank = _NEAREST_TO_ABLE.index
    asset, obstacles = min(
        found, key=lambda pair: (len(pair[1]), rank(pair[1][0].code), _shortfall(pair[1]), pair[0])
    )
    counts = Counter(obstacle.code for _, each in found for obstacle in each)
    tally = ", ".join(f"{code} {n}" for code, n in sorted(counts.items()))
    words = "; ".join(obstacle_text(obstacle) for obstacle in obstacles)
    return Unserved(
        request=request,
        reason=_reason(obstacles[0]),
        detail=f"Infeasible for all {len(assets)} assets ({tally}). "
        f"Nearest to able: {assets[asset].name}: {words}.",
        would_cost=None,
    )


def _outbid(
    workshop: Workshop, draft: Draft, request: int, expired: Callable[[], bool]
) -> Unserved:
    scenario, able = workshop.scenario, workshop.able[request]
    count = f"{len(able)} asset{'s' * (len(able) > 1)} could serve it alone"
    if expired():
        text = f"{count}, but the time given ran out before this one was priced."
        return Unserved(request=request, reason="out_of_time", detail=text, would_cost=None)
    forced = force(workshop, draft, request)
    if forced is None:
        text = f"{count}, but locked escorts keep them."
        return Unserved(request=request, reason="locked_out", detail=text, would_cost=None)
    loss = draft.objective(scenario) - forced.objective
    by = f"serving it with {scenario.assets[forced.asset].name}"
    value = scenario.requests[request].risk_value
    if loss < 0:
        text = f"{count}, but the time given ran out; {by} would gain {-loss:.2g}."
        return Unserved(request=request, reason="out_of_time", detail=text, would_cost=0.0)
    if not forced.displaced:
        more_nm = (loss + value) / TRANSIT_COST_PER_NM
        text = f"{count}, but {by} takes {more_nm:.0f} nm more transit for {value:.2g} of risk."
        return Unserved(request=request, reason="not_worth_transit", detail=text, would_cost=loss)
    names = ", ".join(
        f"{scenario.requests[r].id} (risk value {scenario.requests[r].risk_value:.2g})"
        for r in forced.displaced
    )
    text = (
        f"Outbid by {names}: {count}; {by} would cost {loss:.2g} "
        f"(its own risk value is {value:.2g})."
    )
    return Unserved(request=request, reason="outbid", detail=text, would_cost=loss)


def _lost_lock(workshop: Workshop, request: int, asset: int) -> Unserved:
    name = workshop.scenario.assets[asset].name
    obstacles = workshop.judge.obstacles(asset, request)
    if not obstacles:
        text = f"Locked to {name}, whose other locked escorts leave no time for it."
        return Unserved(request=request, reason="lock_conflict", detail=text, would_cost=None)
    words = "; ".join(obstacle_text(obstacle) for obstacle in obstacles)
    text = f"Locked to {name}, which cannot: {words}."
    return Unserved(request=request, reason=_reason(obstacles[0]), detail=text, would_cost=None)


def _reason(obstacle: Obstacle) -> str:
    return REASONS.get(obstacle.code, obstacle.code)


def _code(obstacles: list[Obstacle]) -> str:
    return _reason(obstacles[0]) if obstacles else "lock"


def _shortfall(obstacles: list[Obstacle]) -> float:
    facts = obstacles[0].facts
    late_us = facts.get("arrives_us", 0) - facts.get("latest_us", 0)
    return float(late_us or facts.get("needed_kn", 0.0) - facts.get("max_speed_kn", 0.0))


def _ships(mmsis: tuple[int, ...]) -> str:
    return "MMSI " + ", ".join(f"{mmsi:09d}" for mmsi in mmsis)


def _legs(n: int) -> str:
    return "one leg" if n == 1 else f"{n} legs"


def _asked(n: int) -> str:
    return "one request" if n == 1 else f"{n} requests"


def _window_text(facts: Mapping[str, Any]) -> str:
    late_h = (facts["arrives_us"] - facts["latest_us"]) / HOUR_US
    if late_h > 1e5:
        return "there is no way by sea to the rendezvous"
    return (
        f"{facts['transit_nm']:.0f} nm away, it arrives {iso_z(facts['arrives_us'])}, "
        f"{late_h:.2f} h after the latest rendezvous {iso_z(facts['latest_us'])}"
    )


_TEXTS: Mapping[str, Callable[[Mapping[str, Any]], str]] = {
    "refused": lambda f: f"the ship refuses escort ({f['reason']})",
    "rejected": lambda f: f"an officer rejected it for this asset ({f['reason']})",
    "down": lambda f: f"it cannot sail ({f['reason']})",
    "not_released": lambda f: f"the request is not released to {f['nation']}",
    "capacity": lambda f: f"{f['ships']} ships, it can guard {f['capacity_ships']}",
    "speed": lambda f: f"it makes {f['max_speed_kn']:g} kn, the leg takes {f['needed_kn']:.1f} kn",
    "beyond_horizon": lambda f: (
        f"the window opens {iso_z(f['earliest_us'])}, "
        f"after the horizon {iso_z(f['horizon_end_us'])}"
    ),
    "window": _window_text,
    "range": lambda f: f"it would sail {f['sailed_nm']:.0f} nm on a range of {f['range_nm']:g} nm",
    "endurance": lambda f: (
        f"it would be at sea {f['hours']:.1f} h on an endurance of {f['endurance_h']:g} h"
    ),
    "availability": lambda f: (
        f"it would be done {iso_z(f['ends_us'])}, after it is to be back {iso_z(f['until_us'])}"
    ),
    "jurisdiction": lambda f: f"the way touches closed waters ({f['zones']})",
}
