"""NMEA by UDP. A sender cannot be paused: when the reader is too slow the oldest datagrams go."""

import asyncio
from collections.abc import AsyncIterator

from ingest.source.feed import Chunk, Feed, SourceParams, cannot_listen
from ingest.source.inbox import Inbox


class UdpListener(Feed):
    """Takes datagrams from anybody.

    Attributes:
        port: where it listens, once iterated.
    """

    def __init__(self, url: str, host: str, port: int, params: SourceParams) -> None:
        super().__init__(url, params)
        self.port = port
        self._host = host

    async def __aiter__(self) -> AsyncIterator[Chunk]:
        """One chunk a datagram, ending in a newline, until cancelled."""
        inbox = Inbox(self._params, self.counts)
        loop = asyncio.get_running_loop()
        try:
            transport, _ = await loop.create_datagram_endpoint(
                lambda: _Datagrams(inbox), local_addr=(self._host, self.port)
            )
        except OSError as error:
            raise cannot_listen(self.url, error) from error
        self.port = transport.get_extra_info("sockname")[1]
        try:
            while True:
                for received_at, data, _ in await inbox.get():
                    if self.health.phase != "connected":
                        self._connect()
                    yield self._chunk(data if data.endswith(b"\n") else data + b"\n", received_at)
        finally:
            transport.close()


class _Datagrams(asyncio.DatagramProtocol):
    def __init__(self, inbox: Inbox) -> None:
        self._inbox = inbox

    def datagram_received(self, data: bytes, addr: object) -> None:
        self._inbox.put(data)
