import pytest

from risk.detect.coverage import Coverage
from risk.detect.gap import Gap, GapParams
from sea.errors import BadInputError

SILENT, WITNESS = 235000001, 235000002


def kinds(events):
    return [(event.kind, event.status) for event in events]


def witness(a_run, *, lon=-89.9, sog=12.0, until=900.0):
    return a_run(WITNESS, 0, until, lon=lon, sog=sog)


def test_a_silence_of_over_six_hours_beside_a_ship_that_is_heard_is_a_gap(a_run, detected, minute):
    rows = [*a_run(SILENT, 0, 60, sog=12.0), *witness(a_run)]
    (event,) = detected(Gap(), rows)
    assert (event.kind, event.status, event.mmsis) == ("gap", "open", (SILENT,))
    assert event.started_at == minute(60)
    assert event.ended_at is None
    assert minute(420) < event.detected_at <= minute(422)
    assert event.evidence["state"] == "silent"


def test_a_gap_that_ends_says_where_and_what_the_distance_leaves_unexplained(a_run, detected):
    again = a_run(SILENT, 540, 600, lon=-88.4, sog=12.0)
    opened, ended = detected(Gap(), [*a_run(SILENT, 0, 60, sog=12.0), *again, *witness(a_run)])
    assert opened.id == ended.id
    assert ended.evidence["state"] == "resumed"
    assert ended.evidence["hours"] == 8.0
    assert ended.evidence["distance_nm"] == pytest.approx(83.9, abs=0.5)
    assert ended.evidence["slack_h"] == pytest.approx(8 - 83.9 / 12, abs=0.1)


def test_a_gap_under_the_threshold_is_not_an_event(a_run, detected):
    again = a_run(SILENT, 410, 600, lon=-88.9, sog=12.0)
    assert detected(Gap(), [*a_run(SILENT, 0, 60, sog=12.0), *again, *witness(a_run)]) == []


def test_silence_where_nobody_is_heard_is_no_gap(a_run, detected):
    rows = [*a_run(SILENT, 0, 60, sog=12.0), *witness(a_run, lon=-80.0)]
    assert detected(Gap(), rows) == []


def test_silence_in_company_is_no_gap(a_run, detected):
    rows = [*a_run(SILENT, 0, 60, sog=12.0), *witness(a_run)]
    for n in range(3):
        rows += a_run(235000010 + n, 0, 58 + n, lon=-90.02, sog=12.0)
    assert detected(Gap(), rows) == []


def test_a_ship_that_sails_out_of_coverage_is_no_gap(a_run, detected):
    behind = a_run(WITNESS, 0, 900, lon=-89.95, sog=0.0)
    assert detected(Gap(), [*a_run(SILENT, 0, 60, sog=12.0), *behind]) == []


@pytest.mark.parametrize("still", [dict(nav_status=1, sog=0.6), dict(nav_status=5), dict(sog=0.1)])
def test_a_vessel_at_rest_that_falls_silent_is_no_gap(a_run, detected, still):
    rows = [*a_run(SILENT, 0, 60, **still), *witness(a_run, lon=-90.05, sog=0.0)]
    assert detected(Gap(), rows) == []


def test_a_vessel_heard_rarely_must_be_silent_for_five_times_as_long(a_run, detected):
    rarely = a_run(SILENT, 0, 900, sog=0.7, every=90.0)
    assert detected(Gap(), [*rarely, *a_run(WITNESS, 0, 1340, lon=-89.9, sog=0.7)]) == []
    longer = a_run(WITNESS, 0, 1370, lon=-89.9, sog=0.7)
    assert kinds(detected(Gap(), [*rarely, *longer])) == [("gap", "open")]


def test_gap_parameters_must_be_positive():
    with pytest.raises(BadInputError, match="witness_nm"):
        GapParams(witness_nm=0)


def test_a_receiver_that_goes_quiet_is_a_coverage_loss_and_blames_nobody(a_run, detected, minute):
    far = a_run(WITNESS, 0, 400, lon=-70.0, source="elsewhere")
    rows = []
    for n in range(5):
        for begin, end in ((0, 120), (240, 400)):
            rows += a_run(235000010 + n, begin, end, lon=-90 + n / 10, source="station")
    lost, regained = detected(Coverage(), [*rows, *far])
    assert (lost.kind, lost.mmsis, lost.status) == ("coverage_lost", (), "open")
    assert lost.started_at == minute(120)
    assert minute(150) <= lost.detected_at <= minute(185)
    assert (regained.status, regained.ended_at) == ("ended", minute(240))
    assert lost.evidence["receiver"] == "station"


def test_a_receiver_whose_ships_have_sailed_on_is_not_lost(a_run, detected):
    far = a_run(WITNESS, 0, 400, lon=-70.0, source="elsewhere")
    rows = []
    for n in range(5):
        rows += a_run(235000010 + n, 0, 120, lon=-90 + n / 10, sog=16.0, source="station")
    assert detected(Coverage(), [*rows, *far]) == []


def test_a_receiver_whose_ships_a_neighbour_hears_is_not_lost(a_run, detected):
    rows = []
    for n in range(4):
        rows += a_run(235000010 + n, 0, 120, lon=-90 + n / 10, source="station")
        rows += a_run(235000010 + n, 123, 400, lon=-90 + n / 10, source="neighbour")
    assert detected(Coverage(), rows) == []


def test_satellites_have_no_coverage_to_lose(a_run, detected):
    rows = a_run(WITNESS, 0, 400, lon=-70.0, source="elsewhere")
    for n in range(4):
        rows += a_run(235000010 + n, 0, 120, lon=-90 + 8 * n, source="satellite")
    assert detected(Coverage(), rows) == []


def test_the_silence_of_a_dead_receivers_ship_where_another_hears_others_is_no_gap(a_run, detected):
    hers = a_run(SILENT, 0, 60, sog=12.0, source="north")
    others = [dict(row, source="south") for row in witness(a_run)]
    assert detected(Gap(), [*hers, *others]) == []
    far = a_run(235000003, 0, 400, lon=-60.0, source="north")
    assert kinds(detected(Gap(), [*hers, *others, *far])) == [("gap", "open")]


def test_a_receiver_is_alive_by_copies_of_what_others_heard_first(a_run, detected):
    hers = a_run(SILENT, 0, 60, sog=12.0, source="south")
    copies = [dict(row, source="south") for row in witness(a_run)]
    firsts = [dict(row, source="north") for row in witness(a_run)]
    assert kinds(detected(Gap(), [*hers, *copies, *firsts])) == [("gap", "open")]
