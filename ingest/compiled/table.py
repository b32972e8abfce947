"""What the compiled pass read -> `Decoded`, with the rows that pyais gave among them."""

from collections import Counter
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from ingest.batch import Int64, ReportBatch, StaticBatch, Text
from ingest.clock import measured_at
from ingest.compiled.arena import (
    BITS,
    BITS_AT,
    HEARD_AT,
    KIND,
    LEFT,
    LEFT_BOTH,
    LEFT_REPORT,
    LEFT_STATIC,
    LENGTH,
    MESSAGES,
    NAME,
    NAME_LENGTH,
    NUMBER_OF,
    REPORTS,
    STATICS,
    STATION_LIMIT,
    STATION_OF,
    STATIONS,
    TIMED,
    Arena,
    arena,
    roomy,
)
from ingest.compiled.bits import armored
from ingest.compiled.fields import TEXT_ROOM, put_reports, put_statics
from ingest.decoded import Decoded, without_impossible
from ingest.payload import Fields, decode_payloads

_KEPT_ROOM: Final = 1 << 17
"""An arena for more messages than this is given back when its rows are taken. Chosen by us: more
than a block of 1 MiB may have."""

_REPORT: Final = [(n, kind) for n, kind in ReportBatch.dtypes().items() if n != "source"]
_SIZE: Final = ("to_bow", "to_stern", "to_port", "to_starboard", "draught")
_TEXTS: Final = ("callsign", "name", "destination", "eta")
_STATIC: Final = [
    (n, kind) for n, kind in StaticBatch.dtypes().items() if n not in ("source", *_SIZE, *_TEXTS)
]

_Columns = dict[str, Any]


class _Filled(NamedTuple):
    """Columns by name, and number of the message of each row."""

    report_of: Int64
    report: _Columns
    static_of: Int64
    static: _Columns


class Tables:
    """Collects the rows of a feed between two looks.

    Attributes:
        odd: payload and fill bits, by message, of what could not be packed.
        stations: station by message, of the messages read by line.
    """

    def __init__(self, source: str | None, as_sent: bool, counts: Counter[str]) -> None:
        self.odd: dict[int, tuple[bytes, int]] = {}
        self.stations: dict[int, str] = {}
        self._names: list[str | None] = [source]
        self._source = source
        self._as_sent = as_sent
        self._counts = counts
        self._arena = arena()

    def room(self, state: Int64, size: int) -> Arena:
        """The arena, with room for so many bytes of lines more."""
        self._arena = roomy(self._arena, int(state[MESSAGES]), int(state[BITS]), size)
        return self._arena

    def take(self, state: Int64) -> Decoded:
        """The rows up to now in the order of their messages; what follows starts anew."""
        size = int(state[MESSAGES])
        if not size:
            return Decoded.nothing()
        messages = self._arena.messages[:size]
        source = self._sources(messages, state)
        left = np.flatnonzero(messages[:, KIND] == LEFT)
        fields = self._decode_left(left, messages, state) if len(left) else None
        table = _filled(messages, self._arena.bits, state, as_sent=self._as_sent)
        if fields is not None:
            self._fill_left(left, fields, messages, table)
        self._clear(state)
        return Decoded(
            reports=ReportBatch(source=source[table.report_of], **table.report),
            statics=StaticBatch(source=source[table.static_of], **table.static),
            report_of=table.report_of,
            static_of=table.static_of,
        )

    def _clear(self, state: Int64) -> None:
        state[[MESSAGES, REPORTS, STATICS, BITS]] = 0
        self.odd.clear()
        self.stations.clear()
        if len(self._arena.messages) > _KEPT_ROOM:
            self._arena = arena()._replace(stations=self._arena.stations)
        if state[STATIONS] > STATION_LIMIT // 2:
            state[STATIONS] = 0
            self._arena.stations[:] = 0
            del self._names[1:]

    def _sources(self, messages: Int64, state: Int64) -> Text:
        """Who heard each message, shape (n,)."""
        known, stations = len(self._names), int(state[STATIONS])
        if not stations and not self.stations:
            return np.full(len(messages), self._source, object)
        if known <= stations:
            rows = self._arena.stations[self._arena.stations[:, NUMBER_OF] >= known]
            for row in rows[np.argsort(rows[:, NUMBER_OF])]:
                name = row[NAME : NAME + row[NAME_LENGTH]]
                self._names.append(bytes(name.tolist()).decode("ascii"))
        source: Text = np.array(self._names, object)[messages[:, STATION_OF]]
        for message, station in self.stations.items():
            source[message] = station
        return source

    def _decode_left(self, left: Int64, messages: Int64, state: Int64) -> Fields:
        """What pyais makes of messages that were left, which are marked with the rows they have."""
        told = [self.odd.get(number) or self._payload(messages[number]) for number in left.tolist()]
        payloads, fills = zip(*told, strict=True)
        fields = decode_payloads(payloads, fills, self._counts)
        messages[left[fields.report_of], KIND] = LEFT_REPORT
        messages[left[fields.static_of], KIND] = LEFT_STATIC
        both = np.intersect1d(fields.report_of, fields.static_of)
        messages[left[both], KIND] = LEFT_BOTH
        state[REPORTS] += len(fields.report_of)
        state[STATICS] += len(fields.static_of)
        self._counts["rows"] += len(np.union1d(fields.report_of, fields.static_of))
        return fields

    def _payload(self, message: Int64) -> tuple[bytes, int]:
        bits = int(message[LENGTH])
        characters = -(-bits // 6)
        payload = np.empty(characters, np.uint8)
        armored(self._arena.bits, int(message[BITS_AT]), characters, payload)
        return payload.tobytes(), 6 * characters - bits

    def _fill_left(self, left: Int64, fields: Fields, messages: Int64, table: _Filled) -> None:
        """Puts what pyais gave into the rows that were kept empty for it."""
        heard = messages[left, HEARD_AT]
        refined = measured_at(heard, fields.second, fields.stated_at)
        measured = np.where(messages[left, TIMED] != 0, refined, heard)
        nobody = np.full(len(left), None, object)
        of, on = fields.report_of, fields.static_of
        reports = ReportBatch.of(
            reported_at=measured[of], received_at=heard[of], source=nobody[of], **fields.reports
        )
        if not self._as_sent:
            reports = without_impossible(reports)
        statics = StaticBatch.of(
            reported_at=measured[on], received_at=heard[on], source=nobody[on], **fields.statics
        )
        _put(reports, table.report, np.searchsorted(table.report_of, left[of]))
        _put(statics, table.static, np.searchsorted(table.static_of, left[on]))


def _put(batch: ReportBatch | StaticBatch, columns: _Columns, rows: npt.NDArray[np.intp]) -> None:
    for name, column in columns.items():
        column[rows] = getattr(batch, name)


def _filled(messages: Int64, bits: Int64, state: Int64, *, as_sent: bool) -> _Filled:
    """Every column but the source."""
    reports, rows = int(state[REPORTS]), int(state[STATICS])
    report = {name: np.empty(reports, kind) for name, kind in _REPORT}
    report_of, static_of = np.empty(reports, np.int64), np.empty(rows, np.int64)
    put_reports(messages, bits, as_sent, report_of, *report.values())
    static = {name: np.empty(rows, kind) for name, kind in _STATIC}
    size = np.empty((len(_SIZE), rows), np.float32)
    ends = np.empty(len(_TEXTS) * rows + 1, np.int32)
    text = np.empty(TEXT_ROOM * rows, np.uint8)
    put_statics(messages, bits, static_of, *static.values(), size, ends, text)  # type: ignore[call-arg]
    static |= zip(_SIZE, size, strict=True)
    static |= zip(_TEXTS, _texts(ends, text), strict=True)
    return _Filled(report_of, report, static_of, static)


def _texts(ends: npt.NDArray[np.int32], text: npt.NDArray[np.uint8]) -> Text:
    """The texts that end there one after another, a row a kind; None for no text."""
    if len(ends) == 1:
        return np.empty((len(_TEXTS), 0), object)
    strings = pa.StringArray.from_buffers(len(ends) - 1, pa.py_buffer(ends), pa.py_buffer(text))
    texts: Text = strings.to_numpy(zero_copy_only=False)
    texts[ends[1:] == ends[:-1]] = None
    return texts.reshape(-1, len(_TEXTS)).T
