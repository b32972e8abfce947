"""Passages with the risk of every step -> the legs worth an escort -> a scenario.

A step is hot where its risk an hour reaches both a floor and a share of the passage's own peak.
Runs of hot steps under way become legs from rendezvous to release; hot hours at anchor become
guards of `leg_h` at the place, in fixed blocks of the day, so that a re-plan finds them again.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from hashlib import blake2b

import numpy as np
import numpy.typing as npt

from escort.scenario import DEFAULT_HORIZON_H, Asset, Burden, EscortRequest, Place, Scenario, Zone
from risk.assessment import PassageRisk
from sea.errors import BadInputError
from sea.units import HOUR_US, SECOND_US, Knots, Microseconds


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestParams:
    """What makes a leg worth an escort. All chosen by us.

    Attributes:
        min_rate_per_h: risk an hour that makes a step hot; about one incident in 50 ship-years.
        peak_share: and this share of the passage's highest risk an hour, apart for steps under
            way and at anchor.
        min_leg_risk: a leg of less risk is left alone, so that an asset is not sent for little.
        deterrence: share of the risk that an escort averts (design value).
        consequence: weight of one incident.
        lead_h: no rendezvous sooner, for an officer to approve and an asset to get under way.
        min_leg_h, max_leg_h: shorter legs are stretched, longer ones cut to their worst part.
        guard_h, guard_from: length of a guard at anchor, and the local hour that one starts at:
            22 to 04 holds four of five incidents whose hour is known (Crime at Sea, 1993-2018).
        min_window_h, max_window_h: half the width of a rendezvous window, whatever the ETA's
            spread; never more than 0.45 of the leg, so that a window is shorter than its leg.
        stopped_kn: a step made good more slowly is a wait.
        per_ship, at_most: requests a ship, and in all; those of the highest risk value stay, of a
            ship first its worst leg and its worst guard.
    """

    min_rate_per_h: float = 2e-6
    peak_share: float = 0.25
    min_leg_risk: float = 1e-5
    deterrence: float = 0.9
    consequence: float = 1.0
    lead_h: float = 1.0
    min_leg_h: float = 2.0
    max_leg_h: float = 18.0
    guard_h: float = 6.0
    guard_from: int = 22
    min_window_h: float = 0.5
    max_window_h: float = 2.0
    stopped_kn: Knots = 1.0
    per_ship: int = 2
    at_most: int = 300

    def __post_init__(self) -> None:
        """Refuses values that make no sense.

        Raises:
            BadInputError: one of them does not.
        """
        if not 0 <= self.deterrence <= 1:
            raise BadInputError("deterrence is a share", field="deterrence", mend="give 0..1")
        if not 0 < self.min_leg_h <= self.max_leg_h:
            raise BadInputError(
                "min_leg_h exceeds max_leg_h", field="min_leg_h", mend="give 0 < min <= max"
            )
        if self.guard_h <= 0 or 24 % self.guard_h:
            raise BadInputError("guard_h must divide 24", field="guard_h", mend="give 3, 4, 6 or 8")


@dataclass(frozen=True, slots=True)
class _Steps:
    """A passage's steps as intervals: start and end us, hours, risk, and whether hot."""

    start: npt.NDArray[np.int64]
    end: npt.NDArray[np.int64]
    rate: npt.NDArray[np.float64]
    hot: npt.NDArray[np.bool_]
    stopped: npt.NDArray[np.bool_]


def cut_requests(
    passages: Sequence[PassageRisk], now_us: Microseconds, params: RequestParams | None = None
) -> tuple[EscortRequest, ...]:
    """Escort requests of the passages, by falling risk value, then id.

    A request's id is a hash of its ship and the hour in which its leg starts.
    """
    params = params or RequestParams()
    found: dict[str, EscortRequest] = {}
    for passage in passages:
        if len(passage.eta) < 2:
            continue
        steps = _steps(passage, params)
        legs = _worst_first(_legs(passage, steps, now_us, params))
        guards = _worst_first(_guards(passage, steps, now_us, params))
        both = [*_worst_first([*legs[:1], *guards[:1]]), *_worst_first([*legs[1:], *guards[1:]])]
        for request in both[: params.per_ship]:
            found.setdefault(request.id, request)
    ranked = sorted(found.values(), key=lambda request: (-request.risk_value, request.id))
    return tuple(ranked[: params.at_most])


def build_scenario(
    passages: Sequence[PassageRisk],
    fleet: Sequence[Asset],
    now_us: Microseconds,
    *,
    zones: Sequence[Zone] = (),
    burden: Burden | None = None,
    horizon_h: float = DEFAULT_HORIZON_H,
    params: RequestParams | None = None,
) -> Scenario:
    """The scenario of now: the fleet, and the requests cut from the passages.

    Grants of entry into zones that are not in force here are left out.
    """
    known = {zone.id for zone in zones}
    assets = tuple(
        replace(asset, may_enter=tuple(zone for zone in asset.may_enter if zone in known))
        for asset in fleet
    )
    return Scenario(
        now=now_us,
        horizon_h=horizon_h,
        assets=assets,
        requests=cut_requests(passages, now_us, params),
        zones=tuple(zones),
        burden=burden,
    )


def _steps(passage: PassageRisk, params: RequestParams) -> _Steps:
    start, end = passage.eta[:-1], passage.eta[1:]
    hours = np.maximum(end - start, SECOND_US) / HOUR_US
    rate = passage.risk[1:] / hours
    stopped = passage.sog[1:] < params.stopped_kn
    peak = [float(rate[mask].max(initial=0.0)) for mask in (~stopped, stopped)]
    floor = np.maximum(params.min_rate_per_h, params.peak_share * np.where(stopped, *peak[::-1]))
    return _Steps(start, end, rate, rate >= floor, stopped)


def _legs(
    passage: PassageRisk, steps: _Steps, now_us: Microseconds, params: RequestParams
) -> Iterator[EscortRequest]:
    ahead = steps.start >= now_us + params.lead_h * HOUR_US
    under_way = ahead & ~steps.stopped
    for first, last in _runs(steps.hot & under_way):
        first, last = _stretched(steps, under_way, first, last, params.min_leg_h)
        first, last = _worst(steps, first, last, params.max_leg_h)
        hours = (steps.end[first : last + 1] - steps.start[first : last + 1]) / HOUR_US
        risk = float(passage.risk[first + 1 : last + 2].sum())
        speed_kn = float(np.average(passage.sog[first + 1 : last + 2], weights=hours))
        if risk < params.min_leg_risk or hours.sum() < params.min_leg_h:
            continue
        eta = int(steps.start[first])
        slack = _slack(float(passage.spread_s[first]), float(hours.sum()), params)
        yield EscortRequest(
            id=_request_id(passage.mmsi, eta),
            mmsis=(passage.mmsi,),
            rendezvous=_place(passage, first),
            earliest=max(eta - slack, now_us),
            latest=eta + slack,
            release=_place(passage, last + 1),
            speed_kn=round(speed_kn, 1),
            risk_value=_averted(risk, params),
        )


def _guards(
    passage: PassageRisk, steps: _Steps, now_us: Microseconds, params: RequestParams
) -> Iterator[EscortRequest]:
    block_us = round(params.guard_h * HOUR_US)
    zone_h = round(float(passage.lon[0]) / 15.0)
    shift_us = (params.guard_from - zone_h) * HOUR_US % block_us
    for first, last in _runs(steps.hot & steps.stopped):
        wait_start, wait_end = int(steps.start[first]), int(steps.end[last])
        for block in range(_floor(wait_start - shift_us, block_us) + shift_us, wait_end, block_us):
            start, end = max(block, wait_start), min(block + block_us, wait_end)
            overlap = np.minimum(steps.end, end) - np.maximum(steps.start, start)
            hours = np.maximum(overlap[first : last + 1], 0) / HOUR_US
            risk = float((steps.rate[first : last + 1] * hours).sum())
            slack = _slack(0.5 * params.guard_h * 3600.0, float(hours.sum()), params)
            too_late = start + slack < now_us + params.lead_h * HOUR_US
            if too_late or risk < params.min_leg_risk or hours.sum() < params.min_leg_h:
                continue
            place = _place(passage, first + 1)
            yield EscortRequest(
                id=_request_id(passage.mmsi, block),
                mmsis=(passage.mmsi,),
                rendezvous=place,
                earliest=max(start, now_us),
                latest=start + slack,
                release=place,
                speed_kn=0.0,
                leg_h=round(float(hours.sum()), 2),
                risk_value=_averted(risk, params),
            )


def _worst_first(requests: Iterable[EscortRequest]) -> list[EscortRequest]:
    return sorted(requests, key=lambda request: (-request.risk_value, request.earliest))


def _floor(instant_us: int, step_us: int) -> int:
    return instant_us // step_us * step_us


def _runs(mask: npt.NDArray[np.bool_]) -> list[tuple[int, int]]:
    edges = np.flatnonzero(np.diff(np.concatenate(([0], mask.astype(np.int8), [0]))))
    return [(int(a), int(b) - 1) for a, b in zip(edges[::2], edges[1::2], strict=True)]


def _stretched(
    steps: _Steps, under_way: npt.NDArray[np.bool_], first: int, last: int, hours: float
) -> tuple[int, int]:
    while steps.end[last] - steps.start[first] < hours * HOUR_US:
        if last + 1 < len(under_way) and under_way[last + 1]:
            last += 1
        elif first > 0 and under_way[first - 1]:
            first -= 1
        else:
            break
    return first, last


def _worst(steps: _Steps, first: int, last: int, hours: float) -> tuple[int, int]:
    risk = steps.rate * (steps.end - steps.start)
    best, most, begin = (first, first), -1.0, first
    for end in range(first, last + 1):
        while begin < end and steps.end[end] - steps.start[begin] > hours * HOUR_US:
            begin += 1
        total = float(risk[begin : end + 1].sum())
        if total > most:
            best, most = (begin, end), total
    return best


def _slack(spread_s: float, leg_h: float, params: RequestParams) -> Microseconds:
    bounded = min(max(spread_s / 3600.0, params.min_window_h), params.max_window_h, 0.45 * leg_h)
    return round(bounded * 3600.0) * SECOND_US


def _place(passage: PassageRisk, i: int) -> Place:
    return Place(lon=round(float(passage.lon[i]), 5), lat=round(float(passage.lat[i]), 5))


def _averted(risk: float, params: RequestParams) -> float:
    return params.consequence * params.deterrence * float(-np.expm1(-risk))


def _request_id(mmsi: int, start_us: Microseconds) -> str:
    key = f"{mmsi}|{round(start_us / HOUR_US)}"
    return blake2b(key.encode(), digest_size=6).hexdigest()
