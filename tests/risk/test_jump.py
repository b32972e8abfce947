import numpy as np
import pytest

from risk.detect.jump import Jump, JumpParams
from risk.detect.rendezvous import Rendezvous
from risk.engine import Engine
from sea.errors import BadInputError

SHIP = 235000001


def away(a_run, begin, end, nm=100.0, *, lon=-90.0, every=3.0, **fields):
    """Three hours eastward at 12 kn, displaced by `nm` to the north from `begin` to `end`."""
    rows = a_run(SHIP, 0, 180, lon=lon, sog=12.0, every=every, **fields)
    first = rows[0]["reported_at"]
    return [
        {**row, "lat": row["lat"] + nm / 60}
        if begin * 6e7 <= row["reported_at"] - first <= end * 6e7
        else row
        for row in rows
    ]


def kinds(events):
    return [(event.kind, event.status) for event in events]


def test_a_ship_reported_elsewhere_and_back_is_one_jump(a_run, detected, minute):
    opened, ended = detected(Jump(), away(a_run, 60, 120))
    assert (opened.kind, opened.mmsis, opened.status) == ("jump", (SHIP,), "open")
    assert opened.started_at == minute(60)
    assert opened.detected_at == minute(70)  # the third later fix is of minute 69
    assert opened.evidence["distance_nm"] == pytest.approx(100, abs=0.2)
    assert opened.evidence["implied_sog_kn"] == pytest.approx(2000, abs=4)
    assert (ended.id, ended.status, ended.ended_at) == (opened.id, "ended", minute(120))
    assert ended.evidence["after"] == "returned"


def test_a_jump_held_by_two_later_fixes_only_is_none(a_run, detected):
    assert detected(Jump(), away(a_run, 60, 66)) == []
    assert kinds(detected(Jump(), away(a_run, 60, 69))) == [("jump", "open"), ("jump", "ended")]


@pytest.mark.parametrize("nm", [5, 60, 500, 5000])
def test_single_bad_fixes_are_no_jump(a_run, detected, nm):
    rows = away(a_run, 60, 60, nm)
    rows[40] = {**rows[40], "lat": rows[40]["lat"] - nm / 60}
    assert detected(Jump(), rows) == []


def test_a_bad_fix_far_off_while_she_is_away_changes_nothing(a_run, detected, minute):
    rows = away(a_run, 60, 120)
    rows[30] = {**rows[30], "lon": -20.0}
    opened, ended = detected(Jump(), rows)
    assert (opened.started_at, ended.ended_at) == (minute(60), minute(120))


def test_what_could_be_sailed_at_forty_knots_is_no_jump(a_run, detected):
    assert detected(Jump(), away(a_run, 60, 120, nm=2.0)) == []
    assert detected(Jump(), away(a_run, 60, 120, nm=9.0, every=15.0)) == []


def test_a_fast_craft_that_says_so_does_not_jump(a_run, detected):
    rows = a_run(SHIP, 0, 60, sog=60.0, every=5.0)
    assert detected(Jump(), rows) == []
    assert len(detected(Jump(), [{**row, "sog": 10.0} for row in rows])) == 0  # never held


def test_a_ship_that_stays_is_believed_after_half_a_day(a_run, detected, minute):
    rows = [*a_run(SHIP, 0, 60, sog=12.0), *a_run(SHIP, 63, 900, lat=10.0, sog=12.0)]
    opened, ended = detected(Jump(), rows)
    assert opened.started_at == minute(63)
    assert (ended.status, ended.evidence["after"]) == ("ended", "stayed")
    assert minute(775) <= ended.ended_at <= minute(781)


def test_two_tracks_by_turns_nearer_than_a_clone_retract_the_jump(a_run, detected):
    rows = [*a_run(SHIP, 0, 60, every=1.0), *a_run(SHIP, 66, 180, every=6.0),
            *a_run(SHIP, 61, 180, lat=3.5, every=1.1)]  # fmt: skip
    assert kinds(detected(Jump(), rows)) == [("jump", "open"), ("jump", "retracted")]


def test_the_first_fixes_of_a_ship_may_be_bad(a_run, detected):
    rows = [*a_run(SHIP, 0, 6, lat=40.0), *a_run(SHIP, 9, 90, sog=12.0)]
    assert detected(Jump(), rows) == []


def test_across_180_nothing_jumps(a_run, detected):
    rows = a_run(SHIP, 0, 180, lon=179.8, sog=12.0)
    wrapped = [{**row, "lon": (row["lon"] + 180) % 360 - 180} for row in rows]
    assert detected(Jump(), wrapped) == []


def test_where_a_ship_is_displaced_no_other_detector_sees_her(a_run, reports, a_static, minute):
    class Places:
        kinds = ()

        def __init__(self):
            self.seen, self.heard = [], 0

        def observe(self, picture, slots, batch):
            self.seen += batch.lat[np.isfinite(batch.lat)].tolist()
            self.heard += len(batch)
            return []

        def tick(self, picture, now_us):
            return []

        finish = tick

    places = Places()
    engine = Engine([places, Rendezvous()])
    rows = away(a_run, 60, 120)
    engine.take("feed", reports(*rows), type(a_static(1, 1)).empty(), minute(200))
    assert set(places.seen) == {3.0}
    assert places.heard == len(rows)
    assert engine.counts["doubtful"] == 21
    assert engine.picture.lat[engine.picture.slot_of(SHIP)] == 3.0


def test_jump_parameters_must_be_positive():
    with pytest.raises(BadInputError, match="least_nm"):
        JumpParams(least_nm=0)
