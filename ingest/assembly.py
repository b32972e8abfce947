"""Messages of several sentences: parts in any order -> whole messages.

Parts belong together when their tag blocks name the same group, whoever heard them, or else when
station, talker, channel and sequence number agree. Sequence numbers return after ten messages,
so parts are only joined within a window, and a part that comes before its predecessor only when
that follows closely.
"""

from collections import Counter
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from ingest.batch import Int64
from ingest.nmea import Sentence
from sea.units import SECOND_US, Microseconds

WINDOW_US: Final = 2 * SECOND_US
"""Longest time between the parts of a message. Chosen by us: five sentences go out in as many
consecutive slots of 26.7 ms, and a receiver hands them on at once."""

WINDOW_LINES: Final = 1000
"""The same in lines of the feed, where the lines have no time."""

REORDER_LINES: Final = 64
"""How far a part may come ahead of its predecessor. Chosen by us: networks that reorder do so
by a few packets; a part whose predecessor was lost would meet the next message's first part."""


@dataclass(slots=True)
class _Open:
    """A message that lacks parts."""

    first: Sentence
    parts: dict[int, Sentence] = field(default_factory=dict)

    def takes(self, part: Sentence) -> bool:
        lines = part.line - self.first.line
        ahead = any(number > part.number for number in self.parts)
        one, other = self.first, part
        return (
            part.number not in self.parts
            and lines <= (REORDER_LINES if ahead else WINDOW_LINES)
            and (
                one.heard_at is None
                or other.heard_at is None
                or abs(one.heard_at - other.heard_at) <= WINDOW_US
            )
            and (part.group is not None or one.station is None or other.station is None
                 or one.station == other.station)
        )  # fmt: skip


class Assembler:
    """Joins parts; what never finds its other parts is counted as ``orphan_part``.

    Attributes:
        waiting: how many open messages, without a group, have each sequence number of one
            digit, and at 10 none; shape (11,).
    """

    def __init__(self, counts: Counter[str]) -> None:
        self.counts = counts
        self.waiting: Int64 = np.zeros(11, np.int64)
        self._open: dict[tuple[object, ...], list[_Open]] = {}
        self._swept = 0

    def add(self, part: Sentence) -> Sentence | None:
        """The whole message if this part completes one."""
        if part.line - self._swept > WINDOW_LINES:
            self._sweep(part.line)
        key = (part.group, part.total) if part.group else (
            part.talker, part.sequence, part.channel, part.total)  # fmt: skip
        waiting = self._open.setdefault(key, [])
        found = next((message for message in reversed(waiting) if message.takes(part)), None)
        if found is None:
            found = _Open(part)
            waiting.append(found)
            self._count(part, 1)
        found.parts[part.number] = part
        if len(found.parts) < part.total:
            return None
        waiting.remove(found)
        self._count(part, -1)
        return _joined(found)

    def _count(self, part: Sentence, change: int) -> None:
        if not part.group and len(part.sequence) < 2:
            self.waiting[int(part.sequence or 10)] += change

    def finish(self) -> None:
        """Counts what is still incomplete."""
        self._sweep(None)

    def _sweep(self, line: int | None) -> None:
        kept: dict[tuple[object, ...], list[_Open]] = {}
        for key, messages in self._open.items():
            for message in messages:
                if line is not None and line - message.first.line <= WINDOW_LINES:
                    kept.setdefault(key, []).append(message)
                else:
                    self.counts["orphan_part"] += len(message.parts)
                    self._count(message.first, -1)
        self._open = kept
        self._swept = line or 0


def _joined(message: _Open) -> Sentence:
    parts = [message.parts[number] for number in sorted(message.parts)]
    arrived = sorted(parts, key=lambda part: part.line)
    return message.first._replace(
        payload=b"".join(part.payload for part in parts),
        fill=parts[-1].fill,
        heard_at=_first([part.heard_at for part in arrived]),
        station=next((part.station for part in arrived if part.station), None),
    )


def _first(times: list[Microseconds | None]) -> Microseconds | None:
    return next((time for time in times if time is not None), None)
