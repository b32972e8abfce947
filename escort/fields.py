"""JSON values with their path: typed reading whose errors name the place and the mend."""

import json
import math
from collections.abc import Iterator, Mapping
from typing import Any, Final

from sea.errors import BadInputError
from sea.instants import parse_utc
from sea.units import Microseconds

MAX_BYTES: Final = 64 * 2**20
"""Largest document read, chosen by us: forty times a scenario of 100 assets x 1,000 requests."""

MAX_TEXT: Final = 200
_REQUIRED: Final = object()
_YEARS = ("1970-01-01T00:00:00Z", "2200-01-01T00:00:00Z")
_FIRST_US, _LAST_US = (parse_utc(year) for year in _YEARS)


def parse_json(content: bytes | str) -> Any:
    """The JSON value; NaN and Infinity come through, for the reader to name their path.

    Raises:
        BadInputError: too large, not UTF-8, not JSON, or nested too deep.
    """
    if len(content) > MAX_BYTES:
        raise BadInputError(
            f"the document has {len(content)} bytes", mend=f"at most {MAX_BYTES} are read"
        )
    try:
        return json.loads(content)
    except RecursionError:
        raise BadInputError("the JSON is nested too deep", mend="see docs/escort.md") from None
    except ValueError as error:
        raise BadInputError(f"not JSON: {error}", mend="see docs/escort.md for the form") from None


class Fields:
    """One JSON object at `path`, read field by field.

    Every method takes a default for a field that may be absent; without one it must be there.
    All raise BadInputError, whose `field` is the JSON path, as ``requests[3].latest``.
    """

    def __init__(self, value: Any, path: str) -> None:
        if not isinstance(value, Mapping):
            raise _wrong(path or "document", "an object", value)
        self._value = value
        self._path = path

    def path(self, name: str) -> str:
        """The JSON path of a field."""
        return f"{self._path}.{name}" if self._path else name

    def raw(self, name: str, default: Any = _REQUIRED) -> Any:
        """The field's value as it stands; null counts as absent where there is a default."""
        value = self._value.get(name)
        if value is None and default is not _REQUIRED:
            return default
        if name not in self._value:
            where = self.path(name)
            raise BadInputError(f"{where} is missing", field=where, mend="add it")
        return value

    def number(self, name: str, low: float, high: float, default: Any = _REQUIRED) -> Any:
        """A finite float within [low, high], or the default."""
        value = self.raw(name, default)
        return value if value is default else checked_number(value, self.path(name), low, high)

    def whole(self, name: str, low: int, high: int, default: Any = _REQUIRED) -> Any:
        """A whole number within [low, high], or the default."""
        value = self.number(name, low, high, default)
        if value is not default and value != int(value):
            raise _wrong(self.path(name), "a whole number", value)
        return int(value)

    def text(self, name: str, default: Any = _REQUIRED) -> Any:
        """A text of 1 to 200 characters, or the default."""
        value = self.raw(name, default)
        return value if value is default else checked_text(value, self.path(name))

    def flag(self, name: str, default: Any = _REQUIRED) -> bool:
        """True or false."""
        value = self.raw(name, default)
        if not isinstance(value, bool):
            raise _wrong(self.path(name), "true or false", value)
        return value

    def instant(self, name: str) -> Microseconds:
        """A time, us UTC, from 1970 up to 2200."""
        where = self.path(name)
        text = checked_text(self.raw(name), where)
        try:
            instant = parse_utc(text, field=where)
        except OverflowError:
            instant = _LAST_US + 1
        except BadInputError as error:
            raise BadInputError(f"{where}: {error}", field=where) from None
        if not _FIRST_US <= instant <= _LAST_US:
            raise BadInputError(
                f"{where} is {text}", field=where, mend=f"give a time within {' .. '.join(_YEARS)}"
            )
        return instant

    def items(self, name: str, most: int, default: Any = _REQUIRED) -> Iterator[tuple[str, Any]]:
        """Path and value of each element of a list no longer than `most`."""
        value = self.raw(name, default)
        where = self.path(name)
        if not isinstance(value, list | tuple):
            raise _wrong(where, "a list", value)
        if len(value) > most:
            raise BadInputError(
                f"{where} has {len(value)} elements", field=where, mend=f"at most {most} are read"
            )
        return ((f"{where}[{i}]", element) for i, element in enumerate(value))


def checked_text(value: Any, where: str) -> str:
    """The text, or BadInputError at `where`."""
    if not isinstance(value, str) or not 0 < len(value) <= MAX_TEXT:
        raise _wrong(where, f"a text of 1 to {MAX_TEXT} characters", value)
    return value


def checked_number(value: Any, where: str, low: float, high: float) -> float:
    """The number as float, or BadInputError at `where`."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise _wrong(where, "a number", value)
    if isinstance(value, float) and not math.isfinite(value):
        raise BadInputError(f"{where} is {value}", field=where, mend="give a finite number")
    if not low <= value <= high:
        raise BadInputError(
            f"{where} is {_short(value)}", field=where, mend=f"give a number in {low:g}..{high:g}"
        )
    return float(value)


def _wrong(where: str, wanted: str, value: Any) -> BadInputError:
    return BadInputError(f"{where} is {_short(value)}", field=where, mend=f"give {wanted}")


def _short(value: Any) -> str:
    if isinstance(value, int) and abs(value) >= 10**15:
        return "a huge number"
    text = json.dumps(value, default=str) if not isinstance(value, list | Mapping) else ""
    if not text:
        return "a list" if isinstance(value, list) else "an object"
    return text if len(text) <= 40 else text[:37] + "..."
