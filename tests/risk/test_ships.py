import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from ingest.batch import ReportBatch, StaticBatch
from ingest.picture import Picture
from risk.ships import NO, UNKNOWN, YES, merchant, ship_input, ships_from, ships_of

NOW = 1_772_366_400_000_000
FIELDS = st.tuples(
    st.integers(1, 2**31 - 1), st.integers(0, NOW), st.integers(0, NOW), st.floats(-180, 180),
    st.floats(-90, 90), st.floats(0, 102, width=32) | st.none(),
    st.floats(0, 359, width=32) | st.none(), st.integers(0, 15), st.integers(1, 27),
    st.integers(0, 99), st.floats(1, 400, width=32) | st.none(),
    st.floats(0, 25, width=32) | st.none(), st.floats(0, 25, width=32) | st.none(),
    st.text(max_size=20) | st.none(), st.sampled_from([UNKNOWN, NO, YES]),
)  # fmt: skip


@given(st.lists(FIELDS, min_size=1, max_size=4))
def test_what_is_kept_of_a_ship_reads_back_to_the_bit(kept):
    ships = ships_from(kept)
    again = ships_from([ship_input(ships, i) for i in range(len(kept))])
    for one, other in zip(ships, again, strict=True):
        assert one.dtype == other.dtype
        assert one.tolist() == other.tolist() or one.tobytes() == other.tobytes()


def a_picture(*ships):
    picture = Picture()
    for i, (lon, age_s, length) in enumerate(ships):
        at = NOW - age_s * 10**6
        picture.apply(ReportBatch.of(
            mmsi=[1 + i], reported_at=[at], received_at=[at], lon=[lon], lat=[0.0], sog=[1.0],
            cog=[1.0], heading=[1.0], rot=[0.0], nav_status=[0], msg_type=[1], source=[None],
        ))  # fmt: skip
        picture.apply_static(StaticBatch.of(
            mmsi=[1 + i], reported_at=[at], received_at=[at], msg_type=[5], source=[None], imo=[0],
            callsign=[None], name=[None], ship_type=[0], to_bow=[length], to_stern=[0.0],
            to_port=[1.0], to_starboard=[1.0], draught=[1.0], destination=[None], eta=[None],
        ))  # fmt: skip
    return picture


def alone(*ships):
    picture = a_picture(*ships)
    found = ships_of(picture, np.arange(len(picture)), NOW, alone_nm=3.0, fresh_h=1.0)
    return found.alone.tolist()


def test_a_ship_is_alone_unless_another_large_one_is_near():
    assert alone((0.0, 0, 200.0), (0.04, 0, 200.0), (1.0, 0, 200.0)) == [NO, NO, YES]


def test_a_small_or_old_neighbour_is_no_company_and_an_old_position_tells_nothing():
    assert alone((0.0, 0, 200.0), (0.04, 0, 20.0)) == [YES, NO]
    assert alone((0.0, 0, 200.0), (0.04, 7200, 200.0)) == [YES, UNKNOWN]


def test_ships_at_one_spot_are_each_other_s_company():
    assert alone((0.0, 0, 200.0), (0.0, 0, 200.0), (0.0, 0, 200.0)) == [NO, NO, NO]


def test_class_a_of_no_type_is_taken_for_a_merchant_and_class_b_is_not():
    row = [1, 0, 0, 0.0, 0.0, 1.0, 1.0, 0, 1, 0, None, None, None, None, UNKNOWN]
    class_a = ((1, 0, True), (1, 52, False), (1, 30, False), (1, 60, True))
    for msg_type, ship_type, expected in (*class_a, (18, 0, False), (18, 70, True)):
        row[8], row[9] = msg_type, ship_type
        assert merchant(ships_from([row])).tolist() == [expected]
