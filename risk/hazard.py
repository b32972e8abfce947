"""Hazard: how many incidents a ship-hour holds, by place, local hour and activity.

`Figures` of reported incidents -> `HazardField`, Gamma-Poisson on H3 cells -> expected incidents
per ship-hour with an interval, cells for the map, hot spots.

A cell's rate is the sum of two: of the places near it (their incidents over an assumed number of
ship-hours there) and of everywhere (incidents outside every place over the ship-hours of the whole
region). Ship-hours are assumed, not counted, so the field ranks waters well and its absolute
height is uncalibrated.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Self

import h3
import h3.api.numpy_int as h3i
import numpy as np
import numpy.typing as npt
from scipy.special import gammaincinv

from ingest.batch import Float64
from risk.incident import YEAR_US, Activity, Figures, Incident, packaged_figures
from sea.errors import BadInputError
from sea.units import M_PER_NM

HAZARD_VERSION = "gamma-poisson-h3-1"
HOURS_PER_YEAR = 8766.0
KM2_PER_NM2 = (M_PER_NM / 1000.0) ** 2
NIGHT_HOURS = (22, 23, 0, 1, 2, 3)
"""22 to 04 local: four of five packaged incidents whose hour is known."""

Cells = npt.NDArray[np.uint64]


@dataclass(frozen=True, slots=True, kw_only=True)
class HazardParams:
    """How a field is fitted; per-activity values are (anchored, berthed, under way).

    Attributes:
        resolution: H3; 5 has cells of 74 nm2 and 9 nm from centre to centre, an anchorage and
            its approach, while the incidents of a place scatter 4 nm (rms, packaged years).
        spread_nm: standard deviation of the kernel that smooths an incident over neighbours:
            those 4 nm, widened by half a cell.
        place_ships: ships typically in the waters of one place; chosen by us, unknown in truth.
        region_ships: merchant ships in the region at one time; chosen by us.
        region_area_nm2: sea of 130 W to 30 W, 60 S to 60 N, over which those are spread.
        prior_ship_hours: the weight of "nothing there" against a place's figures, one ship for
            one year; chosen by us. It fades a place out at some 15 nm.
        hour_prior: pseudo-incidents in each local hour (Jeffreys).
        report_half_life_days, report_weight: partners' recent reports fade by half in 180 days,
            and a fresh one counts like this many of the figures' years-old ones; chosen by us.
        interval: probability inside low..high.
    """

    resolution: int = 5
    spread_nm: float = 6.0
    place_ships: tuple[float, float, float] = (8.0, 6.0, 4.0)
    region_ships: tuple[float, float, float] = (1500.0, 1200.0, 3300.0)
    region_area_nm2: float = 25.0e6
    prior_ship_hours: float = HOURS_PER_YEAR
    hour_prior: float = 0.5
    report_half_life_days: float = 180.0
    report_weight: float = 3.0
    interval: float = 0.9

    def __post_init__(self) -> None:
        positive = (self.spread_nm, *self.place_ships, *self.region_ships, self.region_area_nm2,
                    self.prior_ship_hours, self.hour_prior, self.report_half_life_days,
                    self.report_weight)  # fmt: skip
        if min(positive) <= 0 or not 0 <= self.resolution <= 8 or not 0 < self.interval < 1:
            raise BadInputError("hazard parameters must be positive", field="hazard")


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """Expected incidents per ship-hour: mean, and the bounds of the interval."""

    mean: Float64
    low: Float64
    high: Float64


@dataclass(frozen=True, slots=True, kw_only=True)
class HazardField:
    """A fitted field; frozen, the same figures and parameters give the same bytes.

    Attributes (c cells near a place, ascending; arrays of rates have one row more, the last,
    for every other cell; columns are `Activity`):
        cells: H3 indices, shape (c,). shape, mean: Gamma per ship-hour averaged over the day,
        shape (c + 1, 3). ship_hours: assumed a year in the cell for its places, (c + 1, 3).
        hours: factor by local hour, mean 1, shape (24,).
    """

    params: HazardParams
    source: str
    cells: Cells
    shape: Float64
    mean: Float64
    ship_hours: Float64
    hours: Float64

    @classmethod
    def fit(
        cls,
        figures: Figures | None = None,
        *,
        at_us: int = 0,
        reports: Iterable[Incident] = (),
        params: HazardParams | None = None,
    ) -> Self:
        """The field of the figures (None: the packaged ones), raised by recent reports.

        A report tells where an incident was before `at_us`; it never tells that elsewhere there
        was none, so reports only add.
        """
        params, figures = params or HazardParams(), figures or packaged_figures()
        lon, lat, count = _with_reports(figures, at_us, reports, params)
        cells, near, weight, presence = _spread(lon, lat, count, params)
        place_hours = np.array(params.place_ships) * HOURS_PER_YEAR * presence[:, None]
        place = weight / (params.prior_ship_hours + figures.years * place_hours)
        base_shape = figures.elsewhere + 0.5
        base = base_shape / (np.array(params.region_ships) * HOURS_PER_YEAR * figures.years)
        mean = np.vstack([place + base, base])
        variance = np.vstack([place**2 / np.maximum(near, 1e-9) + base**2 / base_shape,
                              base**2 / base_shape])  # fmt: skip
        return cls(
            params=params, source=figures.source, cells=cells, mean=mean,
            shape=mean**2 / variance,
            ship_hours=np.vstack([place_hours, np.zeros((1, len(Activity)))]),
            hours=_hour_factor(figures.hours, params.hour_prior),
        )  # fmt: skip

    def rows(self, lon: Float64, lat: Float64) -> npt.NDArray[np.int64]:
        """Each position's row in the arrays; the last row for a cell away from every place."""
        resolution = self.params.resolution
        found = np.fromiter(
            (h3i.latlng_to_cell(y, x, resolution)
             for x, y in zip(lon.tolist(), lat.tolist(), strict=True)),
            np.uint64, len(lon),
        )  # fmt: skip
        return self._rows_of(found)

    def rate(
        self, lon: Float64, lat: Float64, hour: Float64, activity: npt.NDArray[np.integer]
    ) -> Rate:
        """Expected incidents per ship-hour at positions, local hours (0..24) and activities."""
        rows, factor = self.rows(lon, lat), self.hours[np.asarray(hour, np.int64) % 24]
        low, high = self._bounds()
        return Rate(
            mean=self.mean[rows, activity] * factor,
            low=low[rows, activity] * factor,
            high=high[rows, activity] * factor,
        )

    def near_place(self, lon: Float64, lat: Float64) -> npt.NDArray[np.bool_]:
        """Where the figures know incidents: the rate at anchor is over ten times everywhere's."""
        anchored = self.mean[:, Activity.ANCHORED]
        return np.asarray(anchored[self.rows(lon, lat)] > 10 * anchored[-1])

    def per_year(self, cells: Cells, area_nm2: Float64) -> Rate:
        """Expected incidents a year in whole cells of which `area_nm2` is sea."""
        rows, params = self._rows_of(cells), self.params
        spread = np.array(params.region_ships) * HOURS_PER_YEAR / params.region_area_nm2
        hours = self.ship_hours[rows] + area_nm2[:, None] * spread
        mean = (self.mean[rows] * hours).sum(axis=1)
        variance = ((self.mean[rows] * hours) ** 2 / self.shape[rows]).sum(axis=1)
        low, high = _interval(mean**2 / variance, mean, params.interval)
        return Rate(mean=mean, low=low, high=high)

    def hotspots(self, top: int = 150) -> dict[str, Any]:
        """The cells with most expected incidents a year, as a GeoJSON FeatureCollection."""
        area = np.array([h3i.cell_area(c, "km^2") for c in self.cells.tolist()]) / KM2_PER_NM2
        rate = self.per_year(self.cells, area)
        order = np.lexsort((self.cells, -rate.mean))[:top]
        return {
            "type": "FeatureCollection",
            "features": [self._feature(rank, int(i), rate) for rank, i in enumerate(order, 1)],
        }

    def _feature(self, rank: int, i: int, rate: Rate) -> dict[str, Any]:
        cell = h3.int_to_str(int(self.cells[i]))
        ring = [[round(x, 5), round(y, 5)] for y, x in h3.cell_to_boundary(cell)]
        return {
            "type": "Feature",
            "id": cell,
            "geometry": {"type": "Polygon", "coordinates": [[*ring, ring[0]]]},
            "properties": {
                "cell": cell,
                "rank": rank,
                "incidents_per_year": round(float(rate.mean[i]), 5),
                "low": round(float(rate.low[i]), 5),
                "high": round(float(rate.high[i]), 5),
                "source": self.source,
            },
        }

    def _rows_of(self, cells: Cells) -> npt.NDArray[np.int64]:
        row = np.searchsorted(self.cells, cells)
        known = row < len(self.cells)
        known[known] = self.cells[row[known]] == cells[known]
        return np.where(known, row, len(self.cells))

    def _bounds(self) -> tuple[Float64, Float64]:
        return _interval(self.shape, self.mean, self.params.interval)


def _with_reports(
    figures: Figures, at_us: int, reports: Iterable[Incident], params: HazardParams
) -> tuple[Float64, Float64, Float64]:
    past = [r for r in reports if r.at_us < at_us]
    share = figures.count.sum(axis=0) + 1e-9
    rows = np.tile(share / share.sum(), (len(past), 1))
    for row, report in zip(rows, past, strict=True):
        if report.activity is not None:
            row[:] = np.eye(len(Activity))[report.activity]
        age_days = (at_us - report.at_us) / YEAR_US * 365.25
        row *= params.report_weight * 0.5 ** (age_days / params.report_half_life_days)
    return (
        np.concatenate([figures.lon, [r.lon for r in past]]),
        np.concatenate([figures.lat, [r.lat for r in past]]),
        np.concatenate([figures.count, rows]),
    )


def _spread(
    lon: Float64, lat: Float64, count: Float64, params: HazardParams
) -> tuple[Cells, Float64, Float64, Float64]:
    """Cells, incidents near each (c, 3), incidents falling in each (c, 3), presence (c,).

    Presence is the share of a place's ships in the cell: the greatest over the places, so that
    many incidents at one spot do not multiply the ships assumed there.
    """
    near: dict[int, Float64] = defaultdict(lambda: np.zeros(len(Activity)))
    falling: dict[int, Float64] = defaultdict(lambda: np.zeros(len(Activity)))
    presence: dict[int, float] = defaultdict(float)
    for x, y, row in zip(lon.tolist(), lat.tolist(), count, strict=True):
        kernel = _kernel(x, y, params)
        total = sum(kernel.values())
        for cell, g in kernel.items():
            near[cell] += row * g
            falling[cell] += row * (g / total)
            presence[cell] = max(presence[cell], g / total)
    cells = sorted(near)
    return (
        np.array(cells, np.uint64),
        np.array([near[c] for c in cells]).reshape(-1, len(Activity)),
        np.array([falling[c] for c in cells]).reshape(-1, len(Activity)),
        np.array([presence[c] for c in cells]),
    )


def _kernel(lon: float, lat: float, params: HazardParams) -> dict[int, float]:
    """Gaussian weight of each cell within about four standard deviations, 1 at the place."""
    home = int(h3i.latlng_to_cell(lat, lon, params.resolution))
    apart_nm = h3.average_hexagon_edge_length(params.resolution, "km") * 1.732 / 1.852
    rings = max(1, round(4 * params.spread_nm / apart_nm))
    weight = {}
    for cell in sorted(int(c) for c in h3i.grid_disk(home, rings)):
        away_m = h3.great_circle_distance((lat, lon), h3i.cell_to_latlng(cell), unit="m")
        weight[cell] = float(np.exp(-0.5 * (away_m / M_PER_NM / params.spread_nm) ** 2))
    return weight


def _hour_factor(counts: Float64, prior: float) -> Float64:
    """Factor by local hour, mean 1, each hour softened by its two neighbours."""
    share = (counts + prior) / (counts + prior).sum() * 24
    return np.asarray(0.25 * np.roll(share, 1) + 0.5 * share + 0.25 * np.roll(share, -1))


def _interval(shape: Float64, mean: Float64, inside: float) -> tuple[Float64, Float64]:
    """Quantiles that leave equal parts of a Gamma outside."""
    tail = (1 - inside) / 2
    return mean * gammaincinv(shape, tail) / shape, mean * gammaincinv(shape, 1 - tail) / shape
