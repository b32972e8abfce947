"""Zones: GeoJSON -> named polygons -> which positions lie in which.

Polygons are planar in longitude and latitude (WGS 84), as RFC 7946 has them; one that crosses
the antimeridian is to be cut there (section 3.1.9).
"""

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import numpy as np
import numpy.typing as npt
import shapely
from shapely.geometry import mapping

from sea.errors import BadInputError
from sea.units import Microseconds

Bools = npt.NDArray[np.bool_]

DEFAULT_KIND = "watch"


@dataclass(frozen=True, slots=True, kw_only=True)
class Zone:
    """An area with a name.

    Attributes:
        kind: such as ``watch``, ``approach``, ``anchorage``, ``territorial_sea``, ``closed``.
        nation: ISO 3166-1 alpha-2 of the coastal state, None for none.
        polygon: Polygon or MultiPolygon, degrees.
        valid_from, valid_until: us UTC; None for no end.
    """

    id: str
    name: str
    kind: str
    nation: str | None
    polygon: shapely.Geometry
    valid_from: Microseconds = 0
    valid_until: Microseconds | None = None

    def in_force(self, at_us: Microseconds) -> bool:
        """Whether it holds at an instant, its first included, its last not."""
        return self.valid_from <= at_us < (math.inf if self.valid_until is None
                                           else self.valid_until)  # fmt: skip


class ZoneSet:
    """Zones to look positions up in; their order is that of the columns."""

    def __init__(self, zones: Sequence[Zone]) -> None:
        self.zones = tuple(zones)
        self._polygons = np.array([zone.polygon for zone in self.zones], object)
        shapely.prepare(self._polygons)
        self._tree = shapely.STRtree(self._polygons)
        self._near = _cells_of(self._polygons)

    def containing(self, lon: npt.ArrayLike, lat: npt.ArrayLike) -> Bools:
        """Whether each position lies in each zone, its border included: (n_points, n_zones).

        A NaN position lies in none.
        """
        x, y = (np.atleast_1d(np.asarray(c, np.float64)).ravel() for c in (lon, lat))
        inside = np.zeros((len(x), len(self.zones)), bool)
        known = np.flatnonzero(np.isfinite(x) & np.isfinite(y))
        known = known[self._near[_cell(y[known], 90), _cell(x[known], 180)]]
        found, zone = self._tree.query(shapely.points(x[known], y[known]))
        point = known[found]
        inside[point, zone] = shapely.intersects_xy(self._polygons[zone], x[point], y[point])
        return inside


def _cells_of(polygons: npt.NDArray[np.object_]) -> Bools:
    """Whether some polygon may reach into each cell of one degree, shape (180, 360)."""
    near = np.zeros((180, 360), bool)
    for west, south, east, north in shapely.bounds(polygons):
        rows, columns = _cell(np.array([south, north]), 90), _cell(np.array([west, east]), 180)
        near[rows[0] : rows[1] + 1, columns[0] : columns[1] + 1] = True
    return near


def _cell(degrees: npt.NDArray[np.float64], least: int) -> npt.NDArray[np.int64]:
    """The row or column of a latitude or longitude; beyond the globe, the last."""
    cells = (np.floor(degrees) + least).astype(np.int64)
    return np.minimum(np.maximum(cells, 0), 2 * least - 1)


def zones_from_geojson(obj: object) -> tuple[Zone, ...]:
    """Zones of a parsed GeoJSON FeatureCollection or Feature, in its order.

    Each has an id of its own (of the feature, or the property ``id``); the properties ``name``
    (else the id), ``kind`` (else ``watch``) and ``nation`` (else none) are read.

    Raises:
        BadInputError: it names the feature and what is wrong with it.
    """
    if not isinstance(obj, Mapping):
        raise BadInputError("zones are not a GeoJSON object")
    kind = obj.get("type")
    features = obj.get("features") if kind == "FeatureCollection" else [obj]
    if kind not in ("FeatureCollection", "Feature") or not isinstance(features, list):
        raise BadInputError(
            "zones are not a GeoJSON FeatureCollection", mend="export them as GeoJSON polygons"
        )
    zones = tuple(_zone(feature, i) for i, feature in enumerate(features))
    first: dict[str, int] = {}
    for i, zone in enumerate(zones):
        if first.setdefault(zone.id, i) != i:
            raise BadInputError(
                f"features {first[zone.id]} and {i} have the same id {zone.id!r}",
                field=f"features[{i}].id",
            )
    return zones


@cache
def builtin_zones() -> tuple[Zone, ...]:
    """Approximate watch areas drawn by us where incidents clustered, and the canal's approaches.

    Circles of 15 nm about clusters of 2010-2018 in "Crime at Sea: A Global Database of Maritime
    Pirate Attacks" (Journal of Open Humanities Data, 2021, doi 10.5334/johd.39). Not boundaries
    of any authority.
    """
    text = (files("sea") / "data" / "zones.geojson").read_text("utf-8")
    return zones_from_geojson(json.loads(text))


def zone_document(zone: Zone) -> dict[str, Any]:
    """The zone as JSON values, from which `zone_of` makes an equal one."""
    return {
        "id": zone.id, "name": zone.name, "kind": zone.kind, "nation": zone.nation,
        "valid_from": zone.valid_from, "valid_until": zone.valid_until,
        "geometry": mapping(zone.polygon),
    }  # fmt: skip


def zone_of(document: Mapping[str, Any]) -> Zone:
    """The zone of such a document.

    Raises:
        BadInputError: its geometry is no valid polygon.
    """
    return Zone(
        id=document["id"], name=document["name"], kind=document["kind"], nation=document["nation"],
        valid_from=document["valid_from"], valid_until=document["valid_until"],
        polygon=_polygon(document["geometry"], "the zone", "zone"),
    )  # fmt: skip


def _zone(feature: object, index: int) -> Zone:
    where = f"features[{index}]"
    if not isinstance(feature, Mapping) or feature.get("type") != "Feature":
        raise BadInputError(f"feature {index} is not a GeoJSON Feature", field=where)
    properties = feature.get("properties") or {}
    if not isinstance(properties, Mapping):
        raise BadInputError(
            f"feature {index} has properties that are no object", field=f"{where}.properties"
        )
    own_id = feature.get("id", properties.get("id"))
    if not isinstance(own_id, str | int) or own_id == "":
        raise BadInputError(
            f"feature {index} has no id", field=f"{where}.id", mend="give each zone an id"
        )
    return Zone(
        id=str(own_id),
        name=_text(properties, "name", index) or str(own_id),
        kind=_text(properties, "kind", index) or DEFAULT_KIND,
        nation=_text(properties, "nation", index),
        polygon=_polygon(feature.get("geometry"), f"feature {index} ({own_id!r})", where),
    )


def _text(properties: Mapping[str, Any], name: str, index: int) -> str | None:
    value = properties.get(name)
    if value is not None and not isinstance(value, str):
        raise BadInputError(
            f"feature {index} has a {name} that is no text", field=f"features[{index}].{name}"
        )
    return value


def _polygon(geometry: object, feature: str, where: str) -> shapely.Geometry:
    field = f"{where}.geometry"
    kind = geometry.get("type") if isinstance(geometry, Mapping) else None
    if kind not in ("Polygon", "MultiPolygon"):
        raise BadInputError(
            f"{feature} is {kind or 'nothing'}, not a Polygon or MultiPolygon", field=field
        )
    try:
        polygon = shapely.from_geojson(json.dumps(geometry))
    except (shapely.GEOSException, TypeError, ValueError) as error:
        raise BadInputError(f"{feature} has no readable coordinates", field=field) from error
    if polygon.is_empty or not polygon.is_valid:
        reason = "it is empty" if polygon.is_empty else shapely.is_valid_reason(polygon)
        raise BadInputError(f"{feature} is no valid polygon: {reason}", field=field)
    west, south, east, north = polygon.bounds
    if west < -180 or east > 180 or south < -90 or north > 90:
        raise BadInputError(
            f"{feature} reaches beyond the globe",
            field=field,
            mend="coordinates are lon -180..180, lat -90..90; cut zones at the antimeridian",
        )
    return polygon
