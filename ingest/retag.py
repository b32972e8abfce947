r"""Retagging: bytes of any feed -> whole AIS messages as tagged NMEA, for others to read.

``\s:STATION,c:EPOCH*hh\!AIVDM,...``: who heard it and when, in s, or ms where the time has them.
Parts of a message leave together under a sequence id of our own, so feeds never mix. Own-ship
sentences (VDO) leave as VDM: they are nobody's own ship here.
"""

import re
from collections import Counter
from collections.abc import Sequence
from itertools import cycle
from typing import Final

from ingest.nmea import Framer, Sentence, checksum
from sea.units import SECOND_US, Microseconds

STATION_LENGTH: Final = 15
"""IEC 61162-450 7.2.3.4: a source is identified by at most 15 characters."""

MOST_OPEN: Final = 1000
"""Messages that wait for parts; chosen by us, some seconds of a busy feed."""

_NOT_IN_TAGS: Final = re.compile(r"[^A-Za-z0-9._-]+")


class Retagger:
    """Retags one feed.

    Args:
        source: who heard it where the feed itself names nobody.
        counts: where to count ``messages``, and ``orphan_part`` for parts that never met.
    """

    def __init__(self, source: str, counts: Counter[str]) -> None:
        self.counts = counts
        self._source = source
        self._framer = Framer(Counter())
        self._open: dict[tuple[object, ...], dict[int, Sentence]] = {}
        self._ids = cycle(range(10))

    def feed(self, block: bytes, received_at: Microseconds) -> list[bytes]:
        """The messages whose last parts end in this block, each a line or several with CRLF."""
        whole = (self._joined(sentence) for sentence in self._framer.feed(block))
        messages = [self._tagged(parts, received_at) for parts in whole if parts]
        self.counts["messages"] += len(messages)
        return messages

    def _joined(self, sentence: Sentence) -> list[Sentence]:
        """All parts of the message that this sentence completes, else none."""
        if sentence.total == 1:
            return [sentence]
        key = (sentence.talker, sentence.total, sentence.sequence, sentence.channel, sentence.group)
        parts = self._open.pop(key, {})
        if sentence.number in parts:
            self.counts["orphan_part"] += len(parts)
            parts = {}
        parts[sentence.number] = sentence
        if len(parts) == sentence.total:
            return [parts[number] for number in sorted(parts)]
        if len(self._open) >= MOST_OPEN:
            self.counts["orphan_part"] += len(self._open.pop(next(iter(self._open))))
        self._open[key] = parts
        return []

    def _tagged(self, parts: Sequence[Sentence], received_at: Microseconds) -> bytes:
        head = parts[0]
        station = next((part.station for part in parts if part.station), self._source)
        heard_at = next((p.heard_at for p in parts if p.heard_at is not None), received_at)
        tag = tag_of(station, heard_at)
        sequence = b"%d" % next(self._ids) if head.total > 1 else b""
        return b"".join(tag + _sentence(part, sequence) for part in parts)


def tag_of(station: str, heard_at: Microseconds) -> bytes:
    r"""The tag block, ``\s:STATION,c:EPOCH*hh\``; letters that tags cannot hold become ``-``."""
    name = _NOT_IN_TAGS.sub("-", station)[-STATION_LENGTH:].strip("-")
    whole = heard_at % SECOND_US == 0
    told = b"s:%s,c:%d" % (name.encode(), heard_at // (SECOND_US if whole else 1000))
    return b"\\%s*%02X\\" % (told, checksum(told))


def _sentence(part: Sentence, sequence: bytes) -> bytes:
    fields = (part.talker + b"VDM", b"%d" % part.total, b"%d" % part.number, sequence,
              part.channel, part.payload, b"%d" % part.fill)  # fmt: skip
    body = b",".join(fields)
    return b"!%s*%02X\r\n" % (body, checksum(body))
