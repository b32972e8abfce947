"""Routing: which alerts a subscription asks for, and which of them its owner may have. Pure."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Final, Literal

from api.alert import SEVERITIES, Severity
from api.policy import Kind, Principal, Role, allowed, release_of
from sea.units import DegreesEast, DegreesNorth, Microseconds
from sea.zones import ZoneSet, builtin_zones

Channel = Literal["webhook", "cot", "nats", "email"]
Silenced = Collection[tuple[str, str, int]]
"""Nation, rule and MMSI (0: of no vessel) that are not to be told of now."""

ANYWHERE: Final = (-180.0, -90.0, 180.0, 90.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """What is asked for; what is empty asks for all.

    Attributes:
        bbox: west, south, east, north; west > east crosses 180 degrees.
        zones, ports: ids of built-in zones the alert lies in; UN/LOCODEs called at.
        silence_h: for so long after an alert no other of its rule and vessels is sent.
        valid_from, valid_until: when the subscription holds, by the wall clock, us UTC.
    """

    min_severity: Severity = "warning"
    rules: tuple[str, ...] = ()
    mmsis: tuple[int, ...] = ()
    bbox: tuple[DegreesEast, DegreesNorth, DegreesEast, DegreesNorth] | None = None
    zones: tuple[str, ...] = ()
    ports: tuple[str, ...] = ()
    silence_h: float = 0.0
    valid_from: Microseconds | None = None
    valid_until: Microseconds | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscription:
    """Who is told of what, and how."""

    id: str
    name: str
    owner: Principal
    channel: Channel
    target: Mapping[str, Any] = field(default_factory=dict)
    filter: Filter = field(default_factory=Filter)


def subject_of(nation: str, name: str) -> str:
    """The NATS subject on which the alerts of a subscription are published."""
    return f"alert.{nation}.{name}"


def owner_of(row: Mapping[str, Any]) -> Principal:
    """The principal that a subscription's row belongs to."""
    role: Role = row["by_role"]
    return Principal(name=row["by_name"], role=role, nation=row["nation"])


def may_have(owner: Principal, row: Mapping[str, Any]) -> bool:
    """Whether the owner may know of the alert of this row."""
    kind: Kind = row["kind"]
    return allowed(owner, release_of(kind, row))


def admits(subscription: Subscription, row: Mapping[str, Any], now: Microseconds) -> bool:
    """Whether the alert of this row is to go to the subscription."""
    wanted = subscription.filter
    if (wanted.valid_from or now) > now or (wanted.valid_until or now + 1) <= now:
        return False
    return may_have(subscription.owner, row) and asks_for(wanted, row)


def asks_for(wanted: Filter, row: Mapping[str, Any]) -> bool:
    """Whether the filter asks for the alert, whenever and whosever it is."""
    if SEVERITIES.index(row["severity"]) < SEVERITIES.index(wanted.min_severity):
        return False
    if wanted.rules and row["rule"] not in wanted.rules:
        return False
    if wanted.mmsis and not set(wanted.mmsis) & set(row["mmsis"]):
        return False
    if wanted.ports and _port(row) not in wanted.ports:
        return False
    return _lies_in(wanted, row["lon"], row["lat"])


def is_silenced(silenced: Silenced, nation: str, row: Mapping[str, Any]) -> bool:
    """Whether the nation asked for silence of the rule about one of the vessels."""
    vessels: Iterable[int] = row["mmsis"] or (0,)
    return any((nation, row["rule"], mmsi) in silenced for mmsi in vessels)


def _port(row: Mapping[str, Any]) -> Any:
    event = row["document"].get("event") or {}
    return event.get("evidence", {}).get("port")


def _lies_in(wanted: Filter, lon: float | None, lat: float | None) -> bool:
    if wanted.bbox is None and not wanted.zones:
        return True
    if lon is None or lat is None:
        return False
    if wanted.bbox is not None:
        west, south, east, north = wanted.bbox
        across = west <= lon <= east if west <= east else lon >= west or lon <= east
        if not (across and south <= lat <= north):
            return False
    return not wanted.zones or bool(_zones(wanted.zones).containing(lon, lat).any())


@cache
def _zones(ids: tuple[str, ...]) -> ZoneSet:
    return ZoneSet([zone for zone in builtin_zones() if zone.id in ids])
