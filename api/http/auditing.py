"""Auditing: every request of somebody known leaves an entry before its answer leaves.

Recorded is the request (who, from where, which path and query), not the answer: the log of reports
and the tables it was made of are kept. A read that finds nothing and one of something withheld
leave the same.
"""

from collections.abc import Mapping
from typing import Any

import asyncpg
from aiohttp import web

from api import store_audit
from api.audit import Action, Audit, Deed, Entry
from api.http.context import CONTEXT, GUESSED, PRINCIPAL, address_of
from api.http.problem import REQUEST_ID, problem
from api.http.registry import OPERATION
from api.policy import Principal
from sea.errors import UnavailableError

AUDIT = web.AppKey("audit", Audit)
_RECORDED = web.RequestKey("recorded", str)

NOTED = web.RequestKey("noted", dict[str, Any])
"""What a handler adds to its request's entry, where the query does not say what was shown."""

_DENIED = (401, 403, 429)


def entry_of(
    request: web.Request, action: Action, *, by: Principal | None = None, status: int = 200,
    detail: Mapping[str, Any] | None = None,
) -> Entry:  # fmt: skip
    """The entry of a request; of one that nobody known sent it concerns the node's own nation."""
    settings = request.app[CONTEXT].settings
    who = by or request.get(PRINCIPAL)
    return Entry(
        action=action, by=who, concerns=settings.nation if who is None else who.nation,
        credential=request.get(GUESSED, "") if who is None else who.credential,
        target=f"{request.method} {_told(request)}", status=status, address=address_of(request),
        node=settings.node, request_id=request.get(REQUEST_ID, ""), detail=detail or {},
    )  # fmt: skip


def _told(request: web.Request) -> str:
    """Path and query; of a query that holds a secret, the path alone."""
    operation = request.get(OPERATION)
    return request.path_qs if operation and operation.access == "key" else request.path


def deed(
    request: web.Request, action: Action, *, by: Principal | None = None, status: int = 201
) -> Deed:
    """What writes the request's entry in the transaction of what it does."""

    async def write(connection: asyncpg.Connection, detail: Mapping[str, Any]) -> None:
        entry = entry_of(request, action, by=by, status=status, detail=detail)
        await store_audit.append(connection, [entry])
        request[_RECORDED] = "deed"

    return write


@web.middleware
async def audited(request: web.Request, handler: Any) -> web.StreamResponse:
    """Records what no deed has recorded; an answer that cannot be recorded is not given."""
    response: web.StreamResponse = await handler(request)
    try:
        await _record(request, response.status)
    except UnavailableError:
        return problem(request, 503, "the audit cannot be written, so nothing is shown; try again")
    return response


async def record_stream(request: web.Request, response: web.StreamResponse) -> None:
    """Records a stream when it begins: it has shown all when its handler returns."""
    await _record(request, response.status)


async def _record(request: web.Request, status: int) -> None:
    operation = request.get(OPERATION)
    done = request.get(_RECORDED)
    if operation is None or done == "answer" or (done == "deed" and status < 400):
        return
    known = PRINCIPAL in request and operation.audited
    if not known and not (status in _DENIED and GUESSED in request):
        return
    request[_RECORDED] = "answer"
    action: Action = "write" if operation.needs == "write" else "read"
    if status in _DENIED:
        action = "denial"
    await request.app[AUDIT].record(entry_of(request, action, status=status,
                                                detail=request.get(NOTED)))  # fmt: skip
