"""Who asks: API keys, sign-in links that work once, the page's sessions, an issuer's tokens.

All but the last are 256 random bits of which only the SHA-256 is stored. A secret is never
logged: errors name a key by its prefix at most.
"""

import hashlib
import hmac
import re
import secrets
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import asyncpg
from aiohttp import web

from api import store_keys
from api.audit import Deed, Entry, command_entry
from api.http.problem import NotSignedInError
from api.policy import ROLES, SCOPES, Principal
from api.store import TIMEOUT_S
from api.tokens import Tokens, is_token
from sea.errors import BadInputError

PREFIX_LENGTH = 9
_KEY = re.compile(r"sp_[A-Za-z0-9_-]{43}")
_TOKEN = re.compile(r"[A-Za-z0-9_-]{43}")
TOKENS = web.AppKey("tokens", Tokens)
"""There where an identity provider is configured."""


def new_key() -> str:
    """A fresh API key, ``sp_`` and 43 characters of base64url."""
    return f"sp_{secrets.token_urlsafe(32)}"


def digest(secret: str) -> bytes:
    """What is stored of a secret; with 256 random bits in it, it needs no salt or stretching."""
    return hashlib.sha256(secret.encode()).digest()


async def create_key(
    database: asyncpg.Pool, principal: Principal, *, life: timedelta | None = None
) -> str:
    """A new key of the principal; this is the only time it is seen. It ends after its life, if any.

    Raises:
        BadInputError: the name is taken, or role or nation make no sense.
    """
    _check(principal)
    key = new_key()
    prefix = key[:PREFIX_LENGTH]
    entry = key_entry("create", principal, key=prefix)
    new = store_keys.NewKey(prefix=prefix, hash=digest(key), life=life)
    if not await store_keys.add_key(database, principal, new, entry):
        raise BadInputError(f"there is a key named {principal.name!r} already", field="name")
    return key


async def rotate_key(
    database: asyncpg.Pool, name: str, *, overlap: timedelta, life: timedelta | None = None
) -> str:
    """A new key in place of the one of this name, which is good for the overlap still.

    Raises:
        BadInputError: there is none in force.
    """
    key = new_key()
    new = store_keys.NewKey(prefix=key[:PREFIX_LENGTH], hash=digest(key), life=life)

    def entry(row: Any) -> Entry:
        old = row["prefix"]
        return key_entry("rotate", _principal(row, ""), key=new.prefix, before=old)

    if not await store_keys.rotate_key(database, name, new, overlap, entry):
        raise BadInputError(f"no key in force is named {name!r}", field="name")
    return key


async def sign_out(database: asyncpg.Pool, name: str) -> int:
    """How many sessions and unused links of this name were ended."""

    def entry(row: Any) -> Entry:
        return key_entry("sign-out", _principal(row, ""))

    return await store_keys.end_sessions(database, name, entry)


async def revoke_key(database: asyncpg.Pool, name: str) -> bool:
    """Whether keys in force of this name were revoked."""

    def entry(row: Any) -> Entry:
        return key_entry("revoke", _principal(row, ""), key=row["prefix"])

    return await store_keys.revoke_key(database, name, entry)


async def create_sign_in_link(
    database: asyncpg.Pool, principal: Principal, *, hours: float = 12.0
) -> str:
    """A token for ``/sign-in?token=`` that works once within its life."""
    _check(principal)
    token = secrets.token_urlsafe(32)
    life, entry = timedelta(hours=hours), key_entry("link", principal)
    await store_keys.add_link(database, principal, digest(token), life, entry)
    return token


def key_entry(verb: str, concerned: Principal, **detail: str) -> Entry:
    """The audit's entry of a change of keys by who runs this process, in the chain of whose it is.

    `concerned` is the key's principal.
    """
    told = {"name": concerned.name, "role": concerned.role, **detail}
    return command_entry("key", f"keys {verb}", concerned.nation, told)


async def sign_in(
    database: asyncpg.Pool, token: str, *, hours: float, deed: Callable[[Principal], Deed]
) -> str:
    """The session that the link's token turns into; the token is spent.

    `deed` gives what records it of the principal who signs in.

    Raises:
        NotSignedInError: the token is unknown, spent or too old.
    """
    session = secrets.token_urlsafe(32)
    life = timedelta(hours=hours)
    if _TOKEN.fullmatch(token):
        async with database.acquire(timeout=TIMEOUT_S) as connection, connection.transaction():
            row = await store_keys.spend_link(connection, digest(token), digest(session), life)
            if row is not None:
                await deed(_principal(row, "session"))(connection, {})
                return session
    raise NotSignedInError("this sign-in link has been used already, or has expired")


async def identify(database: asyncpg.Pool, request: web.Request, cookie: str) -> Principal:
    """The principal behind a request's bearer key or token, or else its session cookie.

    Raises:
        NotSignedInError: there is neither, or it is not (any more) good.
    """
    header = request.headers.get("Authorization")
    if header is not None:
        scheme, _, key = header.partition(" ")
        tokens = request.app.get(TOKENS)
        if scheme.lower() == "bearer" and tokens is not None and is_token(key.strip()):
            return await tokens.principal(key.strip())
        if scheme.lower() != "bearer" or not _KEY.fullmatch(key.strip()):
            raise NotSignedInError("write the key as 'Authorization: Bearer sp_…'")
        return await _by_key(database, key.strip())
    session = request.cookies.get(cookie, "")
    row = _TOKEN.fullmatch(session) and await store_keys.session(database, digest(session))
    if not row:
        raise NotSignedInError("sign in with the link that the service printed, or send a key")
    return _principal(row, "session")


def presented(request: web.Request, cookie: str) -> tuple[bytes, str] | None:
    """Digest of the secret that a request brings and what of it may be shown; None without one.

    What has not the form of one is none: nobody guesses with it.
    """
    header = request.headers.get("Authorization")
    if header is not None:
        secret = header.partition(" ")[2].strip()
        if _KEY.fullmatch(secret):
            return digest(secret), secret[:PREFIX_LENGTH]
        return (digest(secret), "token") if is_token(secret) else None
    session = request.cookies.get(cookie, "")
    return (digest(session), "session") if _TOKEN.fullmatch(session) else None


def presented_link(token: str) -> tuple[bytes, str] | None:
    """The same of a sign-in link's token."""
    return (digest(token), "link") if _TOKEN.fullmatch(token) else None


async def _by_key(database: asyncpg.Pool, key: str) -> Principal:
    wanted = digest(key)
    found = None
    for row in await store_keys.keys_with_prefix(database, key[:PREFIX_LENGTH]):
        if hmac.compare_digest(row["hash"], wanted):
            found = row
    if found is None:
        raise NotSignedInError("this key is unknown, revoked or over")
    if found["seldom_used"]:
        await store_keys.used(database, found["id"])
    return _principal(found, key[:PREFIX_LENGTH])


def _principal(row: Any, credential: str) -> Principal:
    return Principal(
        name=row["name"], role=row["role"], nation=row["nation"], ports=tuple(row["ports"]),
        scopes=tuple(row.get("scopes") or ()), credential=credential,
    )  # fmt: skip


def _check(principal: Principal) -> None:
    if principal.role not in ROLES:
        raise BadInputError(f"no role {principal.role!r}", field="role", mend=", ".join(ROLES))
    if not re.fullmatch(r"[A-Z]{2}", principal.nation):
        raise BadInputError(
            f"no nation {principal.nation!r}", field="nation", mend="two letters, like MX"
        )
    for port in principal.ports:
        if not re.fullmatch(r"[A-Z]{2}[A-Z2-9]{3}", port):
            raise BadInputError(f"no UN/LOCODE {port!r}", field="ports", mend="write PAONX")
    if not principal.name.strip():
        raise BadInputError("the name is empty", field="name")
    for scope in principal.scopes:
        if scope not in SCOPES:
            raise BadInputError(f"no scope {scope!r}", field="scopes", mend=", ".join(SCOPES))
