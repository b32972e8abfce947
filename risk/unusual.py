"""The second opinion: how unusual a ship's passage is among the traffic of its own waters.

Fixes of merchant ships under way, thinned -> each against the others that sailed the same cell
-> scikit-learn's isolation forest (Liu, Ting and Zhou 2008) -> a rank among ships, with what makes
it so. It knows no label, no event and no flag. Unusual is not wrong: it is shown apart, and
nothing adds it to a score.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import h3.api.numpy_int as h3i
import numpy as np
import numpy.typing as npt
from sklearn.ensemble import IsolationForest

from ingest.batch import Float64, Int64
from sea.errors import BadInputError
from sea.geodesy import distance_nm
from sea.units import HOUR_US, Microseconds

WHAT: Final = ("sog", "course", "place")
UNITS: Final = ("kn", "deg", "nm")
WIDTH: Final = 2.56
"""Standard deviations between the tenth and the ninetieth of a hundred, of a normal."""

LEAST: Final = {"sog": 1.0, "course": 10.0, "place": 3.0}
"""Scales below which a difference is none, in `UNITS`; chosen by us."""

NOTE: Final = (
    "how unusual her passage is among ships of these waters; unusual is not wrong, and nothing "
    "adds it to a score"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class UnusualParams:
    """What is compared with what; all chosen by us.

    Attributes:
        resolution: H3 cell of "these waters"; 4 is 24 nm across, as wide as lanes with their
            scatter.
        others: different ships in a cell below which nobody can be unusual there.
        fixes: of a ship, judged, below which she is not ranked; so many of hers, the strangest,
            rank her. recent_h: how long she is looked back on.
        alike: share of the others that make a course or a place usual.
        most: fixes of others a cell that are compared with, evenly taken.
        trees: of the forest. told: standard deviations from which a reason is told.
    """

    resolution: int = 4
    others: int = 8
    fixes: int = 3
    recent_h: float = 6.0
    alike: float = 0.1
    most: int = 400
    trees: int = 100
    told: float = 2.0

    def __post_init__(self) -> None:
        if min(self.others, self.fixes, self.most, self.trees) < 1 or not 0 < self.alike < 1:
            raise BadInputError(
                "parameters of the second opinion must be positive", field="unusual"
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class Fixes:
    """Where merchant ships under way were, one fix a ship every so often; n rows.

    Attributes:
        at: us. sog: kn. cog: deg.
    """

    mmsi: Int64
    at: Int64
    lon: Float64
    lat: Float64
    sog: Float64
    cog: Float64

    def __len__(self) -> int:
        return len(self.mmsi)

    def take(self, rows: npt.NDArray[Any]) -> "Fixes":
        """These rows."""
        return Fixes(mmsi=self.mmsi[rows], at=self.at[rows], lon=self.lon[rows],
                     lat=self.lat[rows], sog=self.sog[rows], cog=self.cog[rows])  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """Fixes that could be compared with others, m rows.

    Attributes:
        apart: how far each is from the usual in `WHAT`, in the others' own standard deviations or
            scales, shape (m, 3). hers, usual: in `UNITS`, hers (m, 3) and the middle 80% of the
            others' (m, 3, 2).
    """

    fixes: Fixes
    apart: Float64
    hers: Float64
    usual: Float64


@dataclass(frozen=True, slots=True, kw_only=True)
class Opinion:
    """Of one ship.

    Attributes:
        rank: share of the ships compared that are less unusual. fixes: of hers that were judged.
        reasons: what she does, hers and the others' usual range, the farthest from it first.
    """

    mmsi: int
    rank: float
    ships: int
    fixes: int
    reasons: tuple[tuple[str, float, float, float], ...]


def opinions(
    fixes: Fixes, now_us: Microseconds, params: UnusualParams | None = None
) -> dict[int, Opinion]:
    """The opinion on each ship that sailed lately where enough others did, by MMSI.

    All fixes tell what is usual; a ship is judged by those of the last `recent_h`.
    """
    params = params or UnusualParams()
    compared = compare(fixes, params)
    if not len(compared.fixes):
        return {}
    forest = IsolationForest(n_estimators=params.trees, random_state=0)
    strange = -forest.fit(compared.apart).score_samples(compared.apart)
    recent = compared.fixes.at > now_us - params.recent_h * HOUR_US
    rows = np.flatnonzero(recent)
    rows = rows[np.lexsort((-strange[rows], compared.fixes.mmsi[rows]))]
    ships, first, count = np.unique(
        compared.fixes.mmsi[rows], return_index=True, return_counts=True
    )
    judged = count >= params.fixes
    ships, first, count = ships[judged], first[judged], count[judged]
    strangest = [rows[begin : begin + params.fixes] for begin in first.tolist()]
    mean = np.array([strange[own].mean() for own in strangest])
    below = np.searchsorted(np.sort(mean), mean, side="left") / max(1, len(mean) - 1)
    return {
        int(mmsi): Opinion(
            mmsi=int(mmsi), rank=float(below[i]), ships=len(ships), fixes=int(count[i]),
            reasons=tuple(_reasons(compared, strangest[i], params)),
        )
        for i, mmsi in enumerate(ships)
    }  # fmt: skip


def compare(fixes: Fixes, params: UnusualParams) -> Compared:
    """Each fix against those of other ships in its cell."""
    cells = cells_of(fixes, params)
    order = np.lexsort((fixes.at, fixes.mmsi, cells))
    fixes, cells = fixes.take(order), cells[order]
    starts = np.flatnonzero(cells[1:] != cells[:-1]) + 1
    parts = [
        part for rows in np.split(np.arange(len(cells)), starts)
        if len(np.unique(fixes.mmsi[rows])) > params.others
        for part in [(rows, *_in_cell(fixes.take(rows), params))]
    ]  # fmt: skip
    if not parts:
        none = np.zeros((0, len(WHAT)))
        empty = fixes.take(np.arange(0))
        return Compared(fixes=empty, apart=none, hers=none, usual=np.zeros((0, len(WHAT), 2)))
    rows, apart, hers, usual = (np.concatenate(column) for column in zip(*parts, strict=True))
    return Compared(fixes=fixes.take(rows), apart=apart, hers=hers, usual=usual)


def cells_of(fixes: Fixes, params: UnusualParams) -> npt.NDArray[np.uint64]:
    """The waters of each fix."""
    places = zip(fixes.lon.tolist(), fixes.lat.tolist(), strict=True)
    found = (h3i.latlng_to_cell(y, x, params.resolution) for x, y in places)
    return np.fromiter(found, np.uint64, len(fixes))


def waters_of(fixes: Fixes, mmsi: int, now_us: Microseconds, params: UnusualParams) -> Fixes:
    """The fixes, of all ships, in the cells that she sailed lately."""
    cells = cells_of(fixes, params)
    hers = (fixes.mmsi == mmsi) & (fixes.at > now_us - params.recent_h * HOUR_US)
    return fixes.take(np.isin(cells, cells[hers]))


def _in_cell(fixes: Fixes, params: UnusualParams) -> tuple[Float64, Float64, Float64]:
    """`apart`, `hers` and `usual` of the fixes of one cell, each against other ships' alone."""
    step = max(1, len(fixes) // params.most)
    others = fixes.take(np.arange(0, len(fixes), step))
    own = fixes.mmsi[:, None] == others.mmsi
    turn = np.abs((fixes.cog[:, None] - others.cog + 180) % 360 - 180)
    away = distance_nm(fixes.lon[:, None], fixes.lat[:, None], others.lon, others.lat)
    course, place = (_nearest(gap, own, params) for gap in (turn, away))
    hers = np.column_stack([fixes.sog, course, place])
    apart, usual = np.zeros(hers.shape), np.zeros((*hers.shape, 2))
    low, middle, high = np.nanquantile(np.where(own, np.nan, others.sog), [0.1, 0.5, 0.9], axis=1)
    apart[:, 0] = (fixes.sog - middle) / np.maximum((high - low) / WIDTH, LEAST["sog"])
    usual[:, 0] = np.column_stack([low, high])
    for column, what in ((1, "course"), (2, "place")):
        end = max(float(np.quantile(hers[:, column], 0.9)), LEAST[what])
        apart[:, column], usual[:, column, 1] = hers[:, column] / end, end
    return apart, hers, usual


def _nearest(gap: Float64, own: npt.NDArray[np.bool_], params: UnusualParams) -> Float64:
    """How far each is from the share of the others that are most like it."""
    return np.asarray(np.nanquantile(np.where(own, np.nan, gap), params.alike, axis=1))


def _reasons(
    compared: Compared, rows: npt.NDArray[np.intp], params: UnusualParams
) -> Iterator[tuple[str, float, float, float]]:
    apart = compared.apart[rows].mean(axis=0)
    for column in np.argsort(-np.abs(apart), kind="stable").tolist():
        if abs(apart[column]) >= params.told:
            low, high = compared.usual[rows, column].mean(axis=0).tolist()
            yield WHAT[column], float(compared.hers[rows, column].mean()), low, high
