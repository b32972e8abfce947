"""URLs of sources: taken apart, and with what is secret in them covered.

Nothing but the source itself ever sees a URL as it was given. Everybody else, logs, metrics and
errors too, gets the covered form as the source's name.
"""

import re
from collections.abc import Iterable
from typing import Final
from urllib.parse import parse_qsl, quote, quote_plus, unquote, urlsplit

from sea.errors import BadInputError

COVER: Final = "***"
_OPEN: Final = frozenset({"box", "baud", "topic"})
"""Query options that are no secret; any other value may be one."""

SHORTEST: Final = 3
"""Characters of a secret. Chosen by us."""

_USER: Final = re.compile(r"(?<=://).*@")


def covered(url: str) -> str:
    """The URL without user, password and the values of its query.

    A fragment (``#NAME``) stays: it tells apart feeds that differ in what is covered.
    """
    front, query, rest = url.partition("?")
    if "@" in rest and "://" in front:  # a password with a question mark, perhaps
        return f"{front.partition('://')[0]}://{COVER}"
    front = _USER.sub(f"{COVER}@", front)
    if not query:
        return front
    told, sign, name = rest.partition("#")
    options = "&".join(_covered_option(*part.partition("=")) for part in told.split("&"))
    return f"{front}?{options}{sign}{name}"


def _covered_option(key: str, equals: str, value: str) -> str:
    if not equals:
        return COVER
    return f"{key}={value if key in _OPEN else COVER}"


def secrets_of(url: str) -> tuple[str, ...]:
    """What `covered` covers, as it may turn up in the words of others; longest first.

    What is shorter than a password ever is would cover half of any sentence, and is left out.
    """
    found = set[str]()
    parts = urlsplit(url)
    user, _, password = parts.netloc.rpartition("@")[0].partition(":")
    found |= {user, password}
    found |= {value for key, value in parse_qsl(parts.query) if key not in _OPEN}
    plain = found | {unquote(secret) for secret in found}
    forms = plain | {quote(secret, safe="") for secret in plain} | set(map(quote_plus, plain))
    return tuple(sorted((f for f in forms if len(f) >= SHORTEST), key=len, reverse=True))


def without(text: str, secrets: Iterable[str]) -> str:
    """The text with every secret covered."""
    for secret in secrets:
        text = text.replace(secret, COVER)
    return text


def address_of(url: str, known: str = "HOST:PORT") -> tuple[str, int]:
    """Host (empty without one) and port of a URL.

    Raises:
        BadInputError: there is no port, or more than host and port.
    """
    parts = urlsplit(url)
    try:
        port = parts.port
    except ValueError:
        port = None
    if port is None or parts.path not in ("", "/"):
        raise BadInputError(
            f"no port in {covered(url)!r}", field="source", mend=f"there are {known}"
        )
    return parts.hostname or "", port
