"""NMEA by HTTP: one long answer whose bytes come as they are heard.

The server is paused while the reader is busy, by TCP itself. An answer that ends is asked for
again; one that was a whole document, since it told its length, only after the longest wait.
"""

from collections.abc import AsyncGenerator

import aiohttp

from ingest.source.feed import READ_BYTES, ByteClient, SourceParams
from sea.errors import UnavailableError


class HttpSource(ByteClient):
    """Reads the answer to a GET; user and password in the URL become Basic authentication."""

    def __init__(self, url: str, params: SourceParams) -> None:
        super().__init__(url, params)
        self._asked = url.partition("#")[0]

    async def _reads(self) -> AsyncGenerator[bytes, None]:
        try:
            async with (
                aiohttp.ClientSession(timeout=patience(self._params)) as session,
                session.get(self._asked) as answer,
            ):
                if answer.status != 200:
                    raise UnavailableError(f"HTTP {answer.status} {answer.reason}")
                self._connect()
                self._finite = answer.content_length is not None
                while data := await self._in_time(answer.content.readany()):
                    for begin in range(0, len(data), READ_BYTES):
                        yield data[begin : begin + READ_BYTES]
        except aiohttp.ClientError as error:
            raise UnavailableError(str(error) or type(error).__name__) from error


def patience(params: SourceParams) -> aiohttp.ClientTimeout:
    """How long to wait for a connection, and for an answer to begin.

    That is longer than `silence_s`, which is waited for what comes later.
    """
    begin_s = params.connect_s + params.silence_s
    return aiohttp.ClientTimeout(
        total=None, connect=params.connect_s, sock_connect=params.connect_s, sock_read=begin_s
    )
