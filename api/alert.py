"""Alerts: what a person has to be told at once, and by which rule; values only.

An alert is a priority with evidence, never an accusation; `why` of its rule and the innocent
explanation go with it wherever it goes.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Any, Final, Literal

from api.policy import Kind
from risk.evaluation import RANKLESS
from risk.smuggling import INDICATORS
from risk.wording import innocent, sentences
from sea.instants import iso_z
from sea.units import HOUR_US, Microseconds

Severity = Literal["notice", "warning", "urgent"]
SEVERITIES: Final[tuple[Severity, ...]] = ("notice", "warning", "urgent")

Phase = Literal["raised", "withdrawn"]

SILENCE_US: Final = 6 * HOUR_US
"""The same rule does not speak of the same vessels again within this. Chosen by us: an officer's
watch is four hours, and what was told in the last one is still on the list."""

VALID_US: Final = 24 * HOUR_US
"""How long an alert is worth acting on; goes out as its expiry. Chosen by us."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """When an alert is raised.

    Attributes:
        kind: of record the alert rests on; the policy for that decides who may see it.
        why: what the rule is for, in a sentence.
    """

    name: str
    title: str
    severity: Severity
    kind: Kind
    why: str
    innocent: str = ""
    silence_us: Microseconds = SILENCE_US


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """Something to be told.

    Attributes:
        mmsis: the vessels, ascending; the first orders deliveries.
        subject: what the onset is of, where vessels alone do not tell (an escort's tasking).
        onset_at: event time. position: lon, lat, or None.
        audience: for whom it is, "*" or a nation; None: as the node shares.
        details: what it rests on, JSON values.
    """

    rule: Rule
    mmsis: tuple[int, ...]
    onset_at: Microseconds
    text: str
    position: tuple[float, float] | None = None
    subject: str = ""
    audience: str | None = None
    details: Mapping[str, Any] = field(default_factory=dict)

    @property
    def id(self) -> str:
        """Hash of rule, vessels and onset: the same alert found again is the same row."""
        return alert_id(
            self.rule.name, self.mmsis, self.onset_at, f"{self.subject}|{self.audience or ''}"
        )


def alert_id(rule: str, mmsis: tuple[int, ...], onset_at: Microseconds, subject: str = "|") -> str:
    """Hash of what makes an alert the same."""
    key = f"{rule}|{','.join(map(str, mmsis))}|{onset_at}|{subject}"
    return blake2b(key.encode(), digest_size=10).hexdigest()


def alert_document(alert: Alert) -> dict[str, Any]:
    """The alert as users read it, without what its row says beside it."""
    rule = alert.rule
    return {
        "id": alert.id,
        "rule": rule.name,
        "title": rule.title,
        "severity": rule.severity,
        "why": rule.why,
        "text": alert.text,
        "innocent_explanation": rule.innocent,
        "mmsis": [f"{mmsi:09d}" for mmsi in alert.mmsis],
        "position": None if alert.position is None else list(alert.position),
        "onset_at": iso_z(alert.onset_at),
        "expires_at": iso_z(alert.onset_at + VALID_US),
        **alert.details,
    }


_TITLES: Final[Mapping[str, tuple[Severity, str]]] = {
    "approach": ("urgent", "Small craft closing on a ship"),
    "sudden_stop": ("warning", "Ship stopped suddenly"),
    "rendezvous": ("warning", "Meeting at sea"),
    "loitering": ("warning", "Loitering off the coast"),
    "slowdown": ("warning", "Brief slowdown at sea"),
    "gap": ("warning", "Silent where others are heard"),
    "jump": ("warning", "Position she could not have reached"),
    "clone": ("warning", "One number on two tracks"),
    "spoof_circle": ("warning", "Circles not sailed"),
    "identity_change": ("warning", "Changed identity"),
    "deviation": ("warning", "Off the lane of her voyage"),
    "destination_mismatch": ("warning", "Not steering for her declared port"),
    "draught_change": ("warning", "Draught changed without a port call"),
    "zone_entry": ("notice", "Entered a watched zone"),
    "port_call": ("notice", "Arrived in port"),
    "coverage_lost": ("notice", "A receiver hears nobody"),
}
"""Kinds of event that are told, and how gravely; those of no alert rank are notices, which reach
only who asks for them. Chosen by us."""

_EVENT_INNOCENT: Final[Mapping[str, str]] = {
    "approach": "pilots, tenders, anglers and rescue craft close fast too",
    "sudden_stop": "engine trouble, a man overboard, traffic or a drill",
    "coverage_lost": "a receiver, its power or its line failed",
}


def _event_rules() -> dict[str, Rule]:
    code = {row.kind: row.code for row in reversed(INDICATORS)}
    rules = {}
    for kind, (severity, title) in _TITLES.items():
        assert (severity == "notice") == (kind in RANKLESS)
        seen = sentences()[f"{code[kind]}.seen"]["en"] if kind in code else title.lower()
        rules[kind] = Rule(
            name=kind, title=title, severity=severity, kind="event", why=f"A vessel {seen}."
            if kind in code else f"{title}: an event of kind {kind}.",
            innocent=_EVENT_INNOCENT.get(kind, innocent(code[kind]) if kind in code else ""),
        )  # fmt: skip
    return rules


RULES: Final[Mapping[str, Rule]] = {
    "coercion_severe": Rule(
        name="coercion_severe", title="Coercion risk severe", severity="urgent",
        kind="assessment", innocent="the score is of her passage, not of anything she did",
        why="The probability that she is attacked or boarded came into the band severe.",
    ),
    "coercion_high": Rule(
        name="coercion_high", title="Coercion risk high", severity="warning",
        kind="assessment", innocent="the score is of her passage, not of anything she did",
        why="The probability that she is attacked or boarded came into the band high.",
    ),
    "smuggling_high": Rule(
        name="smuggling_high", title="Smuggling evidence high", severity="warning",
        kind="assessment", innocent="each reason says what else explains it",
        why="Evidence of behaviour that smuggling shares came into the band high or severe.",
    ),
    "watch_list": Rule(
        name="watch_list", title="Ship on a watch list", severity="warning", kind="watchlist",
        innocent="an entry says that somebody asked to be told, not why she should be guilty",
        why="A ship is heard that a partner asked to be told of.",
    ),
    "escort": Rule(
        name="escort", title="Escort in question", severity="urgent", kind="plan",
        why="An approved escort or one under way cannot go as planned; a person has to decide.",
    ),
    **_event_rules(),
}  # fmt: skip
"""Every rule there is, by name."""
