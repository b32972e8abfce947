"""Calendar and clock, UTC -> microseconds, inside kernels; `ingest.clock` says the rules."""

import numba

from ingest.batch import UNKNOWN_TIME
from ingest.clock import AHEAD_US, NO_SECOND
from ingest.compiled.bits import unsigned
from sea.units import MINUTE_US, SECOND_US


@numba.njit(cache=True, nogil=True, forceinline=True)
def moment_us(year, month, day, hour, minute, second):  # type: ignore[no-untyped-def]
    """Microseconds since 1970; `UNKNOWN_TIME` where there is no such moment."""
    if not (1 <= year <= 9999 and 1 <= month <= 12 and hour < 24 and minute < 60 and second < 60):
        return UNKNOWN_TIME
    leap = (year % 4 == 0 and year % 100 != 0) or year % 400 == 0
    length = 30 + (month + month // 8) % 2
    if month == 2:
        length = 29 if leap else 28
    if not 1 <= day <= length:
        return UNKNOWN_TIME
    # Days from 1970 by years that begin in March, so that a leap day ends one.
    march = year - (1 if month <= 2 else 0)
    days = 365 * march + march // 4 - march // 100 + march // 400
    days += (153 * ((month + 9) % 12) + 2) // 5 + day - 719_469
    return (((days * 24 + hour) * 60 + minute) * 60 + second) * 1_000_000


@numba.njit(cache=True, nogil=True, forceinline=True)
def refined(words, base, heard, second, year):  # type: ignore[no-untyped-def]
    """`ingest.clock.measured_at` of one message; a base station's tells its `year`, others 0."""
    if year:
        stated = moment_us(
            year, unsigned(words, base, 52, 4), unsigned(words, base, 56, 5),
            unsigned(words, base, 61, 5), unsigned(words, base, 66, 6), second,
        )  # fmt: skip
        if stated != UNKNOWN_TIME:
            return stated if abs(stated - heard) < MINUTE_US else heard
    if second >= NO_SECOND:
        return heard
    latest = heard + AHEAD_US
    return latest - (latest - second * SECOND_US) % MINUTE_US
