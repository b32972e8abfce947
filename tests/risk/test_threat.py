import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from risk.along import Track
from risk.assessment import PassageRisk
from risk.hazard import HazardField
from risk.incident import Activity
from risk.report import IncidentReport, merge
from risk.threat import ThreatParams, beside, passages_along, threatened
from sea.instants import parse_utc
from sea.units import DAY_US, HOUR_US

NOW = parse_utc("2026-03-01T12:00:00Z")
FIELD = HazardField.fit()
LON, LAT = -98.0, 12.0


def a_passage(mmsi=200000001, lon=LON, lat=LAT, sog=0.0, steps=144):
    hours = np.arange(1, steps + 1) / 2
    east = lon + sog * hours / 60
    field = FIELD.at_rows(FIELD.rows(east, np.full(steps, lat)), np.zeros(steps, np.int64))
    return PassageRisk(
        mmsi=mmsi, eta=NOW + (hours * HOUR_US).astype(np.int64), spread_s=np.zeros(steps),
        lon=east, lat=np.full(steps, lat), sog=np.full(steps, sog), risk=field.mean / 2,
    )  # fmt: skip


def steps_of(passages, moored=()):
    mmsi = np.array([p.mmsi for p in passages])
    track = Track(*(np.array([getattr(p, name) for p in passages]) for name in Track._fields))
    return passages_along(mmsi, np.isin(mmsi, moored), track)


def incidents(*reports):
    return merge(
        IncidentReport(**dict(id=f"r{i}", kind="boarding", at=NOW - HOUR_US, lon=LON, lat=LAT) | r)
        for i, r in enumerate(reports)
    )


def added(*reports, passages=None, now=NOW):
    steps, became = steps_of([a_passage()] if passages is None else passages)
    found, share = incidents(*reports), np.zeros(len(steps.risk))
    there = beside(steps, found, FIELD)
    told, share[there.rows] = threatened(there, FIELD, found, now)
    return told, share[became]


def test_an_incident_raises_a_ship_near_it_and_no_other():
    near, far = a_passage(1), a_passage(2, lon=-120.0)
    found, more = added({}, passages=(near, far))
    assert set(found) == {1}
    assert found[1].amount == pytest.approx((near.risk * more[:144]).sum())
    assert (more[144:] == 0).all()
    assert {t.code for t in found[1].told} == {"reported", "live_threat"}
    assert found[1].told[0].report_ids == ("r0",)
    assert found[1].told[0].text.startswith("Boarding ")
    assert found[1].low < found[1].amount < found[1].high


def test_a_ship_is_raised_where_she_is_going():
    found, more = added({}, passages=(a_passage(lon=LON - 5, sog=12.0),))
    assert found
    assert more[0] == 0
    assert 20 < np.argmax(more) < 80


def test_after_a_week_an_incident_is_no_live_threat_and_after_years_it_is_forgotten():
    fresh, old = added({})[0], added({"at": NOW - 8 * DAY_US})[0]
    assert [t.code for t in old[200000001].told] == ["reported"]
    assert old[200000001].amount < fresh[200000001].amount
    assert added({"at": NOW - 1000 * DAY_US})[0] == {}


def test_an_incident_of_later_is_not_known_but_one_just_ahead_of_the_picture_is():
    assert added({"at": NOW + 2 * HOUR_US})[0] == {}
    assert added({"at": NOW + HOUR_US // 2})[0] != {}


def test_a_retracted_incident_adds_nothing():
    assert added({"retracted": True})[0] == {}


def test_no_incident_or_no_passage_adds_nothing():
    assert added()[0] == {}
    assert added({}, passages=(a_passage(steps=0),))[0] == {}


def test_a_moored_ship_is_at_berth_until_she_sails():
    passage = a_passage(steps=4)
    passage.sog[2] = 12.0
    steps, became = steps_of([passage], moored=[200000001])
    assert steps.activity[became].tolist() == [
        Activity.BERTHED, Activity.BERTHED, Activity.UNDER_WAY, Activity.ANCHORED,
    ]  # fmt: skip


def test_steps_spent_in_one_place_are_one_with_all_their_risk():
    passages = [a_passage(1), a_passage(2), a_passage(3, sog=10.0)]
    steps, became = steps_of(passages)
    assert steps.ship.tolist() == [0, 1, *[2] * 144]
    assert became.tolist() == [*[0] * 144, *[1] * 144, *range(2, 146)]
    assert steps.risk[0] == pytest.approx(passages[0].risk.sum())
    assert steps.whole == pytest.approx([p.risk.sum() for p in passages])


def test_the_steps_of_some_ships_give_them_what_all_steps_give():
    passages = [a_passage(i, lon=LON + i / 20) for i in range(1, 6)]
    steps, found = steps_of(passages)[0], incidents({})
    whole = threatened(beside(steps, found, FIELD), FIELD, found, NOW)[0]
    some = beside(steps.of(np.array([1, 3])), found, FIELD)
    part = threatened(some, FIELD, found, NOW)[0]
    assert set(whole) == {1, 2, 3, 4, 5}
    assert part == {mmsi: whole[mmsi] for mmsi in (2, 4)}


@settings(max_examples=25, deadline=None)
@given(
    st.lists(
        st.tuples(st.floats(-99, -97), st.floats(11, 13), st.floats(0, 60), st.integers(0, 800)),
        max_size=5,
    )
)
def test_all_that_the_raised_field_raises_is_found_by_the_coarse_search(told):
    reports = [
        {"lon": x, "lat": y, "within_nm": nm, "at": NOW - d * DAY_US - HOUR_US}
        for x, y, nm, d in told
    ]
    passages = [a_passage(i, lon=-99.5 + i / 4, lat=12 + i / 8 - 1) for i in range(1, 14)]
    steps, found = steps_of(passages)[0], incidents(*reports)
    there, share = beside(steps, found, FIELD), np.zeros(len(steps.risk))
    share[there.rows] = threatened(there, FIELD, found, NOW, ThreatParams(live=1.0))[1]
    raised = FIELD.with_reports([i.counted() for i in found], NOW)
    cells = FIELD.cells_of(steps.lon.astype(float), steps.lat.astype(float))
    after = raised.at_rows(raised.rows_of(cells), steps.activity).mean
    ratio = after / FIELD.at_rows(FIELD.rows_of(cells), steps.activity).mean
    np.testing.assert_allclose(share, np.maximum(ratio - 1, 0), atol=1e-15, rtol=1e-9)


def test_steps_beside_other_incidents_change_nothing_of_what_is_told():
    passages = [a_passage(i, lon=LON + i / 2) for i in range(9)]
    one, both = incidents({}), incidents({}, {"lon": LON + 4, "at": NOW - 9 * DAY_US})
    steps, _ = steps_of(passages)
    narrow = threatened(beside(steps, one, FIELD), FIELD, one, NOW)[0]
    wide = threatened(beside(steps, both, FIELD), FIELD, one, NOW)[0]
    assert narrow == wide
    assert narrow
