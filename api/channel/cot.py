"""Cursor on Target over TCP, TLS and UDP, as XML or TAK protobuf.

CoT has no acknowledgement. By TCP a parcel counts as delivered when the peer's TCP has taken all
of it; by UDP, when it has left.
"""

import asyncio
import fcntl
import socket
import ssl
import struct
import tempfile
import termios
from contextlib import suppress
from typing import Any, Final

from takproto import TAKProtoVer, xml2proto
from yarl import URL

from api.channel.parcel import AwayError, Parcel, RefusedError
from api.form.cot import cot_event
from api.outward import ForbiddenAddressError, Guard

SEND_S: Final = 10.0
_POLL_S: Final = 0.01

REFUSAL_S: Final = 0.5
"""A server of TLS 1.3 may refuse our certificate after we have written all: its alert is given a
round trip to come. Chosen by us."""


class CotSender:
    """Sends to `tcp://`, `tls://` and `udp://`, each parcel by a connection of its own."""

    def __init__(self, guard: Guard) -> None:
        self._guard = guard

    async def send(self, parcel: Parcel) -> None:
        """Returns when the peer's TCP has it, or the datagram has left."""
        url = URL(parcel.target["url"])
        body = _encoded(parcel, datagram=url.scheme == "udp")
        try:
            async with asyncio.timeout(SEND_S):
                if url.scheme == "udp":
                    await self._send_datagram(url, body)
                else:
                    context = await _context(parcel) if url.scheme == "tls" else None
                    await self._send_stream(url, body, context)
        except ForbiddenAddressError as error:
            raise RefusedError(str(error)) from None
        except (OSError, TimeoutError) as error:
            raise AwayError(f"{type(error).__name__}: {error}"[:500]) from None

    async def _send_datagram(self, url: URL, body: bytes) -> None:
        family, address, port = await self._where(url, socket.SOCK_DGRAM)
        with socket.socket(family, socket.SOCK_DGRAM) as out:
            out.setblocking(False)
            await asyncio.get_running_loop().sock_sendto(out, body, (address, port))

    async def _send_stream(self, url: URL, body: bytes, context: ssl.SSLContext | None) -> None:
        family, address, port = await self._where(url, socket.SOCK_STREAM)
        options: dict[str, Any] = {}
        if context is not None:
            options = {"ssl": context, "server_hostname": url.host}
        reader, writer = await asyncio.open_connection(
            address, port, family=socket.AddressFamily(family), **options
        )
        try:
            writer.write(body)
            await writer.drain()
            await _taken(writer)
            if context is not None:
                await _not_refused(reader)
        finally:
            writer.close()
            with suppress(OSError, TimeoutError):
                async with asyncio.timeout(1.0):
                    await writer.wait_closed()

    async def _where(self, url: URL, kind: int) -> tuple[int, str, int]:
        assert url.host is not None  # checked when it was subscribed
        assert url.port is not None
        plain = url.scheme != "tls"
        return (await self._guard.resolve(url.host, url.port, plain=plain, kind=kind))[0]


async def _context(parcel: Parcel) -> ssl.SSLContext:
    """Trusts the authority of the target, and shows our certificate where there is one."""
    client_pem = parcel.secrets[0] if parcel.secrets else None
    return await asyncio.to_thread(tls_context, parcel.target.get("ca_pem"), client_pem)


def tls_context(ca_pem: str | None, client_pem: str | None) -> ssl.SSLContext:
    """How to speak to a TAK server; None: the authorities of this machine, no certificate.

    Raises:
        ssl.SSLError: what should be a certificate or key is none.
    """
    context = ssl.create_default_context(cadata=ca_pem or None)
    if client_pem:
        with tempfile.NamedTemporaryFile("w", suffix=".pem") as file:  # of mode 0600
            file.write(client_pem)
            file.flush()
            context.load_cert_chain(file.name, password=lambda: "")  # never asks at a terminal
    return context


def _encoded(parcel: Parcel, *, datagram: bool) -> bytes:
    event = cot_event(parcel)
    if parcel.target.get("form", "xml") == "xml":
        return event
    return bytes(xml2proto(event, TAKProtoVer.MESH if datagram else TAKProtoVer.STREAM))


async def _not_refused(reader: asyncio.StreamReader) -> None:
    """Returns unless the server hangs up within a moment.

    Raises:
        OSError: it did.
    """
    with suppress(TimeoutError):
        async with asyncio.timeout(REFUSAL_S):
            if not await reader.read(1):
                raise ConnectionResetError("the server hung up; does it ask for a certificate?")


async def _taken(writer: asyncio.StreamWriter) -> None:
    """Returns when the peer's TCP has acknowledged every byte (SIOCOUTQ, tcp(7))."""
    descriptor = writer.get_extra_info("socket").fileno()
    while True:
        if writer.is_closing():
            raise ConnectionResetError("the peer closed the connection")
        (left,) = struct.unpack("i", fcntl.ioctl(descriptor, termios.TIOCOUTQ, b"\0" * 4))
        if left == 0:
            return
        await asyncio.sleep(_POLL_S)
