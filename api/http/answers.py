"""Answers: the shapes of what the API sends, for its description and for tests to hold it to."""

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

from api.policy import Role
from risk.assessment import Band


class Answer(BaseModel):
    """A JSON object with these fields and no others."""

    model_config = ConfigDict(extra="forbid")


class Reason(Answer):
    """One part of a score: what was seen, what it adds, and what else could explain it.

    `values` are what the `sentence` of that name is filled with, in any language.
    """

    code: str
    text: str
    contribution: float
    event_ids: list[str]
    innocent_explanation: str
    report_ids: list[str] = []
    sentence: str | None = None
    values: dict[str, Any] | None = None


class Coercion(Answer):
    """Probability of becoming a victim within the horizon; contributions sum to it."""

    probability: float
    low: float
    high: float
    band: Band
    horizon_h: float
    reasons: list[Reason]


class Smuggling(Answer):
    """Points of evidence, 0..100; contributions sum to them. A priority, not an accusation."""

    priority: float
    band: Band
    reasons: list[Reason]


class ChallengerPart(Answer):
    """What one indicator adds to a challenger's log odds."""

    code: str
    log_odds: float


class ChallengerOpinion(Answer):
    """What the adopted challenger says, beside the table; `exercise` says what it learnt from.

    `probability` is null where there were too few labels to calibrate it. `baseline` and `parts`
    sum to `log_odds`.
    """

    model: str
    exercise: bool
    note: str
    probability: float | None
    calibration: str
    log_odds: float
    baseline: float
    parts: list[ChallengerPart]


class UnusualReason(Answer):
    """What she does otherwise than the others: hers, and the middle 80% of theirs.

    `course` and `place` are how far she is from the tenth of them that is most like her.
    """

    what: Literal["sog", "course", "place"]
    unit: str
    hers: float
    usual: tuple[float, float]


class Unusual(Answer):
    """A second opinion, in no score: the share of `ships` of her waters that are less unusual.

    `rank` is null where too few sailed there, or she did not sail.
    """

    mmsi: str
    rank: float | None
    ships: int
    fixes: int
    reasons: list[UnusualReason]
    note: str


class ChallengerCard(Answer):
    """The challenger in use and how it did on held-out labels; nulls where none is."""

    name: str | None
    adopted_at: str | None
    adopted_by: str | None
    forced: bool
    problem: str | None
    exercise: bool
    note: str | None
    rows: int | None
    synthetic_rows: int | None
    calibration: str | None
    evaluation: dict[str, Any] | None


class Vessel(Answer):
    """A vessel as last heard, with its scores; null is unknown."""

    mmsi: str
    name: str | None
    callsign: str | None
    imo: int | None
    flag: str | None
    ship_type: int | None
    length_m: float | None
    width_m: float | None
    draught_m: float | None
    destination: str | None
    eta: str | None
    reported_at: str | None
    position: tuple[float, float] | None
    sog_kn: float | None
    cog_deg: float | None
    heading_deg: float | None
    nav_status: int | None
    open_events: list[str]
    coercion: Coercion | None
    smuggling: Smuggling | None
    model: str | None
    assessed_at: str | None
    originator: str | None
    releasable_to: list[str] | None
    challenger: ChallengerOpinion | None = None


class Vessels(Answer):
    """Vessels, most in need of attention first."""

    vessels: list[Vessel]
    count: int
    at: str | None
    next: str | None


class Event(Answer):
    """Something a vessel did, with evidence."""

    id: str
    timeline: str
    kind: str
    mmsis: list[str]
    started_at: str
    ended_at: str | None
    detected_at: str
    lon: float
    lat: float
    status: Literal["open", "ended", "retracted"]
    confidence: float
    evidence: dict[str, Any]
    originator: str
    releasable_to: list[str]


class Events(Answer):
    """Events, latest start first."""

    events: list[Event]
    next: str | None


class Assessment(Answer):
    """Both scores of a vessel at one instant."""

    mmsi: str
    assessed_at: str
    model: str
    coercion: Coercion
    smuggling: Smuggling
    originator: str
    releasable_to: list[str]


class Assessments(Answer):
    """Assessments of a vessel, newest first."""

    assessments: list[Assessment]
    next: str | None


class Identity(Answer):
    """Who a ship said she was; `since` null from the first, `until` null as of now."""

    mmsi: str
    imo: int | None
    name: str | None
    callsign: str | None
    flag: str | None
    since: str | None
    until: str | None
    event_id: str | None


class Call(Answer):
    """A port call; `on_route` where the port gives context to evidence of smuggling."""

    port: str
    name: str
    arrived_at: str
    sailed_at: str | None
    mmsi: str
    event_id: str
    on_route: bool


class Voyages(Answer):
    """A ship's calls and identities, latest first; `mmsis` are all numbers of her IMO number."""

    mmsi: str
    mmsis: list[str]
    identities: list[Identity]
    calls: list[Call]
    last_ports: list[str]
    bound_for: str | None


class TrackProperties(Answer):
    """Of each position, in order: when, and how the ship moved."""

    mmsi: str
    start: str
    end: str
    reported_at: list[str]
    sog_kn: list[float | None]
    cog_deg: list[float | None]
    heading_deg: list[int | None]


class Geometry(BaseModel):
    """A GeoJSON geometry."""

    model_config = ConfigDict(extra="forbid")
    type: str
    coordinates: list[Any]


class Track(Answer):
    """A vessel's stored positions as a GeoJSON Feature."""

    type: Literal["Feature"]
    geometry: Geometry | None
    properties: TrackProperties


class Hotspots(BaseModel):
    """Where incidents are expected, as GeoJSON."""

    type: Literal["FeatureCollection"]
    features: list[dict[str, Any]]


class CoverageCells(Answer):
    """Who heard whom where in ten minutes, as GeoJSON of H3 cells."""

    type: Literal["FeatureCollection"]
    began_at: str | None
    ended_at: str | None
    features: list[dict[str, Any]]


class SourceHealth(Answer):
    """A source as its gateway last told; what is secret in its URL is covered.

    `lag_s` is how far its newest report is behind the time of writing, `rejected` what gave no
    row, by reason; `stale` when the gateway has not written for longer than it should.
    """

    node: str
    url: str
    state: Literal["connecting", "receiving", "silent", "waiting", "ended"]
    connected_at: str | None
    data_at: str | None
    error: str | None
    error_at: str | None
    lag_s: float | None
    reconnects: int
    reports: int
    bytes: int
    lines: int
    messages: int
    rows: int
    dropped: int
    refused: int
    failures: int
    silences: int
    rejected: dict[str, int]
    written_at: str
    age_s: float
    stale: bool


class Sources(Answer):
    """All sources of all gateways that share the database."""

    sources: list[SourceHealth]


class Me(Answer):
    """Who is signed in, and at which nation's node."""

    name: str
    role: Role
    nation: str
    ports: list[str]
    node: str
    exercise: str | None


class Health(Answer):
    """The process answers."""

    status: Literal["ok"]


class Ready(Answer):
    """Which stages are ready for work."""

    ready: bool
    stages: dict[str, bool]
