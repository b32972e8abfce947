from dataclasses import replace

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from risk.event import Event
from risk.evidence import KINDS, STILL_OPEN, Evidence, event_input, event_of
from sea.units import HOUR_US

NOW = 1_772_366_400_000_000
SHIPS = np.array([412_000_003, 412_000_001, 412_000_002], np.int32)

EVENTS = st.builds(
    lambda kind, mmsis, age_h, confidence, status: Event(
        kind=kind, mmsis=tuple(sorted(mmsis)), started_at=NOW - age_h * HOUR_US,
        ended_at=None if status == "open" else NOW, detected_at=NOW, lon=-81.0, lat=1.0,
        status=status, confidence=confidence,
    ),
    st.sampled_from([*KINDS, "port_call"]), st.sets(st.sampled_from([*SHIPS.tolist(), 999]),
                                                   min_size=1, max_size=2),
    st.integers(1, 100), st.floats(0, 1), st.sampled_from(["open", "ended", "retracted"]),
)  # fmt: skip
DISTINCT = st.lists(EVENTS, max_size=12, unique_by=lambda event: event.id)


def rows(evidence, since_us=0, now_us=NOW):
    return evidence.of(SHIPS, since_us, now_us)


def told(found):
    """The rows without the numbers that say in which order events came."""
    return [column.tolist() for column in found[:-1]]


@given(DISTINCT, st.randoms())
@settings(deadline=None)
def test_rows_do_not_depend_on_the_order_in_which_events_come(events, random):
    shuffled = random.sample(events, len(events))
    assert str(told(rows(Evidence(events)))) == str(told(rows(Evidence(shuffled))))


@given(DISTINCT)
@settings(deadline=None)
def test_every_event_of_a_ship_that_counts_is_one_row_of_hers(events):
    found = rows(Evidence(events))
    for i, mmsi in enumerate(SHIPS.tolist()):
        own = [e for e in events if mmsi in e.mmsis and e.kind in KINDS and e.status != "retracted"]
        assert np.count_nonzero(found.ship == i) == len(own)


@given(DISTINCT)
def test_what_is_kept_of_an_event_reads_back_as_the_same_evidence(events):
    again = [event_of(event_input(event)) for event in events]
    assert again == events


def an_event(**changes):
    event = Event(kind="gap", mmsis=(412_000_001,), started_at=NOW - HOUR_US, ended_at=None,
                  detected_at=NOW, lon=0.0, lat=0.0, status="open", confidence=0.5)  # fmt: skip
    return replace(event, **changes)


def test_an_event_s_new_form_takes_the_place_of_the_old():
    evidence = Evidence([an_event()])
    assert rows(evidence).ended.tolist() == [STILL_OPEN]
    evidence.put(an_event(status="ended", ended_at=NOW))
    assert rows(evidence).ended.tolist() == [NOW]
    evidence.put(an_event(status="retracted"))
    assert len(rows(evidence).ship) == 0


def test_events_too_old_or_not_detected_yet_are_left_out():
    evidence = Evidence([an_event()])
    assert len(rows(evidence, since_us=NOW - HOUR_US).ship) == 0
    assert len(rows(evidence, now_us=NOW - 1).ship) == 0


def test_old_events_are_dropped_once_they_are_most_of_all():
    events = [an_event(started_at=NOW - h * HOUR_US) for h in (1, 50, 60)]
    kept = Evidence(events).since(NOW - 10 * HOUR_US)
    assert len(rows(kept).ship) == 1
    assert Evidence(events[:2]).since(NOW - 10 * HOUR_US).events([0, 1]) == events[:2]
