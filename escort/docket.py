"""The docket: requests cut from risk and requests filed by hand -> one list of who asks now.

A leg that risk asks for again keeps its id though its hour has moved, so that what an officer said
of it still holds. Requests of one ship at one time are one.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from escort.decision import Standing
from escort.scenario import EscortRequest
from sea.geodesy import distance_nm
from sea.units import HOUR_US, Microseconds

SAME_LEG_US: Final = 4 * HOUR_US
"""Legs of a ship whose windows' middles lie within this are the same leg, seen again; chosen by
us: twice the widest window's half, as far as an ETA moves between two plans."""

_US_PER_NM: Final = HOUR_US / 12
"""A mile apart counts like the time a ship of 12 kn takes for it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Docket:
    """Who asks now, by id, and why who asked before does not any more.

    Attributes:
        kept: requests that stand only because an officer held them.
    """

    requests: Mapping[str, EscortRequest]
    gone: Mapping[str, str]
    kept: frozenset[str]


def docket(
    cut: Sequence[EscortRequest],
    known: Mapping[str, EscortRequest],
    standing: Standing,
    *,
    now: Microseconds,
    held: Collection[str] = (),
    busy: Sequence[EscortRequest] = (),
) -> Docket:
    """The docket of now.

    Args:
        cut: requests from risk.
        known: the docket before.
        standing: what officers decided.
        now: us UTC.
        held: requests that an officer approved or locked: they stay until their window is over,
            though risk asks no more.
        busy: requests whose escort is under way: what overlaps them asks no more.
    """
    filed = [q for q in standing.filed.values() if q.latest >= now]
    asked: dict[str, EscortRequest] = {}
    for request in filed:
        worth = [q.risk_value for q in cut if _overlap(q, request)]
        asked[request.id] = replace(request, risk_value=max([request.risk_value, *worth]))
    for request in _with_known_ids(cut, known):
        if not any(_overlap(request, other) for other in (*filed, *busy)):
            asked.setdefault(request.id, request)
    kept = {r for r in held if r not in asked and r in known and known[r].latest >= now}
    asked |= {r: known[r] for r in kept}
    for request in busy:
        asked.pop(request.id, None)
    requests = {r: _with_refusal(q, standing) for r, q in sorted(asked.items())}
    ships = {mmsi for request in cut for mmsi in request.mmsis}
    under_way = {request.id for request in busy}
    gone = {
        request_id: _why_gone(before, standing, ships, now)
        for request_id, before in known.items()
        if request_id not in requests and request_id not in under_way
    }
    return Docket(requests=requests, gone=gone, kept=frozenset(kept & requests.keys()))


def _with_known_ids(
    cut: Iterable[EscortRequest], known: Mapping[str, EscortRequest]
) -> list[EscortRequest]:
    """The requests, each with the id of the nearest known leg of its ship that it continues."""
    cut = list(cut)
    pairs = sorted(
        (apart, request.id, before.id)
        for request in cut
        for before in known.values()
        if (apart := _apart(request, before)) is not None
    )
    named: dict[str, str] = {}
    for _, new, old in pairs:
        if new not in named and old not in named.values():
            named[new] = old
    taken = set(named.values())
    return [
        replace(request, id=named.get(request.id, request.id))
        for request in cut
        if request.id in named or request.id not in taken
    ]


def _apart(one: EscortRequest, other: EscortRequest) -> float | None:
    """How far apart two legs are, us and miles as us; None where they are not the same leg."""
    if one.mmsis != other.mmsis or (one.leg_h is None) is not (other.leg_h is None):
        return None
    later_us = abs(one.earliest + one.latest - other.earliest - other.latest) / 2
    if later_us > SAME_LEG_US:
        return None
    ends = (one.rendezvous.lon, one.rendezvous.lat, other.rendezvous.lon, other.rendezvous.lat)
    return later_us + _US_PER_NM * float(distance_nm(*ends))


def _overlap(one: EscortRequest, other: EscortRequest) -> bool:
    """Whether both ask for one ship at one time."""
    if not set(one.mmsis) & set(other.mmsis):
        return False
    return one.earliest <= ends_at(other) and other.earliest <= ends_at(one)


def ends_at(request: EscortRequest) -> Microseconds:
    """When the request's escort ends at the latest, the leg taken straight."""
    if request.leg_h is not None:
        return request.latest + round(request.leg_h * HOUR_US)
    ends = (request.rendezvous.lon, request.rendezvous.lat, request.release.lon,
            request.release.lat)  # fmt: skip
    return request.latest + round(float(distance_nm(*ends)) / request.speed_kn * HOUR_US)


def _with_refusal(request: EscortRequest, standing: Standing) -> EscortRequest:
    why = [standing.refused.get(f"{mmsi:09d}") for mmsi in request.mmsis]
    return replace(request, refused=next((reason for reason in why if reason is not None), None))


def _why_gone(
    before: EscortRequest, standing: Standing, ships: Collection[int], now: Microseconds
) -> str:
    if before.latest < now:
        return "its window is over"
    if before.id.startswith(BY_HAND) and before.id not in standing.filed:
        return "it was withdrawn"
    if not any(mmsi in ships for mmsi in before.mmsis):
        return (
            "no leg of the ship asks for an escort any more: she has left, or her risk has fallen"
        )
    return "another leg of the ship carries more risk now"


BY_HAND: Final = "h-"
"""Ids of requests filed by hand begin so."""
