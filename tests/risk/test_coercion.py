import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from risk.assess import Assessor
from risk.coercion import CoercionParams, is_laden
from risk.event import Event
from risk.evidence import Evidence
from risk.hazard import HazardField, HazardParams
from risk.incident import Activity, local_hour
from risk.ships import Ships, ships_from
from sea.errors import BadInputError
from sea.instants import parse_utc
from sea.units import HOUR_US

NOW = parse_utc("2026-03-01T12:00:00Z")
FIELD, PARAMS = HazardField.fit(), CoercionParams()
ASSESSOR = Assessor(FIELD)
GUAYAQUIL, CALLAO, GUANTA, MID_PACIFIC = (
    (-80.0, -2.37), (-77.19, -12.03), (-64.72, 10.25), (-120.0, 0.0),
)  # fmt: skip
DOC = (Path(__file__).parents[2] / "docs" / "indicators.md").read_text("utf-8")

UNKNOWN = dict(
    mmsi=412_000_001, first_at=NOW - 6 * HOUR_US, reported_at=NOW, sog=0.1, cog=None, nav_status=15,
    msg_type=1, ship_type=0, length=None, draught=None, max_draught=None, destination=None,
    alone=-1,
)  # fmt: skip
CARGO = {**UNKNOWN, "ship_type": 70, "length": 200.0, "draught": 11.0, "max_draught": 11.5,
         "alone": 1}  # fmt: skip
SHIPS = st.fixed_dictionaries({
    "ship_type": st.sampled_from([0, 40, 60, 70, 80, 90]),
    "nav_status": st.sampled_from([0, 1, 5, 15]),
    "sog": st.floats(0, 25),
    "cog": st.floats(0, 359) | st.none(),
    "length": st.floats(60, 400) | st.none(),
    "draught": st.floats(2, 20) | st.none(),
    "max_draught": st.floats(2, 20) | st.none(),
    "alone": st.sampled_from([-1, 0, 1]),
    "destination": st.sampled_from([None, "ECGYE", "PECLL", "SOMEWHERE"]),
}).map(lambda known: UNKNOWN | known)  # fmt: skip
PLACES = st.sampled_from([GUAYAQUIL, CALLAO, GUANTA, MID_PACIFIC])


def columns(*ships):
    return ships_from([[ship[name] for name in Ships._fields] for ship in ships])


def at(place, ship=CARGO, **known):
    return {**ship, "lon": place[0], "lat": place[1], **known}


def assessed(ship, events=()):
    scored = ASSESSOR.score(columns(ship), Evidence(events), NOW)
    return scored.assessment(0).coercion, scored.passage(0)


def chance(ship, events=()):
    return assessed(ship, events)[0].probability


def an_approach(hours_ago=1.0, status="ended", kind="approach", evidence=None):
    at = NOW - round(hours_ago * HOUR_US)
    return Event(kind=kind, mmsis=(412_000_001,), started_at=at, ended_at=at, detected_at=at,
                 lon=-77.2, lat=-12.0, status=status, confidence=0.7,
                 evidence=evidence or {})  # fmt: skip


@given(SHIPS, PLACES, st.booleans())
@settings(max_examples=60, deadline=None)
def test_contributions_sum_to_the_probability(ship, place, warned):
    made, passage = assessed(at(place, ship), [an_approach()] if warned else [])
    assert abs(sum(r.contribution for r in made.reasons) - made.probability) <= 1e-9
    assert made.probability == pytest.approx(-math.expm1(-passage.risk.sum()))
    assert 0 <= made.low < made.probability < made.high <= 1
    assert all(r.contribution >= 0 for r in made.reasons)


@given(SHIPS, PLACES, st.sampled_from(
    ["ship_type", "length", "draught", "max_draught", "alone", "destination"]))  # fmt: skip
@settings(max_examples=60, deadline=None)
def test_a_field_that_is_not_known_never_raises_the_risk(ship, place, name):
    lying = at(place, ship, sog=0.1)
    assert chance({**lying, name: UNKNOWN[name]}) <= chance(lying)


@given(SHIPS, PLACES, st.floats(0, 100))
@settings(max_examples=40, deadline=None)
def test_an_approach_never_lowers_the_risk(ship, place, hours_ago):
    assert chance(at(place, ship), [an_approach(hours_ago)]) >= chance(at(place, ship))


@given(SHIPS, PLACES, st.sampled_from([211, 352, 412, 538, 636]))
@settings(max_examples=30, deadline=None)
def test_the_flag_never_matters(ship, place, mid):
    other = at(place, ship, mmsi=mid * 1_000_000 + 1)
    assert assessed(other)[0] == assessed(at(place, ship))[0]


@given(st.lists(SHIPS, min_size=1, max_size=6), PLACES)
@settings(max_examples=30, deadline=None)
def test_a_ship_has_the_same_bits_whoever_is_assessed_beside_her(ships, place):
    fleet = [at(place, ship, mmsi=412_000_001 + i) for i, ship in enumerate(ships)]
    together = ASSESSOR.score(columns(*fleet), Evidence(), NOW)
    for i, ship in enumerate(fleet):
        alone = ASSESSOR.score(columns(ship), Evidence(), NOW)
        assert alone.assessment(0) == together.assessment(i)
        assert alone.passage(0).risk.tobytes() == together.passage(i).risk.tobytes()


def test_at_anchor_the_sum_is_the_field_s_rate_times_the_factors():
    hours = local_hour(NOW + np.arange(1, 145) * HOUR_US // 2, CALLAO[0])
    place = [np.full(144, x) for x in CALLAO]
    rate = FIELD.rate(*place, hours, np.full(144, Activity.ANCHORED))
    alone = np.where(np.arange(1, 145) * 0.5 <= PARAMS.alone_h, PARAMS.alone, 1.0)
    expected = (rate.mean * 0.5 * PARAMS.low_freeboard * PARAMS.cargo * alone).sum()
    assert chance(at(CALLAO)) == pytest.approx(-math.expm1(-expected), rel=1e-12)


@pytest.mark.parametrize("place", [GUAYAQUIL, CALLAO, GUANTA])
def test_three_days_at_anchor_in_a_known_place_are_elevated_or_high(place):
    assert assessed(at(place))[0].band in ("elevated", "high")


def test_a_passage_far_from_everything_is_low_with_a_reason():
    made, _ = assessed(at(MID_PACIFIC, sog=15.0, cog=270.0))
    assert made.band == "low"
    assert made.probability < 1e-5
    assert "few or no incidents are reported" in made.reasons[0].text


def test_the_longer_she_is_out_of_the_place_the_lower_the_risk():
    assert chance(at(CALLAO, sog=14.0, cog=290.0)) < chance(at(CALLAO)) / 20


def test_a_reason_of_a_place_tells_hours_and_night():
    first = assessed(at(CALLAO))[0].reasons[0]
    assert first.code == "place_anchored"
    assert first.text == (
        "3 days at anchor off Callao from 1 Mar 2026 12:00 UTC, 18 h of it at night (22-04 local)."
    )


def test_each_factor_is_a_reason():
    made, _ = assessed(at(CALLAO), [an_approach()])
    assert {r.code for r in made.reasons} >= {"low_freeboard", "alone", "ship_type", "warned"}
    slow, _ = assessed(at(CALLAO, sog=6.0, cog=240.0))
    assert "slow" in {r.code for r in slow.reasons}


def test_a_retracted_or_old_approach_is_no_warning():
    for event in (an_approach(status="retracted"), an_approach(hours_ago=13)):
        assert assessed(at(CALLAO), [event])[0] == assessed(at(CALLAO))[0]


@given(SHIPS, PLACES, st.sampled_from(["approach", "sudden_stop"]))
@settings(max_examples=30, deadline=None)
def test_a_warning_is_worth_less_by_the_hour(ship, place, kind):
    said = [chance(at(place, ship), [an_approach(hours, kind=kind)]) for hours in (0, 1, 3, 6, 11)]
    assert said == sorted(said, reverse=True)
    assert said[-1] > chance(at(place, ship))


def test_an_approach_in_hazardous_waters_is_severe_and_far_from_them_high():
    assert assessed(at(CALLAO), [an_approach(0)])[0].band == "severe"
    quiet, _ = assessed(at(MID_PACIFIC, sog=15.0, cog=270.0), [an_approach(0)])
    assert quiet.band == "high"
    assert quiet.probability > max(chance(at(place)) for place in (GUAYAQUIL, CALLAO, GUANTA))
    assert quiet.reasons[-1].code == "warned"
    assert quiet.reasons[-1].contribution == pytest.approx(quiet.probability, rel=0.01)


def test_of_two_approaches_the_fresher_counts_and_a_stop_counts_beside_it():
    one = chance(at(CALLAO), [an_approach(0)])
    assert chance(at(CALLAO), [an_approach(0), an_approach(2)]) == one
    both = [an_approach(0), an_approach(0.1, kind="sudden_stop")]
    assert chance(at(CALLAO), both) > one * 1.05


def test_half_of_what_a_warning_means_comes_within_two_hours():
    warned, plain = (assessed(at(MID_PACIFIC), e)[1].risk for e in ([an_approach(0)], []))
    more = warned - plain
    assert more[:4].sum() == pytest.approx(more.sum() / 2, rel=1e-6)
    assert (np.diff(more) < 0).all()


def test_the_craft_that_runs_at_a_ship_is_not_warned():
    ran = an_approach(0, evidence={"craft": "412000001", "ship": "372000001"})
    assert assessed(at(CALLAO), [ran])[0] == assessed(at(CALLAO))[0]


def test_a_ship_heard_once_in_ballast_is_not_laden():
    ballast, laden = (at(CALLAO, draught=d, max_draught=d) for d in (6.0, 11.0))
    assert is_laden(columns(ballast, laden), PARAMS).tolist() == [False, True]


def test_a_moored_ship_is_at_berth():
    made, _ = assessed(at(CALLAO, nav_status=5))
    assert made.reasons[0].code == "place_berthed"
    assert "at berth off Callao" in made.reasons[0].text


def test_a_ship_bound_for_a_place_is_under_way_first_and_then_at_anchor():
    made, passage = assessed(at((-80.0, -9.5), sog=13.0, destination="PECLL"))
    assert made.reasons[0].code == "place_anchored"
    assert "off Callao" in made.reasons[0].text
    assert (passage.sog[0], passage.sog[-1]) == (13.0, 0.0)


def test_steps_cover_the_horizon_without_gap_even_of_an_old_position():
    old = at(MID_PACIFIC, sog=12.0, cog=270.0, reported_at=NOW - 5 * HOUR_US)
    made, passage = assessed(old)
    assert passage.eta[0] == NOW + HOUR_US // 2
    assert (np.diff(passage.eta) == HOUR_US // 2).all()
    assert passage.eta[-1] == NOW + 72 * HOUR_US
    assert (MID_PACIFIC[0] - passage.lon[0]) * 60 == pytest.approx(5.5 * 12, rel=1e-3)
    assert sum(r.values.get("hours", 0) for r in made.reasons) == 72


def test_the_places_of_a_passage_share_the_hours_of_the_horizon():
    along_the_coast = at((-79.0, -11.0), sog=9.0, destination="ECGYE")
    made, _ = assessed(along_the_coast)
    places = [r for r in made.reasons if "hours" in r.values]
    assert len(places) >= 3
    assert sum(r.values["hours"] for r in places) == 72
    assert [r.contribution for r in places] == sorted((r.contribution for r in places),
                                                      reverse=True)  # fmt: skip


def test_parameters_below_one_or_without_horizon_are_refused():
    for wrong in (dict(alone=0.5), dict(horizon_h=0.0), dict(warned_half_h=0.0)):
        with pytest.raises(BadInputError):
            CoercionParams(**wrong)


def test_the_document_has_the_factors_bands_and_assumptions_of_the_code():
    hazard = HazardParams()
    rows = [
        ("| slow |", PARAMS.slow), ("| low_freeboard |", PARAMS.low_freeboard),
        ("| alone |", PARAMS.alone), ("| ship_type | tanker |", PARAMS.tanker),
        ("| ship_type | cargo ship |", PARAMS.cargo),
        ("| ships run at by a small craft", PARAMS.approach_innocent * 1e6),
        ("| ships that stop suddenly", PARAMS.stop_innocent * 1e6),
        ("| attacks that nobody reports", PARAMS.unreported * 1e6),
        ("| ships in the waters of one place", hazard.place_ships[2]),
        ("| ships in the whole region", hazard.region_ships[2]),
    ]  # fmt: skip
    for start, value in rows:
        (line,) = (line for line in DOC.splitlines() if line.startswith(start))
        assert line.endswith(f" {value:g} |")
    for band, least in PARAMS.bands:
        assert any(line.startswith(f"| {band} | {least:g} |") for line in DOC.splitlines())
