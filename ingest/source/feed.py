"""What all sources share: chunks, patience, health, and going back to a peer that was lost."""

import asyncio
import logging
import random
import time
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import Protocol, TypeVar

from ingest.decoded import Decoded
from ingest.source.address import covered, secrets_of, without
from ingest.source.health import Health
from sea.errors import BadInputError, UnavailableError
from sea.units import Microseconds

_log = logging.getLogger(__name__)

READ_BYTES = 64 * 1024
Part = TypeVar("Part")


@dataclass(frozen=True, slots=True, kw_only=True)
class Chunk:
    """A piece of a feed: bytes of NMEA, or rows where a feed sends no NMEA.

    Attributes:
        data: empty beside rows.
        received_at: when it came, us UTC (for a file: when it was last changed).
        source: the name of the source.
    """

    data: bytes = b""
    received_at: Microseconds
    source: str
    rows: Decoded | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceParams:
    """How patient a source is.

    Attributes:
        connect_s: longest wait for a connection. Chosen by us: three SYN retries.
        silence_s: a peer that sends nothing this long is given up. Chosen by us: a coast
            station hears base stations every 10 s (ITU-R M.1371-5 annex 1 table 3).
        backoff_s: first and longest wait before the next connection; a random share of it is
            waited, so that many clients do not return at once. Chosen by us.
        queue: most chunks or messages held for a busy reader. Chosen by us: 4096 datagrams of
            one sentence are two seconds of the whole world's traffic.
        queue_bytes: most bytes held. Chosen by us: 4096 messages of 4 KiB.
        clients: most peers of tcp-listen at a time. Chosen by us.
        aisstream_key: the key for aisstream.io where the URL has none.
    """

    connect_s: float = 10.0
    silence_s: float = 120.0
    backoff_s: tuple[float, float] = (0.5, 30.0)
    queue: int = 4096
    queue_bytes: int = 1 << 24
    clients: int = 64
    aisstream_key: str | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        numbers = (self.connect_s, self.silence_s, *self.backoff_s, self.queue, self.queue_bytes,
                   self.clients)  # fmt: skip
        if min(numbers) <= 0:
            raise BadInputError("waits and limits of a source must be positive")


class Source(Protocol):
    """What `open_source` gives: iterate it; `health` and `counts` say how it is doing.

    Attributes:
        url: as given, with what is secret covered; the source's name.
        counts: ``bytes``, ``connections``, ``failures``, ``silences``, ``dropped``, ``refused``;
            where it gives rows also ``messages``, ``rows``, ``rejected`` and its reasons.
    """

    url: str
    counts: Counter[str]
    health: Health

    def __aiter__(self) -> AsyncIterator[Chunk]:
        """The chunks, as they come; ends only with a file or standard input."""
        ...


class SilentError(UnavailableError):
    """A peer sends nothing."""


class Feed:
    """A source's name, health and counts."""

    def __init__(self, url: str, params: SourceParams) -> None:
        self.url, self.counts, self.health = covered(url), Counter[str](), Health()
        self._params = params
        self._secrets = secrets_of(url)

    def _chunk(
        self, data: bytes, received_at: Microseconds | None = None, rows: Decoded | None = None
    ) -> Chunk:
        now = now_us()
        self.health.data_at = now
        self.counts["bytes"] += len(data)
        return Chunk(data=data, received_at=received_at or now, source=self.url, rows=rows)

    def _connect(self) -> None:
        self.counts["connections"] += 1
        self.health.connect(now_us())

    def _fail(self, error: object, counted: str = "failures") -> None:
        self.counts[counted] += 1
        told = without(str(error) or type(error).__name__, self._secrets)
        if told != self.health.error:
            _log.warning("%s: %s", self.url, told)
        self.health.fail(told, now_us())


class Client(Feed, ABC):
    """Goes back to its peer after every end, failure and silence, each time waiting longer.

    The wait begins anew with the first data.
    """

    _finite = False
    """Whether the connection that ended gave a whole document, which is not news so soon."""

    async def __aiter__(self) -> AsyncIterator[Chunk]:
        """Chunks until cancelled."""
        shortest, longest = self._params.backoff_s
        wait = shortest
        while True:
            self.health.phase = "connecting"
            try:
                async with aclosing(self._connection()) as connection:
                    async for chunk in connection:
                        wait = shortest
                        yield chunk
                self.health.fail("the peer ended the connection", now_us())
                wait = longest if self._finite else wait
            except SilentError as error:
                self._fail(error, "silences")
            except (OSError, UnavailableError) as error:
                self._fail(error)
            self.health.phase = "waiting"
            await asyncio.sleep(wait * random.uniform(0.5, 1.0))
            wait = min(2 * wait, longest)

    @abstractmethod
    def _connection(self) -> AsyncGenerator[Chunk, None]:
        """The chunks of one connection; raises OSError or UnavailableError when it is lost."""

    async def _in_time(self, reading: Awaitable[Part]) -> Part:
        """What was read.

        Raises:
            SilentError: nothing came for `silence_s`.
        """
        try:
            async with asyncio.timeout(self._params.silence_s):
                return await reading
        except TimeoutError:
            raise SilentError(f"nothing came for {self._params.silence_s:g} s") from None


class ByteClient(Client):
    """A client of a peer that sends bytes cut anywhere.

    A line that a lost connection cut is ended, so that it does not swallow the next one.
    """

    _open_line = False

    async def _connection(self) -> AsyncGenerator[Chunk, None]:
        first = True
        async with aclosing(self._reads()) as reads:
            async for data in reads:
                whole = b"\n" + data if first and self._open_line else data
                first, self._open_line = False, not data.endswith(b"\n")
                yield self._chunk(whole)

    @abstractmethod
    def _reads(self) -> AsyncGenerator[bytes, None]:
        """What each read gives, for one connection."""


def cannot_listen(url: str, error: OSError) -> UnavailableError:
    """The error of a port that cannot be had."""
    return UnavailableError(f"cannot listen at {url}: {error.strerror or error}")


def now_us() -> Microseconds:
    """The clock, us UTC."""
    return time.time_ns() // 1000
