"""Plants of one ship's speed: loitering, slowdowns, sudden stops, and engine trouble near port."""

import numpy as np

from ingest.exercise.planting import Planting
from ingest.exercise.track import Hold


def loitering(planting: Planting, at_s: float, number: int) -> None:
    """A merchant drifts for hours far from land."""
    draw = planting.draw("loiter", number)
    flaw = str(draw.choice(["brief", "fast"])) if planting.low(draw) else ""
    hours = float(draw.uniform(0.9, 1.7) if flaw == "brief" else draw.uniform(2.4, 6))
    sog = float(
        draw.uniform(2.4, 3.2) if flaw == "fast" else draw.uniform(0.5, min(1.7, 4 / hours))
    )
    hold = Hold(start_nm=0.0, sog=sog, hours=hours)
    for place in planting.on_lanes(at_s, number):
        if planting.sound(*planting.ahead(place, hold), shore_nm=14, port_nm=12):
            part, from_s, to_s = planting.held(place, hold)
            planting.parts[place.who] = part
            planting.note("loitering", (place.who,), from_s, to_s, mean_sog_kn=round(sog, 2),
                          hours=round(hours, 1))  # fmt: skip
            return


def slowdown(planting: Planting, at_s: float, number: int) -> None:
    """A merchant sails at 30-80% of her cruise for 8-60 min, and goes on."""
    draw = planting.draw("slow", number)
    flaw = str(draw.choice(["fast", "brief"])) if planting.low(draw) else ""
    share = float(draw.uniform(0.67, 0.8) if flaw == "fast" else draw.uniform(0.3, 0.54))
    minutes = float(draw.uniform(4, 7.5) if flaw == "brief" else draw.uniform(11, 50))
    _slowed(planting, at_s, number, share=share, minutes=minutes)


def _slowed(planting: Planting, at_s: float, number: int, *, share: float, minutes: float) -> None:
    for place in planting.on_lanes(at_s, number):
        sog = share * planting.parts[place.who].ship.cruise_kn
        hold = Hold(start_nm=0.0, sog=sog, hours=minutes / 60, ease_nm=0.6)
        if planting.sound(*planting.ahead(place, hold), shore_nm=4, port_nm=8):
            part, from_s, to_s = planting.held(place, hold)
            track = part.itinerary.track
            at = np.linspace(from_s, to_s, 4)
            lon, lat = (np.interp(at, track.at_s, axis) for axis in (track.lon, track.lat))
            if planting.reception.in_reach(lon, lat, at).all():
                planting.parts[place.who] = part
                planting.note("slowdown", (place.who,), from_s, to_s, share=round(share, 2),
                              minutes=round(minutes, 1))  # fmt: skip
                return


def sudden_stop(planting: Planting, at_s: float, number: int) -> None:
    """A merchant goes from cruise to a near standstill in minutes, or slower than that."""
    draw = planting.draw("sudden", number)
    low = planting.low(draw)
    sog = float(draw.uniform(0.2, 2.3))
    ease_nm = float(draw.uniform(4.5, 7) if low else draw.uniform(0.2, 0.9))
    hold = Hold(start_nm=0.0, sog=sog, hours=float(draw.uniform(0.3, 1.8)), ease_nm=ease_nm)
    for place in planting.on_lanes(at_s, number):
        if planting.sound(*planting.ahead(place, hold), shore_nm=4, port_nm=8):
            part, from_s, to_s = planting.held(place, hold)
            track = part.itinerary.track
            at = np.array([from_s - 900, from_s])
            lon, lat = (np.interp(at, track.at_s, axis) for axis in (track.lon, track.lat))
            if planting.reception.in_reach(lon, lat, at).all():
                planting.parts[place.who] = part
                planting.note("sudden_stop", (place.who,), from_s, to_s, sog_kn=round(sog, 1),
                              ease_nm=round(ease_nm, 1))  # fmt: skip
                return


def engine_trouble(planting: Planting, at_s: float, number: int) -> None:
    """A ship that has just left stops off the port and goes on later."""
    draw = planting.draw("engine", number)
    hours, sog = float(draw.uniform(0.4, 1.5)), float(draw.uniform(0.2, 0.8))
    hold = Hold(start_nm=0.0, sog=sog, hours=hours, ease_nm=0.2)
    for place in planting.on_lanes(at_s, number, margins_nm=(2.5, 40)):
        lon, lat = planting.ahead(place, hold)
        if planting.port_distance_nm(lon, lat).max() < 4.5:
            part, from_s, to_s = planting.held(place, hold)
            planting.parts[place.who] = part
            planting.note("sudden_stop", (place.who,), from_s, to_s, decoy="engine_trouble")
            return
