import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.batch import ReportBatch, StaticBatch
from risk.detect.identity_change import IdentityChange, IdentityChangeParams
from risk.detect.spelling import same_name
from risk.engine import Engine
from sea.errors import BadInputError

SHIP, OTHER = 235000001, 538000002
IMO, ANOTHER_IMO, WRONG_IMO = 9074729, 9319466, 9074728
NAME, CALLSIGN = "PACIFIC TRADER", "MABC1"
DAY = 1440.0


@pytest.fixture
def says(a_static):
    """Static messages of an MMSI, each minute of a list."""

    def said(mmsi, *minutes, imo=IMO, name=NAME, callsign=CALLSIGN, msg_type=5):
        rows = [a_static(mmsi, 70, m) for m in minutes]
        fields = dict(imo=imo, name=name, callsign=callsign, msg_type=msg_type)
        columns = {n: [fields.get(n, getattr(row, n)[0]) for row in rows]
                   for n in StaticBatch.dtypes()}  # fmt: skip
        return StaticBatch.of(**columns)

    return said


@pytest.fixture
def found(a_run, detected):
    """Events of ships under way that say these things: SHIP, and OTHER from an hour on."""

    def events(*statics, ship_until=600, other_from=605, other_lon=-90.0, rows=()):
        sailed = [*a_run(SHIP, 0, ship_until, every=6), *rows,
                  *a_run(OTHER, other_from, other_from + 600, lon=other_lon, every=6)]  # fmt: skip
        return detected(IdentityChange(), sailed, statics)

    return events


def test_another_number_and_flag_under_the_same_imo_number_is_a_change(says, found, minute):
    opened, event = found(says(SHIP, 6, 12), says(OTHER, 606, 612))
    assert (event.kind, event.mmsis, event.status) == ("identity_change", (SHIP, OTHER), "ended")
    assert (opened.id, opened.status, opened.ended_at) == (event.id, "open", None)
    assert event.started_at == event.ended_at == minute(606)
    assert event.detected_at == opened.detected_at == minute(607)
    assert event.evidence["changed"] == ["mmsi", "flag"]
    assert (event.evidence["flag_before"], event.evidence["flag_after"]) == ("GB", "MH")


def test_another_name_under_the_same_imo_number_is_a_change(says, found, minute):
    *_, event = found(says(SHIP, 6, 12), says(SHIP, 100, 106, 112, name="GOLDEN DAWN"))
    assert (event.mmsis, event.started_at) == ((SHIP,), minute(100))
    assert event.evidence["changed"] == ["name"]
    assert (event.evidence["name_before"], event.evidence["name_after"]) == (NAME, "GOLDEN DAWN")


def test_another_imo_number_under_the_same_mmsi_is_a_change(says, found):
    *_, event = found(says(SHIP, 6, 12), says(SHIP, 100, 106, imo=ANOTHER_IMO))
    assert event.evidence["changed"] == ["imo"]


def test_an_imo_number_without_its_check_digit_means_nothing(says, found):
    assert found(says(SHIP, 6, 12), says(SHIP, 100, 106, imo=WRONG_IMO)) == []
    assert found(says(SHIP, 6, 12, imo=WRONG_IMO), says(OTHER, 606, 612, imo=WRONG_IMO)) == []


def test_without_an_imo_number_name_and_call_sign_must_change_together(says, found):
    new = dict(name="GOLDEN DAWN", imo=0)
    assert found(says(SHIP, 6, 12, imo=0), says(SHIP, *range(100, 160, 6), **new)) == []
    assert found(says(SHIP, 6, 12, imo=0), says(SHIP, 100, 106, imo=0, callsign="V7XY2")) == []
    *_, event = found(says(SHIP, 6, 12, imo=0), says(SHIP, 100, 106, callsign="V7XY2", **new))
    assert event.evidence["changed"] == ["name", "callsign"]


def test_a_class_b_unit_that_sends_its_parts_apart_must_have_changed_both(says, found):
    known = [says(SHIP, 6, 12, imo=0, callsign=None, msg_type=24),
             says(SHIP, 6.1, 12.1, imo=0, name=None, msg_type=24)]  # fmt: skip
    names = says(SHIP, *range(100, 160, 6), imo=0, name="GOLDEN DAWN", callsign=None, msg_type=24)
    signs = says(SHIP, 100.1, 106.1, 112.1, imo=0, name=None, callsign="V7XY2", msg_type=24)
    assert found(*known, names) == []
    event = found(*known, names, signs)[-1]
    assert event.status == "ended"
    assert event.evidence["changed"] == ["name", "callsign"]


def test_what_the_next_message_denies_is_retracted_and_from_then_must_be_said_twice(says, found):
    statics = says(SHIP, 6, 12, 106, 118, 124), says(SHIP, 100, 112, name="GOLDEN DAWN")
    opened, last = found(*statics)
    assert (opened.status, last.status, last.id) == ("open", "retracted", opened.id)
    assert last.evidence["reason"] == "the next message said otherwise"


def test_copies_of_one_message_do_not_confirm_it(says, found):
    copies = says(SHIP, 100, 100.1, 100.2, name="GOLDEN DAWN")
    assert [event.status for event in found(says(SHIP, 6, 12), copies)] == ["open"]


def test_two_numbers_on_the_air_with_one_imo_number_are_no_change(says, found):
    assert found(says(SHIP, 6, 12), says(OTHER, 106, 112), other_from=100) == []


def test_a_number_that_is_heard_again_retracts_the_change(says, found, a_run):
    again = a_run(SHIP, 800, 860, every=6)
    opened, _, last = found(says(SHIP, 6, 12), says(OTHER, 606, 612), rows=again)
    assert (opened.id, last.status) == (last.id, "retracted")
    assert last.evidence["reason"] == "both numbers are on the air"


def test_a_name_that_comes_back_retracts_the_change(says, found):
    events = found(says(SHIP, 6, 12, 200, 206), says(SHIP, 100, 106, name="GOLDEN DAWN"))
    assert [event.status for event in events] == ["open", "ended", "retracted"]


def test_a_number_too_far_away_to_be_the_same_ship_is_none(says, found):
    assert found(says(SHIP, 6, 12), says(OTHER, 606, 612), other_lon=-60.0) == []


def test_after_ninety_days_nothing_is_compared(says, found):
    late = 91 * DAY
    assert found(says(SHIP, 6, 12), says(OTHER, late, late + 6), other_from=late) == []


def test_a_number_shared_by_two_ships_says_nothing(says, found, a_run):
    twin = a_run(SHIP, 3, 600, lat=40.0, every=7)
    assert found(says(SHIP, 60, 66), says(SHIP, 100, 106, name="GOLDEN DAWN"), rows=twin) == []


@pytest.mark.parametrize(
    "spelt",
    ["PACIFIC TRADER@@", "MV PACIFIC TRADER", "M/V PACIFIC TRADER", "PACIFICTRADER",
     "PACIFIC-TRADER", "PACIFIC TRADERR", "PACIFIC TRDAER", "pacific trader", "PACFIC TRADR"],
)  # fmt: skip
def test_a_name_spelt_differently_is_the_same(says, found, spelt):
    assert found(says(SHIP, 6, 12), says(SHIP, *range(100, 160, 6), name=spelt)) == []


@pytest.mark.parametrize(
    ("one", "other"),
    [("BARGE 12", "BARGE 13"), ("EVER GIVEN", "EVER GOLDEN"), ("OCEAN STAR", "OCEAN QUEEN")],
)
def test_sister_craft_do_not_have_the_same_name(one, other):
    assert not same_name(one, other)


@given(one=st.text("ABC 12", min_size=1, max_size=9), other=st.text("ABC 12", max_size=9))
def test_being_the_same_name_goes_both_ways(one, other):
    assert same_name(one, one)
    assert same_name(one, other) == same_name(other, one)


def test_a_restored_detector_goes_on_without_a_trace(says, a_run, reports, minute):
    rows = reports(*a_run(SHIP, 0, 90), *a_run(OTHER, 95, 300))
    statics = StaticBatch.concat([says(SHIP, 6, 12), says(OTHER, 96, 102, 108),
                                  says(OTHER, 200, 206, imo=ANOTHER_IMO)])  # fmt: skip
    nothing = ReportBatch.empty(), StaticBatch.empty()
    for stop in (8, 97, 98, 103, 202, 250):
        whole, first, second = (Engine([IdentityChange()]) for _ in range(3))
        expected = whole.take("feed", rows, statics, minute(400))
        found = first.take("feed", rows, statics, minute(stop))
        second.restore(first.state())
        found += second.take("feed", *nothing, minute(400))
        assert found == expected
        assert len(found) == 4
        np.testing.assert_equal(second.state(), whole.state())


def test_identity_change_parameters_must_be_positive():
    with pytest.raises(BadInputError, match="days"):
        IdentityChangeParams(days=0)
