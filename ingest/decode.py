"""Bytes of an AIS feed -> position reports and static messages.

blocks -> `nmea.Framer.cut` -> `compiled.scan` -> `compiled.table.Tables` -> times and source.
What the compiled pass leaves goes by line through `nmea.Framer`, `assembly.Assembler` and pyais.
The same bytes give the same rows however they are cut into blocks.
"""

from collections import Counter
from typing import Final

import numpy as np

from ingest.assembly import Assembler
from ingest.batch import UNKNOWN_TIME
from ingest.compiled.arena import (
    COUNTED,
    FOREIGN,
    HELD,
    HELD_AT,
    HELD_STATION,
    HELD_STATION_END,
    LAST_TIME,
    LINE,
    MESSAGES,
    POS,
    RECEIVED,
    SEQUENCES,
    START_TIME,
    fresh_state,
)
from ingest.compiled.scan import BY_LINE, append, scan
from ingest.compiled.table import Tables
from ingest.decoded import REJECTIONS, Bools, Decoded, without_impossible
from ingest.nmea import Framer, Heard, Sentence
from sea.units import SECOND_US, Microseconds

__all__ = ["REJECTIONS", "Bools", "Decoded", "Decoder", "without_impossible"]

GATHERED: Final = 1 << 15
"""Bytes of lines that are read at once, if they came in smaller blocks. Chosen by us: entering the
compiled pass takes as long as ten lines do."""

UNTIMED_LINES_PER_SECOND: Final = 100
"""The pace given to feeds without any time. Chosen by us."""


class Decoder:
    """Decodes one feed; `counts` says what became of its lines.

    `feed` is `push` and `take` in one. A feed that arrives in small blocks is cheaper to push
    block by block and to take when rows are wanted: making tables costs more than reading lines.

    Args:
        source: the station where the feed itself names none.
        start_us: time of the first line for a feed without any time.
        as_sent: keep positions off the globe and angles beyond the circle, as the bits have
            them; otherwise they are unknown, for nothing beyond can use them.
        since_us: time of the lines before the first that tells one, in a feed that tells times.
        counts: where to count, a new counter if None.
    """

    def __init__(
        self,
        *,
        source: str | None = None,
        start_us: Microseconds | None = None,
        as_sent: bool = False,
        since_us: Microseconds | None = None,
        counts: Counter[str] | None = None,
    ) -> None:
        self.counts: Counter[str] = Counter() if counts is None else counts
        self._as_sent = as_sent
        self._framer = Framer(self.counts)
        self._assembler = Assembler(self.counts)
        start = UNKNOWN_TIME if start_us is None else start_us
        self._state = fresh_state(start, since_us)
        self._cells = memoryview(self._state.data)  # quicker to read and set one by one
        self._assembler.waiting = self._state[:SEQUENCES]
        self._tables = Tables(source, as_sent, self.counts)
        self._lines: list[bytes] = []
        self._arrivals: list[tuple[int, Microseconds]] = []
        self._gathered = 0

    def feed(self, block: bytes, received_at: Microseconds | None = None) -> Decoded:
        """The rows of the messages that this block completes.

        Args:
            block: bytes, cut anywhere.
            received_at: when they arrived, us, for lines that tell no time.
        """
        self.push(block, received_at)
        return self.take()

    def finish(self, received_at: Microseconds | None = None) -> Decoded:
        """The rows of a last line without a newline; counts what stayed incomplete."""
        for line in self._framer.rest():
            self._gather(line + b"\n", received_at)
        self._read()
        self._assembler.finish()
        return self.take()

    def push(self, block: bytes, received_at: Microseconds | None = None) -> None:
        """Reads a block, now or with the next ones; its rows are in the next `take`."""
        known = self._framer.line
        lines = self._framer.cut(block)
        if self._framer.line != known:  # a line too long: it comes after those that wait
            self._framer.line, dropped = known, self._framer.line - known
            self._read()
            self._framer.line += dropped
        if lines:
            self._gather(lines, received_at)

    def take(self) -> Decoded:
        """The rows of all blocks since the last time."""
        self._read()
        cells = self._cells
        for reason, place in COUNTED.items():
            if number := cells[place]:
                self.counts[reason] += number
                cells[place] = 0
        decoded = self._tables.take(self._state)
        self.counts["rejected"] = sum(self.counts[reason] for reason in REJECTIONS)
        return decoded

    def _gather(self, lines: bytes, received_at: Microseconds | None) -> None:
        self._lines.append(lines)
        self._gathered += len(lines)
        received = UNKNOWN_TIME if received_at is None else received_at
        self._arrivals.append((self._gathered, received))
        if self._gathered >= GATHERED:
            self._read()

    def _read(self) -> None:
        """Reads the lines that wait: plain ones at once, the others each by its own."""
        if not self._lines:
            return
        lines = self._lines[0] if len(self._lines) == 1 else b"".join(self._lines)
        arrivals = np.array(self._arrivals)
        self._lines.clear()
        self._arrivals.clear()
        self._gathered = 0
        cells, framer = self._cells, self._framer
        arena = self._tables.room(self._state, len(lines))
        data = np.frombuffer(lines, np.uint8)
        cells[POS], cells[LINE], cells[FOREIGN] = 0, framer.line, framer.holds_header
        while scan(data, arrivals, self._state, *arena) == BY_LINE:
            self._tell(lines)
            begin, received = cells[POS], cells[RECEIVED]
            end = lines.index(b"\n", begin)
            for sentence in framer.read([lines[begin:end]]):
                self._take_sentence(sentence, None if received == UNKNOWN_TIME else received)
                arena = self._tables.room(self._state, len(lines) - end)
            cells[POS], cells[LINE], cells[FOREIGN] = end + 1, framer.line, framer.holds_header
        self._tell(lines)

    def _tell(self, lines: bytes) -> None:
        """Hands the framer what the pass knows of the feed: its line, and a header that waits."""
        cells = self._cells
        self.counts["lines"] += cells[LINE] - self._framer.line
        self._framer.line = cells[LINE]
        if cells[HELD]:
            at = cells[HELD_AT]
            station = lines[cells[HELD_STATION] : cells[HELD_STATION_END]].decode("ascii")
            self._framer.hold(Heard(None if at == UNKNOWN_TIME else at, station or None))

    def _take_sentence(self, sentence: Sentence, received_at: Microseconds | None) -> None:
        cells = self._cells
        if sentence.heard_at is not None:
            cells[LAST_TIME] = sentence.heard_at
        elif received_at is not None and sentence.total > 1:
            sentence = sentence._replace(heard_at=received_at)
        whole: Sentence | None = sentence
        if sentence.total > 1:
            whole = self._assembler.add(sentence)
        if whole is None:
            return
        self.counts["messages"] += 1
        told = whole.heard_at if whole.heard_at is not None else received_at
        if told is None and cells[LAST_TIME] != UNKNOWN_TIME:
            told = cells[LAST_TIME]
        instant = self._untimed(whole.line) if told is None else told
        if instant is None:
            self.counts["no_time"] += 1
            return
        number = cells[MESSAGES]
        if whole.station:
            self._tables.stations[number] = whole.station
        payload = np.frombuffer(whole.payload, np.uint8)
        arena = self._tables.room(self._state, len(payload))
        if not append(payload, whole.fill, instant, told is not None, self._state,
                      arena.messages, arena.bits):  # fmt: skip
            self._tables.odd[number] = whole.payload, whole.fill

    def _untimed(self, line: int) -> Microseconds | None:
        self.counts["untimed"] += 1
        start = int(self._state[START_TIME])
        return (
            None if start == UNKNOWN_TIME else start + line * SECOND_US // UNTIMED_LINES_PER_SECOND
        )
