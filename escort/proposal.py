"""A plan as values: taskings, what is not served and why, what each nation bears."""

from collections.abc import Mapping
from dataclasses import dataclass

from escort.explain import Unserved
from escort.feasibility import Schedule
from escort.scenario import Scenario


@dataclass(frozen=True, slots=True, kw_only=True)
class Tasking:
    """What one asset is asked to do; proposed until a person approves."""

    id: str
    schedule: Schedule
    why: str
    status: str = "proposed"


@dataclass(frozen=True, slots=True, kw_only=True)
class NationBurden:
    """Escort hours of a nation and their share of all; what was agreed, None if nothing was."""

    hours: float
    share: float
    agreed: float | None
    within_tolerance: bool | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Solver:
    """How the plan was made."""

    seconds: float
    columns: int
    status: str
    seed: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """All taskings of a scenario, and everything a planner asks about them.

    Attributes:
        idle: why each asset without a tasking stays, by its index.
        upper_bound, gap: None while nothing proves them.
        baselines: objective of each plain way by itself.
        lost_locks: locked requests that their asset cannot serve: request -> asset.
    """

    scenario: Scenario
    taskings: tuple[Tasking, ...]
    unserved: tuple[Unserved, ...]
    idle: Mapping[int, str]
    risk_value: float
    objective: float
    upper_bound: float | None
    gap: float | None
    baselines: Mapping[str, float]
    burden: Mapping[str, NationBurden]
    lost_locks: Mapping[int, int]
    solver: Solver
