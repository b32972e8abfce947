"""Scenario -> plan: who escorts whom, when, and why; what is not served, and why not.

Two plain ways make a first draft each; column generation (`escort.columns`) makes the plan and
its bound from there; then everything left out is explained.
"""

import time
from collections.abc import Callable, Mapping
from hashlib import blake2b
from typing import Any

from escort.baseline import nearest_first, priority_insertion
from escort.columns import search
from escort.document import plan_document
from escort.draft import Draft, Workshop, empty_draft
from escort.explain import Unserved, explain_unserved, why_it_goes, why_it_stays
from escort.feasibility import Feasibility, Schedule
from escort.proposal import NationBurden, Plan, Solver, Tasking
from escort.scenario import Scenario
from escort.travel import Travel
from sea.errors import BadInputError

__all__ = ["Plan", "plan", "plan_document"]

SEARCH_SHARE = 0.75
"""Share of the time for searching; the rest explains. Chosen by us."""

LEAST_SHARE = 0.3
"""Of these shares, what is left to them when measuring distances took the time; chosen by us."""

KEEP_BONUS = 0.004
"""Share of its risk value that an escort earns, in the search alone, for staying with the asset
of the previous plan; chosen by us."""


def plan(
    scenario: Scenario,
    *,
    seconds: float = 5.0,
    seed: int = 0,
    previous: Plan | Mapping[str, Any] | None = None,
    clock: Callable[[], float] = time.monotonic,
) -> Plan:
    """The best plan found within `seconds`; equal for equal scenario, seed and previous.

    Only a run that is cut short by time may differ from another; its status says so.

    Args:
        scenario: what to plan.
        seconds: wall time; a small scenario takes much less.
        seed: of HiGHS' own random choices.
        previous: the plan in force, or its document: what still holds is preferred.
        clock: seconds that only grow.

    Raises:
        BadInputError: `seconds` is not positive, or `previous` is no plan.
    """
    if not seconds > 0:
        raise BadInputError("seconds must be positive", field="seconds", mend="give 5")
    began = clock()
    workshop, locked, lost = _prepare(scenario)
    prepared = clock()

    def remaining(share: float) -> float:
        end = max(began + share * seconds, prepared + LEAST_SHARE * share * seconds)
        return end - clock()

    def searched() -> bool:
        return remaining(SEARCH_SHARE) <= 0

    kept = {} if previous is None else dict(_assignments(scenario, previous))
    again = [_kept(workshop, locked, lost, kept, searched)] if kept else []
    ways = {
        "priority": priority_insertion(workshop, locked, lost, searched),
        "nearest": nearest_first(workshop, locked, lost, searched),
    }
    baselines = {name: draft.objective(scenario) for name, draft in sorted(ways.items())}
    found = search(
        workshop,
        lost,
        [*again, *ways.values()],
        lambda: remaining(SEARCH_SHARE),
        kept=kept,
        keep_bonus=KEEP_BONUS,
        seed=seed,
    )
    draft = locked
    for schedule in found.schedules:
        draft = draft.put(schedule)
    stopped = "; search stopped by time" if found.stopped else ""
    status = f"column generation: {found.rounds} rounds{stopped}"
    unserved = explain_unserved(workshop, draft, lost, lambda: remaining(1.0) <= 0)
    solver = Solver(seconds=clock() - began, columns=found.columns, status=status, seed=seed)
    return _finished(workshop, draft, unserved, baselines, lost, solver, found.bound)


def _prepare(scenario: Scenario) -> tuple[Workshop, Draft, dict[int, int]]:
    """The workshop, the draft of the locked escorts, and the locks that cannot be kept."""
    assets = {asset.id: i for i, asset in enumerate(scenario.assets)}
    requests = {request.id: i for i, request in enumerate(scenario.requests)}
    held = {requests[lock.request]: assets[lock.asset] for lock in scenario.locked}
    workshop = Workshop(Feasibility(scenario, Travel(scenario)), held)
    draft, lost = empty_draft(scenario), {}
    for request in workshop.by_value(held):
        with_it = workshop.insert(draft, request, [held[request]])
        if with_it is None:
            lost[request] = held[request]
        draft = with_it or draft
    return workshop, draft, lost


def _kept(
    workshop: Workshop,
    locked: Draft,
    lost: Mapping[int, int],
    kept: Mapping[int, int],
    expired: Callable[[], bool],
) -> Draft:
    """What of the previous plan still holds, filled up by priority."""
    draft = locked
    for request, asset in kept.items():
        if request not in draft.served() and request not in lost:
            draft = workshop.insert(draft, request, [asset]) or draft
    return priority_insertion(workshop, draft, lost, expired)


def _assignments(scenario: Scenario, previous: Plan | Mapping[str, Any]) -> list[tuple[int, int]]:
    """Pairs of request and asset of the previous plan that this scenario still knows."""
    if isinstance(previous, Plan):
        before = previous.scenario
        named = [
            (before.requests[escort.request].id, before.assets[tasking.schedule.asset].id)
            for tasking in previous.taskings
            for escort in tasking.schedule.escorts
        ]
    else:
        try:
            named = [
                (request, tasking["asset"])
                for tasking in previous["taskings"]
                for escort in tasking["escorts"]
                for request in escort["requests"]
            ]
        except (KeyError, TypeError):
            raise BadInputError(
                "the previous plan is no plan", field="taskings", mend="give the output of plan"
            ) from None
    assets = {asset.id: i for i, asset in enumerate(scenario.assets)}
    requests = {request.id: i for i, request in enumerate(scenario.requests)}
    return [(requests[r], assets[a]) for r, a in named if r in requests and a in assets]


def _finished(
    workshop: Workshop,
    draft: Draft,
    unserved: tuple[Unserved, ...],
    baselines: Mapping[str, float],
    lost: Mapping[int, int],
    solver: Solver,
    bound: float | None,
) -> Plan:
    scenario = workshop.scenario
    objective = draft.objective(scenario)
    bound = None if bound is None else max(bound, objective)
    busy = [schedule for schedule in draft.schedules if schedule.escorts]
    idle = [schedule.asset for schedule in draft.schedules if not schedule.escorts]
    return Plan(
        scenario=scenario,
        taskings=tuple(
            Tasking(
                id=_tasking_id(scenario, schedule),
                schedule=schedule,
                why=why_it_goes(workshop, draft, schedule.asset),
            )
            for schedule in busy
        ),
        unserved=unserved,
        idle={asset: why_it_stays(workshop, draft, asset) for asset in idle},
        risk_value=draft.risk_value(scenario),
        objective=objective,
        upper_bound=bound,
        gap=None if bound is None else (bound - objective) / bound if bound > 0 else 0.0,
        baselines=baselines,
        burden=_burden(scenario, busy),
        lost_locks=lost,
        solver=solver,
    )


def _burden(scenario: Scenario, busy: list[Schedule]) -> dict[str, NationBurden]:
    agreed = {} if scenario.burden is None else dict(scenario.burden.shares)
    tolerance = 0.0 if scenario.burden is None else scenario.burden.tolerance
    hours = dict.fromkeys(sorted({asset.nation for asset in scenario.assets} | set(agreed)), 0.0)
    for schedule in busy:
        hours[scenario.assets[schedule.asset].nation] += schedule.hours
    total = sum(hours.values())
    burden = {}
    for nation, its in hours.items():
        share = its / total if total else 0.0
        target = agreed.get(nation)
        within = None if target is None else share <= target * (1.0 + tolerance) + 1e-12
        burden[nation] = NationBurden(
            hours=its, share=share, agreed=target, within_tolerance=within
        )
    return burden


def _tasking_id(scenario: Scenario, schedule: Schedule) -> str:
    requests = ",".join(scenario.requests[escort.request].id for escort in schedule.escorts)
    key = f"{scenario.assets[schedule.asset].id}|{requests}"
    return blake2b(key.encode(), digest_size=8).hexdigest()
