"""Checking: rows that name ships by MMSI, IMO number or name -> the ships of the picture they mean.

A number decides before a name; a name that no ship bears decides by likeness (normalised
indel similarity, as RapidFuzz has it), since lists are typed by hand.
"""

import csv
import io
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
import numpy.typing as npt
from rapidfuzz import fuzz, process

from sea.errors import BadInputError
from sea.identity import imo_is_valid

MOST_ROWS: Final = 1000
LIKE: Final = 85.0
"""Least likeness, of 100, of a name that is taken for another; chosen by us: one letter of seven
wrong or missing."""

SHORTEST_LIKE: Final = 5
"""Letters below which a name must be the very same."""

AT_ONCE: Final = 50

By = Literal["mmsi", "imo", "name"]
_TITLE: Final = re.compile(r"^(M[ /]?[VTYS]|MOTOR VESSEL|SS|FV|F V)\b\s*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """A row as it was given, and what is wrong with it; what is wrong is not looked for."""

    mmsi: int | None = None
    imo: int | None = None
    name: str = ""
    given: tuple[str | None, str | None, str | None] = (None, None, None)
    problems: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """Ships that may be meant, columns of one length; IMO 0 and name None are unknown."""

    mmsi: Sequence[int]
    imo: Sequence[int]
    name: Sequence[str | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """The ship a row means, as an index into `Known`; None where there is none.

    Attributes:
        quality: 1 for a number or the very name. disagrees: what was given and is otherwise of her.
        others: how many more ships it could be.
    """

    ship: int | None = None
    by: By | None = None
    quality: float | None = None
    disagrees: tuple[By, ...] = ()
    others: int = 0


def read_row(mmsi: str | None, imo: str | None, name: str | None) -> Named:
    """The row, checked: nine digits, seven with their check digit ("IMO" before them allowed)."""
    problems = []
    number = _digits(mmsi, 9)
    if mmsi and number is None:
        problems.append("mmsi: has nine digits")
    digits = _digits(re.sub(r"^IMO\s*", "", imo.strip(), flags=re.I) if imo else None, 7)
    if imo and digits is None:
        problems.append("imo: has seven digits")
    elif digits is not None and not imo_is_valid(digits):
        problems.append("imo: its check digit is wrong")
        digits = None
    if not (mmsi or imo or name):
        problems.append("names no ship")
    return Named(
        mmsi=number, imo=digits, name=plain(name or ""), given=(mmsi, imo, name),
        problems=tuple(problems),
    )  # fmt: skip


def read_csv(text: str) -> list[Named]:
    """The rows of a CSV with a header that has `mmsi`, `imo` or `name`; other columns are let be.

    Raises:
        BadInputError: it has none of them, or its lines are not CSV.
    """
    try:
        lines = csv.DictReader(io.StringIO(text.removeprefix("\ufeff")), strict=True)
        columns = {(c or "").strip().lower(): c for c in lines.fieldnames or ()}
        if not columns.keys() & {"mmsi", "imo", "name"}:
            raise BadInputError("the first line names no column mmsi, imo or name", field="body")
        given = [
            [(line.get(columns.get(name, "")) or "").strip() or None
             for name in ("mmsi", "imo", "name")]
            for line in lines
        ]  # fmt: skip
    except csv.Error as error:
        raise BadInputError(f"is no CSV: {error}", field="body") from None
    return [read_row(*row) for row in given]


def matched(rows: Sequence[Named], known: Known) -> list[Match]:
    """What each row means."""
    by_mmsi = {mmsi: i for i, mmsi in enumerate(known.mmsi)}
    by_imo: dict[int, list[int]] = {}
    by_name: dict[str, list[int]] = {}
    for i, (imo, name) in enumerate(zip(known.imo, known.name, strict=True)):
        if imo:
            by_imo.setdefault(imo, []).append(i)
        if name and (words := plain(name)):
            by_name.setdefault(words, []).append(i)
    found = [_exact(row, known, by_mmsi, by_imo, by_name) for row in rows]
    open_rows = [
        i for i, match in enumerate(found)
        if match.ship is None and len(rows[i].name) >= SHORTEST_LIKE
    ]  # fmt: skip
    names = list(by_name)
    for start in range(0, len(open_rows) if names else 0, AT_ONCE):
        part = open_rows[start : start + AT_ONCE]
        likeness = process.cdist(
            [rows[i].name for i in part], names, scorer=fuzz.ratio, score_cutoff=LIKE,
            dtype=np.float32,
        )  # fmt: skip
        for i, row in zip(part, likeness, strict=True):
            found[i] = _closest(rows[i], known, by_name, names, row)
    return found


def plain(name: str) -> str:
    """The name in capital letters and digits, without accents, marks and titles like M/V."""
    letters = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().upper()
    words = " ".join(re.sub(r"[^A-Z0-9]+", " ", letters).split())
    return _TITLE.sub("", words) or words


def _exact(
    row: Named, known: Known, by_mmsi: dict[int, int], by_imo: dict[int, list[int]],
    by_name: dict[str, list[int]],
) -> Match:  # fmt: skip
    candidates: list[tuple[By, list[int]]] = [
        ("mmsi", [by_mmsi[row.mmsi]] if row.mmsi in by_mmsi else []),
        ("imo", by_imo.get(row.imo, []) if row.imo else []),
        ("name", by_name.get(row.name, []) if row.name else []),
    ]
    for by, ships in candidates:
        if ships:
            ship = _likeliest(ships, row, known)
            return Match(ship=ship, by=by, quality=1.0, others=len(ships) - 1,
                         disagrees=_disagrees(row, known, ship, by))  # fmt: skip
    return Match()


def _closest(
    row: Named, known: Known, by_name: dict[str, list[int]], names: Sequence[str],
    likeness: npt.NDArray[np.float32],
) -> Match:  # fmt: skip
    like = np.flatnonzero(likeness > 0)
    if not len(like):
        return Match()
    best = like[np.argmax(likeness[like])]
    ships = by_name[names[int(best)]]
    others = sum(len(by_name[names[int(i)]]) for i in like) - 1
    return Match(ship=ships[0], by="name", quality=round(float(likeness[best]) / 100, 3),
                 others=others, disagrees=_disagrees(row, known, ships[0], "name"))  # fmt: skip


def _likeliest(ships: Sequence[int], row: Named, known: Known) -> int:
    """Of several ships the one whose name is the row's, else the first."""
    return next((i for i in ships if row.name and plain(known.name[i] or "") == row.name), ships[0])


def _disagrees(row: Named, known: Known, ship: int, by: By) -> tuple[By, ...]:
    told: list[By] = []
    if by != "mmsi" and row.mmsi is not None and row.mmsi != known.mmsi[ship]:
        told.append("mmsi")
    if by != "imo" and row.imo is not None and known.imo[ship] not in (0, row.imo):
        told.append("imo")
    name = plain(known.name[ship] or "")
    if by != "name" and row.name and name and fuzz.ratio(row.name, name) < LIKE:
        told.append("name")
    return tuple(told)


def _digits(text: str | None, count: int) -> int | None:
    stripped = (text or "").strip()
    good = len(stripped) == count and stripped.isascii() and stripped.isdigit()
    return int(stripped) if good else None
