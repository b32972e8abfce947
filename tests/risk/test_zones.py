from dataclasses import replace

import numpy as np
import pytest
import shapely

from ingest import snapshot
from risk.detect.zones import Zones, ZonesParams
from sea.errors import BadInputError
from sea.zones import Zone, builtin_zones

SHIP = 235000001
SQUARE = Zone(id="SQ", name="Square", kind="watch", nation=None,
              polygon=shapely.box(-90.0, 2.0, -89.0, 4.0))  # fmt: skip
HALF = Zone(id="HALF", name="Half", kind="closed", nation="EC",
            polygon=shapely.box(-90.0, 3.0, -89.0, 4.0))  # fmt: skip


def crossings(detected, rows, zones=(SQUARE,)):
    events = detected(Zones(zones=zones), rows)
    assert all(e.started_at == e.ended_at and e.status == "ended" for e in events)
    return [(event.kind, tuple(event.evidence["zones"])) for event in events]


def test_a_ship_that_crosses_a_zone_enters_and_leaves_once(a_run, detected):
    rows = a_run(SHIP, 0, 600, lon=-90.5, lat=2.5, sog=14.0)
    assert crossings(detected, rows) == [("zone_entry", ("SQ",)), ("zone_exit", ("SQ",))]


def test_zones_entered_with_one_fix_are_one_event(a_run, detected):
    rows = a_run(SHIP, 0, 300, lon=-90.5, lat=3.5, sog=14.0)
    assert crossings(detected, rows, (SQUARE, HALF)) == [("zone_entry", ("SQ", "HALF"))]


def test_where_a_ship_is_first_heard_is_no_entry(a_run, detected):
    assert crossings(detected, a_run(SHIP, 0, 60, lon=-89.5, lat=2.5, sog=1.0)) == []


def test_a_track_along_the_border_does_not_flicker(a_report, detected):
    off = 0.1 / 60
    rows = [
        a_report(SHIP, minute, lon=-90.0 + (off if minute % 2 else -off), lat=3.0)
        for minute in range(60)
    ]
    assert crossings(detected, rows) == [("zone_entry", ("SQ",))]


def test_leaving_is_told_beyond_the_hysteresis(a_report, detected, minute):
    west = [-89.99, -90.001, -90.003, -90.004, -90.006]
    rows = [a_report(SHIP, n, lon=lon, lat=3.0) for n, lon in enumerate(west)]
    (event,) = detected(Zones(zones=(SQUARE,)), rows)
    assert (event.kind, event.started_at) == ("zone_exit", minute(3))


def test_a_snapshot_of_other_zones_is_refused():
    with pytest.raises(BadInputError, match="other zones"):
        Zones(zones=(SQUARE,)).restore(Zones(zones=(HALF,)).state())


def test_the_built_in_zones_are_watched_by_default(detected, a_run):
    middle = builtin_zones()[0].polygon.centroid
    rows = a_run(SHIP, 0, 240, lon=middle.x - 0.5, lat=middle.y, sog=10.0)
    assert "zone_entry" in {event.kind for event in detected(Zones(), rows)}


def test_hysteresis_must_be_positive():
    with pytest.raises(BadInputError, match="hysteresis"):
        ZonesParams(hysteresis_nm=float(np.nan))


def test_zones_given_are_watched_beside_its_own_ones(a_run, detected):
    detector = Zones(zones=(SQUARE,))
    detector.give((HALF,))
    events = detected(detector, a_run(SHIP, 0, 300, lon=-90.5, lat=3.5, sog=14.0))
    assert [e.evidence["zones"] for e in events] == [["SQ", "HALF"]]
    assert detector.given == (HALF,)


def test_who_lies_in_a_zone_when_it_is_drawn_has_not_entered_it_and_leaves_it(a_run, detected):
    rows = a_run(SHIP, 0, 300, lon=-89.9, lat=2.5, sog=14.0)
    detector = Zones(zones=())
    assert detected(detector, rows[:60]) == []
    detector.give((SQUARE,))
    events = detected(detector, rows[60:])
    assert [e.kind for e in events] == ["zone_exit"]


def test_a_zone_gives_events_while_it_is_valid(a_run, detected, minute):
    rows = a_run(SHIP, 0, 600, lon=-90.5, lat=2.5, sog=14.0)
    early, late = (replace(SQUARE, valid_from=minute(a), valid_until=minute(b))
                   for a, b in ((0, 200), (200, 900)))  # fmt: skip
    assert crossings(detected, rows, (early,)) == [("zone_entry", ("SQ",))]
    assert crossings(detected, rows, (late,)) == [("zone_exit", ("SQ",))]


def test_zones_given_and_who_is_in_them_are_in_the_snapshot():
    detector = Zones(zones=(SQUARE,))
    detector.give((replace(HALF, valid_from=5, valid_until=9),))
    again = Zones(zones=(SQUARE,))
    again.restore(snapshot.unpack(snapshot.pack(detector.state())))
    assert again.given == detector.given
