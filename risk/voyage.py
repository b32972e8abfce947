"""Voyages: port calls and identity changes -> where a ship called, under which names and numbers.

Numbers that one IMO number went by, one after the other, are one ship: her calls are those made
under any of them. A change that was retracted links nothing.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from risk.event import Event
from sea.identity import flag_of
from sea.units import Microseconds


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """Who a ship said she was; None is unknown.

    Attributes:
        since, until: us; None where she was heard so from the first, or still is.
        event_id: the change that it began with.
    """

    mmsi: int
    imo: int | None
    name: str | None
    callsign: str | None
    flag: str | None
    since: Microseconds | None
    until: Microseconds | None = None
    event_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """A port call that was seen; `sailed_at` None while she lies there."""

    port: str
    name: str
    arrived_at: Microseconds
    sailed_at: Microseconds | None
    mmsi: int
    event_id: str


def is_link(event: Event) -> bool:
    """Whether the event says that one ship, by her IMO number, goes on under another MMSI."""
    return (
        event.kind == "identity_change" and event.status != "retracted"
        and len(event.mmsis) == 2 and bool(event.evidence.get("imo_after"))
        and "mmsi" in (event.evidence.get("changed") or ())
    )  # fmt: skip


def former_numbers(mmsi: int, events: Iterable[Event]) -> tuple[int, ...]:
    """Numbers the ship went by before this one, the latest first; each once."""
    before = {
        int(e.evidence["mmsi_after"]): int(e.evidence["mmsi_before"])
        for e in sorted(events, key=_order) if is_link(e)
    }  # fmt: skip
    found = [mmsi]
    while (former := before.get(found[-1])) is not None and former not in found:
        found.append(former)
    return tuple(found[1:])


def numbers_of(mmsi: int, events: Iterable[Event]) -> frozenset[int]:
    """All numbers the ship went by, before this one and after it."""
    links = [e.mmsis for e in events if is_link(e)]
    known, more = frozenset[int](), frozenset((mmsi,))
    while more != known:
        known = more
        more = known.union(*(pair for pair in links if known.intersection(pair)))
    return known


def identities_of(mmsi: int, events: Sequence[Event]) -> tuple[Identity, ...]:
    """Who she said she was, the latest first; empty where no change was seen.

    `events` are those of all her numbers.
    """
    numbers = numbers_of(mmsi, events)
    changes = [
        e for e in sorted(events, key=_order)
        if e.kind == "identity_change" and e.status != "retracted"
        and e.evidence.get("mmsi_after") in numbers
    ]  # fmt: skip
    if not changes:
        return ()
    found = [_side(changes[0], "before", since=None, until=changes[0].started_at, event_id=None)]
    for change, following in zip(changes, [*changes[1:], None], strict=True):
        until = None if following is None else following.started_at
        found.append(
            _side(change, "after", since=change.started_at, until=until, event_id=change.id)
        )
    return tuple(reversed(found))


def calls_of(mmsi: int, events: Sequence[Event]) -> tuple[Call, ...]:
    """Her port calls under every number she went by, the latest first."""
    numbers = numbers_of(mmsi, events)
    return tuple(
        Call(
            port=str(event.evidence["port"]), name=str(event.evidence["port_name"]),
            arrived_at=event.started_at, sailed_at=event.ended_at, mmsi=event.mmsis[0],
            event_id=event.id,
        )
        for event in sorted(events, key=_order, reverse=True)
        if event.kind == "port_call" and event.status != "retracted" and event.mmsis[0] in numbers
    )  # fmt: skip


def _side(
    change: Event, side: str, *, since: Microseconds | None, until: Microseconds | None,
    event_id: str | None,
) -> Identity:  # fmt: skip
    told = change.evidence
    mmsi = int(told[f"mmsi_{side}"])
    return Identity(
        mmsi=mmsi, imo=told[f"imo_{side}"] or None, name=told[f"name_{side}"],
        callsign=told[f"callsign_{side}"], flag=flag_of(mmsi), since=since, until=until,
        event_id=event_id,
    )  # fmt: skip


def _order(event: Event) -> tuple[Microseconds, str]:
    return event.started_at, event.id
