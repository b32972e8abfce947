"""The decoder in plain Python, by pyais: what the compiled one is held against.

blocks -> `nmea.Framer` -> `assembly.Assembler` -> `payload.decode_payloads` -> times and source.
The same bytes give the same rows however they are cut into blocks.
"""

from collections import Counter

import numpy as np

from ingest.assembly import Assembler
from ingest.batch import Int64, ReportBatch, StaticBatch, Text
from ingest.clock import measured_at
from ingest.decode import UNTIMED_LINES_PER_SECOND
from ingest.decoded import REJECTIONS, Bools, Decoded, without_impossible
from ingest.nmea import Framer, Sentence
from ingest.payload import decode_payloads
from sea.units import SECOND_US, Microseconds


class PlainDecoder:
    """Decodes as `ingest.decode.Decoder` does, one line after another; `counts` likewise.

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
        self._source = source
        self._start = start_us
        self._as_sent = as_sent
        self._framer = Framer(self.counts)
        self._assembler = Assembler(self.counts)
        self._last_time = since_us

    def feed(self, block: bytes, received_at: Microseconds | None = None) -> Decoded:
        """The rows of the messages that this block completes.

        Args:
            block: bytes, cut anywhere.
            received_at: when they arrived, us, for lines that tell no time.
        """
        return self._decode(self._framer.feed(block), received_at)

    def finish(self, received_at: Microseconds | None = None) -> Decoded:
        """The rows of a last line without a newline; counts what stayed incomplete."""
        decoded = self._decode(self._framer.finish(), received_at)
        self._assembler.finish()
        self._sum()
        return decoded

    def _decode(self, sentences: list[Sentence], received_at: Microseconds | None) -> Decoded:
        messages: list[Sentence] = []
        heard: list[int] = []
        timed: list[bool] = []
        for sentence in sentences:
            if sentence.heard_at is not None:
                self._last_time = sentence.heard_at
            elif received_at is not None and sentence.total > 1:
                sentence = sentence._replace(heard_at=received_at)
            whole = sentence if sentence.total == 1 else self._assembler.add(sentence)
            if whole is None:
                continue
            self.counts["messages"] += 1
            told = whole.heard_at if whole.heard_at is not None else received_at
            told = self._last_time if told is None else told
            instant = self._untimed(whole.line) if told is None else told
            if instant is None:
                self.counts["no_time"] += 1
                continue
            messages.append(whole)
            heard.append(instant)
            timed.append(told is not None)
        decoded = self._rows(messages, np.array(heard, np.int64), np.array(timed, bool))
        self._sum()
        return decoded

    def _untimed(self, line: int) -> Microseconds | None:
        self.counts["untimed"] += 1
        if self._start is None:
            return None
        return self._start + line * SECOND_US // UNTIMED_LINES_PER_SECOND

    def _rows(self, messages: list[Sentence], heard: Int64, timed: Bools) -> Decoded:
        if not messages:
            return Decoded.nothing()
        fields = decode_payloads(
            [m.payload for m in messages], [m.fill for m in messages], self.counts
        )
        measured = np.where(timed, measured_at(heard, fields.second, fields.stated_at), heard)
        source = _text_column([m.station or self._source for m in messages])
        of = fields.report_of
        reports = ReportBatch.of(
            reported_at=measured[of], received_at=heard[of], source=source[of], **fields.reports
        )
        on = fields.static_of
        statics = StaticBatch.of(
            reported_at=measured[on], received_at=heard[on], source=source[on], **fields.statics
        )
        self.counts["rows"] += len(np.union1d(of, on))
        if not self._as_sent:
            reports = without_impossible(reports)
        return Decoded(reports=reports, statics=statics, report_of=of, static_of=on)

    def _sum(self) -> None:
        self.counts["rejected"] = sum(self.counts[reason] for reason in REJECTIONS)


def _text_column(values: list[str | None]) -> Text:
    column = np.empty(len(values), object)
    column[:] = values
    return column
