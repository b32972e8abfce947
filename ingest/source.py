"""Live sources: sockets, standard input and files -> chunks of bytes with the time they came.

A chunk holds bytes cut anywhere where one peer sends, and whole lines where several may. Nothing
grows without bound: TCP peers are paused while the reader is busy, UDP drops its oldest datagrams
and counts them.
"""

import asyncio
import os
import random
import sys
import time
from collections import Counter, deque
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import aclosing, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol
from urllib.parse import urlsplit

from ingest.archive import plain_blocks
from ingest.nmea import LINE_LIMIT
from sea.errors import BadInputError, UnavailableError
from sea.units import Microseconds

READ_BYTES: Final = 64 * 1024
LOOPBACK: Final = "127.0.0.1"
_KNOWN: Final = (
    "tcp://HOST:PORT, tcp-listen://[HOST]:PORT, udp://[HOST]:PORT, file:PATH, - (standard input)"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Chunk:
    """Bytes of a feed.

    Attributes:
        received_at: when they came, us UTC (for a file: when it was last changed).
        source: the URL they came by.
    """

    data: bytes
    received_at: Microseconds
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceParams:
    """How patient a source is.

    Attributes:
        connect_s: longest wait for a TCP connection. Chosen by us: three SYN retries.
        silence_s: a TCP peer that sends nothing this long is given up. Chosen by us: a coast
            station hears base stations every 10 s (ITU-R M.1371-5 annex 1 table 3).
        backoff_s: first and longest wait before the next connection; a random share of it is
            waited, so that many clients do not return at once. Chosen by us.
        queue: most chunks or datagrams held for a busy reader. Chosen by us: 4096 datagrams of
            one sentence are two seconds of the whole world's traffic.
        clients: most peers of tcp-listen at a time. Chosen by us.
    """

    connect_s: float = 10.0
    silence_s: float = 120.0
    backoff_s: tuple[float, float] = (0.5, 30.0)
    queue: int = 4096
    clients: int = 64

    def __post_init__(self) -> None:
        numbers = (self.connect_s, self.silence_s, *self.backoff_s, self.queue, self.clients)
        if min(numbers) <= 0:
            raise BadInputError("waits and limits of a source must be positive")


class Source(Protocol):
    """What `open_source` gives: iterate it; `counts` says what went wrong meanwhile.

    Attributes:
        url: as given. counts: ``connections``, ``failures``, ``silences``, ``dropped``,
            ``refused``.
    """

    url: str
    counts: Counter[str]

    def __aiter__(self) -> AsyncIterator[Chunk]:
        """The chunks, as they come; ends only with a file or standard input."""
        ...


def open_source(url: str, params: SourceParams | None = None) -> Source:
    """The source behind a URL; nothing is opened before it is iterated.

    Raises:
        BadInputError: the scheme is unknown, or host or port is missing.
    """
    params = params or SourceParams()
    if url == "-":
        return StandardInput(url)
    scheme, separator, rest = url.partition(":")
    if scheme == "file" and rest:
        return FileSource(url, Path(rest.removeprefix("//")))
    socket_kinds: dict[str, Callable[[str, str, int, SourceParams], Source]] = {
        "tcp": TcpClient, "tcp-listen": TcpListener, "udp": UdpListener,
    }  # fmt: skip
    if not separator or scheme not in socket_kinds:
        raise BadInputError(f"no source {url!r}", field="source", mend=f"there are {_KNOWN}")
    host, port = address_of(url)
    if scheme == "tcp" and not host:
        raise BadInputError(f"no host in {url!r}", field="source", mend="write tcp://HOST:PORT")
    return socket_kinds[scheme](url, host or LOOPBACK, port, params)


class TcpClient:
    """Reads from a server and returns to it after every failure and silence."""

    def __init__(self, url: str, host: str, port: int, params: SourceParams) -> None:
        self.url, self.counts = url, Counter[str]()
        self._host, self._port, self._params = host, port, params

    async def __aiter__(self) -> AsyncIterator[Chunk]:
        """Chunks until cancelled."""
        shortest, longest = self._params.backoff_s
        wait = shortest
        open_line = False
        while True:
            first = True
            async with aclosing(self._connection()) as connection:
                async for data in connection:
                    whole = b"\n" + data if first and open_line else data
                    first, open_line = False, not data.endswith(b"\n")
                    wait = shortest
                    yield Chunk(data=whole, received_at=_now(), source=self.url)
            await asyncio.sleep(wait * random.uniform(0.5, 1.0))
            wait = min(2 * wait, longest)

    async def _connection(self) -> AsyncGenerator[bytes, None]:
        try:
            async with asyncio.timeout(self._params.connect_s):
                reader, writer = await asyncio.open_connection(self._host, self._port)
        except OSError:
            self.counts["failures"] += 1
            return
        self.counts["connections"] += 1
        try:
            while True:
                async with asyncio.timeout(self._params.silence_s):
                    data = await reader.read(READ_BYTES)
                if not data:
                    return
                yield data
        except TimeoutError:
            self.counts["silences"] += 1
        except OSError:
            self.counts["failures"] += 1
        finally:
            writer.close()
            with suppress(OSError):
                await writer.wait_closed()


class TcpListener:
    """Takes lines from any number of clients; a slow reader slows them all down.

    Attributes:
        port: where it listens, once iterated (a URL with port 0 lets the system choose).
    """

    def __init__(self, url: str, host: str, port: int, params: SourceParams) -> None:
        self.url, self.counts, self.port = url, Counter[str](), port
        self._host, self._params = host, params
        self._queue: asyncio.Queue[Chunk] = asyncio.Queue(params.queue)
        self._clients: set[asyncio.StreamWriter] = set()

    async def __aiter__(self) -> AsyncIterator[Chunk]:
        """Chunks of whole lines until cancelled."""
        try:
            server = await asyncio.start_server(self._serve, self._host, self.port)
        except OSError as error:
            raise _cannot_listen(self.url, error) from error
        self.port = server.sockets[0].getsockname()[1]
        try:
            while True:
                yield await self._queue.get()
        finally:
            server.close()
            for writer in list(self._clients):
                writer.transport.abort()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if len(self._clients) >= self._params.clients:
            self.counts["refused"] += 1
            writer.transport.abort()
            return
        self.counts["connections"] += 1
        self._clients.add(writer)
        try:
            await self._read(reader)
        except TimeoutError:
            self.counts["silences"] += 1
        except OSError:
            self.counts["failures"] += 1
        finally:
            self._clients.discard(writer)
            writer.close()

    async def _read(self, reader: asyncio.StreamReader) -> None:
        tail = b""
        while True:
            async with asyncio.timeout(self._params.silence_s):
                data = await reader.read(READ_BYTES)
            ended, newline, tail = (tail + data).rpartition(b"\n")
            if not data or len(tail) > LINE_LIMIT:
                ended, newline, tail = ended + newline + tail, b"\n", b""
            if ended:
                chunk = Chunk(data=ended + newline, received_at=_now(), source=self.url)
                await self._queue.put(chunk)
            if not data:
                return


class UdpListener:
    """Takes datagrams; when the reader is too slow the oldest go and are counted as dropped.

    Attributes:
        port: where it listens, once iterated.
    """

    def __init__(self, url: str, host: str, port: int, params: SourceParams) -> None:
        self.url, self.counts, self.port = url, Counter[str](), port
        self._host, self._params = host, params

    async def __aiter__(self) -> AsyncIterator[Chunk]:
        """One chunk a datagram until cancelled."""
        inbox = _Inbox(self.url, self._params.queue, self.counts)
        loop = asyncio.get_running_loop()
        try:
            transport, _ = await loop.create_datagram_endpoint(
                lambda: inbox, local_addr=(self._host, self.port)
            )
        except OSError as error:
            raise _cannot_listen(self.url, error) from error
        self.port = transport.get_extra_info("sockname")[1]
        try:
            while True:
                await inbox.filled.wait()
                while inbox.chunks:
                    yield inbox.chunks.popleft()
                inbox.filled.clear()
        finally:
            transport.close()


class _Inbox(asyncio.DatagramProtocol):
    """The newest datagrams, each ending in a newline."""

    def __init__(self, url: str, limit: int, counts: Counter[str]) -> None:
        self.chunks: deque[Chunk] = deque()
        self.filled = asyncio.Event()
        self._url, self._limit, self._counts = url, limit, counts

    def datagram_received(self, data: bytes, addr: object) -> None:
        if len(self.chunks) >= self._limit:
            self.chunks.popleft()
            self._counts["dropped"] += 1
        whole = data if data.endswith(b"\n") else data + b"\n"
        self.chunks.append(Chunk(data=whole, received_at=_now(), source=self._url))
        self.filled.set()


class FileSource:
    """The bytes of a file, uncompressed, then the end."""

    def __init__(self, url: str, path: Path) -> None:
        self.url, self.counts = url, Counter[str]()
        self._path = path

    async def __aiter__(self) -> AsyncIterator[Chunk]:
        """Chunks to the end of the file."""
        blocks = plain_blocks(self._path)
        while (block := await asyncio.to_thread(next, blocks, None)) is not None:
            changed = os.stat(self._path).st_mtime_ns // 1000
            yield Chunk(data=block, received_at=changed, source=self.url)


class StandardInput:
    """What is piped in, then the end."""

    def __init__(self, url: str) -> None:
        self.url, self.counts = url, Counter[str]()

    async def __aiter__(self) -> AsyncIterator[Chunk]:
        """Chunks to the end of standard input."""
        reader = asyncio.StreamReader()
        loop = asyncio.get_running_loop()
        try:
            transport, _ = await loop.connect_read_pipe(
                lambda: asyncio.StreamReaderProtocol(reader), os.fdopen(os.dup(0), "rb", 0)
            )
        except ValueError:  # a regular file, which never lets us wait
            while data := sys.stdin.buffer.read(READ_BYTES):
                yield Chunk(data=data, received_at=_now(), source=self.url)
            return
        try:
            while data := await reader.read(READ_BYTES):
                yield Chunk(data=data, received_at=_now(), source=self.url)
        finally:
            transport.close()


def address_of(url: str) -> tuple[str, int]:
    """Host (empty without one) and port of a URL.

    Raises:
        BadInputError: there is no port, or more than host and port.
    """
    parts = urlsplit(url)
    try:
        port = parts.port
    except ValueError:
        port = None
    if port is None or parts.path not in ("", "/"):
        raise BadInputError(f"no port in {url!r}", field="source", mend=f"there are {_KNOWN}")
    return parts.hostname or "", port


def _cannot_listen(url: str, error: OSError) -> UnavailableError:
    return UnavailableError(f"cannot listen at {url}: {error.strerror or error}")


def _now() -> Microseconds:
    return time.time_ns() // 1000
