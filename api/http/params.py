"""Parameters that several operations share, and opaque cursors.

Text of a path or query -> checked values; a `ValueError` in here becomes a 422 that names the
field.
"""

import base64
import binascii
import math
from typing import Annotated, Any, TypeVar

import msgspec
from pydantic import BeforeValidator, Field, PlainValidator, WithJsonSchema

from api.view import BBox
from sea.errors import BadInputError
from sea.instants import parse_utc
from sea.units import Microseconds

_FIRST = parse_utc("1970-01-01")
_LAST = parse_utc("2200-01-01")

_NUMBER = r"-?[0-9]{1,3}(\.[0-9]{1,15})?"

CursorOf = TypeVar("CursorOf")


def _instant(text: object) -> Microseconds:
    try:
        instant = parse_utc(str(text).replace(" ", "+"))  # a bare + in a query means a space
    except (BadInputError, OverflowError):
        raise ValueError("not a time; write it like 2026-03-01T12:00:00Z") from None
    if not _FIRST <= instant < _LAST:
        raise ValueError("not between 1970 and 2200")
    return instant


def read_bbox(text: object) -> BBox:
    """The box of a text ``west,south,east,north``; ValueError says what is wrong with it."""
    try:
        west, south, east, north = map(float, str(text).split(","))
    except ValueError:
        raise ValueError("write it as west,south,east,north in degrees") from None
    if not all(map(math.isfinite, (west, south, east, north))):
        raise ValueError("must be finite")
    if not (abs(west) <= 180 and abs(east) <= 180 and -90 <= south <= north <= 90):
        raise ValueError("longitudes lie within ±180, latitudes within ±90, south before north")
    return west, south, east, north


def _no_control(text: str) -> str:
    if any(ord(c) < 32 for c in text):
        raise ValueError("control characters have no place here")
    return text


Mmsi = Annotated[str, Field(pattern=r"^[0-9]{9}$", description="Nine digits.")]
Instant = Annotated[
    Microseconds,
    PlainValidator(_instant),
    WithJsonSchema({"type": "string", "format": "date-time"}),
]
Box = Annotated[
    BBox,
    PlainValidator(read_bbox),
    WithJsonSchema(
        {
            "type": "string",
            "pattern": f"^{_NUMBER},{_NUMBER},{_NUMBER},{_NUMBER}$",
            "description": "west,south,east,north in degrees; west > east crosses 180°.",
        }
    ),
]
Limit = Annotated[int, Field(ge=1, le=1000, description="Most items in the answer.")]
Text = Annotated[str, Field(max_length=100), BeforeValidator(_no_control)]
Cursor = Annotated[
    str,
    Field(max_length=500, description="`next` of the answer before, to go on from there."),
]


def write_cursor(place: Any) -> str | None:
    """The place as text that means nothing to its reader; None stays None."""
    if place is None:
        return None
    return base64.urlsafe_b64encode(msgspec.json.encode(place)).decode().rstrip("=")


def read_cursor(text: str | None, kind: type[CursorOf]) -> CursorOf | None:
    """The place that `write_cursor` wrote.

    Raises:
        BadInputError: it did not write this.
    """
    if text is None:
        return None
    try:
        raw = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
        if rb"\u0000" in raw:  # PostgreSQL's text has no such character
            raise ValueError("a null character")
        return msgspec.json.decode(raw, type=kind)
    except (binascii.Error, ValueError, msgspec.MsgspecError):
        raise BadInputError("this is no cursor of ours", field="cursor") from None
