"""Where the compiled pass writes: a row a message, their bits, and the stations that heard them."""

from typing import Final, NamedTuple

import numpy as np

from ingest.batch import UNKNOWN_TIME, Int16, Int64
from ingest.compiled.bits import WORDS

SEQUENCES: Final = 11
"""The state begins with how many open messages have each sequence number of one digit, and last,
none."""

(POS, LINE, LAST_TIME, RECEIVED, START_TIME, FOREIGN, HELD, HELD_AT, HELD_STATION,
 HELD_STATION_END, MESSAGES, REPORTS, STATICS, BITS, STATIONS, SENTENCES, HEADERS, HEARD,
 ROWS, OTHER_TYPE, UNTIMED, NO_TIME, _SIZE) = range(SEQUENCES, SEQUENCES + 23)  # fmt: skip
"""Places in the state: byte and line reached; last time told, time of arrival, and of the first
line; whether a header waits that only `ingest.nmea` knows, and one that was read here and what it
says; how far the arena is filled; and what is to be counted since the last look."""

COUNTED: Final = {
    "sentences": SENTENCES, "headers": HEADERS, "messages": HEARD, "rows": ROWS,
    "other_type": OTHER_TYPE, "untimed": UNTIMED, "no_time": NO_TIME,
}  # fmt: skip

(HEARD_AT, TIMED, STATION_OF, BITS_AT, LENGTH, KIND, COLUMNS) = range(7)
"""Places in a message's row: when it was heard, us, and whether anything told that; the station's
number; where its bits begin and how many there are; its type, 0 if that has no row, or `LEFT`."""

LEAST_LINE: Final = 16
"""Bytes of the shortest line with a sentence, ``!AIVDM,1,1,,,,*00`` and its end, at least."""

LEFT: Final = -1
"""A message that is not understood here: pyais decides."""

LEFT_REPORT: Final = -2
LEFT_STATIC: Final = -3
LEFT_BOTH: Final = -4
"""The same, when pyais has decided which rows it has."""

STATION_ROOM: Final = 32
STATION_LIMIT: Final = 1024
"""Stations held at a time. Chosen by us; a network's feed names a few hundred."""

(NUMBER_OF, NAME_LENGTH, NAME, _STATION_COLUMNS) = (0, 1, 2, 2 + STATION_ROOM)
"""Places in a station's row: its number, from 1, and its name."""


class Arena(NamedTuple):
    """Room for messages.

    Attributes:
        messages: shape (n, COLUMNS). bits: packed payloads, one after another.
        stations: rows by the hash of their name, open addressing.
    """

    messages: Int64
    bits: Int64
    stations: Int16


def arena() -> Arena:
    """An arena without room for messages."""
    return Arena(
        messages=np.empty((0, COLUMNS), np.int64),
        bits=np.empty(0, np.int64),
        stations=np.zeros((4 * STATION_LIMIT, _STATION_COLUMNS), np.int16),
    )


def roomy(old: Arena, filled: int, packed: int, size: int) -> Arena:
    """The arena with room behind its filled messages and packed words for `size` bytes of lines.

    A payload of them needs a word for eight characters and two more, and one that was joined from
    earlier lines or runs on to no end at most `WORDS`.
    """
    messages = size // LEAST_LINE + 1
    needed, words = filled + messages, packed + size // 8 + 2 * messages + 2 * WORDS
    if needed <= len(old.messages) and words <= len(old.bits):
        return old
    return old._replace(
        messages=_grown(old.messages, filled, needed), bits=_grown(old.bits, packed, words)
    )


def _grown(old: Int64, filled: int, needed: int) -> Int64:
    """The first rows of an array in one at least as long as needed, or twice as long as it was."""
    if needed <= len(old):
        return old
    new = np.empty((max(needed, 2 * len(old)), *old.shape[1:]), np.int64)
    new[:filled] = old[:filled]
    return new


def fresh_state(start_us: int = UNKNOWN_TIME, since_us: int | None = None) -> Int64:
    """Nothing read yet; for the times see `ingest.decode.Decoder`."""
    state = np.zeros(_SIZE, np.int64)
    state[START_TIME] = start_us
    state[LAST_TIME] = UNKNOWN_TIME if since_us is None else since_us
    return state
