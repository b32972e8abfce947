"""Snapshots: plain values and NumPy arrays as compact bytes, and back.

Dicts, lists, text, numbers, None and arrays of any depth; nothing that could run code.
"""

from collections.abc import Iterator
from itertools import chain
from typing import Any

import msgspec
import numpy as np
import zstandard

SMALL_BYTES = 1 << 20
_ARRAY = 1
_REPEATS = zstandard.ZstdCompressionParameters.from_level(1, enable_ldm=True, window_log=27)
"""Matches as far as 128 MiB apart: fixes that several detectors keep are stored once."""


def pack(state: Any) -> bytes:
    """The state as zstd-compressed MessagePack; arrays keep dtype and shape.

    A large one is compressed piece by piece, so that it never stands in memory a second time; for a
    small one looking far back would cost a hundred times what it is worth.
    """
    pieces = _pieces(state)
    head, size = [], 0
    for piece in pieces:
        head.append(piece)
        size += len(piece)
        if size > SMALL_BYTES:
            break
    else:
        return zstandard.ZstdCompressor(level=1).compress(b"".join(head))
    packed = zstandard.ZstdCompressor(compression_params=_REPEATS).compressobj()
    return b"".join([*map(packed.compress, chain(head, pieces)), packed.flush()])


def unpack(data: bytes) -> Any:
    """The state that `pack` was given; tuples come back as lists, arrays writable.

    Raises:
        ValueError: the bytes are not whole.
    """
    packed = zstandard.ZstdDecompressor().decompressobj()
    state = packed.decompress(data)
    if not packed.eof:
        raise ValueError("a snapshot that is cut short")
    return _DECODER.decode(state)


def _pieces(value: Any) -> Iterator[bytes]:
    """MessagePack of the value, an entry of a dict at a time; 0xdf begins one of 32-bit length."""
    if not isinstance(value, dict):
        yield _ENCODER.encode(value)
        return
    yield b"\xdf" + len(value).to_bytes(4)
    for key, entry in value.items():
        yield _ENCODER.encode(key)
        yield from _pieces(entry)


def _encode(value: Any) -> Any:
    """What stands for a value that msgspec has no form of its own for.

    Raises:
        NotImplementedError: there is nothing; msgspec asks a hook for this one.
    """
    if isinstance(value, np.ndarray) and not value.dtype.hasobject:
        header = msgspec.msgpack.encode((value.dtype.str, value.shape))
        body = np.ascontiguousarray(value).tobytes()
        return msgspec.msgpack.Ext(_ARRAY, bytes([len(header)]) + header + body)
    if isinstance(value, np.ndarray):
        return value.tolist()
    if isinstance(value, np.generic):
        return value.item()
    raise NotImplementedError(f"a snapshot cannot hold {type(value).__name__}")


def _decode(code: int, data: memoryview) -> Any:
    if code != _ARRAY:
        raise ValueError(f"unknown extension {code} in a snapshot")
    start = 1 + data[0]
    dtype, shape = msgspec.msgpack.decode(data[1:start], type=tuple[str, tuple[int, ...]])
    return np.frombuffer(data[start:], np.dtype(dtype)).reshape(shape).copy()


_ENCODER = msgspec.msgpack.Encoder(enc_hook=_encode)
_DECODER = msgspec.msgpack.Decoder(ext_hook=_decode)
