"""A plan in the making: one schedule an asset, changed by inserting and forcing requests.

Drafts are values: every change gives a new one, and only `escort.feasibility` says what fits.
"""

import math
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from escort.feasibility import Feasibility, Obstacle, Schedule
from escort.scenario import Scenario
from escort.travel import travel_us
from sea.units import HOUR_US, SECOND_US

TRANSIT_COST_PER_NM: Final = 1e-6
"""What a mile of transit costs in risk value: it decides between equals only."""


@dataclass(frozen=True, slots=True)
class Draft:
    """Schedules by asset, in the scenario's order of assets."""

    schedules: tuple[Schedule, ...]

    def served(self) -> set[int]:
        """The requests somebody serves."""
        return {escort.request for schedule in self.schedules for escort in schedule.escorts}

    def order(self, asset: int) -> list[int]:
        """The asset's requests, in order."""
        return [escort.request for escort in self.schedules[asset].escorts]

    def risk_value(self, scenario: Scenario) -> float:
        """Risk averted."""
        return math.fsum(scenario.requests[r].risk_value for r in sorted(self.served()))

    def objective(self, scenario: Scenario) -> float:
        """Risk averted less the cost of transit."""
        transit_nm = math.fsum(schedule.transit_nm for schedule in self.schedules)
        return self.risk_value(scenario) - TRANSIT_COST_PER_NM * transit_nm

    def put(self, schedule: Schedule) -> "Draft":
        """The draft with this schedule in place of the asset's own."""
        at = schedule.asset
        return Draft((*self.schedules[:at], schedule, *self.schedules[at + 1 :]))


def empty_draft(scenario: Scenario) -> Draft:
    """Nobody goes anywhere."""
    return Draft(tuple(Schedule(a, (), None, 0.0) for a in range(len(scenario.assets))))


class Workshop:
    """What all ways of making a draft share: the judge, who can serve what alone, the locks.

    Attributes:
        able: for each request the assets that can serve it alone, by transit to it, nearest first.
        held: asset of each locked request.
    """

    def __init__(self, judge: Feasibility, held: Mapping[int, int]) -> None:
        self.judge = judge
        self.scenario = judge.scenario
        self.held = dict(held)
        offered = self.scenario.assets
        self._kn = np.array([asset.max_speed_kn for asset in offered], np.float64)
        froms = [max(self.scenario.now, asset.available_from) for asset in offered]
        self._start_us = np.array(froms, np.int64)
        self._until_us = np.array([asset.available_until for asset in offered], np.int64)
        self._returns = np.array([asset.must_return for asset in offered], bool)
        self._home = [base or 0 for base in judge.travel.base]
        self.able = [self._able(request) for request in range(len(self.scenario.requests))]

    def insert(
        self, draft: Draft, request: int, assets: Iterable[int] | None = None
    ) -> Draft | None:
        """The draft with the request put in where it adds least transit.

        None where it fits nowhere, or the transit would cost more than the risk averted.
        """
        best: tuple[float, Schedule] | None = None
        worth_nm = self.worth_nm(request)
        for asset in self.able[request] if assets is None else assets:
            schedule = self.into(draft.schedules[asset], request)
            if schedule is not None:
                added_nm = schedule.transit_nm - draft.schedules[asset].transit_nm
                if added_nm < (worth_nm if best is None else best[0]):
                    best = added_nm, schedule
        return None if best is None else draft.put(best[1])

    def worth_nm(self, request: int) -> float:
        """Transit at which the request is not worth serving; endless if an officer locked it."""
        if request in self.held:
            return math.inf
        return self.scenario.requests[request].risk_value / TRANSIT_COST_PER_NM

    def append(self, draft: Draft, request: int) -> Draft | None:
        """The draft with the request last on the nearest asset that can still take it on."""
        best: tuple[float, Schedule] | None = None
        for asset in self.able[request]:
            before = draft.schedules[asset]
            if not self._may_fit(before, request, len(before.escorts)):
                continue
            schedule = self.judge.schedule(asset, [*draft.order(asset), request])
            if isinstance(schedule, Schedule):
                added_nm = schedule.escorts[-1].transit_nm
                if added_nm < (self.worth_nm(request) if best is None else best[0]):
                    best = added_nm, schedule
        return None if best is None else draft.put(best[1])

    def into(self, schedule: Schedule, request: int) -> Schedule | None:
        """The schedule with the request at its best place near its turn by time."""
        order = [escort.request for escort in schedule.escorts]
        latest = self.scenario.requests[request].latest
        turn = sum(self.scenario.requests[r].latest <= latest for r in order)
        best: Schedule | None = None
        for place in range(max(turn - 1, 0), min(turn + 1, len(order)) + 1):
            if not self._may_fit(schedule, request, place):
                continue
            outcome = self.judge.schedule(schedule.asset, [*order[:place], request, *order[place:]])
            if isinstance(outcome, Obstacle):
                continue
            if best is None or outcome.transit_nm < best.transit_nm:
                best = outcome
        return best

    def rebuilt(self, asset: int, first: Sequence[int], others: Collection[int]) -> Schedule | None:
        """A schedule of all of `first` and, by falling value, what of `others` still fits."""
        schedule = Schedule(asset, (), None, 0.0)
        for request in self.by_value(first):
            fuller = self.into(schedule, request)
            if fuller is None:
                return None
            schedule = fuller
        for request in self.by_value(others):
            schedule = self.into(schedule, request) or schedule
        return schedule

    def by_value(self, requests: Iterable[int]) -> list[int]:
        """The requests by falling risk value; equals by id."""
        asked = self.scenario.requests
        return sorted(requests, key=lambda r: (-asked[r].risk_value, asked[r].id))

    def _able(self, request: int) -> list[int]:
        rows, goal = self.judge.travel.rows, self.judge.travel.rendezvous[request]
        holder = self.held.get(request)
        assets = self._in_time(request) if holder is None else [holder]
        able = [a for a in assets if isinstance(self.judge.schedule(a, [request]), Schedule)]
        return sorted(able, key=lambda a: (rows[self.judge.travel.start[a]][goal], a))

    def _in_time(self, request: int) -> list[int]:
        """The assets that time and speed alone do not keep from it, taking the straight ways."""
        travel, asked = self.judge.travel, self.scenario.requests[request]
        way_nm = travel.matrix[travel.start, travel.rendezvous[request]]
        home_nm = np.where(self._returns, travel.matrix[travel.release[request], self._home], 0.0)
        leg_us = self.judge.leg_us[request]
        meet_us = np.maximum(self._start_us + way_nm / self._kn * HOUR_US, asked.earliest)
        in_time = meet_us <= asked.latest + SECOND_US
        back = meet_us + leg_us + home_nm / self._kn * HOUR_US <= self._until_us + SECOND_US
        return np.flatnonzero(in_time & back & (self._kn >= asked.speed_kn)).tolist()

    def _may_fit(self, schedule: Schedule, request: int, place: int) -> bool:
        """Quick no where time alone forbids the place, taking the straight way."""
        travel, asked = self.judge.travel, self.scenario.requests
        kn = self.scenario.assets[schedule.asset].max_speed_kn
        goal, at = travel.rendezvous[request], asked[request].earliest
        if place > 0:
            before = schedule.escorts[place - 1]
            way_nm = travel.rows[travel.release[before.request]][goal]
            at = max(at, before.release_at + travel_us(way_nm, kn))
            if at > asked[request].latest:
                return False
        if place == len(schedule.escorts):
            return True
        after = schedule.escorts[place].request
        onward_nm = travel.rows[travel.release[request]][travel.rendezvous[after]]
        free_at = at + self.judge.leg_us[request]
        return free_at + travel_us(onward_nm, kn) <= asked[after].latest
