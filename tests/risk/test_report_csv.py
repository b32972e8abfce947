import pytest
from hypothesis import given
from hypothesis import strategies as st

from risk.grade import Grade
from risk.incident import Activity
from risk.report_csv import read_reports
from sea.errors import BadInputError
from sea.instants import parse_utc

NOON = parse_utc("2024-12-13T12:00:00Z")


def only(text, **options):
    (draft,), refused = read_reports(text, **options)
    assert refused == []
    return draft


def test_our_own_columns_are_read():
    draft = only(
        "at,lon,lat,kind,activity,ship,imo,mmsi,grade,source,reference,position_uncertainty_nm,"
        "at_uncertainty_h,narrative\n2024-12-13T20:35:00Z,-77.2,-12.0,robbery,anchored,ALPHA,"
        "9074729,200000001,B2,port,7,0.5,1,Five men\n"
    )
    assert (draft.kind, draft.activity) == ("robbery", Activity.ANCHORED)
    assert (draft.ship.name, draft.ship.imo, draft.ship.mmsi) == ("ALPHA", 9074729, 200000001)
    assert draft.grade == Grade(reliability="B", credibility=2)
    assert (draft.within_nm, draft.within_h) == (0.5, 1.0)
    assert draft.at == parse_utc("2024-12-13T20:35:00Z")


def test_the_table_of_the_imb_with_its_position_and_time_in_the_narration_is_read():
    draft = only(
        "Attack Number,Narrations,Date of Incident\n"
        '110-24,"13.12.2024: 2035 UTC: Posn: 05:31.17S – 105:18.15W, Some Anchorage.\n'
        'Robbers boarded an anchored bulk carrier.",13.12.2024\n'
    )
    assert draft.at == parse_utc("2024-12-13T20:35:00Z")
    assert draft.lat == pytest.approx(-(5 + 31.17 / 60))
    assert draft.lon == pytest.approx(-(105 + 18.15 / 60))
    assert (draft.kind, draft.reference, draft.within_h) == ("boarding", "110-24", 0.0)


def test_the_columns_of_asam_are_read():
    draft = only(
        "Reference,Date,Latitude,Longitude,Position,NavArea,Subreg,Hostility,Victim,Description\n"
        "2024-110,2024-12-13,-5.5,-105.3,,XI,71,Attempted boarding,Bulk carrier,Two skiffs\n"
    )
    assert (draft.kind, draft.reference, draft.at) == ("attempted_boarding", "2024-110", NOON)
    assert draft.within_h == 12.0
    assert draft.ship.name == ""


def test_the_columns_of_crime_at_sea_are_read():
    draft = only(
        "date,time,longitude,latitude,attack_type,eez_country,shore_distance,vessel_type,"
        "vessel_status\n2018-12-01,06:30 UTC,-64.7,10.25,Boarded,VEN,2.8,Tanker,Anchored\n"
    )
    assert draft.at == parse_utc("2018-12-01T06:30:00Z")
    assert (draft.kind, draft.activity) == ("boarding", Activity.ANCHORED)


def test_degrees_minutes_and_seconds_are_read():
    draft = only('date,position\n2024-12-13,"2°22\'30""S 80°01\'W"\n')
    assert draft.lat == pytest.approx(-2.375)
    assert draft.lon == pytest.approx(-(80 + 1 / 60))


def test_source_and_grade_of_the_upload_stand_where_a_line_has_none():
    draft = only("date,lon,lat\n2024-12-13,1,1\n", source="ReCAAP", grade=Grade(reliability="A"))
    assert draft.source == "ReCAAP"
    assert draft.grade.code == "A6"


def test_bad_lines_are_named_with_their_field_and_the_rest_is_kept():
    drafts, refused = read_reports(
        "date,lon,lat,imo,grade\n03/04/2026,1,1,,\n2026-01-01,x,1,,\n2026-01-01,1,91,,\n"
        "2026-01-01,1,1,9074720,\n2026-01-01,1,1,,G2\n2026-01-01,1,1,9074729,A1\n"
    )
    assert len(drafts) == 1
    assert [(r.line, r.field) for r in refused] == [
        (2, "at"), (3, "position"), (4, "position"), (5, "imo"), (6, "grade"),
    ]  # fmt: skip


def test_a_file_that_says_neither_when_nor_where_is_refused():
    for text, field in (("lon,lat\n1,1\n", "at"), ("date\n2026-01-01\n", "position"), ("", "at")):
        with pytest.raises(BadInputError) as refused:
            read_reports(text)
        assert refused.value.field == field


@given(st.text())
def test_no_text_breaks_the_reader(text):
    try:
        drafts, refused = read_reports("date,lon,lat,position,kind,narrative\n" + text)
    except BadInputError:
        return
    assert len(drafts) + len(refused) <= text.count("\n") + text.count("\r") + 1
