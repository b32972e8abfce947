"""Coercion risk: the probability that a ship becomes a victim on her predicted passage.

ships, evidence, the hazard raster -> `CoercionScores`, columns, and the reasons of any one, which
sum to her probability. 1 - exp(-(sum hazard x vulnerability x hours + what warnings mean)).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from ingest.batch import Float64, Int64
from risk.along import (
    FACTORS,
    Along,
    Horizon,
    Sailing,
    Track,
    chance,
    coming,
    reckon,
    trace,
    trace_all,
    utc_hours,
)
from risk.assessment import BANDS, Band, Coercion, PassageRisk, Reason, bands_of
from risk.event import Event
from risk.evidence import KINDS, Rows
from risk.hazard_raster import Raster
from risk.incident import Activity
from risk.ships import YES, Ships, merchant, plain
from sea.compiled.land import seas
from sea.errors import BadInputError
from sea.ports import Port, ports, resolve_destination
from sea.units import HOUR_US, Microseconds
from sea.ways import SPREAD_GROWTH, lanes, ports_bound_for, spots_near

COERCION_VERSION = "coercion-3"
MOORED = 5
"""Navigational status (ITU-R M.1371-5 table 45)."""

WARNINGS: Final = tuple(KINDS.index(kind) for kind in ("approach", "sudden_stop"))


@dataclass(frozen=True, slots=True, kw_only=True)
class CoercionParams:
    """Horizon, bands and factors; a factor is 1 where nothing is known, so it never lowers.

    Attributes:
        horizon_h, step_h: of the predicted passage; half an hour is 7 nm at 14 kn, less than
            a cell of the field.
        stopped_kn: below it a ship is at anchor, or at her berth if she says she is moored.
        slow_kn, slow: under way slower than this, easy to board (BMP5, 2018, section 3: none was
            boarded above 18 kn); both chosen by us.
        laden_share, laden_per_length, low_freeboard: draught at least this share of her greatest
            and of her length (a ship heard once has only one draught); factor chosen by us.
        alone_nm, alone_h, alone: no other large ship within this now, held to be so for the next
            hours; factor chosen by us.
        tanker, cargo: tankers are 40, bulk and other cargo ships 42 of the 85 victims whose type
            is reported ("Crime at Sea", 1993-2018); without exposure, so chosen by us.
        approach_innocent: approaches per ship-hour that mean no attack: 108 suspicious events a
            year off Somalia (EU NAVFOR, key facts 2009-2011) over some 20,000 ships (Reuters,
            2009) that are five days there (chosen by us).
        stop_innocent: sudden stops per ship-hour that mean none: one in two years, as a crash stop
            off port is rarer than an engine stopped; chosen by us.
        unreported: attacks per ship-hour that nobody reports, anywhere: as many in the region as
            are reported, 21 a year over 6,000 ships, for less than half are (N. Choong, IMB,
            quoted by Gray Page).
        warned_h, warned_half_h: a warning counts so long; half of what it means comes, or has
            passed without harm, in each 2 h; chosen by us.
        bands: least probability of each band over the horizon; chosen by us so that a ship at
            anchor in the worst packaged places is high and one passing far off is low.
    """

    horizon_h: float = 72.0
    step_h: float = 0.5
    stopped_kn: float = 0.5
    slow_kn: float = 10.0
    slow: float = 1.5
    laden_share: float = 0.9
    laden_per_length: float = 0.045
    low_freeboard: float = 1.3
    alone_nm: float = 3.0
    alone_h: float = 6.0
    alone: float = 1.2
    tanker: float = 1.25
    cargo: float = 1.15
    approach_innocent: float = 4.5e-5
    stop_innocent: float = 5.7e-5
    unreported: float = 4e-7
    warned_h: float = 12.0
    warned_half_h: float = 2.0
    bands: tuple[tuple[Band, float], ...] = (("severe", 1e-2), ("high", 1.5e-3),
                                             ("elevated", 3e-4))  # fmt: skip

    def __post_init__(self) -> None:
        factors = (self.slow, self.low_freeboard, self.alone, self.tanker, self.cargo)
        if min(factors) < 1:
            raise BadInputError("coercion factors must be at least 1", field="coercion")
        if min(self.horizon_h, self.step_h, self.warned_h, self.warned_half_h, self.unreported,
               self.approach_innocent, self.stop_innocent) <= 0:  # fmt: skip
            raise BadInputError("coercion hours and rates must be positive", field="coercion")


@dataclass(frozen=True, slots=True, kw_only=True)
class CoercionScores:
    """Columns of one length, a row a ship.

    Attributes:
        probability, low, high: bounds are of the 90% credible interval.
        band: index in `BANDS`.
        row: of `along`, -1 for ships that coercion is not assessed for.
        warnings: ship -> her warnings as numbers of the evidence, oldest first.
    """

    now_us: Microseconds
    probability: Float64
    low: Float64
    high: Float64
    band: npt.NDArray[np.uint8]
    row: Int64
    along: Along
    sailing: Sailing
    warnings: dict[int, list[int]]


def score_coercion(
    ships: Ships, rows: Rows, raster: Raster, now_us: Microseconds, params: CoercionParams
) -> CoercionScores:
    """The probabilities of all ships; 0 for those that coercion is not assessed for."""
    n = len(ships.mmsi)
    merchants = merchant(ships)
    assessed = np.flatnonzero(merchants & np.isfinite(ships.sog))
    warnings, left = _warnings(rows, n, now_us, params)
    sailing = _sailing(ships.take(assessed), now_us, params, left[:, assessed])
    along = Along.empty(len(assessed))
    reckon(seas(), lanes(), ports_bound_for().bound(), raster, sailing, _horizon(now_us, params),
           along)  # fmt: skip
    columns = np.zeros((3, n))
    for column, expected in zip(columns, (along.expected, along.low, along.high), strict=True):
        column[assessed] = chance(expected)
    row = np.full(n, -1, np.int64)
    row[assessed] = np.arange(len(assessed))
    band = bands_of(columns[0], params.bands)
    band[merchants & (row < 0)] = BANDS.index("insufficient_data")
    return CoercionScores(
        now_us=now_us, probability=columns[0], low=columns[1], high=columns[2], band=band, row=row,
        along=along, sailing=sailing, warnings=warnings,
    )  # fmt: skip


def coercion_of(
    scores: CoercionScores, ships: Ships, i: int, warnings: Sequence[Event], params: CoercionParams
) -> Coercion:
    """The score of one ship with its reasons.

    A reason of a place is its share by hazard alone, one of a factor what the factor adds on top
    of those before it; shares are of the expected incidents, scaled to the probability.
    """
    row = int(scores.row[i])
    if row < 0:
        why = "no_speed" if merchant(ships.take(np.array([i])))[0] else "no_merchant"
        reasons = [Reason(code="not_assessed", contribution=0.0, values={"why": why})]
    else:
        expected = float(scores.along.expected[row])
        scale = float(scores.probability[i]) / expected if expected > 0 else 0.0
        reasons = _place_reasons(scores, row, scale)
        reasons += _factor_reasons(scores, row, scale, ships, i, warnings, params)
    return Coercion(
        probability=float(scores.probability[i]), low=float(scores.low[i]),
        high=float(scores.high[i]), band=BANDS[scores.band[i]], horizon_h=params.horizon_h,
        reasons=tuple(reasons),
    )  # fmt: skip


def passage_of(
    scores: CoercionScores, ships: Ships, i: int, raster: Raster, params: CoercionParams,
    more: Float64 | float = 0.0,
) -> PassageRisk:  # fmt: skip
    """The passage behind a score with the risk of every step; empty where there is none.

    `more` is by what share reports raise the hazard of each step.
    """
    row, steps = int(scores.row[i]), _step_count(params) if scores.row[i] >= 0 else 0
    track = Track(*(np.zeros(steps) for _ in Track._fields))
    risk = track.risk
    if row >= 0:
        alone = Sailing._make(column[row : row + 1] for column in scores.sailing)
        horizon = _horizon(scores.now_us, params)
        trace(seas(), lanes(), ports_bound_for().bound(), raster, alone, 0, horizon,
              Along.empty(1), track)  # fmt: skip
        risk = track.risk * (1 + more) + warned_of(scores)[row] * coming(horizon)
    ahead_h = params.step_h * np.arange(1, steps + 1)
    eta = scores.now_us + np.round(ahead_h * HOUR_US).astype(np.int64)
    return PassageRisk(
        mmsi=int(ships.mmsi[i]), eta=eta,
        spread_s=np.asarray(SPREAD_GROWTH * (eta - int(ships.reported_at[i])) / 1e6, np.float64),
        lon=track.lon, lat=track.lat, sog=track.sog, risk=risk,
    )  # fmt: skip


def warned_of(scores: CoercionScores) -> Float64:
    """Expected incidents that warnings add to each row of `along`."""
    return scores.along.added[:, FACTORS.index("warned")]


def tracks_of(scores: CoercionScores, raster: Raster, params: CoercionParams) -> Track:
    """All passages behind the scores, shape (ships with a row of `along`, steps)."""
    n = len(scores.sailing.lon)
    tracks = Track(*(np.zeros((n, _step_count(params))) for _ in Track._fields))
    trace_all(seas(), lanes(), ports_bound_for().bound(), raster, scores.sailing,
              _horizon(scores.now_us, params), Along.empty(n), tuple(tracks))  # fmt: skip
    return tracks


def is_laden(ships: Ships, params: CoercionParams) -> npt.NDArray[np.bool_]:
    """Who is known to lie deep; False where draught, greatest draught or length lack."""
    deep: npt.NDArray[np.bool_] = (
        ships.draught >= np.float32(params.laden_share) * ships.max_draught
    ) & (ships.draught >= np.float32(params.laden_per_length) * ships.length)
    return deep


def _step_count(params: CoercionParams) -> int:
    return round(params.horizon_h / params.step_h)


def _horizon(now_us: Microseconds, params: CoercionParams) -> Horizon:
    return Horizon(
        step_h=params.step_h, stopped_kn=params.stopped_kn, slow_kn=params.slow_kn,
        slow=params.slow, alone_h=params.alone_h, warned_half_h=params.warned_half_h,
        unreported=params.unreported, innocent_approach=params.approach_innocent,
        innocent_stop=params.stop_innocent,
        utc_h=utc_hours(now_us, round(params.step_h * HOUR_US), _step_count(params)),
    )  # fmt: skip


def _sailing(ships: Ships, now_us: Microseconds, params: CoercionParams, left: Float64) -> Sailing:
    kind = ships.ship_type // 10
    return Sailing(
        lon=ships.lon, lat=ships.lat, sog=ships.sog.astype(np.float64),
        cog=ships.cog.astype(np.float64), age_h=(now_us - ships.reported_at) / HOUR_US,
        moored=ships.nav_status == MOORED, port=_bound_for(ships.destination),
        spots=spots_near(ships.lon, ships.lat),
        laden=np.where(is_laden(ships, params), params.low_freeboard, 1.0),
        alone=np.where(ships.alone == YES, params.alone, 1.0),
        kind=np.select([kind == 8, kind == 7], [params.tanker, params.cargo], 1.0),
        approached=left[0], stopped=left[1],
    )  # fmt: skip


def _bound_for(destination: Sequence[str | None] | npt.NDArray[np.object_]) -> Int64:
    """Rows of the ports that these destinations mean, -1 where unsure."""
    table = ports_bound_for()
    rows: dict[Any, int] = {None: -1, "": -1}
    found = np.empty(len(destination), np.int64)
    for i, text in enumerate(destination):
        row = rows.get(text)
        if row is None:
            port: Port | None = resolve_destination(text)
            row = rows[text] = -1 if port is None else table.row(port)
        found[i] = row
    return found


def _warnings(
    rows: Rows, ships: int, now_us: Microseconds, params: CoercionParams
) -> tuple[dict[int, list[int]], Float64]:
    """The warnings of each ship, and what is left of her approach and stop, shape (2, ships).

    Of several of a kind the one of which most is left counts: they are hardly independent.
    """
    recent = np.isin(rows.kind, WARNINGS) & (rows.started <= now_us)
    recent &= rows.started >= now_us - params.warned_h * HOUR_US
    rows = Rows._make(column[recent] for column in rows)
    age_h = (now_us - rows.started) / HOUR_US
    left = np.zeros((2, ships))
    which = (rows.kind == WARNINGS[1]).astype(np.int64)
    np.maximum.at(left, (which, rows.ship), rows.confidence * 0.5 ** (age_h / params.warned_half_h))
    found: dict[int, list[int]] = {}
    for ship, event in zip(rows.ship.tolist(), rows.event.tolist(), strict=True):
        found.setdefault(ship, []).append(event)
    return found, left


def _factor_reasons(
    scores: CoercionScores, row: int, scale: float, ships: Ships, i: int,
    warnings: Sequence[Event], params: CoercionParams,
) -> list[Reason]:  # fmt: skip
    newest = max(warnings, key=lambda e: (e.started_at, e.id), default=None)
    values: dict[str, dict[str, Any]] = {
        "slow": {"below": params.slow_kn},
        "low_freeboard": {
            "draught": plain(ships.draught[i]),
            "most": plain(ships.max_draught[i]),
        },
        "alone": {"within": params.alone_nm},
        "ship_type": {"kind": "tanker" if ships.ship_type[i] // 10 == 8 else "cargo"},
        "warned": {"what": newest.kind, "start": newest.started_at} if newest else {},
    }
    return [
        Reason(
            code=code, contribution=more * scale, values=values[code],
            event_ids=tuple(sorted(e.id for e in warnings)) if code == "warned" else (),
        )
        for code, more in zip(FACTORS, scores.along.added[row].tolist(), strict=True)
        if more > 0
    ]  # fmt: skip


def _place_reasons(scores: CoercionScores, row: int, scale: float) -> list[Reason]:
    along = scores.along
    return [_place_reason(scores, row, part, scale) for part in range(int(along.parts[row]))]


def _place_reason(scores: CoercionScores, row: int, part: int, scale: float) -> Reason:
    along, at = scores.along, (row, part)
    place, hours = int(along.places[at]), float(along.hours[at])
    share = float(along.share[at]) * scale
    if place < 0:
        return Reason(code="elsewhere", contribution=share, values={"hours": hours})
    begin = scores.now_us + round(float(along.begin_h[at]) * HOUR_US)
    values: dict[str, Any] = {"hours": hours, "place": ports()[place].name, "begin": begin}
    dark = float(along.dark_h[at])
    values |= {"dark": dark} if dark else {"bright": True}
    code = f"place_{Activity(int(along.activity[at])).name.lower()}"
    return Reason(code=code, contribution=share, values=values)
