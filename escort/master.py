"""Columns -> which of them to take: the master problem, as LP for prices and as MIP for a plan.

Each asset takes one column at most, each request is served once at most. Solved by HiGHS, on one
thread.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any, Final

import highspy
import numpy as np
import numpy.typing as npt

from escort.feasibility import Schedule
from escort.instance import Way
from sea.errors import SafePassageError

Floats = npt.NDArray[np.float64]

_LIMITS_REACHED: Final = (
    highspy.HighsModelStatus.kTimeLimit,
    highspy.HighsModelStatus.kIterationLimit,
    highspy.HighsModelStatus.kSolutionLimit,
    highspy.HighsModelStatus.kInterrupt,
)

LEAST_GAIN: Final = 1e-6
"""Share of a plan's worth that a choice may fall short of the best; chosen by us."""

MOST_NODES: Final = 2000
"""Nodes of a choice's search tree, chosen by us: a bound on work that is not the clock's."""


class SolverError(SafePassageError):
    """HiGHS gave up where it must not; says with which status."""


@dataclass(frozen=True, slots=True)
class Column:
    """One tasking an asset could be given, as the judge allows it, and what it is worth."""

    way: Way
    schedule: Schedule
    worth: float


@dataclass(frozen=True, slots=True)
class Prices:
    """The LP's optimum: its worth, prices of assets and requests, and the share of each column."""

    worth: float
    asset: Floats
    request: Floats
    shares: Floats


class Master:
    """The linear master problem over a growing list of columns; `musts` are served for certain."""

    def __init__(self, assets: int, requests: int, musts: Collection[int]) -> None:
        self.columns: list[Column] = []
        self._assets, self._rows = assets, assets + requests
        self._highs = _highs()
        _checked(self._highs.setOptionValue("simplex_strategy", 4))
        _add_rows(self._highs, assets, requests, musts)
        self._free = np.zeros(self._rows, bool)
        self._free[[assets + request for request in musts]] = True

    def add(self, columns: Sequence[Column]) -> None:
        """Adds columns; none of them may be there already."""
        self.columns += columns
        _add_columns(self._highs, columns, self._assets)

    def solve(self, seconds: float) -> Prices | None:
        """The LP's optimum, None where so many seconds did not do.

        Raises:
            SolverError: HiGHS failed.
        """
        if not self.columns:
            none = np.zeros(self._rows)
            return Prices(0.0, none[: self._assets], none[self._assets :], np.zeros(0))
        # The clock of an instance runs on from solve to solve.
        _checked(self._highs.setOptionValue("time_limit", self._highs.getRunTime() + seconds))
        _checked(self._highs.run(), highspy.HighsStatus.kWarning)
        status = self._highs.getModelStatus()
        if status in _LIMITS_REACHED:
            return None
        if status != highspy.HighsModelStatus.kOptimal:
            raise SolverError(f"HiGHS: {self._highs.modelStatusToString(status)}")
        solution = self._highs.getSolution()
        duals = np.array(solution.row_dual)
        duals = np.where(self._free, duals, np.maximum(duals, 0.0))
        worth = float(self._highs.getInfo().objective_function_value)
        shares = np.array(solution.col_value)
        return Prices(worth, duals[: self._assets], duals[self._assets :], shares)

    def fix(self, fresh: Sequence[int], fixed: Sequence[int]) -> list[int]:
        """Takes for certain those of the columns that go together with what is fixed already."""
        busy = {row for i in fixed for row in self._rows_of(i)}
        taken = []
        for i in fresh:
            rows = self._rows_of(i)
            if not busy & rows:
                busy |= rows
                taken.append(i)
                _checked(self._highs.changeColBounds(i, 1.0, highspy.kHighsInf))
        return taken

    def release(self, fixed: Sequence[int]) -> None:
        """Undoes `fix`."""
        for i in fixed:
            _checked(self._highs.changeColBounds(i, 0.0, highspy.kHighsInf))

    def _rows_of(self, i: int) -> set[int]:
        way = self.columns[i].way
        return {way.asset, *(self._assets + request for request in way.order)}


def best_choice(
    columns: Sequence[Column],
    assets: int,
    requests: int,
    start: Sequence[int],
    *,
    musts: Collection[int],
    seconds: float,
    seed: int,
) -> tuple[list[int], bool]:
    """Columns that together are worth most, at least as `start`; and whether time did for it.

    Args:
        columns: to choose from.
        assets: how many there are.
        requests: how many there are.
        start: a choice that is possible already.
        seconds: wall time at most.
        musts: requests that are served for certain.
        seed: of HiGHS' own random choices.

    Raises:
        SolverError: HiGHS failed.
    """
    if seconds <= 0 or not columns:
        return list(start), not columns
    highs = _highs()
    _add_rows(highs, assets, requests, musts)
    _add_columns(highs, columns, assets)
    n = len(columns)
    kinds = np.full(n, highspy.HighsVarType.kInteger)
    _checked(highs.changeColsIntegrality(n, np.arange(n, dtype=np.int32), kinds))
    _checked(highs.setOptionValue("time_limit", seconds))
    _checked(highs.setOptionValue("random_seed", seed % 2**31))
    _checked(highs.setOptionValue("mip_max_nodes", MOST_NODES))
    _checked(highs.setOptionValue("mip_rel_gap", LEAST_GAIN))
    known = highspy.HighsSolution()
    known.col_value = [float(i in set(start)) for i in range(n)]
    _checked(highs.setSolution(known))
    _checked(highs.run(), highspy.HighsStatus.kWarning)
    status = highs.getModelStatus()
    if status != highspy.HighsModelStatus.kOptimal and status not in _LIMITS_REACHED:
        raise SolverError(f"HiGHS: {highs.modelStatusToString(status)}")
    values = np.array(highs.getSolution().col_value)
    chosen = np.flatnonzero(values > 0.5).tolist() if len(values) == n else list(start)
    worth = sum(columns[i].worth for i in chosen)
    if worth < sum(columns[i].worth for i in start):
        chosen = list(start)
    return chosen, status != highspy.HighsModelStatus.kTimeLimit


class _Highs(highspy.Highs):
    """HiGHS without the callbacks of the Python class, which greet on the console as they start."""

    def __init__(self) -> None:
        super(highspy.Highs, self).__init__()
        self.callbacks: list[Any] = []


def _highs() -> Any:
    highs = _Highs()
    _checked(highs.setOptionValue("output_flag", False))
    _checked(highs.setOptionValue("threads", 1))
    _checked(highs.changeObjectiveSense(highspy.ObjSense.kMaximize))
    return highs


def _add_rows(highs: Any, assets: int, requests: int, musts: Collection[int]) -> None:
    for row in range(assets + requests):
        least = 1.0 if row - assets in musts else -highspy.kHighsInf
        _checked(highs.addRow(least, 1.0, 0, [], []))


def _add_columns(highs: Any, columns: Sequence[Column], assets: int) -> None:
    n = len(columns)
    rows = [
        row
        for column in columns
        for row in (column.way.asset, *(assets + r for r in sorted(column.way.order)))
    ]
    lengths = [1 + len(column.way.order) for column in columns]
    starts = np.concatenate(([0], np.cumsum(lengths)))[:-1].astype(np.int32)
    worth = np.array([column.worth for column in columns])
    bounds = np.zeros(n), np.full(n, highspy.kHighsInf)
    index = np.array(rows, np.int32)
    _checked(highs.addCols(n, worth, *bounds, len(rows), starts, index, np.ones(len(rows))))


def _checked(status: Any, *also: Any) -> None:
    if status not in (highspy.HighsStatus.kOk, *also):
        raise SolverError(f"HiGHS: {status}")
