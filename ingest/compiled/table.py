"""What the compiled pass wrote -> `Decoded`: times, sources, texts, and the rows pyais gave."""

from collections import Counter

import numpy as np

from ingest.batch import Int64, ReportBatch, StaticBatch, Text
from ingest.clock import measured_at
from ingest.compiled.arena import MESSAGES, REPORTS, STATICS, TEXT, TEXTS, Arena, arena, larger
from ingest.decoded import Decoded, without_impossible
from ingest.payload import Fields, decode_payloads

_FIRST_ROOM = 256
_KEPT_ROOM = 1 << 15
"""Columns for more lines than this are given back when their rows are taken. Chosen by us: more
than a block of 1 MiB has, 10 MB."""


class Tables:
    """Collects the rows of a feed between two looks.

    Attributes:
        left: number, payload and fill bits of each message that pyais is to decode.
        stations: station by message, of the messages read by line.
    """

    def __init__(self, source: str | None, as_sent: bool, counts: Counter[str]) -> None:
        self.left: list[tuple[int, bytes, int]] = []
        self.stations: dict[int, str] = {}
        self._source = source
        self._as_sent = as_sent
        self._counts = counts
        self._columns = arena(_FIRST_ROOM)

    def room(self, state: Int64, lines: int) -> Arena:
        """The columns, with room for so many lines more."""
        needed = int(state[MESSAGES]) + lines
        room = len(self._columns.heard)
        if needed > room:
            self._columns = larger(self._columns, max(needed, 2 * room))
        return self._columns

    def take(self, state: Int64) -> Decoded:
        """The rows up to now in the order of their messages; what follows starts anew."""
        size = int(state[MESSAGES])
        if not size:
            return Decoded.nothing()
        columns = self._columns
        fields = self._decode_left(columns)
        heard = columns.heard[:size].copy()
        timed = columns.timed[:size]
        measured = heard
        if timed.any():
            refined = measured_at(heard, columns.second[:size], columns.stated[:size])
            measured = np.where(timed, refined, heard)
        text = columns.text[: int(state[TEXT])].tobytes().decode("ascii")
        source = self._sources(columns, size, text)
        decoded = Decoded(
            reports=_reports(columns, int(state[REPORTS]), measured, heard, source),
            statics=_statics(columns, int(state[STATICS]), measured, heard, source, text),
            report_of=columns.report_of[: int(state[REPORTS])].copy(),
            static_of=columns.static_of[: int(state[STATICS])].copy(),
        )
        if fields is not None:
            decoded = self._with_left(decoded, fields, measured, heard, source)
        self._clear(state)
        return decoded

    def _clear(self, state: Int64) -> None:
        state[[MESSAGES, REPORTS, STATICS, TEXT]] = 0
        self.left.clear()
        self.stations.clear()
        if len(self._columns.heard) > _KEPT_ROOM:
            self._columns = arena(_FIRST_ROOM)

    def _decode_left(self, columns: Arena) -> Fields | None:
        if not self.left:
            return None
        numbers, payloads, fills = zip(*self.left, strict=True)
        fields = decode_payloads(payloads, fills, self._counts)
        columns.second[list(numbers)] = fields.second
        columns.stated[list(numbers)] = fields.stated_at
        return fields

    def _with_left(
        self, decoded: Decoded, fields: Fields, measured: Int64, heard: Int64, source: Text
    ) -> Decoded:
        numbers = np.array([number for number, _, _ in self.left], np.int64)
        of, on = numbers[fields.report_of], numbers[fields.static_of]
        reports = ReportBatch.of(
            reported_at=measured[of], received_at=heard[of], source=source[of], **fields.reports
        )
        statics = StaticBatch.of(
            reported_at=measured[on], received_at=heard[on], source=source[on], **fields.statics
        )
        self._counts["rows"] += len(np.union1d(of, on))
        if not self._as_sent:
            reports = without_impossible(reports)
        report_of = np.concatenate([decoded.report_of, of])
        static_of = np.concatenate([decoded.static_of, on])
        by_report = np.argsort(report_of, kind="stable")
        by_static = np.argsort(static_of, kind="stable")
        return Decoded(
            reports=ReportBatch.concat([decoded.reports, reports]).take(by_report),
            statics=StaticBatch.concat([decoded.statics, statics]).take(by_static),
            report_of=report_of[by_report],
            static_of=static_of[by_static],
        )

    def _sources(self, columns: Arena, size: int, text: str) -> Text:
        source = np.full(size, self._source, object)
        begins, ends = columns.station[:, :size]
        for row in np.flatnonzero(ends > begins):
            source[row] = text[begins[row] : ends[row]]
        for number, station in self.stations.items():
            source[number] = station
        return source


def _reports(columns: Arena, rows: int, measured: Int64, heard: Int64, source: Text) -> ReportBatch:
    of = columns.report_of[:rows]
    lon, lat = columns.place[:, :rows].copy()
    sog, cog, heading, rot = columns.motion[:, :rows].copy()
    nav_status, msg_type = columns.kind[:, :rows].copy()
    return ReportBatch(
        mmsi=columns.report_id[:rows].copy(), reported_at=measured[of], received_at=heard[of],
        lon=lon, lat=lat, sog=sog, cog=cog, heading=heading, rot=rot, nav_status=nav_status,
        msg_type=msg_type, source=source[of],
    )  # fmt: skip


def _statics(
    columns: Arena, rows: int, measured: Int64, heard: Int64, source: Text, text: str
) -> StaticBatch:
    on = columns.static_of[:rows]
    mmsi, imo = columns.static_id[:, :rows].copy()
    ship_type, msg_type = columns.ship[:, :rows]
    size = columns.size[:, :rows].copy()
    callsign, name, destination, eta = _texts(columns, rows, text)
    return StaticBatch(
        mmsi=mmsi, reported_at=measured[on], received_at=heard[on],
        msg_type=msg_type.astype(np.int8), source=source[on], imo=imo, callsign=callsign,
        name=name, ship_type=ship_type.copy(), to_bow=size[0], to_stern=size[1], to_port=size[2],
        to_starboard=size[3], draught=size[4], destination=destination, eta=eta,
    )  # fmt: skip


def _texts(columns: Arena, rows: int, text: str) -> Text:
    """Callsign, name, destination, eta, shape (4, rows); None for no text."""
    bounds = np.empty((TEXTS + 1, rows), np.int64)
    bounds[0] = columns.begins[:rows]
    bounds[1:] = columns.ends[:, :rows]
    texts = np.empty((TEXTS, rows), object)
    for kind in range(TEXTS):
        begins, ends = bounds[kind].tolist(), bounds[kind + 1].tolist()
        texts[kind] = [text[b:e] or None for b, e in zip(begins, ends, strict=True)]
    return texts
