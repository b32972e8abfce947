import copy
import csv
import json
from pathlib import Path

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from sea.errors import BadInputError
from sea.geodesy import distance_nm
from sea.zones import (
    Zone,
    ZoneSet,
    builtin_zones,
    zone_document,
    zone_of,
    zones_from_geojson,
)

CLUSTERS = Path(__file__).parents[2].parent / "shared/facts/incident_clusters_2010_2018.csv"


def a_feature(zone="a", west=0.0, south=0.0, size=1.0, **properties):
    box = shapely.box(west, south, west + size, south + size)
    return {
        "type": "Feature",
        "id": zone,
        "properties": properties,
        "geometry": json.loads(shapely.to_geojson(box)),
    }


def a_collection(*features):
    return {"type": "FeatureCollection", "features": list(features)}


def test_properties_of_a_feature_become_its_zone():
    (zone,) = zones_from_geojson(
        a_collection(a_feature("EC-TS", name="Ecuador", kind="territorial_sea", nation="EC"))
    )
    assert (zone.id, zone.name, zone.kind, zone.nation) == (
        "EC-TS",
        "Ecuador",
        "territorial_sea",
        "EC",
    )


def test_name_kind_and_nation_may_be_missing():
    (zone,) = zones_from_geojson(a_feature(7))
    assert (zone.id, zone.name, zone.kind, zone.nation) == ("7", "7", "watch", None)


def without(feature, key):
    return {name: value for name, value in feature.items() if name != key}


def with_geometry(kind, coordinates):
    return a_feature("Gulf") | {"geometry": {"type": kind, "coordinates": coordinates}}


BOWTIE = [[[0, 0], [1, 1], [1, 0], [0, 1], [0, 0]]]


@pytest.mark.parametrize(
    ("feature", "field", "says"),
    [
        (without(a_feature(), "id"), "features[1].id", "feature 1 has no id"),
        (without(a_feature("Gulf"), "geometry"), "features[1].geometry", "'Gulf'"),
        (with_geometry("Point", [0, 0]), "features[1].geometry", "Point, not a Polygon"),
        (with_geometry("Polygon", BOWTIE), "features[1].geometry", "Self-intersection"),
        (with_geometry("Polygon", []), "features[1].geometry", "'Gulf'"),
        (with_geometry("Polygon", [[["x", 0], [1, 1], [1, 0]]]), "features[1].geometry", "'Gulf'"),
        (with_geometry("Polygon", "everywhere"), "features[1].geometry", "'Gulf'"),
        (a_feature("Gulf", west=179.5), "features[1].geometry", "beyond the globe"),
        (a_feature(nation=5), "features[1].nation", "nation"),
        (a_feature("first"), "features[1].id", "same id 'first'"),
        ("Gulf", "features[1]", "feature 1 is not a GeoJSON Feature"),
    ],
)
def test_a_wrong_feature_is_named(feature, field, says):
    with pytest.raises(BadInputError, match="feature") as wrong:
        zones_from_geojson(a_collection(a_feature("first"), feature))
    assert wrong.value.field == field
    assert says in str(wrong.value)


@pytest.mark.parametrize("obj", [None, [], "zones", {}, {"type": "FeatureCollection"}])
def test_what_is_no_geojson_is_refused(obj):
    with pytest.raises(BadInputError):
        zones_from_geojson(obj)


def test_reading_changes_nothing_of_what_was_given():
    given_object = a_collection(a_feature(), a_feature("b"))
    before = copy.deepcopy(given_object)
    zones_from_geojson(given_object)
    assert given_object == before


@given(st.lists(st.tuples(st.floats(-3, 3), st.floats(-3, 3)), max_size=30))
def test_containing_equals_the_bounds_of_boxes(points):
    zones = zones_from_geojson(
        a_collection(a_feature("a"), a_feature("b", 0.5, 0.5, 2.0), a_feature("c", -2, -2, 1.5))
    )
    lon, lat = np.array(points, float).reshape(-1, 2).T
    inside = ZoneSet(zones).containing(lon, lat)
    assert inside.shape == (len(points), 3)
    for column, zone in enumerate(zones):
        west, south, east, north = zone.polygon.bounds
        want = (lon >= west) & (lon <= east) & (lat >= south) & (lat <= north)
        assert (inside[:, column] == want).all()


def test_an_unknown_position_lies_in_no_zone():
    whole = Zone(
        id="w", name="w", kind="watch", nation=None, polygon=shapely.box(-180, -90, 180, 90)
    )
    assert ZoneSet([whole]).containing([np.nan, 1], [1, 1]).tolist() == [[False], [True]]


def test_no_zones_contain_nothing():
    assert ZoneSet([]).containing([1.0], [2.0]).shape == (1, 0)


def test_builtin_zones_are_circles_of_fifteen_miles():
    zones = builtin_zones()
    assert len(zones) == 15
    for zone in zones:
        x, y = shapely.get_coordinates(zone.polygon).T
        centre = zone.polygon.centroid
        np.testing.assert_allclose(distance_nm(centre.x, centre.y, x, y), 15, atol=0.05)


def test_every_cluster_of_incidents_lies_in_a_watch_area_of_its_coast():
    if not CLUSTERS.exists():
        pytest.skip(f"{CLUSTERS.name} is not at hand")
    rows = list(csv.DictReader(CLUSTERS.read_text("utf-8").splitlines()))
    watched = [zone for zone in builtin_zones() if zone.kind == "watch"]
    inside = ZoneSet(watched).containing(
        [float(row["lon"]) for row in rows], [float(row["lat"]) for row in rows]
    )
    nations = [{watched[j].nation for j in np.flatnonzero(row)} for row in inside]
    assert nations == [{row["nearest_port"][:2]} for row in rows]


def test_a_zone_is_its_document_again():
    zone = Zone(id="a", name="A", kind="closed", nation="EC", valid_from=5, valid_until=9,
                polygon=shapely.MultiPolygon([shapely.box(-80.1, -2.3, -79.7, -1.9),
                                              shapely.box(1 / 3, 2 / 3, 1.1, 1.7)]))  # fmt: skip
    document = json.loads(json.dumps(zone_document(zone)))
    assert zone_of(document) == zone
    assert [zone.in_force(at) for at in (4, 5, 8, 9)] == [False, True, True, False]
