"""Tokens: a JWT of the coalition's identity provider -> the principal it speaks of.

OpenID Connect Discovery 1.0 names the provider's keys; they are cached, and fetched anew when a
token names one that is not among them. Only asymmetric signatures are believed (RFC 8725, 3.1).
"""

import asyncio
import logging
import re
import time
from collections.abc import Callable, Mapping
from typing import Any, Final, cast
from urllib.parse import urlsplit

import aiohttp
import msgspec
from joserfc import jwt
from joserfc.errors import InvalidKeyIdError, JoseError
from joserfc.jwk import KeySet

from api.http.problem import NotSignedInError
from api.policy import ROLES, Principal, Role
from sea.errors import UnavailableError

_log = logging.getLogger(__name__)

ALGORITHMS: Final = ("RS256", "PS256", "ES256", "ES384", "Ed25519")
KEYS_S: Final = 600.0
"""Keys are asked for again after this time, even if none is missing: one may be withdrawn."""

AGAIN_S: Final = 30.0
"""Least time between two fetches, so that tokens with made-up key ids cost the provider nothing."""

TIMEOUT_S: Final = 5.0
LEEWAY_S: Final = 30
LONGEST: Final = 8192
_LARGEST_ANSWER: Final = 1 << 20
_FORM: Final = re.compile(r"[\w-]+\.[\w-]+\.[\w-]+", re.ASCII)


def is_token(text: str) -> bool:
    """Whether the text has the form of a signed JWT."""
    return len(text) <= LONGEST and _FORM.fullmatch(text) is not None


class Tokens:
    """Reads tokens of one issuer for one audience.

    The claims `safepassage_role`, `safepassage_nation` and, for a port authority,
    `safepassage_ports` (a list) say who it is; `sub` names it, with the issuer's host.
    """

    def __init__(
        self, issuer: str, audience: str, *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._issuer = issuer
        self._host = urlsplit(issuer).hostname or issuer
        self._clock = clock
        self._claims = jwt.JWTClaimsRegistry(
            leeway=LEEWAY_S,
            iss={"essential": True, "value": issuer},
            aud={"essential": True, "value": audience},
            exp={"essential": True},
            sub={"essential": True},
        )
        self._keys: KeySet | None = None
        self._asked_at = -float("inf")
        self._one_at_a_time = asyncio.Lock()

    async def principal(self, token: str) -> Principal:
        """Who the token speaks of.

        Raises:
            NotSignedInError: it is not signed by the issuer, not for us, over, or names no role.
            UnavailableError: the issuer's keys cannot be had.
        """
        try:
            return _principal(await self._read(token), self._host)
        except JoseError as error:
            raise NotSignedInError(f"this token is not good: {error.error}") from None

    async def _read(self, token: str) -> Mapping[str, Any]:
        keys = await self._known_keys(KEYS_S)
        try:
            read = jwt.decode(token, keys, algorithms=ALGORITHMS)
        except InvalidKeyIdError:
            keys = await self._known_keys(AGAIN_S)
            read = jwt.decode(token, keys, algorithms=ALGORITHMS)
        except ValueError as error:  # joserfc lets some through that are no JSON or base64
            raise NotSignedInError("this token cannot be read") from error
        self._claims.validate(read.claims)
        return read.claims

    async def _known_keys(self, oldest_s: float) -> KeySet:
        """The keys, at most so old; older ones where the issuer does not answer."""
        async with self._one_at_a_time:
            age = self._clock() - self._asked_at
            if age >= (oldest_s if self._keys is not None else min(oldest_s, AGAIN_S)):
                self._asked_at = self._clock()
                try:
                    self._keys = await self._fetch()
                except _NO_KEYS as error:
                    _log.warning("the issuer's keys cannot be had: %r", error)
            if self._keys is None:
                raise UnavailableError("the identity provider does not answer; try again")
            return self._keys

    async def _fetch(self) -> KeySet:
        async with aiohttp.ClientSession(
            timeout=aiohttp.ClientTimeout(total=TIMEOUT_S), raise_for_status=True
        ) as session:
            told = await _json(session, f"{self._issuer.rstrip('/')}/{_DISCOVERY}")
            if told.get("issuer") != self._issuer:
                raise ValueError(f"it says that it is {told.get('issuer')!r}")
            return KeySet.import_key_set(cast(Any, await _json(session, checked(told["jwks_uri"]))))


_DISCOVERY: Final = ".well-known/openid-configuration"
_NO_KEYS: Final = (
    aiohttp.ClientError, OSError, TimeoutError, ValueError, KeyError, msgspec.DecodeError, JoseError
)  # fmt: skip


def checked(url: str) -> str:
    """The URL where keys may be fetched from: by https, or of this machine.

    Raises:
        ValueError: it is another.
    """
    parts = urlsplit(url)
    loopback = parts.hostname in ("127.0.0.1", "::1", "localhost")
    if not (parts.scheme == "https" or (parts.scheme == "http" and loopback)):
        raise ValueError(f"{url!r} is not https")
    return url


async def _json(session: aiohttp.ClientSession, url: str) -> dict[str, Any]:
    async with session.get(url, allow_redirects=False) as answer:
        raw = b""
        async for part in answer.content.iter_chunked(1 << 16):
            raw += part
            if len(raw) > _LARGEST_ANSWER:
                raise ValueError(f"{url} gives too much")
    told = msgspec.json.decode(raw)
    if not isinstance(told, dict):
        raise ValueError(f"{url} gives no object")
    return told


def _principal(claims: Mapping[str, Any], host: str) -> Principal:
    role, nation = claims.get("safepassage_role"), claims.get("safepassage_nation")
    ports = claims.get("safepassage_ports", [])
    if role not in ROLES or not (isinstance(nation, str) and re.fullmatch(r"[A-Z]{2}", nation)):
        raise NotSignedInError("this token names no role and nation of ours")
    name = claims["sub"]
    if not (isinstance(name, str) and 0 < len(name) <= 200 and name.isprintable()):
        raise NotSignedInError("sub is no name")
    if not (isinstance(ports, list) and all(_is_port(p) for p in ports)):
        raise NotSignedInError("safepassage_ports is no list of UN/LOCODEs")
    return Principal(
        name=f"{name}@{host}", role=cast(Role, role), nation=nation, ports=tuple(ports),
        credential="token",
    )  # fmt: skip


def _is_port(text: object) -> bool:
    return isinstance(text, str) and re.fullmatch(r"[A-Z]{2}[A-Z2-9]{3}", text) is not None
