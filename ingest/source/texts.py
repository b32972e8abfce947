"""Messages of a WebSocket or broker -> pieces of a chunk: NMEA lines, or rows of JSON."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from itertools import groupby
from typing import Final

from ingest.decoded import Decoded
from ingest.json_forms import Message
from sea.units import Microseconds

AT_ONCE: Final = 1000
"""Most messages read together. Chosen by us: some 10 ms of work."""

LINGER_S: Final = 0.1
"""Chosen by us: at aisstream.io's 300 messages a second some 30 are read together, for which
reading each by itself took ten times as long; a batch waits a second for the log anyway."""

JsonReader = Callable[[Sequence[Message], Counter[str], str], Decoded]


class Texts:
    """Tells JSON objects from NMEA by their first byte.

    Args:
        read: gives the rows of JSON messages.
        counts: where it counts them.
        source: who heard them.
    """

    def __init__(self, read: JsonReader, counts: Counter[str], source: str) -> None:
        self._read, self._counts, self._source = read, counts, source

    def read(
        self, messages: Sequence[Message]
    ) -> Iterator[tuple[Microseconds, bytes, Decoded | None]]:
        """Time of the first message, bytes and rows (None for NMEA) of each run of one kind."""
        for is_json, run in groupby(messages, key=lambda message: message.data[:1] == b"{"):
            alike = list(run)
            if is_json:
                rows = self._read(alike, self._counts, self._source)
                self._counts["bytes"] += sum(len(message.data) for message in alike)
                yield alike[0].received_at, b"", rows
            else:
                lines = b"".join(message.data.removesuffix(b"\n") + b"\n" for message in alike)
                yield alike[0].received_at, lines, None
