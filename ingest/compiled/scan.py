"""A block of whole lines -> rows, up to the first line that is not plain.

Plain are `sentence.sentence` and `header.header`: a whole message, or the first part of one whose
others are the next sentences, in order. A line of another kind is left to `ingest.nmea`, and the
pass goes on behind it; so the order and the state of a feed are those of reading it by line.
"""

from typing import Final

import numba
import numpy as np

from ingest.assembly import WINDOW_US
from ingest.batch import UNKNOWN_TIME
from ingest.compiled.arena import (
    BITS,
    BITS_AT,
    FOREIGN,
    HEADERS,
    HEARD,
    HEARD_AT,
    HELD,
    HELD_AT,
    HELD_STATION,
    HELD_STATION_END,
    KIND,
    LAST_TIME,
    LEFT,
    LENGTH,
    LINE,
    MESSAGES,
    NO_TIME,
    OTHER_TYPE,
    POS,
    RECEIVED,
    REPORTS,
    ROWS,
    SENTENCES,
    START_TIME,
    STATICS,
    STATION_OF,
    TIMED,
    UNTIMED,
)
from ingest.compiled.bits import CHARACTERS, pack
from ingest.compiled.fields import IS_REPORT, IS_STATIC, kind_of
from ingest.compiled.header import header
from ingest.compiled.sentence import (
    AT,
    CHANNEL,
    CHANNEL_END,
    FILL,
    NEXT,
    NUMBER,
    PACKED,
    SEQUENCE,
    START,
    STATION,
    STATION_END,
    TOTAL,
    sentence,
)
from ingest.compiled.station import number_of

DONE: Final = 0
BY_LINE: Final = 1
"""Why the pass ended: the block is read, or the line at ``POS`` is not plain."""

_UNTIMED_US: Final = 10_000


@numba.njit(cache=True, nogil=True)
def scan(data, arrivals, state, messages, words, stations):  # type: ignore[no-untyped-def]
    """`DONE` or `BY_LINE`.

    `data` are whole lines, to be read from ``state[POS]`` on; `arrivals` where those end that
    came together, and when they came, us or `UNKNOWN_TIME`, shape (n, 2); the rest is `arena`'s.
    While a header waits that is not known here the next sentence is not plain.
    """
    arrival = 0
    one, last, next_one = np.empty(12, np.int64), np.empty(12, np.int64), np.empty(12, np.int64)
    end = len(data)
    _drop_held(state)
    while state[POS] < end:
        while state[POS] >= arrivals[arrival, 0]:
            arrival += 1
        state[RECEIVED] = arrivals[arrival, 1]
        if state[FOREIGN]:
            return BY_LINE
        at, base = state[POS], state[BITS]
        if not sentence(data, at, end, words, base, 0, one):
            if not header(data, at, end, one):
                return BY_LINE
            _hold(one, state)
            continue
        _fill_up(one, state[HELD_AT], state[HELD_STATION], state[HELD_STATION_END])
        parts, headers = one[TOTAL], 0
        last[:] = one
        if parts != 1:
            if one[NUMBER] != 1 or state[one[SEQUENCE]]:
                return BY_LINE
            headers = _others(data, end, words, base, one, last, next_one)
            if headers < 0:
                return BY_LINE
        station = 0
        if one[STATION] != one[STATION_END]:
            station = number_of(data, one[STATION], one[STATION_END], state, stations)
            if station < 0:
                return BY_LINE
        if last[AT] != UNKNOWN_TIME:
            state[LAST_TIME] = last[AT]
        heard_at, timed = _told(one[AT], state)
        if heard_at != UNKNOWN_TIME:
            kind = kind_of(words, base, last[PACKED], 6 * last[PACKED] - last[FILL])
            _put(state, messages, heard_at, timed, station, last[PACKED], last[FILL], kind)
        else:
            state[NO_TIME] += 1
        if state[HELD]:
            _drop_held(state)
        if not timed:
            state[UNTIMED] += 1
        if headers:
            state[HEADERS] += headers
        state[HEARD] += 1
        state[SENTENCES] += parts
        state[LINE] += parts + headers
        state[POS] = last[NEXT]
    return DONE


@numba.njit(cache=True, nogil=True)
def append(payload, fill, heard_at, timed, state, messages, words):  # type: ignore[no-untyped-def]
    """Whether the payload was packed; if not, its message has a number and is left."""
    base, characters = state[BITS], len(payload)
    packed = characters <= CHARACTERS and pack(payload, 0, words, base, 0) == characters
    kind = kind_of(words, base, characters, 6 * characters - fill) if packed else LEFT
    _put(state, messages, heard_at, timed, 0, characters if packed else 0, fill, kind)
    return packed


@numba.njit(cache=True, nogil=True, forceinline=True)
def _put(  # type: ignore[no-untyped-def]
    state, messages, heard_at, timed, station, characters, fill, kind
):
    """Gives the message that was packed last its number and its row."""
    message = state[MESSAGES]
    messages[message, HEARD_AT], messages[message, TIMED] = heard_at, timed
    messages[message, STATION_OF] = station
    messages[message, BITS_AT] = state[BITS]
    messages[message, LENGTH] = 6 * characters - fill
    messages[message, KIND] = kind
    state[MESSAGES] += 1
    if kind == 0:
        state[OTHER_TYPE] += 1
        return
    state[BITS] += characters // 8 + 2
    if kind > 0:
        state[REPORTS] += IS_REPORT[kind]
        state[STATICS] += IS_STATIC[kind]
        state[ROWS] += 1


@numba.njit(cache=True, nogil=True, forceinline=True)
def _told(at, state):  # type: ignore[no-untyped-def]
    """The time of a message, and whether anything told it."""
    if at != UNKNOWN_TIME:
        return at, True
    if state[RECEIVED] != UNKNOWN_TIME:
        return state[RECEIVED], True
    if state[LAST_TIME] != UNKNOWN_TIME:
        return state[LAST_TIME], True
    if state[START_TIME] == UNKNOWN_TIME:
        return UNKNOWN_TIME, False
    return state[START_TIME] + state[LINE] * _UNTIMED_US, False


@numba.njit(cache=True, nogil=True, forceinline=True)
def _drop_held(state):  # type: ignore[no-untyped-def]
    state[HELD], state[HELD_AT] = 0, UNKNOWN_TIME
    state[HELD_STATION] = state[HELD_STATION_END] = 0


@numba.njit(cache=True, nogil=True, forceinline=True)
def _hold(found, state):  # type: ignore[no-untyped-def]
    """Keeps a header line's facts for the next sentence, before those of earlier headers."""
    if found[AT] != UNKNOWN_TIME:
        state[HELD_AT] = found[AT]
    if found[STATION] != found[STATION_END]:
        state[HELD_STATION], state[HELD_STATION_END] = found[STATION], found[STATION_END]
    state[HELD] = 1
    state[HEADERS] += 1
    state[LINE] += 1
    state[POS] = found[NEXT]


@numba.njit(cache=True, nogil=True, forceinline=True)
def _fill_up(found, at, station, station_end):  # type: ignore[no-untyped-def]
    """Gives a sentence what it does not tell itself."""
    if found[AT] == UNKNOWN_TIME:
        found[AT] = at
    if found[STATION] == found[STATION_END]:
        found[STATION], found[STATION_END] = station, station_end


@numba.njit(cache=True, nogil=True)
def _others(data, end, words, base, one, last, found):  # type: ignore[no-untyped-def]
    """Header lines among the next sentences, if these are the other parts of `one`; else -1.

    The last part is then in `last`.
    """
    headers = 0
    for number in range(2, one[TOTAL] + 1):
        at, known_at, station, station_end = last[NEXT], UNKNOWN_TIME, 0, 0
        while at < end and header(data, at, end, found):
            headers, at = headers + 1, found[NEXT]
            known_at = known_at if found[AT] == UNKNOWN_TIME else found[AT]
            if found[STATION] != found[STATION_END]:
                station, station_end = found[STATION], found[STATION_END]
        if at >= end or not sentence(data, at, end, words, base, last[PACKED], found):
            return -1
        _fill_up(found, known_at, station, station_end)
        if found[NUMBER] != number or not _belongs(data, one, found):
            return -1
        if one[STATION] == one[STATION_END]:
            one[STATION], one[STATION_END] = found[STATION], found[STATION_END]
        last[:] = found
    return headers


@numba.njit(cache=True, nogil=True, forceinline=True)
def _belongs(data, one, other):  # type: ignore[no-untyped-def]
    """Whether a part is of the same message, as in `ingest.assembly`, and no less sure of it."""
    if one[TOTAL] != other[TOTAL] or one[SEQUENCE] != other[SEQUENCE]:
        return False
    if (one[AT] == UNKNOWN_TIME) != (other[AT] == UNKNOWN_TIME):
        return False
    if one[AT] != UNKNOWN_TIME and abs(one[AT] - other[AT]) > WINDOW_US:
        return False
    first, second = one[START], other[START]
    if data[first + 1] != data[second + 1] or data[first + 2] != data[second + 2]:
        return False
    named = one[STATION] != one[STATION_END] and other[STATION] != other[STATION_END]
    return _equal(data, one, other, CHANNEL, CHANNEL_END) and not (
        named and not _equal(data, one, other, STATION, STATION_END)
    )


@numba.njit(cache=True, nogil=True, forceinline=True)
def _equal(data, one, two, begin, end):  # type: ignore[no-untyped-def]
    """Whether two pieces of text are the same."""
    length = one[end] - one[begin]
    if length != two[end] - two[begin]:
        return False
    same = True
    for i in range(length):
        same = same and data[one[begin] + i] == data[two[begin] + i]
    return same
