"""Whether two names or call signs out of AIS are one, spelt differently."""

import re
from typing import Final

_PREFIX: Final = re.compile(r"^(M/?[VTSY]|S/?[SVY]|F/?V)[ .]+")
"""Motor vessel, tanker, ship, yacht; steam ship, sailing vessel or yacht; fishing vessel."""

_LONGEST: Final = 20
"""Characters of a name in AIS (ITU-R M.1371-5 table 52); a longer one is cut off."""

_LONG: Final = 8


def same_name(one: str, other: str) -> bool:
    """Whether they differ by spaces, signs, a prefix, a cut at 20 characters or a few letters.

    One letter left out, put in, put wrong or swapped with the next, two in a name of eight or
    more. Numbers must be equal: sister craft are numbered.
    """
    first, second = _plain(one), _plain(other)
    if first == second:
        return True
    if re.findall(r"\d+", first) != re.findall(r"\d+", second):
        return False
    shorter, longer = sorted((first, second), key=len)
    if max(len(one), len(other)) >= _LONGEST - 1 and longer.startswith(shorter[:-1] or longer):
        return True
    return _edits(first, second) <= (2 if len(shorter) >= _LONG else 1)


def _plain(name: str) -> str:
    upper = name.upper().strip("@ ")
    return re.sub(r"[^A-Z0-9]", "", _PREFIX.sub("", upper))


def _edits(one: str, other: str) -> int:
    """Least letters put in, left out, replaced or swapped (optimal string alignment)."""
    before: list[int] = []
    row = list(range(len(other) + 1))
    for i, a in enumerate(one, 1):
        last, before, row = before, row, [i]
        for j, b in enumerate(other, 1):
            least = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (a != b))
            if i > 1 and j > 1 and a == other[j - 2] and b == one[i - 2]:
                least = min(least, last[j - 2] + 1)
            row.append(least)
    return row[-1]
