from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from risk.incident import (
    Activity,
    Incident,
    figures_of,
    local_hour,
    packaged_figures,
    read_incidents,
)
from sea.errors import BadInputError
from sea.instants import parse_utc
from sea.units import DAY_US, HOUR_US

NOW = parse_utc("2019-01-01")
ROOT = Path(__file__).parents[2]
FACTS = ROOT.parent / "shared" / "facts"


def an_incident(at_us=NOW - DAY_US, lon=-77.2, lat=-12.0, activity=Activity.ANCHORED):
    return Incident(at_us=at_us, time_known=True, lon=lon, lat=lat, activity=activity)


def test_the_columns_of_the_crime_at_sea_database_are_read():
    text = (
        "date,time,longitude,latitude,attack_type,eez_country,shore_distance,vessel_type,"
        "vessel_status\n2018-12-01,06:30 UTC,-64.7,10.25,Boarded,VEN,2.8,Tanker,Anchored\n"
    )
    (incident,), rejected = read_incidents(text)
    assert incident.at_us == parse_utc("2018-12-01T06:30:00Z")
    assert incident.time_known
    assert incident.activity == Activity.ANCHORED
    assert rejected == {}


def test_a_time_that_does_not_say_utc_is_not_taken_for_it():
    (incident,), _ = read_incidents("date,time,lon,lat\n2018-12-01,06:30,-64.7,10.25\n")
    assert not incident.time_known
    assert incident.at_us == parse_utc("2018-12-01T12:00:00Z")


def test_columns_of_other_lists_are_known_by_name_in_any_order():
    frame = pd.DataFrame(
        {"Latitude": [1.0], "Date of Occurrence": ["2020-05-01T03:00Z"], "Longitude": [-80.0]}
    )
    (incident,), _ = read_incidents(frame)
    assert (incident.lon, incident.lat) == (-80.0, 1.0)
    assert incident.activity is None


def test_bad_rows_are_counted_by_reason_and_the_rest_is_kept():
    text = "date,lon,lat\n2018-01-01,x,1\nnever,1,1\n2018-01-01,1,91\n2018-01-01,1,1\n"
    found, rejected = read_incidents(text)
    assert len(found) == 1
    assert rejected == {"position": 2, "date": 1}


def test_a_missing_column_is_named():
    with pytest.raises(BadInputError, match="no column for lat"):
        read_incidents("date,lon\n2018-01-01,1\n")


def test_the_packaged_figures_hold_all_191_incidents_of_nine_years():
    figures = packaged_figures()
    assert figures.per_year * figures.years == pytest.approx(191)
    assert figures.hours.sum() == 53
    assert "10.5334/johd.39" in figures.source


def test_the_packaged_figures_are_those_that_the_tool_draws():
    if not (FACTS / "incidents_americas_1993_2018.csv").exists():
        pytest.skip("the facts are not beside the project")
    spec = spec_from_file_location("draw", ROOT / "tools" / "draw_hazard_figures.py")
    tool = module_from_spec(spec)
    spec.loader.exec_module(tool)
    drawn = tool.draw((FACTS / "incidents_americas_1993_2018.csv").read_text("utf-8"))
    for frame, name in zip(drawn, ("hazard_prior.csv", "hazard_hours.csv"), strict=True):
        packaged = (ROOT / "risk" / "data" / name).read_text("utf-8")
        assert frame.to_csv(index=False, lineterminator="\n") == packaged


def test_four_of_five_incidents_are_between_22_and_04_local():
    hours = packaged_figures().hours
    assert hours[[22, 23, 0, 1, 2, 3]].sum() / hours.sum() == pytest.approx(0.8, abs=0.03)


def test_every_row_of_the_real_reports_is_used():
    if not (FACTS / "incidents_americas_1993_2018.csv").exists():
        pytest.skip("the facts are not beside the project")
    found, rejected = read_incidents(
        (FACTS / "incidents_americas_1993_2018.csv").read_text("utf-8")
    )
    assert (len(found), rejected) == (712, {})
    assert sum(i.time_known for i in found) == 53


def test_an_incident_after_the_time_asked_for_is_not_used():
    old, new = an_incident(), an_incident(at_us=NOW + DAY_US, lon=-40.0)
    assert figures_of([old, new], NOW, 5.0).lon.tolist() == [-77.2]


def test_no_incident_at_all_is_an_error():
    with pytest.raises(BadInputError):
        figures_of([], NOW, 5.0)


def test_a_steady_stream_keeps_its_rate_whatever_the_half_life():
    stream = [an_incident(at_us=NOW - day * DAY_US) for day in range(36, 7300, 73)]
    rates = [figures_of(stream, NOW, half_life).per_year for half_life in (0.5, 5.0, 50.0)]
    assert rates == pytest.approx([5.0, 5.0, 5.0], rel=0.1)


@given(st.floats(-180, 180), st.integers(0, 2**50))
def test_local_hour_is_a_day_long_and_moves_with_longitude(lon, at_us):
    hour = float(local_hour(at_us, lon))
    assert 0 <= hour < 24
    later = float(local_hour(at_us + HOUR_US, lon))
    assert (later - hour) % 24 == pytest.approx(1, abs=1e-6)


def test_night_off_guayaquil_is_at_six_utc():
    assert np.isclose(local_hour(parse_utc("2018-01-01T06:00Z"), -80.0), 0.667, atol=0.01)
