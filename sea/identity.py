"""Vessel identity: numbers out of AIS messages -> what kind of station, whose flag, which name.

MMSI classes after ITU-R M.585-9 (annexes 1 and 2), codes after ITU-R M.1371-5 (tables 45 and 53),
flags by the MID table of the ITU (``data/mid.txt``).
"""

from enum import IntEnum
from functools import cache
from importlib.resources import files
from typing import Final, overload

import numpy as np
import numpy.typing as npt


class MmsiClass(IntEnum):
    """What kind of station a nine-digit MMSI belongs to, by its form."""

    INVALID = 0
    SHIP = 1
    COAST_STATION = 2
    GROUP = 3
    SAR_AIRCRAFT = 4
    ATON = 5
    HANDHELD = 6
    CRAFT_OF_PARENT = 7
    AIS_SART = 8
    MOB = 9
    EPIRB = 10
    DEFAULT = 11
    """A number that transponders send before anybody has set their own."""


DEFAULT_MMSIS: Final = frozenset(
    {0, 1, 111_111_111, 123_456_789, 987_654_321, 1_193_046}
    | {digit * 111_111_111 for digit in range(2, 10)}
)
"""Factory and filler numbers seen on the air; 1193046 is the default of class B units (USCG
Safety Alert 05-10 names it); the rest repeat or count digits. Chosen by us."""

_FORMS: Final[tuple[tuple[int, int, MmsiClass], ...]] = (
    (2_000_000, 7_999_999, MmsiClass.COAST_STATION),
    (20_000_000, 79_999_999, MmsiClass.GROUP),
    (111_200_000, 111_799_999, MmsiClass.SAR_AIRCRAFT),
    (200_000_000, 799_999_999, MmsiClass.SHIP),
    (820_000_000, 879_999_999, MmsiClass.HANDHELD),
    (970_000_000, 970_999_999, MmsiClass.AIS_SART),
    (972_000_000, 972_999_999, MmsiClass.MOB),
    (974_000_000, 974_999_999, MmsiClass.EPIRB),
    (982_000_000, 987_999_999, MmsiClass.CRAFT_OF_PARENT),
    (992_000_000, 997_999_999, MmsiClass.ATON),
)
"""First and last number of each form; a MID begins with 2-7 (ITU-R M.585-9 annex 1)."""

_FIRSTS: Final = np.array([first for first, _, _ in _FORMS])
_LASTS: Final = np.array([last for _, last, _ in _FORMS])
_CLASSES: Final = np.array([kind for _, _, kind in _FORMS], np.int8)
_DEFAULTS: Final = np.array(sorted(DEFAULT_MMSIS))

_MID_DIVISORS: Final = {
    MmsiClass.SHIP: 1_000_000,
    MmsiClass.COAST_STATION: 10_000,
    MmsiClass.GROUP: 100_000,
    MmsiClass.SAR_AIRCRAFT: 1_000,
    MmsiClass.HANDHELD: 100_000,
    MmsiClass.CRAFT_OF_PARENT: 10_000,
    MmsiClass.ATON: 10_000,
}
"""What the MMSI is divided by to end in its MID."""


@overload
def mmsi_class(mmsi: int) -> MmsiClass: ...
@overload
def mmsi_class(mmsi: npt.NDArray[np.integer]) -> npt.NDArray[np.int8]: ...
def mmsi_class(mmsi: int | npt.NDArray[np.integer]) -> MmsiClass | npt.NDArray[np.int8]:
    """Class of an MMSI; of an array its `MmsiClass` values as int8 of the same shape."""
    numbers = np.asarray(mmsi, np.int64)
    form = np.maximum(np.searchsorted(_FIRSTS, numbers, side="right") - 1, 0)
    within = (numbers >= _FIRSTS[form]) & (numbers <= _LASTS[form])
    kinds = np.where(within, _CLASSES[form], np.int8(MmsiClass.INVALID))
    kinds = np.where(np.isin(numbers, _DEFAULTS), np.int8(MmsiClass.DEFAULT), kinds)
    return MmsiClass(int(kinds)) if numbers.ndim == 0 else kinds


def flag_of(mmsi: int) -> str | None:
    """ISO 3166-1 alpha-2 of the flag by the MMSI's MID; None where it has none allocated."""
    divisor = _MID_DIVISORS.get(mmsi_class(mmsi))
    return None if divisor is None else _flags().get(mmsi // divisor % 1000)


def imo_is_valid(imo: npt.ArrayLike) -> npt.NDArray[np.bool_]:
    """Whether seven-digit IMO numbers carry their check digit, of the argument's shape.

    The last digit is that of the first six times 7, 6, ... 2, summed (IMO resolution A.1117(30)).
    """
    number = np.asarray(imo, np.int64)
    total = np.zeros_like(number)
    for weight in range(2, 8):
        total = total + number // 10 ** (weight - 1) % 10 * weight
    valid: npt.NDArray[np.bool_] = (number >= 1_000_000) & (number <= 9_999_999)
    valid &= total % 10 == number % 10
    return valid


def ship_type_name(code: int) -> str:
    """Words for an AIS ship type (ITU-R M.1371-5 table 53); "unknown" where it has none."""
    name = _SHIP_TYPES.get(code)
    if name is None and 20 <= code <= 99:
        name = _SHIP_DECADES.get(code // 10)
    if name is not None and code // 10 in _CARGO_DECADES and 1 <= code % 10 <= 4:
        return f"{name}, hazard category {'ABCD'[code % 10 - 1]}"
    return name or "unknown"


def nav_status_name(code: int) -> str:
    """Words for an AIS navigational status (ITU-R M.1371-5 table 45)."""
    return _NAV_STATUSES.get(code, "unknown")


@cache
def _flags() -> dict[int, str]:
    flags: dict[int, str] = {}
    for line in (files("sea") / "data" / "mid.txt").read_text("utf-8").splitlines():
        if line.startswith("#"):
            continue
        flag, *spans = line.split()
        for span in spans:
            first, _, last = span.partition("-")
            flags.update(dict.fromkeys(range(int(first), int(last or first) + 1), flag))
    return flags


_CARGO_DECADES: Final = frozenset({2, 4, 6, 7, 8, 9})
_SHIP_DECADES: Final = {
    2: "wing in ground craft",
    4: "high-speed craft",
    6: "passenger ship",
    7: "cargo ship",
    8: "tanker",
    9: "other type",
}
_SHIP_TYPES: Final = {
    30: "fishing vessel",
    31: "towing vessel",
    32: "towing vessel, long or wide tow",
    33: "dredging or underwater operations",
    34: "diving operations",
    35: "military operations",
    36: "sailing vessel",
    37: "pleasure craft",
    50: "pilot vessel",
    51: "search and rescue vessel",
    52: "tug",
    53: "port tender",
    54: "anti-pollution vessel",
    55: "law enforcement vessel",
    56: "local vessel",
    57: "local vessel",
    58: "medical transport",
    59: "ship of a State not party to an armed conflict",
}
_NAV_STATUSES: Final = {
    0: "under way using engine",
    1: "at anchor",
    2: "not under command",
    3: "restricted manoeuvrability",
    4: "constrained by her draught",
    5: "moored",
    6: "aground",
    7: "engaged in fishing",
    8: "under way sailing",
    9: "reserved for high-speed craft",
    10: "reserved for wing in ground craft",
    11: "towing astern",
    12: "pushing ahead or towing alongside",
    13: "reserved",
    14: "AIS-SART, MOB or EPIRB active",
}
