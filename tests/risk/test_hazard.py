import subprocess
import sys

import h3
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from risk.hazard import HOURS_PER_YEAR, RING_AREA_NM2, HazardField, HazardParams
from risk.hazard_map import cells_in, worst_cells
from risk.hazard_raster import look_up, raster_of
from risk.incident import Activity, Incident, packaged_figures
from sea.errors import BadInputError
from sea.instants import parse_utc
from sea.units import DAY_US

NOW = parse_utc("2026-03-01")
FIELD = HazardField.fit()
GUAYAQUIL, CALLAO, GUANTA, MID_OCEAN = (
    (-80.0, -2.37), (-77.19, -12.03), (-64.72, 10.25), (-120.0, 0.0),
)  # fmt: skip


def rate(place, hour=1.0, activity=Activity.ANCHORED, field=FIELD):
    found = field.rate(np.array([place[0]]), np.array([place[1]]), np.array([hour]),
                       np.array([activity]))  # fmt: skip
    return float(found.low[0]), float(found.mean[0]), float(found.high[0])


def a_report(place, days_ago=1, activity=Activity.ANCHORED):
    return Incident(at_us=NOW - days_ago * DAY_US, time_known=True, lon=place[0], lat=place[1],
                    activity=activity)  # fmt: skip


@pytest.mark.parametrize("place", [GUAYAQUIL, CALLAO, GUANTA])
def test_night_at_anchor_in_a_known_place_is_far_above_mid_ocean_by_day(place):
    assert rate(place)[1] > 1000 * rate(MID_OCEAN, hour=13, activity=Activity.UNDER_WAY)[1]


def test_at_anchor_is_worse_than_at_berth_off_callao():
    assert rate(CALLAO)[1] > 3 * rate(CALLAO, activity=Activity.BERTHED)[1]


def test_the_rate_falls_with_distance_from_a_place():
    away = [rate((CALLAO[0] - d, CALLAO[1]))[1] for d in (0, 0.25, 0.4, 1.0)]
    assert away == sorted(away, reverse=True)
    assert away[0] > 20 * away[-1]


def test_the_hour_factors_average_to_one():
    assert FIELD.hours.mean() == pytest.approx(1.0)
    assert FIELD.hours[[22, 23, 0, 1, 2, 3]].mean() > 5 * FIELD.hours[6:20].mean()


@given(st.floats(-180, 180), st.floats(-85, 85), st.floats(0, 23.99), st.integers(0, 2))
def test_everywhere_the_mean_lies_inside_its_interval(lon, lat, hour, activity):
    low, mean, high = rate((lon, lat), hour, activity)
    assert 0 <= low < mean < high


def test_the_cells_of_the_region_sum_to_the_packaged_incidents_a_year():
    boxes = [cells_in(FIELD, (x - 1, y - 1, x + 1, y + 1)) for x, y in
             zip(packaged_figures().lon, packaged_figures().lat, strict=True)]  # fmt: skip
    places = pd.concat(boxes).drop_duplicates("cell")
    assert places["incidents_per_year"].sum() == pytest.approx(173 / 9, rel=0.1)
    assert (places["low"] < places["incidents_per_year"]).all()
    assert (places["incidents_per_year"] < places["high"]).all()


def test_elsewhere_sums_to_what_is_in_no_group():
    ships = FIELD.ring_ships * RING_AREA_NM2[:, None] * HOURS_PER_YEAR
    assert (FIELD.mean[-1] * ships).sum() == pytest.approx(19.5 / 9, rel=0.01)


def test_a_port_without_incidents_is_held_worse_than_the_open_sea():
    boxes = {"Halifax": (-64.2, 44.2, -63.2, 44.9), "the open sea": (-121, -1, -119, 1)}
    cells = {name: cells_in(FIELD, box) for name, box in boxes.items()}
    worst = {n: (c["incidents_per_year"] / c["area_nm2"]).max() for n, c in cells.items()}
    assert worst["Halifax"] > 20 * worst["the open sea"]


def test_cells_on_land_are_left_out_and_coastal_ones_have_their_sea_part():
    cells = cells_in(FIELD, (-71.0, -2.0, -69.0, 0.0))
    assert len(cells) == 0
    coast = cells_in(FIELD, (-77.5, -12.5, -76.8, -11.8))
    assert 0 < coast["area_nm2"].min() < coast["area_nm2"].max() < 90


def test_a_box_across_the_date_line_is_the_sum_of_its_halves():
    both = cells_in(FIELD, (179.0, -1.0, -179.0, 1.0))
    halves = [
        cells_in(FIELD, (179.0, -1.0, 180.0, 1.0)),
        cells_in(FIELD, (-180.0, -1.0, -179.0, 1.0)),
    ]
    assert set(both["cell"]) == set(pd.concat(halves)["cell"])


def test_a_box_upside_down_is_refused():
    with pytest.raises(BadInputError):
        cells_in(FIELD, (0.0, 10.0, 10.0, 0.0))


def test_hotspots_are_closed_polygons_in_order_of_rank():
    spots = worst_cells(FIELD, top=20)["features"]
    yearly = [s["properties"]["incidents_per_year"] for s in spots]
    assert len(spots) == 20
    assert yearly == sorted(yearly, reverse=True)
    assert all(s["geometry"]["coordinates"][0][0] == s["geometry"]["coordinates"][0][-1]
               for s in spots)  # fmt: skip


@settings(max_examples=25, deadline=None)
@given(st.floats(-100, -40), st.floats(-40, 30), st.integers(1, 900), st.sampled_from(Activity))
def test_a_report_raises_its_place_and_lowers_none(lon, lat, days_ago, activity):
    place = (lon, lat)
    field = HazardField.fit(at_us=NOW, reports=[a_report(place, days_ago, activity)])
    assert rate(place, activity=activity, field=field)[1] > rate(place, activity=activity)[1]
    far = (lon + 10, lat)
    assert rate(far, field=field)[1] >= rate(far)[1] * (1 - 1e-12)


def test_a_report_fades_and_one_from_the_future_is_not_known():
    fresh, old, future = (
        HazardField.fit(at_us=NOW, reports=[a_report(MID_OCEAN, days)]) for days in (1, 720, -1)
    )
    assert rate(MID_OCEAN, field=fresh)[1] > rate(MID_OCEAN, field=old)[1] > rate(MID_OCEAN)[1]
    assert rate(MID_OCEAN, field=future) == rate(MID_OCEAN)


def test_the_same_figures_give_the_same_bytes():
    again = HazardField.fit()
    for name in ("cells", "mean", "shape", "ship_hours", "hours"):
        assert getattr(again, name).tobytes() == getattr(FIELD, name).tobytes()


def test_parameters_that_make_no_sense_are_refused():
    with pytest.raises(BadInputError):
        HazardParams(spread_nm=0)


def test_the_command_writes_the_published_columns(tmp_path):
    reports, out = tmp_path / "incidents.csv", tmp_path / "cells.csv"
    reports.write_text("date,lon,lat,activity\n2018-01-01,-90.75,13.9,anchored\n2019,bad,1,\n")
    command = [sys.executable, "-m", "api.cli", "hazard", "--incidents", str(reports),
               "--bbox=-92,12,-90,15", "--out", str(out)]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    assert "incidents=1 rejected=1 position=1" in done.stderr
    cells = pd.read_csv(out)
    rates = [f"per_ship_hour_{activity.name.lower()}" for activity in Activity]
    assert list(cells) == ["cell", "lon", "lat", "area_nm2", "incidents_per_year", "low", "high",
                           *rates]  # fmt: skip
    assert len(cells) > 50
    peak = cells.loc[cells["incidents_per_year"].idxmax()]
    assert abs(peak["lon"] + 90.75) < 0.2


def test_the_raster_finds_the_row_of_a_place_but_within_half_a_mile_of_a_border():
    field, random = HazardField.fit(), np.random.default_rng(0)
    raster = raster_of(field)
    lat, lon = np.array([h3.cell_to_latlng(h3.int_to_str(c)) for c in field.cells.tolist()]).T
    lat, lon = lat + random.normal(0, 0.07, len(lat)), lon + random.normal(0, 0.07, len(lon))
    found = np.array([look_up(raster, *place)[0] for place in zip(lon, lat, strict=True)])
    plain = field.rows(lon, lat)
    off = np.flatnonzero(found != plain)
    assert len(off) < 0.08 * len(lat)
    for i in off.tolist():
        around = np.linspace(0, 2 * np.pi, 16)
        x = lon[i] + np.cos(around) * 0.5 * np.sqrt(2) / 60 / np.cos(np.radians(lat[i]))
        y = lat[i] + np.sin(around) * 0.5 * np.sqrt(2) / 60
        assert found[i] in field.rows(x, y)


def test_far_from_every_place_the_raster_gives_everywhere_s_row():
    raster = raster_of(HazardField.fit())
    for place in ((-120.0, 5.0), (179.99, -60.0), (-180.0, 90.0), (180.0, -90.0)):
        assert look_up(raster, *place) == (len(raster.mean) - 1, -1)
