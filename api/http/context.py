"""What every operation may use, and who is asking."""

import ipaddress
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import asyncpg
from aiohttp import web

from api.auth import credential_of, identify
from api.briefing import Briefing
from api.http.problem import NotSignedInError
from api.http.registry import Access
from api.live import Live
from api.policy import Principal
from api.settings import Settings
from api.view import View
from risk.report import MergedIncident
from sea.errors import NotAllowedError
from sea.units import Microseconds


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """The parts of the service that HTTP reads from.

    Attributes:
        ready: stage -> whether it is ready. hotspots: as GeoJSON, of the incidents seen.
        exercise: name of the exercise that runs, None where the traffic is real.
        briefing: what partners reported, brought up to date by whoever reads it.
    """

    settings: Settings
    database: asyncpg.Pool
    view: View
    live: Live
    ready: Callable[[], Mapping[str, bool]]
    hotspots: Callable[[Sequence[MergedIncident], Microseconds], dict[str, Any]]
    exercise: str | None
    briefing: Briefing = field(default_factory=Briefing)

    @property
    def secure(self) -> bool:
        """Whether people reach us by https, as far as we were told."""
        return (self.settings.public_url or "").startswith("https:")

    @property
    def cookie(self) -> str:
        """Name of the session cookie; the ``__Host-`` prefix needs https (RFC 6265bis)."""
        return "__Host-sp_session" if self.secure else "sp_session"


CONTEXT = web.AppKey("context", Context)
PRINCIPAL = web.RequestKey("principal", Principal)
GUESSED = web.RequestKey("guessed", str)
"""What of a credential that was not good may be shown, in a request that brought one."""

_WRITES = frozenset({"POST", "PUT", "PATCH", "DELETE"})


async def admit(request: web.Request, access: Access) -> None:
    """Lets who may call pass, and notes who it is.

    Raises:
        NotSignedInError: a key or session is needed.
        NotAllowedError: a page of another origin asks.
    """
    if access == "anyone" or (access == "loopback" and is_loopback(request)):
        return
    context = request.app[CONTEXT]
    try:
        principal = await identify(context.database, request, context.cookie)
    except NotSignedInError:
        if shown := credential_of(request, context.cookie):
            request[GUESSED] = shown
        raise
    if request.method in _WRITES:
        check_origin(request)
    request[PRINCIPAL] = principal


def check_origin(request: web.Request) -> None:
    """Refuses a browser that acts for a page of another origin.

    Raises:
        NotAllowedError: it does, or it sends a session without saying whose page it acts for.
    """
    ours = request.app[CONTEXT].settings.public_url or f"http://{request.host}"
    origin = request.headers.get("Origin")
    if origin is None and "Authorization" in request.headers:
        return
    if origin != ours:
        raise NotAllowedError(f"pages of {origin or 'no origin'} may not do this here")


def address_of(request: web.Request) -> str:
    """Where the request comes from."""
    return request.remote or ""


def is_loopback(request: web.Request) -> bool:
    """Whether this machine itself asks, neither through a proxy nor under a borrowed name."""
    if request.headers.keys() & {"Forwarded", "X-Forwarded-For"}:
        return False
    host = request.host.rsplit(":", 1)[0].strip("[]") if request.host else ""
    return _loopback(request.remote or "") and (host == "localhost" or _loopback(host))


def _loopback(address: str) -> bool:
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:
        return False


def principal_of(request: web.Request) -> Principal:
    """Who asks; only where a key is needed.

    Raises:
        NotSignedInError: nobody was admitted.
    """
    if PRINCIPAL not in request:
        raise NotSignedInError("sign in first")
    return request[PRINCIPAL]
