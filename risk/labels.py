"""Labels: what boardings found -> rows of indicators with outcomes, for the challenger.

A CSV with one row a boarding, or one without indicators and the assessments of `safepassage
detect --assessments`, joined by MMSI and time.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from io import StringIO
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from ingest.batch import Float64, Int64
from risk.smuggling import INDICATORS
from sea.errors import BadInputError
from sea.instants import parse_utc

CODES: tuple[str, ...] = tuple(row.code for row in INDICATORS)
_YES = {"1": True, "true": True, "yes": True, "find": True}
_NO = {"0": False, "false": False, "no": False, "nothing": False}


@dataclass(frozen=True, slots=True, kw_only=True)
class Labels:
    """Boardings in time order; n rows.

    Attributes:
        at: us, when she was assessed. points: what each indicator of `CODES` gave, shape (n, 12).
        priority: the table's. found: whether the boarding found anything. synthetic: exercises.
    """

    mmsi: Int64
    at: Int64
    points: Float64
    priority: Float64
    found: npt.NDArray[np.bool_]
    synthetic: npt.NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.mmsi)

    def take(self, rows: npt.NDArray[Any]) -> "Labels":
        """These rows."""
        return Labels(mmsi=self.mmsi[rows], at=self.at[rows], points=self.points[rows],
                      priority=self.priority[rows], found=self.found[rows],
                      synthetic=self.synthetic[rows])  # fmt: skip


def points_of(assessment: Mapping[str, Any]) -> list[float]:
    """What each indicator of `CODES` gives in an assessment document; 0 where it is not there."""
    reasons = assessment["smuggling"]["reasons"]
    given = {reason["code"]: float(reason["contribution"]) for reason in reasons}
    return [given.get(code, 0.0) for code in CODES]


def read_labels(text: str, assessments: Iterable[Mapping[str, Any]] = ()) -> Labels:
    """The labels of a CSV text.

    Columns: ``mmsi``, ``at``, ``outcome`` (find, nothing; 1, 0), ``synthetic`` (1 for exercises,
    0 for real boardings), ``priority`` and a column of points an indicator; a blank is no points.
    With `assessments` the last two are taken from the newest one of the vessel not after ``at``.

    Raises:
        BadInputError: names what is missing or wrong, and in which line.
    """
    try:
        frame = pd.read_csv(StringIO(text), dtype=str, keep_default_na=False)
    except (pd.errors.ParserError, pd.errors.EmptyDataError) as error:
        raise BadInputError(f"not a CSV: {error}", field="labels") from None
    frame.columns = [str(name).strip() for name in frame.columns]
    known = sorted(assessments, key=lambda a: a["assessed_at"])
    needed = ["mmsi", "at", "outcome", "synthetic", *([] if known else ["priority", *CODES])]
    lacking = [name for name in needed if name not in frame.columns]
    if lacking:
        raise BadInputError(
            f"no column {', '.join(lacking)}", field="labels",
            mend="write all, or give --assessments to take indicators from",
        )  # fmt: skip
    mmsi = _column(frame, "mmsi", _mmsi)
    at = _column(frame, "at", lambda cell: parse_utc(cell, field="at"))
    if known:
        rows = _joined(mmsi, at, known)
        points, priority = [row[:-1] for row in rows], [row[-1] for row in rows]
    else:
        priority = _column(frame, "priority", _points)
        points = np.array([_column(frame, code, _points) for code in CODES]).T.tolist()
    order = np.lexsort((mmsi, at))
    return Labels(
        mmsi=np.array(mmsi, np.int64), at=np.array(at, np.int64),
        points=np.array(points, np.float64).reshape(len(mmsi), len(CODES)),
        priority=np.array(priority, np.float64), found=np.array(_column(frame, "outcome", _flag)),
        synthetic=np.array(_column(frame, "synthetic", _flag)),
    ).take(order)  # fmt: skip


def _joined(
    mmsi: Sequence[int], at: Sequence[int], known: Sequence[Mapping[str, Any]]
) -> list[list[float]]:
    """Points and priority of the newest assessment of each vessel not after each time."""
    of_vessel: dict[int, list[tuple[int, Mapping[str, Any]]]] = {}
    for document in known:
        row = parse_utc(document["assessed_at"]), document
        of_vessel.setdefault(int(document["mmsi"]), []).append(row)
    found = []
    for line, (vessel, when) in enumerate(zip(mmsi, at, strict=True), 2):
        before = [d for t, d in of_vessel.get(vessel, ()) if t <= when]
        if not before:
            raise BadInputError(
                f"line {line}: {vessel:09d} has no assessment up to that time", field="labels"
            )
        found.append([*points_of(before[-1]), float(before[-1]["smuggling"]["priority"])])
    return found


def _column(frame: pd.DataFrame, name: str, read: Any) -> list[Any]:
    cells = frame[name].tolist()
    found = []
    for line, cell in enumerate(cells, 2):
        try:
            found.append(read(cell.strip()))
        except (ValueError, KeyError, BadInputError):
            raise BadInputError(f"line {line}: {name} is {cell!r}", field="labels") from None
    return found


def _flag(cell: str) -> bool:
    return (_YES | _NO)[cell.lower()]


def _mmsi(cell: str) -> int:
    if len(cell) != 9 or not cell.isdecimal():
        raise ValueError(cell)
    return int(cell)


def _points(cell: str) -> float:
    value = float(cell or 0.0)
    if not 0.0 <= value <= 100.0:
        raise ValueError(cell)
    return value
