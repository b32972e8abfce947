"""Which findings become alerts, and that each is told once."""

from collections import deque
from dataclasses import replace

import numpy as np
import pytest

from api.alert import RULES, SEVERITIES, SILENCE_US, alert_document
from api.alerting import Alerting, audience_of
from api.policy import ROLES, Principal
from api.routing import Filter, Subscription, admits, is_silenced
from api.telling import SupplementRow
from api.watch import Fleet, Watch
from api.writing import Findings, Sharing, _alert
from escort.reading import read_scenario
from ingest import snapshot
from ingest.picture import Picture
from risk.assess import Assessor
from risk.assessment import BANDS
from risk.detectors import standard_detectors
from risk.event import Event
from risk.evidence import Evidence
from risk.ships import Ships, ships_from
from risk.supplement import Supplement, Told
from sea.instants import iso_z
from sea.units import HOUR_US, MINUTE_US

NOW = 1_772_366_400_000_000
SHIP = 412_000_001


def an_event(**changes):
    return Event(**{
        "kind": "rendezvous", "mmsis": (SHIP, SHIP + 1), "started_at": NOW, "ended_at": None,
        "detected_at": NOW + 30 * MINUTE_US, "lon": -81.2, "lat": 1.4, "status": "open",
        "confidence": 0.9, "evidence": {"minutes": 30.0},
    } | changes)  # fmt: skip


def a_row(**changes):
    alert = Alerting().happened(an_event(**changes), False, Picture())
    row = _alert(alert, Sharing(originator="XC", releasable_to=("*",)))
    return {name: getattr(row, name) for name in row.__slots__}


@pytest.fixture(scope="module")
def assessor():
    return Assessor()


def scored(assessor, minutes, band="low"):
    ship = dict(mmsi=SHIP, first_at=NOW - 9 * HOUR_US, reported_at=NOW, lon=-120.0, lat=5.0,
                sog=9.0, cog=90.0, nav_status=0, msg_type=1, ship_type=70, length=180.0,
                draught=9.0, max_draught=12.0, destination=None, alone=0)  # fmt: skip
    ships = ships_from([[ship[name] for name in Ships._fields]])
    made = assessor.score(ships, Evidence(), NOW + minutes * MINUTE_US)
    made.coercion.band[:] = BANDS.index(band)
    return made


def rules_told(alerting, assessor, minutes, band):
    return [a.rule.name for a in alerting.assessed(scored(assessor, minutes, band), Picture(), {})]


def test_every_rule_says_why_and_events_of_alert_rank_are_no_notices():
    kinds = {kind for detector in standard_detectors() for kind in detector.kinds}
    for rule in RULES.values():
        assert rule.why.endswith(".")
        assert rule.severity in SEVERITIES
        assert rule.kind != "event" or rule.name in kinds


def test_an_event_is_told_when_it_is_first_seen_and_not_when_it_ends():
    alerting = Alerting()
    alert = alerting.happened(an_event(), False, Picture())
    document = alert_document(alert)
    assert document["rule"] == "rendezvous"
    assert document["mmsis"] == ["412000001", "412000002"]
    assert document["event"]["evidence"] == {"minutes": 30.0}
    assert document["innocent_explanation"]
    assert alerting.happened(an_event(status="ended"), True, Picture()) is None


def test_the_same_event_found_again_is_the_same_alert():
    one, two = (Alerting().happened(an_event(), False, Picture()) for _ in range(2))
    assert one.id == two.id
    assert one.id != Alerting().happened(an_event(started_at=NOW + 1), False, Picture()).id


def test_a_pair_that_meets_and_parts_is_told_of_once_within_the_silence():
    alerting = Alerting()
    detected = [NOW + n * HOUR_US for n in range(5)] + [NOW + 4 * HOUR_US + SILENCE_US]
    told = [
        at for at in detected
        if alerting.happened(an_event(started_at=at, detected_at=at), False, Picture())
    ]  # fmt: skip
    assert told == [detected[0], detected[-1]]


def test_what_was_taken_back_or_is_doubtful_or_of_no_rule_is_not_told():
    alerting = Alerting()
    for event in (an_event(status="retracted"), an_event(confidence=0.3), an_event(kind="stop")):
        assert alerting.happened(event, False, Picture()) is None
    told = Alerting().happened(an_event(), False, Picture())
    assert alerting.retracted(an_event(status="retracted")) == told.id
    assert alerting.retracted(an_event()) is None


def test_a_band_that_flutters_is_told_once_and_a_worse_one_at_once(assessor):
    alerting = Alerting()
    bands = ["high", "elevated", "high", "low", "severe", "high", "severe"]
    told = [rules_told(alerting, assessor, 5 * n, band) for n, band in enumerate(bands)]
    assert told == [["coercion_high"], [], [], [], ["coercion_severe"], [], []]


def test_a_band_come_to_again_after_the_silence_is_told_again(assessor):
    alerting = Alerting()
    assert rules_told(alerting, assessor, 0, "high") == ["coercion_high"]
    assert rules_told(alerting, assessor, 361, "high") == ["coercion_high"]
    assert rules_told(alerting, assessor, 366, "high") == []


def test_an_alert_of_a_band_brings_its_reasons(assessor):
    (alert,) = Alerting().assessed(scored(assessor, 0, "severe"), Picture(), {})
    shown = alert.details["assessment"]
    assert shown["score"] == "coercion"
    assert shown["reasons"][0]["innocent_explanation"] is not None
    assert alert.mmsis == (SHIP,)


def test_what_stood_goes_on_from_the_state_and_from_notes(assessor):
    first, stood = Alerting(), {}
    first.assessed(scored(assessor, 0, "high"), Picture(), stood)
    assert rules_told(Alerting(first.state()), assessor, 5, "high") == []
    noted = Alerting()
    for rule, (at, keys) in snapshot.unpack(snapshot.pack({"stood": stood}))["stood"].items():
        noted.stand(rule, keys, at)
    assert rules_told(noted, assessor, 5, "high") == []


def test_an_escort_in_question_is_told_once_while_plans_repeat_it_and_again_of_another():
    scenario = read_scenario({
        "now": iso_z(NOW), "horizon_h": 72, "zones": [], "assets": [],
        "requests": [{"id": "r1", "mmsis": [f"{SHIP}"], "rendezvous": [-80.0, 0.0],
                      "earliest": iso_z(NOW), "latest": iso_z(NOW + HOUR_US),
                      "release": [-80.0, 2.0], "speed_kn": 14.0, "risk_value": 0.1}],
    })  # fmt: skip
    question = {"kind": "approval_lost", "tasking": "t1", "asset": "a1", "requests": ["r1"],
                "text": "An approved escort cannot be kept: a1 is down"}  # fmt: skip
    plan = {"alerts": [question], "under_way": [], "ended": []}
    alerting, stood = Alerting(), {}
    (first,) = alerting.planned(plan, scenario, Picture(), stood)
    assert (first.rule.name, first.mmsis, first.onset_at) == ("escort", (SHIP,), NOW)
    assert stood["escort"][1] == ["approval_lost|t1|a1|r1"]
    later = replace(scenario, now=NOW + HOUR_US)
    assert alerting.planned(plan, later, Picture(), {}) == []
    other = plan | {"alerts": [question, question | {"kind": "asset_down", "asset": "a2"}]}
    assert len(alerting.planned(other, later, Picture(), {})) == 1


def test_a_watch_list_hit_is_for_its_audience_alone_and_always_the_same():
    values = {"by": "by_number", "owner": "Coast Guard", "since": NOW, "reason": "asked"}
    told = Told(code="watch_list", amount=25.0, report_ids=("a",), values=values)
    supplement = Supplement(mmsi=SHIP, score="smuggling", told=(told,))
    rows = [
        SupplementRow(supplement=supplement, audience=audience, assessed_at=at, reports_revision=1)
        for audience, at in (("MX", NOW), ("MX", NOW + HOUR_US), ("*", NOW))
    ]  # fmt: skip
    mine, later, everybodys = Alerting().listed(rows, Picture())
    assert mine.id == later.id != everybodys.id
    assert audience_of(mine, "XC", ("US",)) == ("MX", ["MX"])
    assert audience_of(everybodys, "XC", ("US",)) == ("XC", ["*"])
    assert audience_of(replace(mine, audience=None), "XC", ("US",)) == ("XC", ["US"])


@pytest.mark.parametrize(
    ("wanted", "sent"),
    [
        ({}, True),
        ({"min_severity": "urgent"}, False),
        ({"rules": ("gap",)}, False),
        ({"mmsis": (SHIP,)}, True),
        ({"mmsis": (SHIP + 9,)}, False),
        ({"bbox": (-90.0, 0.0, -80.0, 5.0)}, True),
        ({"bbox": (170.0, 0.0, -170.0, 5.0)}, False),
        ({"zones": ("nowhere",)}, False),
        ({"valid_until": NOW}, False),
        ({"valid_from": NOW + HOUR_US}, False),
    ],
)
def test_a_filter_asks_for(wanted, sent):
    owner = Principal(name="p", role="naval_partner", nation="US")
    subscription = Subscription(
        id="s", name="s", owner=owner, channel="webhook", filter=Filter(**wanted)
    )
    assert admits(subscription, a_row(), NOW) is sent


@pytest.mark.parametrize("role", ROLES)
def test_nobody_is_sent_what_the_policy_withholds(role):
    owner = Principal(name="p", role=role, nation="US")
    subscription = Subscription(id="s", name="s", owner=owner, channel="webhook")
    row = a_row()
    assert admits(subscription, row, NOW)
    assert not admits(subscription, row | {"originator": "MX", "releasable_to": ["MX"]}, NOW)
    of_plan = admits(subscription, row | {"kind": "plan"}, NOW)
    assert of_plan is (role != "port_authority")


def test_a_silence_is_of_one_nation_rule_and_vessel():
    silenced = {("US", "rendezvous", SHIP + 1)}
    assert is_silenced(silenced, "US", a_row())
    assert not is_silenced(silenced, "MX", a_row())
    assert not is_silenced(silenced, "US", a_row(kind="gap", mmsis=(SHIP + 1,)))


def test_a_watch_that_repeats_its_log_after_a_crash_tells_nothing_twice(assessor, monkeypatch):
    watch, found = Watch(Fleet(), assessor), Findings()
    found.stood["coercion_high"] = (NOW, ["412000001"])
    watch.alerting.stand("coercion_high", ["412000001"], NOW)
    note = snapshot.unpack(snapshot.pack(watch.note(found)))
    repeated = Watch(Fleet(), assessor)
    repeated.redo((), 7, deque([(7, note)]))
    assert repeated.alerting.state() == watch.alerting.state()
    restored = Watch(Fleet(), assessor)
    restored.restore(snapshot.unpack(snapshot.pack(watch.state())))
    assert restored.alerting.state() == watch.alerting.state()
    assert not np.any([t.final for t in restored.timelines.values()])
