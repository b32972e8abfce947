"""Instants: ISO 8601 UTC outside, int64 microseconds in columns, aware datetimes between."""

from datetime import UTC, datetime, timedelta

from sea.errors import BadInputError
from sea.units import Microseconds

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)


def to_us(instant: datetime) -> Microseconds:
    """Microseconds since the epoch of an aware datetime, exact."""
    return (instant - EPOCH) // MICROSECOND


def from_us(instant_us: Microseconds) -> datetime:
    """Aware UTC datetime of an instant in microseconds."""
    return EPOCH + timedelta(microseconds=int(instant_us))


def iso_z(instant_us: Microseconds) -> str:
    """``2026-03-01T12:00:00Z``; a fraction is written only where there is one (3 or 6 digits)."""
    instant = from_us(instant_us)
    micro = instant.microsecond
    if micro == 0:
        return instant.strftime("%Y-%m-%dT%H:%M:%SZ")
    spec = "milliseconds" if micro % 1000 == 0 else "microseconds"
    return instant.replace(tzinfo=None).isoformat(timespec=spec) + "Z"


def parse_utc(text: str, *, field: str = "") -> Microseconds:
    """Microseconds of an ISO 8601 time; one without an offset is read as UTC.

    Raises:
        BadInputError: the text is not a time.
    """
    try:
        instant = datetime.fromisoformat(text.strip())
    except ValueError as error:
        raise BadInputError(
            f"not a time: {text!r}", field=field, mend="write it like 2026-03-01T12:00:00Z"
        ) from error
    return to_us(instant if instant.tzinfo else instant.replace(tzinfo=UTC))
