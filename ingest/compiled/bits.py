"""Six-bit characters -> words of bits -> numbers and text (ITU-R M.1371-5 tables 46 and 47).

A payload is packed ten characters to a word of 60 bits, so that a signed 64-bit number holds it.
"""

from typing import Final

import numba
import numpy as np

WORD: Final = 60
CHARACTERS: Final = 180
"""The longest payload that is packed: five slots hold 1,008 bits."""

INVALID: Final = 255
ARMOR: Final = np.full(256, INVALID, np.uint8)
ARMOR[48:88] = np.arange(40)
ARMOR[96:120] = np.arange(40, 64)


@numba.njit(cache=True, nogil=True)
def pack(data, start, length, words, packed):  # type: ignore[no-untyped-def]
    """Characters in `words` after these follow the `packed` ones; -1 if one is no armor."""
    word = packed // 10
    room = 9 - packed % 10
    held = words[word] if packed % 10 else np.int64(0)
    for i in range(start, start + length):
        value = np.int64(ARMOR[data[i]])
        if value == INVALID:
            return -1
        held |= value << (6 * room)
        room -= 1
        if room < 0:
            words[word] = held
            word += 1
            room = 9
            held = np.int64(0)
    words[word] = held
    return packed + length


@numba.njit(cache=True, nogil=True, forceinline=True)
def unsigned(words, start, width):  # type: ignore[no-untyped-def]
    """The number in `width` bits from bit `start`."""
    word = start // 60
    room = 60 - start % 60
    if width <= room:
        return (words[word] >> (room - width)) & ((np.int64(1) << width) - 1)
    rest = width - room
    high = words[word] & ((np.int64(1) << room) - 1)
    return (high << rest) | (words[word + 1] >> (60 - rest))


@numba.njit(cache=True, nogil=True, forceinline=True)
def signed(words, start, width):  # type: ignore[no-untyped-def]
    """The two's complement number in `width` bits from bit `start`."""
    value = unsigned(words, start, width)
    return value - ((value >> (width - 1)) << width)


@numba.njit(cache=True, nogil=True)
def put_text(words, start, width, bits, text, at):  # type: ignore[no-untyped-def]
    """Where the text ends that was put at `at`, without what pads it: ``@`` behind, blanks.

    A message of `bits` that ends within the text gives what is there.
    """
    begin = at
    for bit in range(start, min(start + width, bits), 6):
        value = unsigned(words, bit, min(6, bits - bit))
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
