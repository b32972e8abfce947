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
    LAST_TIME,
    LINE,
    MESSAGES,
    POS,
    Arena,
    fresh_state,
)  # fmt: skip
from ingest.compiled.bits import CHARACTERS
from ingest.compiled.scan import BY_LINE, append, scan
from ingest.compiled.table import Tables
from ingest.decoded import REJECTIONS, Bools, Decoded, without_impossible
from ingest.nmea import Framer, Sentence
from sea.units import SECOND_US, Microseconds

__all__ = ["REJECTIONS", "Bools", "Decoded", "Decoder", "without_impossible"]

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
        self._start = UNKNOWN_TIME if start_us is None else start_us
        self._as_sent = as_sent
        self._framer = Framer(self.counts)
        self._assembler = Assembler(self.counts)
        self._words = np.empty(CHARACTERS // 10 + 2, np.int64)
        self._state = fresh_state()
        if since_us is not None:
            self._state[LAST_TIME] = since_us
        self._tables = Tables(source, as_sent, self.counts)

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
            self._read(line + b"\n", received_at)
        self._assembler.finish()
        return self.take()

    def push(self, block: bytes, received_at: Microseconds | None = None) -> None:
        """Reads a block; its rows are in the next `take`."""
        lines = self._framer.cut(block)
        if lines:
            self._read(lines, received_at)

    def take(self) -> Decoded:
        """The rows of all blocks since the last time."""
        state = self._state
        for reason, place in COUNTED.items():
            if state[place]:
                self.counts[reason] += int(state[place])
                state[place] = 0
        decoded = self._tables.take(state)
        self.counts["rejected"] = sum(self.counts[reason] for reason in REJECTIONS)
        return decoded

    def _read(self, lines: bytes, received_at: Microseconds | None) -> None:
        """Reads whole lines: plain ones at once, the others each by its own."""
        state, framer, busy = self._state, self._framer, self._assembler.open_pairs
        columns = self._tables.room(state, lines.count(b"\n"))
        data = np.frombuffer(lines, np.uint8)
        received = UNKNOWN_TIME if received_at is None else received_at
        state[POS], state[LINE] = 0, framer.line
        while scan(data, framer.holds_header, received, self._start, self._as_sent, busy,
                   self._words, state, columns) == BY_LINE:  # fmt: skip
            begin = int(state[POS])
            end = lines.index(b"\n", begin)
            framer.line = int(state[LINE])
            for sentence in framer.read([lines[begin:end]]):
                self._take_sentence(sentence, received_at, columns)
            state[POS], state[LINE] = end + 1, framer.line
        framer.line = int(state[LINE])

    def _take_sentence(
        self, sentence: Sentence, received_at: Microseconds | None, columns: Arena
    ) -> None:
        state = self._state
        if sentence.heard_at is not None:
            state[LAST_TIME] = sentence.heard_at
        elif received_at is not None and sentence.total > 1:
            sentence = sentence._replace(heard_at=received_at)
        whole: Sentence | None = sentence
        if sentence.total > 1:
            whole = self._assembler.add(sentence)
        if whole is None:
            return
        self.counts["messages"] += 1
        told = whole.heard_at if whole.heard_at is not None else received_at
        if told is None and state[LAST_TIME] != UNKNOWN_TIME:
            told = int(state[LAST_TIME])
        instant = self._untimed(whole.line) if told is None else told
        if instant is None:
            self.counts["no_time"] += 1
            return
        number = int(state[MESSAGES])
        if whole.station:
            self._tables.stations[number] = whole.station
        if not append(np.frombuffer(whole.payload, np.uint8), whole.fill, instant,
                      told is not None, self._as_sent, self._words, state, columns):  # fmt: skip
            self._tables.left.append((number, whole.payload, whole.fill))

    def _untimed(self, line: int) -> Microseconds | None:
        self.counts["untimed"] += 1
        if self._start == UNKNOWN_TIME:
            return None
        return self._start + line * SECOND_US // UNTIMED_LINES_PER_SECOND
