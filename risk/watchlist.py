"""Watch lists: ships that a partner asks to be told of -> points of the smuggling priority.

entries in force + a vessel's identity -> `Told`. A hit says that somebody asked, not why she
should be guilty of anything; a name alone says less, for ships share names.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

from risk.report import plain_name
from risk.supplement import LEAD_US, MAX_REPORT_IDS, Told
from sea.errors import BadInputError
from sea.units import DAY_US, Microseconds

WATCH_POINTS: Final = 25.0
NAME_POINTS: Final = 10.0
WATCH_CAP: Final = 30.0
WATCH_HALF_LIFE_DAYS: Final = 180.0
"""Points of a hit by number and of one by name alone, most that all give, and in which time an
entry's points halve after it came into force. Chosen by us: a hit alone by number is elevated."""

LEAST_LETTERS: Final = 4
"""Of a name pattern beside its wildcards; less would fit half the fleet."""

MAX_STARS: Final = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchEntry:
    """One ship on a partner's list.

    Attributes:
        mmsi, imo: 0 where not given. name: a pattern of `*` (any letters) and `?` (one), "" none.
        valid_until: None for no end. owner: who wants to know. reason: why, in words.
    """

    id: str
    mmsi: int = 0
    imo: int = 0
    name: str = ""
    valid_from: Microseconds
    valid_until: Microseconds | None = None
    owner: str
    reason: str

    def __post_init__(self) -> None:
        if not (self.mmsi or self.imo or self.name):
            raise BadInputError("an entry names a MMSI, an IMO number or a name", field="name")
        if self.name and sum(c.isalnum() for c in self.name) < LEAST_LETTERS:
            raise BadInputError(f"needs {LEAST_LETTERS} letters or figures", field="name")
        if self.name.count("*") > MAX_STARS:
            raise BadInputError(f"has more than {MAX_STARS} asterisks", field="name")
        if self.valid_until is not None and self.valid_until <= self.valid_from:
            raise BadInputError("ends before it begins", field="valid_until")

    def in_force(self, now_us: Microseconds, lead_us: Microseconds = 0) -> bool:
        """Whether it holds now, or will within the lead."""
        over = self.valid_until is not None and now_us >= self.valid_until
        return self.valid_from <= now_us + lead_us and not over


class WatchList:
    """Entries in force, to look vessels up in."""

    def __init__(self, entries: Iterable[WatchEntry], now_us: Microseconds) -> None:
        self._now_us = now_us
        self._by_mmsi: dict[int, list[WatchEntry]] = {}
        self._by_imo: dict[int, list[WatchEntry]] = {}
        self._by_name: list[WatchEntry] = []
        for entry in entries:
            if entry.in_force(now_us, LEAD_US):
                if entry.mmsi:
                    self._by_mmsi.setdefault(entry.mmsi, []).append(entry)
                if entry.imo:
                    self._by_imo.setdefault(entry.imo, []).append(entry)
                if entry.name:
                    self._by_name.append(entry)
        self._any_name = re.compile("|".join(pattern(e.name).pattern for e in self._by_name))

    def told(self, mmsi: int, imo: int, name: str) -> Told | None:
        """The hits of a vessel as one reason; None without any. `name` "" is unknown."""
        numbers = {e.id: e for e in self._by_mmsi.get(mmsi, ())}
        if imo:
            numbers |= {e.id: e for e in self._by_imo.get(imo, ())}
        names: dict[str, WatchEntry] = {}
        plain = plain_name(name) if name and self._by_name else ""
        if plain and self._any_name.fullmatch(plain):
            names = {e.id: e for e in self._by_name
                     if e.id not in numbers and pattern(e.name).fullmatch(plain)}  # fmt: skip
        if not numbers and not names:
            return None
        return self._reason(list(numbers.values()), list(names.values()))

    def _reason(self, numbers: Sequence[WatchEntry], names: Sequence[WatchEntry]) -> Told:
        points = sum(WATCH_POINTS * self._left(e) for e in numbers)
        points += sum(NAME_POINTS * self._left(e) for e in names)
        hits = sorted([*numbers, *names], key=lambda e: (-e.valid_from, e.id))
        newest = hits[0]
        values: dict[str, Any] = {
            "by": "by_number" if numbers else "by_name", "owner": newest.owner,
            "since": newest.valid_from, "reason": newest.reason.rstrip(". "),
        }  # fmt: skip
        if len(hits) > 1:
            values["times"] = len(hits)
        return Told(
            code="watch_list", amount=min(WATCH_CAP, points), values=values,
            report_ids=tuple(e.id for e in hits[:MAX_REPORT_IDS]),
        )  # fmt: skip

    def _left(self, entry: WatchEntry) -> float:
        age_days = max(0, self._now_us - entry.valid_from) / DAY_US
        return float(0.5 ** (age_days / WATCH_HALF_LIFE_DAYS))


@lru_cache(maxsize=1 << 12)
def pattern(name: str) -> re.Pattern[str]:
    """What matches plain names: capitals, single spaces for any sign, wildcards as they are."""
    letters = "".join(c if c.isalnum() or c in "*?" else " " for c in name.upper())
    words = re.sub(r"\*+", "*", " ".join(letters.split()))
    return re.compile("".join({"*": ".*", "?": "."}.get(c, re.escape(c)) for c in words))
