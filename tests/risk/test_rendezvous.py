import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from risk.detect.rendezvous import Rendezvous, RendezvousParams
from sea.errors import BadInputError
from sea.geodesy import destination

SHIP, CRAFT = 235000001, 235000002
NEAR = 0.003  # degrees of longitude, about 330 m


def meeting(a_run, begin, end, *, apart=NEAR, **fields):
    """A ship under way, stopped from minute `begin` to `end`, with a craft that comes and goes."""
    return [
        *a_run(SHIP, begin - 60, begin - 3, lon=-90.2, sog=12.0),
        *a_run(SHIP, begin, end, lon=-90.0, sog=0.5, **fields),
        *a_run(SHIP, end + 3, end + 90, lon=-90.0, sog=12.0),
        *a_run(CRAFT, begin - 60, begin - 3, lon=-90.15, sog=9.0),
        *a_run(CRAFT, begin, end, lon=-90.0 + apart, sog=0.5, **fields),
        *a_run(CRAFT, end + 3, end + 90, lon=-90.0, lat=3.02, sog=9.0),
    ]


def test_a_meeting_is_given_out_within_minutes_and_ended_with_the_same_id(a_run, detected, minute):
    opened, ended = detected(Rendezvous(), meeting(a_run, 100, 151))
    assert (opened.kind, opened.mmsis, opened.status) == ("rendezvous", (SHIP, CRAFT), "open")
    assert opened.started_at == minute(100)
    assert minute(120) <= opened.detected_at <= minute(125)
    assert (ended.id, ended.status) == (opened.id, "ended")
    assert ended.ended_at == minute(151)
    assert ended.detected_at == opened.detected_at


def test_midnight_changes_nothing(a_run, detected, minute):
    day = detected(Rendezvous(), meeting(a_run, 700, 740))
    night = detected(Rendezvous(), meeting(a_run, 1420, 1460))
    assert [(e.started_at - minute(700), e.status) for e in day] == [
        (e.started_at - minute(1420), e.status) for e in night
    ]
    assert len(night) == 2


def test_a_meeting_shorter_than_twenty_minutes_is_none(a_run, detected):
    assert detected(Rendezvous(), meeting(a_run, 100, 115)) == []


def test_six_hundred_metres_are_too_far(a_run, detected):
    assert detected(Rendezvous(), meeting(a_run, 100, 150, apart=2 * NEAR)) == []


def test_ships_that_pass_slowly_are_no_meeting(a_run, detected):
    rows = [*a_run(SHIP, 0, 120, sog=2.5), *a_run(CRAFT, 0, 120, lon=-89.96, sog=0.0)]
    assert detected(Rendezvous(), rows) == []


def test_a_silence_of_half_an_hour_within_the_meeting_is_bridged(a_run, detected, minute):
    rows = [
        row
        for row in meeting(a_run, 100, 180)
        if row["mmsi"] != CRAFT or not minute(108) < row["reported_at"] < minute(136)
    ]
    events = detected(Rendezvous(), rows)
    assert {event.started_at for event in events} == {minute(100)}
    assert events[-1].ended_at >= minute(178)


def test_reports_every_quarter_of_an_hour_are_enough(a_run, detected, minute):
    rows = [r for r in meeting(a_run, 100, 160)
            if (r["reported_at"] - minute(0)) // 60_000_000 % 15 < 3]  # fmt: skip
    assert [event.kind for event in detected(Rendezvous(), rows)] == ["rendezvous"] * 2


@pytest.mark.parametrize("ship_type", [31, 33, 50, 51, 52])
def test_craft_that_work_alongside_others_do_not_count(a_run, a_static, detected, ship_type):
    statics = [a_static(CRAFT, ship_type)]
    assert detected(Rendezvous(), meeting(a_run, 100, 150), statics) == []


def test_an_event_is_retracted_when_the_craft_turns_out_to_be_a_tug(a_run, a_static, detected):
    opened, last = detected(Rendezvous(), meeting(a_run, 100, 180), [a_static(CRAFT, 52, 140)])
    assert (opened.status, last.status, last.id) == ("open", "retracted", opened.id)


def test_two_ships_at_anchor_are_no_meeting(a_run, detected):
    assert detected(Rendezvous(), meeting(a_run, 100, 150, nav_status=1)) == []


def test_near_a_port_nothing_is_a_meeting(a_run, detected):
    rows = [*a_run(SHIP, 0, 90, lon=-79.5, lat=8.84), *a_run(CRAFT, 0, 90, lon=-79.501, lat=8.84)]
    assert detected(Rendezvous(), rows) == []


@settings(max_examples=20, deadline=None)
@given(bearing=st.floats(0, 360), apart_m=st.floats(20, 450), lon=st.sampled_from([-150.0, 180.0]))
def test_where_the_craft_lies_changes_nothing_even_across_180(bearing, apart_m, lon):
    # Fixtures do not mix with Hypothesis' many examples, so this one builds its detector by hand.
    from ingest.batch import ReportBatch
    from ingest.picture import Picture

    beside = destination(lon, 20.0, bearing, apart_m / 1852)
    n = 26
    at = np.repeat(np.arange(n // 2) * 120_000_000, 2)
    batch = ReportBatch.of(
        mmsi=[SHIP, CRAFT] * (n // 2), reported_at=at, received_at=at,
        lon=[lon, float(beside[0])] * (n // 2), lat=[20.0, float(beside[1])] * (n // 2),
        sog=[0.0] * n, cog=[0.0] * n, heading=[0.0] * n, rot=[0.0] * n, nav_status=[0] * n,
        msg_type=[1] * n, source=[None] * n,
    )  # fmt: skip
    picture, detector = Picture(), Rendezvous()
    events = []
    for row in range(0, n, 2):
        part = batch.take(np.arange(row, row + 2))
        slots = picture.apply(part)
        detector.observe(picture, slots, part)
        events += detector.tick(picture, int(at[row]) + 60_000_000)
    (event,) = events
    assert abs((event.lon - lon + 180) % 360 - 180) < 0.01


def test_rendezvous_parameters_must_be_positive():
    with pytest.raises(BadInputError, match="range_m"):
        RendezvousParams(range_m=-1)
