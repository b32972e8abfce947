"""Where the compiled pass writes: columns with room, and how far each is filled."""

from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from ingest.batch import UNKNOWN_TIME, Column, Float32, Float64, Int8, Int16, Int32, Int64

(POS, LINE, LAST_TIME, MESSAGES, REPORTS, STATICS, TEXT, LINES, SENTENCES, HEARD, ROWS, OTHER_TYPE,
 UNTIMED, NO_TIME) = range(14)  # fmt: skip
"""Places in the state: byte and line reached, last time told, how far the columns are filled, and
what is to be counted since the last look."""

COUNTED: Final = {
    "lines": LINES, "sentences": SENTENCES, "messages": HEARD, "rows": ROWS,
    "other_type": OTHER_TYPE, "untimed": UNTIMED, "no_time": NO_TIME,
}  # fmt: skip

TEXTS: Final = 4
"""Texts of a static row: callsign, name, destination, eta."""

TEXT_ROOM: Final = 96
"""Bytes of text a line may bring: 7 + 20 + 20 + 11 of the message and a station's name."""

STATION_ROOM: Final = 32

Bools = npt.NDArray[np.bool_]
Bytes = npt.NDArray[np.uint8]


class Arena(NamedTuple):
    """Columns in rows of arrays by type, n long.

    Attributes:
        heard, timed, second, stated: of messages, as `ingest.clock.measured_at` wants them;
            station: where its name begins and ends in `text`.
        report_of: message of each report; place: lon, lat; motion: sog, cog, heading, rot;
            report_id: mmsi; kind: nav_status, msg_type.
        static_of: message of each static row; static_id: mmsi, imo; ship: ship_type, msg_type;
            size: four sides and draught; ends: where its texts end in `text`, which follow each
            other from `begins`.
    """

    heard: Int64
    timed: Bools
    second: Int8
    stated: Int64
    station: Int64
    report_of: Int64
    report_id: Int32
    place: Float64
    motion: Float32
    kind: Int8
    static_of: Int64
    static_id: Int32
    ship: Int16
    size: Float32
    begins: Int64
    ends: Int64
    text: Bytes


def arena(room: int) -> Arena:
    """Empty columns for `room` lines."""
    return Arena(
        heard=np.empty(room, np.int64),
        timed=np.empty(room, np.bool_),
        second=np.empty(room, np.int8),
        stated=np.empty(room, np.int64),
        station=np.empty((2, room), np.int64),
        report_of=np.empty(room, np.int64),
        report_id=np.empty(room, np.int32),
        place=np.empty((2, room), np.float64),
        motion=np.empty((4, room), np.float32),
        kind=np.empty((2, room), np.int8),
        static_of=np.empty(room, np.int64),
        static_id=np.empty((2, room), np.int32),
        ship=np.empty((2, room), np.int16),
        size=np.empty((5, room), np.float32),
        begins=np.empty(room, np.int64),
        ends=np.empty((TEXTS, room), np.int64),
        text=np.empty(TEXT_ROOM * room, np.uint8),
    )


def larger(old: Arena, room: int) -> Arena:
    """The same columns with room for more."""
    new = arena(room)
    pairs: zip[tuple[Column, Column]] = zip(new, old, strict=True)
    for fresh, filled in pairs:
        fresh[..., : filled.shape[-1]] = filled
    return new


def fresh_state() -> Int64:
    """Nothing read yet, no time told."""
    state = np.zeros(14, np.int64)
    state[LAST_TIME] = UNKNOWN_TIME
    return state
