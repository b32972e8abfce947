"""What the aggregator passes on: motion and reception -> lines, an hour at a time.

Ships transmit as often as ITU-R M.1371-5 asks (annex 1 table 1). The aggregator passes on one
position of a ship a minute, the first heard after the ship's own second of each minute, and
every static message heard. An hour is made from its number alone, whatever was made before.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from ingest.exercise import encode
from ingest.exercise.chance import uniform
from ingest.exercise.falsehood import Falsehood, falsified
from ingest.exercise.fleet import Ship
from ingest.exercise.reception import Reception
from ingest.exercise.statics import Statics, channel_of
from ingest.exercise.track import ANCHORED, FISHING, MOORED, Floats, Ints, States, Tracks
from ingest.exercise.voyage import Itinerary
from sea.units import SECOND_US, Microseconds

BLOCK_S: Final = 3600
STATIC_EVERY_S: Final = 360.0
"""Static and voyage data every 6 min (ITU-R M.1371-5 annex 8, 3.3)."""

_NOISE_DEG: Final = 8 / 1852 / 60
_HEARD_STATIC: Final = 0.6


@dataclass(frozen=True, slots=True, kw_only=True)
class Mute:
    """A ship's transmitter is off."""

    ship: int
    from_s: float
    to_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """Transmissions somebody heard, one a row, as broadcast; `second` is another station or -1."""

    ship: Ints
    at_s: Floats
    states: States
    receiver: Ints
    second: Ints

    def take(self, rows: npt.NDArray[np.generic]) -> "Heard":
        """The rows of a mask or index."""
        states = {name: getattr(self.states, name)[rows] for name in States.__slots__}
        return Heard(ship=self.ship[rows], at_s=self.at_s[rows], states=States(**states),
                     receiver=self.receiver[rows], second=self.second[rows])  # fmt: skip


class Hearings(NamedTuple):
    """Which ship was heard when, and by which receiver, ship by ship in order of time.

    Attributes:
        second: another station that heard it too, or -1.
    """

    ship: Ints
    at_s: Floats
    receiver: Ints
    second: Ints

    def times(self, ships: int) -> list[Floats]:
        """When each of so many ships was heard, ascending."""
        return np.split(self.at_s, np.searchsorted(self.ship, np.arange(1, ships)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """One hour of lines in order; `received_us` has one instant a line."""

    received_us: Ints
    lines: list[bytes]


def report_interval_s(
    class_b: npt.NDArray[np.bool_], sog: Floats, status: npt.NDArray[np.int8]
) -> Floats:
    """Seconds between position reports: ITU-R M.1371-5 annex 1 tables 1 and 2 (class B "CS")."""
    lying = ((status == ANCHORED) | (status == MOORED)) & (sog <= 3)
    class_a = np.select([lying, sog <= 14, sog <= 23], [180.0, 10.0, 6.0], 2.0)
    return np.where(class_b, np.where(sog <= 2, 180.0, 30.0), class_a)


class Traffic:
    """All messages of a fleet that sails its itineraries, or a share of those heard."""

    def __init__(
        self,
        ships: Sequence[Ship],
        itineraries: Sequence[Itinerary],
        mutes: Sequence[Mute],
        reception: Reception,
        *,
        start_us: Microseconds,
        seed: int,
        falsehoods: Sequence[Falsehood] = (),
        passed_share: float = 1.0,
    ) -> None:
        self._falsehoods = falsehoods
        self._passed_share = passed_share
        self._clocks_s = reception.clocks_s
        self._tracks = Tracks([i.track for i in itineraries])
        self._mutes = mutes
        self._reception = reception
        self._names = reception.names
        self._start_us = start_us
        self._seed = seed
        index = np.arange(len(ships))
        self._phase = 60 * uniform(seed, "phase", index)
        self._grid = uniform(seed, "grid", index)
        self._class_b = np.array([s.class_b for s in ships])
        self._mmsi = np.array([s.mmsi for s in ships])
        self._statics = Statics(ships, itineraries, start_us)

    def heard(self, ship: Ints, first_minute: int, last_minute: int) -> Heard:
        """Position reports passed on of ships, of the minutes [first, last) of each."""
        minutes = np.arange(first_minute, last_minute)
        rows = np.tile(ship, len(minutes))
        due = np.repeat(minutes, len(ship)) * 60.0 + self._phase[rows]
        state = self._tracks.at(rows, due)
        interval = report_interval_s(self._class_b[rows], state.sog, state.status)
        offset = self._grid[rows] * interval
        at_s = offset + np.ceil((due - offset) / interval) * interval
        sent = (at_s - due < 60) & ~self._muted(rows, at_s)
        return self._received(rows[sent], at_s[sent])

    def hearings(self, minutes: int) -> Hearings:
        """Position reports passed on in the first minutes."""
        everybody = np.arange(len(self._mmsi))
        hours = [self.heard(everybody, first, min(first + 60, minutes))
                 for first in range(0, minutes, 60)]  # fmt: skip
        columns = (np.concatenate([getattr(heard, name) for heard in hours])
                   for name in ("ship", "at_s", "receiver", "second"))  # fmt: skip
        ship, at_s, receiver, second = columns
        order = np.lexsort((at_s, ship))
        return Hearings(ship[order], at_s[order], receiver[order], second[order])

    def statics_heard(self, ship: int, from_s: float, to_s: float) -> Floats:
        """When a ship's static messages were heard between two instants, ascending."""
        blocks = range(int(from_s // BLOCK_S), int(to_s // BLOCK_S) + 1)
        heard = [self._heard_statics(np.array([ship]), number).at_s for number in blocks]
        at_s = np.unique(np.concatenate(heard)) if heard else np.empty(0)
        return at_s[(at_s >= from_s) & (at_s < to_s)]

    def block(self, number: int) -> Block:
        """All lines received in one hour since the start."""
        begin = number * BLOCK_S // 60
        everybody = np.arange(len(self._mmsi))
        positions = self.heard(everybody, begin - 2, begin + BLOCK_S // 60)
        statics = self._heard_statics(everybody, number)
        rows = [*self._position_lines(positions), *self._static_lines(statics)]
        low = self._start_us + number * BLOCK_S * SECOND_US
        inside = [row for row in rows if low <= row[0] < low + BLOCK_S * SECOND_US]
        inside.sort(key=lambda row: row[:3])
        return Block(
            received_us=np.array([row[0] for row in inside], np.int64),
            lines=[row[3] for row in inside],
        )

    def _received(self, ship: Ints, at_s: Floats) -> Heard:
        states = self._tracks.at(ship, at_s)
        receiver, second = self._reception.heard(
            ship, at_s, states.lon, states.lat, self._class_b[ship]
        )
        params = self._reception.params
        twice = uniform(self._seed, "twice", ship, np.floor(at_s)) < params.twice_chance
        told = falsified(states, ship, at_s, self._falsehoods, seed=self._seed,
                         bad_fix_chance=params.bad_fix_chance)  # fmt: skip
        whole = Heard(ship=ship, at_s=at_s, states=told, receiver=receiver,
                      second=np.where(twice, second, -1))  # fmt: skip
        lost = uniform(self._seed, "passed", ship, np.floor(at_s)) >= self._passed_share
        return whole.take((receiver >= 0) & ~lost)

    def _heard_statics(self, everybody: Ints, number: int) -> Heard:
        first = int(number * BLOCK_S // STATIC_EVERY_S) - 1
        turns = np.arange(first, first + int(BLOCK_S // STATIC_EVERY_S) + 2)
        ship = np.tile(everybody, len(turns))
        at_s = (np.repeat(turns, len(everybody)) + self._grid[ship]) * STATIC_EVERY_S
        lucky = uniform(self._seed, "static", ship, np.floor(at_s)) < _HEARD_STATIC
        sent = lucky & ~self._muted(ship, at_s)
        return self._received(ship[sent], at_s[sent])

    def _muted(self, ship: Ints, at_s: Floats) -> npt.NDArray[np.bool_]:
        muted = np.zeros(len(ship), bool)
        if len(at_s):
            low, high = at_s.min(), at_s.max()
            for mute in self._mutes:
                if mute.from_s <= high and mute.to_s >= low:
                    off = (at_s >= mute.from_s) & (at_s < mute.to_s)
                    muted |= off & (ship == mute.ship)
        return muted

    def _instants(self, heard: Heard) -> tuple[Ints, Ints]:
        """(us of transmission, us of reception)."""
        sent_us = self._start_us + np.rint(heard.at_s * SECOND_US).astype(np.int64)
        late = 0.2 + 0.9 * uniform(self._seed, "late", heard.ship, np.floor(heard.at_s))
        return sent_us, sent_us + np.rint(late * SECOND_US).astype(np.int64)

    def _position_lines(self, heard: Heard) -> list[tuple[int, int, int, bytes]]:
        sent_us, received_us = self._instants(heard)
        rows: list[tuple[int, int, int, bytes]] = []
        for class_b in (False, True):
            mine = np.flatnonzero(self._class_b[heard.ship] == class_b)
            part = heard.take(mine)
            payload = self._payload(part, sent_us[mine], class_b=class_b)
            again = np.flatnonzero(part.second >= 0)
            which = np.concatenate([np.arange(len(mine)), again])
            receiver = np.concatenate([part.receiver, part.second[again]])
            at_us = received_us[mine][which]
            at_us[len(mine) :] += SECOND_US // 3
            lines = encode.single_part(
                payload[which],
                fill=0,
                station=[self._names[r] for r in receiver.tolist()],
                heard_at_s=at_us // SECOND_US + self._clocks_s[receiver],
                channel=channel_of(part.ship[which], at_us),
            )
            ships = part.ship[which].tolist()
            rows += zip(at_us.tolist(), ships, [0] * len(which), lines, strict=True)
        return rows

    def _payload(self, heard: Heard, sent_us: Ints, *, class_b: bool) -> encode.Bytes:
        ship, states = heard.ship, heard.states
        tick = sent_us // SECOND_US
        jitter = [
            uniform(self._seed, salt, ship, tick) - 0.5 for salt in ("lon", "lat", "sog", "cog")
        ]
        lying = (states.status == ANCHORED) | (states.status == MOORED)
        sog = np.maximum(states.sog + np.where(lying, np.abs(jitter[2]) * 0.5, jitter[2] * 0.2), 0)
        cog = np.where(lying, 360 * (jitter[3] + 0.5), states.cog + jitter[3] * 1.6) % 360
        heading = (states.heading + jitter[3] * 2) % 360
        small = class_b or np.isin(states.status, [FISHING])
        common = {
            "mmsi": self._mmsi[ship],
            "sog": np.rint(sog * 10).astype(np.int64),
            "lon": np.rint((states.lon + jitter[0] * 2 * _NOISE_DEG) * 600_000).astype(np.int64),
            "lat": np.rint((states.lat + jitter[1] * 2 * _NOISE_DEG) * 600_000).astype(np.int64),
            "cog": np.rint(cog * 10).astype(np.int64) % 3600,
            "heading": np.where(small, 511, np.rint(heading) % 360).astype(np.int64),
            "second": tick % 60,
        }
        if class_b:
            return encode.position_b(**common, radio=np.full(len(ship), 0xE0006))
        return encode.position_a(
            **common,
            msg_type=np.where(lying, 3, 1),
            nav_status=states.status.astype(np.int64),
            rot=np.where(states.status == FISHING, -128, 0),
            radio=(tick * 37 + ship * 101) % 2250,
        )

    def _static_lines(self, heard: Heard) -> list[tuple[int, int, int, bytes]]:
        _, received_us = self._instants(heard)
        rows: list[tuple[int, int, int, bytes]] = []
        names = [self._names[r] for r in heard.receiver.tolist()]
        for class_b in (False, True):
            mine = np.flatnonzero(self._class_b[heard.ship] == class_b)
            if not len(mine):
                continue
            ship, at_us = heard.ship[mine], received_us[mine]
            told_us = at_us + self._clocks_s[heard.receiver[mine]] * SECOND_US
            station = [names[i] for i in mine.tolist()]
            lines = (
                self._statics.class_b(ship, told_us, station)
                if class_b
                else self._statics.class_a(ship, told_us, heard.at_s[mine], station)
            )
            for at, who, pair in zip(at_us.tolist(), ship.tolist(), lines, strict=True):
                rows += [(at, who, 1, pair[0]), (at, who, 2, pair[1])]
        return rows
