import numpy as np
import pytest

from escort.fleet import exercise_burden, exercise_fleet
from escort.reading import read_scenario
from escort.request import RequestParams, build_scenario, cut_requests
from escort.scenario import Zone, scenario_document
from risk.assessment import PassageRisk
from sea.errors import BadInputError
from sea.instants import parse_utc
from sea.units import HOUR_US

NOW = parse_utc("2026-03-01T12:00:00Z")


def a_passage(rate_per_h, *, mmsi=366999001, sog=12.0, step_h=0.5, lon=-81.0, spread_s=1800.0):
    """Steps northward along a meridian with this risk an hour in each."""
    n = len(rate_per_h)
    speed = np.broadcast_to(np.asarray(sog, float), (n,))
    return PassageRisk(
        mmsi=mmsi,
        eta=NOW + (np.arange(1, n + 1) * step_h * HOUR_US).astype(np.int64),
        spread_s=np.full(n, spread_s),
        lon=np.full(n, lon),
        lat=np.cumsum(speed * step_h / 60.0),
        sog=speed,
        risk=np.asarray(rate_per_h, float) * step_h,
    )


def hot_between(first, last, n=144, rate=1e-4):
    rates = np.full(n, 1e-7)
    rates[first:last] = rate
    return rates


def test_a_leg_runs_from_where_the_hazard_begins_to_where_it_ends():
    passage = a_passage(hot_between(20, 32))
    (request,) = cut_requests([passage], NOW)
    assert request.rendezvous.lat == pytest.approx(passage.lat[19], abs=1e-4)
    assert request.release.lat == pytest.approx(passage.lat[31], abs=1e-4)
    assert request.speed_kn == 12.0
    assert request.leg_h is None
    assert request.risk_value == pytest.approx(0.9 * -np.expm1(-6e-4))


def test_the_window_is_the_spread_of_the_eta():
    (request,) = cut_requests([a_passage(hot_between(20, 32), spread_s=2700.0)], NOW)
    assert request.earliest == NOW + 10 * HOUR_US - 2700 * 10**6
    assert request.latest == NOW + 10 * HOUR_US + 2700 * 10**6


def test_a_window_is_shorter_than_its_leg_whatever_the_spread():
    (request,) = cut_requests([a_passage(hot_between(20, 24), spread_s=90_000.0)], NOW)
    assert request.latest - request.earliest < 2 * HOUR_US


def test_a_passage_of_little_risk_asks_for_nothing():
    assert cut_requests([a_passage(np.full(144, 1e-6))], NOW) == ()


def test_a_ship_at_anchor_in_a_hazardous_place_is_guarded_from_22_to_04_local():
    (request,) = cut_requests([a_passage(hot_between(30, 42), sog=0.0, lon=-75.0)], NOW)
    assert request.leg_h == 6.0
    assert request.earliest == parse_utc("2026-03-02T03:00:00Z")
    assert request.rendezvous == request.release
    assert request.speed_kn == 0.0


def test_a_ship_asks_no_more_often_than_allowed():
    nights = sum(hot_between(29 + 48 * day, 41 + 48 * day) for day in range(3))
    passage = a_passage(nights, sog=0.0, lon=-75.0)
    assert len(cut_requests([passage], NOW)) == 2
    assert len(cut_requests([passage], NOW, RequestParams(per_ship=3))) == 3


def test_a_ship_asks_first_for_her_worst_leg_and_her_worst_guard():
    rates = hot_between(100, 112, rate=3e-4) + hot_between(30, 42) + hot_between(52, 64)
    sog = np.where(np.arange(144) < 50, 12.0, 0.0)
    requests = cut_requests([a_passage(rates, sog=sog, lon=-75.0)], NOW)
    assert sorted(request.leg_h is None for request in requests) == [False, True]


def test_a_hazard_longer_than_an_escort_is_cut_to_its_worst_part():
    rates = hot_between(10, 100)
    rates[60:90] *= 3
    (request,) = cut_requests([a_passage(rates)], NOW, RequestParams(max_leg_h=15.0))
    assert request.rendezvous.lat == pytest.approx(np.cumsum(np.full(144, 0.1))[59], abs=1e-4)


def test_what_lies_too_near_for_an_escort_to_get_there_is_left_out():
    (request,) = cut_requests([a_passage(hot_between(0, 20))], NOW, RequestParams(lead_h=3.0))
    assert request.earliest >= NOW + 2 * HOUR_US


def test_the_same_leg_seen_again_keeps_its_id():
    (first,) = cut_requests([a_passage(hot_between(20, 32))], NOW)
    (again,) = cut_requests([a_passage(hot_between(20, 34))], NOW + HOUR_US)
    (other,) = cut_requests([a_passage(hot_between(20, 32), mmsi=366999002)], NOW)
    assert first.id == again.id != other.id


def test_the_riskiest_requests_stay_when_there_are_too_many():
    passages = [
        a_passage(hot_between(20, 32, rate=i * 1e-5), mmsi=366999000 + i) for i in range(1, 9)
    ]
    requests = cut_requests(passages, NOW, RequestParams(at_most=3))
    assert [request.mmsis[0] for request in requests] == [366999008, 366999007, 366999006]


def test_a_vessel_without_passage_asks_for_nothing():
    assert cut_requests([a_passage([])], NOW) == ()


def test_params_that_make_no_sense_are_refused():
    with pytest.raises(BadInputError):
        RequestParams(deterrence=1.5)
    with pytest.raises(BadInputError):
        RequestParams(guard_h=7.0)


def test_a_scenario_built_from_passages_can_be_written_and_read():
    zone = Zone(id="EC-TS", nation="EC", kind="territorial_sea",
                polygon=((-81.0, -3.0), (-80.0, -3.0), (-80.0, -2.0)))  # fmt: skip
    scenario = build_scenario(
        [a_passage(hot_between(20, 32))], exercise_fleet(NOW, 72.0), NOW,
        zones=[zone], burden=exercise_burden(),
    )  # fmt: skip
    assert len(scenario.requests) == 1
    assert {z for asset in scenario.assets for z in asset.may_enter} == {"EC-TS"}
    document = scenario_document(scenario)
    assert scenario_document(read_scenario(document)) == document
