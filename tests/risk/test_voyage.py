from dataclasses import replace

import pytest

from risk.event import Event
from risk.evidence import Evidence, event_input, event_of
from risk.voyage import calls_of, former_numbers, identities_of, numbers_of
from sea.units import DAY_US

NOW = 1_772_366_400_000_000
OLD, NEW, NEWEST, OTHER = 351_000_001, 636_000_002, 538_000_003, 412_000_009
IMO = 9_074_729


def a_call(mmsi, port, days_ago, *, sailed=True, status="ended"):
    at = NOW - days_ago * DAY_US
    return Event(
        kind="port_call", mmsis=(mmsi,), started_at=at, ended_at=at + DAY_US if sailed else None,
        detected_at=at, lon=0.0, lat=0.0, status=status, confidence=0.9,
        evidence={"port": port, "port_name": port.title(), "hours": 24.0},
    )  # fmt: skip


def a_change(before, after, days_ago, *, status="ended", name=("ALPHA", "BRAVO"), imo=IMO):
    at = NOW - days_ago * DAY_US
    changed = (["mmsi", "flag"] if before != after else []) + (["name"] if len({*name}) > 1 else [])
    return Event(
        kind="identity_change", mmsis=tuple(sorted({before, after})), started_at=at, ended_at=at,
        detected_at=at, lon=0.0, lat=0.0, status=status, confidence=0.9,
        evidence={
            "changed": changed, "mmsi_before": before, "mmsi_after": after, "imo_before": imo,
            "imo_after": imo, "name_before": name[0], "name_after": name[1],
            "callsign_before": "X1", "callsign_after": "X1",
        },
    )  # fmt: skip


CHAIN = [a_change(OLD, NEW, 40), a_change(NEW, NEWEST, 10, name=("BRAVO", "CHARLIE"))]


def test_a_ship_is_followed_back_through_all_numbers_of_her_imo_number():
    assert former_numbers(NEWEST, CHAIN) == (NEW, OLD)
    assert former_numbers(NEW, CHAIN) == (OLD,)
    assert former_numbers(OLD, CHAIN) == ()
    for number in (OLD, NEW, NEWEST):
        assert numbers_of(number, CHAIN) == {OLD, NEW, NEWEST}


@pytest.mark.parametrize(
    "change", [a_change(OLD, NEW, 40, status="retracted"), a_change(OLD, NEW, 40, imo=0),
               a_change(NEW, NEW, 40)]
)  # fmt: skip
def test_a_change_retracted_or_without_imo_number_or_of_name_alone_links_no_number(change):
    assert former_numbers(NEW, [change]) == ()
    assert numbers_of(NEW, [change]) == {NEW}


def test_numbers_that_go_round_end():
    assert former_numbers(OLD, [a_change(OLD, NEW, 40), a_change(NEW, OLD, 10)]) == (NEW,)


def test_her_calls_are_those_under_any_number_the_latest_first():
    events = [
        *CHAIN, a_call(OLD, "ECGYE", 50), a_call(NEW, "PABLB", 20),
        a_call(NEWEST, "MXZLO", 1, sailed=False), a_call(OTHER, "PECLL", 3),
        a_call(NEW, "COBUN", 15, status="retracted"),
    ]  # fmt: skip
    calls = calls_of(NEWEST, events)
    assert [(c.mmsi, c.port) for c in calls] == [(NEWEST, "MXZLO"), (NEW, "PABLB"), (OLD, "ECGYE")]
    assert calls[0].sailed_at is None
    assert [c.port for c in calls_of(OTHER, events)] == ["PECLL"]


def test_identities_tell_name_number_and_flag_and_since_when():
    latest, middle, first = identities_of(NEWEST, CHAIN)
    assert (latest.mmsi, latest.name, latest.flag, latest.until) == (NEWEST, "CHARLIE", "MH", None)
    assert (middle.mmsi, middle.name, middle.flag) == (NEW, "BRAVO", "LR")
    assert (first.mmsi, first.name, first.flag, first.since) == (OLD, "ALPHA", "PA", None)
    assert (first.until, middle.until) == (middle.since, latest.since)
    assert identities_of(OTHER, CHAIN) == ()


def test_evidence_gives_the_calls_on_known_routes_under_former_numbers_too():
    events = [
        *CHAIN,
        a_call(OLD, "ECGYE", 25),
        a_call(NEWEST, "PECLL", 2),
        a_call(OLD, "PABLB", 20),
    ]
    evidence = Evidence(events)
    since = NOW - 30 * DAY_US
    assert [c.evidence["port"] for c in evidence.calls(NEWEST, since, NOW)] == ["ECGYE", "PECLL"]
    assert [c.evidence["port"] for c in evidence.calls(OLD, since, NOW)] == ["ECGYE"]
    assert evidence.calls(NEWEST, NOW - DAY_US, NOW) == []
    gone = Evidence([*events, replace(CHAIN[0], status="retracted")])
    assert [c.evidence["port"] for c in gone.calls(NEWEST, since, NOW)] == ["PECLL"]


def test_what_is_kept_of_context_gives_the_same_calls():
    events = [*CHAIN, a_call(OLD, "ECGYE", 25), a_call(NEWEST, "PECLL", 2)]
    since = NOW - 30 * DAY_US
    kept = Evidence(events).context(NEWEST, since, NOW)
    again = Evidence(event_of(event_input(event)) for event in kept)
    assert [c.id for c in again.calls(NEWEST, since, NOW)] == [c.id for c in kept[:2]]
