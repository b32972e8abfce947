import numpy as np

from ingest.batch import ReportBatch, StaticBatch
from ingest.picture import Picture


def reports(*rows):
    """Rows of (mmsi, reported_at, lon, lat)."""
    mmsi, t, lon, lat = map(list, zip(*rows, strict=True))
    n = len(rows)
    return ReportBatch.of(
        mmsi=mmsi, reported_at=t, received_at=t, lon=lon, lat=lat, sog=[10.0] * n, cog=[0.0] * n,
        heading=[0.0] * n, rot=[0.0] * n, nav_status=[0] * n, msg_type=[1] * n, source=[None] * n,
    )  # fmt: skip


def static(mmsi, t, **fields):
    unknown = dict(
        imo=0, callsign=None, name=None, ship_type=0, to_bow=np.nan, to_stern=np.nan,
        to_port=np.nan, to_starboard=np.nan, draught=np.nan, destination=None, eta=None,
    )  # fmt: skip
    row = {**unknown, "mmsi": mmsi, "reported_at": t, "received_at": t, "msg_type": 5,
           "source": None, **fields}  # fmt: skip
    return StaticBatch.of(**{name: [value] for name, value in row.items()})


def test_the_newest_report_of_a_batch_wins_whatever_its_order():
    picture = Picture()
    slots = picture.apply(reports((7, 30, 3.0, 3.0), (8, 10, 1.0, 1.0), (7, 20, 2.0, 2.0)))
    assert slots.tolist() == [picture.slot_of(7), picture.slot_of(8), picture.slot_of(7)]
    assert picture.lon[picture.slot_of(7)] == 3.0
    assert len(picture) == 2


def test_an_older_report_and_one_without_position_change_nothing():
    picture = Picture()
    picture.apply(reports((7, 30, 3.0, 3.0)))
    picture.apply(reports((7, 20, 2.0, 2.0), (7, 40, np.nan, np.nan)))
    assert picture.lon[picture.slot_of(7)] == 3.0
    assert picture.reported_at[picture.slot_of(7)] == 30


def test_a_field_that_a_static_message_lacks_keeps_its_value():
    picture = Picture()
    picture.apply_static(static(7, 10, name="ANA", draught=9.0))
    picture.apply_static(static(7, 20, callsign="HP123", draught=7.0))
    slot = picture.slot_of(7)
    assert (picture.name[slot], picture.callsign[slot]) == ("ANA", "HP123")
    assert (picture.draught[slot], picture.max_draught[slot]) == (7.0, 9.0)


def test_slots_never_move_when_the_arrays_grow():
    picture = Picture()
    picture.apply(reports((7, 30, 3.0, 3.0)))
    picture.apply(reports(*((1000 + i, 40, 0.0, 0.0) for i in range(3000))))
    assert picture.slot_of(7) == 0
    assert picture.lon[0] == 3.0
    assert picture.capacity >= len(picture) == 3001


def test_a_restored_picture_goes_on_like_the_first():
    first = Picture()
    first.apply(reports((7, 30, 3.0, 3.0), (8, 10, 1.0, 1.0)))
    first.apply_static(static(7, 10, name="ANA"))
    second = Picture.restore(first.state())
    for picture in (first, second):
        picture.apply(reports((8, 50, 5.0, 5.0), (9, 50, 6.0, 6.0)))
    one, two = first.state(), second.state()
    assert one.keys() == two.keys()
    for column in one:
        np.testing.assert_array_equal(one[column], two[column])


def test_arrow_gives_back_the_same_columns():
    batch = reports((7, 30, 3.0, np.nan), (8, 10, 1.0, 1.0))
    back = ReportBatch.from_arrow(batch.to_arrow())
    for column in ReportBatch.dtypes():
        np.testing.assert_array_equal(getattr(back, column), getattr(batch, column))


def test_a_picture_made_from_the_newest_of_another_shows_the_same():
    first = Picture()
    first.apply(reports((7, 30, 3.0, 3.0), (8, 10, 1.0, 1.0)))
    first.apply_static(static(7, 10, name="ANA", to_bow=100.0, to_stern=80.0))
    first.apply_static(static(9, 10, name="only static"))
    second = Picture()
    newest, statics = first.newest()
    second.apply(newest)
    second.apply_static(statics)
    for mmsi in (7, 8, 9):
        a, b = first.slot_of(mmsi), second.slot_of(mmsi)
        for column in ("reported_at", "lon", "lat", "sog", "name", "length", "static_at"):
            np.testing.assert_equal(getattr(first, column)[a], getattr(second, column)[b])
