"""NMEA from a serial port, as receivers with USB or RS-422 send it.

While the reader is busy the system's buffer fills; what a receiver sends beyond that is lost in
the port and shows as broken lines in the decoder's counts.
"""

import asyncio
import os
from collections.abc import AsyncGenerator
from urllib.parse import parse_qs

import serial

from ingest.source.feed import READ_BYTES, ByteClient, SourceParams
from sea.errors import BadInputError

BAUD = 38_400
"""IEC 61162-2, the rate of AIS equipment."""


class SerialSource(ByteClient):
    """Reads a port, 8 data bits, no parity, one stop bit; waits for one that is unplugged.

    Raises:
        BadInputError: there is no device, or no rate, in the URL.
    """

    def __init__(self, url: str, params: SourceParams) -> None:
        super().__init__(url, params)
        self._device, _, query = url.partition(":")[2].partition("?")
        options = parse_qs(query)
        rate = options.pop("baud", [str(BAUD)])[-1]
        if not self._device or options or not rate.isdecimal() or int(rate) == 0:
            raise BadInputError(
                f"no serial port {self.url!r}", field="source",
                mend=f"write serial:/dev/ttyUSB0 or serial:/dev/ttyUSB0?baud={BAUD}",
            )  # fmt: skip
        self._baud = int(rate)

    async def _reads(self) -> AsyncGenerator[bytes, None]:
        # pyserial sets the port up; asyncio reads a descriptor of its own, so each closes one.
        port = serial.Serial(self._device, self._baud, timeout=0, exclusive=True)
        try:
            reader = asyncio.StreamReader()
            transport, _ = await asyncio.get_running_loop().connect_read_pipe(
                lambda: asyncio.StreamReaderProtocol(reader),
                os.fdopen(os.dup(port.fileno()), "rb", 0),
            )
            self._connect()
            try:
                while data := await self._in_time(reader.read(READ_BYTES)):
                    yield data
            finally:
                transport.close()
        finally:
            port.close()
