"""Bodies: the JSON that comes with a request -> checked values.

What the model does not know is refused, as are bodies of other media types.
"""

from typing import TypeVar

import msgspec
from aiohttp import web
from pydantic import BaseModel, ConfigDict, ValidationError

from api.http.problem import InvalidRequestError
from sea.errors import BadInputError

MAX_ONCE = 200


class Body(BaseModel):
    """A JSON object with these fields and no others."""

    model_config = ConfigDict(extra="forbid", frozen=True)


Given = TypeVar("Given", bound=BaseModel)


async def read_body(request: web.Request, model: type[Given]) -> Given:
    """The request's body.

    Raises:
        BadInputError: it is no JSON.
        InvalidRequestError: names every field that is wrong or unknown.
    """
    raw = await request.read()
    if raw and request.content_type != "application/json":
        raise BadInputError("send the body as application/json", field="body")
    try:
        value = msgspec.json.decode(raw or b"{}")
    except (msgspec.DecodeError, RecursionError) as error:
        raise BadInputError(f"the body is no JSON: {error}", field="body") from None
    if rb"\u0000" in msgspec.json.encode(value):  # PostgreSQL's text has no such character
        raise BadInputError("the body has a null character", field="body")
    try:
        return model.model_validate(value)
    except ValidationError as error:
        raise InvalidRequestError(
            [
                (".".join(map(str, e["loc"])) or "body", e["msg"].removeprefix("Value error, "))
                for e in error.errors(include_context=False)
            ]
        ) from None


def once(request: web.Request) -> str | None:
    """The request's ``Idempotency-Key``: sent again, it does nothing anew.

    Raises:
        BadInputError: it is empty or too long.
    """
    key = request.headers.get("Idempotency-Key")
    if key is not None and not 0 < len(key.strip()) <= MAX_ONCE:
        raise BadInputError(f"give 1 to {MAX_ONCE} characters", field="Idempotency-Key")
    return key
