"""A block of whole lines -> rows, up to the first line that is not plain.

Plain is a sentence at the start of a line with a right checksum: a whole message, or the first
of two parts whose other is the next line. A line of another kind is left to `ingest.nmea`, and
the pass goes on behind it; so the order and the state of a feed are those of reading it by line.
"""

from typing import Final

import numba
import numpy as np

from ingest.batch import UNKNOWN_TIME
from ingest.clock import EARLIEST_US, LATEST_US
from ingest.compiled.arena import (
    HEARD,
    LAST_TIME,
    LINE,
    LINES,
    MESSAGES,
    NO_TIME,
    OTHER_TYPE,
    POS,
    ROWS,
    SENTENCES,
    STATION_ROOM,
    TEXT,
    UNTIMED,
)  # fmt: skip
from ingest.compiled.bits import CHARACTERS, pack
from ingest.compiled.fields import LEFT, decode

DONE: Final = 0
BY_LINE: Final = 1
"""Why the pass ended: the block is read, or the line at ``POS`` is not plain."""

(_TOTAL, _NUMBER, _SEQUENCE, _CHANNEL, _CHANNEL_END, _PAYLOAD, _LENGTH, _FILL, _NEXT, _AT,
 _STATION, _STATION_END, _START) = range(13)  # fmt: skip
SEQUENCES: Final = 11
"""Sequence numbers of one digit, the last for none."""

_UNTIMED_US: Final = 10_000
_SHORT_SUFFIX: Final = 8
_HEX: Final = np.full(256, -1, np.int64)
for _digits in (b"0123456789abcdef", b"0123456789ABCDEF"):
    _HEX[list(_digits)] = np.arange(16)
_SPACE: Final = np.zeros(256, np.bool_)
_SPACE[list(b" \t\n\r\f\v")] = True


@numba.njit(cache=True, nogil=True)
def scan(  # type: ignore[no-untyped-def]
    data, held, received_at, start_us, as_sent, busy, words, state, columns
):
    """`DONE` or `BY_LINE`.

    `data` are whole lines, to be read from ``state[POS]`` on. `held` says that a header waits for
    the first sentence, which is then not plain; `busy` how many open messages of two parts have
    each sequence number, shape (11,). Times are us, `UNKNOWN_TIME` for none; `words` is room for
    a payload; for the rest see `ingest.decode.Decoder` and `ingest.compiled.arena`.
    """
    one, two = np.empty(13, np.int64), np.empty(13, np.int64)
    end = len(data)
    while state[POS] < end:
        if held or not _sentence(data, state[POS], end, one):
            return BY_LINE
        last, parts = one, one[_TOTAL]
        if parts != 1:
            if not _pair(data, end, one, two, busy):
                return BY_LINE
            last = two
        characters = pack(data, one[_PAYLOAD], one[_LENGTH], words, 0)
        if parts != 1 and characters >= 0:
            characters = pack(data, two[_PAYLOAD], two[_LENGTH], words, characters)
        if characters < 0:
            return BY_LINE
        if one[_AT] != UNKNOWN_TIME:
            state[LAST_TIME] = one[_AT]
        at, timed = _told(one[_AT], received_at, start_us, state)
        if at != UNKNOWN_TIME:
            message = state[MESSAGES]
            columns.heard[message] = at
            columns.timed[message] = timed
            rows = decode(words, characters, last[_FILL], message, as_sent, state, columns)
            if rows == LEFT:
                return BY_LINE
            _put_station(data, one, message, state, columns)
            state[MESSAGES] += 1
            state[ROWS if rows else OTHER_TYPE] += 1
        else:
            state[NO_TIME] += 1
        state[UNTIMED] += not timed
        state[HEARD] += 1
        state[SENTENCES] += parts
        state[LINES] += parts
        state[LINE] += parts
        state[POS] = last[_NEXT]
    return DONE


@numba.njit(cache=True, nogil=True)
def append(  # type: ignore[no-untyped-def]
    payload, fill, at, timed, as_sent, words, state, columns
):
    """Whether the message of this payload was understood; else it has its number but no row."""
    message = state[MESSAGES]
    columns.heard[message] = at
    columns.timed[message] = timed
    columns.second[message] = 60
    columns.stated[message] = UNKNOWN_TIME
    columns.station[0, message] = 0
    columns.station[1, message] = 0
    state[MESSAGES] += 1
    if len(payload) > CHARACTERS:
        return False
    characters = pack(payload, 0, len(payload), words, 0)
    if characters < 0:
        return False
    rows = decode(words, characters, fill, message, as_sent, state, columns)
    if rows == LEFT:
        return False
    state[ROWS if rows else OTHER_TYPE] += 1
    return True


@numba.njit(cache=True, nogil=True, forceinline=True)
def _told(at, received_at, start_us, state):  # type: ignore[no-untyped-def]
    """The time of a message, and whether anything told it."""
    if at != UNKNOWN_TIME:
        return at, True
    if received_at != UNKNOWN_TIME:
        return received_at, True
    if state[LAST_TIME] != UNKNOWN_TIME:
        return state[LAST_TIME], True
    if start_us == UNKNOWN_TIME:
        return UNKNOWN_TIME, False
    return start_us + state[LINE] * _UNTIMED_US, False


@numba.njit(cache=True, nogil=True, forceinline=True)
def _pair(data, end, one, two, busy):  # type: ignore[no-untyped-def]
    """Whether the next line is the other part of a plain message of two that no open one takes."""
    return (
        one[_TOTAL] == 2
        and one[_NUMBER] == 1
        and busy[one[_SEQUENCE]] == 0
        and one[_AT] == UNKNOWN_TIME
        and one[_STATION] == one[_STATION_END]
        and one[_NEXT] < end
        and _sentence(data, one[_NEXT], end, two)
        and two[_TOTAL] == 2
        and two[_NUMBER] == 2
        and two[_AT] == UNKNOWN_TIME
        and two[_STATION] == two[_STATION_END]
        and one[_LENGTH] + two[_LENGTH] <= CHARACTERS
        and _alike(data, one, two)
    )


@numba.njit(cache=True, nogil=True, forceinline=True)
def _alike(data, one, two):  # type: ignore[no-untyped-def]
    """Whether talker, sequence number and channel agree."""
    length = one[_CHANNEL_END] - one[_CHANNEL]
    if one[_SEQUENCE] != two[_SEQUENCE] or length != two[_CHANNEL_END] - two[_CHANNEL]:
        return False
    for i in range(length):
        if data[one[_CHANNEL] + i] != data[two[_CHANNEL] + i]:
            return False
    first, second = one[_START], two[_START]
    return data[first + 1] == data[second + 1] and data[first + 2] == data[second + 2]


@numba.njit(cache=True, nogil=True, forceinline=True)
def _put_station(data, found, message, state, columns):  # type: ignore[no-untyped-def]
    at = state[TEXT]
    columns.station[0, message] = at
    for i in range(found[_STATION], found[_STATION_END]):
        columns.text[at] = data[i]
        at += 1
    columns.station[1, message] = at
    state[TEXT] = at


@numba.njit(cache=True, nogil=True, forceinline=True)
def _sentence(data, start, end, found):  # type: ignore[no-untyped-def]
    """Whether a plain line begins at `start`; where its parts are is put in `found`."""
    found[_AT] = UNKNOWN_TIME
    found[_STATION] = found[_STATION_END] = 0
    i = start
    if data[i] == 92:
        i = _tag_block(data, i, end, found)
        if i < 0:
            return False
    if end - i < 20 or data[i] != 33 or data[i + 3] != 86 or data[i + 4] != 68:
        return False
    if data[i + 5] != 77 and data[i + 5] != 79:
        return False
    for at in (i + 1, i + 2):
        if data[at] == 44 or data[at] >= 128 or _SPACE[data[at]]:
            return False
    if data[i + 6] != 44 or data[i + 8] != 44 or data[i + 10] != 44:
        return False
    total, number = np.int64(data[i + 7]) - 48, np.int64(data[i + 9]) - 48
    if total > 9 or number < 1 or number > total:
        return False
    found[_START], found[_TOTAL], found[_NUMBER] = i, total, number
    return _rest(data, i + 11, end, found)


@numba.njit(cache=True, nogil=True, forceinline=True)
def _rest(data, i, end, found):  # type: ignore[no-untyped-def]
    """The sentence from the sequence number on."""
    found[_SEQUENCE] = 10
    if 48 <= data[i] <= 57:
        found[_SEQUENCE] = data[i] - 48
        i += 1
    if data[i] != 44:
        return False
    found[_CHANNEL] = i + 1
    i = _comma(data, i + 1, min(end, i + 10))
    found[_CHANNEL_END], found[_PAYLOAD] = i, i + 1
    if i < 0:
        return False
    i = _comma(data, i + 1, min(end, i + CHARACTERS + 2))
    found[_LENGTH] = i - found[_PAYLOAD]
    if i < 0 or end - i < 6:
        return False
    i += 1
    found[_FILL] = 0
    if 48 <= data[i] <= 53:
        found[_FILL] = data[i] - 48
        i += 1
    if data[i] != 42 or i + 3 >= end:
        return False
    check = np.uint8(0)
    for at in range(found[_START] + 1, i):
        check ^= data[at]
    if _HEX[data[i + 1]] < 0 or _HEX[data[i + 2]] < 0:
        return False
    if check != _HEX[data[i + 1]] * 16 + _HEX[data[i + 2]]:
        return False
    return _suffix(data, i + 3, end, found)


@numba.njit(cache=True, nogil=True, forceinline=True)
def _comma(data, i, end):  # type: ignore[no-untyped-def]
    """Where the next comma is on this line, -1 if an asterisk or the end comes first."""
    while i < end:
        if data[i] == 44:
            return i
        if data[i] == 42 or data[i] == 10:
            return -1
        i += 1
    return -1


@numba.njit(cache=True, nogil=True, forceinline=True)
def _suffix(data, i, end, found):  # type: ignore[no-untyped-def]
    """Whether nothing of note or ``,r003669987,1152921693`` ends the line."""
    for after in range(i, min(end, i + _SHORT_SUFFIX + 1)):
        if data[after] == 10:
            found[_NEXT] = after + 1
            return True
    if data[i] != 44 or (data[i + 1] != 114 and data[i + 1] != 98):
        return False
    station = i + 1
    i += 2
    while i < end and 48 <= data[i] <= 57:
        i += 1
    if i == station + 1 or i - station > STATION_ROOM or i >= end or data[i] != 44:
        return False
    after, at = _epoch(data, i + 1, end)
    if after < 0:
        return False
    if after < end and data[after] == 13:
        after += 1
    if after >= end or data[after] != 10:
        return False
    if found[_AT] == UNKNOWN_TIME:
        found[_AT] = at
    if found[_STATION] == found[_STATION_END]:
        found[_STATION], found[_STATION_END] = station, i
    found[_NEXT] = after + 1
    return True


@numba.njit(cache=True, nogil=True, forceinline=True)
def _epoch(data, i, end):  # type: ignore[no-untyped-def]
    """Where an epoch of ten digits ends and its time, us; -1 if there is none."""
    value = np.int64(0)
    for at in range(i, i + 10):
        if at >= end or not 48 <= data[at] <= 57:
            return -1, UNKNOWN_TIME
        value = value * 10 + (data[at] - 48)
    instant = value * 1_000_000
    if not EARLIEST_US <= instant < LATEST_US:
        return -1, UNKNOWN_TIME
    return i + 10, instant


@numba.njit(cache=True, nogil=True, forceinline=True)
def _tag_block(data, i, end, found):  # type: ignore[no-untyped-def]
    """Where the sentence begins behind a plain tag block of s, c, t; -1 if it is another."""
    check = np.uint8(0)
    begin = i + 1
    i = begin
    while i + 2 < end and data[i] != 42:
        if data[i + 1] != 58:
            return -1
        kind, i = data[i], i + 2
        value = i
        while i < end and data[i] != 44 and data[i] != 42:
            if not 33 <= data[i] <= 126 or data[i] == 92:
                return -1
            i += 1
        if kind == 115 and found[_STATION_END] == 0 and 0 < i - value <= STATION_ROOM:
            found[_STATION], found[_STATION_END] = value, i
        elif kind == 99 and found[_AT] == UNKNOWN_TIME:
            after, found[_AT] = _epoch(data, value, end)
            if after != i:
                return -1
        elif kind != 116:
            return -1
        if i < end and data[i] == 44:
            i += 1
    if i + 4 >= end or data[i] != 42 or data[i + 3] != 92:
        return -1
    for at in range(begin, i):
        check ^= data[at]
    if _HEX[data[i + 1]] < 0 or _HEX[data[i + 2]] < 0:
        return -1
    return i + 4 if check == _HEX[data[i + 1]] * 16 + _HEX[data[i + 2]] else -1
