"""The lane graph: places at sea -> where they join searoute's world lane graph, and ways over it.

The graph (searoute, Apache-2.0) holds rivers, canals and harbour approaches narrower than the
land mask's cells. The Northwest Passage is closed.
"""

from functools import cache, lru_cache
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra
from scipy.spatial import cKDTree

from sea.gazetteer import lane_edges
from sea.geodesy import bearing_deg, destination, distance_nm, unit_vectors, wrap_lon
from sea.land import crosses_land

CLOSED_PASSAGES: Final = frozenset({"northwest"})

_SPOT_NM: Final = 20.0
"""Longest stretch of a lane between two spots at which it can be joined; chosen by us."""

_SPOTS_TRIED: Final = 12
"""Nearest spots among which the clear ones are taken; chosen by us."""

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

NO_LENGTH_NM: Final = 1e-6
"""Length of edges between two names of one place, nm; a sparse graph takes 0 for no edge."""


class LaneGraph(NamedTuple):
    """Nodes, edges, and spots along the edges.

    Attributes:
        lon, lat: of the nodes, shape (n,).
        lengths: nm between neighbours, shape (n, n), sparse.
        spot_lon, spot_lat: places along the edges, shape (k,); spots: tree of their unit vectors.
        ends: nodes of each spot's edge, shape (k, 2); reach: nm to them, shape (k, 2).
    """

    lon: Floats
    lat: Floats
    lengths: csr_array
    spot_lon: Floats
    spot_lat: Floats
    spots: cKDTree
    ends: Ints
    reach: Floats


class Joins(NamedTuple):
    """How places reach the lanes: each row one place, one spot and one end of the spot's edge."""

    place: Ints
    spot: Ints
    node: Ints
    length_nm: Floats


class WaysTo(NamedTuple):
    """Shortest ways from every node to one place.

    Attributes:
        away_nm: length of the way, shape (n,).
        onward: the next node, -1 where the way leaves the lanes for the place.
        leave_at: by node that has -1, the spot at which it does so.
    """

    away_nm: Floats
    onward: Ints
    leave_at: dict[int, int]


@lru_cache(maxsize=128)
def ways_to(lon: float, lat: float) -> WaysTo:
    """Ways from every node of the lane graph to a place."""
    graph = lane_graph()
    n = len(graph.lon)
    joins = joins_of(np.array([lon]), np.array([lat]))
    longest_first = np.argsort(joins.length_nm, kind="stable")[::-1].tolist()
    shortest = {int(joins.node[row]): row for row in longest_first}
    nodes, rows = np.array(list(shortest.items())).T
    joined = csr_array(
        (
            np.r_[graph.lengths.data, np.maximum(joins.length_nm[rows], NO_LENGTH_NM)],
            np.r_[graph.lengths.indices, nodes],
            np.r_[graph.lengths.indptr, len(graph.lengths.data) + len(rows)],
        ),
        shape=(n + 1, n + 1),
    )
    away, onward = dijkstra(joined, indices=n, return_predecessors=True)
    return WaysTo(
        away_nm=away[:n],
        onward=np.where(onward == n, -1, onward)[:n].astype(np.int64),
        leave_at={node: int(joins.spot[row]) for node, row in shortest.items()},
    )


def joins_of(lon: Floats, lat: Floats) -> Joins:
    """The spots each place can reach clear of land, or its nearest spot where there is none."""
    graph = lane_graph()
    _, nearest = graph.spots.query(unit_vectors(lon, lat), k=_SPOTS_TRIED)
    place = np.repeat(np.arange(len(lon)), _SPOTS_TRIED)
    spot = nearest.ravel()
    ends = lon[place], lat[place], graph.spot_lon[spot], graph.spot_lat[spot]
    clear = ~crosses_land(*ends).reshape(nearest.shape)
    clear[~clear.any(axis=1), 0] = True
    taken = clear.ravel()
    place, spot = place[taken], spot[taken]
    length = distance_nm(*ends)[taken, None] + graph.reach[spot]
    return Joins(np.repeat(place, 2), np.repeat(spot, 2), graph.ends[spot].ravel(), length.ravel())


@cache
def lane_graph() -> LaneGraph:
    """The world's lanes, read once."""
    table = lane_edges()
    number = {node: i for i, node in enumerate(table)}
    pairs = np.array(
        [
            (number[one], number[other])
            for one, others in table.items()
            for other, edge in others.items()
            if edge.get("passage") not in CLOSED_PASSAGES
        ]
    )
    lon, lat = np.array(list(table), np.float64).T
    lon = wrap_lon(lon)
    one, other = pairs.T
    length = distance_nm(lon[one], lat[one], lon[other], lat[other])
    size = (len(lon), len(lon))
    lengths = csr_array((np.maximum(length, NO_LENGTH_NM), (one, other)), shape=size)
    once = one < other
    ends, reach, spot_lon, spot_lat = _spots(lon, lat, pairs[once], length[once])
    tree = cKDTree(unit_vectors(spot_lon, spot_lat))
    return LaneGraph(lon, lat, lengths, spot_lon, spot_lat, tree, ends, reach)


def _spots(
    lon: Floats, lat: Floats, pairs: Ints, length: Floats
) -> tuple[Ints, Floats, Floats, Floats]:
    """Spots along each edge, its first end included: (ends, reach, lon, lat)."""
    parts = np.maximum(np.ceil(length / _SPOT_NM), 1).astype(np.int64)
    edge = np.repeat(np.arange(len(pairs)), parts)
    step = np.arange(len(edge)) - np.repeat(np.cumsum(parts) - parts, parts)
    along = length[edge] * step / parts[edge]
    one, other = pairs[edge].T
    course = bearing_deg(lon[one], lat[one], lon[other], lat[other])
    spot_lon, spot_lat = destination(lon[one], lat[one], course, along)
    return pairs[edge], np.stack([along, length[edge] - along], axis=1), spot_lon, spot_lat
