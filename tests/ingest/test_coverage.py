import h3.api.numpy_int as h3i
import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.batch import ReportBatch
from ingest.coverage import (
    MOST_RECEIVERS,
    RESOLUTION,
    SPAN_US,
    Coverage,
    Hearings,
    cells,
    coverage,
    receivers,
)
from sea.units import HOUR_US

NOON = 1_772_366_400_000_000


def a_hearing(source="north", mmsi=235000001, minute=0, lon=-90.0, lat=3.0):
    at = NOON + minute * 60_000_000
    return dict(mmsi=mmsi, reported_at=at, received_at=at, lon=lon, lat=lat, sog=12.0, cog=90.0,
                heading=np.nan, rot=np.nan, nav_status=0, msg_type=1, source=source)  # fmt: skip


def heard(*rows):
    return ReportBatch.of(**{name: [row[name] for row in rows] for name in ReportBatch.dtypes()})


hearings = st.lists(
    st.builds(
        a_hearing,
        source=st.sampled_from([None, "north", "south"]),
        mmsi=st.integers(235000001, 235000003),
        minute=st.integers(0, 40),
        lon=st.sampled_from([-90.0, -89.0, np.nan]),
    ),
    max_size=40,
)


def test_a_cell_counts_hearings_and_vessels_of_ten_minutes():
    told = coverage(heard(a_hearing(), a_hearing(minute=9), a_hearing(mmsi=235000002),
                          a_hearing(minute=10), a_hearing(source=None)))  # fmt: skip
    assert told.source.tolist() == [None, "north", "north"]
    assert told.hearings.tolist() == [1, 3, 1]
    assert told.vessels.tolist() == [1, 2, 1]
    assert told.began_at.tolist() == [NOON, NOON, NOON + SPAN_US]
    assert set(told.cell.tolist()) == set(cells(np.array([-90.0]), np.array([3.0])).tolist())


def test_nothing_heard_covers_nothing():
    assert len(coverage(heard())) == len(coverage(heard(a_hearing(lon=np.nan)))) == 0


@settings(deadline=None)
@given(rows=hearings, seed=st.integers(0, 99))
def test_the_order_of_hearings_does_not_matter_and_none_is_lost(rows, seed):
    batch = heard(*rows)
    shuffled = batch.take(np.random.default_rng(seed).permutation(len(batch)))
    one, other = coverage(batch), coverage(shuffled)
    for field in ("source", "cell", "began_at", "hearings", "vessels"):
        np.testing.assert_array_equal(getattr(one, field), getattr(other, field))
    assert one.hearings.sum() == np.isfinite(batch.lon).sum()
    assert (one.vessels <= one.hearings).all()


def assert_same(one, other):
    for field in ("source", "cell", "began_at", "hearings", "vessels"):
        np.testing.assert_array_equal(getattr(one, field), getattr(other, field))


@settings(deadline=None)
@given(rows=hearings, cuts=st.lists(st.integers(0, 40), max_size=3), store=st.booleans())
def test_taken_span_by_span_it_is_that_of_the_whole(rows, cuts, store):
    rows = sorted(rows, key=lambda row: row["reported_at"])
    taken, kept = [], Hearings()
    for begin, end in zip([0, *sorted(cuts)], [*sorted(cuts), 99], strict=True):
        part = heard(*(r for r in rows if begin <= (r["reported_at"] - NOON) / 6e7 < end))
        kept.add(part)
        if store:
            state, kept = kept.state(), Hearings()
            kept.restore(state)
        taken.append(kept.take(NOON + end * 60_000_000))
    assert_same(Coverage.merged([*taken, kept.take(2**62)]), coverage(heard(*rows)))


def test_what_comes_late_is_told_later():
    kept = Hearings()
    kept.add(heard(a_hearing(minute=20)))
    assert len(kept.take(NOON + 29 * 60_000_000)) == 0
    kept.add(heard(a_hearing("south", minute=1)), late=True)
    late = kept.take(NOON + 29 * 60_000_000)
    assert (late.source.tolist(), late.began_at.tolist()) == (["south"], [NOON])
    assert kept.take(NOON + 30 * 60_000_000).hearings.tolist() == [1]


@given(lon=st.floats(-180, 180), lat=st.floats(-90, 90))
def test_the_cell_of_a_place_is_its_own_or_borders_on_it(lon, lat):
    (cell,) = cells(np.array([lon]), np.array([lat])).tolist()
    assert cell in h3i.grid_disk(h3i.latlng_to_cell(lat, lon, RESOLUTION), 1)


def test_a_source_falls_silent_when_it_is_so_for_twice_as_long_as_ever():
    kept = Hearings()
    for minute in (0, 20, 40, 60):
        kept.add(heard(a_hearing(minute=minute)))
    kept.add(heard(a_hearing("south", minute=200)))
    kept.add(heard(a_hearing(minute=200)), late=True)
    hour, silent = NOON + 61 * 60_000_000, lambda minute: NOON + minute * 60_000_000
    north, elsewhere = receivers(heard(a_hearing("north"), a_hearing("elsewhere"))).tolist()
    assert not kept.fell_silent(north, hour, silent(95))
    assert kept.fell_silent(north, hour, silent(101))
    assert not kept.fell_silent(north, silent(60), silent(101))
    assert not kept.fell_silent(elsewhere, hour, silent(999))


def test_a_feed_that_makes_up_names_does_not_fill_the_memory():
    kept = Hearings()
    for minute in range(12):
        kept.add(heard(*(a_hearing(f"{minute} {n}", minute=minute) for n in range(5_000))))
        kept.take(NOON + minute * 60_000_000)
    assert len(kept.state()["receivers"]) <= MOST_RECEIVERS
    (newest,) = receivers(heard(a_hearing("11 0"))).tolist()
    assert kept.fell_silent(newest, NOON + HOUR_US, NOON + HOUR_US)
