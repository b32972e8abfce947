"""Versions: a resource is changed only by who has read its newest version (RFC 9110, 13.1.1)."""

from aiohttp import ETag, web
from aiohttp.helpers import ETAG_ANY

from api.http.problem import VersionNeededError
from api.http.registry import json_response
from sea.errors import StaleVersionError


def versioned(body: object, version: int, status: int = 200) -> web.Response:
    """The body as JSON, its version as ETag."""
    response = json_response(body, status=status)
    response.etag = str(version)
    return response


def check_version(request: web.Request, version: int) -> None:
    """Refuses a change of another version than the newest.

    Raises:
        VersionNeededError: it does not say of which (If-Match).
        StaleVersionError: it is of another.
    """
    named = request.if_match
    if named is None:
        raise VersionNeededError("say in If-Match which version you change: its ETag, or *")
    if not any(tag.value == ETAG_ANY or tag == ETag(value=str(version)) for tag in named):
        raise StaleVersionError("it was changed since; read it again")
