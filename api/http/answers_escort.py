"""Answers about escorts: what is planned, asked for, on offer and decided."""

from typing import Any

from pydantic import BaseModel

from api.http.answers import Answer
from api.policy import Role


class Decision(Answer):
    """A decision on an escort, a request or an asset, as it is recorded for good."""

    id: int
    decided_at: str
    kind: str
    by: str
    role: Role
    nation: str
    reason: str
    tasking: str | None
    asset: str | None
    requests: list[str]
    mmsis: list[str]
    document: dict[str, Any]
    originator: str
    releasable_to: list[str]
    seal: str


class Decisions(Answer):
    """Decisions, newest first; a seal is the SHA-256 of the decision, ids are in no order."""

    decisions: list[Decision]
    next: str | None


class Assets(Answer):
    """Patrol vessels on offer, as the newest plan and decisions since have them."""

    assets: list[dict[str, Any]]


class WhatIf(Answer):
    """Two plans of one moment, as they are and as they would be, and what that changes."""

    id: int | None
    asked_of: str
    changes: list[dict[str, Any]]
    before: dict[str, Any]
    after: dict[str, Any]
    difference: dict[str, Any]
    gaps: dict[str, Any]


class Requests(Answer):
    """Escort requests of the current plan, each with what the plan makes of it as `outcome`."""

    requests: list[dict[str, Any]]
    timeline: str | None
    made_at: str | None
    next: str | None


class Plan(BaseModel):
    """The current escort plan, a proposal until a person approves it."""

    id: int
    timeline: str
    made_at: str
    revision: int
    originator: str
    releasable_to: list[str]
    assets: list[dict[str, Any]]
    taskings: list[dict[str, Any]]
    unserved: list[dict[str, Any]]
