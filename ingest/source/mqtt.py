"""MQTT: Digitraffic's JSON, or messages of NMEA lines on any topic.

Subscribed with QoS 0. A broker cannot be paused: messages that the reader is too slow for are
dropped, the oldest first, and counted.
"""

import asyncio
import ssl
from collections.abc import AsyncGenerator
from contextlib import suppress
from typing import Any, Literal, Self
from urllib.parse import unquote, urlsplit

import aiomqtt

from ingest.digitraffic import read_digitraffic
from ingest.source.feed import Chunk, Client, SourceParams
from ingest.source.inbox import Inbox
from ingest.source.texts import AT_ONCE, LINGER_S, Texts
from sea.errors import BadInputError, UnavailableError

PORTS = {"mqtt": 1883, "mqtts": 8883, "mqtt+ws": 80, "mqtt+wss": 443}
_MEND = (
    "write mqtt://[USER:PASSWORD@]HOST[:PORT]/TOPIC (mqtts with TLS), or over WebSockets "
    "mqtt+wss://HOST[:PORT]/PATH?topic=TOPIC"
)


class MqttSource(Client):
    """Reads one topic filter of a broker; everything behind the host is the topic.

    Over WebSockets the path is the server's and the topic stands behind ``?topic=``.

    Raises:
        BadInputError: host or topic is missing.
    """

    def __init__(self, url: str, params: SourceParams) -> None:
        super().__init__(url, params)
        scheme, _, rest = url.partition("://")
        server, _, place = rest.partition("/")
        self._path: str | None = None
        self._topic = place
        if "ws" in scheme:
            path, _, self._topic = place.partition("?topic=")
            self._path = f"/{path}"
        parts = urlsplit(f"//{server}")
        try:
            port = parts.port or PORTS[scheme]
        except ValueError:
            port = 0
        if not parts.hostname or not port or not self._topic:
            raise BadInputError(
                f"no host, port or topic in {self.url!r}", field="source", mend=_MEND
            )
        try:
            aiomqtt.Wildcard(self._topic)
        except ValueError as error:
            raise BadInputError(
                f"no topic {self._topic!r}: {error}", field="source", mend=_MEND
            ) from None
        self._host, self._port = parts.hostname, port
        self._user = unquote(parts.username) if parts.username else None
        self._password = unquote(parts.password) if parts.password else None
        self._tls = scheme in ("mqtts", "mqtt+wss")

    async def _connection(self) -> AsyncGenerator[Chunk, None]:
        inbox = Inbox(self._params, self.counts)
        texts = Texts(read_digitraffic, self.counts, self.url)
        filling = asyncio.create_task(self._fill(inbox))
        try:
            while messages := await self._in_time(inbox.get(AT_ONCE, LINGER_S)):
                for received_at, data, rows in texts.read(messages):
                    yield self._chunk(data, received_at, rows)
        finally:
            filling.cancel()
            with suppress(asyncio.CancelledError):
                await filling

    async def _fill(self, inbox: Inbox) -> None:
        """Puts what is published into the inbox until the connection is lost."""
        try:
            async with self._client() as client:
                await client.subscribe(self._topic, qos=0)
                self._connect()
                async for message in client.messages:
                    if isinstance(message.payload, bytes):
                        inbox.put(message.payload, str(message.topic))
        except (aiomqtt.MqttError, OSError) as error:
            inbox.close(UnavailableError(str(error) or type(error).__name__))

    def _client(self) -> "_Broker":
        transport: Literal["tcp", "websockets"] = "tcp" if self._path is None else "websockets"
        options: dict[str, Any] = {"tls_context": ssl.create_default_context()} if self._tls else {}
        return _Broker(
            self._host, self._port, username=self._user, password=self._password,
            transport=transport, websocket_path=self._path, timeout=self._params.connect_s,
            **options,
        )  # fmt: skip


class _Broker(aiomqtt.Client):
    """aiomqtt leaves its socket open where a broker takes the connection but never answers."""

    async def __aenter__(self) -> Self:
        try:
            return await super().__aenter__()
        except BaseException:
            self._client.on_disconnect = None
            self._client.disconnect()
            self._client.loop_write()  # sends that, then closes the socket
            raise
