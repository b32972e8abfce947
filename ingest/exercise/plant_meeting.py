"""Plants of two vessels: rendezvous and approaches, and the craft whose work looks like them."""

from typing import Final

import numpy as np

from ingest.exercise.planting import HOUR_S, Place, Planting, alongside
from ingest.exercise.small_craft import Part as Stretch
from ingest.exercise.track import Hold
from sea.geodesy import bearing_deg
from sea.units import DAY_US, M_PER_NM, SECOND_US

_ACROSS_MIDNIGHT: Final = 0.3
_OUT_OF_REACH: Final = 0.15
"""Shares of the meetings that cross 00 UTC, and that stations need not hear."""

_MARGIN_S: Final = 540.0
_RUN_NM: Final = 3.0
_STEP_S: Final = 15.0


def rendezvous(planting: Planting, at_s: float, number: int) -> None:
    """A merchant slows down and a tender lies alongside: 50-800 m, 10-240 min."""
    draw = planting.draw("meet", number)
    low = planting.low(draw)
    flaw = str(draw.choice(["apart", "brief", "fast"])) if low else ""
    apart_m = float(draw.uniform(540, 800) if flaw == "apart" else draw.uniform(50, 450))
    minutes = float(draw.uniform(10, 17) if flaw == "brief" else np.exp(
        draw.uniform(np.log(23), np.log(240))))  # fmt: skip
    sog = float(draw.uniform(3.5, 5) if flaw == "fast" else draw.uniform(0.5, 2.6))
    side, far = float(draw.uniform(0, 360)), bool(draw.random() < _OUT_OF_REACH)
    midnight_s = _midnight(planting, at_s) if draw.random() < _ACROSS_MIDNIGHT else None
    if midnight_s is not None:
        at_s = midnight_s - (0.9 + minutes / 60 * float(draw.uniform(0.25, 0.75))) * HOUR_S
    hold = Hold(start_nm=0.0, sog=sog, hours=(minutes * 60 + 2 * _MARGIN_S) / HOUR_S)
    for place in planting.on_lanes(at_s, number):
        if not planting.sound(*planting.ahead(place, hold), shore_nm=6, port_nm=12):
            continue
        met = _meet(planting, place, hold, far=far, role="tender", apart_m=apart_m, side=side,
                    number=number)  # fmt: skip
        if met:
            planting.note("rendezvous", *met, distance_m=round(apart_m), sog_kn=round(sog, 2),
                          minutes=round(minutes))  # fmt: skip
            return


def tug_assist(planting: Planting, at_s: float, number: int) -> None:
    """A merchant lies stopped at sea and a tug comes to her."""
    draw = planting.draw("assist", number)
    hold = Hold(
        start_nm=0.0, sog=float(draw.uniform(0.4, 1.5)), hours=float(draw.uniform(0.8, 1.8))
    )
    for place in planting.on_lanes(at_s, number):
        if planting.sound(*planting.ahead(place, hold), shore_nm=6, port_nm=12):
            met = _meet(planting, place, hold, far=False, role="tug", apart_m=90.0,
                        side=float(draw.uniform(0, 360)), number=number)  # fmt: skip
            if met:
                planting.note("rendezvous", *met, decoy="tug_assist")
                return


def bunkering(planting: Planting, at_s: float, number: int) -> None:
    """A bunker tanker lies for hours alongside a ship at anchor."""
    draw = planting.draw("bunker", number)
    end_s = at_s + float(draw.uniform(2, 5)) * HOUR_S
    for who, _ in planting.lying(at_s - HOUR_S, end_s + HOUR_S, number):
        seconds = np.linspace(at_s, end_s, 12)
        meeting = alongside(seconds, *planting.positions(who, seconds), 70.0, 80.0)
        craft = planting.visit("bunker", meeting, number)
        if craft is not None:
            planting.note("rendezvous", (who, craft), at_s, end_s, decoy="bunkering")
            return


def approach(planting: Planting, at_s: float, number: int) -> None:
    """A launch runs at a ship under way: to 50-500 m, closing with 10-35 kn."""
    draw = planting.draw("approach", number)
    flaw = str(draw.choice(["far", "slow"])) if planting.low(draw) else ""
    nearest_m = float(draw.uniform(340, 500) if flaw == "far" else draw.uniform(50, 265))
    closing = float(draw.uniform(9, 13) if flaw == "slow" else draw.uniform(17, 35))
    side = float(draw.uniform(20, 100) if closing < 22 else draw.uniform(5, 60))
    stay_s = float(draw.uniform(3, 12)) * 60
    run_s = (_RUN_NM - nearest_m / M_PER_NM) / closing * HOUR_S
    for place in planting.on_lanes(at_s, number):
        part = planting.parts[place.who]
        if part.ship.length_m <= 65:
            continue
        from_s, to_s = place.at_s, place.at_s + run_s + stay_s
        if not planting.heard(place.who, from_s, to_s):
            continue
        lon, lat = planting.positions(place.who, np.array([from_s, to_s]))
        if planting.sound(lon, lat, shore_nm=5, port_nm=8):
            run = _run_at(planting, place.who, from_s, to_s, run_s, nearest_m, closing, side)
            craft = planting.visit("launch", run, number)
            if craft is not None:
                planting.note(
                    "approach",
                    (place.who, craft),
                    from_s,
                    to_s,
                    distance_m=round(nearest_m),
                    closing_kn=round(closing, 1),
                )
                return


def pilotage(planting: Planting, at_s: float, number: int) -> None:
    """A pilot boat comes out to a merchant that is about to anchor or go in."""
    draw = planting.draw("pilot", number)
    for who in planting.order(number):
        part = planting.parts[who]
        if part.role not in ("merchant", "leader", "follower"):
            continue
        for stay in part.itinerary.stays:
            arrive_s = stay.from_s - 40 * 60
            if not abs(arrive_s - at_s) < 2 * HOUR_S or stay.status != 1:
                continue
            if arrive_s > HOUR_S and planting.free(who, arrive_s, stay.from_s):
                closing = float(draw.uniform(12, 20))
                run_s = (_RUN_NM - 0.03) / closing * HOUR_S
                run = _run_at(planting, who, arrive_s, arrive_s + run_s + 360, run_s, 55, closing,
                              float(draw.uniform(0, 50)))  # fmt: skip
                boat = planting.visit("pilot", run, number)
                if boat is not None:
                    planting.note("approach", (who, boat), arrive_s, arrive_s + run_s + 360,
                                  decoy="pilotage")  # fmt: skip
                return


def _midnight(planting: Planting, at_s: float) -> float | None:
    """The 00 UTC of the exercise nearest to an instant; None if it holds none."""
    cast = planting.cast
    first = (-cast.start_us % DAY_US) / SECOND_US
    nights = np.arange(first, (cast.hours - 1) * HOUR_S, 24 * HOUR_S)
    nights = nights[nights > 2.5 * HOUR_S]
    return float(nights[np.abs(nights - at_s).argmin()]) if len(nights) else None


def _meet(
    planting: Planting, place: Place, hold: Hold, *, far: bool, role: str, apart_m: float,
    side: float, number: int,
) -> tuple[tuple[int, int], float, float] | None:  # fmt: skip
    """Has a craft lie off a merchant that holds; (both, from, to), None if it cannot be."""
    part, from_s, to_s = planting.held(place, hold)
    from_s, to_s = from_s + _MARGIN_S, to_s - _MARGIN_S
    seconds = np.linspace(from_s, to_s, max(2, round((to_s - from_s) / 300)))
    track = part.itinerary.track
    lon, lat = (np.interp(seconds, track.at_s, axis) for axis in (track.lon, track.lat))
    if not far and not planting.reception.in_reach(lon, lat, seconds).all():
        return None
    craft = planting.visit(role, alongside(seconds, lon, lat, side, apart_m), number)
    if craft is None:
        return None
    planting.parts[place.who] = part
    return (place.who, craft), from_s, to_s


def _run_at(
    planting: Planting, who: int, from_s: float, to_s: float, run_s: float, nearest_m: float,
    closing: float, side: float,
) -> Stretch:  # fmt: skip
    """Knots of a craft that closes with a ship on one relative bearing and stays near her."""
    seconds = np.unique(np.append(np.arange(from_s, to_s, _STEP_S), [from_s + run_s, to_s]))
    lon, lat = planting.positions(who, seconds)
    course = bearing_deg(lon[0], lat[0], lon[-1], lat[-1])
    left_s = np.maximum(run_s - (seconds - from_s), 0)
    apart_m = nearest_m + closing * left_s / HOUR_S * M_PER_NM
    return alongside(seconds, lon, lat, float(course) + side, apart_m)
