"""WebSockets: aisstream.io's JSON, or messages of NMEA lines from anybody.

Messages that the reader is too slow for are dropped, the oldest first, and counted: aisstream.io
ends connections whose client lags, so pausing would lose more.
"""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import suppress
from urllib.parse import parse_qs, urlsplit, urlunsplit

import aiohttp
import msgspec

from ingest.aisstream import read_aisstream, refusal
from ingest.json_forms import Message
from ingest.source.feed import Chunk, Client, SourceParams
from ingest.source.http import patience
from ingest.source.inbox import Inbox
from ingest.source.texts import AT_ONCE, LINGER_S, Texts
from sea.errors import BadInputError, UnavailableError

AISSTREAM_HOST = "stream.aisstream.io"
WORLD = "-90,-180,90,180"
MESSAGE_BYTES = 1 << 20
_MEND = (
    "write wss://stream.aisstream.io/v0/stream?box=SOUTH,WEST,NORTH,EAST and set "
    "SAFEPASSAGE_AISSTREAM_KEY, or add apikey=KEY"
)


class WebSocketSource(Client):
    """Reads one WebSocket; a URL with a ``box``, or of aisstream.io, is subscribed to.

    Raises:
        BadInputError: a box makes no sense, or there is no key for aisstream.io.
    """

    def __init__(self, url: str, params: SourceParams) -> None:
        super().__init__(url, params)
        asked = url.partition("#")[0]
        parts = urlsplit(asked)
        options = parse_qs(parts.query)
        self._asked, self._greeting = asked, None
        if parts.hostname == AISSTREAM_HOST or "box" in options:
            key = options.get("apikey", [params.aisstream_key or ""])[-1]
            if not key:
                raise BadInputError(f"no key for {self.url}", field="source", mend=_MEND)
            self._secrets = (*self._secrets, key)
            self._asked = urlunsplit(parts._replace(query=""))
            boxes = [_box(text) for text in options.get("box", [WORLD])]
            self._greeting = msgspec.json.encode({"APIKey": key, "BoundingBoxes": boxes}).decode()

    async def _connection(self) -> AsyncGenerator[Chunk, None]:
        try:
            async with (
                aiohttp.ClientSession(timeout=patience(self._params)) as session,
                session.ws_connect(
                    self._asked, max_msg_size=MESSAGE_BYTES, heartbeat=30, autoping=True
                ) as socket,
            ):
                if self._greeting is not None:
                    await socket.send_str(self._greeting)
                self._connect()
                inbox = Inbox(self._params, self.counts)
                texts = Texts(read_aisstream, self.counts, self.url)
                filling = asyncio.create_task(_fill(inbox, socket))
                try:
                    while messages := await self._in_time(inbox.get(AT_ONCE, LINGER_S)):
                        _heed_refusal(messages)
                        for received_at, data, rows in texts.read(messages):
                            yield self._chunk(data, received_at, rows)
                finally:
                    filling.cancel()
                    with suppress(asyncio.CancelledError):
                        await filling
        except aiohttp.WSServerHandshakeError as error:
            raise UnavailableError(f"HTTP {error.status} instead of a WebSocket") from error
        except aiohttp.ClientError as error:
            raise UnavailableError(str(error) or type(error).__name__) from error


async def _fill(inbox: Inbox, socket: aiohttp.ClientWebSocketResponse) -> None:
    """Puts what comes into the inbox until the socket closes."""
    async for message in socket:
        if message.type is aiohttp.WSMsgType.TEXT:
            inbox.put(message.data.encode())
        elif message.type is aiohttp.WSMsgType.BINARY:
            inbox.put(message.data)
    inbox.close(socket.exception())


def _heed_refusal(messages: Sequence[Message]) -> None:
    for message in messages:
        if (told := refusal(message.data)) is not None:
            raise UnavailableError(f"the server refuses: {told}")


def _box(text: str) -> list[list[float]]:
    """Two corners, latitude first, as aisstream.io has them."""
    try:
        south, west, north, east = map(float, text.split(","))
    except ValueError:
        raise BadInputError(f"no box {text!r}", field="source", mend=_MEND) from None
    if not (-90 <= south < north <= 90 and -180 <= west < east <= 180):
        raise BadInputError(f"no box {text!r}", field="source", mend=_MEND)
    return [[south, west], [north, east]]
