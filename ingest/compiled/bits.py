"""Six-bit characters -> words of bits -> numbers and text (ITU-R M.1371-5 tables 46 and 47).

Eight characters are read and turned into bits at a time: one word of 48 bits, so that a signed
64-bit number holds it.
"""

from typing import Final

import numba
import numpy as np

from ingest.compiled.machine import load, turned, zeros_below

WORD: Final = 48
CHARACTERS: Final = 384
"""The longest payload that is packed. Five slots hold 1,008 bits, 168 characters; some stations
send more."""

WORDS: Final = CHARACTERS // 8 + 3
"""Words that packing the longest payload touches."""


def _each(byte: int) -> np.uint64:
    return np.uint64(int.from_bytes(bytes([byte] * 8), "little"))


_HIGH: Final = _each(0x80)
_LOW: Final = _each(0x7F)
_ZERO: Final = _each(ord("0"))
_EIGHT: Final = _each(8)
_FROM_40: Final = _each(128 - 40)
_FROM_48: Final = _each(128 - 48)
_FROM_72: Final = _each(128 - 72)
_FIRST: Final = np.array([(1 << 8 * n) - 1 for n in range(8)], np.uint64)
_PAIRS: Final = (np.uint64(0x3F003F003F003F00), np.uint64(0x003F003F003F003F))
_FOURS: Final = (np.uint64(0x0FFF00000FFF0000), np.uint64(0x00000FFF00000FFF))
_HALF: Final = np.uint64(0xFFFFFF)
_WORD: Final = np.uint64((1 << WORD) - 1)
_BYTE: Final = np.uint64(8)


@numba.njit(cache=True, nogil=True, forceinline=True)
def eight(data, at):  # type: ignore[no-untyped-def]
    """Eight bytes from `at` on, the first lowest; 0 for those beyond the end."""
    if at + 8 <= len(data):
        return load(data, at)
    value = np.uint64(0)
    for i in range(len(data) - 1, at - 1, -1):
        value = (value << _BYTE) | np.uint64(data[i])
    return value


@numba.njit(cache=True, nogil=True, forceinline=True)
def xor(data, begin, end):  # type: ignore[no-untyped-def]
    """All bytes of [begin, end) by exclusive or."""
    value = np.uint64(0)
    at = begin
    while at + 8 <= end:
        value ^= load(data, at)
        at += 8
    value ^= eight(data, at) & _FIRST[end - at]
    value ^= value >> np.uint64(32)
    value ^= value >> np.uint64(16)
    value ^= value >> _BYTE
    return np.int64(value & np.uint64(0xFF))


@numba.njit(cache=True, nogil=True, forceinline=True)
def pack(data, at, words, base, packed):  # type: ignore[no-untyped-def]
    """Puts characters from `at` on behind the `packed` ones from word `base` on, up to no armor.

    Returns how many are packed then, at most `CHARACTERS` and seven; words up to that number / 8
    + 1 are written.

    Armor is ``0`` to ``W`` and ````` to ``w``: its value is the byte less 48, and 8 less from 48
    on. All eight bytes are compared at once: adding 128 - n sets the high bit of those from n on.
    """
    word, shift = base + packed // 8, np.uint64(6 * (packed % 8))
    if packed == 0:
        words[base] = 0
    while packed < CHARACTERS:
        raw = eight(data, at)
        less = (raw | _HIGH) - _ZERO
        value = less & _LOW
        from_48 = (value + _FROM_48) & _HIGH
        odd = (~less | raw) & _HIGH
        odd |= (value + _FROM_72) & _HIGH
        odd |= (value + _FROM_40) & ~from_48 & _HIGH
        value -= (from_48 >> np.uint64(4)) & _EIGHT
        whole = 8
        if odd:
            whole = zeros_below(odd) >> 3
            value &= _FIRST[whole]
        bits = turned(value)
        bits = ((bits & _PAIRS[0]) >> np.uint64(2)) | (bits & _PAIRS[1])
        bits = ((bits & _FOURS[0]) >> np.uint64(4)) | (bits & _FOURS[1])
        bits = ((bits >> np.uint64(32)) << np.uint64(24)) | (bits & _HALF)
        words[word] |= np.int64(bits >> shift)
        words[word + 1] = np.int64((bits << (np.uint64(48) - shift)) & _WORD)
        packed += whole
        at += whole
        if whole < 8:
            break
        word += 1
    return packed


@numba.njit(cache=True, nogil=True, forceinline=True)
def unsigned(words, base, start, width):  # type: ignore[no-untyped-def]
    """The number in `width` bits, at most 48, from bit `start` of the payload at word `base`."""
    word = base + start // 48
    room = 48 - start % 48
    if width <= room:
        return (words[word] >> (room - width)) & ((np.int64(1) << width) - 1)
    rest = width - room
    high = words[word] & ((np.int64(1) << room) - 1)
    return (high << rest) | (words[word + 1] >> (48 - rest))


@numba.njit(cache=True, nogil=True, forceinline=True)
def signed(words, base, start, width):  # type: ignore[no-untyped-def]
    """The two's complement number in `width` bits from bit `start`."""
    value = unsigned(words, base, start, width)
    return value - ((value >> (width - 1)) << width)


@numba.njit(cache=True, nogil=True)
def put_text(words, base, start, width, bits, text, at):  # type: ignore[no-untyped-def]
    """Where the text ends that was put at `at`, without what pads it: ``@`` behind, blanks.

    A message of `bits` that ends within the text gives what is there.
    """
    begin = at
    for bit in range(start, min(start + width, bits), 6):
        value = unsigned(words, base, bit, min(6, bits - bit))
        text[at] = value + 64 if value < 32 else value
        at += 1
    while at > begin and text[at - 1] == 64:
        at -= 1
    while at > begin and text[at - 1] == 32:
        at -= 1
    blank = 0
    while begin + blank < at and text[begin + blank] == 32:
        blank += 1
    if blank:
        for i in range(begin, at - blank):
            text[i] = text[i + blank]
    return at - blank


@numba.njit(cache=True, nogil=True)
def armored(words, base, characters, payload):  # type: ignore[no-untyped-def]
    """Puts the characters that were packed at word `base` into `payload` again."""
    for i in range(characters):
        value = unsigned(words, base, 6 * i, 6)
        payload[i] = value + 48 if value < 40 else value + 56
