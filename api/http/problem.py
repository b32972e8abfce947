"""Problems: every error leaves as ``application/problem+json`` (RFC 9457), translated once, here.

The text of a `SafePassageError` is written for users and goes out; of anything else only the
request's id does, and the log has the rest.
"""

import logging
import math
from collections.abc import Sequence
from http import HTTPStatus
from typing import Any

import asyncpg
import msgspec
from aiohttp import web
from pydantic import BaseModel, Field

from sea.errors import (
    BadInputError,
    ConflictError,
    NotAllowedError,
    SafePassageError,
    StaleVersionError,
    UnavailableError,
)

_log = logging.getLogger(__name__)

REQUEST_ID = web.RequestKey("request_id", str)
MEDIA_TYPE = "application/problem+json"


class FieldError(BaseModel):
    """What is wrong with one field of a request."""

    field: str
    detail: str


class Problem(BaseModel):
    """An error (RFC 9457)."""

    type: str = Field(description="`about:blank`: the title says what the status means.")
    title: str
    status: int
    detail: str
    request_id: str = Field(description="Quote it when asking the people who run this node.")
    errors: list[FieldError] = Field(default=[], description="The fields refused, for 422.")


class NotFoundError(SafePassageError):
    """There is no such thing, or none that the principal may know of."""


class NotSignedInError(SafePassageError):
    """Who asks has not said who they are, or not so that we believe it."""


class TooManyError(SafePassageError):
    """Who asks has to wait.

    Attributes:
        wait_s: how long.
    """

    def __init__(self, message: str, wait_s: float) -> None:
        super().__init__(f"{message}; try again in {math.ceil(wait_s)} s")
        self.wait_s = wait_s


class InvalidRequestError(BadInputError):
    """Fields of a request were refused.

    Attributes:
        errors: (field, what is wrong with it), at least one.
    """

    def __init__(self, errors: Sequence[tuple[str, str]]) -> None:
        super().__init__(
            "; ".join(f"{field}: {detail}" for field, detail in errors), field=errors[0][0]
        )
        self.errors = tuple(errors)


class VersionNeededError(SafePassageError):
    """A change that does not say which version it is of."""


_STATUS: tuple[tuple[type[Exception], HTTPStatus], ...] = (
    (BadInputError, HTTPStatus.UNPROCESSABLE_ENTITY),
    (NotSignedInError, HTTPStatus.UNAUTHORIZED),
    (NotAllowedError, HTTPStatus.FORBIDDEN),
    (TooManyError, HTTPStatus.TOO_MANY_REQUESTS),
    (NotFoundError, HTTPStatus.NOT_FOUND),
    (StaleVersionError, HTTPStatus.PRECONDITION_FAILED),
    (VersionNeededError, HTTPStatus.PRECONDITION_REQUIRED),
    (ConflictError, HTTPStatus.CONFLICT),
    (UnavailableError, HTTPStatus.SERVICE_UNAVAILABLE),
)

_DATABASE_AWAY = (
    asyncpg.PostgresConnectionError,
    asyncpg.CannotConnectNowError,
    asyncpg.TooManyConnectionsError,
    asyncpg.AdminShutdownError,
    asyncpg.InterfaceError,
    ConnectionError,
    TimeoutError,
)


def problem(
    request: web.Request,
    status: int,
    detail: str,
    *,
    errors: Sequence[tuple[str, str]] = (),
    headers: dict[str, str] | None = None,
) -> web.Response:
    """The problem document as a response."""
    body: dict[str, Any] = {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": int(status),
        "detail": detail,
        "request_id": request.get(REQUEST_ID, ""),
    }
    if errors:
        body["errors"] = [{"field": field, "detail": text} for field, text in errors]
    return web.Response(
        status=status, body=msgspec.json.encode(body), content_type=MEDIA_TYPE, headers=headers
    )


@web.middleware
async def problems(request: web.Request, handler: Any) -> web.StreamResponse:
    """Turns whatever a handler raises into a problem."""
    try:
        response: web.StreamResponse = await handler(request)
        return response
    except web.HTTPException as error:
        return _of_http(request, error)
    except SafePassageError as error:
        return _of_ours(request, error)
    except _DATABASE_AWAY as error:
        _log.warning("%s: database: %r", request.get(REQUEST_ID), error)
        return problem(request, 503, "the database does not answer; try again in a moment")
    except Exception:
        _log.exception("%s: %s %s failed", request.get(REQUEST_ID), request.method, request.path)
        return problem(request, 500, "this is a fault of the service; it has been logged")


def _of_http(request: web.Request, error: web.HTTPException) -> web.StreamResponse:
    if error.status < 400:
        raise error
    headers = {k: v for k, v in error.headers.items() if k in {"Allow", "Retry-After"}}
    detail = {
        404: f"there is no {request.path}; see /docs",
        405: f"{request.path} does not know {request.method}",
    }.get(error.status, error.reason)
    return problem(request, error.status, detail, headers=headers)


def _of_ours(request: web.Request, error: SafePassageError) -> web.Response:
    status = next((s for kind, s in _STATUS if isinstance(error, kind)), HTTPStatus.CONFLICT)
    errors: Sequence[tuple[str, str]] = ()
    if isinstance(error, InvalidRequestError):
        errors = error.errors
    elif isinstance(error, BadInputError) and error.field:
        errors = ((error.field, str(error)),)
    headers = {"WWW-Authenticate": 'Bearer realm="safepassage"'} if status == 401 else None
    if isinstance(error, TooManyError):
        headers = {"Retry-After": str(math.ceil(error.wait_s))}
    return problem(request, status, str(error), errors=errors, headers=headers)
