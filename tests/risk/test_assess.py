import time

import numpy as np
import pytest

from ingest.batch import ReportBatch, StaticBatch
from ingest.picture import Picture
from risk.assess import MODEL, Assessor, AssessParams
from risk.assessment import assessment_document
from risk.event import Event
from risk.evidence import Evidence
from risk.hazard import HazardField
from risk.incident import Activity, Incident
from sea.errors import BadInputError
from sea.instants import parse_utc
from sea.ports import port
from sea.units import DAY_US, HOUR_US

NOW = parse_utc("2026-03-01T12:00:00Z")
ASSESSOR = Assessor()
OFF_CALLAO = dict(lon=-77.19, lat=-12.03, sog=0.1, nav_status=1)
MID_PACIFIC = dict(lon=-120.0, lat=5.0, sog=15.0, cog=270.0)
NO_TYPE = 0


def a_picture(*ships, heard_h=6.0):
    """Ships as dicts of fields, MMSI 412000001 and up, heard `heard_h` ago and now."""
    picture = Picture()
    for i, given in enumerate(ships):
        ship = {"mmsi": 412_000_001 + i, "age_h": 0.0, "sog": 12.0, "cog": 90.0, "nav_status": 0,
                "msg_type": 1, "ship_type": 70, "length": 200.0, "draught": 8.0,
                "destination": None, **given}  # fmt: skip
        at = NOW - round(ship["age_h"] * HOUR_US)
        for reported_at in (at - round(heard_h * HOUR_US), at):
            picture.apply(ReportBatch.of(
                mmsi=[ship["mmsi"]], reported_at=[reported_at], received_at=[reported_at],
                lon=[ship["lon"]], lat=[ship["lat"]], sog=[ship["sog"]], cog=[ship["cog"]],
                heading=[np.nan], rot=[np.nan], nav_status=[ship["nav_status"]],
                msg_type=[ship["msg_type"]], source=[None],
            ))  # fmt: skip
        picture.apply_static(StaticBatch.of(
            mmsi=[ship["mmsi"]], reported_at=[at], received_at=[at], msg_type=[5], source=[None],
            imo=[0], callsign=[None], name=["SYNTHETIC"], ship_type=[ship["ship_type"]],
            to_bow=[ship["length"] - 20], to_stern=[20], to_port=[15], to_starboard=[15],
            draught=[ship["draught"]], destination=[ship["destination"]], eta=[None],
        ))  # fmt: skip
    return picture


def assessed(*ships, events=(), assessor=ASSESSOR, **picture):
    scored = assessor.assess(a_picture(*ships, **picture), Evidence(events), NOW)
    return [(scored.assessment(i), scored.passage(i)) for i in range(len(scored))]


def a_meeting(mmsi=412_000_001):
    return Event(
        kind="rendezvous", mmsis=(mmsi, 999), started_at=NOW - 3 * HOUR_US,
        ended_at=NOW - 2 * HOUR_US, detected_at=NOW - 2 * HOUR_US, lon=-81.2, lat=1.4,
        status="ended", confidence=1.0,
    )  # fmt: skip


def test_both_scores_add_up_and_name_their_model():
    ((made, passage),) = assessed(OFF_CALLAO, events=[a_meeting()])
    for score, total in ((made.coercion, made.coercion.probability),
                         (made.smuggling, made.smuggling.priority)):  # fmt: skip
        assert abs(sum(r.contribution for r in score.reasons) - total) <= 1e-9
    assert made.model == MODEL
    assert made.coercion.probability == pytest.approx(-np.expm1(-passage.risk.sum()))
    assert made.smuggling.band == "elevated"


def test_at_anchor_off_callao_is_high_and_mid_pacific_is_low():
    (callao, _), (pacific, _) = assessed(OFF_CALLAO, MID_PACIFIC)
    assert callao.coercion.band == "high"
    assert "off Callao" in callao.coercion.reasons[0].text
    assert (pacific.coercion.band, pacific.smuggling.band) == ("low", "low")


@pytest.mark.parametrize(
    ("locode", "lon", "lat"),
    [("ECGYE", -83.0, -3.0), ("PECLL", -80.0, -9.5), ("VEGUT", -66.5, 12.0)],
)
def test_a_ship_bound_for_a_known_place_is_elevated_or_high(locode, lon, lat):
    if port(locode) is None:
        pytest.skip(f"the gazetteer has no {locode}")
    ((made, passage),) = assessed({"lon": lon, "lat": lat, "sog": 13.0, "destination": locode})
    assert made.coercion.band in ("elevated", "high")
    assert passage.risk.argmax() > len(passage.risk) / 10


def test_the_passage_runs_to_the_horizon_with_risk_at_every_step():
    ((_, passage),) = assessed(MID_PACIFIC)
    assert passage.eta[-1] == NOW + 72 * HOUR_US
    assert (np.diff(passage.eta) > 0).all()
    assert (passage.risk > 0).all()
    assert {len(getattr(passage, f)) for f in ("eta", "spread_s", "lon", "lat", "sog", "risk")} == {
        len(passage.eta)
    }


def test_a_tug_gets_no_coercion_risk_and_an_empty_passage():
    ((made, passage),) = assessed({**OFF_CALLAO, "ship_type": 52})
    assert (made.coercion.probability, made.coercion.band) == (0.0, "low")
    assert len(passage.eta) == 0
    assert "Not a merchant ship" in made.coercion.reasons[0].text


def test_a_speed_that_is_not_known_is_insufficient_data():
    ((made, _),) = assessed({**OFF_CALLAO, "sog": np.nan})
    assert made.coercion.band == "insufficient_data"


def test_heard_for_an_hour_or_without_type_is_insufficient_data():
    for ship, hours in ((MID_PACIFIC, 1.0), ({**MID_PACIFIC, "ship_type": NO_TYPE}, 9.0)):
        ((made, _),) = assessed(ship, heard_h=hours)
        assert made.smuggling.band == "insufficient_data"


def test_stations_and_ships_not_heard_for_a_day_are_left_out():
    station, silent = {**OFF_CALLAO, "mmsi": 2_300_001}, {**OFF_CALLAO, "age_h": 25.0}
    assert assessed(station, silent) == []


def test_only_the_slots_asked_for_are_assessed():
    picture = a_picture(OFF_CALLAO, MID_PACIFIC)
    (made,) = ASSESSOR.assess(picture, Evidence(), NOW, np.array([1]))
    assert made.mmsi == 412_000_002


def test_company_takes_the_reason_of_being_alone_away():
    near = {**OFF_CALLAO, "lon": OFF_CALLAO["lon"] + 0.02}
    ((single, _),) = assessed(OFF_CALLAO)
    (pair, _), _ = assessed(OFF_CALLAO, near)
    assert "alone" in {r.code for r in single.coercion.reasons}
    assert "alone" not in {r.code for r in pair.coercion.reasons}


def test_the_same_input_gives_the_same_document():
    ships, events = (OFF_CALLAO, MID_PACIFIC), [a_meeting()]
    first = [assessment_document(a) for a, _ in assessed(*ships, events=events)]
    assert first == [assessment_document(a) for a, _ in
                     assessed(*ships, events=events, assessor=Assessor())]  # fmt: skip


def test_a_partners_report_raises_the_ships_that_lie_there():
    report = Incident(at_us=NOW - DAY_US, time_known=True, lon=-90.8, lat=13.9,
                      activity=Activity.ANCHORED)  # fmt: skip
    ship = {"lon": -90.8, "lat": 13.85, "sog": 0.1, "nav_status": 1}
    told = Assessor(HazardField.fit(at_us=NOW, reports=[report]))
    ((before, _),), ((after, _),) = assessed(ship), assessed(ship, assessor=told)
    assert after.coercion.probability > 3 * before.coercion.probability


def test_parameters_without_hours_are_refused():
    with pytest.raises(BadInputError):
        AssessParams(recent_h=0)


def test_three_hundred_ships_take_less_than_a_second_of_processor():
    random = np.random.default_rng(1)
    ships = [
        dict(lon=random.uniform(-100, -82), lat=random.uniform(-20, 8), sog=float(sog),
             cog=random.uniform(0, 360), destination=bound)
        for sog, bound in zip(random.choice([0, 12, 16], 300),
                              random.choice(["CALLAO", "ECGYE", "MXZLO", None], 300), strict=True)
    ]  # fmt: skip
    picture = a_picture(*ships)
    seconds = []
    for _ in range(3):
        began = time.process_time()
        assert len(ASSESSOR.assess(picture, Evidence(), NOW)) == 300
        seconds.append(time.process_time() - began)
    assert min(seconds) < 1.0
