"""Where assets under way are, and what they have left, on the real sea off Ecuador."""

from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from escort.feasibility import REFUEL_US
from escort.reading import read_asset, read_request
from escort.scenario import Place
from escort.whereabouts import Commitment, along, as_it_is, home_at, position_at, sailed_nm
from sea.geodesy import distance_nm
from sea.instants import parse_utc
from sea.units import HOUR_US

NOW = parse_utc("2026-03-01T12:00:00Z")
MEET, RELEASE = Place(lon=-82.0, lat=0.0), Place(lon=-82.0, lat=1.0)


@pytest.fixture
def asset(make):
    return read_asset(make.asset())


@pytest.fixture
def running(make):
    """An hour there at 60 nm from base, five hours together over 60 nm."""
    request = read_request(make.request(release=[-82.0, 1.0]))
    return Commitment(
        tasking="t1", asset="a1", requests=(request,), origin=Place(lon=-81.0, lat=0.0),
        depart_at=NOW, rendezvous_at=NOW + 3 * HOUR_US, release_at=NOW + 8 * HOUR_US,
        transit_nm=60.0, leg_nm=60.0,
    )  # fmt: skip


def done(running):
    return replace(running, status="done", ended_at=running.release_at)


def test_an_asset_is_where_its_times_say(running):
    assert position_at(running, NOW) == running.origin
    assert position_at(running, running.rendezvous_at) == MEET
    assert position_at(running, running.release_at) == RELEASE
    half = position_at(running, NOW + 3 * HOUR_US // 2)
    assert (half.lon, half.lat) == pytest.approx((-81.5, 0.0), abs=1e-3)


@given(st.floats(-0.5, 1.5))
def test_a_share_of_the_way_is_that_share_of_its_length(share):
    place = along(MEET, RELEASE, share)
    assert place.lat == pytest.approx(min(max(share, 0.0), 1.0), abs=1e-4)
    assert place.lon == pytest.approx(-82.0, abs=1e-4)


def test_under_way_it_is_free_at_its_release_with_what_it_has_left_then(asset, running):
    free = as_it_is(asset, [running], NOW + HOUR_US)
    assert free.position == RELEASE
    assert free.available_from == running.release_at
    assert free.range_nm == pytest.approx(asset.range_nm - 120.0)
    assert free.endurance_h == pytest.approx(asset.endurance_h - 8.0)


def test_broken_off_it_is_where_it_turned_back(asset, running):
    at = NOW + 3 * HOUR_US // 2
    broken = replace(running, status="broken_off", ended_at=at)
    free = as_it_is(asset, [broken], at)
    assert free.position.lon == pytest.approx(-81.5, abs=1e-3)
    assert free.range_nm == pytest.approx(asset.range_nm - 30.0, abs=0.1)


def test_when_it_is_done_it_sails_home_and_is_then_as_offered(asset, running):
    ended = done(running)
    underway = as_it_is(asset, [ended], ended.ended_at + HOUR_US)
    way_nm = float(distance_nm(RELEASE.lon, RELEASE.lat, -81.0, 0.0))
    left_nm = float(distance_nm(underway.position.lon, underway.position.lat, -81.0, 0.0))
    assert left_nm == pytest.approx(way_nm - asset.max_speed_kn, abs=1.0)
    assert underway.range_nm == pytest.approx(asset.range_nm - 120.0 - asset.max_speed_kn, abs=0.1)
    back_at = home_at(asset, [ended])
    sailed_h = (back_at - ended.ended_at - REFUEL_US) / HOUR_US
    assert sailed_h == pytest.approx(way_nm / asset.max_speed_kn, abs=0.01)
    assert home_at(asset, [running]) is None


def test_fuel_taken_on_the_way_counts_from_there(asset, running):
    second = replace(
        running, depart_at=NOW + 8 * HOUR_US, refuelled_at=NOW + 20 * HOUR_US,
        rendezvous_at=NOW + 24 * HOUR_US, release_at=NOW + 29 * HOUR_US,
    )  # fmt: skip
    free = as_it_is(asset, [done(running), second], NOW + 21 * HOUR_US)
    assert free.range_nm == pytest.approx(asset.range_nm - 120.0)
    assert free.endurance_h == pytest.approx(asset.endurance_h - 9.0)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(hours=st.floats(8, 40))
def test_nobody_has_more_left_than_was_offered(asset, running, hours):
    free = as_it_is(asset, [done(running)], NOW + round(hours * HOUR_US))
    assert free.range_nm <= asset.range_nm - 120.0
    assert free.endurance_h <= asset.endurance_h - 8.0
    assert free.available_from >= running.release_at


@given(hours=st.floats(-5, 40))
def test_what_is_sailed_grows_from_nothing_to_the_whole_way(hours):
    running = Commitment(
        tasking="", asset="", requests=(), origin=MEET, depart_at=NOW, leg_nm=60.0,
        rendezvous_at=NOW + 3 * HOUR_US, release_at=NOW + 8 * HOUR_US, transit_nm=60.0,
    )  # fmt: skip
    at = NOW + round(hours * HOUR_US)
    assert 0.0 <= sailed_nm(running, at) <= sailed_nm(running, at + HOUR_US) <= 120.0
