"""The exercise `world`: load traffic on the lanes of the whole world, nothing planted in it.

(vessels, start, seed) -> lines, a minute at a time. Ships sail from port to port and back, lie
moored or at anchor between; the aggregator passes on one position of a ship under way a minute
(one in three minutes of one that lies), some of them by two receivers, and her static data every
six minutes (ITU-R M.1371-5 annex 8, 3.3). A place hangs on ship and instant only, so any stretch
is made by itself. Everything is invented: stations are called EX-, ships SYNTHETIC.
"""

from collections.abc import Iterator
from typing import Final

import numpy as np
import numpy.typing as npt

from ingest.exercise import encode
from ingest.exercise.chance import uniform
from ingest.exercise.world_lanes import Lanes, lay_lanes
from ingest.exercise.world_lines import (
    ANCHORED,
    LINE_ROOM,
    LINES_A_SHIP,
    MOORED,
    write_minute,
)
from sea.errors import BadInputError
from sea.units import MINUTE_US, SECOND_US, Microseconds

MOST_VESSELS: Final = 300_000

_KINDS: Final = np.array([0.45, 0.30, 0.25])
"""Shares of merchants on ocean lanes, class A on coastal ones, class B there; chosen by us."""

_CRUISE_KN: Final = np.array([[11.0, 19.0], [7.0, 12.0], [5.0, 15.0]])
_STAY_S: Final = np.array([[0.4, 3.0], [0.2, 1.0], [0.2, 2.0]]) * 86_400
_TRAWLERS: Final = 0.3
_TRAWL_KN: Final = 3.5
_AT_ANCHOR: Final = 0.35
_ANCHORAGE_NM: Final = 4.0
_SHIP_TYPES: Final = ((70, 71, 79, 80, 89), (70, 79, 52, 60, 30), (36, 37, 30, 36, 37))
_FLAGS: Final = (351, 370, 636, 538, 477, 563, 249, 256, 311, 241, 219, 244, 235, 431, 412, 525)
_CHUNK: Final = 20_000

Array = npt.NDArray[np.generic]


class World:
    """Traffic of up to `MOST_VESSELS` ships from `start_us` on.

    Raises:
        BadInputError: more vessels than that, or none.
    """

    def __init__(self, *, start_us: Microseconds, vessels: int, seed: int) -> None:
        if not 1 <= vessels <= MOST_VESSELS:
            raise BadInputError(
                f"vessels must be 1 to {MOST_VESSELS}, not {vessels}", field="vessels"
            )
        self.start_us = start_us
        self._who = np.arange(vessels)
        self._seed = seed
        lanes = lay_lanes(vessels, seed)
        kind = np.searchsorted(np.cumsum(_KINDS), self._draw("kind"), side="right")
        self._lanes = (lanes.first, lanes.lon, lanes.lat, lanes.aside_lon, lanes.aside_lat,
                       lanes.coastal, lanes.step_nm)  # fmt: skip
        self._fleet = self._crewed(np.minimum(kind, 2), lanes)
        self._texts = self._declared(np.minimum(kind, 2), lanes)
        self._order = np.argsort(self._fleet[0], kind="stable")
        self._out = np.empty(LINES_A_SHIP * LINE_ROOM * vessels, np.uint8)
        self._ends = np.empty(LINES_A_SHIP * vessels, np.int64)
        self._received = np.empty(LINES_A_SHIP * vessels, np.int64)

    def played(self, from_us: Microseconds, to_us: Microseconds) -> Iterator[bytes]:
        """The lines of from_us <= received < to_us, a minute of them at a time."""
        for ends, received_us in self._minutes(from_us, to_us):
            first, last = np.searchsorted(received_us, [from_us, to_us]).tolist()
            begin = int(ends[first - 1]) if first else 0
            yield self._out[begin : int(ends[last - 1]) if last else 0].tobytes()

    def lines(
        self, from_us: Microseconds, to_us: Microseconds
    ) -> Iterator[tuple[Microseconds, bytes]]:
        """(received_us, line) of from_us <= received < to_us, in order."""
        for ends, received_us in self._minutes(from_us, to_us):
            first, last = np.searchsorted(received_us, [from_us, to_us]).tolist()
            begins = np.r_[0, ends[:-1]]
            data = self._out[: ends[-1]].tobytes() if len(ends) else b""
            bounds = zip(begins[first:last].tolist(), ends[first:last].tolist(), strict=True)
            rows = [data[begin:end] for begin, end in bounds]
            yield from zip(received_us[first:last].tolist(), rows, strict=True)

    def _minutes(
        self, from_us: Microseconds, to_us: Microseconds
    ) -> Iterator[tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]]:
        """(where each line ends, when it was received) of each minute, valid until the next."""
        low = max(from_us, self.start_us)
        for minute in range(
            (low - self.start_us) // MINUTE_US, -((self.start_us - to_us) // MINUTE_US)
        ):
            lines = write_minute(
                minute, self.start_us + minute * MINUTE_US, self.start_us, self._order,
                self._fleet, self._lanes, self._texts, self._out, self._ends, self._received,
            )  # fmt: skip
            yield self._ends[:lines], self._received[:lines]

    def _draw(self, salt: str) -> npt.NDArray[np.float64]:
        return uniform(self._seed, salt, self._who)

    def _between(self, salt: str, bounds: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        low, high = bounds.T
        drawn: npt.NDArray[np.float64] = low + (high - low) * self._draw(salt)
        return drawn

    def _crewed(self, kind: npt.NDArray[np.int64], lanes: Lanes) -> tuple[Array, ...]:
        """The arrays of `world_lines`: who each ship is and how she sails."""
        count = len(lanes.codes) - lanes.ocean
        pick = self._draw("lane")
        lane = np.where(kind == 0, pick * lanes.ocean, lanes.ocean + pick * count).astype(np.int64)
        trawls = (kind == 1) & (self._draw("trawls") < _TRAWLERS)
        cruise = np.where(trawls, _TRAWL_KN, self._between("cruise", _CRUISE_KN[kind]))
        anchors = (kind < 2) & (self._draw("anchors") < _AT_ANCHOR)
        off_nm = np.where(anchors, _ANCHORAGE_NM, 0.0)
        end_nm = lanes.length_nm()[lane] - off_nm
        stay_s = self._between("stay", _STAY_S[kind])
        cycle_s = 2 * ((end_nm - off_nm) / cruise * 3600 + stay_s)
        plate = np.empty(len(kind), np.int64)
        for class_b in (False, True):
            mine = np.flatnonzero((kind == 2) == class_b)
            plate[mine] = np.arange(len(mine))
        return (
            (self._draw("phase") * MINUTE_US).astype(np.int64),
            ((0.2 + 1.8 * self._draw("delay")) * SECOND_US).astype(np.int64),
            self._numbers(), kind == 2, plate, cruise, lane, off_nm, end_nm, stay_s,
            self._draw("ahead") * cycle_s, 2 * self._draw("east") - 1, 2 * self._draw("north") - 1,
            np.where(anchors, ANCHORED, MOORED), trawls,
        )  # fmt: skip

    def _numbers(self) -> npt.NDArray[np.int64]:
        """MMSI, different for every ship: a flag of the register and a serial number."""
        flags = np.array(_FLAGS)[(self._draw("flag") * len(_FLAGS)).astype(np.int64)]
        serial = (self._seed * 104_729 + self._who * 7919 + 123_457) % 1_000_000
        numbers: npt.NDArray[np.int64] = flags * 1_000_000 + serial
        return numbers

    def _declared(self, kind: npt.NDArray[np.int64], lanes: Lanes) -> tuple[Array, Array, Array]:
        """Payloads of types 5 (outward and homeward bound), 24 A and 24 B, a row a ship."""
        type_5: list[tuple[encode.Bytes, encode.Bytes]] = []
        parts: list[tuple[encode.Bytes, encode.Bytes]] = []
        lane = self._fleet[6]
        for class_b, told in ((False, type_5), (True, parts)):
            mine = np.flatnonzero((kind == 2) == class_b)
            for at in range(0, max(len(mine), 1), _CHUNK):
                who = mine[at : at + _CHUNK]
                if class_b:
                    told.append(self._type_24(who, kind))
                else:
                    codes = [lanes.codes[i] for i in lane[who].tolist()]
                    told.append(self._type_5(who, kind, codes))
        outward, homeward = (np.concatenate(rows) for rows in zip(*type_5, strict=True))
        first, second = (np.concatenate(rows) for rows in zip(*parts, strict=True))
        return np.stack([outward, homeward]), first, second

    def _type_5(
        self, who: npt.NDArray[np.int64], kind: npt.NDArray[np.int64], codes: list[tuple[str, str]]
    ) -> tuple[encode.Bytes, encode.Bytes]:
        none = np.zeros(len(who), np.int64)
        draught = np.round(self._hull(who, kind)["to_stern"] / 17 * 10 + 20).astype(np.int64)
        outward, homeward = (
            encode.static_a(
                **self._hull(who, kind), imo=none, callsign=encode.six_bit([""] * len(who), 7),
                name=_names(who), month=none, day=none, hour=none + 24, minute=none + 60,
                draught=draught, destination=encode.six_bit([ends[to] for ends in codes], 20),
            )
            for to in (1, 0)
        )  # fmt: skip
        return outward, homeward

    def _type_24(
        self, who: npt.NDArray[np.int64], kind: npt.NDArray[np.int64]
    ) -> tuple[encode.Bytes, encode.Bytes]:
        hull = self._hull(who, kind)
        vendor, callsign = encode.six_bit(["EXR"] * len(who), 3), encode.six_bit([""] * len(who), 7)
        return (
            encode.static_b_name(mmsi=hull["mmsi"], name=_names(who)),
            encode.static_b_ship(**hull, vendor=vendor, callsign=callsign),
        )

    def _hull(
        self, who: npt.NDArray[np.int64], kind: npt.NDArray[np.int64]
    ) -> dict[str, npt.NDArray[np.int64]]:
        luck = uniform(self._seed, "hull", who)
        length = np.select([kind[who] == 0, kind[who] == 1], [120 + 180 * luck, 40 + 70 * luck],
                           9 + 14 * luck).astype(np.int64)  # fmt: skip
        types = np.array(_SHIP_TYPES)[kind[who]]
        pick = (uniform(self._seed, "type", who) * types.shape[1]).astype(np.int64)
        ship_type = types[np.arange(len(who)), pick]
        to_bow, beam = length * 4 // 5, length // 6 + 2
        return dict(mmsi=self._fleet[2][who], ship_type=ship_type, to_bow=to_bow,
                    to_stern=length - to_bow, to_port=beam // 2,
                    to_starboard=beam - beam // 2)  # fmt: skip


def _names(who: npt.NDArray[np.int64]) -> encode.Bytes:
    return encode.six_bit([f"SYNTHETIC {index:06d}" for index in who.tolist()], 20)
