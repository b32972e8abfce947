"""Answers about alerts and subscriptions."""

from typing import Any, Literal

from pydantic import ConfigDict

from api.alert import Severity
from api.http.answers import Answer
from api.routing import Channel


class Acted(Answer):
    """What an officer of your nation did about an alert."""

    model_config = ConfigDict(extra="allow")

    by: str
    at: str
    reason: str


class Alert(Answer):
    """Something to be told at once, by which rule and why, and what your nation did about it.

    `vessels` and one of `event`, `assessment`, `escort` and `watch_list` say what it rests on.
    """

    model_config = ConfigDict(extra="allow")

    id: str
    rule: str
    title: str
    severity: Severity
    why: str
    text: str
    innocent_explanation: str
    mmsis: list[str]
    position: tuple[float, float] | None
    onset_at: str
    raised_at: str
    expires_at: str
    withdrawn_at: str | None
    exercise: str | None
    vessels: list[dict[str, Any]]
    originator: str
    releasable_to: list[str]
    status: Literal["open", "acknowledged", "closed"]
    assignee: str | None
    acknowledged: Acted | None
    assigned: Acted | None
    silenced: Acted | None
    closed: Acted | None


class Alerts(Answer):
    """Alerts, last raised first."""

    alerts: list[Alert]
    next: str | None


class Rule(Answer):
    """A rule by which alerts are raised."""

    name: str
    title: str
    severity: Severity
    why: str
    innocent_explanation: str
    silence_h: float


class Rules(Answer):
    """All rules."""

    rules: list[Rule]


class Preview(Answer):
    """How many alerts of the last week a filter would have sent, by rule."""

    alerts: int
    by_rule: dict[str, int]
    since: str


class Subscription(Answer):
    """Who is told of what, and how that goes.

    `secret` is shown once, when it is made; `failing_since`: nothing went through since then.
    """

    id: str
    name: str
    owner: str
    nation: str
    channel: Channel
    target: dict[str, Any]
    filter: dict[str, Any]
    created_at: str
    failing_since: str | None
    last_error: str | None
    waiting: int
    dead: int
    delivered: int
    preview: Preview | None = None
    secret: str | None = None


class Subscriptions(Answer):
    """Subscriptions in force."""

    subscriptions: list[Subscription]


class Delivery(Answer):
    """One alert on its way to one subscription; `id` is the message's wherever it is sent."""

    id: str
    alert_id: str
    phase: Literal["raised", "withdrawn"]
    status: Literal["waiting", "delivered", "dead", "withheld"]
    tries: int
    made_at: str
    due_at: str
    ended_at: str | None
    last_error: str | None


class Deliveries(Answer):
    """Deliveries, newest first."""

    deliveries: list[Delivery]
    next: str | None


class Redelivery(Answer):
    """How many deliveries are on their way again."""

    waiting: int
