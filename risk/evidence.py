"""Evidence: the events that scores rest on, as columns; one row an event and vessel.

Of an approach the ship alone has one: the craft that runs at her is in no danger of it.

Events as detectors give them out, each replacing its former self -> rows by vessel, in an order
that depends on the events alone.
"""

from collections.abc import Iterable, Sequence
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from ingest.batch import Float64, Int64
from risk.event import Event
from risk.routes import ROUTE_PORTS
from risk.voyage import former_numbers, is_link
from sea.units import Microseconds

KINDS: Final = (
    "rendezvous", "loitering", "slowdown", "gap", "jump", "clone", "spoof_circle",
    "identity_change", "deviation", "destination_mismatch", "draught_change", "approach",
    "sudden_stop",
)  # fmt: skip
"""Kinds that points and warnings may rest on; of the others only calls at ports of known routes
are kept, for context."""

_FACTS: Final = ("slack_h", "port", "changed", "mmsi_before", "mmsi_after", "imo_after", "craft")
"""What scores and their reasons take of an event's own evidence."""

STILL_OPEN: Final = 2**62
"""End of an event that has none yet."""

_NUMBER: Final = {kind: i for i, kind in enumerate(KINDS)}


class Rows(NamedTuple):
    """Rows of some ships, by ship, then start, kind and id.

    Attributes:
        ship: index among the ships asked for, ascending. kind: index in `KINDS`.
        started, ended, detected: us, `STILL_OPEN` for no end. slack_h: of a gap, else NaN.
        event: number of the row's event, for `Evidence.event`.
    """

    ship: Int64
    kind: npt.NDArray[np.int8]
    started: Int64
    ended: Int64
    detected: Int64
    confidence: Float64
    slack_h: Float64
    event: Int64


_DTYPE = np.dtype(
    [("mmsi", "i4"), ("kind", "i1"), ("started", "i8"), ("ended", "i8"), ("detected", "i8"),
     ("confidence", "f8"), ("slack_h", "f8"), ("id", "u8"), ("event", "i8")]
)  # fmt: skip


class Evidence:
    """The newest form of each event that counts, without those retracted."""

    def __init__(self, events: Iterable[Event] = ()) -> None:
        self._rows = np.zeros(64, _DTYPE)
        self._length = 0
        self._events: list[Event | None] = []
        self._number: dict[str, int] = {}
        self._first: list[int] = []
        self._calls: dict[int, dict[str, Event]] = {}
        self._links: dict[int, dict[str, Event]] = {}
        for event in events:
            self.put(event)

    def put(self, event: Event) -> None:
        """Takes in an event or its new form."""
        if event.kind == "port_call" and event.evidence.get("port") in ROUTE_PORTS:
            self._calls.setdefault(event.mmsis[0], {})[event.id] = event
        kind = _NUMBER.get(event.kind)
        if kind is None:
            return
        event_id = event.id
        if event.kind == "identity_change":
            self._links.setdefault(event.evidence.get("mmsi_after", 0), {})[event_id] = event
        number = self._number.get(event_id)
        if number is None:
            number = self._number[event_id] = len(self._events)
            self._events.append(None)
            self._first.append(self._length)
            self._length += len(event.mmsis)
            if self._length > len(self._rows):
                self._rows = np.concatenate([self._rows, np.zeros(self._length, _DTYPE)])
        self._events[number] = event
        slack = event.evidence.get("slack_h")
        craft = int(event.evidence.get("craft", 0))
        for i, mmsi in enumerate(event.mmsis):
            self._rows[self._first[number] + i] = (
                0 if event.status == "retracted" or mmsi == craft else mmsi, kind, event.started_at,
                STILL_OPEN if event.ended_at is None else event.ended_at, event.detected_at,
                event.confidence, slack if isinstance(slack, int | float) else np.nan,
                int(event_id[:16], 16), number,
            )  # fmt: skip

    def since(self, start_us: Microseconds) -> "Evidence":
        """The evidence without events that started earlier; itself while those are few."""
        early = np.count_nonzero(self._rows["started"][: self._length] < start_us)
        if early * 2 <= self._length:
            return self
        calls = [event for known in self._calls.values() for event in known.values()]
        events = [event for event in self._events if event is not None]
        return Evidence(e for e in [*events, *calls] if e.started_at >= start_us)

    def of(self, mmsi: npt.NDArray[np.int32], since_us: Microseconds, now_us: Microseconds) -> Rows:
        """Rows of these ships that started since an instant and were detected by now."""
        rows = self._rows[: self._length]
        order = np.argsort(mmsi, kind="stable")
        at = np.searchsorted(mmsi, rows["mmsi"], sorter=order)
        known = (at < len(mmsi)) & (rows["started"] > since_us) & (rows["detected"] <= now_us)
        known[known] = mmsi[order[at[known]]] == rows["mmsi"][known]
        rows, ship = rows[known], order[at[known]]
        by = np.lexsort((rows["id"], rows["kind"], rows["started"], ship))
        rows, ship = rows[by], ship[by]
        columns = (np.ascontiguousarray(rows[name]) for name in Rows._fields[1:])
        return Rows(ship.astype(np.int64), *columns)

    def calls(self, mmsi: int, since_us: Microseconds, now_us: Microseconds) -> list[Event]:
        """Calls at ports of known routes, under this number and those the ship had before."""
        links = self._linked(mmsi, now_us)
        calls = [
            call for number in (mmsi, *former_numbers(mmsi, links))
            for call in self._calls.get(number, {}).values()
            if call.status != "retracted" and call.started_at > since_us
            and call.detected_at <= now_us
        ]  # fmt: skip
        return sorted(calls, key=lambda call: (call.started_at, call.id))

    def context(self, mmsi: int, since_us: Microseconds, now_us: Microseconds) -> list[Event]:
        """Events that a ship's context rests on: those calls, and what links them to her."""
        calls = self.calls(mmsi, since_us, now_us)
        return [*calls, *(self._linked(mmsi, now_us) if calls else ())]

    def _linked(self, mmsi: int, now_us: Microseconds) -> list[Event]:
        """Identity changes that lead to this number, from the last to the first."""
        found: dict[str, Event] = {}
        waiting = [mmsi]
        while waiting:
            for event_id, event in self._links.get(waiting.pop(), {}).items():
                if is_link(event) and event.detected_at <= now_us and event_id not in found:
                    found[event_id] = event
                    waiting.append(int(event.evidence["mmsi_before"]))
        return list(found.values())

    def events(self, numbers: Sequence[int]) -> list[Event]:
        """The events of these numbers, once each, in their order."""
        found = (self._events[n] for n in dict.fromkeys(numbers))
        return [event for event in found if event is not None]


def event_input(event: Event) -> list[Any]:
    """An event as kept with an assessment: what scores and their reasons rest on."""
    facts = {name: event.evidence[name] for name in _FACTS if name in event.evidence}
    return [event.kind, list(event.mmsis), event.started_at, event.ended_at, event.detected_at,
            event.lon, event.lat, event.status, event.confidence, facts]  # fmt: skip


def event_of(kept: Sequence[Any]) -> Event:
    """The event that `event_input` kept."""
    kind, mmsis, started_at, ended_at, detected_at, lon, lat, status, confidence, facts = kept
    return Event(
        kind=kind, mmsis=tuple(mmsis), started_at=started_at, ended_at=ended_at,
        detected_at=detected_at, lon=lon, lat=lat, status=status, confidence=confidence,
        evidence=facts,
    )  # fmt: skip
