"""What ships say of themselves: the fleet and its notes -> static and voyage messages."""

from collections.abc import Sequence

import numpy as np

from ingest.exercise import encode
from ingest.exercise.fleet import Ship
from ingest.exercise.track import Floats, Ints
from ingest.exercise.voyage import Itinerary
from sea.instants import from_us
from sea.units import SECOND_US, Microseconds


class Statics:
    """What ships say of themselves, ready as columns."""

    def __init__(
        self, ships: Sequence[Ship], itineraries: Sequence[Itinerary], start_us: Microseconds
    ) -> None:
        self._hulls = {
            name: np.array([getattr(ship, name) for ship in ships], np.int64)
            for name in ("mmsi", "ship_type", "to_bow", "to_stern", "to_port", "to_starboard")
        }
        self._imo = np.array([ship.imo for ship in ships])
        self._vendor = encode.six_bit(["EXR"], 3)
        self._name = encode.six_bit([s.name for s in ships], 20)
        self._callsign = encode.six_bit([s.callsign for s in ships], 7)
        notes = [(i, note) for i, it in enumerate(itineraries) for note in it.notes]
        self._key = np.array([i * 1e9 + note.from_s for i, note in notes])
        self._first = np.searchsorted([i for i, _ in notes], np.arange(len(ships)))
        self._destination = encode.six_bit([note.destination for _, note in notes], 20)
        self._draught = np.array([round(note.draught * 10) for _, note in notes])
        self._eta = np.array([_eta(note.eta_s, start_us) for _, note in notes]).T

    def class_a(
        self, ship: Ints, received_us: Ints, at_s: Floats, station: Sequence[bytes]
    ) -> list[tuple[bytes, bytes]]:
        """Type 5 as the pair of its lines."""
        note = np.searchsorted(self._key, ship * 1e9 + at_s, side="right") - 1
        note = np.maximum(note, self._first[ship])
        month, day, hour, minute = self._eta[:, note]
        payload = encode.static_a(
            **self._hull(ship), imo=self._imo[ship], callsign=self._callsign[ship],
            name=self._name[ship], month=month, day=day, hour=hour, minute=minute,
            draught=self._draught[note], destination=self._destination[note],
        )  # fmt: skip
        return encode.two_part(payload, fill=2, station=station,
                               heard_at_s=received_us // SECOND_US,
                               channel=channel_of(ship, received_us),
                               group=1 + (received_us // 1000 + ship) % 9999)  # fmt: skip

    def class_b(
        self, ship: Ints, received_us: Ints, station: Sequence[bytes]
    ) -> list[tuple[bytes, bytes]]:
        """Type 24 parts A and B."""
        hull = self._hull(ship)
        part_a = encode.static_b_name(mmsi=hull["mmsi"], name=self._name[ship])
        part_b = encode.static_b_ship(
            **hull, callsign=self._callsign[ship], vendor=self._vendor[np.zeros_like(ship)]
        )
        channel, heard_at_s = channel_of(ship, received_us), received_us // SECOND_US
        lines = [
            encode.single_part(
                payload, fill=fill, station=station, heard_at_s=heard_at_s, channel=channel
            )
            for payload, fill in ((part_a, 2), (part_b, 0))
        ]
        return list(zip(*lines, strict=True))

    def _hull(self, ship: Ints) -> dict[str, Ints]:
        return {name: column[ship] for name, column in self._hulls.items()}


def _eta(eta_s: float, start_us: Microseconds) -> tuple[int, int, int, int]:
    """(month, day, hour, minute); AIS' "not available" where there is none."""
    if eta_s != eta_s:
        return 0, 0, 24, 60
    arrival = from_us(start_us + round(eta_s) * SECOND_US)
    return arrival.month, arrival.day, arrival.hour, arrival.minute


def channel_of(ship: Ints, at_us: Ints) -> encode.Bytes:
    """ASCII A or B: ships use the two AIS channels in turn."""
    return (ord("A") + (ship + at_us // 1000) % 2).astype(np.uint8)
