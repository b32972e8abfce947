"""Truth of failed stations: outages and who was heard by whom -> what coverage was lost, and where.

The published definition (`docs/behaviours.md`), written down a second time, for stations whose
reach is known.
"""

from collections.abc import Iterator
from typing import Final

import numpy as np

from ingest.exercise.planting import Plot
from ingest.exercise.reception import Outage
from ingest.exercise.track import Ints
from ingest.exercise.traffic import Hearings
from ingest.exercise.truth_of_plants import Row
from sea.geodesy import distance_nm

_SILENCE_S: Final = 1800.0
_LONGEST, _INTERVALS, _VESSELS = 2, 20, 3
_HOUR_S: Final = 3600.0
_TIGHT: Final = 1.1
_CLOSE, _WIDE = 0.8, 1.2
"""Of a station's reach: from a vessel so near it surely should have heard, farther off surely not.

Chosen by us: a watch knows a station's reach only from what it heard there."""


def lost_coverage(plot: Plot, hearings: Hearings, until_s: float) -> Iterator[Row]:
    """A row an outage of a station that should have heard three vessels that no other heard."""
    for outage in plot.reception.outages(until_s):
        number = plot.reception.names.index(outage.station.encode())
        heard = (hearings.receiver == number) | (hearings.second == number)
        heard &= hearings.at_s < outage.from_s
        times = np.sort(hearings.at_s[heard])
        if not len(times) or outage.from_s - times[0] < _HOUR_S:
            continue
        lately = hearings.at_s[heard] >= times[-1] - _HOUR_S
        ships = np.unique(hearings.ship[heard][lately])
        silences = np.diff(times)
        usual_s = float((times[-1] - times[0]) / max(len(times) - 1, 1))
        least_s = max(_SILENCE_S, _LONGEST * silences.max(initial=0), _INTERVALS * usual_s)
        met_s = float(times[-1]) + least_s
        sure, possible = (_missed(plot, outage, ships, met_s, share) for share in (_CLOSE, _WIDE))
        if possible >= _VESSELS and met_s < outage.to_s:
            near = sure < _TIGHT * _VESSELS or abs(least_s / _SILENCE_S - 1) > 1e-9
            yield Row(
                kind="coverage_lost", ships=(), from_s=outage.from_s, to_s=outage.to_s,
                met_s=met_s, over=True, planted=False, why="near_threshold" if near else "",
                facts=dict(station=outage.station, lon=outage.lon, lat=outage.lat, vessels=sure),
            )  # fmt: skip


def _missed(plot: Plot, outage: Outage, ships: Ints, at_s: float, share: float) -> int:
    """How many of the ships are so well in the station's reach then, and in no other's."""
    tracks = [plot.itineraries[ship].track for ship in ships.tolist()]
    lon = np.array([np.interp(at_s, track.at_s, track.lon) for track in tracks])
    lat = np.array([np.interp(at_s, track.at_s, track.lat) for track in tracks])
    near = distance_nm(outage.lon, outage.lat, lon, lat) <= share * outage.reach_nm
    others = plot.reception.in_reach(lon, lat, np.full(len(lon), at_s))
    return int((near & ~others).sum())
