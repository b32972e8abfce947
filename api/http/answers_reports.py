"""Answers about what partners reported."""

from typing import Literal

from api.http.answers import Answer
from risk.grade import Credibility, Reliability
from risk.report import IncidentKind

ActivityName = Literal["anchored", "berthed", "under_way"]


class Ship(Answer):
    """A ship by what is known of her; null is unknown."""

    mmsi: str | None
    imo: int | None
    name: str | None


class Reported(Answer):
    """Whose report it is, when it came, and whether it was taken back."""

    originator: str
    releasable_to: list[str]
    reported_at: str
    retracted_at: str | None
    retraction: str | None


class IncidentReport(Reported):
    """One report of an incident."""

    id: str
    kind: IncidentKind
    at: str
    at_uncertainty_h: float
    position: tuple[float, float]
    position_uncertainty_nm: float
    activity: ActivityName | None
    ship: Ship
    source: str
    reference: str
    reliability: Reliability
    credibility: Credibility
    narrative: str


class Incident(Answer):
    """An incident as the reports that you may see tell it.

    `count` is what the hazard field takes it for: 1 is an incident nobody doubts.
    """

    id: str
    kind: IncidentKind
    at: str
    at_uncertainty_h: float
    position: tuple[float, float]
    position_uncertainty_nm: float
    activity: ActivityName | None
    ship: Ship
    count: float
    status: Literal["standing", "retracted"]
    reports: list[IncidentReport]


class Incidents(Answer):
    """Incidents, latest first."""

    incidents: list[Incident]
    next: str | None


class LineError(Answer):
    """What is wrong with one line of an upload."""

    line: int
    field: str
    detail: str


class Upload(Answer):
    """What became of an upload's lines; `errors` names the first hundred refused."""

    added: int
    known: int
    refused: int
    errors: list[LineError]


class WatchEntry(Reported):
    """One ship that a partner asks to be told of."""

    id: str
    mmsi: str | None
    imo: int | None
    name: str | None
    valid_from: str
    valid_until: str | None
    owner: str
    reason: str
    status: Literal["in_force", "to_come", "over", "retracted"]


class WatchEntries(Answer):
    """Watch-list entries, last reported first."""

    entries: list[WatchEntry]
    next: str | None


class Place(Answer):
    """A circle."""

    position: tuple[float, float]
    radius_nm: float


class Route(Answer):
    """From one port to another; null is any."""

    origin: str | None
    destination: str | None


class IntelligenceReport(Reported):
    """What a partner knows of a ship, a place or a route."""

    id: str
    at: str
    valid_until: str | None
    text: str
    ship: Ship | None
    place: Place | None
    route: Route | None
    source: str
    reliability: Reliability
    credibility: Credibility


class IntelligenceReports(Answer):
    """Intelligence reports, last reported first."""

    reports: list[IntelligenceReport]
    next: str | None
