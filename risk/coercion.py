"""Coercion risk: the probability that a ship becomes a victim on her predicted passage.

steps of a passage + hazard rates + what makes the ship vulnerable -> `Coercion`, whose reasons
sum to the probability, and the risk of every step. 1 - exp(-sum hazard x vulnerability x hours).
"""

import math
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from ingest.batch import Float64, Int64
from risk.assessment import Band, Coercion, Reason
from risk.event import Event
from risk.hazard import NIGHT_HOURS, Rate
from risk.incident import Activity, local_hour
from risk.smuggling import band_of
from risk.wording import duration, instant
from sea.errors import BadInputError
from sea.units import HOUR_US, Microseconds

COERCION_VERSION = "coercion-1"
MOORED = 5
"""Navigational status (ITU-R M.1371-5 table 45)."""

USUALLY = "nearly every ship passes here unharmed; rates rest on few reports"


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
        warned_h, warned: an approach or a sudden stop in the last hours, for the next hours;
            chosen by us.
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
    warned_h: float = 12.0
    warned: float = 3.0
    bands: tuple[tuple[Band, float], ...] = (("severe", 1e-2), ("high", 1.5e-3),
                                             ("elevated", 3e-4))  # fmt: skip

    def __post_init__(self) -> None:
        factors = (self.slow, self.low_freeboard, self.alone, self.tanker, self.cargo, self.warned)
        if min(factors) < 1 or min(self.horizon_h, self.step_h) <= 0:
            raise BadInputError("coercion factors must be at least 1", field="coercion")


@dataclass(frozen=True, slots=True, kw_only=True)
class Ship:
    """What her vulnerability rests on; 0 and NaN are unknown.

    Attributes:
        nav_status: 15 unknown. sog: kn now.
        alone: no other large ship near; None unknown.
    """

    mmsi: int
    ship_type: int
    nav_status: int
    sog: float
    length: float
    draught: float
    max_draught: float
    alone: bool | None


class Steps(NamedTuple):
    """A passage cut into steps, shape (n,): the point each ends at and how long it takes."""

    eta: Int64
    spread_s: Float64
    lon: Float64
    lat: Float64
    sog: Float64
    hours: Float64
    activity: npt.NDArray[np.int8]
    hour: Float64


class Legs(NamedTuple):
    """Where each step is: a number for its place (negative: none) and the places' names."""

    place: Int64
    names: dict[int, str]


class Factor(NamedTuple):
    """One thing that makes her vulnerable, per step (1 where it does not apply)."""

    code: str
    text: str
    value: Float64
    event_ids: tuple[str, ...] = ()
    innocent: str = ""


def activity_of(sog: Float64, nav_status: int, params: CoercionParams) -> npt.NDArray[np.int8]:
    """What she does at each step; one who says she is moored is at a berth until she sails."""
    stopped = np.nan_to_num(sog, nan=np.inf) < params.stopped_kn
    activity = np.where(stopped, Activity.ANCHORED, Activity.UNDER_WAY).astype(np.int8)
    if nav_status == MOORED:
        activity[np.cumsum(~stopped) == 0] = Activity.BERTHED
    return activity


def steps_of(
    eta: Int64, spread_s: Float64, lon: Float64, lat: Float64, sog: Float64,
    nav_status: int, now_us: Microseconds, params: CoercionParams,
) -> Steps:  # fmt: skip
    """The passage's points from `now_us` as steps; after the last she lies there to the horizon."""
    ahead = eta > now_us
    end_us = now_us + round(params.horizon_h * HOUR_US)
    step_us = round(params.step_h * HOUR_US)
    last = int(eta[ahead][-1]) if ahead.any() else now_us
    rest = np.arange(last + step_us, end_us + 1, step_us, dtype=np.int64)
    at = np.concatenate([np.full(int(ahead.sum()), False), np.full(len(rest), True)])
    take = np.concatenate([np.flatnonzero(ahead), np.full(len(rest), len(eta) - 1)])
    when = np.concatenate([eta[ahead], rest])
    speed = np.where(at, 0.0, sog[take])
    return Steps(
        eta=when, spread_s=spread_s[take], lon=lon[take], lat=lat[take], sog=speed,
        hours=np.diff(when, prepend=now_us) / HOUR_US,
        activity=activity_of(speed, nav_status, params), hour=local_hour(when, lon[take]),
    )  # fmt: skip


def factors_of(
    ship: Ship, steps: Steps, events: Sequence[Event], now_us: Microseconds,
    params: CoercionParams,
) -> list[Factor]:  # fmt: skip
    """What makes her vulnerable on these steps, each at least 1, in the order of the reasons."""
    ahead_h = (steps.eta - now_us) / HOUR_US
    none = np.ones(len(steps.eta))
    slow = (steps.activity == Activity.UNDER_WAY) & (steps.sog < params.slow_kn)
    found = [
        Factor("slow", f"Under way below {params.slow_kn:.0f} kn, easy to board from a boat.",
               np.where(slow, params.slow, 1.0), innocent="she keeps a speed limit or saves fuel")
    ]  # fmt: skip
    if is_laden(ship, params):
        text = f"Deep in the water: draught {ship.draught:.1f} m, at most {ship.max_draught:.1f} m."
        found.append(Factor("low_freeboard", text, none * params.low_freeboard,
                            innocent="the draught field may be old"))  # fmt: skip
    if ship.alone:
        text = f"No other large ship within {params.alone_nm:.0f} nm."
        found.append(Factor("alone", text, np.where(ahead_h <= params.alone_h, params.alone, 1.0),
                            innocent="others may be near and not heard"))  # fmt: skip
    kind = ship.ship_type // 10
    if kind in (7, 8):
        text = "Tankers" if kind == 8 else "Cargo ships"
        found.append(Factor("ship_type", f"{text} are often named in reports.",
                            none * (params.tanker if kind == 8 else params.cargo)))  # fmt: skip
    return [*found, *_warnings(ahead_h, events, now_us, params)]


def is_laden(ship: Ship, params: CoercionParams) -> bool:
    """Whether she is known to lie deep; False where draught, greatest draught or length lack."""
    return bool(
        ship.draught >= params.laden_share * ship.max_draught
        and ship.draught >= params.laden_per_length * ship.length
    )


def _warnings(
    ahead_h: Float64, events: Sequence[Event], now_us: Microseconds, params: CoercionParams
) -> list[Factor]:
    recent = [
        e for e in events
        if e.kind in ("approach", "sudden_stop") and e.status != "retracted"
        and 0 <= now_us - e.started_at <= params.warned_h * HOUR_US
    ]  # fmt: skip
    if not recent:
        return []
    newest = max(recent, key=lambda e: (e.started_at, e.id))
    what = "A fast small craft came close" if newest.kind == "approach" else "She stopped suddenly"
    return [
        Factor("warned", f"{what}, {instant(newest.started_at)}.",
               np.where(ahead_h <= params.warned_h, params.warned, 1.0),
               tuple(sorted(e.id for e in recent)), "a pilot, a trader or a fishing boat")
    ]  # fmt: skip


def assess_coercion(
    ship: Ship, steps: Steps, rate: Rate, legs: Legs, events: Sequence[Event],
    now_us: Microseconds, params: CoercionParams,
) -> tuple[Coercion, Float64]:  # fmt: skip
    """Her probability with reasons, and the expected incidents of each step.

    A reason of a place is its share by hazard alone, one of a factor what the factor adds on top
    of those before it; shares are of the expected incidents, scaled to the probability.
    """
    factors = factors_of(ship, steps, events, now_us, params)
    base = rate.mean * steps.hours
    vulnerable = np.ones(len(base))
    added: list[tuple[Factor, float]] = []
    for factor in factors:
        more = float((base * vulnerable * (factor.value - 1)).sum())
        vulnerable = vulnerable * factor.value
        added.append((factor, more))
    risk = base * vulnerable
    expected = float(risk.sum())
    probability = -math.expm1(-expected)
    scale = probability / expected if expected > 0 else 0.0
    reasons = _place_reasons(steps, base, legs, scale) + [
        Reason(code=f.code, text=f.text, contribution=more * scale, event_ids=f.event_ids,
               innocent_explanation=f.innocent)
        for f, more in added if more > 0
    ]  # fmt: skip
    weight = vulnerable * steps.hours
    return (
        Coercion(
            probability=probability,
            low=-math.expm1(-float((rate.low * weight).sum())),
            high=-math.expm1(-float((rate.high * weight).sum())),
            band=band_of(probability, params.bands), horizon_h=params.horizon_h,
            reasons=tuple(reasons),
        ),
        risk,
    )  # fmt: skip


ELSEWHERE = (-1, -1)
MINOR_SHARE = 0.02
"""A place with less of the whole is not worth a line of its own; chosen by us."""

_VERB = {Activity.ANCHORED: "at anchor", Activity.BERTHED: "at berth",
         Activity.UNDER_WAY: "under way"}  # fmt: skip


def _place_reasons(steps: Steps, base: Float64, legs: Legs, scale: float) -> list[Reason]:
    groups: dict[tuple[int, int], list[int]] = defaultdict(list)
    for i, key in enumerate(zip(legs.place.tolist(), steps.activity.tolist(), strict=True)):
        groups[key if key[0] >= 0 else ELSEWHERE].append(i)
    least = MINOR_SHARE * float(base.sum())
    for key in [k for k, rows in groups.items() if float(base[rows].sum()) < least]:
        groups[ELSEWHERE] = sorted({*groups.pop(key), *groups.get(ELSEWHERE, ())})
    reasons = [
        _place_reason(place, activity, np.array(rows), steps, base, legs, scale)
        for (place, activity), rows in groups.items()
    ]
    return sorted(reasons, key=lambda r: -r.contribution)


def _place_reason(
    place: int, activity: int, rows: Int64, steps: Steps, base: Float64, legs: Legs, scale: float
) -> Reason:
    hours = float(steps.hours[rows].sum())
    share = float(base[rows].sum()) * scale
    if place < 0:
        text = f"{duration(hours)} where few or no incidents are reported."
        return Reason(code="elsewhere", text=text, contribution=share,
                      innocent_explanation=USUALLY)  # fmt: skip
    night = np.isin(steps.hour[rows].astype(np.int64), NIGHT_HOURS)
    dark = float(steps.hours[rows][night].sum())
    text = f"{duration(hours)} {_VERB[Activity(activity)]} off {legs.names[place]}"
    text += f" from {instant(int(steps.eta[rows[0]] - steps.hours[rows[0]] * HOUR_US))}"
    text += (
        f", {duration(dark)} of it at night (22-04 local)."
        if dark
        else ", none of it at night (22-04 local)."
    )
    return Reason(code=f"place_{Activity(activity).name.lower()}", text=text, contribution=share,
                  innocent_explanation=USUALLY)  # fmt: skip
