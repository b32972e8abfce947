import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from risk.coercion import (
    CoercionParams,
    Legs,
    Ship,
    activity_of,
    assess_coercion,
    is_laden,
    steps_of,
)
from risk.event import Event
from risk.hazard import HazardField, HazardParams
from risk.incident import Activity
from sea.errors import BadInputError
from sea.instants import parse_utc
from sea.units import HOUR_US

NOW = parse_utc("2026-03-01T12:00:00Z")
FIELD, PARAMS = HazardField.fit(), CoercionParams()
GUAYAQUIL, CALLAO, GUANTA, MID_PACIFIC = (
    (-80.0, -2.37), (-77.19, -12.03), (-64.72, 10.25), (-120.0, 0.0),
)  # fmt: skip
DOC = (Path(__file__).parents[2] / "docs" / "indicators.md").read_text("utf-8")

NOTHING_KNOWN = Ship(
    mmsi=412_000_001, ship_type=0, nav_status=15, sog=0.0, length=math.nan, draught=math.nan,
    max_draught=math.nan, alone=None,
)  # fmt: skip
CARGO = replace(NOTHING_KNOWN, ship_type=70, length=200.0, draught=11.0, max_draught=11.5,
                alone=True)  # fmt: skip
SHIPS = st.builds(
    Ship,
    mmsi=st.just(412_000_001),
    ship_type=st.sampled_from([0, 40, 60, 70, 80, 90]),
    nav_status=st.sampled_from([0, 1, 5, 15]),
    sog=st.floats(0, 25),
    length=st.floats(60, 400) | st.just(math.nan),
    draught=st.floats(2, 20) | st.just(math.nan),
    max_draught=st.floats(2, 20) | st.just(math.nan),
    alone=st.sampled_from([None, False, True]),
)
PLACES = st.sampled_from([GUAYAQUIL, CALLAO, GUANTA, MID_PACIFIC])


def at_anchor(place, nav_status=1):
    return steps_of(np.array([NOW]), np.zeros(1), np.array([place[0]]), np.array([place[1]]),
                    np.zeros(1), nav_status, NOW, PARAMS)  # fmt: skip


def under_way(place, sog, cog=90.0):
    hours = np.arange(0, 72.5, 0.5)
    lon = place[0] + hours * sog / 60 * np.sin(np.radians(cog))
    lat = place[1] + hours * sog / 60 * np.cos(np.radians(cog))
    return steps_of(NOW + (hours * HOUR_US).astype(np.int64), hours * 60, lon, lat,
                    np.full(len(hours), sog), 0, NOW, PARAMS)  # fmt: skip


def assessed(steps, ship=CARGO, events=()):
    rows = FIELD.rows(steps.lon, steps.lat)
    legs = Legs(np.where(FIELD.near_place(rows), 7, -1), {7: "Somewhere"})
    rate = FIELD.rate_of(rows, steps.hour, steps.activity)
    return assess_coercion(ship, steps, rate, legs, events, NOW, PARAMS)


def an_approach(hours_ago=1.0, status="ended"):
    at = NOW - round(hours_ago * HOUR_US)
    return Event(kind="approach", mmsis=(412_000_001,), started_at=at, ended_at=at, detected_at=at,
                 lon=-77.2, lat=-12.0, status=status, confidence=0.8)  # fmt: skip


@given(SHIPS, PLACES, st.floats(0, 25), st.booleans())
@settings(max_examples=60, deadline=None)
def test_contributions_sum_to_the_probability(ship, place, sog, warned):
    steps = under_way(place, sog) if sog > 1 else at_anchor(place, ship.nav_status)
    made, risk = assessed(steps, ship, [an_approach()] if warned else [])
    assert abs(sum(r.contribution for r in made.reasons) - made.probability) <= 1e-9
    assert made.probability == pytest.approx(-math.expm1(-risk.sum()))
    assert 0 <= made.low < made.probability < made.high <= 1
    assert all(r.contribution >= 0 for r in made.reasons)


@given(SHIPS, PLACES, st.sampled_from(["ship_type", "length", "draught", "max_draught", "alone"]))
@settings(max_examples=60, deadline=None)
def test_a_field_that_is_not_known_never_raises_the_risk(ship, place, name):
    steps = at_anchor(place)
    unknown = replace(ship, **{name: getattr(NOTHING_KNOWN, name)})
    assert assessed(steps, unknown)[0].probability <= assessed(steps, ship)[0].probability


@given(SHIPS, PLACES, st.floats(0, 100))
@settings(max_examples=40, deadline=None)
def test_an_approach_never_lowers_the_risk(ship, place, hours_ago):
    steps = at_anchor(place)
    warned = assessed(steps, ship, [an_approach(hours_ago)])[0].probability
    assert warned >= assessed(steps, ship)[0].probability


@given(st.sampled_from([211, 352, 412, 538, 636]))
def test_the_flag_never_matters(mid):
    steps = at_anchor(CALLAO)
    other = replace(CARGO, mmsi=mid * 1_000_000 + 1)
    assert assessed(steps, other)[0] == assessed(steps, CARGO)[0]


@pytest.mark.parametrize("place", [GUAYAQUIL, CALLAO, GUANTA])
def test_three_days_at_anchor_in_a_known_place_are_elevated_or_high(place):
    assert assessed(at_anchor(place))[0].band in ("elevated", "high")


def test_a_passage_far_from_everything_is_low_with_a_reason():
    made, _ = assessed(under_way(MID_PACIFIC, 15.0, cog=270.0))
    assert made.band == "low"
    assert made.probability < 1e-5
    assert "few or no incidents are reported" in made.reasons[0].text


def test_the_longer_she_is_out_of_the_place_the_lower_the_risk():
    assert (assessed(under_way(CALLAO, 14.0, cog=240.0))[0].probability
            < assessed(at_anchor(CALLAO))[0].probability / 20)  # fmt: skip


def test_a_reason_of_a_place_tells_hours_and_night():
    first = assessed(at_anchor(CALLAO))[0].reasons[0]
    assert first.code == "place_anchored"
    assert first.text == (
        "3 days at anchor off Somewhere from 1 Mar 2026 12:00 UTC, "
        "18 h of it at night (22-04 local)."
    )


def test_each_factor_is_a_reason():
    made, _ = assessed(at_anchor(CALLAO), CARGO, [an_approach()])
    assert {r.code for r in made.reasons} >= {"low_freeboard", "alone", "ship_type", "warned"}
    slow, _ = assessed(under_way(CALLAO, 6.0, cog=240.0))
    assert "slow" in {r.code for r in slow.reasons}


def test_a_retracted_or_old_approach_is_no_warning():
    for event in (an_approach(status="retracted"), an_approach(hours_ago=13)):
        assert assessed(at_anchor(CALLAO), CARGO, [event])[0] == assessed(at_anchor(CALLAO))[0]


def test_a_ship_heard_once_in_ballast_is_not_laden():
    assert not is_laden(replace(CARGO, draught=6.0, max_draught=6.0), PARAMS)
    assert is_laden(replace(CARGO, draught=11.0, max_draught=11.0), PARAMS)


def test_a_moored_ship_is_at_berth_until_she_sails():
    sog = np.array([0.0, 0.1, 12.0, 0.0])
    assert activity_of(sog, 5, PARAMS).tolist() == [
        Activity.BERTHED, Activity.BERTHED, Activity.UNDER_WAY, Activity.ANCHORED,
    ]  # fmt: skip


def test_steps_cover_the_horizon_without_gap_even_of_an_old_position():
    old = NOW - 5 * HOUR_US
    eta = old + np.arange(0, 20) * HOUR_US
    steps = steps_of(eta, np.zeros(20), np.linspace(-90, -80, 20), np.zeros(20), np.full(20, 12.0),
                     0, NOW, PARAMS)  # fmt: skip
    assert steps.hours.sum() == pytest.approx(72)
    assert (steps.hours > 0).all()
    assert steps.eta[0] > NOW
    assert steps.activity[-1] == Activity.ANCHORED


def test_parameters_below_one_or_without_horizon_are_refused():
    for wrong in (dict(alone=0.5), dict(horizon_h=0.0)):
        with pytest.raises(BadInputError):
            CoercionParams(**wrong)


def test_the_document_has_the_factors_bands_and_assumptions_of_the_code():
    hazard = HazardParams()
    rows = [
        ("| slow |", PARAMS.slow), ("| low_freeboard |", PARAMS.low_freeboard),
        ("| alone |", PARAMS.alone), ("| ship_type | tanker |", PARAMS.tanker),
        ("| ship_type | cargo ship |", PARAMS.cargo), ("| warned |", PARAMS.warned),
        ("| ships in the waters of one place", hazard.place_ships[2]),
        ("| ships in the whole region", hazard.region_ships[2]),
    ]  # fmt: skip
    for start, value in rows:
        (line,) = (line for line in DOC.splitlines() if line.startswith(start))
        assert line.endswith(f" {value:g} |")
    for band, least in PARAMS.bands:
        assert any(line.startswith(f"| {band} | {least:g} |") for line in DOC.splitlines())
