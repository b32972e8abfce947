import random

import numpy as np
import pytest

from api.view import View, within


def put(view, document, *, originator="XC", releasable_to=("*",)):
    view.assessed([dict(document=document, originator=originator, releasable_to=releasable_to)])


def happen(view, event_id, *mmsis, status="open", timeline="live", releasable_to=("*",)):
    document = dict(
        id=event_id, mmsis=[f"{m:09d}" for m in mmsis], status=status,
        started_at="2026-03-01T12:00:00Z",
    )  # fmt: skip
    view.happened(
        [dict(timeline=timeline, document=document, originator="XC", releasable_to=releasable_to)]
    )


def listed(view, principal, **where):
    return [int(v["mmsi"]) for v in view.vessels(principal, **where).items]


@pytest.fixture
def view(make):
    view = View()
    view.apply(make.reports(1, 2, 3, 4), make.no_statics)
    return view


def test_the_list_goes_by_the_higher_band_then_the_other_then_values(view, make):
    put(view, make.assessment(1, band="low", coercion=0.9))
    put(view, make.assessment(2, band="elevated", low="severe", smuggling=80))
    put(view, make.assessment(3, band="severe", low="low", coercion=0.02))
    put(view, make.assessment(4, band="severe", low="low", coercion=0.03))
    assert listed(view, make.officer()) == [2, 4, 3, 1]
    assert listed(view, make.officer(), min_band="severe") == [2, 4, 3]


def test_an_older_assessment_does_not_replace_a_newer(view, make):
    put(view, make.assessment(1, at="2026-03-01T13:00:00Z", coercion=0.5))
    put(view, make.assessment(1, at="2026-03-01T12:00:00Z", coercion=0.1))
    assert view.vessel(1, make.officer())["coercion"]["probability"] == 0.5


def test_a_newer_assessment_that_is_withheld_does_not_hide_the_older_one(view, make):
    put(view, make.assessment(1, at="2026-03-01T12:00:00Z", coercion=0.1))
    put(view, make.assessment(1, at="2026-03-01T13:00:00Z", coercion=0.5), releasable_to=("US",))
    assert view.vessel(1, make.officer())["coercion"]["probability"] == 0.1
    assert view.vessel(1, make.officer(nation="US"))["coercion"]["probability"] == 0.5


def test_an_assessment_alone_makes_no_vessel_appear(view, make):
    put(view, make.assessment(9))
    assert view.vessel(9, make.officer()) is None
    assert view.counts(make.officer())["vessels"] == 4
    view.apply(make.reports(9), make.no_statics)
    assert view.vessel(9, make.officer())["coercion"] is not None


def test_search_finds_mmsi_name_call_sign_and_imo_in_any_case(make):
    view = View()
    view.apply(
        make.reports(200000001),
        make.static(200000002, name="ÑANDÚ", callsign="XCAB7", imo=9074729),
    )
    officer = make.officer()
    assert listed(view, officer, q="0001") == [200000001]
    for q in ("ñandú", "xcab", "9074729", "imo9074729", "200000002"):
        assert listed(view, officer, q=q) == [200000002]
    view.apply(make.reports(200000001), make.static(200000001, name="RENAMED"))
    assert listed(view, officer, q="renamed") == [200000001]


def test_a_vessel_without_a_position_is_listed_but_lies_in_no_box(make):
    view = View()
    view.apply(make.reports(), make.static(7, name="SHY"))
    assert view.vessel(7, make.officer())["position"] is None
    assert listed(view, make.officer()) == [7]
    assert listed(view, make.officer(), bbox=(-180.0, -90.0, 180.0, 90.0)) == []


def test_a_box_may_cross_the_antimeridian():
    lon, lat = np.array([179.0, -179.0, 0.0, np.nan]), np.zeros(4)
    assert within(lon, lat, (170.0, -1.0, -170.0, 1.0)).tolist() == [True, True, False, False]
    assert within(lon, lat, (-1.0, -1.0, 1.0, 1.0)).tolist() == [False, False, True, False]


def test_an_open_event_shows_on_its_vessels_until_it_ends(view, make):
    officer = make.officer()
    happen(view, "e", 1, 2)
    assert view.vessel(1, officer)["open_events"] == ["e"]
    assert view.frame(officer)["flags"].tolist() == [1, 1, 0, 0]
    assert view.counts(officer)["open_events"] == 1
    happen(view, "e", 1, 2, status="ended")
    assert view.vessel(1, officer)["open_events"] == []
    assert view.frame(officer)["flags"].tolist() == [0, 0, 0, 0]


def test_the_newest_plan_that_may_be_seen_is_the_current_one(view, make):
    officer = make.officer()
    assert view.plan_revision(officer) == 0
    view.planned({"id": 1, **make.plan()})
    first = view.plan_revision(officer)
    later = make.plan(made_at=make.noon.replace(hour=13), releasable_to=["US"])
    view.planned({"id": 2, **later})
    assert view.plan(officer)["id"] == 1
    assert view.plan_revision(officer) == first
    assert view.plan(make.officer(nation="US"))["id"] == 2
    assert view.plan(make.officer(nation="US", role="port_authority")) is None


def test_cursors_walk_the_whole_list_while_ships_are_reassessed(make):
    chance = random.Random(1)
    view, officer = View(), make.officer()
    view.apply(make.reports(*range(1, 301)), make.no_statics)
    for mmsi in range(1, 301):
        put(view, make.assessment(mmsi, coercion=chance.choice([0.1, 0.2]), band="high"))
    seen, cursor = [], None
    while True:
        page = view.vessels(officer, limit=7, cursor=cursor)
        seen += [int(v["mmsi"]) for v in page.items]
        done = [m for m in range(1, 301) if m not in seen]
        for mmsi in done[-2:]:  # falls further behind, and so is met later, once
            put(view, make.assessment(mmsi, coercion=0.05, band="low"))
        cursor = page.next
        if cursor is None:
            break
    assert len(seen) == len(set(seen)) == 300


def test_a_frame_is_in_its_units_and_unknown_is_65535(make):
    view = View()
    view.apply(
        make.reports(1, lon=-90.1234567, lat=-10.0, heading=make.nan, cog=359.94),
        make.no_statics,
    )
    put(view, make.assessment(1, band="severe", low="elevated"))
    (row,) = view.frame(make.officer())
    assert row["lon"] == -901234567
    assert row["reported_at"] == make.noon_us // 1_000_000
    assert (row["sog"], row["cog"], row["heading"]) == (123, 3599, 65535)
    assert (row["coercion_band"], row["smuggling_band"]) == (4, 2)
