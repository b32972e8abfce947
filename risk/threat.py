"""Threats: reported incidents along predicted passages -> what they add to coercion.

The base hazard field and the same field raised by the incidents differ near them; the ratio of
the two raises the risk of each step there. Incidents of the last days raise it once more: who
attacked there may still be there.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.spatial import cKDTree

from ingest.batch import Float64, Int64
from risk.assessment import PassageRisk
from risk.coercion import MOORED, CoercionParams
from risk.hazard import Cells, HazardField, Rate
from risk.incident import Activity, Incident
from risk.report import MergedIncident
from risk.supplement import LEAD_US, MAX_REPORT_IDS, Supplement, Told
from risk.wording import instant, whereabouts
from sea.geodesy import RADIUS_NM, unit_vectors
from sea.units import DAY_US, Microseconds

CELL_NM: Final = 12.0
"""No point of a cell of the field is farther from its centre, with some to spare."""

GRID_DEG: Final = 0.25
STOPPED_KN: Final = CoercionParams().stopped_kn
INNOCENT: Final = "one attack does not mean that another follows; reports may be wrong"


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
    """Steps of many passages, one after another, shape (n,); `ship` is a row of `mmsi`.

    `whole` is the risk of each ship's whole passage, of the shape of `mmsi`. Single precision
    is a metre, and half the memory that they wait in for the next report.
    """

    mmsi: Int64
    whole: Float64
    ship: npt.NDArray[np.int32]
    lon: npt.NDArray[np.float32]
    lat: npt.NDArray[np.float32]
    activity: npt.NDArray[np.int8]
    risk: npt.NDArray[np.float32]

    def take(self, rows: npt.NDArray[np.int64] | npt.NDArray[np.bool_]) -> "Passages":
        """These steps alone."""
        return Passages(
            self.mmsi, self.whole, self.ship[rows], self.lon[rows], self.lat[rows],
            self.activity[rows], self.risk[rows],
        )  # fmt: skip

    def of(self, ships: npt.NDArray[np.integer]) -> "Passages":
        """The steps of these ships (rows of `mmsi`) alone."""
        wanted = np.zeros(len(self.mmsi), bool)
        wanted[ships] = True
        return self.take(wanted[self.ship])


class Beside(NamedTuple):
    """The steps beside some incidents, where in all steps they stand, and the cell of each."""

    steps: Passages
    rows: Int64
    cell: Cells


def passages_of(passages: Sequence[PassageRisk], moored: frozenset[int] = frozenset()) -> Passages:
    """The passages' steps; ships in `moored` are at berth until they sail."""
    lengths = [len(p.eta) for p in passages]
    ship = np.repeat(np.arange(len(passages), dtype=np.int32), lengths)
    risk = _joined([p.risk for p in passages])
    stopped = _joined([p.sog for p in passages]) < STOPPED_KN
    activity = np.where(stopped, Activity.ANCHORED, Activity.UNDER_WAY).astype(np.int8)
    begin = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
    for row, passage in enumerate(passages):
        if passage.mmsi in moored:
            part = slice(begin[row], begin[row + 1])
            activity[part][np.cumsum(~stopped[part]) == 0] = Activity.BERTHED
    whole = np.bincount(ship, risk, len(passages)).astype(np.float64)
    lon, lat = _joined([p.lon for p in passages]), _joined([p.lat for p in passages])
    return Passages(
        mmsi=np.array([p.mmsi for p in passages], np.int64), whole=whole, ship=ship,
        lon=lon.astype(np.float32), lat=lat.astype(np.float32), activity=activity,
        risk=risk.astype(np.float32),
    )  # fmt: skip


def beside(steps: Passages, incidents: Sequence[MergedIncident], field: HazardField) -> Beside:
    """The steps that lie where some incident may change the field."""
    rows = np.flatnonzero(near_any(steps.lon, steps.lat, incidents, field))
    part = steps.take(rows)
    lon, lat = part.lon.astype(np.float64), part.lat.astype(np.float64)
    return Beside(part, rows, field.cells_of(lon, lat))


def moored_of(mmsi: npt.NDArray[np.integer], nav_status: npt.NDArray[np.integer]) -> frozenset[int]:
    """The vessels that say they are moored."""
    return frozenset(mmsi[nav_status == MOORED].tolist())


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
    """What the incidents add to each ship's coercion, and to the risk of every step beside them.

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
    return _supplements(steps, more, heat, which, known, params), more.mean + heat


def near_any(
    lon: npt.NDArray[np.floating], lat: npt.NDArray[np.floating],
    incidents: Sequence[MergedIncident], field: HazardField,
) -> npt.NDArray[np.bool_]:  # fmt: skip
    """Whether each position may lie where some report changes the field; errs to yes."""
    rows, columns = round(180 / GRID_DEG), round(360 / GRID_DEG)
    grid = np.zeros((rows + 1, columns), bool)
    for incident in (report for merged in incidents for report in merged.reports):
        reach_nm = 4 * float(np.hypot(field.params.spread_nm, incident.within_nm)) + 3 * CELL_NM
        up = reach_nm / 60
        across = min(180.0, up / max(0.05, np.cos(np.radians(min(89.0, abs(incident.lat) + up)))))
        bottom = max(0, int((incident.lat - up + 90) / GRID_DEG))
        top = int((incident.lat + up + 90) / GRID_DEG) + 1
        west = int(np.floor((incident.lon - across + 180) / GRID_DEG))
        east = int(np.floor((incident.lon + across + 180) / GRID_DEG))
        grid[bottom : top + 1, np.arange(west, east + 1) % columns] = True
    row = ((lat + 90) / GRID_DEG).astype(np.int64)
    return grid[row, ((lon + 180) / GRID_DEG).astype(np.int64) % columns]


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
    amount, heats = np.bincount(ships, more.mean + heat, n), np.bincount(ships, heat, n)
    low, high = np.bincount(ships, more.low, n) + heats, np.bincount(ships, more.high, n) + heats
    order = np.argsort(ships, kind="stable")
    begin = np.searchsorted(ships[order], np.arange(n + 1))
    texts: dict[int, str] = {}
    found: dict[int, Supplement] = {}
    enough = (amount > 0) & (amount >= params.least_share * steps.whole)
    for ship in np.flatnonzero(enough).tolist():
        mine, mmsi = order[begin[ship] : begin[ship + 1]], int(steps.mmsi[ship])
        told = (
            _told("reported", mine, more.mean, which, known, texts),
            _told("live_threat", mine, heat, which, known, texts),
        )
        found[mmsi] = Supplement(
            mmsi=mmsi, score="coercion", told=tuple(t for t in told if t is not None),
            low=float(low[ship]), high=float(high[ship]),
        )  # fmt: skip
    return found


_WHERE: Final = {
    "reported": "reported by partners along her way",
    "live_threat": "of the last days near her way, and who attacked may still be there",
}


def _told(
    code: str, mine: Int64, amount: Float64, which: Int64,
    known: Sequence[tuple[MergedIncident, Incident]], texts: dict[int, str],
) -> Told | None:  # fmt: skip
    total = float(amount[mine].sum())
    if total <= 0:
        return None
    by_incident: dict[int, float] = {}
    for i, part in zip(which[mine].tolist(), amount[mine].tolist(), strict=True):
        if part > 0:
            by_incident[i] = by_incident.get(i, 0.0) + part
    first = sorted(by_incident, key=lambda i: (-by_incident[i], i))
    many = "Incident" if len(first) == 1 else f"{len(first)} incidents"
    text = f"{many} {_WHERE[code]}: {_story(first[0], known, texts)}."
    ids = tuple(known[i][0].id for i in first[:MAX_REPORT_IDS])
    return Told(
        code=code, text=text, amount=total, report_ids=ids, innocent_explanation=INNOCENT
    )  # fmt: skip


def _story(i: int, known: Sequence[tuple[MergedIncident, Incident]], texts: dict[int, str]) -> str:
    if i not in texts:
        incident, best = known[i][0], known[i][0].best
        kind = incident.kind.replace("_", " ")
        day = instant(best.at) if best.within_h <= 1 else instant(best.at)[:-10]
        texts[i] = f"{kind} {whereabouts(best.lon, best.lat)}, {day}, graded {best.grade.code}"
    return texts[i]


def _joined(columns: Sequence[Float64]) -> Float64:
    return np.concatenate([np.zeros(0), *columns])
