import pytest

from risk.detect.loitering import Loitering, LoiteringParams
from sea.errors import BadInputError

SHIP = 235000001
MINUTE = 60_000_000


def drift(a_run, begin, end, *, sog=1.0, **fields):
    return [
        *a_run(SHIP, begin - 30, begin - 3, lon=-90.1, sog=12.0),
        *a_run(SHIP, begin, end, sog=sog, **fields),
        *a_run(SHIP, end + 3, end + 60, lon=-89.94, sog=12.0),
    ]


def test_two_hours_adrift_far_out_are_loitering(a_run, detected, minute):
    opened, ended = detected(Loitering(), drift(a_run, 60, 240))
    assert (opened.kind, opened.status, opened.mmsis) == ("loitering", "open", (SHIP,))
    assert opened.started_at == minute(60)
    assert minute(180) <= opened.detected_at <= minute(185)
    assert (ended.id, ended.ended_at) == (opened.id, minute(240))
    assert ended.evidence["mean_sog_kn"] == pytest.approx(1.0, abs=0.05)
    assert not ended.evidence["fishing"]


def test_less_than_two_hours_are_none(a_run, detected):
    assert detected(Loitering(), drift(a_run, 60, 170)) == []


def test_two_and_a_half_knots_are_sailing(a_run, detected):
    assert detected(Loitering(), drift(a_run, 60, 240, sog=2.5)) == []


def test_a_drift_of_half_a_day_is_one_event(a_run, detected, minute):
    opened, ended = detected(Loitering(), a_run(SHIP, 0, 720, sog=1.5) + a_run(
        SHIP, 723, 800, lon=-89.69, sog=12.0))  # fmt: skip
    assert opened.id == ended.id
    assert ended.ended_at == minute(720)


def test_a_short_run_of_the_engine_does_not_end_it(a_run, detected, minute):
    rows = [
        *a_run(SHIP, 0, 150, sog=0.5),
        *a_run(SHIP, 153, 168, lon=-89.97, sog=6.0),
        *a_run(SHIP, 171, 300, lon=-89.95, sog=0.5),
    ]
    (event,) = detected(Loitering(), rows)
    assert (event.status, event.started_at) == ("open", minute(0))


@pytest.mark.parametrize("nav_status", [1, 5])
def test_a_ship_at_anchor_does_not_loiter(a_run, detected, nav_status):
    assert detected(Loitering(), drift(a_run, 60, 240, sog=0.2, nav_status=nav_status)) == []


def test_within_twelve_miles_of_the_shore_nobody_loiters(a_run, detected):
    assert detected(Loitering(), a_run(SHIP, 0, 240, lon=-79.5, lat=8.8, sog=0.5)) == []


def test_a_fishing_vessel_is_kept_but_marked(a_run, a_static, detected):
    statics = [a_static(SHIP, 30)]
    events = detected(Loitering(), drift(a_run, 60, 240), statics)
    assert [event.evidence["fishing"] for event in events] == [True, True]
    assert events[0].confidence < detected(Loitering(), drift(a_run, 60, 240))[0].confidence


def test_sparse_satellite_passes_carry_it_on(a_run, detected, minute):
    (event,) = detected(Loitering(), a_run(SHIP, 0, 400, sog=0.8, every=50.0))
    assert (event.status, event.started_at) == ("open", minute(0))


def test_between_satellite_passes_the_start_is_reckoned(a_run, a_report, detected, minute):
    under_way = a_report(SHIP, 0, lon=-90.1, sog=12.0)  # six miles, half an hour off
    (event,) = detected(Loitering(), [under_way, *a_run(SHIP, 50, 200, sog=0.2, every=50.0)])
    assert event.started_at == pytest.approx(minute(30), abs=MINUTE / 2)
    assert minute(150) <= event.detected_at <= minute(152)


def test_a_ship_never_heard_under_way_starts_where_first_heard_slow(
    a_run, a_report, detected, minute
):
    (event,) = detected(Loitering(), a_run(SHIP, 50, 200, sog=0.2, every=50.0))
    assert event.started_at == minute(50)
    lying = a_report(SHIP, 0, sog=0.0, nav_status=1)
    (event,) = detected(Loitering(), [lying, *a_run(SHIP, 50, 200, sog=0.2, every=50.0)])
    assert event.started_at == minute(50)


def test_a_start_is_not_reckoned_beyond_the_first_slow_fix(a_run, a_report, detected, minute):
    far = a_report(SHIP, 0, lon=-90.5, sog=12.0)  # further than she sails in the time
    (event,) = detected(Loitering(), [far, *a_run(SHIP, 50, 200, sog=0.2, every=50.0)])
    assert event.started_at == minute(50)


def test_a_state_from_before_starts_were_reckoned_is_taken(a_run, detected):
    loitering = Loitering()
    detected(loitering, a_run(SHIP, 0, 60))
    state = loitering.state()
    del state["sog"]
    again = Loitering()
    again.restore(state)
    assert again.state()["began"].tolist() == loitering.state()["began"].tolist()


def test_what_is_due_minutes_after_a_slow_fix_does_not_wait_for_the_next(a_run, detected, minute):
    rows = a_run(SHIP, 0, 114, sog=0.2) + a_run(SHIP, 160, 180, sog=0.2)
    other = a_run(235000009, 0, 180, lon=-80.0, sog=12.0)
    (event,) = detected(Loitering(), [*rows, *other])
    assert minute(120) <= event.detected_at <= minute(121)


def test_what_was_told_too_soon_is_retracted(a_run, detected):
    rows = [*a_run(SHIP, 0, 114, sog=0.2), *a_run(SHIP, 125, 160, lon=-89.9, sog=12.0)]
    opened, taken_back = detected(Loitering(), rows)
    assert (opened.status, taken_back.status) == ("open", "retracted")
    assert taken_back.id == opened.id
    assert taken_back.evidence["reason"]


def test_a_slow_fix_holds_ten_minutes_only(a_run, detected):
    rows = [*a_run(SHIP, 0, 105, sog=0.2), *a_run(SHIP, 125, 160, lon=-89.9, sog=12.0)]
    assert detected(Loitering(), rows) == []


def test_a_long_silence_ends_it_at_the_last_fix(a_run, detected, minute):
    other = a_run(235000009, 0, 400, lon=-80.0, sog=12.0)
    opened, ended = detected(Loitering(), [*a_run(SHIP, 0, 150, sog=0.5), *other])
    assert (opened.status, ended.status, ended.ended_at) == ("open", "ended", minute(150))


def test_loitering_parameters_must_be_positive():
    with pytest.raises(BadInputError, match="hours"):
        LoiteringParams(hours=0)
