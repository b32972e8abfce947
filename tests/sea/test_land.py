import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sea.geodesy import destination, distance_nm
from sea.land import crosses_land, inland_nm, is_land, shore_distance_nm

LAND = {"Mexico City": (-99.13, 19.43), "Bogota": (-74.07, 4.71), "Quito": (-78.47, -0.18)}
SEA = {"Gulf of Mexico": (-90, 25), "off Manta": (-81.5, -1), "Caribbean": (-75, 15)}


@pytest.mark.parametrize("place", LAND.values(), ids=LAND)
def test_cities_lie_on_land(place):
    assert is_land(*place)
    assert shore_distance_nm(*place) == 0
    assert inland_nm(*place) > 10


@pytest.mark.parametrize("place", SEA.values(), ids=SEA)
def test_open_water_is_no_land(place):
    assert not is_land(*place)
    assert shore_distance_nm(*place) > 20
    assert inland_nm(*place) == 0


def test_the_loneliest_place_of_the_sea_is_1450_nm_from_land():
    assert shore_distance_nm(-123.393, -48.877) == pytest.approx(1450, rel=0.02)


def shore_by_search(lon, lat, reach_deg=2.0):
    """Distance to the nearest land cell's middle within reach, by looking at every cell."""
    lons = np.arange(lon - reach_deg, lon + reach_deg, 1 / 60)
    lats = np.arange(lat - reach_deg, lat + reach_deg, 1 / 60)
    x, y = (a.ravel() for a in np.meshgrid(lons, lats))
    on_land = is_land(x, y)
    return distance_nm(lon, lat, x[on_land], y[on_land]).min() if on_land.any() else np.inf


@pytest.mark.parametrize(
    "coast", [(-81, -2.5), (-77.5, 4), (-105, 20), (-75.6, 10.4), (-72.6, 18.7)]
)
def test_distances_near_coasts_agree_with_a_search_of_the_mask(coast):
    rng = np.random.default_rng(3)
    lon, lat = (c + rng.uniform(-0.7, 0.7, 60) for c in coast)
    at_sea = ~is_land(lon, lat)
    lon, lat = lon[at_sea], lat[at_sea]
    exact = np.array([shore_by_search(*p) for p in zip(lon, lat, strict=True)])
    off = np.abs(shore_distance_nm(lon, lat) - exact)
    assert off.max() < 4.5
    assert np.quantile(off, 0.9) < 1.5


@given(st.floats(-180, 180), st.floats(-80, 80), st.floats(0, 360), st.floats(0, 100))
def test_sailing_a_mile_changes_the_distance_by_about_a_mile_at_most(lon, lat, course, miles):
    away = shore_distance_nm(*destination(lon, lat, course, miles))
    assert abs(away - shore_distance_nm(lon, lat)) <= miles * 1.1 + 10 + 0.02 * away


@given(st.floats(-90, 90))
def test_both_names_of_the_antimeridian_are_one(lat):
    assert is_land(180, lat) == is_land(-180, lat)
    assert shore_distance_nm(180, lat) == pytest.approx(shore_distance_nm(-180, lat), abs=1e-9)


def test_an_unknown_position_is_no_land_and_has_no_distance():
    assert not is_land(np.nan, 10.0)
    assert np.isnan(shore_distance_nm([np.nan, 0.0], [0.0, np.nan])).all()


def test_arrays_keep_their_shape():
    lon, lat = np.zeros((2, 3)), np.full(3, 10.0)
    assert is_land(lon, lat).shape == shore_distance_nm(lon, lat).shape == (2, 3)


def test_great_circles_over_the_isthmus_cross_land_and_those_at_sea_do_not():
    pacific, atlantic, far_out = (-79.5, 8.0), (-79.9, 10.0), (-110.0, 0.0)
    assert crosses_land(*pacific, *atlantic).all()
    assert not crosses_land(*pacific, -81.0, 6.0).any()
    assert not crosses_land(*far_out, 175.0, -10.0).all()


@given(st.floats(-100, -60), st.floats(-10, 25), st.floats(0, 360), st.floats(5, 600))
def test_a_crossing_is_what_sampling_each_half_mile_finds(lon, lat, course, miles):
    lon2, lat2 = destination(lon, lat, course, miles)
    if is_land(lon, lat) or is_land(lon2, lat2):
        return
    along = np.arange(2.0, miles - 2.0, 0.5)
    found = is_land(*destination(lon, lat, course, along))
    if crosses_land(lon, lat, lon2, lat2)[0]:
        assert is_land(*destination(lon, lat, course, np.arange(2.0, miles - 2.0, 0.02))).any()
    else:
        assert found.sum() <= 2


def test_a_harbour_in_a_land_cell_can_be_left():
    assert is_land(-77.121278, -12.053688)
    assert not crosses_land(-77.121278, -12.053688, -77.25, -12.05).any()
