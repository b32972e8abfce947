"""What every operation may use, and who is asking."""

import ipaddress
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import asyncpg
from aiohttp import web

from api.auth import identify, presented
from api.briefing import Briefing
from api.guard import Lockout, Rates, client_address
from api.http.problem import NotSignedInError, TooManyError
from api.http.registry import OPERATION, Access
from api.live import Live
from api.numbers import Numbers
from api.policy import Principal, sees_sources
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
        return (self.settings.public_url or f"{self.scheme}:").startswith("https:")

    @property
    def scheme(self) -> str:
        """By which we ourselves are reached."""
        return "http" if self.settings.tls_certificate is None else "https"

    @property
    def cookie(self) -> str:
        """Name of the session cookie; the ``__Host-`` prefix needs https (RFC 6265bis)."""
        return "__Host-sp_session" if self.secure else "sp_session"


CONTEXT = web.AppKey("context", Context)
PRINCIPAL = web.RequestKey("principal", Principal)
GUESSED = web.RequestKey("guessed", str)
"""What of a credential that was not good may be shown, in a request that brought one."""

NUMBERS = web.AppKey("numbers", Numbers)
LOCKOUT = web.AppKey("lockout", Lockout)
RATES = web.AppKey("rates", Rates)

_WRITES = frozenset({"POST", "PUT", "PATCH", "DELETE"})


async def admit(request: web.Request, access: Access) -> None:
    """Lets who may call pass, and notes who it is.

    Raises:
        NotSignedInError: a key or session is needed.
        NotAllowedError: a page of another origin asks, or the key is not for this.
        TooManyError: the address guesses, or the credential asks too often.
    """
    if access == "anyone" or (access == "loopback" and is_loopback(request)):
        return
    context = request.app[CONTEXT]
    brought = presented(request, context.cookie)
    check_locked_out(request, brought)
    try:
        principal = await identify(context.database, request, context.cookie)
    except NotSignedInError:
        note_guess(request, brought)
        raise
    if brought is not None:
        request.app[LOCKOUT].opened(brought[0])
        if wait_s := request.app[RATES].take(brought[0], time.monotonic()):
            raise TooManyError("too many requests with this credential", wait_s)
    if access == "loopback" and not sees_sources(principal):
        raise NotAllowedError("from elsewhere this is shown to watch officers and admins")
    request[PRINCIPAL] = principal
    if request.method in _WRITES:
        check_origin(request)
    needed = request[OPERATION].needs
    if principal.scopes and needed not in principal.scopes:
        raise NotAllowedError(f"this key is not for that: it lacks the scope {needed}")


def check_locked_out(request: web.Request, brought: tuple[bytes, str] | None) -> None:
    """Refuses a secret from an address that guesses.

    Raises:
        TooManyError: it does.
    """
    if brought is None:
        return
    wait_s = request.app[LOCKOUT].wait_s(address_of(request), brought[0], time.monotonic())
    if wait_s:
        raise TooManyError("too many wrong secrets came from this address", wait_s)


def note_guess(request: web.Request, brought: tuple[bytes, str] | None) -> None:
    """Notes that what was brought is not good; one that is new there goes into the audit."""
    if brought is None:
        return
    if request.app[LOCKOUT].failed(address_of(request), brought[0], time.monotonic()):
        request[GUESSED] = brought[1]


def check_origin(request: web.Request) -> None:
    """Refuses a browser that acts for a page of another origin.

    Raises:
        NotAllowedError: it does, or it sends a session without saying whose page it acts for.
    """
    context = request.app[CONTEXT]
    ours = context.settings.public_url or f"{context.scheme}://{request.host}"
    origin = request.headers.get("Origin")
    site = request.headers.get("Sec-Fetch-Site", "same-origin")
    if site != "same-origin":  # a browser that tells it does so truthfully (W3C Fetch Metadata)
        raise NotAllowedError(f"pages of {origin or 'no origin'} may not do this here")
    if origin is None and "Authorization" in request.headers:
        return
    if origin != ours:
        raise NotAllowedError(f"pages of {origin or 'no origin'} may not do this here")


def address_of(request: web.Request) -> str:
    """Where the request comes from, by way of which proxies ever."""
    trusted = request.app[CONTEXT].settings.trusted_proxies
    forwarded = ",".join(request.headers.getall("X-Forwarded-For", ()))
    return client_address(request.remote or "", forwarded, trusted)


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
