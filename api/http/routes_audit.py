"""The audit of one's own nation: who was shown or did what."""

from typing import Any

from aiohttp import web

from api import store_audit
from api.audit import Action
from api.http import answers_audit
from api.http.context import CONTEXT, principal_of
from api.http.params import Cursor, Limit, read_cursor, write_cursor
from api.http.registry import Operation, Params
from api.policy import Release, allowed
from sea.errors import BadInputError, NotAllowedError
from sea.instants import iso_z


class AuditQuery(Params):
    """Which entries."""

    action: Action | None = None
    limit: Limit = 100
    cursor: Cursor | None = None


async def audit(request: web.Request, asked: AuditQuery) -> dict[str, Any]:
    """Entries of the principal's nation, the last first; they come a moment after their requests.

    Raises:
        NotAllowedError: it is no business of this role.
    """
    principal = principal_of(request)
    chain = Release(kind="audit", originator=principal.nation, releasable_to=())
    if not allowed(principal, chain):
        raise NotAllowedError("the audit is shown to watch officers and admins")
    before = read_cursor(asked.cursor, int)
    if before is not None and not 0 < before < 2**63:
        raise BadInputError("this is no cursor of ours", field="cursor")
    rows = await store_audit.newest(
        request.app[CONTEXT].database, principal.nation, before=before, action=asked.action,
        limit=asked.limit + 1,
    )  # fmt: skip
    more, page = len(rows) > asked.limit, [_entry(row) for row in rows[: asked.limit]]
    return {"entries": page, "next": write_cursor(page[-1]["number"] if more else None)}


def _entry(row: dict[str, Any]) -> dict[str, Any]:
    return {**row, "at": iso_z(row["at"]), "seal": row["seal"].hex()}


OPERATIONS: tuple[Operation[Any], ...] = (
    Operation(
        path="/v1/audit",
        summary="Who of your nation was shown or did what, the last first, each row sealed",
        tag="node",
        handle=audit,
        params=AuditQuery,
        answer=answers_audit.AuditEntries,
        scope="audit",
    ),
)
