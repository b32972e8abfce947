"""NMEA by TCP, from a server or from any number of clients.

A peer is paused while the reader is busy, by TCP itself; nothing is dropped.
"""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import suppress
from typing import Final

from ingest.nmea import LINE_LIMIT
from ingest.source.feed import READ_BYTES, ByteClient, Chunk, Feed, SourceParams, cannot_listen

HELD: Final = 64
"""Chunks of all clients that wait for the reader, 4 MiB. Chosen by us; clients wait with more."""


class TcpClient(ByteClient):
    """Reads from a server."""

    def __init__(self, url: str, host: str, port: int, params: SourceParams) -> None:
        super().__init__(url, params)
        self._host, self._port = host, port

    async def _reads(self) -> AsyncGenerator[bytes, None]:
        try:
            async with asyncio.timeout(self._params.connect_s):
                reader, writer = await asyncio.open_connection(self._host, self._port)
        except TimeoutError:
            raise OSError(f"no connection within {self._params.connect_s:g} s") from None
        self._connect()
        try:
            while data := await self._in_time(reader.read(READ_BYTES)):
                yield data
        finally:
            writer.close()
            with suppress(OSError):
                await writer.wait_closed()


class TcpListener(Feed):
    """Takes lines from any number of clients; a slow reader slows them all down.

    Attributes:
        port: where it listens, once iterated (a URL with port 0 lets the system choose).
    """

    def __init__(self, url: str, host: str, port: int, params: SourceParams) -> None:
        super().__init__(url, params)
        self.port = port
        self._host = host
        self._queue: asyncio.Queue[Chunk] = asyncio.Queue(min(params.queue, HELD))
        self._clients: set[asyncio.StreamWriter] = set()

    async def __aiter__(self) -> AsyncIterator[Chunk]:
        """Chunks of whole lines until cancelled."""
        try:
            server = await asyncio.start_server(self._serve, self._host, self.port)
        except OSError as error:
            raise cannot_listen(self.url, error) from error
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
        self._connect()
        self._clients.add(writer)
        try:
            await self._read(reader)
        except TimeoutError:
            self._fail(f"a client sent nothing for {self._params.silence_s:g} s", "silences")
        except OSError as error:
            self._fail(error)
        finally:
            self._clients.discard(writer)
            if not self._clients:
                self.health.phase = "waiting"
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
                await self._queue.put(self._chunk(ended + newline))
            if not data:
                return
