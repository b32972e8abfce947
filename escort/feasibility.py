"""The one judge of what an asset can do: an asset and its escorts in order -> times, or why not.

Everybody asks it: baselines, explanation, and the column generation, whose labels follow the same
rules (`escort.pricing`) and whose columns it judges one by one. Escorts are by index into the
scenario. The rules are in `docs/escort.md`.
"""

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, Literal

from escort.scenario import Asset, EscortRequest, Scenario
from escort.travel import Travel, travel_us
from sea.units import HOUR_US, Microseconds, NauticalMiles

REFUEL_US: Final = 4 * HOUR_US
"""Turn-round in base for fuel and stores; chosen by us, a brief stop alongside."""

IN_PORT_NM: Final = 1.0
"""An asset this close to its base at the start lies there: it leaves when it must."""

Code = Literal[
    "refused",
    "rejected",
    "down",
    "not_released",
    "capacity",
    "speed",
    "beyond_horizon",
    "window",
    "range",
    "endurance",
    "availability",
    "jurisdiction",
]


@dataclass(frozen=True, slots=True)
class Obstacle:
    """Why an asset cannot escort a request there and then; `facts` are numbers with units."""

    code: Code
    request: int
    facts: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Refuel:
    """A call at the asset's base between two escorts, us UTC."""

    arrive_at: Microseconds
    depart_at: Microseconds


@dataclass(frozen=True, slots=True)
class Escort:
    """One request served: times us UTC; transit from where the asset was before, by `refuel`."""

    request: int
    depart_at: Microseconds
    rendezvous_at: Microseconds
    release_at: Microseconds
    transit_nm: NauticalMiles
    leg_nm: NauticalMiles
    refuel: Refuel | None


@dataclass(frozen=True, slots=True)
class Schedule:
    """What an asset does: its escorts in order, and when it is home (None: need not return)."""

    asset: int
    escorts: tuple[Escort, ...]
    returns_at: Microseconds | None
    return_nm: NauticalMiles

    @property
    def transit_nm(self) -> NauticalMiles:
        """Distance sailed to rendezvous points, without the way home."""
        return sum(escort.transit_nm for escort in self.escorts)

    @property
    def hours(self) -> float:
        """From leaving for the first escort to being home, or to the last release."""
        if not self.escorts:
            return 0.0
        end = self.escorts[-1].release_at if self.returns_at is None else self.returns_at
        return (end - self.escorts[0].depart_at) / HOUR_US


@dataclass(slots=True)
class _State:
    """Where an asset is: node, time, distance since fuel, and what bounds its time at sea.

    In port its time at sea has not begun; at leisure it leaves no sooner than it must.

    Attributes:
        leave_by: latest time to have left port for every rendezvous since; where it began at sea,
            when it began.
        steaming_us: from port to here without any wait; None where it began at sea.
    """

    node: int
    at: Microseconds
    sailed_nm: NauticalMiles
    leave_by: Microseconds
    steaming_us: Microseconds | None
    in_port: bool
    at_leisure: bool

    def sea_us(self, onward_us: Microseconds) -> Microseconds:
        """Least time at sea at a place so far on: it waits in port where it can, not at sea."""
        since_us = self.at - self.leave_by
        if self.steaming_us is not None:
            since_us = max(since_us, self.steaming_us)
        return since_us + onward_us


class Feasibility:
    """The judge of one scenario."""

    def __init__(self, scenario: Scenario, travel: Travel) -> None:
        self.scenario = scenario
        self.travel = travel
        self.horizon_end = scenario.now + round(scenario.horizon_h * HOUR_US)
        self._known: dict[tuple[int, int], Obstacle | None] = {}
        self._excluded = {(e.asset, e.request): e.reason for e in scenario.excluded}
        self._closed = [travel.closed_to(asset) for asset in scenario.assets]
        legs = zip(scenario.requests, travel.leg_nm, strict=True)
        self.leg_us = [_leg_us(request, leg_nm) for request, leg_nm in legs]

    def schedule(
        self, asset: int, order: Sequence[int], refuels: Collection[int] | None = None
    ) -> Schedule | Obstacle:
        """The asset's schedule for these requests in this order, or the first obstacle to it.

        Args:
            asset: index of the asset.
            order: indices of the requests.
            refuels: those of them before which it calls at its base; None: only where it must.
        """
        state = self._start(asset)
        escorts: list[Escort] = []
        since_port = 0
        for request in order:
            obstacle = self._standing(asset, request)
            step = obstacle or self._step(asset, request, state, refuels)
            if isinstance(step, Obstacle):
                return step
            if step.refuel is not None:
                self._wait_in_port(asset, escorts, since_port, step.refuel.arrive_at)
                since_port = len(escorts)
            escorts.append(step)
        return self._finished(asset, state, escorts, since_port)

    def obstacles(self, asset: int, request: int) -> list[Obstacle]:
        """All that keeps the asset from escorting this request alone; empty: it can.

        Ways through closed waters are looked at only where nothing else is in the way.
        """
        found = self._all_standing(asset, request)
        probe = self._step(asset, request, self._start(asset), None)
        if isinstance(probe, Obstacle):
            if probe.code != "jurisdiction" or not found:
                found.append(probe)
        elif not found and isinstance(outcome := self.schedule(asset, [request]), Obstacle):
            found.append(outcome)
        return found

    def may_serve(self, asset: int, request: int) -> bool:
        """Whether nothing forbids it whatever else the asset does, but perhaps the way there."""
        return self._standing(asset, request) is None

    def _start(self, asset: int) -> _State:
        offered = self.scenario.assets[asset]
        node, base = self.travel.start[asset], self.travel.base[asset]
        in_port = base is not None and self.travel.rows[node][base] <= IN_PORT_NM
        at = max(self.scenario.now, offered.available_from)
        return _State(node, at, 0.0, at, None, in_port, True)

    def _standing(self, asset: int, request: int) -> Obstacle | None:
        key = (asset, request)
        if key not in self._known:
            self._known[key] = next(iter(self._all_standing(asset, request)), None)
        return self._known[key]

    def _all_standing(self, asset: int, request: int) -> list[Obstacle]:
        """Obstacles that hold whatever else the asset does."""
        offered, asked = self.scenario.assets[asset], self.scenario.requests[request]
        found = self._words(offered, asked, request)
        if asked.releasable_to is not None and offered.nation not in asked.releasable_to:
            found.append(Obstacle("not_released", request, {"nation": offered.nation}))
        if len(asked.mmsis) > offered.capacity_ships:
            ships = {"ships": len(asked.mmsis), "capacity_ships": offered.capacity_ships}
            found.append(Obstacle("capacity", request, ships))
        needed_kn = self._needed_kn(request)
        if offered.max_speed_kn < needed_kn:
            speeds = {"max_speed_kn": offered.max_speed_kn, "needed_kn": needed_kn}
            found.append(Obstacle("speed", request, speeds))
        if asked.earliest > self.horizon_end:
            times = {"earliest_us": asked.earliest, "horizon_end_us": self.horizon_end}
            found.append(Obstacle("beyond_horizon", request, times))
        ends = self.travel.rendezvous[request], self.travel.release[request]
        closed = self._closed_way(asset, request, *ends)
        if closed is not None:
            found.append(closed)
        return found

    def _words(self, offered: Asset, asked: EscortRequest, request: int) -> list[Obstacle]:
        """What people have said against it: the ship, an officer, the asset's own command."""
        said: dict[Code, str | None] = {
            "refused": asked.refused,
            "rejected": self._excluded.get((offered.id, asked.id)),
            "down": offered.down,
        }
        return [
            Obstacle(code, request, {"reason": reason})
            for code, reason in said.items()
            if reason is not None
        ]

    def _needed_kn(self, request: int) -> float:
        asked = self.scenario.requests[request]
        if asked.leg_h is None:
            return asked.speed_kn
        leg_nm = self.travel.leg_nm[request]
        return max(asked.speed_kn, leg_nm / asked.leg_h if asked.leg_h > 0 else 0.0)

    def _finished(
        self, asset: int, state: _State, escorts: list[Escort], since_port: int
    ) -> Schedule | Obstacle:
        """The schedule with the way home, where there is one to go."""
        if not escorts:
            return Schedule(asset, (), None, 0.0)
        home_at, home_nm = None, 0.0
        if self.scenario.assets[asset].must_return:
            base = self.travel.base[asset]
            assert base is not None, "an asset that must return has a base"
            closed = self._closed_way(asset, escorts[-1].request, state.node, base)
            if closed is not None:
                return closed
            home_nm = self.travel.rows[state.node][base]
            home_at = state.at + self._travel_us(asset, home_nm)
        self._wait_in_port(asset, escorts, since_port, state.at if home_at is None else home_at)
        return Schedule(asset, tuple(escorts), home_at, home_nm)

    def _step(
        self, asset: int, request: int, state: _State, refuels: Collection[int] | None
    ) -> Escort | Obstacle:
        """The next escort, and `state` moved to its release; by way of base if asked or needed."""
        direct: Escort | Obstacle | None = None
        if refuels is None or request not in refuels or state.in_port:
            direct = self._reach(asset, request, state)
            if isinstance(direct, Escort):
                self._move(asset, state, direct)
                return direct
            helped = direct.code in ("range", "endurance", "jurisdiction")
            if refuels is not None or not helped or state.in_port:
                return direct
        alongside = self._refuelled(asset, state)
        if isinstance(alongside, Obstacle):
            return direct or replace(alongside, request=request)
        refuelled, arrive_at, to_base_nm = alongside
        again = self._reach(asset, request, refuelled)
        if isinstance(again, Obstacle):
            return direct or again
        left_at = state.at
        state.sailed_nm, state.in_port, state.node = 0.0, True, refuelled.node
        self._move(asset, state, again)
        refuel = Refuel(arrive_at, again.depart_at)
        nm = to_base_nm + again.transit_nm
        return replace(again, depart_at=left_at, transit_nm=nm, refuel=refuel)

    def _reach(self, asset: int, request: int, state: _State) -> Escort | Obstacle:
        """The escort reached straight from `state`; cheap checks first, closed waters last."""
        offered, asked = self.scenario.assets[asset], self.scenario.requests[request]
        goal, release = self.travel.rendezvous[request], self.travel.release[request]
        transit_nm = self.travel.rows[state.node][goal]
        transit_us = self._travel_us(asset, transit_nm)
        rendezvous_at = max(state.at + transit_us, asked.earliest)
        if rendezvous_at > asked.latest:
            late = {
                "arrives_us": rendezvous_at,
                "latest_us": asked.latest,
                "transit_nm": transit_nm,
            }
            return Obstacle("window", request, late)
        depart_at = rendezvous_at - transit_us if state.at_leisure else state.at
        release_at = rendezvous_at + self.leg_us[request]
        leg_nm = self.travel.leg_nm[request]
        escort = Escort(request, depart_at, rendezvous_at, release_at, transit_nm, leg_nm, None)
        home_nm = self._home_nm(asset, release)
        home_us = self._travel_us(asset, home_nm)
        sailed_nm = state.sailed_nm + transit_nm + leg_nm + home_nm
        if sailed_nm > offered.range_nm:
            facts = {"sailed_nm": sailed_nm, "range_nm": offered.range_nm}
            return Obstacle("range", request, facts)
        then = replace(state)
        self._move(asset, then, escort)
        sea_us = then.sea_us(home_us)
        if sea_us > offered.endurance_h * HOUR_US:
            facts = {"hours": sea_us / HOUR_US, "endurance_h": offered.endurance_h}
            return Obstacle("endurance", request, facts)
        if release_at + home_us > offered.available_until:
            facts = {"ends_us": release_at + home_us, "until_us": offered.available_until}
            return Obstacle("availability", request, facts)
        return self._closed_way(asset, request, state.node, goal) or escort

    def _move(self, asset: int, state: _State, escort: Escort) -> None:
        """`state` as it is when the escort, reached straight from there, is over."""
        transit_us = self._travel_us(asset, escort.transit_nm)
        latest = self.scenario.requests[escort.request].latest
        if state.in_port:
            state.steaming_us, state.leave_by = 0, latest - transit_us
        if state.steaming_us is not None:
            state.leave_by = min(state.leave_by, latest - transit_us - state.steaming_us)
            state.steaming_us += transit_us + self.leg_us[escort.request]
        state.sailed_nm += escort.transit_nm + escort.leg_nm
        state.node, state.at = self.travel.release[escort.request], escort.release_at
        state.in_port = state.at_leisure = False

    def _wait_in_port(
        self, asset: int, escorts: list[Escort], first: int, end_at: Microseconds
    ) -> None:
        """The escorts since port, moved so far back that time at sea keeps within endurance.

        What follows them is as before: the last of them ends when it did.
        """
        refuel = escorts[first].refuel if escorts[first:] else None
        if not escorts[first:] or (refuel is None and not self._start(asset).in_port):
            return
        left_at = escorts[first].depart_at if refuel is None else refuel.depart_at
        most_us = math.floor(self.scenario.assets[asset].endurance_h * HOUR_US)
        if end_at - left_at <= most_us:
            return
        at = end_at - most_us
        node = self.travel.start[asset] if refuel is None else self.travel.base[asset]
        assert node is not None, "who refuels has a base"
        for i in range(first, len(escorts)):
            escort = escorts[i]
            way_nm = self.travel.rows[node][self.travel.rendezvous[escort.request]]
            earliest = self.scenario.requests[escort.request].earliest
            meet_at = max(at + self._travel_us(asset, way_nm), earliest)
            call = None if escort.refuel is None else replace(escort.refuel, depart_at=at)
            left_at = escort.depart_at if call else at
            at = meet_at + self.leg_us[escort.request]
            escorts[i] = replace(
                escort, depart_at=left_at, rendezvous_at=meet_at, release_at=at, refuel=call
            )
            node = self.travel.release[escort.request]

    def _travel_us(self, asset: int, distance_nm: NauticalMiles) -> Microseconds:
        return travel_us(distance_nm, self.scenario.assets[asset].max_speed_kn)

    def _refuelled(
        self, asset: int, state: _State
    ) -> tuple[_State, Microseconds, NauticalMiles] | Obstacle:
        """The asset alongside its base with full tanks, or why it cannot get there."""
        offered, base = self.scenario.assets[asset], self.travel.base[asset]
        if base is None:
            return Obstacle("range", -1, {"sailed_nm": math.inf, "range_nm": offered.range_nm})
        to_base_nm = self.travel.rows[state.node][base]
        to_base_us = self._travel_us(asset, to_base_nm)
        spent_nm = state.sailed_nm + to_base_nm
        if spent_nm > offered.range_nm:
            facts = {"sailed_nm": spent_nm, "range_nm": offered.range_nm}
            return Obstacle("range", -1, facts)
        sea_us = state.sea_us(to_base_us)
        if sea_us > offered.endurance_h * HOUR_US:
            facts = {"hours": sea_us / HOUR_US, "endurance_h": offered.endurance_h}
            return Obstacle("endurance", -1, facts)
        closed = self._closed_way(asset, -1, state.node, base)
        if closed is not None:
            return closed
        arrive_at = state.at + to_base_us
        ready_at = arrive_at + REFUEL_US
        return _State(base, ready_at, 0.0, ready_at, None, True, True), arrive_at, to_base_nm

    def _home_nm(self, asset: int, release: int) -> NauticalMiles:
        base = self.travel.base[asset]
        if base is None or not self.scenario.assets[asset].must_return:
            return 0.0
        return self.travel.rows[release][base]

    def _closed_way(self, asset: int, request: int, origin: int, goal: int) -> Obstacle | None:
        zones = self.travel.crossed(origin, goal, self._closed[asset])
        return Obstacle("jurisdiction", request, {"zones": ", ".join(zones)}) if zones else None


def _leg_us(request: EscortRequest, leg_nm: NauticalMiles) -> Microseconds:
    if request.leg_h is not None:
        return travel_us(request.leg_h, 1.0)
    return travel_us(leg_nm, request.speed_kn)
