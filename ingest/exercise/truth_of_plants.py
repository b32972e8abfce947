"""Truth of what motion alone does not define: silence, lanes, falsehoods, declarations.

a plant and what was heard of its ships -> the rows it is worth, by the published definitions.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

import numpy as np

from ingest.exercise.definition import silence_s
from ingest.exercise.planting import Planted, Plot
from ingest.exercise.track import Floats
from ingest.exercise.traffic import Traffic
from ingest.exercise.truth_of_deviations import LASTS_S, OFF_NM, left, off_lane_nm, unjudged
from sea.geodesy import bearing_deg, distance_nm

_HOUR_S: Final = 3600.0
_COMPANY_NM: Final = 20.0
_AT_ONCE_S, _TOGETHER_S = 600.0, 1800.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One truth, in seconds since the start; `to_s` and `met_s` infinite where not reached.

    Attributes:
        over: it meets its definition. seen_s: when reports first showed that it was met, None
            where that is `met_s`. why: it is not judged, and why; "" where it is.
    """

    kind: str
    ships: tuple[int, ...]
    from_s: float
    to_s: float
    met_s: float
    over: bool
    seen_s: float | None = None
    why: str = ""
    planted: bool = True
    facts: Mapping[str, Any] = field(default_factory=dict)


def judged_plants(
    plants: Sequence[Planted], plot: Plot, traffic: Traffic, heard_s: Sequence[Floats],
    until_s: float,
) -> Iterator[Row]:  # fmt: skip
    """Rows of plants; none of one that began before anything was heard."""
    judge = _Judge(plot, traffic, heard_s, until_s)
    for plant in plants:
        if plant.decoy:
            yield judge.row(plant, over=False)
        else:
            yield from getattr(judge, plant.kind)(plant)


def _both_until(first: Floats, second: Floats) -> float:
    """The last hearing before one of two transmitters is silent for 3 h, which ends a clone."""
    ends = [float(second[-1])]
    for heard_s in (np.append(first, second[-1]), second):
        quiet = np.flatnonzero(np.diff(heard_s) > 3 * _HOUR_S)
        ends += heard_s[quiet[:1]].tolist()
    return min(ends)


class _Judge:
    def __init__(
        self, plot: Plot, traffic: Traffic, heard_s: Sequence[Floats], until_s: float
    ) -> None:
        self._plot, self._traffic = plot, traffic
        self._heard_s, self._until_s = heard_s, until_s
        self._left = left(plot, until_s)

    def row(self, plant: Planted, **changes: object) -> Row:
        facts = plant.parameters | ({"decoy": plant.decoy} if plant.decoy else {})
        plain = Row(kind=plant.kind, ships=plant.ships, from_s=plant.from_s, to_s=plant.to_s,
                    met_s=np.inf, over=True, facts=facts)  # fmt: skip
        return replace(plain, **changes)  # type: ignore[arg-type]

    def gap(self, plant: Planted) -> Iterator[Row]:
        """From the last report heard to the first heard again; company as the definition has it."""
        [ship] = plant.ships
        heard_s = self._heard_s[ship]
        before = heard_s[heard_s < plant.from_s]
        after = heard_s[heard_s >= plant.to_s]
        if not len(before):
            return
        from_s, to_s = float(before[-1]), float(after[0]) if len(after) else np.inf
        lon, lat = self._at(ship, from_s)
        lasts_h = (min(to_s, self._until_s) - from_s) / _HOUR_S
        facts = plant.parameters | {"lon": round(lon, 4), "lat": round(lat, 4)}
        if len(after):
            there = self._at(ship, to_s)
            facts |= {"distance_nm": round(float(distance_nm(lon, lat, *there)), 1)}
        close, company, around = (
            self._company(ship, from_s, share * _COMPANY_NM) for share in (0.8, 1.0, 1.2)
        )
        cadence_s = silence_s(before, max(from_s - 6 * _HOUR_S, before[0]), from_s)
        least_h = max(6.0, 5 * cadence_s / _HOUR_S)
        why = "unheard" if len(before) < 2 else ""
        if abs(lasts_h / least_h - 1) < 0.1 or cadence_s > _HOUR_S:
            why = "near_threshold"
        elif (close > 0) is not (around > 0):
            why = "company_far_off"
        over = lasts_h > least_h and company > 0
        yield self.row(plant, from_s=from_s, to_s=to_s, met_s=from_s + least_h * _HOUR_S,
                       over=over, why=why, facts=facts | {"company": company})  # fmt: skip

    def deviation(self, plant: Planted) -> Iterator[Row]:
        """While she is more than 15 nm off the lane she would have kept."""
        [ship] = plant.ships
        at_s = np.arange(max(plant.from_s, 0), min(plant.to_s, self._until_s), 60.0)
        off = off_lane_nm(self._plot, ship, at_s, plant.parameters["lane"])
        far = np.flatnonzero(off > OFF_NM)
        most = float(off.max(initial=0))
        facts = plant.parameters | {"off_lane_nm": round(most, 1)}
        if not len(far):
            yield self.row(plant, over=False, why="near_threshold" if most > 13.5 else "",
                           facts=facts)  # fmt: skip
            return
        from_s, to_s = float(at_s[far[0]]), float(at_s[far[-1]])
        to_s = to_s if off[-1] <= OFF_NM else np.inf
        lasts_s = min(to_s, self._until_s) - from_s
        near = most < 16.5 or abs(lasts_s / LASTS_S - 1) < 0.1
        why = "near_threshold" if near else unjudged(
            plant, self._plot, self._heard_s[ship], self._left, from_s
        )  # fmt: skip
        yield self.row(plant, from_s=from_s, to_s=to_s, met_s=from_s + LASTS_S, facts=facts,
                       over=lasts_s >= LASTS_S, why=why)  # fmt: skip

    def jump(self, plant: Planted) -> Iterator[Row]:
        """From the first to the last report at the false place."""
        [ship] = plant.ships
        heard_s = self._heard_s[ship]
        before, there, after = np.split(
            heard_s, np.searchsorted(heard_s, [plant.from_s, plant.to_s])
        )
        if not len(before) or not len(there):
            return
        away_nm = float(plant.parameters["distance_nm"])
        lasted_h = max(float(there[0] - before[-1]), 1.0) / _HOUR_S
        implied = away_nm / lasted_h
        sog = self._plot.ships[ship].cruise_kn
        least = max(40.0, 3 * sog)
        over = implied > least and len(there) >= 4
        near = abs(implied / least - 1) < 0.2 or (abs(len(there) - 4) < 2 and len(there) > 1)
        to_s = float(there[-1]) if len(after) else np.inf
        met_s = float(there[3]) if over else np.inf
        yield self.row(plant, from_s=float(there[0]), to_s=to_s, met_s=met_s, over=over,
                       why="near_threshold" if near else "",
                       facts=plant.parameters | {"implied_kn": round(implied)})  # fmt: skip
        if len(after):
            yield self.row(plant, from_s=float(after[0]), to_s=float(after[0]), over=False,
                           why="way_back")  # fmt: skip

    def clone(self, plant: Planted) -> Iterator[Row]:
        """While both transmitters are heard; met when each was heard four times, and in turns."""
        ship, double = plant.ships
        second = self._heard_s[double]
        if not len(second):
            return
        first = self._heard_s[ship]
        first = first[(first > second[0]) & (first < second[-1])]
        to_s = _both_until(first, second)
        first, second = first[first <= to_s], second[second <= to_s]
        away_nm = float(plant.parameters["distance_nm"])
        turns = np.count_nonzero(np.diff(np.searchsorted(first, second)))
        why = "unheard" if turns < 4 or len(second) < 8 or len(first) < 8 else ""
        both = min(len(first), len(second)) >= 4
        again = second[np.searchsorted(second, first[0]) :] if both else second[:0]
        met_s = max(float(second[3]), float(first[3]), *again[:1]) if len(again) else np.inf
        if not why and abs(away_nm / 50 - 1) < 0.2:
            why = "near_threshold"
        yield self.row(plant, ships=(ship,), from_s=float(second[0]), to_s=to_s,
                       met_s=met_s, over=away_nm > 50, why=why)  # fmt: skip
        for kind in ("jump", "spoof_circle", "identity_change", "deviation"):
            yield self.row(plant, kind=kind, ships=(ship,), over=False, why="clone")
        if to_s < self._heard_s[double][-1]:
            yield self.row(plant, ships=(ship,), from_s=to_s, over=False, why="clone")

    def spoof_circle(self, plant: Planted) -> Iterator[Row]:
        """From the first to the last report on the circle; met at three quarters of a turn."""
        [ship] = plant.ships
        heard_s = self._heard_s[ship]
        there = heard_s[(heard_s >= plant.from_s) & (heard_s < plant.to_s)]
        if not len(there):
            return
        radius = float(plant.parameters["radius_nm"])
        turn_s = float(plant.parameters["turn_min"]) * 60
        turns = (there[-1] - there[0]) / turn_s
        over = radius >= 0.15
        near = abs(radius / 0.15 - 1) < 0.2 or (over and (turns < 1.1 or len(there) < 12))
        met_s = max(there[0] + 0.75 * turn_s, there[min(8, len(there) - 1)])
        yield self.row(plant, from_s=float(there[0]), to_s=float(there[-1]), met_s=float(met_s),
                       over=over, why="near_threshold" if near else "",
                       facts=plant.parameters | {"reports": len(there)})  # fmt: skip
        for kind in ("jump", "deviation"):
            yield self.row(plant, kind=kind, over=False, why="circle")

    def identity_change(self, plant: Planted) -> Iterator[Row]:
        """From the first word of the new identity to the fifth."""
        old, new = plant.ships
        later = self._heard_s[new]
        if not len(later):
            return
        told_s = self._told(new, plant.from_s, self._until_s)
        known_s = self._told(old, 0.0, plant.from_s)
        why = "unheard" if told_s is None or known_s is None else ""
        from_s = told_s if told_s is not None else float(later[0])
        to_s = self._told(new, from_s, self._until_s, times=5) or from_s
        yield self.row(plant, from_s=from_s, to_s=to_s, met_s=from_s, why=why)
        if self._plot.ships[old].mmsi != self._plot.ships[new].mmsi:
            yield self.row(plant, kind="gap", ships=(old,), to_s=np.inf, over=False, why="renamed")

    def draught_change(self, plant: Planted) -> Iterator[Row]:
        """From the first voyage message with the new draught to the fifth."""
        [ship] = plant.ships
        told_s = self._told(ship, plant.from_s + 300, self._until_s)
        known_s = self._told(ship, 0.0, plant.from_s)
        before, after = (float(plant.parameters[f"draught_{w}_m"]) for w in ("before", "after"))
        change = abs(after - before)
        why = "unheard" if told_s is None or known_s is None else ""
        why = why or ("near_threshold" if 0.85 < change < 1.1 else "")
        at_s = told_s if told_s is not None else plant.from_s
        to_s = self._told(ship, at_s, self._until_s, times=5) or at_s
        yield self.row(plant, from_s=at_s, to_s=to_s, met_s=at_s, over=change >= 1, why=why)

    def bad_identity(self, plant: Planted) -> Iterator[Row]:
        """The whole time; how often it is told is a matter of taste."""
        yield self.row(plant, why="matter_of_taste")

    def _told(self, ship: int, from_s: float, to_s: float, *, times: int = 1) -> float | None:
        """When a ship's static message was heard the `times`-th time between two instants."""
        heard_s = self._traffic.statics_heard(ship, from_s, to_s)
        return float(heard_s[times - 1]) if len(heard_s) >= times else None

    def _company(self, ship: int, at_s: float, reach_nm: float) -> int:
        """How many more vessels are heard around a silent ship than fell silent with her.

        Heard within reach of her in the first two hours, but not at once; 0 where all of them
        are astern of her last fix.
        """
        lon, lat = self._at(ship, at_s)
        course = float(bearing_deg(lon, lat, *self._at(ship, at_s + 600)))
        talking, hushed, ahead = 0, 0, False
        for other, heard_s in enumerate(self._heard_s):
            if other == ship:
                continue
            low, high = np.searchsorted(heard_s, [at_s + _AT_ONCE_S, at_s + 2 * _HOUR_S])
            if low < high:
                places = self._path(other, heard_s[low:high])
                near = distance_nm(*self._path(ship, heard_s[low:high]), *places) < reach_nm
                talking += bool(near.any())
                off = (bearing_deg(lon, lat, *places) - course + 180) % 360 - 180
                ahead |= bool((near & (np.abs(off) < 90)).any())
            elif low and heard_s[low - 1] > at_s - _TOGETHER_S:
                hushed += bool(distance_nm(lon, lat, *self._at(other, at_s)) < reach_nm)
        return max(talking - hushed, 0) if ahead else 0

    def _at(self, ship: int, at_s: float) -> tuple[float, float]:
        lon, lat = self._path(ship, np.array([at_s]))
        return float(lon[0]), float(lat[0])

    def _path(self, ship: int, at_s: Floats) -> tuple[Floats, Floats]:
        track = self._plot.itineraries[ship].track
        return np.interp(at_s, track.at_s, track.lon), np.interp(at_s, track.at_s, track.lat)
