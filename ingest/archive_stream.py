"""The bytes of an archive's file: uncompressed, their lines counted, up to where it is damaged."""

import gzip
import io
import re
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import IO, Any, Final, cast

import pandas as pd
import pyarrow as pa
import zstandard

from sea.errors import BadInputError, UnavailableError

BLOCK_BYTES: Final = 192 * 1024
"""About 4,000 sentences, so that a block has at most some 5,000 messages."""

BROKEN: Final = (EOFError, OSError, zlib.error, zipfile.BadZipFile, zstandard.ZstdError,
          pd.errors.ParserError, pa.ArrowException, NotImplementedError, UnicodeError)  # fmt: skip
"""What a damaged file, or one packed in an unknown way, makes its readers raise: of a member of a
zip that is compressed by no method it has, zipfile raises NotImplementedError."""

_HEAD_BYTES: Final = 64 * 1024
_FRAME_BYTES: Final = 4096
"""Of Zstandard read at once: 4 bytes may stand for 128 KiB (RFC 8878 3.1.1.2)."""

_LINE_BYTES: Final = 1 << 20
"""A longer line of CSV is read as it is."""


def plain_blocks(path: Path) -> Iterator[bytes]:
    """The bytes of a file, uncompressed, in blocks.

    Raises:
        BadInputError: the file is damaged.
        UnavailableError: there is no such file, or it may not be read.
    """
    with ExitStack() as stack:
        try:
            for _, stream in members(path, stack):
                while block := stream.read(BLOCK_BYTES):
                    yield block
                if stream.damage is not None:
                    raise stream.damage
        except (FileNotFoundError, PermissionError) as error:
            raise UnavailableError(f"cannot read {path}: {error.strerror}") from error
        except BROKEN as error:
            raise BadInputError(f"{path} is damaged: {error}") from error


class Counted(io.RawIOBase):
    """A stream whose head has been read already; counts its lines as they pass.

    Where it is damaged it ends, and `damage` says why: what lies before is read like any other.
    """

    def __init__(self, stream: IO[bytes]) -> None:
        self.damage: Exception | None = None
        self._stream = stream
        self.head = b""
        while len(self.head) < _HEAD_BYTES and (data := self._read(_HEAD_BYTES - len(self.head))):
            self.head += data
        self._rest = self.head
        self._open_line = False
        self._newlines = 0

    @property
    def lines(self) -> int:
        """Lines passed so far; a last one without newline counts."""
        return self._newlines + self._open_line

    def readable(self) -> bool:
        """It is."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Bytes put into the buffer; 0 at the end."""
        if self._rest:
            data, self._rest = self._rest[: len(buffer)], self._rest[len(buffer) :]
        else:
            data = self._read(len(buffer))
        buffer[: len(data)] = data
        if data:
            self._newlines += data.count(b"\n")
            self._open_line = data[-1:] != b"\n"
        return len(data)

    def _read(self, size: int) -> bytes:
        if self.damage is not None:
            return b""
        try:
            return cast("io.BufferedReader", self._stream).read1(size)
        except BROKEN as error:
            self.damage = error
            return b""


class _Zstandard(io.RawIOBase):
    """Frames of Zstandard, uncompressed; unlike the library's own reader it tells a cut one."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._frame: Any = None
        self._packed = self._ready = b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        while not self._ready:
            packed = self._packed or self._file.read(_FRAME_BYTES)
            if not packed:
                if self._frame is not None:
                    raise EOFError("its last frame is cut short")
                return 0
            self._frame = self._frame or zstandard.ZstdDecompressor().decompressobj()
            self._ready = self._frame.decompress(packed)
            self._packed = self._frame.unused_data if self._frame.eof else b""
            self._frame = None if self._frame.eof else self._frame
        size = min(len(buffer), len(self._ready))
        buffer[:size], self._ready = self._ready[:size], self._ready[size:]
        return size


def members(path: Path, stack: ExitStack) -> Iterator[tuple[IO[bytes], Counted]]:
    """The uncompressed streams of a file: one, or one for each file in a zip by name."""
    file = stack.enter_context(path.open("rb"))
    magic = file.read(4)
    file.seek(0)
    if magic == b"PK\x03\x04":
        archive = stack.enter_context(zipfile.ZipFile(file))
        for member in sorted(archive.infolist(), key=lambda info: info.filename):
            if member.flag_bits & 1:
                raise BadInputError(f"{member.filename} in {path} is encrypted")
            if not member.is_dir():
                yield file, Counted(stack.enter_context(archive.open(member)))
    elif magic[:2] == b"\x1f\x8b":
        yield file, Counted(cast("IO[bytes]", stack.enter_context(gzip.GzipFile(fileobj=file))))
    elif magic == b"\x28\xb5\x2f\xfd":
        yield file, Counted(cast("IO[bytes]", io.BufferedReader(_Zstandard(file), BLOCK_BYTES)))
    else:
        yield file, Counted(file)


class Lines(io.RawIOBase):
    """CSV in which quotes do not reach beyond their line, so that a stray one costs that alone.

    No form of archive has fields of several lines; where quotes do not close, they become
    apostrophes.
    """

    def __init__(self, stream: Counted, separator: str) -> None:
        quoted, plain = r'"(?:[^"\r]|"")*"', rf'(?:[^"\r{separator}][^\r{separator}]*)?'
        field = f"(?:{quoted}|{plain})"
        self._sound = re.compile(rf"{field}(?:{separator}{field})*\r?".encode())
        self._stream = stream
        self._held = self._ready = b""

    def readable(self) -> bool:
        """It is."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Bytes put into the buffer; 0 at the end."""
        while not self._ready:
            data = self._stream.read(BLOCK_BYTES)
            text = self._held + (data or b"")
            if not text:
                return 0
            end = text.rfind(b"\n") + 1
            if not data or len(text) - end > _LINE_BYTES:
                end = len(text)
            self._held, self._ready = text[end:], self._mended(text[:end])
        size = min(len(buffer), len(self._ready))
        buffer[:size], self._ready = self._ready[:size], self._ready[size:]
        return size

    def _mended(self, lines: bytes) -> bytes:
        if b'"' not in lines:
            return lines
        return b"\n".join(
            line if b'"' not in line or self._sound.fullmatch(line) else line.replace(b'"', b"'")
            for line in lines.split(b"\n")
        )
