"""Incidents: reported robberies and attacks on ships -> the counts that the hazard field fits.

CSV of a partner, or the packaged figures -> `Figures`: how many, where, at what activity and hour.
"""

import math
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import IntEnum
from functools import cache
from importlib.resources import files
from io import StringIO
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from ingest.batch import Float64
from sea.errors import BadInputError
from sea.geodesy import distance_nm
from sea.instants import parse_utc
from sea.units import DAY_US, HOUR_US, DegreesEast, DegreesNorth

PACKAGED_SOURCE = (
    'drawn from "Crime at Sea: A Global Database of Maritime Pirate Attacks (1993-2020)", '
    "JOHD 2021, doi 10.5334/johd.39, CC BY 4.0"
)
PACKAGED_FROM, PACKAGED_UNTIL, PACKAGED_YEARS = "2010-01-01", "2019-01-01", 9.0

YEAR_US = 365.25 * DAY_US
GROUP_RADIUS_NM = 12.0
"""Incidents nearer than this are of one place, an anchorage apart from the river port behind it;
chosen by us."""

HISTORY_HALF_LIFE_YEARS = 5.0
"""Of an incident's weight in a history; places stay what they are for years. Chosen by us."""


class Activity(IntEnum):
    """What a ship is doing, the column of every per-activity array."""

    ANCHORED = 0
    BERTHED = 1
    UNDER_WAY = 2


STATUS: Final[dict[str, Activity]] = {
    "anchored": Activity.ANCHORED,
    "at anchor": Activity.ANCHORED,
    "stationary": Activity.ANCHORED,
    "drifting": Activity.ANCHORED,
    "berthed": Activity.BERTHED,
    "moored": Activity.BERTHED,
    "alongside": Activity.BERTHED,
    "steaming": Activity.UNDER_WAY,
    "underway": Activity.UNDER_WAY,
    "under way": Activity.UNDER_WAY,
}
_ALIASES = {
    "at": ("at", "occurred_at", "date", "incident date", "date of occurrence", "dateofocc"),
    "lon": ("lon", "longitude", "lng"),
    "lat": ("lat", "latitude"),
    "time": ("time", "local time"),
    "status": ("activity", "vessel_status", "vessel status", "ship status", "status"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Incident:
    """One reported incident.

    Attributes:
        at_us: UTC; noon of the day where only the day is reported.
        time_known: whether the report gives a UTC time.
        activity: None where the report does not say.
        weight: how much of an incident it counts as, 0..1.
        within_nm: how far it may have been from the position.
    """

    at_us: int
    time_known: bool
    lon: DegreesEast
    lat: DegreesNorth
    activity: Activity | None
    weight: float = 1.0
    within_nm: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """Counts to fit a hazard field to; n places.

    Attributes:
        lon, lat: deg, shape (n,). count: incidents by activity, shape (n, 3), may be fractions.
        elsewhere: incidents outside every place, by activity, shape (3,).
        hours: incidents by local hour, shape (24,).
        years: how long was counted. source: where from, in words.
    """

    lon: Float64
    lat: Float64
    count: Float64
    elsewhere: Float64
    hours: Float64
    years: float
    source: str

    @property
    def per_year(self) -> float:
        """All incidents a year."""
        return float(self.count.sum() + self.elsewhere.sum()) / self.years


def read_incidents(source: str | pd.DataFrame) -> tuple[tuple[Incident, ...], Mapping[str, int]]:
    """Incidents of a CSV text or frame in time order, and rejected rows counted by reason.

    Columns are known by name, case and order do not matter: a date (``date``, ``at``, ...),
    ``longitude``/``lon``, ``latitude``/``lat`` in decimal degrees, and where present ``time``
    (used if it says UTC) and ``vessel_status``/``activity``.

    Raises:
        BadInputError: not a CSV, or a needed column is missing.
    """
    frame = source if isinstance(source, pd.DataFrame) else _parsed(source)
    by_name = {str(c).strip().lower(): c for c in frame.columns}
    column = {
        field: next((by_name[a] for a in aliases if a in by_name), None)
        for field, aliases in _ALIASES.items()
    }
    for field in ("at", "lon", "lat"):
        if column[field] is None:
            raise BadInputError(
                f"no column for {field} among {', '.join(map(str, frame.columns))}",
                field=field,
                mend=f"name it {_ALIASES[field][0]!r}",
            )
    found: list[Incident] = []
    rejected: Counter[str] = Counter()
    cells = {f: frame[c].tolist() if c is not None else [None] * len(frame)
             for f, c in column.items()}  # fmt: skip
    for row in zip(*cells.values(), strict=True):
        incident = _incident(dict(zip(cells, row, strict=True)))
        if isinstance(incident, str):
            rejected[incident] += 1
        else:
            found.append(incident)
    return tuple(sorted(found, key=lambda i: (i.at_us, i.lon, i.lat))), dict(rejected)


def figures_of(
    incidents: Iterable[Incident], at_us: int, half_life_years: float = HISTORY_HALF_LIFE_YEARS
) -> Figures:
    """Counts of the incidents before `at_us`, each halved for every half-life of age.

    `years` is decayed alike, from the first incident to `at_us`, so that a steady stream keeps
    its rate. The share of incidents that stand alone goes to `elsewhere`: it
    estimates how often the next one strikes where none has been (Good 1953, with Turing).
    """
    past = [i for i in incidents if i.at_us < at_us]
    if not past:
        raise BadInputError("no incident before the time asked for", field="incidents")
    lon, lat = np.array([i.lon for i in past]), np.array([i.lat for i in past])
    weight = 0.5 ** (np.array([at_us - i.at_us for i in past]) / YEAR_US / half_life_years)
    count = np.zeros((len(past), len(Activity)))
    for row, incident in enumerate(past):
        if incident.activity is not None:
            count[row, incident.activity] = weight[row]
    count = share_unknown(count, weight)
    apart_nm = distance_nm(lon[:, None], lat[:, None], lon, lat)
    alone = (apart_nm < GROUP_RADIUS_NM).sum(axis=1) == 1
    new_place = float(weight[alone].sum() / weight.sum())
    hours = np.zeros(24)
    for row, incident in enumerate(past):
        if incident.time_known:
            hours[int(local_hour(incident.at_us, incident.lon)) % 24] += weight[row]
    span = (at_us - min(i.at_us for i in past)) / YEAR_US
    mean_life = half_life_years / math.log(2)
    return Figures(
        lon=lon, lat=lat, count=count * (1 - new_place), elsewhere=count.sum(axis=0) * new_place,
        hours=hours, years=mean_life * (1 - math.exp(-span / mean_life)),
        source=f"{len(past)} incident reports",
    )  # fmt: skip


@cache
def packaged_figures() -> Figures:
    """The figures shipped with the project: the Americas, 2010-2018 (`PACKAGED_SOURCE`)."""
    data = files("risk") / "data"
    places = pd.read_csv(StringIO((data / "hazard_prior.csv").read_text("utf-8")))
    hours = pd.read_csv(StringIO((data / "hazard_hours.csv").read_text("utf-8")))
    known = places[["anchored", "berthed", "under_way"]].to_numpy(np.float64)
    count = share_unknown(known, places["incidents"].to_numpy(np.float64))
    grouped = places["lon"].notna().to_numpy()
    return Figures(
        lon=places["lon"].to_numpy(np.float64)[grouped],
        lat=places["lat"].to_numpy(np.float64)[grouped],
        count=count[grouped], elsewhere=count[~grouped].sum(axis=0),
        hours=hours["incidents"].to_numpy(np.float64),
        years=PACKAGED_YEARS, source=PACKAGED_SOURCE,
    )  # fmt: skip


def share_unknown(known: Float64, total: Float64) -> Float64:
    """Counts (n, 3) that sum to `total` (n,): unknown activities spread like all known ones."""
    share = known.sum(axis=0) + 1e-9
    missing = np.clip(total - known.sum(axis=1), 0.0, None)
    return np.asarray(known + missing[:, None] * (share / share.sum()))


def local_hour(
    at_us: npt.NDArray[np.int64] | int, lon: npt.NDArray[np.float64] | float
) -> npt.NDArray[np.float64]:
    """Hour of local mean solar time, 0..24: UTC + longitude / 15."""
    hour = ((np.asarray(at_us) % DAY_US) / HOUR_US + np.asarray(lon) / 15.0) % 24.0
    return np.where(hour < 24.0, hour, 0.0)


def _parsed(text: str) -> pd.DataFrame:
    try:
        return pd.read_csv(StringIO(text), dtype=str, keep_default_na=False)
    except (pd.errors.ParserError, pd.errors.EmptyDataError) as error:
        raise BadInputError(f"not a CSV: {error}", field="incidents") from error


def _incident(row: Mapping[str, object]) -> Incident | str:
    try:
        lon, lat = float(str(row["lon"])), float(str(row["lat"]))
    except ValueError:
        return "position"
    if not (-180 <= lon <= 180 and -90 <= lat <= 90):
        return "position"
    day, clock = str(row["at"] or "").strip(), str(row["time"] or "").strip()
    exact = clock.upper().endswith("UTC")
    if exact:
        day = f"{day}T{clock[:-3].strip()}"
    elif "T" not in day and len(day) == len("2018-01-01"):
        day = f"{day}T12:00"
    else:
        exact = True
    try:
        at_us = parse_utc(day)
    except BadInputError:
        return "date"
    activity = STATUS.get(str(row["status"] or "").strip().lower().replace("_", " "))
    return Incident(at_us=at_us, time_known=exact, lon=lon, lat=lat, activity=activity)
