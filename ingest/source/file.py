"""Files and standard input: read to the end, as fast as the reader takes them."""

import asyncio
import os
import sys
from collections.abc import AsyncGenerator, AsyncIterator, Iterator
from contextlib import aclosing, contextmanager
from pathlib import Path

from ingest.archive import plain_blocks
from ingest.source.feed import READ_BYTES, Chunk, Feed, SourceParams


class FileSource(Feed):
    """The bytes of a file, uncompressed, then the end.

    Attributes:
        path: where it is.
    """

    def __init__(self, url: str, path: Path, params: SourceParams) -> None:
        super().__init__(url, params)
        self.path = path

    async def __aiter__(self) -> AsyncIterator[Chunk]:
        """Chunks to the end of the file."""
        with self.reading():
            blocks = plain_blocks(self.path)
            while (block := await asyncio.to_thread(next, blocks, None)) is not None:
                yield self._chunk(block, os.stat(self.path).st_mtime_ns // 1000)

    @contextmanager
    def reading(self) -> Iterator[None]:
        """The source is connected, then ended; for who reads the file in another way."""
        self._connect()
        yield
        self.health.phase = "ended"


class StandardInput(Feed):
    """What is piped in, then the end."""

    async def __aiter__(self) -> AsyncIterator[Chunk]:
        """Chunks to the end of standard input."""
        self._connect()
        async with aclosing(self._reads()) as reads:
            async for data in reads:
                yield self._chunk(data)
        self.health.phase = "ended"

    async def _reads(self) -> AsyncGenerator[bytes, None]:
        reader = asyncio.StreamReader()
        loop = asyncio.get_running_loop()
        try:
            transport, _ = await loop.connect_read_pipe(
                lambda: asyncio.StreamReaderProtocol(reader), os.fdopen(os.dup(0), "rb", 0)
            )
        except ValueError:  # a regular file, which never lets us wait
            while data := sys.stdin.buffer.read(READ_BYTES):
                yield data
            return
        try:
            while data := await reader.read(READ_BYTES):
                yield data
        finally:
            transport.close()
