"""Answers about the audit."""

from typing import Any

from api.audit import Action
from api.http.answers import Answer


class AuditEntry(Answer):
    """A row of a nation's chain; docs/security.md says how its `seal` is made."""

    originator: str
    number: int
    at: str
    action: Action
    by_name: str
    by_role: str
    by_nation: str
    credential: str
    address: str
    node: str
    request_id: str
    target: str
    status: int
    detail: dict[str, Any]
    seal: str


class AuditEntries(Answer):
    """Rows of a nation's chain, the last first."""

    entries: list[AuditEntry]
    next: str | None
