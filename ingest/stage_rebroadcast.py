"""Rebroadcast: what the gateways take in goes out again, for chart programs and other services.

chunks -> `Retagger`, one a source -> TCP clients and UDP peers. Every TCP client has a queue of
its own; one that reads too slowly loses its oldest messages, counted, and delays nobody.
"""

import asyncio
import socket
from collections import Counter, deque
from collections.abc import Iterable
from typing import Final

from ingest.retag import Retagger
from ingest.source import LOOPBACK, Chunk, address_of
from sea.errors import BadInputError, UnavailableError

QUEUE: Final = 100_000
"""Messages held for a client; chosen by us: some 10 MB, 45 s of the whole world's traffic."""

CLIENTS: Final = 64
"""Chosen by us, as many as feeds may come in by."""

_AT_ONCE: Final = 500
_KNOWN: Final = "tcp://[HOST]:PORT (listens) and udp://HOST:PORT (sends)"


class Rebroadcast:
    """Where messages go out; `run` it, and give it chunks by `hear`.

    Attributes:
        url: as given. counts: ``messages`` and ``orphan_part`` (in), ``clients``, ``refused``,
            ``sent``, ``dropped`` (out, each times the clients).

    Raises:
        BadInputError: the URL names no known way out.
    """

    def __init__(self, url: str, *, queue: int = QUEUE) -> None:
        scheme, _, _ = url.partition(":")
        if scheme not in ("tcp", "udp"):
            raise BadInputError(
                f"cannot rebroadcast by {url!r}", field="rebroadcast", mend=f"there are {_KNOWN}"
            )
        self.url, self.counts = url, Counter[str]()
        host, port = address_of(url)
        if scheme == "udp" and not host:
            raise BadInputError(f"no host in {url!r}", field="rebroadcast", mend=f"it is {_KNOWN}")
        self._out: TcpOut | UdpOut
        if scheme == "tcp":
            self._out = TcpOut(url, host or LOOPBACK, port, queue, self.counts)
        else:
            self._out = UdpOut(url, host, port, self.counts)
        self._retaggers: dict[str, Retagger] = {}

    @property
    def port(self) -> int:
        """Where it listens or sends; 0 until a free port is chosen."""
        return self._out.port

    @property
    def listeners(self) -> int:
        """How many it sends to now; a UDP peer counts from when its socket is open."""
        return self._out.listeners

    async def run(self) -> None:
        """Serves until cancelled.

        Raises:
            UnavailableError: the port cannot be had.
        """
        await self._out.run()

    def hear(self, chunk: Chunk) -> None:
        """Sends on the messages that the chunk completes; never waits."""
        retagger = self._retaggers.get(chunk.source)
        if retagger is None:
            retagger = self._retaggers[chunk.source] = Retagger(chunk.source, self.counts)
        messages = retagger.feed(chunk.data, chunk.received_at)
        if messages:
            self._out.offer(messages)


class TcpOut:
    """Listens; every client gets all messages from its coming on."""

    def __init__(self, url: str, host: str, port: int, queue: int, counts: Counter[str]) -> None:
        self.port = port
        self._url, self._host, self._queue, self._counts = url, host, queue, counts
        self._clients: set[_Client] = set()

    @property
    def listeners(self) -> int:
        """How many clients there are."""
        return len(self._clients)

    async def run(self) -> None:
        """Serves until cancelled."""
        try:
            server = await asyncio.start_server(self._serve, self._host, self.port)
        except OSError as error:
            told = error.strerror or error
            raise UnavailableError(f"cannot rebroadcast at {self._url}: {told}") from error
        self.port = server.sockets[0].getsockname()[1]
        try:
            await asyncio.Event().wait()
        finally:
            server.close()
            for client in self._clients:
                client.task.cancel()

    def offer(self, messages: list[bytes]) -> None:
        """Queues the messages for every client."""
        for client in self._clients:
            client.offer(messages)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if len(self._clients) >= CLIENTS:
            self._counts["refused"] += 1
            writer.close()
            return
        self._counts["clients"] += 1
        task = asyncio.current_task()
        assert task is not None  # asyncio's server made it
        client = _Client(task, self._queue, self._counts)
        self._clients.add(client)
        gone = asyncio.create_task(_end_of(reader))
        gone.add_done_callback(lambda _: writer.transport.abort())
        gone.add_done_callback(lambda _: task.cancel())
        try:
            await client.send(writer)
        except (ConnectionError, asyncio.CancelledError):
            pass
        finally:
            self._clients.discard(client)
            gone.cancel()
            writer.close()


class _Client:
    """One reader's queue."""

    def __init__(self, task: asyncio.Task[object], queue: int, counts: Counter[str]) -> None:
        self.task = task
        self._waiting: deque[bytes] = deque(maxlen=queue)
        self._filled = asyncio.Event()
        self._counts = counts

    def offer(self, messages: Iterable[bytes]) -> None:
        before = len(self._waiting)
        offered = 0
        for message in messages:
            self._waiting.append(message)
            offered += 1
        self._counts["dropped"] += before + offered - len(self._waiting)
        self._filled.set()

    async def send(self, writer: asyncio.StreamWriter) -> None:
        while True:
            await self._filled.wait()
            self._filled.clear()
            while self._waiting:
                count = min(_AT_ONCE, len(self._waiting))
                writer.write(b"".join(self._waiting.popleft() for _ in range(count)))
                await writer.drain()
                self._counts["sent"] += count


class UdpOut:
    """Sends each message as a datagram; what the network does not take at once is dropped."""

    def __init__(self, url: str, host: str, port: int, counts: Counter[str]) -> None:
        self.port = port
        self._url, self._host, self._counts = url, host, counts
        self._socket: socket.socket | None = None

    @property
    def listeners(self) -> int:
        """1 once the socket is open."""
        return int(self._socket is not None)

    async def run(self) -> None:
        """Holds the socket until cancelled."""
        loop = asyncio.get_running_loop()
        try:
            found = await loop.getaddrinfo(self._host, self.port, type=socket.SOCK_DGRAM)
            family, kind, protocol, _, address = found[0]
            opened = socket.socket(family, kind, protocol)
            opened.setblocking(False)
            opened.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
            opened.connect(address)
        except OSError as error:
            told = error.strerror or error
            raise UnavailableError(f"cannot rebroadcast to {self._url}: {told}") from error
        with opened:
            self._socket = opened
            try:
                await asyncio.Event().wait()
            finally:
                self._socket = None

    def offer(self, messages: list[bytes]) -> None:
        """Sends the messages."""
        for message in messages:
            taken = self._socket is not None and self._sent(self._socket, message)
            self._counts["sent" if taken else "dropped"] += 1

    @staticmethod
    def _sent(to: socket.socket, message: bytes) -> bool:
        try:
            to.send(message)
        except OSError:  # the buffer is full, or nobody listens there yet
            return False
        return True


async def _end_of(reader: asyncio.StreamReader) -> None:
    """Returns when the client has gone; what it says is not listened to."""
    try:
        while await reader.read(4096):
            pass
    except ConnectionError:
        return
