"""Hot spots: where ships are now x what the hazard field tells of them there -> ranked places.

Ships of an instant and of the same hour on the days before -> ports, anchorages, stretches of lanes
and other waters, with the incidents to be expected a day, their trend, and where one more patrol
would avert most. It sees positions and the field alone, so it tells nobody more than these do.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import h3.api.numpy_int as h3i
import numpy as np
import numpy.typing as npt
import pandas as pd

from ingest.batch import Float64
from risk.hazard import HazardField
from risk.incident import Activity
from risk.wording import whereabouts
from sea.errors import BadInputError
from sea.geodesy import chord_nm, distance_nm, unit_vectors
from sea.lane_graph import lane_graph
from sea.ports import nearest_port, ports

AT_ANCHOR, MOORED = 1, 5
"""Navigational status (ITU-R M.1371-5 table 45)."""

CLASS_B: Final = (18, 19)
MERCHANT_TENS: Final = (4, 6, 7, 8, 9)
"""Ship types by ten: high-speed, passenger, cargo, tank and other ships."""

STRETCHES: Final = ("lane", "sea")
"""Kinds of place that are cells of the sea; the others are of a port."""

HOURS_A_DAY: Final = 24.0
COLUMNS: Final = ("kind", "id", "name", "lon", "lat", "cell", "ships", "expected_per_day", "low",
                  "high", "ships_before", "before_per_day", "days_before", "trend",
                  "averts_per_day", "patrol")  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class HotspotParams:
    """How ships are put together to places; all chosen by us.

    Attributes:
        stopped_kn: below it a ship that does not say she is moored is at anchor.
        port_nm, anchorage_nm: berthed or anchored this near a port, she is the port's.
        lane_nm: under way this near a sea lane, she is on it.
        stretch: H3 resolution of lanes and other waters; 4 is 24 nm across, two hours at 12 kn.
        patrol_nm, patrol_effect: a patrol averts this share of the incidents within this reach;
            unknown in truth, so read the order of places and not the number.
        patrols: how many further patrols are placed, one after the other.
        changed, sure: a place rises or falls if it differs by this share from the days before,
            and its ships by so many standard deviations of chance (Poisson; 1.64 leaves 10%).
        top: places that are given.
    """

    stopped_kn: float = 0.5
    port_nm: float = 10.0
    anchorage_nm: float = 15.0
    lane_nm: float = 20.0
    stretch: int = 4
    patrol_nm: float = 25.0
    patrol_effect: float = 0.5
    patrols: int = 5
    changed: float = 0.25
    sure: float = 1.64
    top: int = 50

    def __post_init__(self) -> None:
        if min(self.port_nm, self.anchorage_nm, self.lane_nm, self.patrol_nm, self.top) <= 0:
            raise BadInputError("hot-spot parameters must be positive", field="hotspots")
        if not 0 < self.patrol_effect <= 1:
            raise BadInputError("a patrol averts a share above 0, at most 1", field="hotspots")


@dataclass(frozen=True, slots=True, kw_only=True)
class Presence:
    """Where merchant ships were at one instant; n rows.

    Attributes:
        activity: `Activity` of each.
    """

    lon: Float64
    lat: Float64
    activity: npt.NDArray[np.int8]

    @classmethod
    def of(
        cls, *, lon: Float64, lat: Float64, sog: Float64, nav_status: npt.NDArray[np.integer],
        ship_type: npt.NDArray[np.integer], msg_type: npt.NDArray[np.integer],
        params: HotspotParams | None = None,
    ) -> "Presence":  # fmt: skip
        """The merchant ships among vessels; sog NaN and type 0 are unknown."""
        stopped_kn = (params or HotspotParams()).stopped_kn
        still = np.nan_to_num(sog, nan=np.inf) < stopped_kn
        activity = np.where(still | (nav_status == AT_ANCHOR), Activity.ANCHORED,
                            Activity.UNDER_WAY)  # fmt: skip
        activity[nav_status == MOORED] = Activity.BERTHED
        unknown = (ship_type == 0) & ~np.isin(msg_type, CLASS_B)
        merchant = (np.isin(ship_type // 10, MERCHANT_TENS) | unknown) & np.isfinite(lon)
        return cls(lon=lon[merchant], lat=lat[merchant],
                   activity=activity[merchant].astype(np.int8))  # fmt: skip

    def __len__(self) -> int:
        return len(self.lon)


def hotspots(
    field: HazardField,
    now: Presence,
    before: Sequence[Presence] = (),
    params: HotspotParams | None = None,
) -> pd.DataFrame:
    """Places with ships now, most incidents expected first, as `COLUMNS`.

    `before` are the same hour of earlier days; a day on which nobody was heard anywhere tells
    nothing and is left out. `trend` is None without such days.
    """
    params = params or HotspotParams()
    if not len(now):
        return pd.DataFrame(columns=list(COLUMNS))
    keys = keys_of(now, params)
    mean, low, high = (HOURS_A_DAY * rate for rate in _rates(field, now))
    frame = pd.DataFrame({"key": keys, "lon": now.lon * mean, "lat": now.lat * mean, "ships": 1,
                          "expected_per_day": mean, "low": low, "high": high})  # fmt: skip
    places = frame.groupby("key", sort=True).sum().reset_index()
    for axis in ("lon", "lat"):
        places[axis] /= places["expected_per_day"]
    for row, key in enumerate(places["key"]):
        kind, _, cell = key.partition(":")
        if kind in STRETCHES:
            y, x = h3i.cell_to_latlng(h3i.str_to_int(cell))
            places.loc[row, ["lon", "lat"]] = x, y
    days = [day for day in before if len(day)]
    places["ships_before"], places["before_per_day"] = _before(field, places["key"], days, params)
    places["days_before"] = len(days)
    places["trend"] = _trend(places, params) if days else None
    order = ["expected_per_day", "key"]
    places = places.sort_values(order, ascending=[False, True], ignore_index=True)
    places["averts_per_day"], places["patrol"] = _patrols(places, now, mean, params)
    return _named(places.head(params.top), params)


def keys_of(ships: Presence, params: HotspotParams) -> npt.NDArray[np.object_]:
    """The place of each ship: ``kind:id``."""
    port, away = nearest_port(ships.lon, ships.lat)
    berthed = (ships.activity == Activity.BERTHED) & (away <= params.port_nm)
    anchored = (ships.activity == Activity.ANCHORED) & (away <= params.anchorage_nm)
    on_lane = _lane_away_nm(ships.lon, ships.lat) <= params.lane_nm
    keys = np.empty(len(ships), object)
    for i, (x, y) in enumerate(zip(ships.lon.tolist(), ships.lat.tolist(), strict=True)):
        if berthed[i] or anchored[i]:
            keys[i] = f"{'port' if berthed[i] else 'anchorage'}:{ports()[int(port[i])].unlocode}"
        else:
            under_way = ships.activity[i] == Activity.UNDER_WAY
            kind = "lane" if under_way and on_lane[i] else "sea"
            keys[i] = f"{kind}:{h3i.int_to_str(h3i.latlng_to_cell(y, x, params.stretch))}"
    return keys


def _rates(field: HazardField, ships: Presence) -> tuple[Float64, Float64, Float64]:
    """Incidents per ship-hour, averaged over the day, with the bounds of the interval."""
    rate = field.at_rows(field.rows(ships.lon, ships.lat), ships.activity)
    return rate.mean, rate.low, rate.high


def _before(
    field: HazardField, keys: pd.Series, days: Sequence[Presence], params: HotspotParams
) -> tuple[Float64, Float64]:
    """Ships of each place on the days before and what they were told a day, on average."""
    if not days:
        return np.full(len(keys), np.nan), np.full(len(keys), np.nan)
    ships, told = np.zeros(len(keys)), np.zeros(len(keys))
    for day in days:
        of_day = pd.Series(HOURS_A_DAY * _rates(field, day)[0], index=keys_of(day, params))
        groups = of_day.groupby(level=0)
        ships += groups.size().reindex(keys).fillna(0.0).to_numpy()
        told += groups.sum().reindex(keys).fillna(0.0).to_numpy()
    return ships / len(days), told / len(days)


def _trend(places: pd.DataFrame, params: HotspotParams) -> npt.NDArray[np.object_]:
    """Whether each place rises, falls, or differs by no more than chance."""
    now, before = places["expected_per_day"], places["before_per_day"]
    ships, usual = places["ships"], places["ships_before"]
    chance = np.sqrt((ships + usual) / 2 * (1 + 1 / places["days_before"]))
    sure = (ships - usual).abs() > params.sure * chance
    rises, falls = now > before * (1 + params.changed), now < before * (1 - params.changed)
    found = np.full(len(places), "steady", object)
    found[sure & rises] = "rising"
    found[sure & falls] = "falling"
    return found


def _patrols(
    places: pd.DataFrame, now: Presence, mean: Float64, params: HotspotParams
) -> tuple[Float64, list[int | None]]:
    """What a patrol at each place averts a day, and which places are best, one after another.

    A patrol more takes what those before it left: within reach of one, the share it does not avert.
    """
    lon, lat = places["lon"].to_numpy(), places["lat"].to_numpy()
    near = [
        np.flatnonzero(distance_nm(x, y, now.lon, now.lat) <= params.patrol_nm)
        for x, y in zip(lon.tolist(), lat.tolist(), strict=True)
    ]
    alone = params.patrol_effect * np.array([mean[rows].sum() for rows in near])
    left = mean.copy()
    best: list[int | None] = [None] * len(places)
    for number in range(1, min(params.patrols, len(places)) + 1):
        averted = [left[rows].sum() if best[i] is None else -1.0 for i, rows in enumerate(near)]
        first = int(np.argmax(averted))
        best[first] = number
        left[near[first]] *= 1 - params.patrol_effect
    return alone, best


def _named(places: pd.DataFrame, params: HotspotParams) -> pd.DataFrame:
    kind, ident = (places["key"].str.partition(":")[part] for part in (0, 2))
    names, cells = [], []
    known = {port.unlocode: port.name for port in ports()}
    for k, i, x, y in zip(kind, ident, places["lon"], places["lat"], strict=True):
        if k not in STRETCHES:
            names.append(known[i] if k == "port" else f"anchorage off {known[i]}")
            cells.append(h3i.int_to_str(h3i.latlng_to_cell(y, x, params.stretch + 1)))
        else:
            names.append(f"{'lane' if k == 'lane' else 'waters'} {whereabouts(x, y)}")
            cells.append(i)
    named: dict[str, Any] = {"kind": kind, "id": ident, "name": names, "cell": cells}
    return places.assign(**named)[list(COLUMNS)]


def _lane_away_nm(lon: Float64, lat: Float64) -> Float64:
    chord, _ = lane_graph().spots.query(unit_vectors(lon, lat))
    return chord_nm(chord)
