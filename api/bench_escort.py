"""Plans of fresh exercise scenarios: gap, seconds, and how far above the plain ways."""

import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

from escort.exercise import DENSE, WIDE, Density, exercise_scenario
from escort.plan import Plan, plan


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One size: how many, how crowded, in how many seconds, and the gap to reach (None: any)."""

    name: str
    assets: int
    requests: int
    density: Density
    seconds: float
    most_gap: float | None


CASES: Final[Mapping[str, Case]] = {
    case.name: case
    for case in (
        Case(name="40x300", assets=40, requests=300, density=WIDE, seconds=2.0, most_gap=0.005),
        Case(name="100x1000", assets=100, requests=1000, density=WIDE, seconds=5.0,
             most_gap=0.005),
        Case(name="dense", assets=100, requests=1000, density=DENSE, seconds=15.0, most_gap=0.01),
        Case(name="200x2000", assets=200, requests=2000, density=WIDE, seconds=15.0,
             most_gap=None),
    )
}  # fmt: skip

LEAST_OVER_PRIORITY, LEAST_OVER_NEAREST = 1.05, 1.3
EVERY_TWENTIETH, REPLAN_S = 20, 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One plan and the one after 5% of its requests had changed.

    Attributes:
        gap: None where nothing is proven.
        replan_of_bound: what the second plan reaches of its own bound.
        replan_changed: share of the escorts asked for in both that change their asset or go.
    """

    seed: int
    cpu_s: float
    wall_s: float
    objective: float
    gap: float | None
    over_priority: float
    over_nearest: float
    replan_cpu_s: float
    replan_of_bound: float | None
    replan_changed: float

    def meets(self, case: Case) -> bool:
        """Whether the first plan reaches what is asked of the case."""
        if case.most_gap is None:
            return True
        near = self.gap is not None and self.gap <= case.most_gap
        over = self.over_priority >= LEAST_OVER_PRIORITY, self.over_nearest >= LEAST_OVER_NEAREST
        return near and all(over)


def measured(case: Case, seed: int) -> Run:
    """Plans one scenario of the case, by CPU time: so a busy machine gives the same figures."""
    scenario = exercise_scenario(case.assets, case.requests, seed, density=case.density)
    wall, cpu = time.monotonic(), time.process_time()
    made = plan(scenario, seconds=case.seconds, seed=seed, clock=time.process_time)
    wall, cpu = time.monotonic() - wall, time.process_time() - cpu
    gone = {r.id for r in scenario.requests[seed % EVERY_TWENTIETH :: EVERY_TWENTIETH]}
    raised = tuple(
        replace(request, id=f"{request.id}-new", risk_value=request.risk_value * 1.5)
        if request.id in gone
        else request
        for request in scenario.requests
    )
    again_cpu = time.process_time()
    again = plan(
        replace(scenario, requests=raised),
        seconds=REPLAN_S,
        seed=seed,
        previous=made,
        clock=time.process_time,
    )
    again_cpu = time.process_time() - again_cpu
    before, after = _assets(made), _assets(again)
    lasting = [request for request in before if request not in gone]
    moved = sum(after.get(request) != before[request] for request in lasting)
    return Run(
        seed=seed,
        cpu_s=cpu,
        wall_s=wall,
        objective=made.objective,
        gap=made.gap,
        over_priority=made.objective / made.baselines["priority"],
        over_nearest=made.objective / made.baselines["nearest"],
        replan_cpu_s=again_cpu,
        replan_of_bound=None if again.gap is None else 1.0 - again.gap,
        replan_changed=moved / max(len(lasting), 1),
    )


def _assets(made: Plan) -> dict[str, int]:
    """Asset of each request that is served, by the request's id."""
    requests = made.scenario.requests
    return {
        requests[escort.request].id: tasking.schedule.asset
        for tasking in made.taskings
        for escort in tasking.schedule.escorts
    }
