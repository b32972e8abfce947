"""Ways of many ships at once: what the compiled `lay_way` needs, and the passage of one ship.

Grids, lanes and ports are laid out as arrays once; ports are added as ships are bound for them.
"""

import threading
from dataclasses import dataclass
from functools import cache
from typing import Final

import numpy as np
import numpy.typing as npt

from sea.compiled.land import seas
from sea.compiled.way import MOST_POINTS, SPOTS_NEAR, Bound, Lanes, lay_way, place_along
from sea.geodesy import unit_vectors
from sea.land import inland_nm
from sea.lane_graph import lane_graph, ways_to
from sea.ports import Port
from sea.units import (
    HOUR_US,
    DegreesEast,
    DegreesNorth,
    DegreesTrue,
    Knots,
    Microseconds,
)

SPREAD_GROWTH: Final = 0.08
"""One standard deviation of an ETA as a share of the lead time; chosen by us: about an hour after
half a day, two after a day, until it is measured on real passages."""

STOPPED_KN: Final = 1.0
"""Below this sog a ship is taken to stay where she is; chosen by us, above a ship's swing at
anchor and below any way made on purpose."""

SPARE_NM: Final = 1.0
"""How much farther than needed a way is laid, so that she is still under way at the horizon."""

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Passage:
    """Where a ship will be: one row an instant, shape (n,), the first of them now.

    Attributes:
        lon, lat: degrees. eta: us UTC. sog: kn, 0 where she stays.
        spread_s: one standard deviation of the eta, by `SPREAD_GROWTH`.
    """

    lon: Floats
    lat: Floats
    eta: Ints
    spread_s: Floats
    sog: Floats


class _Table:
    """The ports that ships have been bound for, as rows of `Bound`; grows by doubling."""

    def __init__(self) -> None:
        nodes = len(lane_graph().lon)
        self._rows: dict[str, int] = {}
        self._lock = threading.Lock()
        self._bound = Bound(np.zeros((16, 3)), np.zeros(16), np.zeros((16, nodes), np.float32),
                            np.zeros((16, nodes), np.int32))  # fmt: skip

    def row(self, port: Port) -> int:
        """The port's row, which is added where it lacks."""
        row = self._rows.get(port.unlocode)
        if row is None:
            with self._lock:
                row = self._rows.get(port.unlocode)
                if row is None:
                    row = self._add(port)
        return row

    def bound(self) -> Bound:
        """All rows given so far."""
        return self._bound

    def _add(self, port: Port) -> int:
        row = len(self._rows)
        if row == len(self._bound.inland):
            self._bound = Bound(*(np.concatenate([c, np.zeros_like(c)]) for c in self._bound))
        ways = ways_to(port.lon, port.lat)
        onward = ways.onward.astype(np.int32)
        for node in np.flatnonzero(onward < 0).tolist():
            onward[node] = -1 - ways.leave_at.get(node, 0)
        bound = self._bound
        bound.ports[row] = unit_vectors(port.lon, port.lat)
        bound.inland[row] = inland_nm(port.lon, port.lat)
        bound.away[row], bound.onward[row] = ways.away_nm, onward
        self._rows[port.unlocode] = row
        return row


@cache
def ports_bound_for() -> _Table:
    """The one table of the process: a port's row holds the same whoever asked first."""
    return _Table()


@cache
def lanes() -> Lanes:
    """The lane graph as `lay_way` takes it."""
    graph = lane_graph()
    return Lanes(
        nodes=unit_vectors(graph.lon, graph.lat), nodes_inland=inland_nm(graph.lon, graph.lat),
        first=graph.lengths.indptr.astype(np.int32), ahead=graph.lengths.indices.astype(np.int32),
        length=graph.lengths.data, spots=unit_vectors(graph.spot_lon, graph.spot_lat),
        spots_inland=inland_nm(graph.spot_lon, graph.spot_lat),
        ends=np.ascontiguousarray(graph.ends), reach=np.ascontiguousarray(graph.reach),
    )  # fmt: skip


def spots_near(lon: Floats, lat: Floats) -> Ints:
    """The nearest spots of the lanes to each place, shape (n, SPOTS_NEAR)."""
    _, spots = lane_graph().spots.query(unit_vectors(lon, lat), k=SPOTS_NEAR)
    return np.asarray(spots, np.int64).reshape(-1, SPOTS_NEAR)


def predict_passage(
    lon: DegreesEast,
    lat: DegreesNorth,
    sog: Knots,
    cog: DegreesTrue,
    destination: Port | None,
    now_us: Microseconds,
    horizon_h: float = 72.0,
    step_h: float = 1.0,
    cruise_kn: Knots | None = None,
) -> Passage:
    """Where the ship will be every `step_h` from now to the horizon.

    She makes `cruise_kn`, or her sog where that is None, and stays where her way ends: at her
    destination or before land. Below `STOPPED_KN`, or with nothing known of where she goes, she
    stays where she is.
    """
    lead_h = np.arange(int(horizon_h / step_h + 1e-9) + 1) * step_h
    speed = cruise_kn if cruise_kn is not None else sog
    way, points = np.empty((MOST_POINTS, 4)), 0
    if sog >= STOPPED_KN and speed > 0:
        port = -1 if destination is None else ports_bound_for().row(destination)
        spots = spots_near(np.array([lon]), np.array([lat]))[0]
        points = lay_way(seas(), lanes(), ports_bound_for().bound(), lon, lat, float(cog), port,
                         spots, speed * float(lead_h[-1]) + SPARE_NM, way)  # fmt: skip
    x, y = np.full(len(lead_h), lon), np.full(len(lead_h), lat)
    way_nm, leg = (float(way[points - 1, 3]), 0) if points else (0.0, 0)
    for i, along in enumerate((lead_h * speed).tolist() if points else ()):
        x[i], y[i], leg = place_along(way, points, leg, min(along, way_nm))
    return Passage(
        lon=x, lat=y, eta=now_us + np.round(lead_h * HOUR_US).astype(np.int64),
        spread_s=(SPREAD_GROWTH * 3600.0 * lead_h).astype(np.float64),
        sog=np.where(lead_h * speed < way_nm, speed, 0.0) if points else np.zeros(len(lead_h)),
    )  # fmt: skip
