"""Bodies: what a request brings, checked against a model, every wrong field named."""

import asyncio
import hashlib
from collections.abc import Iterator
from typing import Annotated, Any, TypeVar

import msgspec
from aiohttp import web
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from api.http.problem import InvalidRequestError
from api.http.registry import refusal

MAX_KEY = 100
BODY_S = 30.0
"""A MiB comes in that time by 300 kbit/s; chosen by us."""


class Body(BaseModel):
    """A JSON object with these fields and no others."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


Given = TypeVar("Given", bound=BaseModel)


def _printable(text: str) -> str:
    if any(ord(c) < 32 and c not in "\n\t" for c in text):
        raise ValueError("control characters have no place here")
    return text.strip()


Line = Annotated[str, Field(max_length=200), AfterValidator(_printable)]
Prose = Annotated[str, Field(max_length=4000), AfterValidator(_printable)]
Said = Annotated[str, Field(min_length=1, max_length=1000), AfterValidator(_printable)]
Nations = Annotated[
    list[Annotated[str, Field(pattern=r"^([A-Z]{2}|\*)$")]],
    Field(max_length=50, description="Nations beside your own, `*` for all; none by default."),
]


async def raw_body(request: web.Request) -> bytes:
    """The request's body.

    Raises:
        HTTPRequestTimeout: it does not come within `BODY_S`.
        HTTPRequestEntityTooLarge: it is larger than the application takes.
    """
    try:
        async with asyncio.timeout(BODY_S):
            return await request.read()
    except TimeoutError:
        raise web.HTTPRequestTimeout(reason=f"the body did not come in {BODY_S:g} s") from None


async def read_body(request: web.Request, model: type[Given]) -> Given:
    """The request's JSON; an empty body is an empty object.

    Raises:
        InvalidRequestError: names every field that is wrong or unknown, or the body where it is no
            JSON, is said to be something else, or holds a null character.
    """
    raw = await raw_body(request)
    if raw and request.content_type != "application/json":
        raise InvalidRequestError([("body", "send it as application/json")])
    try:
        value = msgspec.json.decode(raw or b"{}")
    except (msgspec.DecodeError, RecursionError) as error:
        raise InvalidRequestError([("body", f"is no JSON: {error}")]) from None
    if nulls := [(where, "has a null character") for where in _nulls(value, "")]:
        raise InvalidRequestError(nulls)  # PostgreSQL's text has no such character
    try:
        return model.model_validate_json(raw or b"{}", strict=True)
    except ValidationError as error:
        known = ", ".join(model.model_fields)
        raise InvalidRequestError(
            [refusal(dict(e), known, "body") for e in error.errors(include_context=False)]
        ) from None


def _nulls(value: Any, where: str) -> Iterator[str]:
    """The fields that hold a null character, `where` being the one the value is of."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from (
                [where or "body"] if "\0" in key else _nulls(inner, f"{where}.{key}".lstrip("."))
            )
    elif isinstance(value, list):
        for i, inner in enumerate(value):
            yield from _nulls(inner, f"{where}.{i}".lstrip("."))
    elif isinstance(value, str) and "\0" in value:
        yield where or "body"


async def read_text(request: web.Request) -> str:
    """The request's text.

    Raises:
        InvalidRequestError: it is not UTF-8, or holds a null character.
    """
    try:
        text = (await raw_body(request)).decode("utf-8")
    except UnicodeDecodeError:
        raise InvalidRequestError([("body", "is not UTF-8")]) from None
    if "\0" in text:
        raise InvalidRequestError([("body", "has a null character")])
    return text


def idempotency_key(request: web.Request) -> str | None:
    """The key under which a repeated request is known; None where it has none.

    Raises:
        InvalidRequestError: it is empty or too long.
    """
    key = request.headers.get("Idempotency-Key")
    if key is not None and not (0 < len(key) <= MAX_KEY and key.isprintable()):
        raise InvalidRequestError([("Idempotency-Key", f"has 1 to {MAX_KEY} characters")])
    return key


async def body_digest(request: web.Request) -> bytes:
    """A hash of the request's path and body."""
    return hashlib.sha256(request.path.encode() + b"\0" + await raw_body(request)).digest()
