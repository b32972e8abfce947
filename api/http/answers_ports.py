"""Answers for port authorities: arrivals and checked lists."""

from typing import Literal

from api.arriving import Status
from api.http.answers import Answer
from risk.assessment import Band


class BriefReason(Answer):
    """Why, and what else could explain it, without figures."""

    code: str
    text: str
    innocent_explanation: str


class BriefScore(Answer):
    """A score as a band with its reasons."""

    band: Band
    reasons: list[BriefReason]


class Ship(Answer):
    """A ship as she says herself, with the bands of both scores; null is unknown."""

    mmsi: str
    name: str | None
    callsign: str | None
    imo: int | None
    flag: str | None
    ship_type: int | None
    length_m: float | None
    draught_m: float | None
    destination: str | None
    reported_at: str | None
    position: tuple[float, float] | None
    sog_kn: float | None
    coercion: BriefScore | None
    smuggling: BriefScore | None
    assessed_at: str | None


class PortPlace(Answer):
    """A port."""

    unlocode: str
    name: str
    country: str
    position: tuple[float, float]


class Expected(Answer):
    """When she will be there at her present speed; 90% between the first and the last."""

    earliest: str
    likely: str
    latest: str


class Change(Answer):
    """What is otherwise than 24 h before."""

    what: Literal["bound_for", "coercion", "smuggling", "likely"]
    was: str
    now: str


class Arrival(Ship):
    """A ship bound for the port; `declared_eta` is what she says herself.

    `expected` is null where she makes too little way to tell; `last_ports` are calls seen.
    """

    status: Status
    distance_nm: float | None
    expected: Expected | None
    declared_eta: str | None
    last_ports: list[str]
    changes: list[Change]


class Arrivals(Answer):
    """Ships bound for a port, the first expected first; `count` is of all."""

    port: PortPlace
    at: str | None
    count: int
    arrivals: list[Arrival]
    next: str | None


class Given(Answer):
    """A row as it was given."""

    mmsi: str | None
    imo: str | None
    name: str | None


class CheckedRow(Answer):
    """What was found of one row.

    `quality` is 1 for a number and for the very name, less for a name that is only like it.
    `disagrees`: what was given and is otherwise of the ship found. `others`: how many more ships
    the row could mean as well.
    """

    row: int
    given: Given
    problems: list[str]
    matched_by: Literal["mmsi", "imo", "name"] | None
    quality: float | None
    disagrees: list[Literal["mmsi", "imo", "name"]]
    others: int
    vessel: Ship | None


class Checked(Answer):
    """One row for each that was given, in its order."""

    rows: list[CheckedRow]
    matched: int
