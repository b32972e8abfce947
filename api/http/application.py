"""The application: all operations, and what goes around every one of them."""

import logging
import secrets
import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from importlib import metadata
from pathlib import Path
from typing import Any
from weakref import WeakSet

import asyncpg
from aiohttp import web

from api import metrics, store_audit
from api.audit import Audit
from api.auth import TOKENS
from api.bell import Bell
from api.challenger import Adopted
from api.guard import Lockout, Rates
from api.http import (
    pages,
    routes_alerts,
    routes_assets,
    routes_audit,
    routes_challenger,
    routes_check,
    routes_coverage,
    routes_decisions,
    routes_escort,
    routes_events,
    routes_hotspots,
    routes_incidents,
    routes_node,
    routes_past,
    routes_ports,
    routes_requests,
    routes_subscriptions,
    routes_unusual,
    routes_vessels,
    routes_voyages,
    routes_watchlists,
    routes_whatif,
    routes_zones,
)
from api.http.auditing import AUDIT, audited, record_stream
from api.http.context import CONTEXT, LOCKOUT, NUMBERS, RATES, Context, admit
from api.http.problem import REQUEST_ID, problems
from api.http.registry import Operation, openapi, routes
from api.live import Live
from api.numbers import Numbers
from api.places import Places
from api.second_opinion import SecondOpinion
from api.secret import secret_box
from api.settings import Settings
from api.tokens import Tokens
from api.view import View
from risk.hazard import HazardField
from risk.report import MergedIncident
from sea.units import Microseconds

_log = logging.getLogger(__name__)

OPERATIONS: tuple[Operation[Any], ...] = (
    *routes_vessels.OPERATIONS,
    *routes_challenger.OPERATIONS,
    *routes_unusual.OPERATIONS,
    *routes_voyages.OPERATIONS,
    *routes_events.OPERATIONS,
    *routes_hotspots.OPERATIONS,
    *routes_coverage.OPERATIONS,
    *routes_escort.OPERATIONS,
    *routes_requests.OPERATIONS,
    *routes_assets.OPERATIONS,
    *routes_decisions.OPERATIONS,
    *routes_whatif.OPERATIONS,
    *routes_incidents.OPERATIONS,
    *routes_watchlists.OPERATIONS,
    *routes_ports.OPERATIONS,
    *routes_check.OPERATIONS,
    *routes_audit.OPERATIONS,
    *routes_alerts.OPERATIONS,
    *routes_subscriptions.OPERATIONS,
    *routes_zones.OPERATIONS,
    *routes_node.OPERATIONS,
    *routes_past.OPERATIONS,
    *pages.OPERATIONS,
)

_HEADERS = {
    "Content-Security-Policy": "default-src 'self'; connect-src 'self'; style-src 'self'; "
    "img-src 'self' data: blob:; worker-src 'self'; object-src 'none'; base-uri 'none'; "
    "form-action 'self'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "geolocation=(), camera=(), microphone=()",
    "Cache-Control": "no-store",
    "Server": "Safe Passage",
}
_MAX_BODY = 1 << 20


def make_application(
    *,
    settings: Settings,
    database: asyncpg.Pool,
    view: View,
    live: Live,
    ready: Callable[[], Mapping[str, bool]],
    hotspots: Callable[[Sequence[MergedIncident], Microseconds], dict[str, Any]],
    exercise: str | None = None,
    hazard: HazardField | None = None,
    page: Path = pages.DIST,
    bell: Bell | None = None,
) -> web.Application:
    """The API and the page, to be run by `make_runner`; it owns none of what it is given.

    Args:
        settings: what the service was told.
        database: pool of connections.
        view: what people see, in memory.
        live: the stream's fan-out, run by the caller.
        ready: stage -> whether it is ready for work.
        hotspots: of the incidents that somebody may see, as GeoJSON; called in a thread.
        exercise: name of the exercise that runs, None where the traffic is real.
        hazard: the field of published figures, by which places are ranked; None: the packaged one.
        page: folder of the built page.
        bell: rings for new alerts; None: streams look every second.
    """
    application = web.Application(
        middlewares=[_observe, audited, problems], client_max_size=_MAX_BODY
    )
    application[CONTEXT] = Context(
        settings=settings,
        database=database,
        view=view,
        live=live,
        ready=ready,
        hotspots=hotspots,
        exercise=exercise,
    )
    application[NUMBERS] = Numbers(database)
    application[LOCKOUT] = Lockout()
    application[RATES] = Rates(settings.rate_per_s, settings.rate_burst)
    if settings.oidc_issuer is not None and settings.oidc_audience is not None:
        application[TOKENS] = Tokens(settings.oidc_issuer, settings.oidc_audience)
    application[AUDIT] = Audit(partial(store_audit.append_all, database))
    application[pages.PAGE] = page
    application[routes_challenger.ADOPTED] = Adopted(database)
    application[routes_unusual.OPINION] = SecondOpinion(database, view)
    application[routes_hotspots.PLACES] = Places(database, hazard)
    application[routes_alerts.BELL] = bell or Bell()
    application[routes_alerts.BOX] = secret_box(settings)
    application[routes_node.SOCKETS] = WeakSet()
    application[routes_node.DESCRIPTION] = openapi(
        OPERATIONS, title="Safe Passage", version=metadata.version("safepassage")
    )
    application.add_routes(routes(OPERATIONS, admit))
    application.add_routes(pages.page_routes())
    application.on_response_prepare.extend((record_stream, _add_headers))
    application.on_shutdown.append(routes_node.close_sockets)
    application.on_cleanup.append(_close_audit)
    application.on_shutdown.append(routes_alerts.end_streams)
    return application


def make_runner(application: web.Application) -> web.AppRunner:
    """The application's runner; aiohttp's own access log is off, as it would write queries."""
    return web.AppRunner(application, access_log=None, shutdown_timeout=5.0)


@web.middleware
async def _observe(request: web.Request, handler: Any) -> web.StreamResponse:
    """Numbers the request, times it and logs it without its query, which may hold a secret."""
    request[REQUEST_ID] = secrets.token_hex(8)
    started = time.perf_counter()
    response: web.StreamResponse = await handler(request)
    took = time.perf_counter() - started
    resource = request.match_info.route.resource
    route = resource.canonical if resource else "none"
    metrics.REQUESTS.labels(request.method, route, response.status).inc()
    if response.status != 101:
        metrics.REQUEST_SECONDS.labels(route).observe(took)
    _log.info(
        "%s %s %s %d %.1f ms",
        request[REQUEST_ID], request.method, request.path, response.status, took * 1000,
    )  # fmt: skip
    return response


async def _close_audit(application: web.Application) -> None:
    await application[AUDIT].close()


async def _add_headers(request: web.Request, response: web.StreamResponse) -> None:
    for name, value in _HEADERS.items():
        response.headers.setdefault(name, value)
    if request.app[CONTEXT].secure:
        response.headers.setdefault("Strict-Transport-Security", "max-age=31536000")
    response.headers["X-Request-ID"] = request.get(REQUEST_ID, "")
