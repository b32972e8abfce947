"""Exposure: how many ship-hours were seen where, and how long anybody listened there.

`risk.ship_hours` gathers it from the picture -> `Exposure` -> the hazard field's ship-hours, in
place of assumed ones as far as it reaches.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from io import StringIO
from typing import Any, Final, Self

import h3.api.numpy_int as h3i
import numpy as np
import numpy.typing as npt
import pandas as pd

from ingest.batch import Float64
from risk.incident import Activity
from sea.errors import BadInputError

CELL_RESOLUTION: Final = 5
"""Of the cells that ship-hours are told of: the hazard field's."""

LISTENING_RESOLUTION: Final = 4
"""Of the cells that listening is told of, as in `ingest.coverage`: 24 nm across. Where somebody is
heard in one, a ship anywhere in it would have been."""

HOURS: Final = 24
COLUMNS: Final = ("what", "cell", "hour", "activity", "hours")
_ACTIVITIES: Final = tuple(activity.name.lower() for activity in Activity)

Cells = npt.NDArray[np.uint64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Exposure:
    """What was seen; frozen, equal to itself alone.

    Attributes:
        cells: H3 of `CELL_RESOLUTION`, ascending, shape (n,).
        ship_hours: of merchant ships by local hour and activity, shape (n, 24, 3).
        heard: H3 of `LISTENING_RESOLUTION`, ascending, shape (m,).
        listened: hours by local hour in which anybody was heard there, shape (m, 24).
    """

    cells: Cells
    ship_hours: Float64
    heard: Cells
    listened: Float64

    @classmethod
    def nothing(cls) -> Self:
        """What is seen before anything is."""
        return cls(
            cells=np.zeros(0, np.uint64), ship_hours=np.zeros((0, HOURS, len(Activity))),
            heard=np.zeros(0, np.uint64), listened=np.zeros((0, HOURS)),
        )  # fmt: skip

    def within(self, cells: Cells, heard: Cells) -> tuple[Float64, Float64]:
        """Ship-hours seen in each cell by activity, shape (c, 3), and hours listened, shape (c,).

        `heard` are the cells that listening in them is told of.
        """
        seen, listened = np.zeros((len(cells), len(Activity))), np.zeros(len(cells))
        row, known = _find(self.cells, cells)
        seen[known] = self.ship_hours[row[known]].sum(axis=1)
        row, known = _find(self.heard, heard)
        listened[known] = self.listened[row[known]].sum(axis=1)
        seen[listened == 0.0] = 0.0
        return seen, listened

    def by_hour(self, cells: Cells) -> Float64:
        """Ship-hours seen in these cells by local hour, shape (24,)."""
        row, known = _find(self.cells, cells)
        return np.asarray(self.ship_hours[row[known]].sum(axis=(0, 2)))


def exposure_csv(exposure: Exposure) -> str:
    """The exposure as a table: ``what`` is ship or listening; hours of nothing are left out."""
    parts = []
    for what, cells, hours in (("ship", exposure.cells, exposure.ship_hours),
                               ("listening", exposure.heard, exposure.listened)):  # fmt: skip
        where = np.nonzero(hours)
        kind = [_ACTIVITIES[i] for i in where[2]] if what == "ship" else ""
        parts.append(pd.DataFrame({
            "what": what, "cell": [h3i.int_to_str(c) for c in cells[where[0]].tolist()],
            "hour": where[1], "activity": kind, "hours": hours[where],
        }, columns=list(COLUMNS)))  # fmt: skip
    return str(pd.concat(parts).to_csv(index=False, lineterminator="\n"))


def read_exposure(text: str) -> Exposure:
    """The exposure of such a table; rows of one cell, hour and activity add up.

    Raises:
        BadInputError: it is none, and which line is wrong.
    """
    try:
        table = pd.read_csv(StringIO(text), dtype=str, keep_default_na=False)
    except (pd.errors.ParserError, pd.errors.EmptyDataError) as error:
        raise BadInputError(f"not a CSV: {error}", field="exposure") from error
    if list(table.columns) != list(COLUMNS):
        raise BadInputError(
            f"its columns are not {','.join(COLUMNS)}", field="exposure",
            mend="write it with safepassage exposure",
        )  # fmt: skip
    ship: list[tuple[Any, ...]] = []
    listening: list[tuple[Any, ...]] = []
    for number, row in enumerate(table.itertuples(index=False), 2):
        what, *told = _row(row, number)
        (ship if what == "ship" else listening).append(tuple(told))
    cells, ship_hours = _summed(ship, (HOURS, len(Activity)))
    heard, listened = _summed(listening, (HOURS,))
    return Exposure(cells=cells, ship_hours=ship_hours, heard=heard, listened=listened)


def _row(row: Any, number: int) -> tuple[Any, ...]:
    """What a row tells: ship or listening, cell, (hour, activity) or (hour,), hours."""
    try:
        cell, hour, hours = h3i.str_to_int(row.cell), int(row.hour), float(row.hours)
        where = (hour, _ACTIVITIES.index(row.activity)) if row.what == "ship" else (hour,)
        resolution = {"ship": CELL_RESOLUTION, "listening": LISTENING_RESOLUTION}[row.what]
    except (KeyError, ValueError) as error:
        raise BadInputError(f"line {number} cannot be read: {error}", field="exposure") from error
    if not (h3i.is_valid_cell(cell) and h3i.get_resolution(cell) == resolution
            and 0 <= hour < HOURS and 0 <= hours < np.inf):  # fmt: skip
        raise BadInputError(f"line {number} tells of no hours of a cell", field="exposure")
    return row.what, cell, where, hours


def _summed(rows: Sequence[tuple[Any, ...]], shape: tuple[int, ...]) -> tuple[Cells, Float64]:
    cells = np.array(sorted({row[0] for row in rows}), np.uint64)
    hours = np.zeros((len(cells), *shape))
    at = {cell: i for i, cell in enumerate(cells.tolist())}
    for cell, where, more in rows:
        hours[(at[cell], *where)] += more
    return cells, hours


def _find(table: Cells, cells: Cells) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.bool_]]:
    """Where each cell stands in the table, and which do."""
    row = np.searchsorted(table, cells)
    known = row < len(table)
    known[known] = table[row[known]] == cells[known]
    return row, known
