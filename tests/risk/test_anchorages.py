"""Anchorages: learnt where many ships lie for long, and what becomes quiet there."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest import snapshot
from ingest.batch import StaticBatch
from risk.detect.anchorages import Anchorages
from risk.detect.loitering import Loitering
from risk.detect.rendezvous import Rendezvous
from risk.detect.stop import Stop, StopParams
from risk.detectors import standard_detectors
from risk.engine import Engine

SHIP = 235000001
ROAD = (-90.0, 3.0)
"""Far from every port and shore."""


@pytest.fixture
def lain(a_run, detected):
    """A detector of stops that has seen ships lie in the road for some hours each."""

    def see(ships=20, hours=13, **fields):
        stop = Stop()
        rows = [row for number in range(ships)
                for row in a_run(SHIP + 10 + number, number, 60 * hours + number,
                                 lat=3.0 + 0.0005 * number, every=30.0, **fields)]  # fmt: skip
        detected(stop, rows)
        return stop.anchorages

    return see


def test_where_twenty_ships_lay_half_a_day_is_an_anchorage(lain):
    assert lain().away_nm(*ROAD) < 2.5
    assert len(lain(ships=19)) == 0
    assert len(lain(hours=11.5)) == 0


def test_one_ship_that_comes_twenty_times_makes_none():
    anchorages = Anchorages()
    for day in range(20):
        anchorages.note(SHIP, *ROAD, day, 20)
    assert len(anchorages) == 0


def test_a_fleet_that_fishes_makes_none(lain):
    assert len(lain(nav_status=7)) == 0


def test_ships_that_drift_make_none(a_run, detected):
    stop = Stop(StopParams(learnt_vessels=1))
    detected(stop, a_run(SHIP, 0, 800, sog=0.4))
    assert len(stop.anchorages) == 0


def test_half_a_day_is_told_however_seldom_a_ship_is_heard(a_run, detected):
    for every in (2.0, 50.0):
        stop = Stop(StopParams(learnt_vessels=1))
        detected(stop, a_run(SHIP, 0, 700, every=every))
        assert len(stop.anchorages) == 0
        detected(stop, a_run(SHIP + 1, 0, 760, every=every))
        assert len(stop.anchorages) == 1


def test_a_stop_says_that_it_is_in_a_learnt_anchorage(a_run, detected, lain):
    stop, rows = Stop(), a_run(SHIP, 0, 90)
    assert detected(stop, rows)[0].evidence["where"] == "open_sea"
    stop = Stop()
    stop.anchorages = lain()
    assert detected(stop, rows)[0].evidence["where"] == "anchorage"


def test_ships_that_wait_in_a_learnt_anchorage_do_not_loiter(a_run, detected, lain):
    loitering, rows = Loitering(), a_run(SHIP, 0, 180, sog=0.3)
    assert [e.kind for e in detected(loitering, rows)] == ["loitering"]
    loitering = Loitering()
    loitering.anchorages = lain()
    assert detected(loitering, rows) == []
    assert len(detected(loitering, a_run(SHIP + 1, 0, 180, lon=-90.2, sog=0.3))) == 1


@pytest.mark.parametrize(("off_deg", "meetings"), [(0.0, 0), (0.1, 0), (0.25, 1)])
def test_ships_meet_ten_miles_from_learnt_anchorages(a_run, detected, lain, off_deg, meetings):
    rendezvous = Rendezvous()
    rendezvous.anchorages = lain()
    rows = [*a_run(SHIP, 0, 40, lon=-90.0 - off_deg, sog=0.3),
            *a_run(SHIP + 1, 0, 40, lon=-90.001 - off_deg, sog=0.3)]  # fmt: skip
    assert len(detected(rendezvous, rows)) == meetings


def test_the_standard_detectors_share_what_is_learnt():
    shared = [d.anchorages for d in standard_detectors() if hasattr(d, "anchorages")]
    assert len(shared) == 3
    assert all(anchorages is shared[0] for anchorages in shared)


def test_an_anchorage_on_the_antimeridian_is_near_from_both_sides():
    anchorages = Anchorages()
    anchorages.note(SHIP, 179.99, 52.0, 0, 1)
    assert (anchorages.away_nm([179.98, -179.98], [52.0, 52.0]) < 4).all()


def test_no_anchorage_is_near_an_unknown_position():
    anchorages = Anchorages()
    anchorages.note(SHIP, *ROAD, 0, 1)
    assert anchorages.away_nm([np.nan, ROAD[0]], [3.0, np.nan]).tolist() == [np.inf, np.inf]


def test_a_restart_leaves_no_trace(lain):
    stop = Stop()
    stop.anchorages = lain()
    stop.anchorages.note(SHIP, 10.0, 50.0, 5, 20)
    again = Stop()
    again.restore(snapshot.unpack(snapshot.pack(stop.state())))
    assert snapshot.pack(again.state()) == snapshot.pack(stop.state())
    assert again.anchorages.away_nm(*ROAD) == stop.anchorages.away_nm(*ROAD)


def test_a_restored_engine_tells_all_that_ask():
    engine = Engine(standard_detectors())
    learnt = next(d for d in engine.detectors if isinstance(d, Stop)).anchorages
    learnt.note(SHIP, *ROAD, 0, 1)
    again = Engine(standard_detectors())
    again.restore(snapshot.unpack(snapshot.pack(engine.state())))
    for detector in again.detectors:
        if isinstance(detector, Stop | Loitering | Rendezvous):
            assert len(detector.anchorages) == 1


def test_a_state_from_before_anchorages_is_taken():
    old = Stop().state()
    del old["anchorages"]
    stop = Stop()
    stop.restore(old)
    assert len(stop.anchorages) == 0


def test_no_more_cells_are_kept_than_asked_the_oldest_go():
    anchorages = Anchorages(cells=10)
    for number in range(11):
        anchorages.note(SHIP, float(number), 50.0, number, 2)
    kept = anchorages.state()["lain"]
    assert len(kept) == 9
    assert kept[:, 2].min() == 2


@pytest.mark.parametrize("batch", [1, 17])
def test_batches_and_restarts_change_no_event(a_run, reports, batch):
    rows = [*(row for n in range(3) for row in a_run(SHIP + n, n, 300, lat=3.0 + n / 1000)),
            *a_run(SHIP + 8, 200, 500, lon=-90.01, sog=0.1),
            *a_run(SHIP + 9, 100, 500, lon=-90.3, sog=0.1)]  # fmt: skip
    rows.sort(key=lambda row: row["reported_at"])
    learnt, whole = told(reports, rows, len(rows), restarts=False)
    assert learnt == 1
    told_before_learnt, elsewhere = {SHIP, SHIP + 1}, SHIP + 9
    loitered = {event.mmsis[0] for event in whole if event.kind == "loitering"}
    assert loitered == {*told_before_learnt, elsewhere}
    assert told(reports, rows, batch, restarts=True) == (learnt, whole)


def told(reports, rows, batch, *, restarts):
    """Anchorages learnt and events of ships that need lie only two hours, two at a time."""
    params = {"stop": {"learnt_vessels": 2, "learnt_hours": 2}}
    engine, events = Engine(standard_detectors(params)), []
    for low in range(0, len(rows), batch):
        part = rows[low : low + batch]
        events += engine.take("feed", reports(*part), StaticBatch.empty(), part[-1]["reported_at"])
        if restarts and low // batch % 50 == 7:
            state = snapshot.unpack(snapshot.pack(engine.state()))
            engine = Engine(standard_detectors(params))
            engine.restore(state)
    events += engine.finish()
    stop = next(d for d in engine.detectors if isinstance(d, Stop))
    return len(stop.anchorages), events


@settings(max_examples=50, deadline=None)
@given(st.permutations([(SHIP + n % 7, -90.0 + 0.2 * (n % 3), n) for n in range(30)]))
def test_the_order_of_stops_changes_nothing(stops):
    anchorages, expected = Anchorages(), Anchorages()
    for mmsi, lon, at in stops:
        anchorages.note(mmsi, lon, 3.0, at, 8)
    for mmsi, lon, at in sorted(stops):
        expected.note(mmsi, lon, 3.0, at, 8)
    assert snapshot.pack(anchorages.state()) == snapshot.pack(expected.state())
