"""Backtest: incidents up to a year -> hazard maps -> how well they told the next year.

Every year is told by what was reported before it, never by itself. Four maps are compared: the
hazard field, the field with the width that told the years before best (Dawid 1984), a plain kernel
density whose bandwidth is chosen by leaving one out (Silverman 1986, 3.4.4), and last year's
incidents where they were. Two figures a map: the share of the year's incidents in the 1% and the
5% of sea area held worst (Chainey, Tompson and Uhlig 2008 call it hit rate), and the mean log
density at the incidents, per nm2 (Good 1952).
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

import h3.api.numpy_int as h3i
import numpy as np
import numpy.typing as npt
from scipy.spatial import cKDTree

from ingest.batch import Float64
from risk.hazard import Cells, HazardField, HazardParams, ring_of
from risk.hazard_map import cells_in, gamma_per_year
from risk.incident import YEAR_US, Incident, figures_of
from sea.geodesy import RADIUS_NM, distance_nm, unit_vectors
from sea.instants import from_us, parse_utc

AREAS: Final = (0.01, 0.05)
BANDWIDTHS_NM: Final = (5.0, 10.0, 20.0, 40.0, 80.0, 160.0, 320.0)
SPREADS_NM: Final = (3.0, 4.0, 6.0, 9.0)
"""Widths of the field that `tuned_map` may choose."""

REACH: Final = 8.0
"""Bandwidths beyond which a kernel is nothing: exp(-32)."""

FLOOR: Final = 0.05
"""Share of the other maps that is spread evenly, so that they hold no place impossible: without it
a single incident would ruin their log score. Chosen by us, in their favour."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sea:
    """The cells that are judged.

    Attributes:
        cells: H3, ascending. lon, lat: of their centres. area_nm2: the sea part of each.
        ring: of `risk.hazard.ring_of`.
    """

    cells: Cells
    lon: Float64
    lat: Float64
    area_nm2: Float64
    ring: npt.NDArray[np.intp]


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """One map's figures for one year.

    Attributes:
        hits: share of incidents in the worst `AREAS`. log_score: per incident.
        expected: incidents the map expects in the year, None where it tells only where.
    """

    year: int
    model: str
    incidents: int
    hits: tuple[float, ...]
    log_score: float
    expected: float | None


Map = Callable[[Sequence[Incident], int, Sea], Float64]
"""(incidents before the year, start of the year us, cells) -> incidents told for each cell."""


def sea_of(incidents: Sequence[Incident], bbox: tuple[float, float, float, float]) -> Sea:
    """Every sea cell of a box, and those that hold incidents."""
    held = figures_of(incidents, max(i.at_us for i in incidents) + 1)
    frame = cells_in(HazardField.fit(held), bbox)
    cells = np.array([int(cell, 16) for cell in frame["cell"]], np.uint64)
    lon, lat = (frame[axis].to_numpy(np.float64) for axis in ("lon", "lat"))
    return Sea(
        cells=cells, lon=lon, lat=lat, ring=ring_of(lon, lat),
        area_nm2=np.maximum(frame["area_nm2"].to_numpy(np.float64), 1.0),
    )  # fmt: skip


def posterior(
    past: Sequence[Incident], at_us: int, sea: Sea, params: HazardParams | None = None
) -> tuple[Float64, Float64]:
    """Shape and mean of each cell's incidents a year, by what was reported before."""
    field = HazardField.fit(figures_of(past, at_us), at_us=at_us, params=params)
    return gamma_per_year(field, sea.cells, sea.area_nm2, sea.ring)


def field_map(params: HazardParams | None = None) -> Map:
    """The hazard field's map."""
    return lambda past, at_us, sea: posterior(past, at_us, sea, params)[1]


def tuned_map() -> Map:
    """The field's map with the one of `SPREADS_NM` that told the earlier years best.

    Earlier years are each told by what came before them. It remembers how they were told, so one
    map is for one list of incidents and one sea.
    """
    params = HazardParams()
    widths = {nm: field_map(replace(params, spread_nm=nm)) for nm in SPREADS_NM}
    known: dict[tuple[int, float], float] = {}

    def told(past: Sequence[Incident], at_us: int, sea: Sea) -> Float64:
        likelihood = dict.fromkeys(SPREADS_NM, 0.0)
        first, last = (from_us(t).year for t in (past[0].at_us, at_us))
        for year in range(first + 1, last):
            begin, before, rows = _split(past, year, sea)
            for nm, draw in widths.items():
                if (year, nm) not in known:
                    density = _density(draw(before, begin, sea), sea)
                    known[year, nm] = float(np.log(density[rows] + 1e-30).sum())
                likelihood[nm] += known[year, nm]
        best = (
            params.spread_nm if last == first + 1 else max(likelihood, key=likelihood.__getitem__)
        )
        return widths[best](past, at_us, sea)

    return told


def kernel_map(past: Sequence[Incident], at_us: int, sea: Sea) -> Float64:
    """Plain Gaussian kernels, as wide as makes each incident likeliest by the others."""
    lon, lat = _places(past)
    apart = distance_nm(lon[:, None], lat[:, None], lon, lat)
    np.fill_diagonal(apart, np.inf)
    likelihood = [
        np.log(np.exp(-0.5 * (apart / h) ** 2).sum(axis=1) / h**2 + 1e-300).sum()
        for h in BANDWIDTHS_NM
    ]
    bandwidth = BANDWIDTHS_NM[int(np.argmax(likelihood))]
    tree = cKDTree(unit_vectors(sea.lon, sea.lat))
    reach = 2 * np.sin(REACH * bandwidth / RADIUS_NM / 2)
    density = np.zeros(len(sea.cells))
    for x, y, rows in zip(
        lon, lat, tree.query_ball_point(unit_vectors(lon, lat), reach), strict=True
    ):
        away = distance_nm(x, y, sea.lon[rows], sea.lat[rows])
        density[rows] += np.exp(-0.5 * (away / bandwidth) ** 2)
    return _over_floor(density * sea.area_nm2, sea)


def last_year_map(past: Sequence[Incident], at_us: int, sea: Sea) -> Float64:
    """Last year's incidents in their cells, over an even floor."""
    recent = [i for i in past if i.at_us >= at_us - YEAR_US]
    told = np.zeros(len(sea.cells))
    np.add.at(told, _rows(recent, sea), 1.0)
    return _over_floor(told, sea)


def _over_floor(told: Float64, sea: Sea) -> Float64:
    """What was told, `FLOOR` of it spread evenly; sums to 1."""
    even = sea.area_nm2 / sea.area_nm2.sum()
    return np.asarray((1 - FLOOR) * told / max(told.sum(), 1e-12) + FLOOR * even)


def backtest(
    incidents: Sequence[Incident],
    years: Sequence[int],
    sea: Sea,
    maps: dict[str, Map],
    progress: Callable[[int], None] = lambda year: None,
) -> Iterator[tuple[Score, Float64]]:
    """The score of every map for every year that had incidents, and what it told."""
    for year in years:
        begin, past, rows = _split(incidents, year, sea)
        progress(year)
        for model, draw in maps.items() if past and len(rows) else ():
            told = draw(past, begin, sea)
            yield _score(year, model, told, rows, sea), told


def _split(
    incidents: Sequence[Incident], year: int, sea: Sea
) -> tuple[int, list[Incident], npt.NDArray[np.intp]]:
    """Begin of the year (us), what was before it, and the cell of each incident in it."""
    past, begin = before(incidents, year)
    end = parse_utc(f"{year + 1}-01-01")
    return begin, past, _rows([i for i in incidents if begin <= i.at_us < end], sea)


def before(incidents: Sequence[Incident], year: int) -> tuple[list[Incident], int]:
    """What was before the year, and when it begins (us)."""
    begin = parse_utc(f"{year}-01-01")
    return [i for i in incidents if i.at_us < begin], begin


def reported(incidents: Sequence[Incident], year: int, sea: Sea) -> npt.NDArray[np.int64]:
    """How many incidents of the year each cell had."""
    return np.bincount(_split(incidents, year, sea)[2], minlength=len(sea.cells))


def _density(told: Float64, sea: Sea) -> Float64:
    return np.asarray(told / told.sum() / sea.area_nm2)


def _score(year: int, model: str, told: Float64, rows: npt.NDArray[np.intp], sea: Sea) -> Score:
    density = _density(told, sea)
    return Score(
        year=year,
        model=model,
        incidents=len(rows),
        hits=hit_rates(told, rows, sea, AREAS),
        log_score=float(np.log(density[rows] + 1e-30).mean()),
        expected=float(told.sum()),
    )


def hit_rates(
    told: Float64, rows: npt.NDArray[np.intp], sea: Sea, shares: Sequence[float]
) -> tuple[float, ...]:
    """Share of incidents in each share of area held worst; cells held alike are taken in part."""
    density = _density(told, sea)
    order = np.argsort(-density, kind="stable")
    held, area = density[order], np.cumsum(sea.area_nm2[order])
    found = []
    for limit in np.array(shares) * area[-1]:
        edge = held[min(int(np.searchsorted(area, limit)), len(held) - 1)]
        alike = np.isclose(density, edge, rtol=1e-9, atol=0.0)
        above = (density > edge) & ~alike
        room = (limit - sea.area_nm2[above].sum()) / sea.area_nm2[alike].sum()
        found.append(float((above[rows] + alike[rows] * min(1.0, max(0.0, room))).mean()))
    return tuple(found)


def _places(incidents: Sequence[Incident]) -> tuple[Float64, Float64]:
    return np.array([i.lon for i in incidents]), np.array([i.lat for i in incidents])


def _rows(incidents: Sequence[Incident], sea: Sea) -> npt.NDArray[np.intp]:
    """The cell of each incident that lies in the sea of the backtest."""
    resolution = int(h3i.get_resolution(int(sea.cells[0])))
    found = np.array([h3i.latlng_to_cell(i.lat, i.lon, resolution) for i in incidents], np.uint64)
    rows = np.minimum(np.searchsorted(sea.cells, found), len(sea.cells) - 1)
    return np.asarray(rows[sea.cells[rows] == found])
