"""Threats: reported incidents along predicted passages -> what they add to coercion.

The base hazard field and the same field raised by the incidents differ near them; the ratio of
the two raises the risk of each step there. Incidents of the last days raise it once more: who
attacked there may still be there.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache, partial
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.spatial import cKDTree

from ingest.batch import Float64, Int64
from risk.along import Track
from risk.coercion import CoercionParams
from risk.hazard import Cells, HazardField, Rate
from risk.incident import Activity, Incident
from risk.report import EXACT_H, MergedIncident
from risk.supplement import LEAD_US, MAX_REPORT_IDS, Supplement, Told
from sea.geodesy import RADIUS_NM, unit_vectors
from sea.instants import iso_z
from sea.units import DAY_US, Microseconds

CELL_NM: Final = 12.0
"""No point of a cell of the field is farther from its centre, with some to spare."""

GRID_DEG: Final = 0.25
ROWS: Final = round(180 / GRID_DEG) + 1
COLUMNS: Final = round(360 / GRID_DEG)
STOPPED_KN: Final = CoercionParams().stopped_kn


@dataclass(frozen=True, slots=True, kw_only=True)
class ThreatParams:
    """How long and how far incidents are live threats, and what they multiply; chosen by us.

    Attributes:
        live_days, live_nm: an incident so recent and so near to a step of the passage ...
        live: ... multiplies its risk by this, by less where the report is doubted.
        forget_days: incidents older than this have faded to a few percent and are left out.
        least_share: what adds less than this share of the passage's risk is no reason.
    """

    live_days: float = 7.0
    live_nm: float = 20.0
    live: float = 2.0
    forget_days: float = 900.0
    least_share: float = 0.01


class Passages(NamedTuple):
    """Steps of many passages, one after another by ship, shape (n,); `ship` is a row of `mmsi`.

    `whole` is the risk of each ship's whole passage, of the shape of `mmsi`; `square` is where the
    step lies in the grid of `squares_near`. Steps spent in one place doing one thing are one.
    Single precision is a metre, and half the memory that they wait in for the next report.
    """

    mmsi: Int64
    whole: Float64
    ship: npt.NDArray[np.int32]
    lon: npt.NDArray[np.float32]
    lat: npt.NDArray[np.float32]
    square: npt.NDArray[np.int32]
    activity: npt.NDArray[np.int8]
    risk: npt.NDArray[np.float32]

    def take(self, rows: Int64) -> "Passages":
        """These steps alone."""
        return Passages(
            self.mmsi, self.whole, self.ship[rows], self.lon[rows], self.lat[rows],
            self.square[rows], self.activity[rows], self.risk[rows],
        )  # fmt: skip

    def of(self, ships: npt.NDArray[np.integer]) -> "Passages":
        """The steps of these ships (rows of `mmsi`) alone."""
        ships = np.unique(ships)
        begin, end = (np.searchsorted(self.ship, ships, side) for side in ("left", "right"))
        length = end - begin
        skipped = np.repeat(begin - np.concatenate([[0], np.cumsum(length)[:-1]]), length)
        return self.take(np.arange(length.sum()) + skipped)


class Beside(NamedTuple):
    """The steps beside some incidents, where in all steps they stand, and the cell of each."""

    steps: Passages
    rows: Int64
    cell: Cells


def columns_of(
    mmsi: Int64, ship: npt.NDArray[np.int32], lon: Float64, lat: Float64,
    activity: npt.NDArray[np.int8], risk: Float64,
) -> tuple[Passages, Int64]:  # fmt: skip
    """Passages of columns, a row a step, by ship; and which step of theirs each row became."""
    first = np.ones(len(ship), bool)
    for column in (ship, lon, lat, activity):
        first[1:] &= column[1:] == column[:-1]
    first[1:] = ~first[1:]
    became = np.cumsum(first) - 1
    lon, lat = lon[first], lat[first]
    steps = Passages(
        mmsi=mmsi, whole=np.bincount(ship, risk, len(mmsi)).astype(np.float64), ship=ship[first],
        lon=lon.astype(np.float32), lat=lat.astype(np.float32), square=_square(lon, lat),
        activity=activity[first], risk=np.bincount(became, risk, len(lon)).astype(np.float32),
    )  # fmt: skip
    return steps, became


def passages_along(
    mmsi: npt.NDArray[np.integer], moored: npt.NDArray[np.bool_], track: Track
) -> tuple[Passages, Int64]:
    """The passages' steps, and which of them each step of the passages became, in order.

    Ships that are `moored` are at berth until they sail; a row of `track` is the passage of each.
    """
    ships, count = track.risk.shape
    stopped = track.sog < STOPPED_KN
    activity = np.where(stopped, Activity.ANCHORED, Activity.UNDER_WAY).astype(np.int8)
    activity[moored[:, None] & (np.cumsum(~stopped, axis=1) == 0)] = Activity.BERTHED
    return columns_of(
        mmsi.astype(np.int64), np.repeat(np.arange(ships, dtype=np.int32), count),
        track.lon.ravel(), track.lat.ravel(), activity.ravel(), track.risk.ravel(),
    )  # fmt: skip


def beside(steps: Passages, incidents: Sequence[MergedIncident], field: HazardField) -> Beside:
    """The steps that lie where some incident may change the field."""
    rows = np.flatnonzero(squares_near(incidents, field)[steps.square])
    part = steps.take(rows)
    lon, lat = part.lon.astype(np.float64), part.lat.astype(np.float64)
    return Beside(part, rows, field.cells_of(lon, lat))


def known_at(
    incidents: Sequence[MergedIncident], now_us: Microseconds, params: ThreatParams
) -> list[tuple[MergedIncident, Incident]]:
    """Incidents that stand, are past at `now_us` (or nearly) and are not forgotten."""
    oldest = now_us - params.forget_days * DAY_US
    counted = [(i, i.counted()) for i in incidents if not i.retracted]
    return [
        (i, replace(c, at_us=min(c.at_us, now_us - 1)))
        for i, c in counted
        if oldest < c.at_us < now_us + LEAD_US and c.weight > 0
    ]


def threatened(
    there: Beside,
    base: HazardField,
    incidents: Sequence[MergedIncident],
    now_us: Microseconds,
    params: ThreatParams | None = None,
) -> tuple[dict[int, Supplement], Float64]:
    """What the incidents add to each ship's coercion, and by what share to each step's risk.

    Steps beside other incidents too do no harm: nothing is added to them.
    """
    params = params or ThreatParams()
    known = known_at(incidents, now_us, params)
    steps = there.steps
    if not known or not len(steps.risk):
        return {}, np.zeros(len(steps.risk))
    field = base.with_reports([c for _, c in known], now_us)
    risk = steps.risk.astype(np.float64)
    before = base.at_rows(base.rows_of(there.cell), steps.activity)
    after = field.at_rows(field.rows_of(there.cell), steps.activity)
    more = Rate(
        mean=risk * np.maximum(after.mean - before.mean, 0.0) / before.mean,
        low=risk * np.maximum(after.low - before.low, 0.0) / before.mean,
        high=risk * np.maximum(after.high - before.high, 0.0) / before.mean,
    )
    live, which = _live(steps, known, now_us, params)
    heat = (risk + more.mean) * live
    found = _supplements(steps, more, heat, which, known, params)
    return found, np.divide(more.mean + heat, risk, out=np.zeros(len(risk)), where=risk > 0)


def squares_near(incidents: Sequence[MergedIncident], field: HazardField) -> npt.NDArray[np.bool_]:
    """Whether some report may change the field in each square of a grid; errs to yes."""
    grid = np.zeros((ROWS, COLUMNS), bool)
    for incident in (report for merged in incidents for report in merged.reports):
        reach_nm = 4 * math.hypot(field.params.spread_nm, incident.within_nm) + 3 * CELL_NM
        up = reach_nm / 60
        across = min(
            180.0, up / max(0.05, math.cos(math.radians(min(89.0, abs(incident.lat) + up))))
        )
        bottom = max(0, int((incident.lat - up + 90) / GRID_DEG))
        top = int((incident.lat + up + 90) / GRID_DEG) + 1
        west = math.floor((incident.lon - across + 180) / GRID_DEG)
        east = math.floor((incident.lon + across + 180) / GRID_DEG)
        grid[bottom : top + 1, np.arange(west, east + 1) % COLUMNS] = True
    return grid.ravel()


def _square(lon: Float64, lat: Float64) -> npt.NDArray[np.int32]:
    row = ((lat + 90) / GRID_DEG).astype(np.int32)
    return row * COLUMNS + ((lon + 180) / GRID_DEG).astype(np.int32) % COLUMNS


def _live(
    steps: Passages, known: Sequence[tuple[MergedIncident, Incident]], now_us: Microseconds,
    params: ThreatParams,
) -> tuple[Float64, Int64]:  # fmt: skip
    """By how much each step's risk is multiplied beyond 1, and its nearest incident."""
    points = unit_vectors(steps.lon, steps.lat)
    places = unit_vectors([c.lon for _, c in known], [c.lat for _, c in known])
    which = np.asarray(cKDTree(places).query(points)[1], np.int64)
    factor = np.zeros(len(points))
    for _, incident in known:
        if incident.at_us > now_us - params.live_days * DAY_US:
            reach = (params.live_nm + incident.within_nm) / RADIUS_NM
            inside = points @ unit_vectors(incident.lon, incident.lat) >= np.cos(reach)
            more = (params.live - 1) * incident.weight
            factor[inside] = np.maximum(factor[inside], more)
    return factor, which


def _supplements(
    steps: Passages, more: Rate, heat: Float64, which: Int64,
    known: Sequence[tuple[MergedIncident, Incident]], params: ThreatParams,
) -> dict[int, Supplement]:  # fmt: skip
    ships, n = steps.ship, len(steps.mmsi)
    heats = np.bincount(ships, heat, n)
    amount = np.bincount(ships, more.mean, n) + heats
    low, high = np.bincount(ships, more.low, n) + heats, np.bincount(ships, more.high, n) + heats
    enough = (amount > 0) & (amount >= params.least_share * steps.whole)
    told: dict[int, list[Told]] = {}
    tale = lru_cache(maxsize=None)(partial(_tale, known))
    for code, column in (("reported", more.mean), ("live_threat", heat)):
        for ship, parts in _by_ship(ships, which, column, enough):
            values, ids = tale(*(incident for incident, _ in parts))
            told.setdefault(ship, []).append(Told(
                code=code, amount=math.fsum(part for _, part in parts), values=values,
                report_ids=ids,
            ))  # fmt: skip
    return {
        int(steps.mmsi[ship]): Supplement(
            mmsi=int(steps.mmsi[ship]), score="coercion", told=tuple(reasons),
            low=float(low[ship]), high=float(high[ship]),
        )
        for ship, reasons in sorted(told.items())
    }  # fmt: skip


def _by_ship(
    ships: npt.NDArray[np.int32], which: Int64, amount: Float64, enough: npt.NDArray[np.bool_]
) -> Iterator[tuple[int, list[tuple[int, float]]]]:
    """Of each ship, what each incident adds (its steps are those nearest to it), most first."""
    some = (amount > 0) & enough[ships]
    if not some.any():
        return
    stride = int(which.max()) + 1
    pairs, pair = np.unique(ships[some].astype(np.int64) * stride + which[some],
                            return_inverse=True)  # fmt: skip
    total = np.bincount(pair, amount[some])
    ship, incident = pairs // stride, pairs % stride
    order = np.lexsort((incident, -total, ship))
    ship, incident, total = ship[order], incident[order], total[order]
    ends = np.flatnonzero(np.append(ship[1:] != ship[:-1], True)) + 1
    names, incidents, totals = ship.tolist(), incident.tolist(), total.tolist()
    begin = 0
    for end in ends.tolist():
        yield names[begin], list(zip(incidents[begin:end], totals[begin:end], strict=True))
        begin = end


def _tale(
    known: Sequence[tuple[MergedIncident, Incident]], *which: int
) -> tuple[Mapping[str, Any], tuple[str, ...]]:
    """What the sentence of some incidents is filled with, weightiest first, and their ids."""
    incident = known[which[0]][0]
    best = incident.best
    values: dict[str, Any] = {
        "kind": "other_incident" if incident.kind == "other" else incident.kind,
        "at": [best.lon, best.lat], "grade": best.grade.code,
    }  # fmt: skip
    if best.within_h <= EXACT_H:
        values["when"] = best.at
    else:
        values["day"] = iso_z(best.at)[:10]
    if len(which) > 1:
        values["times"] = len(which)
    return values, tuple(known[i][0].id for i in which[:MAX_REPORT_IDS])
