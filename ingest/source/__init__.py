"""Live sources: what a feed comes by -> chunks of bytes or rows with the time they came.

One module a kind. A chunk's bytes are cut anywhere where one peer sends, and whole lines where
several may. Nothing grows without bound: a peer that can be paused is paused while the reader is
busy (TCP, HTTP, serial), where it cannot the oldest messages go and are counted (UDP, MQTT,
WebSocket).
"""

from collections.abc import Callable
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from ingest.source.address import address_of, covered
from ingest.source.feed import Chunk, Source, SourceParams
from ingest.source.file import FileSource, StandardInput
from ingest.source.folder import WatchedFolder
from ingest.source.health import STATES, Health, State
from ingest.source.http import HttpSource
from ingest.source.mqtt import PORTS, MqttSource
from ingest.source.serial import SerialSource
from ingest.source.tcp import TcpClient, TcpListener
from ingest.source.udp import UdpListener
from ingest.source.websocket import WebSocketSource
from sea.errors import BadInputError

__all__ = [
    "KNOWN", "LOOPBACK", "STATES", "Chunk", "Health", "Source", "SourceParams", "State",
    "WatchedFolder", "address_of", "covered", "open_folder", "open_source",
]  # fmt: skip

LOOPBACK: Final = "127.0.0.1"
KNOWN: Final = (
    "tcp://HOST:PORT, tcp-listen://[HOST]:PORT, udp://[HOST]:PORT, http(s)://…, ws(s)://…, "
    "mqtt(s)://HOST/TOPIC, serial:DEVICE?baud=38400, folder:PATH, file:PATH, - (standard input)"
)

_SOCKETS: Final[dict[str, Callable[[str, str, int, SourceParams], Source]]] = {
    "tcp": TcpClient, "tcp-listen": TcpListener, "udp": UdpListener,
}  # fmt: skip
_OTHERS: Final[dict[str, Callable[[str, SourceParams], Source]]] = {
    "http": HttpSource, "https": HttpSource, "ws": WebSocketSource, "wss": WebSocketSource,
    **dict.fromkeys(PORTS, MqttSource), "serial": SerialSource,
}  # fmt: skip


def open_source(url: str, params: SourceParams | None = None) -> Source:
    """The source behind a URL; nothing is opened before it is iterated.

    Raises:
        BadInputError: the scheme is unknown, or something is missing.
    """
    params = params or SourceParams()
    if url == "-":
        return StandardInput(url, params)
    scheme, _, rest = url.partition(":")
    if scheme == "file" and rest:
        return FileSource(url, Path(rest.removeprefix("//")), params)
    if scheme in _SOCKETS:
        host, port = address_of(url, KNOWN)
        if scheme == "tcp" and not host:
            raise _no_host(url, KNOWN)
        return _SOCKETS[scheme](url, host or LOOPBACK, port, params)
    if scheme in _OTHERS:
        if scheme != "serial" and not _has_host(url):
            raise _no_host(url, f"write {scheme}://HOST/…; there are {KNOWN}")
        return _OTHERS[scheme](url, params)
    raise BadInputError(f"no source {covered(url)!r}", field="source", mend=f"there are {KNOWN}")


def open_folder(url: str, params: SourceParams | None = None) -> WatchedFolder:
    """The watched folder of ``folder:PATH``.

    Raises:
        BadInputError: there is no such folder.
    """
    path = Path(url.partition(":")[2].removeprefix("//")).expanduser()
    return WatchedFolder(url, path, params or SourceParams())


def _has_host(url: str) -> bool:
    try:
        parts = urlsplit(url)
        return bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False


def _no_host(url: str, mend: str) -> BadInputError:
    return BadInputError(f"no host, or no such port: {covered(url)!r}", field="source", mend=mend)
