"""Along the passage, compiled: where every ship will be and what the hazard adds up to there.

Columns of ships, the sea, the hazard raster -> expected incidents and what makes them, a row a
ship. Each ship is reckoned for herself alone, in one order, so that she has the same bits whoever
is reckoned beside her.
"""

import math
from typing import Final, NamedTuple

import numba
import numpy as np
import numpy.typing as npt

from ingest.batch import Float64, Int64
from risk.hazard_raster import look_up
from risk.incident import Activity
from sea.compiled.way import MOST_POINTS, lay_way, place_along
from sea.units import DAY_US, HOUR_US
from sea.ways import SPARE_NM, STOPPED_KN

FACTORS: Final = ("slow", "low_freeboard", "alone", "ship_type", "warned")
"""What makes a ship vulnerable, in the order in which it is multiplied."""

MOST_PLACES: Final = 8
"""Places of one passage that are told apart; what comes after counts as elsewhere."""

MINOR_SHARE: Final = 0.02
"""A place with less of the whole is not worth a line of its own; chosen by us."""

ELSEWHERE: Final = -1
_ANCHORED, _BERTHED, _UNDER_WAY = (int(a) for a in Activity)
_NIGHT_FROM, _NIGHT_UNTIL = 22, 4
"""22 to 04 local: four of five packaged incidents whose hour is known."""


class Sailing(NamedTuple):
    """Ships as the passage needs them, columns of one length.

    Attributes:
        lon, lat, sog, cog: as last heard, `age_h` hours ago. moored: she says so.
        port: row of the ports bound for, negative for none. spots: near her on the lanes.
        laden, kind: factors. alone: factor of the next hours.
        approached, stopped: what is left of an approach and of a sudden stop, 0..1.
    """

    lon: Float64
    lat: Float64
    sog: Float64
    cog: Float64
    age_h: Float64
    moored: npt.NDArray[np.bool_]
    port: Int64
    spots: Int64
    laden: Float64
    alone: Float64
    kind: Float64
    approached: Float64
    stopped: Float64


class Horizon(NamedTuple):
    """Steps ahead and for how long what is seen now holds.

    Attributes:
        warned_half_h: half of what a warning adds comes within this.
        unreported, innocent_approach, innocent_stop: per ship-hour, see `hostile_share`.
        utc_h: hour of day at each step.
    """

    step_h: float
    stopped_kn: float
    slow_kn: float
    slow: float
    alone_h: float
    warned_half_h: float
    unreported: float
    innocent_approach: float
    innocent_stop: float
    utc_h: Float64


class Along(NamedTuple):
    """What passages hold, a row a ship.

    Attributes:
        expected, low, high: incidents. added: by each of `FACTORS`, shape (n, 5).
        places: of each part its port, `ELSEWHERE` for the rest, shape (n, MOST_PLACES + 1); parts
            come by falling share, `parts` of them. activity, share (expected by hazard alone),
            hours, dark_h (22-04 local), begin_h (from now): of each part.
    """

    expected: Float64
    low: Float64
    high: Float64
    added: Float64
    parts: npt.NDArray[np.int32]
    places: npt.NDArray[np.int32]
    activity: npt.NDArray[np.int8]
    share: Float64
    hours: Float64
    dark_h: Float64
    begin_h: Float64

    @classmethod
    def empty(cls, n: int) -> "Along":
        """Rows to be written."""
        part = (n, MOST_PLACES + 1)
        return cls(
            np.zeros(n), np.zeros(n), np.zeros(n), np.zeros((n, len(FACTORS))),
            np.zeros(n, np.int32), np.full(part, ELSEWHERE, np.int32), np.zeros(part, np.int8),
            np.zeros(part), np.zeros(part), np.zeros(part), np.zeros(part),
        )  # fmt: skip


class Track(NamedTuple):
    """A passage, a value a step, or passages, a row each.

    `risk`: expected incidents of a step by the hazard there, without what warnings add.
    """

    lon: Float64
    lat: Float64
    sog: Float64
    risk: Float64


@numba.njit(cache=True, nogil=True)
def reckon(seas, lanes, bound, raster, ships, horizon, along):  # type: ignore[no-untyped-def]
    """Fills `along` with a row for each of the ships."""
    steps = len(horizon.utc_h)
    way = np.empty((MOST_POINTS, 4))
    track = (np.empty(steps), np.empty(steps), np.empty(steps), np.empty(steps))
    for i in range(len(ships.lon)):
        _sail(seas, lanes, bound, ships, i, horizon, way, track)
        _gather(raster, ships, i, horizon, track, along)


@numba.njit(cache=True, nogil=True)
def trace(seas, lanes, bound, raster, ships, i, horizon, along, track):  # type: ignore[no-untyped-def]
    """Fills `track` with the passage of one ship, and her row of `along`."""
    _sail(seas, lanes, bound, ships, i, horizon, np.empty((MOST_POINTS, 4)), track)
    _gather(raster, ships, i, horizon, track, along)


@numba.njit(cache=True, nogil=True)
def trace_all(seas, lanes, bound, raster, ships, horizon, along, tracks):  # type: ignore[no-untyped-def]
    """Fills rows of `tracks` with the passages of all ships, and their rows of `along`."""
    lon, lat, sog, risk = tracks
    way = np.empty((MOST_POINTS, 4))
    for i in range(len(ships.lon)):
        track = (lon[i], lat[i], sog[i], risk[i])
        _sail(seas, lanes, bound, ships, i, horizon, way, track)
        _gather(raster, ships, i, horizon, track, along)


@numba.njit(cache=True, nogil=True)
def _sail(seas, lanes, bound, ships, i, horizon, way, track):  # type: ignore[no-untyped-def]
    """Positions and speed made good at each step; where her way ends she stays."""
    lon, lat, sog = track[0], track[1], track[2]
    steps, speed, points = len(horizon.utc_h), ships.sog[i], 0
    if speed >= STOPPED_KN:
        length_nm = speed * (ships.age_h[i] + steps * horizon.step_h) + SPARE_NM
        points = lay_way(seas, lanes, bound, ships.lon[i], ships.lat[i], ships.cog[i],
                         ships.port[i], ships.spots[i], length_nm, way)  # fmt: skip
    if points == 0:
        lon[:], lat[:], sog[:] = ships.lon[i], ships.lat[i], 0.0
        return
    end_nm, leg = way[points - 1, 3], 0
    for k in range(steps):
        run_nm = speed * (ships.age_h[i] + (k + 1) * horizon.step_h)
        lon[k], lat[k], leg = place_along(way, points, leg, min(run_nm, end_nm))
        sog[k] = speed if run_nm < end_nm else 0.0


@numba.njit(cache=True, nogil=True)
def _gather(raster, ships, i, horizon, track, along):  # type: ignore[no-untyped-def]
    """Adds the hazard up along the track, by place and by what makes her vulnerable."""
    lon, lat, sog, risk = track
    steps, sailed, parts, part = len(horizon.utc_h), False, 0, 0
    row, place = look_up(raster, lon[0], lat[0])
    moves = lon[0] != lon[steps - 1] or lat[0] != lat[steps - 1]
    expected = low = high = slow_more = laden_more = alone_more = kind_more = 0.0
    warned = warned_low = warned_high = 0.0
    for k in range(steps):
        if moves:
            row, place = look_up(raster, lon[k], lat[k])
        stopped = sog[k] < horizon.stopped_kn
        sailed = sailed or not stopped
        berthed = ships.moored[i] and not sailed
        activity = (_BERTHED if berthed else _ANCHORED) if stopped else _UNDER_WAY
        hour = int((horizon.utc_h[k] + lon[k] / 15.0) % 24.0) % 24
        hours = raster.hours[hour] * horizon.step_h
        base = raster.mean[row, activity] * hours
        ahead_h = (k + 1) * horizon.step_h
        factor = horizon.slow if activity == _UNDER_WAY and sog[k] < horizon.slow_kn else 1.0
        slow_more += base * (factor - 1.0)
        laden_more += base * factor * (ships.laden[i] - 1.0)
        factor *= ships.laden[i]
        if ahead_h <= horizon.alone_h:
            alone_more += base * factor * (ships.alone[i] - 1.0)
            factor *= ships.alone[i]
        kind_more += base * factor * (ships.kind[i] - 1.0)
        factor *= ships.kind[i]
        risk[k] = base * factor
        if k == 0:
            hourly = factor * raster.hours[hour]
            warned = _warned(ships, i, horizon, raster.mean[row, activity] * hourly)
            warned_low = _warned(ships, i, horizon, raster.low[row, activity] * hourly)
            warned_high = _warned(ships, i, horizon, raster.high[row, activity] * hourly)
        expected += base * factor
        low += raster.low[row, activity] * hours * factor
        high += raster.high[row, activity] * hours * factor
        part, parts = _part_of(along, i, part, parts, place, activity, k * horizon.step_h)
        along.share[i, part] += base
        along.hours[i, part] += horizon.step_h
        if hour >= _NIGHT_FROM or hour < _NIGHT_UNTIL:
            along.dark_h[i, part] += horizon.step_h
    come = 1.0 - 0.5 ** (steps * horizon.step_h / horizon.warned_half_h)
    warned_more = warned * come
    along.expected[i] = expected + warned_more
    along.low[i], along.high[i] = low + warned_low * come, high + warned_high * come
    more = along.added[i]
    more[0], more[1], more[2], more[3], more[4] = (
        slow_more, laden_more, alone_more, kind_more, warned_more
    )  # fmt: skip
    along.parts[i] = _ordered(along, i, parts)


@numba.njit(cache=True, nogil=True)
def hostile_share(per_hour, unreported, innocent):  # type: ignore[no-untyped-def]
    """Of the warnings seen where so many incidents hit a ship an hour, those that mean one.

    By Bayes, as if each incident were seen coming: incidents, reported or not, against warnings
    that mean none.
    """
    return (per_hour + unreported) / (per_hour + unreported + innocent)


@numba.njit(cache=True, nogil=True)
def _warned(ships, i, horizon, per_hour):  # type: ignore[no-untyped-def]
    """Expected incidents that what was seen of her means, 0 where nothing was."""
    found = 0.0
    if ships.approached[i] > 0.0:
        share = hostile_share(per_hour, horizon.unreported, horizon.innocent_approach)
        found += ships.approached[i] * share
    if ships.stopped[i] > 0.0:
        share = hostile_share(per_hour, horizon.unreported, horizon.innocent_stop)
        found += ships.stopped[i] * share
    return found


@numba.njit(cache=True, nogil=True)
def _part_of(along, i, part, parts, place, activity, begin_h):  # type: ignore[no-untyped-def]
    """The part that a step belongs to, and how many there are then."""
    places, activities = along.places[i], along.activity[i]
    activity = activity if place >= 0 else 0
    if parts and places[part] == place and activities[part] == activity:
        return part, parts
    free = parts
    for j in range(parts):
        if places[j] == place and activities[j] == activity:
            return j, parts
    if place >= 0 and parts >= MOST_PLACES:
        for j in range(parts):
            if places[j] < 0:
                return j, parts
        place, activity = ELSEWHERE, 0
    places[free], activities[free], along.begin_h[i, free] = place, activity, begin_h
    return free, parts + 1


@numba.njit(cache=True, nogil=True)
def _ordered(along, i, parts):  # type: ignore[no-untyped-def]
    """Puts what is minor to the rest and the parts in order of share; how many are left."""
    share, hours, dark = along.share[i], along.hours[i], along.dark_h[i]
    places, activity, begin = along.places[i], along.activity[i], along.begin_h[i]
    least = MINOR_SHARE * share[:parts].sum()
    rest = -1
    for j in range(parts):
        if places[j] < 0:
            rest = j
    for j in range(parts):
        if places[j] >= 0 and share[j] < least:
            if rest < 0:
                rest, places[j], activity[j] = j, ELSEWHERE, 0
                continue
            share[rest] += share[j]
            hours[rest] += hours[j]
            dark[rest] += dark[j]
            begin[rest] = min(begin[rest], begin[j])
            share[j] = -1.0
    order = np.argsort(-share[:parts], kind="mergesort")
    left = int((share[:parts] >= 0.0).sum())
    for column in (share, hours, dark, begin):
        column[:parts] = column[order]
    places[:parts], activity[:parts] = places[order], activity[order]
    share[left:parts] = 0.0
    return left


def utc_hours(now_us: int, step_us: int, steps: int) -> Float64:
    """Hour of day, 0..24, at the end of each step."""
    ends = now_us + step_us * np.arange(1, steps + 1, dtype=np.int64)
    return np.asarray(ends % DAY_US / HOUR_US)


def coming(horizon: Horizon) -> Float64:
    """Shares of the steps in what warnings add over the horizon; they sum to 1."""
    ends_h = horizon.step_h * np.arange(len(horizon.utc_h) + 1)
    parts = -np.diff(0.5 ** (ends_h / horizon.warned_half_h))
    return np.asarray(parts / parts.sum())


@numba.njit(cache=True, nogil=True)
def chance(expected: Float64) -> Float64:
    """Probability of at least one, 1 - exp(-expected)."""
    found = np.empty(len(expected))
    for i in range(len(expected)):
        found[i] = -math.expm1(-expected[i])
    return found
