"""Hazard: how many incidents a ship-hour holds, by place, local hour and activity.

`Figures` of reported incidents -> `HazardField`, Gamma-Poisson on H3 cells -> expected incidents
per ship-hour with an interval. `risk.hazard_map` makes cells for the map of it.

A cell's rate is the sum of two: of the places near it (their incidents over an assumed number of
ship-hours there) and of everywhere (incidents outside every place over the ship-hours of the whole
region). Ship-hours are assumed, so the field ranks waters well and its absolute height is
uncalibrated; near places they are counted as far as an `Exposure` tells of them.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple, Self

import h3
import h3.api.numpy_int as h3i
import numpy as np
import numpy.typing as npt
from scipy.special import gammaincinv

from ingest.batch import Float64
from risk.exposure import CELL_RESOLUTION, Exposure
from risk.incident import YEAR_US, Activity, Figures, Incident, packaged_figures
from risk.lane_density import home_of, lane_density
from sea.errors import BadInputError
from sea.geodesy import distance_nm
from sea.land import is_land
from sea.ports import nearest_port
from sea.units import M_PER_NM

HAZARD_VERSION = "gamma-poisson-h3-1"
HOURS_PER_YEAR = 8766.0

JEFFREYS = 0.5
"""Least shape of a Gamma: of a Poisson rate's uninformed prior (Jeffreys 1946)."""

RINGS_NM = np.array([5.0, 10.0, 15.0, 20.0, 30.0, 60.0])
"""Distances from the nearest port that part the sea into rings."""

RING_AREA_NM2 = np.array([12.2, 47.5, 76.2, 99.2, 243.7, 884.5, 24_323.2]) * 1000
"""Sea of each ring in 130 W to 30 W, 60 S to 60 N: sea parts of the cells of `cells_in`."""

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
        prior_ship_hours: the weight of "nothing there" against a place's figures, one ship for
            one year; chosen by us. It fades a place out at some 15 nm.
        hour_prior: pseudo-incidents in each local hour (Jeffreys).
        listened_prior_h: hours of listening that weigh as much as an assumed number of ships, a
            month; chosen by us.
        lane_weight: an hour of listening in a cell as far from a lane is worth so much of one in
            the cell itself, for ships under way, up to that month; chosen by us.
        report_half_life_days, report_weight: partners' recent reports fade by half in 180 days,
            and a fresh one counts like this many of the figures' years-old ones; chosen by us.
        interval: probability inside low..high.
    """

    resolution: int = 5
    spread_nm: float = 6.0
    place_ships: tuple[float, float, float] = (8.0, 6.0, 4.0)
    region_ships: tuple[float, float, float] = (1500.0, 1200.0, 3300.0)
    prior_ship_hours: float = HOURS_PER_YEAR
    hour_prior: float = 0.5
    listened_prior_h: float = 720.0
    lane_weight: float = 0.1
    report_half_life_days: float = 180.0
    report_weight: float = 3.0
    interval: float = 0.9

    def __post_init__(self) -> None:
        positive = (self.spread_nm, *self.place_ships, *self.region_ships,
                    self.prior_ship_hours, self.hour_prior, self.listened_prior_h, self.lane_weight,
                    self.report_half_life_days, self.report_weight)  # fmt: skip
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
        shape (c + 1, 3). ship_hours: a year in the cell, assumed for its places or seen, of the
        same shape.
        at_sea: the centre is at sea or the cell holds an incident, (c,).
        ring_ships: the region's ships on a nm2 of each ring of `RINGS_NM`, shape (7, 3).
        hours: factor by local hour, mean 1 over the ships seen, shape (24,).
        figures, exposure: what it was fitted to.
    """

    params: HazardParams
    source: str
    cells: Cells
    shape: Float64
    mean: Float64
    ship_hours: Float64
    at_sea: npt.NDArray[np.bool_]
    hours: Float64
    ring_ships: Float64
    figures: Figures
    exposure: Exposure | None = None

    @classmethod
    def fit(
        cls,
        figures: Figures | None = None,
        *,
        at_us: int = 0,
        reports: Iterable[Incident] = (),
        params: HazardParams | None = None,
        exposure: Exposure | None = None,
    ) -> Self:
        """The field of the figures (None: the packaged ones), raised by recent reports.

        A report tells where an incident was before `at_us`; it never tells that elsewhere there
        was none, so reports only add. Ship-hours are what was seen (`exposure`), as far as anybody
        listened, and what is assumed.
        """
        params, figures = params or HazardParams(), figures or packaged_figures()
        lon, lat, count, spread_nm = _with_reports(figures, at_us, reports, params)
        cells, at_sea, near, falling, presence = _spread(lon, lat, count, spread_nm, params)
        place_hours = np.array(params.place_ships) * HOURS_PER_YEAR * presence[:, None]
        by_hour = None
        if exposure is not None and len(cells) and params.resolution == CELL_RESOLUTION:
            place_hours = _seen(exposure, cells, place_hours, params)
            by_hour = exposure.by_hour(cells)
        place = falling / (params.prior_ship_hours + figures.years * place_hours)
        base_shape = figures.elsewhere + JEFFREYS
        base = base_shape / (np.array(params.region_ships) * HOURS_PER_YEAR * figures.years)
        mean = np.vstack([place + base, base])
        variance = np.vstack([place**2 / np.maximum(near, JEFFREYS) + base**2 / base_shape,
                              base**2 / base_shape])  # fmt: skip
        return cls(
            params=params, source=figures.source, cells=cells, at_sea=at_sea, mean=mean,
            shape=mean**2 / variance,
            ship_hours=np.vstack([place_hours, np.zeros((1, len(Activity)))]),
            hours=_hour_factor(figures.hours, params.hour_prior, by_hour, params.listened_prior_h),
            ring_ships=_ring_ships(lon, lat, count, params), figures=figures, exposure=exposure,
        )  # fmt: skip

    def with_reports(self, reports: Iterable[Incident], at_us: int) -> Self:
        """The field of the same figures raised by these reports: a refit to the bit.

        It takes milliseconds, as the kernel of each place is reckoned once and kept.
        """
        return self.fit(self.figures, at_us=at_us, reports=reports, params=self.params,
                        exposure=self.exposure)  # fmt: skip

    def rows(self, lon: Float64, lat: Float64) -> npt.NDArray[np.int64]:
        """Each position's row in the arrays; the last row for a cell away from every place."""
        return self.rows_of(self.cells_of(lon, lat))

    def cells_of(self, lon: Float64, lat: Float64) -> Cells:
        """The H3 cell of each position, of this field and all others of its resolution."""
        resolution = self.params.resolution
        return np.fromiter(
            (h3i.latlng_to_cell(y, x, resolution)
             for x, y in zip(lon.tolist(), lat.tolist(), strict=True)),
            np.uint64, len(lon),
        )  # fmt: skip

    def rows_of(self, cells: Cells) -> npt.NDArray[np.int64]:
        """Each cell's row, likewise."""
        row = np.searchsorted(self.cells, cells)
        known = row < len(self.cells)
        known[known] = self.cells[row[known]] == cells[known]
        return np.where(known, row, len(self.cells))

    def rate(
        self, lon: Float64, lat: Float64, hour: Float64, activity: npt.NDArray[np.integer]
    ) -> Rate:
        """Expected incidents per ship-hour at positions, local hours (0..24) and activities."""
        return self.rate_of(self.rows(lon, lat), hour, activity)

    def rate_of(
        self, rows: npt.NDArray[np.int64], hour: Float64, activity: npt.NDArray[np.integer]
    ) -> Rate:
        """The same of `rows`."""
        factor = self.hours[np.asarray(hour, np.int64) % 24]
        low, high = self.bounds()
        return Rate(
            mean=self.mean[rows, activity] * factor,
            low=low[rows, activity] * factor,
            high=high[rows, activity] * factor,
        )

    def at_rows(self, rows: npt.NDArray[np.int64], activity: npt.NDArray[np.integer]) -> Rate:
        """The same of `rows`, averaged over the day."""
        kinds = self.mean.shape[1]
        flat, place = np.unique(rows * kinds + activity, return_inverse=True)
        mean, shape = self.mean.ravel()[flat], self.shape.ravel()[flat]
        low, high = interval_of(shape, mean, self.params.interval)
        return Rate(mean=mean[place], low=low[place], high=high[place])

    def bounds(self) -> tuple[Float64, Float64]:
        """Bounds of the interval of `mean`, of its shape."""
        return interval_of(self.shape, self.mean, self.params.interval)

    def near_place(self, rows: npt.NDArray[np.int64]) -> npt.NDArray[np.bool_]:
        """Rows where the figures know incidents: at anchor, over ten times everywhere's rate."""
        anchored = self.mean[:, Activity.ANCHORED]
        return np.asarray(anchored[rows] > 10 * anchored[-1])


def _seen(exposure: Exposure, cells: Cells, assumed: Float64, params: HazardParams) -> Float64:
    """Ship-hours a year in each cell: the mean of a Gamma whose prior is what is assumed.

    Of ships under way, cells as far from a lane tell as well, each hour there less than one here.
    """
    homes = [home_of(cell) for cell in cells.tolist()]
    seen, listened_h = exposure.within(cells, np.array([h.heard for h in homes], np.uint64))
    density, band = lane_density(exposure), np.array([h.band for h in homes])
    prior_h = params.listened_prior_h
    elsewhere_h = np.zeros_like(seen)
    elsewhere_h[:, Activity.UNDER_WAY] = np.minimum(params.lane_weight * density.listened, prior_h)[
        band
    ]
    told = HOURS_PER_YEAR * (elsewhere_h * density.ships[band, None] + seen)
    known_h = elsewhere_h + listened_h[:, None]
    return np.asarray(
        np.where(known_h > 0, (prior_h * assumed + told) / (prior_h + known_h), assumed)
    )


def ring_of(lon: Float64, lat: Float64) -> npt.NDArray[np.intp]:
    """Which ring of `RINGS_NM` positions lie in."""
    return np.searchsorted(RINGS_NM, nearest_port(lon, lat)[1], side="right")


def _ring_ships(lon: Float64, lat: Float64, count: Float64, params: HazardParams) -> Float64:
    """The region's ships a nm2 by ring, held to lie where the incidents of all places were.

    So the map is highest near ports also where none was reported: of 712 incidents of 1993-2018
    nine of ten were within 20 nm of a port, on 1% of the sea. Of ships we know no better.
    """
    found = np.full((len(RING_AREA_NM2), len(Activity)), JEFFREYS)
    np.add.at(found, ring_of(lon, lat), count)
    share: Float64 = found / found.sum(axis=0) / RING_AREA_NM2[:, None]
    return np.asarray(share * np.array(params.region_ships))


def _with_reports(
    figures: Figures, at_us: int, reports: Iterable[Incident], params: HazardParams
) -> tuple[Float64, Float64, Float64, Float64]:
    """Positions (n,), counts (n, 3) and spreads in nm (n,) of the figures and the reports."""
    past = [r for r in reports if r.at_us < at_us]
    share = figures.count.sum(axis=0) + 1e-9
    rows = np.tile(share / share.sum(), (len(past), 1))
    for row, report in zip(rows, past, strict=True):
        if report.activity is not None:
            row[:] = np.eye(len(Activity))[report.activity]
        age_days = (at_us - report.at_us) / YEAR_US * 365.25
        fading = 0.5 ** (age_days / params.report_half_life_days)
        row *= params.report_weight * report.weight * fading
    wide = [math.hypot(params.spread_nm, r.within_nm) for r in past]
    return (
        np.concatenate([figures.lon, [r.lon for r in past]]),
        np.concatenate([figures.lat, [r.lat for r in past]]),
        np.concatenate([figures.count, rows]),
        np.concatenate([np.full(len(figures.lon), params.spread_nm), wide]),
    )


def _spread(
    lon: Float64, lat: Float64, count: Float64, spread_nm: Float64, params: HazardParams
) -> tuple[Cells, npt.NDArray[np.bool_], Float64, Float64, Float64]:
    """Cells (c,), which are at sea, incidents near and falling in each (c, 3), presence (c,).

    What falls on cells at sea sums to the incidents. Presence is the share of a place's ships in
    the cell: the greatest over the places, so that many incidents at one spot do not multiply
    the ships assumed there.
    """
    places = zip(lon.tolist(), lat.tolist(), spread_nm.tolist(), strict=True)
    kernels = [_kernel(*place, params.resolution) for place in places]
    if not kernels:
        none = np.zeros((0, len(Activity)))
        return np.zeros(0, np.uint64), np.zeros(0, bool), none, none, np.zeros(0)
    around = np.concatenate([k.cells for k in kernels])
    cells, rows = np.unique(around, return_inverse=True)
    at_sea = np.zeros(len(cells), bool)
    at_sea[rows] = np.concatenate([k.at_sea for k in kernels])
    at_sea |= np.isin(cells, np.array([k.home for k in kernels], np.uint64))
    sizes = [len(k.cells) for k in kernels]
    place = np.repeat(np.arange(len(kernels)), sizes)
    g = np.concatenate([k.weight for k in kernels])
    share = g / np.bincount(place, g * at_sea[rows])[place]
    near, falling = np.zeros((2, len(cells), len(Activity)))
    for activity in range(len(Activity)):
        of = count[place, activity]
        near[:, activity] = np.bincount(rows, of * g, len(cells))
        falling[:, activity] = np.bincount(rows, of * share, len(cells))
    presence = np.zeros(len(cells))
    np.maximum.at(presence, rows, share)
    return cells, at_sea, near, falling, presence


class _Kernel(NamedTuple):
    """Cells around a place, their Gaussian weight, which are at sea; the likeliest is its home."""

    cells: Cells
    weight: Float64
    at_sea: npt.NDArray[np.bool_]
    home: int


@lru_cache(maxsize=1 << 14)
def _kernel(lon: float, lat: float, spread_nm: float, resolution: int) -> _Kernel:
    """Cells within some four standard deviations and their Gaussian weight, 1 at the place."""
    home = int(h3i.latlng_to_cell(lat, lon, resolution))
    apart_nm = math.sqrt(3) * h3.average_hexagon_edge_length(resolution, "m") / M_PER_NM
    around = np.sort(h3i.grid_disk(home, max(1, round(4 * spread_nm / apart_nm))))
    centre_lat, centre_lon = centres_of(around)
    away_nm = distance_nm(lon, lat, centre_lon, centre_lat)
    weight = np.exp(-0.5 * (away_nm / spread_nm) ** 2)
    at_sea = ~is_land(centre_lon, centre_lat)
    return _Kernel(around.astype(np.uint64), weight, at_sea, int(around[np.argmax(weight)]))


def centres_of(cells: Cells) -> tuple[Float64, Float64]:
    """Latitudes and longitudes of the cells' centres, shape (n,) each."""
    centres = np.array([h3i.cell_to_latlng(c) for c in cells.tolist()]).reshape(-1, 2)
    return centres[:, 0], centres[:, 1]


def _hour_factor(
    counts: Float64, prior: float, seen: Float64 | None = None, prior_ship_hours: float = 0.0
) -> Float64:
    """Factor by local hour, each hour softened by its two neighbours.

    `seen` are ship-hours by local hour, even where None; the mean over them is 1.
    """
    share = _softened((counts + prior) / (counts + prior).sum() * 24)
    if seen is None:
        return share
    ships = _softened((seen + prior_ship_hours / 24) / (seen.sum() + prior_ship_hours) * 24)
    return np.asarray(share / ships)


def _softened(share: Float64) -> Float64:
    return np.asarray(0.25 * np.roll(share, 1) + 0.5 * share + 0.25 * np.roll(share, -1))


def interval_of(shape: Float64, mean: Float64, inside: float) -> tuple[Float64, Float64]:
    """Quantiles that leave equal parts of a Gamma outside."""
    tail = (1 - inside) / 2
    return mean * gammaincinv(shape, tail) / shape, mean * gammaincinv(shape, 1 - tail) / shape
