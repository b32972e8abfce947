import numpy as np
import pytest

from ingest.batch import StaticBatch
from risk.detect.bad_identity import BadIdentity, BadIdentityParams, fault
from risk.detectors import standard_detectors
from risk.engine import Engine
from sea.errors import BadInputError


@pytest.mark.parametrize(
    ("mmsi", "what"),
    [(0, "default"), (123456789, "default"), (999999999, "default"), (1193046, "default"),
     (100000000, "impossible"), (5244, "impossible"), (290000001, "no country"),
     (412123456, "filler"), (273000000, "filler"), (413666666, "filler"),
     (235000001, None), (2320001, None), (111232001, None), (992350001, None)],
)  # fmt: skip
def test_a_number_is_at_fault_by_its_form(mmsi, what):
    assert fault(mmsi) == what


def test_a_number_nobody_set_is_reported_once_however_often_it_is_heard(a_run, detected, minute):
    opened, ended = detected(BadIdentity(), [*a_run(123456789, 10, 600, sog=9.0),
                                             *a_run(235000001, 0, 2400)])  # fmt: skip
    assert (opened.kind, opened.mmsis, opened.status) == ("bad_identity", (123456789,), "open")
    assert (opened.started_at, opened.detected_at) == (minute(10), minute(14))
    assert opened.evidence["fault"] == "default"
    assert (ended.id, ended.ended_at) == (opened.id, minute(598))


def test_two_units_with_one_number_far_apart_are_two_events(a_run, detected):
    rows = [*a_run(111111111, 0, 90, lon=-90), *a_run(111111111, 1, 90, lon=-70)]
    assert len({event.id for event in detected(BadIdentity(), rows)}) == 2


def test_a_number_heard_once_may_be_garbled_and_base_stations_are_not_ships(a_run, detected):
    rows = [*a_run(5244, 0, 0), *a_run(0, 0, 90, msg_type=4), *a_run(0, 0, 90, msg_type=21)]
    assert detected(BadIdentity(), rows) == []


def test_a_number_nobody_set_is_neither_clone_nor_jump(a_run, reports, minute):
    rows = [*a_run(123456789, 0, 300, lon=-90), *a_run(123456789, 1, 300, lon=-70)]
    engine = Engine(standard_detectors())
    events = engine.take("feed", reports(*rows), StaticBatch.empty(), minute(400))
    assert {event.kind for event in events} == {"bad_identity"}


def test_a_restored_detector_goes_on_without_a_trace(a_run, reports, minute):
    rows = reports(*a_run(123456789, 0, 300), *a_run(0, 1, 300, lon=-70))
    whole, first, second = (Engine([BadIdentity()]) for _ in range(3))
    expected = whole.take("feed", rows, StaticBatch.empty(), minute(3000))
    found = first.take("feed", rows, StaticBatch.empty(), minute(2))
    second.restore(first.state())
    found += second.take("feed", rows.take(np.zeros(0, int)), StaticBatch.empty(), minute(3000))
    assert found == expected
    assert len(found) == 4


def test_bad_identity_parameters_must_be_positive():
    with pytest.raises(BadInputError, match="place_nm"):
        BadIdentityParams(place_nm=0)
