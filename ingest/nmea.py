"""NMEA framing: bytes cut anywhere -> AIS sentences with the time and station that came along.

Time and station may stand in a tag block before the sentence or on a line of its own, in a
``$PGHP`` line before it, behind the checksum (``,r003669987,1152921693``) or as an epoch in
front. The sentence's own come first, then those of the lines before it.
"""

import re
from collections import Counter
from datetime import UTC, datetime
from functools import reduce
from operator import xor
from typing import Final, NamedTuple

from ingest.clock import epoch_us
from sea.instants import to_us
from sea.units import Microseconds

LINE_LIMIT: Final = 1024
"""Bytes of a line, beyond which it is dropped. Chosen by us: a sentence has at most 82
characters (IEC 61162-1), a tag block 80, and known suffixes are under 100."""

_SENTENCE: Final = re.compile(
    rb"!([^,\s]{2})VD[MO],([0-9]),([0-9]),([0-9]{0,2}),([^,*]*),([^,*]*),([0-5]?)\*"
    rb"([0-9A-Fa-f]{2})(.*)",
    re.DOTALL,
)
_AIS: Final = re.compile(rb"![^,\s]{2}VD[MO]")
_TAG_BLOCK: Final = re.compile(rb"\\([^\\]*)\\")
_TIME_TAG: Final = re.compile(rb"(?:^|,)c:")
_STATION: Final = re.compile(rb"[br][a-z]?[0-9]+")
_SEPARATOR: Final = re.compile(rb"[,;\s]+")


class Sentence(NamedTuple):
    """One AIS sentence, or a message joined from several; a tuple, for there are millions.

    Attributes:
        line: number of its line in the feed, from 0.
        total, number: how many parts the message has, and which this is, from 1.
        heard_at: us, None where nothing told it. station: who heard it, None unknown.
        group: the tag block's group of sentences, None without one.
    """

    line: int
    talker: bytes
    total: int
    number: int
    sequence: bytes
    channel: bytes
    payload: bytes
    fill: int
    heard_at: Microseconds | None
    station: str | None
    group: bytes | None


class Heard(NamedTuple):
    """What a tag block, a header line or a suffix tells of a sentence."""

    at: Microseconds | None = None
    station: str | None = None
    group: bytes | None = None

    def before(self, other: "Heard") -> "Heard":
        """These facts, filled up from the other's."""
        return Heard(
            other.at if self.at is None else self.at,
            self.station or other.station,
            self.group or other.group,
        )


NOTHING: Final = Heard()


class Framer:
    """Cuts a feed into sentences; `counts` tells what became of every line.

    lines = sentences + headers + not_ais + checksum + malformed + bad_fragment + too_long
    + bad_time (a header line without a readable time) + bad_tag (one with a wrong checksum).
    """

    def __init__(self, counts: Counter[str]) -> None:
        self.counts = counts
        self.line = 0
        self._tail = b""
        self._dropping = False
        self._header = NOTHING

    @property
    def holds_header(self) -> bool:
        """Whether facts of earlier lines wait for the next sentence."""
        return self._header != NOTHING

    def hold(self, heard: Heard) -> None:
        """Keeps the facts of a header line for the next sentence, before those held already."""
        self._header = heard.before(self._header)

    def feed(self, block: bytes) -> list[Sentence]:
        """The sentences whose lines end in this block."""
        return self.read(self.cut(block).split(b"\n")[:-1])

    def cut(self, block: bytes) -> bytes:
        """The lines that end in this block, whole; what follows them is kept for the next."""
        text = self._tail + block
        begin, end = 0, text.rfind(b"\n") + 1
        self._tail = text[end:]
        if self._dropping and end:
            begin = text.index(b"\n") + 1
            self._dropping = False
        if len(self._tail) > LINE_LIMIT:
            if not self._dropping:
                self._count_line("too_long")
            self._dropping, self._tail = True, b""
        return text[begin:end]

    def finish(self) -> list[Sentence]:
        """The sentence of a last line that no newline ends."""
        return self.read(self.rest())

    def rest(self) -> list[bytes]:
        """The last line, if no newline ended it."""
        lines = [self._tail] if self._tail and not self._dropping else []
        self._tail, self._dropping = b"", False
        return lines

    def read(self, lines: list[bytes]) -> list[Sentence]:
        """The sentences of whole lines without their ends."""
        sentences = []
        for text in lines:
            if len(text) > LINE_LIMIT:
                self._count_line("too_long")
                continue
            match = _SENTENCE.search(text)
            if match is None:
                self._without_sentence(text.strip())
            elif sentence := self._sentence(text, match):
                sentences.append(sentence)
                self.counts["sentences"] += 1
            self.line += 1
            self.counts["lines"] += 1
        return sentences

    def _count_line(self, reason: str) -> None:
        self.line += 1
        self.counts["lines"] += 1
        self.counts[reason] += 1

    def _sentence(self, text: bytes, match: re.Match[bytes]) -> Sentence | None:
        start, suffix = match.start(), match[9]
        talker, total, number, sequence, channel, payload, fill, check = match.groups()[:8]
        heard, self._header = self._header, NOTHING
        if checksum(text[start + 1 : match.start(8) - 1]) != int(check, 16):
            self.counts["checksum"] += 1
            return None
        parts, part = int(total), int(number)
        if not 1 <= part <= parts:
            self.counts["bad_fragment"] += 1
            return None
        if len(suffix) > 8:
            told = _suffix(suffix)
            self._count_time(told, _SEPARATOR.split(suffix.strip())[-1][:1].isdigit())
            heard = told.before(heard)
        if start:
            heard = self._prefix(text[:start]).before(heard)
        return Sentence(self.line, talker, parts, part, sequence, channel, payload,
                        int(fill or 0), *heard)  # fmt: skip

    def _prefix(self, text: bytes) -> Heard:
        heard = NOTHING
        for block in _TAG_BLOCK.findall(text):
            facts = tag_block(block)
            if facts is None:
                self.counts["ignored_tag"] += 1
            else:
                self._count_time(facts, bool(_TIME_TAG.search(block)))
                heard = heard.before(facts)
        if heard.at is None:
            words = _SEPARATOR.split(_TAG_BLOCK.sub(b" ", text))
            times = (epoch_us(word.strip(b":()[]|")) for word in words)
            heard = heard._replace(at=next((time for time in times if time is not None), None))
        return heard

    def _without_sentence(self, text: bytes) -> None:
        if text.startswith(b"$PGHP,"):
            self._take_header(gatehouse(text), "bad_time")
        elif text.startswith(b"\\") and (match := _TAG_BLOCK.fullmatch(text)):
            facts = tag_block(match[1])
            if facts is not None:
                self._count_time(facts, bool(_TIME_TAG.search(match[1])))
            self._take_header(facts, "bad_tag")
        elif _AIS.search(text):
            self.counts["malformed"] += 1
            self._header = NOTHING
        else:
            self.counts["not_ais"] += 1
            if text.startswith((b"$", b"!")):
                self._header = NOTHING

    def _count_time(self, heard: Heard, told: bool) -> None:
        """Counts a time that was told and cannot be; the message takes another."""
        if told and heard.at is None:
            self.counts["ignored_time"] += 1

    def _take_header(self, heard: Heard | None, reason: str) -> None:
        self.counts["headers" if heard else reason] += 1
        if heard:
            self.hold(heard)


def checksum(body: bytes) -> int:
    """XOR of the bytes between the sign in front and the asterisk (IEC 61162-1 7.2.4)."""
    if len(body) > 64:
        return reduce(xor, body)
    folded = int.from_bytes(body, "big")
    folded ^= folded >> 256
    folded ^= folded >> 128
    folded ^= folded >> 64
    folded ^= folded >> 32
    folded ^= folded >> 16
    return (folded ^ folded >> 8) & 0xFF


def tag_block(text: bytes) -> Heard | None:
    """What a tag block says (without its backslashes); None if its checksum is wrong.

    Read are ``c`` time, ``s`` station, ``g`` group (``part-parts-id``), and ``si``, the name that
    some networks give their feed.
    """
    body, star, check = text.rpartition(b"*")
    try:
        if not star or checksum(body) != int(check, 16):
            return None
    except ValueError:
        return None
    facts = dict(field.partition(b":")[::2] for field in body.split(b","))
    group = facts.get(b"g")
    return Heard(
        epoch_us(facts.get(b"c", b"")),
        _text(facts.get(b"s") or facts.get(b"si")),
        group.rpartition(b"-")[2] if group else None,
    )


def gatehouse(text: bytes) -> Heard | None:
    """Time and station of a ``$PGHP`` line; None if it is damaged.

    Fields: type, year, month, day, hour, minute, second, millisecond, country, region, site
    transponder, online, checksum of the sentence that follows.
    """
    body, _, check = text[1:].partition(b"*")
    fields = body.split(b",")
    try:
        if len(fields) < 12 or checksum(body) != int(check, 16):
            return None
        *moment, millisecond = map(int, fields[2:9])
        instant = to_us(datetime(*moment, tzinfo=UTC)) + millisecond * 1000  # type: ignore[arg-type,misc]
    except (ValueError, OverflowError):
        return None
    return Heard(instant, _text(fields[11] or fields[10] or fields[9]))


def _suffix(text: bytes) -> Heard:
    words = _SEPARATOR.split(text.strip())
    station = next((word for word in words if _STATION.fullmatch(word)), None)
    return Heard(epoch_us(words[-1]), _text(station))


def _text(raw: bytes | None) -> str | None:
    return raw.decode("ascii", "replace").strip() or None if raw else None
