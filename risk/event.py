"""Events: something a vessel did, with evidence; the one shape that detectors give out."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Any, Literal

import msgspec

from sea.instants import iso_z
from sea.units import DegreesEast, DegreesNorth, Microseconds

Status = Literal["open", "ended", "retracted"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One observed behaviour of one or two vessels.

    Attributes:
        kind: a kind of `docs/behaviours.md`.
        mmsis: the vessels, ascending.
        started_at, ended_at, detected_at: event time, us UTC; ended_at None while open.
        confidence: 0..1. evidence: numbers with units in their names, and ids.
    """

    kind: str
    mmsis: tuple[int, ...]
    started_at: Microseconds
    ended_at: Microseconds | None
    detected_at: Microseconds
    lon: DegreesEast
    lat: DegreesNorth
    status: Status
    confidence: float
    evidence: Mapping[str, Any] = field(default_factory=dict)

    @property
    def id(self) -> str:
        """Hash of kind, vessels and start: the same event seen again is the same row."""
        key = f"{self.kind}|{','.join(map(str, self.mmsis))}|{self.started_at}"
        return blake2b(key.encode(), digest_size=10).hexdigest()


def event_document(event: Event) -> dict[str, Any]:
    """The event as users read it: times as ISO 8601 Z, MMSI as nine digits."""
    return {
        "id": event.id,
        "kind": event.kind,
        "mmsis": [f"{mmsi:09d}" for mmsi in event.mmsis],
        "started_at": iso_z(event.started_at),
        "ended_at": None if event.ended_at is None else iso_z(event.ended_at),
        "detected_at": iso_z(event.detected_at),
        "lon": round(event.lon, 6),
        "lat": round(event.lat, 6),
        "status": event.status,
        "confidence": round(event.confidence, 3),
        "evidence": dict(event.evidence),
    }


def event_line(event: Event) -> bytes:
    """One line of ``events.jsonl``, without the newline; equal events give equal bytes."""
    return msgspec.json.encode(event_document(event), order="deterministic")
