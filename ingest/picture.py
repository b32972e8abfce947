"""The picture: the last known state of every vessel, as arrays indexed by vessel slot.

reports and statics in time order -> one slot a vessel. A slot is given once and never moves, so
detectors keep their own state in arrays beside these. Arrays grow by doubling; rows at and
beyond ``len(picture)`` are empty.
"""

from typing import Any

import numpy as np
import numpy.typing as npt

from ingest.batch import NAV_STATUS_UNKNOWN, UNKNOWN_TIME, Int32, ReportBatch, StaticBatch

_FIRST_CAPACITY = 1024

_NUMERIC: dict[str, tuple[str, float]] = {
    "mmsi": ("i4", 0),
    "first_at": ("i8", UNKNOWN_TIME),
    "reported_at": ("i8", UNKNOWN_TIME),
    "lon": ("f8", np.nan),
    "lat": ("f8", np.nan),
    "sog": ("f4", np.nan),
    "cog": ("f4", np.nan),
    "heading": ("f4", np.nan),
    "nav_status": ("i1", NAV_STATUS_UNKNOWN),
    "msg_type": ("i1", 0),
    "static_at": ("i8", UNKNOWN_TIME),
    "imo": ("i4", 0),
    "ship_type": ("i2", 0),
    "length": ("f4", np.nan),
    "beam": ("f4", np.nan),
    "draught": ("f4", np.nan),
    "max_draught": ("f4", np.nan),
    "changed": ("i8", 0),
}
_TEXT = ("callsign", "name", "destination", "eta")
_POSITION = ("lon", "lat", "sog", "cog", "heading", "nav_status", "msg_type")


class Picture:
    """Vessel state by slot.

    Attributes (arrays, valid below ``len(self)``):
        mmsi; first_at, reported_at (us, of the first and the last position); lon, lat (deg); sog
        (kn); cog, heading (deg true); nav_status; msg_type (of the last position); static_at (us,
        of the last static message); imo; ship_type; length, beam, draught, max_draught (m, the
        greatest ever declared); callsign, name, destination, eta (object arrays, None unknown);
        changed (a counter: `revision` at the last change of this slot).
    """

    mmsi: npt.NDArray[np.int32]
    first_at: npt.NDArray[np.int64]
    reported_at: npt.NDArray[np.int64]
    lon: npt.NDArray[np.float64]
    lat: npt.NDArray[np.float64]
    sog: npt.NDArray[np.float32]
    cog: npt.NDArray[np.float32]
    heading: npt.NDArray[np.float32]
    nav_status: npt.NDArray[np.int8]
    msg_type: npt.NDArray[np.int8]
    static_at: npt.NDArray[np.int64]
    imo: npt.NDArray[np.int32]
    ship_type: npt.NDArray[np.int16]
    length: npt.NDArray[np.float32]
    beam: npt.NDArray[np.float32]
    draught: npt.NDArray[np.float32]
    max_draught: npt.NDArray[np.float32]
    changed: npt.NDArray[np.int64]
    callsign: npt.NDArray[np.object_]
    name: npt.NDArray[np.object_]
    destination: npt.NDArray[np.object_]
    eta: npt.NDArray[np.object_]

    def __init__(self) -> None:
        self._slots: dict[int, int] = {}
        self.revision = 0
        for column, (dtype, fill) in _NUMERIC.items():
            setattr(self, column, np.full(_FIRST_CAPACITY, fill, dtype))
        for column in _TEXT:
            setattr(self, column, np.full(_FIRST_CAPACITY, None, object))

    def __len__(self) -> int:
        return len(self._slots)

    @property
    def capacity(self) -> int:
        """Length of every array; at least ``len(self)``."""
        return len(self.mmsi)

    def slot_of(self, mmsi: int) -> int | None:
        """The vessel's slot, None for a vessel never heard."""
        return self._slots.get(mmsi)

    def slots(self, mmsi: Int32) -> Int32:
        """Slots of the vessels, shape (n,); vessels never heard before get new ones."""
        known, inverse = np.unique(mmsi, return_inverse=True)
        found = [self._slots.get(int(m), -1) for m in known]
        for i, vessel in enumerate(known.tolist()):
            if found[i] < 0:
                found[i] = self._add(vessel)
        return np.asarray(found, np.int32)[inverse]

    def apply(self, reports: ReportBatch, slots: Int32 | None = None) -> Int32:
        """Moves vessels to their newest report of the batch; returns each report's slot.

        A report older than what the slot holds, or without a position, changes nothing.
        """
        slots = self.slots(reports.mmsi) if slots is None else slots
        located = np.isfinite(reports.lon) & np.isfinite(reports.lat)
        newer = np.flatnonzero(located & (reports.reported_at >= self.reported_at[slots]))
        order = newer[np.argsort(reports.reported_at[newer], kind="stable")]
        rows = slots[order]
        self.revision += 1
        new = self.first_at[rows] == UNKNOWN_TIME
        self.first_at[rows[new][::-1]] = reports.reported_at[order[new]][::-1]
        self.reported_at[rows] = reports.reported_at[order]
        for column in _POSITION:
            getattr(self, column)[rows] = getattr(reports, column)[order]
        self.changed[rows] = self.revision
        return slots

    def apply_static(self, statics: StaticBatch) -> Int32:
        """Updates what ships say of themselves; a field a message lacks keeps its value."""
        slots = self.slots(statics.mmsi)
        order = np.argsort(statics.reported_at, kind="stable")
        order = order[statics.reported_at[order] >= self.static_at[slots[order]]]
        self.revision += 1
        length = statics.to_bow + statics.to_stern
        beam = statics.to_port + statics.to_starboard
        for column, values, known in (
            ("imo", statics.imo, statics.imo > 0),
            ("ship_type", statics.ship_type, statics.ship_type > 0),
            ("length", length, length > 0),
            ("beam", beam, beam > 0),
            ("draught", statics.draught, statics.draught > 0),
            *((c, getattr(statics, c), getattr(statics, c) != np.array(None)) for c in _TEXT),
        ):
            rows = order[known[order]]
            getattr(self, column)[slots[rows]] = values[rows]
        deep = order[statics.draught[order] > 0]
        np.fmax.at(self.max_draught, slots[deep], statics.draught[deep])
        self.static_at[slots[order]] = statics.reported_at[order]
        self.changed[slots[order]] = self.revision
        return slots

    def newest(self) -> tuple[ReportBatch, StaticBatch]:
        """The picture as one report and one static message of each vessel that sent one.

        Applied to an empty picture they give the same newest state, but for `max_draught`.
        """
        n = len(self)
        heard = np.flatnonzero(self.reported_at[:n] > UNKNOWN_TIME)
        told = np.flatnonzero(self.static_at[:n] > UNKNOWN_TIME)
        zero = np.zeros(len(told), np.float32)
        nowhere = np.full(max(len(heard), len(told)), None, object)
        return (
            ReportBatch.of(
                mmsi=self.mmsi[heard], reported_at=self.reported_at[heard],
                received_at=self.reported_at[heard], rot=np.full(len(heard), np.nan),
                source=nowhere[: len(heard)], **{c: getattr(self, c)[heard] for c in _POSITION},
            ),
            StaticBatch.of(
                mmsi=self.mmsi[told], reported_at=self.static_at[told],
                received_at=self.static_at[told], msg_type=np.full(len(told), 5),
                source=nowhere[: len(told)], imo=self.imo[told], ship_type=self.ship_type[told],
                to_bow=self.length[told], to_stern=zero, to_port=self.beam[told],
                to_starboard=zero, draught=self.draught[told],
                **{c: getattr(self, c)[told] for c in _TEXT},
            ),
        )  # fmt: skip

    def state(self) -> dict[str, Any]:
        """Everything needed to `restore`, as plain values and arrays trimmed to length."""
        n = len(self)
        numeric = {column: getattr(self, column)[:n].copy() for column in _NUMERIC}
        return {**numeric, **{c: getattr(self, c)[:n].tolist() for c in _TEXT},
                "revision": self.revision}  # fmt: skip

    @classmethod
    def restore(cls, state: dict[str, Any]) -> "Picture":
        """The picture whose `state` this is."""
        picture = cls()
        picture.slots(np.asarray(state["mmsi"], np.int32)[:0])
        for mmsi in np.asarray(state["mmsi"]).tolist():
            picture._add(mmsi)
        n = len(picture)
        for column in (*_NUMERIC, *_TEXT):
            getattr(picture, column)[:n] = state[column]
        picture.revision = state["revision"]
        return picture

    def _add(self, mmsi: int) -> int:
        slot = len(self._slots)
        if slot == self.capacity:
            self._grow()
        self._slots[mmsi] = slot
        self.mmsi[slot] = mmsi
        return slot

    def _grow(self) -> None:
        old = self.capacity
        for column, (dtype, fill) in _NUMERIC.items():
            grown = np.full(2 * old, fill, dtype)
            grown[:old] = getattr(self, column)
            setattr(self, column, grown)
        for column in _TEXT:
            text = np.full(2 * old, None, object)
            text[:old] = getattr(self, column)
            setattr(self, column, text)
