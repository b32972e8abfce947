import math
import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sea.geodesy import bearing_deg, distance_nm
from sea.land import is_land
from sea.lanes import sea_distance_nm, sea_route
from sea.ports import port
from sea.units import HOUR_US
from sea.ways import SPREAD_GROWTH, predict_passage

NOW = 1_780_000_000_000_000

# Harbour to harbour, nm, about what NGA Pub. 151, Distances Between Ports, gives.
PUBLISHED = [("PABLB", "USLAX", 2910), ("PECLL", "PABLB", 1350)]


def a_place(unlocode):
    found = port(unlocode)
    return found.lon, found.lat


def a_passage(lon=-105.5, lat=17.5, sog=14.0, cog=330.0, to=None, **more):
    return predict_passage(lon, lat, sog, cog, to, NOW, **more)


def some_places(n, seed=0):
    rng = np.random.default_rng(seed)
    places = np.c_[rng.uniform(-118, -70, 4 * n), rng.uniform(-15, 25, 4 * n)]
    return places[~is_land(*places.T)][:n]


def land_nm(route):
    """Length of the route in land cells farther than two miles from its ends."""
    total = 0.0
    for lon1, lat1, lon2, lat2 in zip(
        route.lon[:-1], route.lat[:-1], route.lon[1:], route.lat[1:], strict=True
    ):
        share = np.linspace(0, 1, 100)
        x, y = lon1 + (lon2 - lon1) * share, lat1 + (lat2 - lat1) * share
        total += is_land(x, y).mean() * distance_nm(lon1, lat1, lon2, lat2)
    return total


@pytest.mark.parametrize(("one", "other", "published"), PUBLISHED)
def test_distances_between_ports_are_within_six_percent_of_the_published(one, other, published):
    assert sea_route(*a_place(one), *a_place(other)).length_nm == pytest.approx(published, rel=0.06)


def test_the_way_between_the_oceans_leads_through_the_canal():
    route = sea_route(-79.5, 7.5, -80.0, 10.5)
    assert route.length_nm < 230
    assert distance_nm(route.lon, route.lat, -79.7, 9.1).min() < 15


def test_a_clear_great_circle_is_the_way():
    route = sea_route(-110, 0, -90, -5)
    assert route.length_nm == pytest.approx(float(distance_nm(-110, 0, -90, -5)))


def test_ways_between_places_at_sea_hardly_touch_land():
    places = some_places(60, seed=4)
    routes = [sea_route(*a, *b) for a, b in zip(places[:30], places[30:], strict=True)]
    through_canal = [np.hypot(r.lon + 79.7, r.lat - 9.1).min() < 0.3 for r in routes]
    touched = [land_nm(r) for r, canal in zip(routes, through_canal, strict=True) if not canal]
    assert np.median(touched) == 0
    assert max(touched) < 15


@settings(max_examples=30)
@given(st.integers(0, 59), st.integers(0, 59))
def test_a_way_is_as_long_both_ways_and_no_shorter_than_the_great_circle(i, j):
    places = some_places(60, seed=5)
    there, back = sea_route(*places[i], *places[j]), sea_route(*places[j], *places[i])
    assert there.length_nm == pytest.approx(back.length_nm, abs=1e-3)
    assert there.length_nm >= distance_nm(*places[i], *places[j]) - 1e-6
    legs = distance_nm(there.lon[:-1], there.lat[:-1], there.lon[1:], there.lat[1:])
    assert legs.sum() == pytest.approx(there.length_nm, abs=1e-3)
    assert tuple(there.lon[[0, -1]]) == pytest.approx((places[i][0], places[j][0]))


def test_the_matrix_holds_the_lengths_of_the_ways():
    origins, destinations = some_places(6, seed=6), some_places(9, seed=7)
    matrix = sea_distance_nm(origins, destinations)
    ways = [[sea_route(*a, *b).length_nm for b in destinations] for a in origins]
    np.testing.assert_allclose(matrix, ways, atol=1e-3)
    np.testing.assert_allclose(sea_distance_nm(destinations, origins), matrix.T, atol=1e-3)


def test_fifty_by_six_hundred_distances_take_no_two_seconds():
    origins, destinations = some_places(50, seed=8), some_places(600, seed=9)
    sea_route(-79.5, 7.5, -80.0, 10.5)
    began = time.perf_counter()
    assert np.isfinite(sea_distance_nm(origins, destinations)).all()
    assert time.perf_counter() - began < 2.0


def test_a_way_over_the_antimeridian_is_short():
    assert sea_route(179, -10, -179, -10).length_nm < 125
    assert sea_distance_nm([[179, -10]], [[-179, -10]])[0, 0] < 125


def test_a_ship_bound_for_a_port_arrives_and_stays():
    manzanillo = port("MXZLO")
    passage = a_passage(to=manzanillo, horizon_h=24.0)
    at_port = distance_nm(passage.lon, passage.lat, manzanillo.lon, manzanillo.lat)
    assert at_port[-1] == pytest.approx(0, abs=0.01)
    assert passage.sog[0] == 14
    assert passage.sog[-1] == 0
    arrival = int(np.argmax(passage.sog == 0))
    length = sea_route(-105.5, 17.5, manzanillo.lon, manzanillo.lat).length_nm
    assert arrival == math.ceil(length / 14)


def test_steps_are_as_long_as_the_speed_makes_them():
    passage = a_passage(to=port("USLAX"), cruise_kn=12.0)
    legs = distance_nm(passage.lon[:-1], passage.lat[:-1], passage.lon[1:], passage.lat[1:])
    assert legs.max() <= 12.0 + 1e-6
    assert np.median(legs) == pytest.approx(12.0, rel=0.01)
    assert (np.diff(passage.eta) == HOUR_US).all()
    assert passage.eta[0] == NOW


def test_the_spread_grows_with_the_lead_time():
    passage = a_passage(horizon_h=48.0)
    np.testing.assert_allclose(passage.spread_s, SPREAD_GROWTH * (passage.eta - NOW) / 1e6)


@pytest.mark.parametrize("sog", [0.0, 0.4, float("nan")])
def test_a_ship_stopped_stays_where_she_is(sog):
    passage = a_passage(sog=sog, to=port("MXZLO"))
    assert (passage.lon == -105.5).all()
    assert (passage.sog == 0).all()
    assert len(passage.eta) == 73


def test_without_destination_a_ship_keeps_her_course_in_open_sea():
    passage = a_passage(lon=-115.0, lat=0.0, cog=200.0, horizon_h=24.0)
    courses = bearing_deg(-115.0, 0.0, passage.lon[1:], passage.lat[1:])
    assert np.abs(courses - 200).max() < 31
    assert (passage.sog == 14).all()


def test_without_destination_a_ship_does_not_run_ashore():
    for cog in range(0, 360, 15):
        passage = a_passage(lon=-79.5, lat=5.0, cog=float(cog))
        ashore = is_land(passage.lon, passage.lat) & (
            np.hypot(passage.lon + 79.7, passage.lat - 9.1) > 0.6
        )
        assert ashore.sum() <= 2


def test_without_course_or_destination_a_ship_is_kept_where_she_is():
    assert (a_passage(cog=float("nan")).lon == -105.5).all()


def test_three_hundred_ships_are_predicted_in_no_two_seconds():
    bound_for = [port(c) for c in ("MXZLO", "PECLL", "PABLB", "USLAX", "CLSAI", "COCTG", "ECGYE")]
    ships = some_places(300, seed=11)
    a_passage(to=bound_for[0])
    began = time.perf_counter()
    for i, (lon, lat) in enumerate(ships):
        a_passage(lon=lon, lat=lat, cog=i % 360, to=None if i % 2 else bound_for[i % 7])
    assert time.perf_counter() - began < 1.5
