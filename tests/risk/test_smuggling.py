from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from risk.event import Event
from risk.evidence import Evidence
from risk.ships import Ships, ships_from
from risk.smuggling import (
    AT_WORK,
    BAND_FROM,
    CONTEXT_FACTOR,
    FISHING,
    FULL_SCORE,
    INDICATORS,
    points,
    score_smuggling,
    smuggling_of,
)
from sea.instants import parse_utc
from sea.units import DAY_US, HOUR_US

NOW = parse_utc("2026-03-01T12:00:00Z")
DOC = (Path(__file__).parents[2] / "docs" / "indicators.md").read_text("utf-8")
KINDS = sorted({row.kind for row in INDICATORS})


def a_vessel(mmsi=412_000_001, ship_type=70, hours=30.0, sog=3.0, bound=None):
    known = dict(
        mmsi=mmsi, first_at=NOW - round(hours * HOUR_US), reported_at=NOW, lon=-120.0, lat=5.0,
        sog=sog, cog=90.0, nav_status=0, msg_type=1, ship_type=ship_type, length=180.0,
        draught=9.0, max_draught=10.0, destination=bound, alone=-1,
    )  # fmt: skip
    return ships_from([[known[name] for name in Ships._fields]])


def prioritise(vessel, events, now=NOW):
    evidence = Evidence(events)
    scores = score_smuggling(vessel, evidence.of(vessel.mmsi, 0, now), evidence, 0, now)
    return smuggling_of(scores, vessel, 0, evidence)


def an_event(kind="rendezvous", ended_h_ago=2.0, lasted_h=1.0, confidence=1.0, status="ended",
             evidence=None, mmsis=(412_000_001,)):  # fmt: skip
    ended = NOW - round(ended_h_ago * HOUR_US)
    return Event(
        kind=kind, mmsis=mmsis, started_at=ended - round(lasted_h * HOUR_US),
        ended_at=None if status == "open" else ended, detected_at=ended, lon=-81.2,
        lat=1.4, status=status, confidence=confidence, evidence=evidence or {},
    )  # fmt: skip


@pytest.fixture(scope="module", autouse=True)
def compiled():
    """Kernels are compiled before Hypothesis looks at the clock."""
    score([an_event()])


EVENTS = st.builds(
    an_event,
    kind=st.sampled_from([*KINDS, "port_call", "zone_entry", "coverage_lost"]),
    ended_h_ago=st.floats(0, 2000),
    lasted_h=st.floats(0.1, 100),
    confidence=st.floats(0, 1),
    status=st.sampled_from(["open", "ended", "retracted"]),
    evidence=st.fixed_dictionaries({}, optional={"slack_h": st.floats(0, 50)}),
)
MANY = st.lists(EVENTS, max_size=8)
TYPES = st.sampled_from([0, 30, 36, 52, 60, 70, 80, 90])


def score(events, vessel=None, now=NOW):
    return prioritise(vessel or a_vessel(), events, now).priority


def codes(events, vessel=None):
    return {r.code: r for r in prioritise(vessel or a_vessel(), events, NOW).reasons}


@given(MANY, TYPES, st.sampled_from([None, "ECGYE", "MXZLO"]))
def test_contributions_sum_to_the_priority(events, ship_type, bound):
    made = prioritise(a_vessel(ship_type=ship_type, bound=bound), events, NOW)
    assert abs(sum(r.contribution for r in made.reasons) - made.priority) <= 1e-9
    assert 0 <= made.priority <= FULL_SCORE + 1e-9


@given(MANY, EVENTS, TYPES)
def test_more_evidence_never_lowers_the_priority(events, one_more, ship_type):
    assume(one_more.id not in {event.id for event in events})  # it would be a new form of that one
    vessel = a_vessel(ship_type=ship_type, bound="ECGYE")
    assert score([*events, one_more], vessel) >= score(events, vessel) - 1e-9


@given(MANY, st.integers(0, 400 * 24), st.integers(0, 400 * 24))
def test_once_all_is_over_the_priority_only_fades(events, early_h, late_h):
    over = [e for e in events if e.ended_at is not None]
    first, second = sorted((early_h, late_h))
    assert score(over, now=NOW + second * HOUR_US) <= score(over, now=NOW + first * HOUR_US) + 1e-9


def test_points_halve_in_a_half_life():
    row, event = INDICATORS[0], an_event(ended_h_ago=0)
    later = NOW + round(row.half_life_h * HOUR_US)
    assert points(row, event, later) == pytest.approx(points(row, event, NOW) / 2)


def test_an_open_event_does_not_fade():
    event = an_event("gap", status="open", ended_h_ago=500)
    assert score([event]) == pytest.approx(10)


@given(MANY)
def test_an_unknown_ship_type_or_destination_never_raises_the_priority(events):
    known = score(events, a_vessel(ship_type=70, bound="ECGYE"))
    assert score(events, a_vessel(ship_type=0, bound="ECGYE")) <= known
    assert score(events, a_vessel(bound=None)) <= known
    assert score(events, a_vessel(bound="ECGYE", sog=None)) <= known


@given(MANY, st.sampled_from([211, 352, 412, 538, 636]))
def test_the_flag_never_matters(events, mid):
    mmsi = mid * 1_000_000 + 1
    same = [replace(event, mmsis=(mmsi,)) for event in events]
    assert score(same, a_vessel(mmsi=mmsi)) == pytest.approx(score(events), abs=1e-9)


@given(st.sampled_from(INDICATORS), st.integers(1, 20))
def test_no_row_gives_more_than_its_cap(row, n):
    evidence = {"slack_h": 5.0}
    events = [an_event(row.kind, ended_h_ago=i, evidence=evidence) for i in range(n)]
    assert codes(events)[row.code].contribution <= row.cap


def test_every_kind_of_the_table_counts():
    for row in INDICATORS:
        reason = codes([an_event(row.kind, evidence={"slack_h": 5.0})])[row.code]
        assert reason.contribution > 0
        assert reason.innocent_explanation == row.innocent
        assert len(reason.event_ids) == 1


def test_a_gap_counts_more_only_with_two_hours_unexplained():
    assert "S5" not in codes([an_event("gap", evidence={"slack_h": 1.9})])
    assert "S5" not in codes([an_event("gap")])
    assert "S5" in codes([an_event("gap", evidence={"slack_h": 2.0})])


def test_a_retracted_event_counts_nothing():
    assert score([an_event(status="retracted")]) == 0


def test_what_is_detected_later_is_not_known_yet():
    assert score([an_event(ended_h_ago=-5)]) == 0


def test_context_multiplies_evidence_and_creates_none():
    vessel = a_vessel(bound="ECGYE")
    assert score([], vessel) == 0
    assert score([an_event()], vessel) == pytest.approx(CONTEXT_FACTOR * score([an_event()]))


def a_call(port, ended_h_ago=200.0):
    evidence = {"port": port, "port_name": port}
    return an_event("port_call", ended_h_ago=ended_h_ago, evidence=evidence)


def test_a_call_lately_at_a_known_port_is_context_and_gives_no_points_alone():
    assert score([a_call("ECGYE")]) == 0
    assert score([a_call("PABLB"), an_event()]) == score([an_event()])
    reason = codes([a_call("ECGYE"), an_event()])["context"]
    assert reason.contribution == pytest.approx((CONTEXT_FACTOR - 1) * score([an_event()]))
    assert reason.text.startswith("Lately in Guayaquil, on a known route")
    both = codes([a_call("ECGYE"), an_event()], a_vessel(bound="MXZLO"))["context"]
    assert both.text.startswith("At or bound for Manzanillo, and lately in Guayaquil, on")


@pytest.mark.parametrize("ship_type", sorted(AT_WORK))
def test_craft_whose_work_it_is_get_no_points_for_meeting(ship_type):
    reason = codes([an_event()], a_vessel(ship_type=ship_type))["S1"]
    assert reason.contribution == 0
    assert "Not counted" in reason.text


def test_a_fishing_vessel_may_loiter_but_not_meet():
    vessel = a_vessel(ship_type=FISHING)
    assert score([an_event("loitering")], vessel) == 0
    assert score([an_event("rendezvous")], vessel) > 0


def test_heard_too_little_is_a_state_of_its_own():
    assert prioritise(a_vessel(hours=1.0), [], NOW).band == "insufficient_data"
    assert prioritise(a_vessel(ship_type=0), [], NOW).band == "insufficient_data"


def test_evidence_speaks_even_of_a_vessel_heard_little():
    assert prioritise(a_vessel(hours=1.0), [an_event()], NOW).band == "elevated"


def test_a_fast_passage_without_events_is_low_with_a_reason():
    made = prioritise(a_vessel(sog=18.0), [], NOW)
    assert made.band == "low"
    assert "18.0 kn" in made.reasons[0].text


def test_a_meeting_and_an_unexplained_silence_are_high():
    silence = an_event("gap", evidence={"slack_h": 4.0})
    assert prioritise(a_vessel(), [an_event(), silence], NOW).band == "high"


def test_a_reason_says_with_whom_where_when_and_how_long():
    reason = codes([an_event(mmsis=(412_000_001, 538_000_002), lasted_h=0.7)])["S1"]
    assert "with 538000002 " in reason.text
    assert "nm off" in reason.text
    assert "1 Mar 2026 09:18 UTC, for 42 min" in reason.text


def test_old_and_new_events_differ_by_age_only():
    assert score([an_event(ended_h_ago=240)]) < score([an_event(ended_h_ago=1)])
    assert score([an_event()], now=NOW + 365 * DAY_US) < 1e-6


def test_the_document_has_exactly_the_table_of_the_code():
    rows = [
        f"| {r.code} | `{r.kind}` | {r.weight:g} | {r.cap:g} | {r.half_life_h / 24:g} | {r.text} "
        f"| {r.source} | {r.innocent} |"
        for r in INDICATORS
    ]
    assert [line for line in DOC.splitlines() if line.startswith("| S")] == rows


def test_the_document_has_the_bands_of_the_code():
    for band, least in BAND_FROM:
        assert any(line.startswith(f"| {band} |") and line.endswith(f"| {least:g} |")
                   for line in DOC.splitlines())  # fmt: skip
