"""The node itself: who is signed in, health, metrics, the description of the API, the stream."""

import asyncio
import time
from typing import Any, Literal
from weakref import WeakSet

from aiohttp import WSCloseCode, web
from pydantic import Field

from api import metrics
from api.auth import identify
from api.http import answers
from api.http.context import CONTEXT, Context, check_origin, principal_of
from api.http.problem import NotSignedInError
from api.http.registry import NoParams, Operation, Params, json_response
from api.live import Mailbox
from api.policy import sees_sources
from api.sources import sources as sources_of
from sea.errors import NotAllowedError, UnavailableError

DESCRIPTION = web.AppKey("description", dict[str, Any])
SOCKETS = web.AppKey("sockets", WeakSet[web.WebSocketResponse])

_SEND_TIMEOUT_S = 30.0
_ASK_AGAIN_S = 60.0
_CLOSE_TIMEOUT_S = 2.0


class LiveQuery(Params):
    """How the stream is written."""

    format: Literal["binary", "json"] = Field(
        default="binary", description="Frames as docs/api.md lays them out, or as JSON."
    )


async def me(request: web.Request, _: NoParams) -> dict[str, Any]:
    """Who is signed in."""
    context, principal = request.app[CONTEXT], principal_of(request)
    return {
        "name": principal.name,
        "role": principal.role,
        "nation": principal.nation,
        "ports": list(principal.ports),
        "node": context.settings.nation,
        "exercise": context.exercise,
    }


async def sources(request: web.Request, _: NoParams) -> dict[str, Any]:
    """How the gateways' sources are doing.

    Raises:
        NotAllowedError: it is no business of this role.
    """
    if not sees_sources(principal_of(request)):
        raise NotAllowedError("sources are shown to watch officers and admins")
    return {"sources": await sources_of(request.app[CONTEXT].database)}


async def health(_request: web.Request, _: NoParams) -> dict[str, Any]:
    """The process answers."""
    return {"status": "ok"}


async def readiness(request: web.Request, _: NoParams) -> web.Response:
    """Which stages are ready; 503 while one is not."""
    stages = dict(request.app[CONTEXT].ready())
    ready = all(stages.values())
    return json_response({"ready": ready, "stages": stages}, status=200 if ready else 503)


async def prometheus(_request: web.Request, _: NoParams) -> web.Response:
    """Metrics of the process."""
    body = await asyncio.to_thread(metrics.exposition)
    return web.Response(body=body, headers={"Content-Type": metrics.MEDIA_TYPE})


async def description(request: web.Request, _: NoParams) -> dict[str, Any]:
    """The OpenAPI document."""
    return request.app[DESCRIPTION]


async def live(request: web.Request, asked: LiveQuery) -> web.StreamResponse:
    """Frames until the client goes, or may not stay."""
    check_origin(request)
    context, principal = request.app[CONTEXT], principal_of(request)
    if not web.WebSocketResponse().can_prepare(request).ok:
        raise web.HTTPUpgradeRequired(reason="this is a WebSocket")
    socket = web.WebSocketResponse(heartbeat=20, compress=False, max_msg_size=4096)
    await socket.prepare(request)
    request.app[SOCKETS].add(socket)
    mailbox = context.live.join(principal, asked.format)
    try:
        async with asyncio.TaskGroup() as group:
            sending = group.create_task(_send(request, context, socket, mailbox))
            async for _ in socket:
                continue  # clients have nothing to say; reading is how we learn that one left
            sending.cancel()
    except* (ConnectionError, TimeoutError):
        if request.transport is not None:
            request.transport.abort()
    except* NotSignedInError:
        await socket.close(code=WSCloseCode.POLICY_VIOLATION, message=b"signed out")
    except* UnavailableError:
        await socket.close(code=WSCloseCode.TRY_AGAIN_LATER)
    finally:
        context.live.leave(mailbox)
    return socket


async def _send(
    request: web.Request, context: Context, socket: web.WebSocketResponse, mailbox: Mailbox
) -> None:
    asked_at = time.monotonic()
    while True:
        message = await mailbox.take()
        async with asyncio.timeout(_SEND_TIMEOUT_S):
            if isinstance(message, bytes):
                await socket.send_bytes(message)
            else:
                await socket.send_str(message)
        if time.monotonic() - asked_at > _ASK_AGAIN_S:
            await identify(context.database, request, context.cookie)
            asked_at = time.monotonic()


async def close_sockets(application: web.Application) -> None:
    """Says goodbye to every live client; one that does not listen is not waited for."""
    sockets = application[SOCKETS]
    async with asyncio.TaskGroup() as group:
        for socket in tuple(sockets):
            group.create_task(_close(socket))


async def _close(socket: web.WebSocketResponse) -> None:
    try:
        async with asyncio.timeout(_CLOSE_TIMEOUT_S):
            await socket.close(code=WSCloseCode.GOING_AWAY, message=b"the service is stopping")
    except (TimeoutError, ConnectionError):
        return


OPERATIONS: tuple[Operation[Any], ...] = (
    Operation(
        path="/v1/me",
        audited=False,
        summary="Who is signed in",
        tag="node",
        handle=me,
        params=NoParams,
        answer=answers.Me,
    ),
    Operation(
        path="/v1/live",
        scope="live",
        summary="WebSocket: once a second what has changed",
        tag="live",
        handle=live,
        params=LiveQuery,
        media=(),
        success=101,
    ),
    Operation(
        path="/v1/sources",
        summary="Where AIS comes from, and how each source is doing",
        tag="node",
        handle=sources,
        params=NoParams,
        answer=answers.Sources,
    ),
    Operation(
        path="/healthz",
        summary="The process answers",
        tag="node",
        handle=health,
        params=NoParams,
        answer=answers.Health,
        access="anyone",
    ),
    Operation(
        path="/readyz",
        audited=False,
        summary="Which stages are ready; 503 while one is not",
        tag="node",
        handle=readiness,
        params=NoParams,
        answer=answers.Ready,
        access="loopback",
        also=(503,),
    ),
    Operation(
        path="/metrics",
        audited=False,
        summary="Metrics for Prometheus",
        tag="node",
        handle=prometheus,
        params=NoParams,
        media=("text/plain",),
        access="loopback",
    ),
    Operation(
        path="/openapi.json",
        audited=False,
        summary="This description",
        tag="node",
        handle=description,
        params=NoParams,
    ),
)
