"""Alerts: the list of each nation, what its officers do about them, and the stream."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import aclosing
from typing import Any, Final, Literal

import msgspec
from aiohttp import web
from pydantic import Field

from api import store_alerts
from api.alert import RULES, SEVERITIES, Severity
from api.auth import identify
from api.bell import Bell
from api.http import answers_alerts as answers
from api.http.bodies import Body, Line, Said, idempotency_key, read_body
from api.http.context import CONTEXT, principal_of
from api.http.params import Cursor, Instant, Limit, Mmsi, Text, read_cursor, write_cursor
from api.http.problem import NotFoundError, NotSignedInError
from api.http.registry import NoParams, Operation, Params, json_response
from api.http.routes_vessels import cursor_time
from api.policy import Principal, may_act, release_of
from api.routing import may_have
from api.secret import SecretBox
from api.store_alerts import Action
from sea.errors import BadInputError, NotAllowedError, UnavailableError
from sea.instants import from_us, to_us
from sea.units import HOUR_US

BELL = web.AppKey("bell", Bell)
BOX = web.AppKey("secret_box", SecretBox)

LOOK_S: Final = 1.0
"""Between looks of a stream for alerts, while the database's word is not heard."""

KEEP_ALIVE_S: Final = 15.0
ASK_AGAIN_S: Final = 60.0
SEND_S: Final = 30.0
PART: Final = 100
MAX_SILENCE_H: Final = 24 * 7


class AlertsQuery(Params):
    """Which alerts."""

    mmsi: Mmsi | None = None
    min_severity: Severity = "notice"
    rule: Text | None = None
    status: Literal["open", "acknowledged", "closed"] | None = Field(
        default=None, description="What your nation has done about them."
    )
    since: Instant | None = Field(default=None, description="Raised then or later.")
    limit: Limit = 100
    cursor: Cursor | None = None


class OneAlert(Params):
    """Which alert."""

    id: str = Field(pattern=r"^[0-9a-f]{20}$")


class StreamQuery(Params):
    """From where on."""

    min_severity: Severity = "notice"


class AcknowledgementBody(Body):
    """Seen, and being looked at."""

    reason: Line = ""


class AssignmentBody(Body):
    """Who looks at it."""

    assignee: Line = Field(min_length=1)
    reason: Line = ""


class SilenceBody(Body):
    """For how long the rule is to say no more of these vessels to your nation."""

    hours: float = Field(gt=0, le=MAX_SILENCE_H)
    reason: Said


class ClosureBody(Body):
    """What it was in the end."""

    outcome: Literal["handled", "false_alarm", "duplicate", "no_action"]
    reason: Said


async def alerts(request: web.Request, asked: AlertsQuery) -> dict[str, Any]:
    """Alerts that the principal may see, last raised first."""
    principal = principal_of(request)
    after = read_cursor(asked.cursor, tuple[int, str])
    rows = store_alerts.alerts(
        request.app[CONTEXT].database, principal.nation,
        mmsi=None if asked.mmsi is None else int(asked.mmsi),
        severities=_at_least(asked.min_severity), rule=asked.rule, status=asked.status,
        since=None if asked.since is None else from_us(asked.since),
        after=after and (cursor_time(after[0]), after[1]),
    )  # fmt: skip
    seen: list[dict[str, Any]] = []
    async with aclosing(rows):
        async for row in rows:
            if may_have(principal, row):
                seen.append(row)
                if len(seen) > asked.limit:
                    break
    page = seen[: asked.limit]
    more = len(seen) > len(page)
    place = (to_us(page[-1]["raised_at"]), page[-1]["id"]) if more else None
    return {"alerts": [row["document"] for row in page], "next": write_cursor(place)}


async def alert(request: web.Request, asked: OneAlert) -> dict[str, Any]:
    """The alert."""
    document: dict[str, Any] = (await _seen(request, asked.id))["document"]
    return document


async def rules(_request: web.Request, _: NoParams) -> dict[str, Any]:
    """Every rule there is."""
    return {
        "rules": [
            {"name": r.name, "title": r.title, "severity": r.severity, "why": r.why,
             "innocent_explanation": r.innocent, "silence_h": r.silence_us / HOUR_US}
            for r in RULES.values()
        ]
    }  # fmt: skip


async def _seen(request: web.Request, alert_id: str) -> dict[str, Any]:
    """The row of the alert.

    Raises:
        NotFoundError: there is none, or none that the principal may know of.
    """
    principal = principal_of(request)
    row = await store_alerts.alert(request.app[CONTEXT].database, alert_id, principal.nation)
    if row is None or not may_have(principal, row):
        raise NotFoundError(f"there is no alert {alert_id}")
    return row


def _act(kind: Action, model: type[Body]) -> Any:
    async def handle(request: web.Request, asked: OneAlert) -> web.Response:
        body = await read_body(request, model)
        row, principal = await _seen(request, asked.id), principal_of(request)
        if not may_act(principal, release_of(row["kind"], row)):
            raise NotAllowedError("watch officers and planners work on alerts")
        told = body.model_dump(exclude={"reason"})
        await store_alerts.act(
            request.app[CONTEXT].database, row, principal, kind,
            reason=getattr(body, "reason", ""), told=told, once=idempotency_key(request),
        )  # fmt: skip
        return json_response((await _seen(request, asked.id))["document"], status=201)

    return handle


def _at_least(severity: Severity) -> list[str]:
    return list(SEVERITIES[SEVERITIES.index(severity) :])


# -------------------------------------------------------------------- the stream


async def stream(request: web.Request, asked: StreamQuery) -> web.StreamResponse:
    """Server-sent events: each alert as it is raised or withdrawn, from `Last-Event-ID` on."""
    principal, seen = principal_of(request), await _last_seen(request)
    response = web.StreamResponse(
        headers={"Content-Type": "text/event-stream", "X-Accel-Buffering": "no"}
    )
    await response.prepare(request)
    if request.method == "HEAD":
        return response
    try:
        async for message in _messages(request, principal, seen, _at_least(asked.min_severity)):
            async with asyncio.timeout(SEND_S):
                await response.write(message)
    except (ConnectionError, TimeoutError, NotSignedInError, UnavailableError):
        if request.transport is not None:
            request.transport.abort()
    return response


async def _last_seen(request: web.Request) -> int:
    """The revision to go on from: the client's last, else the newest there is.

    An event's id is its revision, encrypted: revisions count what one may not see, too.

    Raises:
        BadInputError: the header is none of ours.
    """
    given = request.headers.get("Last-Event-ID")
    if given is None:
        return await store_alerts.newest_revision(request.app[CONTEXT].database)
    try:
        return int(request.app[BOX].open(given.encode()))
    except (UnavailableError, ValueError):
        raise BadInputError("is the id of an event of this stream", field="Last-Event-ID") from None


async def _messages(
    request: web.Request, principal: Principal, seen: int, severities: list[str]
) -> AsyncIterator[bytes]:
    context, bell, box = request.app[CONTEXT], request.app[BELL], request.app[BOX]
    said_at = asked_at = time.monotonic()
    yield b": alerts follow\n\n"
    while not bell.over:
        rung = bell.rung
        rows = await store_alerts.alerts_after(context.database, principal.nation, seen, PART)
        for row in rows:
            seen = row["revision"]
            if may_have(principal, row) and row["severity"] in severities:
                said_at = time.monotonic()
                yield _event(row, box)
        if len(rows) < PART:
            await bell.wait(KEEP_ALIVE_S if bell.listening else LOOK_S, rung)
        now = time.monotonic()
        if now - asked_at > ASK_AGAIN_S:
            await identify(context.database, request, context.cookie)
            asked_at = now
        if now - said_at > KEEP_ALIVE_S:
            said_at = now
            yield b": still here\n\n"


def _event(row: dict[str, Any], box: SecretBox) -> bytes:
    phase = b"raised" if row["withdrawn_at"] is None else b"withdrawn"
    body = msgspec.json.encode(row["document"])
    place = box.close(str(row["revision"]))
    return b"id: %s\nevent: %s\ndata: %s\n\n" % (place, phase, body)


async def end_streams(application: web.Application) -> None:
    """Lets every stream end, so that the service need not wait for it."""
    application[BELL].end()


_ACTIONS: Final[tuple[tuple[Action, type[Body], str], ...]] = (
    ("acknowledgement", AcknowledgementBody, "Acknowledges an alert for your nation"),
    ("assignment", AssignmentBody, "Says who looks at an alert"),
    ("silence", SilenceBody, "No more of this rule about these vessels to your nation for a time"),
    ("closure", ClosureBody, "Closes an alert for your nation, with what it was"),
)

OPERATIONS: tuple[Operation[Any], ...] = (
    Operation(
        path="/v1/alerts",
        summary="Alerts, last raised first, and what your nation did about them",
        tag="alerts",
        handle=alerts,
        params=AlertsQuery,
        answer=answers.Alerts,
    ),
    Operation(
        path="/v1/alerts/rules",
        summary="The rules by which alerts are raised",
        tag="alerts",
        handle=rules,
        params=NoParams,
        answer=answers.Rules,
    ),
    Operation(
        path="/v1/alerts/stream",
        scope="live",
        summary="Server-sent events: alerts as they are raised and withdrawn",
        tag="alerts",
        handle=stream,
        params=StreamQuery,
        media=("text/event-stream",),
    ),
    Operation(
        path="/v1/alerts/{id}",
        summary="One alert",
        tag="alerts",
        handle=alert,
        params=OneAlert,
        answer=answers.Alert,
    ),
    *(
        Operation(
            path=f"/v1/alerts/{{id}}/{kind}",
            summary=summary,
            tag="alerts",
            handle=_act(kind, body),
            params=OneAlert,
            body=body,
            answer=answers.Alert,
            method="POST",
            success=201,
        )
        for kind, body, summary in _ACTIONS
    ),
)
