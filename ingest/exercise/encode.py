"""AIVDM out of columns: fields -> 6-bit armoured payloads -> tag-blocked sentences.

One row is one message; every function works on whole columns. Integers are AIS' own steps
(1/10 kn, 1/10 000 minute, 1/10 degree). Layouts: ITU-R M.1371-5 annex 8. Sentences: IEC 61162-1
(armour, checksum); tag blocks: NMEA 4.10 (s station, c Unix seconds, g part-count-group).
"""

from collections.abc import Sequence
from functools import reduce
from operator import xor
from typing import Final

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]
Bytes = npt.NDArray[np.uint8]
Field = tuple[int, npt.ArrayLike]

_ARMOUR: Final = np.array([v + 48 if v < 40 else v + 56 for v in range(64)], np.uint8)
_WEIGHTS: Final = np.array([32, 16, 8, 4, 2, 1], np.uint8)
_FIRST_PART: Final = 60
"""Characters of payload in a first part, so that a sentence stays within IEC 61162-1's 82."""


def position_a(
    *,
    msg_type: Ints,
    mmsi: Ints,
    nav_status: Ints,
    rot: Ints,
    sog: Ints,
    lon: Ints,
    lat: Ints,
    cog: Ints,
    heading: Ints,
    second: Ints,
    radio: Ints,
) -> Bytes:
    """Payloads of types 1 and 3, shape (n, 28)."""
    return _payloads(
        (6, msg_type), (2, 0), (30, mmsi), (4, nav_status), (8, rot), (10, sog), (1, 1),
        (28, lon), (27, lat), (12, cog), (9, heading), (6, second), (2, 0), (3, 0), (1, 0),
        (19, radio),
    )  # fmt: skip


def position_b(
    *,
    mmsi: Ints,
    sog: Ints,
    lon: Ints,
    lat: Ints,
    cog: Ints,
    heading: Ints,
    second: Ints,
    radio: Ints,
) -> Bytes:
    """Payloads of type 18 of a carrier-sense class B unit, shape (n, 28)."""
    return _payloads(
        (6, np.full(len(mmsi), 18)), (2, 0), (30, mmsi), (8, 0), (10, sog), (1, 1), (28, lon),
        (27, lat), (12, cog), (9, heading), (6, second), (2, 0), (1, 1), (1, 0), (1, 1), (1, 1),
        (1, 1), (1, 0), (1, 0), (20, radio),
    )  # fmt: skip


def static_a(
    *,
    mmsi: Ints,
    imo: Ints,
    callsign: Bytes,
    name: Bytes,
    ship_type: Ints,
    to_bow: Ints,
    to_stern: Ints,
    to_port: Ints,
    to_starboard: Ints,
    month: Ints,
    day: Ints,
    hour: Ints,
    minute: Ints,
    draught: Ints,
    destination: Bytes,
) -> Bytes:
    """Payloads of type 5, shape (n, 71) with 2 fill bits; texts from `six_bit`."""
    return _payloads(
        (6, np.full(len(mmsi), 5)), (2, 0), (30, mmsi), (2, 2), (30, imo), (42, callsign),
        (120, name), (8, ship_type), (9, to_bow), (9, to_stern), (6, to_port), (6, to_starboard),
        (4, 1), (4, month), (5, day), (5, hour), (6, minute), (8, draught), (120, destination),
        (1, 0), (1, 0),
    )  # fmt: skip


def static_b_name(*, mmsi: Ints, name: Bytes) -> Bytes:
    """Payloads of type 24 part A, shape (n, 27) with 2 fill bits."""
    return _payloads((6, np.full(len(mmsi), 24)), (2, 0), (30, mmsi), (2, 0), (120, name))


def static_b_ship(
    *,
    mmsi: Ints,
    ship_type: Ints,
    vendor: Bytes,
    callsign: Bytes,
    to_bow: Ints,
    to_stern: Ints,
    to_port: Ints,
    to_starboard: Ints,
) -> Bytes:
    """Payloads of type 24 part B, shape (n, 28); `vendor` has 3 characters."""
    return _payloads(
        (6, np.full(len(mmsi), 24)), (2, 0), (30, mmsi), (2, 1), (8, ship_type), (18, vendor),
        (4, 1), (20, mmsi & 0xFFFFF), (42, callsign), (9, to_bow), (9, to_stern), (6, to_port),
        (6, to_starboard), (4, 1), (2, 0),
    )  # fmt: skip


def six_bit(texts: Sequence[str], length: int) -> Bytes:
    """AIS 6-bit codes of texts cut or padded with @ to `length`, shape (n, length)."""
    padded = b"".join(text.encode("ascii")[:length].ljust(length, b"@") for text in texts)
    codes = np.frombuffer(padded, np.uint8).reshape(len(texts), length)
    return codes & np.uint8(63)


def single_part(
    payload: Bytes,
    *,
    fill: int,
    station: Sequence[bytes],
    heard_at_s: Ints,
    channel: Bytes,
) -> list[bytes]:
    """One complete line a message: tag block, sentence, CRLF. `channel` holds ASCII A or B."""
    head, tail = b"AIVDM,1,1,,", b",%d" % fill
    framed = np.uint8(_xor(head + b"," + tail))
    sums = (framed ^ channel ^ np.bitwise_xor.reduce(payload, 1)).tolist()
    tags = _tag_sums(b"s:,c:", station, heard_at_s).tolist()
    letters, width, block = channel.tolist(), payload.shape[1], payload.tobytes()
    return [
        b"\\s:%b,c:%d*%02X\\!%b%c,%b%b*%02X\r\n"
        % (name, at, tag, head, letter, block[i * width : (i + 1) * width], tail, total)
        for i, (name, at, tag, letter, total) in enumerate(
            zip(station, heard_at_s.tolist(), tags, letters, sums, strict=True)
        )
    ]


def two_part(
    payload: Bytes,
    *,
    fill: int,
    station: Sequence[bytes],
    heard_at_s: Ints,
    channel: Bytes,
    group: Ints,
) -> list[tuple[bytes, bytes]]:
    """Both lines of each message; `group` (1-9999) joins them in the tag block's g."""
    lines = []
    block, width = payload.tobytes(), payload.shape[1]
    rows = zip(station, heard_at_s.tolist(), channel.tolist(), group.tolist(), strict=True)
    for i, (name, at, letter, number) in enumerate(rows):
        text = block[i * width : (i + 1) * width]
        first = b"AIVDM,2,1,%d,%c,%b,0" % (number % 10, letter, text[:_FIRST_PART])
        second = b"AIVDM,2,2,%d,%c,%b,%d" % (number % 10, letter, text[_FIRST_PART:], fill)
        tag = b"g:1-2-%d,s:%b,c:%d" % (number, name, at)
        lines.append((_line(tag, first), _line(b"g:2-2-%d" % number, second)))
    return lines


def _line(tag: bytes, sentence: bytes) -> bytes:
    return b"\\%b*%02X\\!%b*%02X\r\n" % (tag, _xor(tag), sentence, _xor(sentence))


def _payloads(*fields: Field) -> Bytes:
    """Armoured payloads of fields in order of transmission, unused bits of the end zero."""
    n = len(np.asarray(fields[0][1]))
    bits = sum(width for width, _ in fields)
    chars = -(-bits // 6)
    out = np.zeros((n, chars * 6), np.uint8)
    at = 0
    for width, values in fields:
        column = np.asarray(values)
        if column.ndim == 2:
            out[:, at : at + width] = _bits(column.reshape(-1), 6).reshape(n, width)
        elif column.ndim == 1 or column != 0:
            out[:, at : at + width] = _bits(column.reshape(-1), width)
        at += width
    armoured: Bytes = _ARMOUR[out.reshape(n, chars, 6) @ _WEIGHTS]
    return armoured


def _bits(values: npt.NDArray[np.generic], width: int) -> Bytes:
    """The lowest `width` bits of two's complement integers, most significant first."""
    octets = -(-width // 8)
    big_endian = values.astype(">i8").view(np.uint8).reshape(len(values), 8)
    return np.unpackbits(big_endian[:, 8 - octets :], axis=1)[:, 8 * octets - width :]


def _xor(text: bytes) -> int:
    """NMEA checksum: exclusive or of all bytes."""
    return reduce(xor, text, 0)


def _tag_sums(frame: bytes, station: Sequence[bytes], heard_at_s: Ints) -> Bytes:
    known = {name: _xor(name) for name in set(station)}
    sums = np.array([known[name] for name in station], np.uint8) ^ np.uint8(_xor(frame))
    left = heard_at_s.copy()
    while left.any():
        sums ^= np.where(left > 0, left % 10 + ord("0"), 0).astype(np.uint8)
        left //= 10
    return sums
