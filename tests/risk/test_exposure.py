"""Ship-hours from the picture into the hazard field, and through a table."""

import h3.api.numpy_int as h3i
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest import snapshot
from ingest.picture import Picture
from risk.exposure import Exposure, exposure_csv, read_exposure
from risk.hazard import HOURS_PER_YEAR, HazardField, HazardParams
from risk.hazard_map import cells_in
from risk.incident import Activity
from risk.lane_density import home_of
from risk.ship_hours import ShipHours
from sea.errors import BadInputError
from sea.units import HOUR_US

CALLAO = (-77.19, -12.03)
CELL, LANE = (h3i.latlng_to_cell(lat, lon, 5) for lon, lat in (CALLAO, (-150.0, 30.0)))
FIELD, PARAMS = HazardField.fit(), HazardParams()
SHIP = 235000001


def seen(ships, listened_h, cell=CELL, hours=range(24), doing=Activity.ANCHORED):
    """An exposure of so many ships in a cell for so many hours of listening."""
    ship_hours, listened = np.zeros((1, 24, 3)), np.zeros((1, 24))
    ship_hours[0, list(hours), doing] = ships * listened_h / len(hours)
    listened[0] = listened_h / 24
    return Exposure(
        cells=np.array([cell], np.uint64), ship_hours=ship_hours,
        heard=np.array([h3i.cell_to_parent(cell, 4)], np.uint64), listened=listened,
    )  # fmt: skip


def rate(field, place=CALLAO):
    row = field.rows(*(np.array([x]) for x in place))[0]
    return float(field.mean[row, Activity.ANCHORED])


def row_of(field, cell=CELL):
    return int(field.rows_of(np.array([cell], np.uint64))[0])


@pytest.mark.parametrize("exposure", [None, Exposure.nothing()])
def test_where_nobody_listened_the_field_is_that_of_assumed_ship_hours_to_the_byte(exposure):
    field = HazardField.fit(exposure=exposure)
    for name in ("cells", "mean", "shape", "ship_hours", "hours", "ring_ships"):
        assert getattr(field, name).tobytes() == getattr(FIELD, name).tobytes()


def test_of_ships_under_way_cells_as_far_from_a_lane_tell_and_of_others_none_does():
    busy = seen(50.0, 5000.0, cell=LANE, doing=Activity.UNDER_WAY)
    field, band = HazardField.fit(exposure=busy), home_of(LANE).band
    bands = np.array([home_of(cell).band for cell in field.cells.tolist()])
    change = (field.ship_hours - FIELD.ship_hours)[:-1]
    assert (change[bands == band, Activity.UNDER_WAY] > 0).all()
    assert (change[bands > band + 1] == 0).all()
    assert (change[:, [Activity.ANCHORED, Activity.BERTHED]] == 0).all()
    rates, before = (f.mean[:-1][bands == band, Activity.UNDER_WAY] for f in (field, FIELD))
    assert (rates <= before).all()
    assert rates.max() < before.max() / 5


def test_the_more_ships_were_seen_the_less_risk_has_each():
    assumed = FIELD.ship_hours[row_of(FIELD), Activity.ANCHORED] / HOURS_PER_YEAR
    rates = [rate(HazardField.fit(exposure=seen(n * assumed, 5000.0))) for n in (0, 0.5, 1, 2, 10)]
    assert rates == sorted(rates, reverse=True)
    assert rates[2] == pytest.approx(rate(FIELD))
    assert rates[4] < rate(FIELD) / 4


def test_a_month_of_listening_weighs_as_much_as_what_is_assumed():
    assumed = FIELD.ship_hours[row_of(FIELD), Activity.ANCHORED]
    field = HazardField.fit(exposure=seen(10.0, PARAMS.listened_prior_h))
    assert field.ship_hours[row_of(field), Activity.ANCHORED] == pytest.approx(
        (assumed + 10.0 * HOURS_PER_YEAR) / 2
    )


def test_ships_seen_change_the_rate_of_each_far_more_than_the_incidents_a_year():
    box = (-78.0, -13.0, -76.5, -11.0)
    fields = FIELD, HazardField.fit(exposure=seen(20.0, 8000.0))
    told = [cells_in(field, box)["incidents_per_year"].sum() for field in fields]
    assert told[1] == pytest.approx(told[0], rel=0.25)
    assert rate(fields[1]) < rate(fields[0]) / 5


def test_hours_in_which_few_ships_were_seen_are_the_worse():
    by_day = HazardField.fit(exposure=seen(10.0, 20_000.0, hours=range(6, 22)))
    assert by_day.hours[2] > 2 * FIELD.hours[2]
    assert by_day.hours[12] < FIELD.hours[12]


def test_reports_raise_a_field_of_seen_ship_hours_as_its_refit():
    field = HazardField.fit(exposure=seen(10.0, 5000.0))
    assert field.with_reports([], 0).mean.tobytes() == field.mean.tobytes()


def heard(now_us, *ships):
    """A picture of merchant ships (lon, lat, sog) heard a minute before."""
    picture = Picture()
    slots = picture.slots(np.arange(SHIP, SHIP + len(ships), dtype=np.int32))
    lon, lat, sog = (np.array(column) for column in zip(*ships, strict=True))
    picture.reported_at[slots] = now_us - 60_000_000
    picture.lon[slots], picture.lat[slots], picture.sog[slots] = lon, lat, sog
    picture.ship_type[slots] = 70
    return picture


def test_a_ship_counts_an_hour_each_hour_where_she_is_and_what_she_does():
    counted = ShipHours()
    for hour in range(1, 7):
        now = hour * HOUR_US
        for minute in (0, 1, 30):
            counted.tick(heard(now, (*CALLAO, 0.1), (-60.0, 10.0, 14.0)), now + minute * 60_000_000)
    exposure = counted.exposure
    hours, listened = exposure.within(
        *(np.array([c], np.uint64) for c in (CELL, home_of(CELL).heard))
    )
    assert hours[0] == pytest.approx([6.0, 0.0, 0.0], rel=1e-2)
    assert listened[0] == pytest.approx(6.0, rel=1e-2)
    assert np.flatnonzero(exposure.by_hour(exposure.cells)).tolist() == [0, 1, 2, *range(19, 24)]
    assert exposure.ship_hours[:, :, Activity.UNDER_WAY].sum() == pytest.approx(6.0, rel=1e-2)


def test_the_snapshot_holds_all_that_was_counted():
    whole, first, second = ShipHours(), ShipHours(), ShipHours()
    ticks = [(n * HOUR_US, (-77.0 - n, -12.0, 0.0)) for n in range(1, 5)]
    for n, (now, ship) in enumerate(ticks):
        whole.tick(heard(now, ship), now)
        if n == 2:
            second.restore(snapshot.unpack(snapshot.pack(first.state())))
            first = second
        first.tick(heard(now, ship), now)
    assert exposure_csv(whole.exposure) == exposure_csv(second.exposure)


def test_of_more_cells_than_there_is_room_for_the_busiest_stay():
    counted = ShipHours(most=3)
    for hour in range(1, 8):
        places = [(*CALLAO, 0.0), *((-100.0 - i, -20.0, 10.0) for i in range(hour))]
        counted.tick(heard(hour * HOUR_US, *places), hour * HOUR_US)
    exposure = counted.exposure
    assert len(exposure.cells) == len(exposure.heard) == 3
    assert CELL in exposure.cells.tolist()


@settings(deadline=None, max_examples=25)
@given(st.lists(st.tuples(st.floats(-170, 170), st.floats(-70, 70), st.integers(0, 23),
                          st.integers(0, 2), st.floats(0.001, 1e5)), max_size=6))  # fmt: skip
def test_an_exposure_is_its_table_again(rows):
    lines = ["what,cell,hour,activity,hours"]
    for lon, lat, hour, activity, hours in rows:
        cell = h3i.latlng_to_cell(lat, lon, 5)
        lines.append(
            f"ship,{h3i.int_to_str(cell)},{hour},{Activity(activity).name.lower()},{hours}"
        )
        parent = h3i.int_to_str(h3i.cell_to_parent(cell, 4))
        lines.append(f"listening,{parent},{hour},,{hours}")
    exposure = read_exposure("\n".join(lines) + "\n")
    again = read_exposure(exposure_csv(exposure))
    assert exposure.ship_hours.sum() == pytest.approx(sum(row[-1] for row in rows))
    for name in ("cells", "ship_hours", "heard", "listened"):
        assert np.array_equal(getattr(again, name), getattr(exposure, name))


@pytest.mark.parametrize("line", [
    "ship,zz,1,anchored,1", "ship,855a492ffffffff,24,anchored,1", "ship,855a492ffffffff,1,asleep,1",
    "ship,855a492ffffffff,1,anchored,-1", "listening,855a492ffffffff,1,,1", "boat,1,1,,1",
])  # fmt: skip
def test_a_line_that_tells_of_no_hours_is_refused_by_its_number(line):
    with pytest.raises(BadInputError, match="line 2"):
        read_exposure(f"what,cell,hour,activity,hours\n{line}\n")
    with pytest.raises(BadInputError, match="columns"):
        read_exposure("a,b\n1,2\n")
