from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.batch import ReportBatch
from ingest.clean import (
    COPY_US,
    Flaw,
    by_hearing,
    counted,
    first_hearings,
    flaws,
    once,
    ships,
    text_ranks,
    without_zero_positions,
)

NOON = 1_772_366_400_000_000
SECOND = 1_000_000
UNHURRIED = settings(deadline=None)  # the first example compiles


def a_report(mmsi=235000001, at_s=0.0, delay_s=1.0, lon=-90.0, lat=3.0, sog=12.0, **fields):
    at = NOON + round(at_s * SECOND)
    row = dict(mmsi=mmsi, reported_at=at, received_at=at + round(delay_s * SECOND), lon=lon,
               lat=lat, sog=sog, cog=90.0, heading=np.nan, rot=np.nan, nav_status=0, msg_type=1,
               source="north")  # fmt: skip
    return {**row, **fields}


def reports(*rows):
    return ReportBatch.of(**{name: [row[name] for row in rows] for name in ReportBatch.dtypes()})


def kept(batch):
    """The first hearings in order, as tuples."""
    firsts = batch.take(np.unique(first_hearings(batch)))
    return tuples(firsts.take(by_hearing(firsts)))


def tuples(batch):
    columns = [getattr(batch, name).tolist() for name in ReportBatch.dtypes()]
    return [tuple(map(repr, row)) for row in zip(*columns, strict=True)]


hearings = st.lists(
    st.builds(
        a_report,
        mmsi=st.sampled_from([235000001, 235000002]),
        at_s=st.sampled_from([0, 2, 29, 30, 31, 60, 61]),
        delay_s=st.sampled_from([0, 0, 1, 3]),
        lon=st.sampled_from([-90.0, np.nan]),
        msg_type=st.sampled_from([1, 27]),
        source=st.sampled_from([None, "north", "south"]),
    ),
    max_size=30,
).map(lambda rows: reports(*rows))


@UNHURRIED
@given(batch=hearings, seed=st.integers(0, 99))
def test_the_order_of_arrival_does_not_matter(batch, seed):
    shuffled = batch.take(np.random.default_rng(seed).permutation(len(batch)))
    assert kept(shuffled) == kept(batch)


@UNHURRIED
@given(batch=hearings)
def test_what_was_cleaned_stays_as_it_is(batch):
    clean = batch.take(np.unique(first_hearings(batch)))
    assert first_hearings(clean).tolist() == list(range(len(clean)))


@UNHURRIED
@given(batch=hearings)
def test_a_first_hearing_is_its_own_and_never_later_than_its_copies(batch):
    firsts = first_hearings(batch)
    assert (firsts[firsts] == firsts).all()
    apart = batch.reported_at - batch.reported_at[firsts]
    assert ((apart >= 0) & (apart <= COPY_US)).all()
    assert (batch.mmsi == batch.mmsi[firsts]).all()


@UNHURRIED
@given(batch=hearings, cuts=st.lists(st.integers(0, 62), max_size=4))
def test_a_window_cut_anywhere_in_event_time_keeps_the_same(batch, cuts):
    edges = [NOON + s * SECOND for s in (0, *sorted(cuts), 100)]
    before, found = ReportBatch.empty(), []
    for low, high in pairwise(edges):
        part = batch.take((batch.reported_at >= low) & (batch.reported_at < high))
        first, before = once(part, before, high)
        found.append(part.take(first))
    together = ReportBatch.concat(found)
    assert tuples(together.take(by_hearing(together))) == kept(batch)


def test_receivers_of_one_second_hear_one_report():
    batch = reports(a_report(delay_s=2, source="south"), a_report(delay_s=1), a_report(at_s=10))
    assert first_hearings(batch).tolist() == [1, 1, 2]


def test_one_receiver_that_tells_no_second_may_hear_a_ship_at_rest_again():
    rest = dict(delay_s=0, sog=0.0)
    batch = reports(a_report(**rest), a_report(at_s=10, **rest),
                    a_report(at_s=12, source="south", **rest))  # fmt: skip
    assert first_hearings(batch).tolist() == [0, 1, 1]


def test_another_course_is_another_report():
    batch = reports(a_report(cog=90.0), a_report(cog=90.1))
    assert first_hearings(batch).tolist() == [0, 1]


@pytest.mark.parametrize(
    ("fields", "flaw"),
    [
        ({}, Flaw.NONE),
        ({"mmsi": 123456789}, Flaw.DEFAULT_MMSI),
        ({"mmsi": 42}, Flaw.INVALID_MMSI),
        ({"lon": np.nan}, Flaw.NO_POSITION),
        ({"lon": 0.0, "lat": 0.0}, Flaw.ZERO_POSITION),
        ({"lon": -55.0, "lat": -10.0}, Flaw.INLAND),
        ({"mmsi": 1, "lat": np.nan}, Flaw.DEFAULT_MMSI | Flaw.NO_POSITION),
    ],
)
def test_what_is_wrong_is_marked_and_counted(fields, flaw):
    found = flaws(reports(a_report(**fields)))
    assert Flaw(int(found[0])) == flaw
    assert {name for name, n in counted(found).items() if n} == {f.name.lower() for f in flaw}


def test_a_port_on_a_tidal_river_is_not_inland():
    antwerp, new_orleans = dict(lon=4.40, lat=51.23), dict(lon=-90.06, lat=29.94)
    assert flaws(reports(a_report(**antwerp), a_report(**new_orleans))).tolist() == [0, 0]


def test_a_ship_without_a_fix_has_no_position():
    batch = without_zero_positions(reports(a_report(), a_report(lon=0.0, lat=0.0), a_report(lon=0)))
    assert np.isnan(batch.lon).tolist() == np.isnan(batch.lat).tolist() == [False, True, False]


def test_only_ships_are_ships():
    rows = [dict(), dict(mmsi=993000001, msg_type=21), dict(mmsi=3000001, msg_type=4),
            dict(mmsi=111300001, msg_type=9), dict(mmsi=870000001), dict(msg_type=17)]  # fmt: skip
    assert ships(reports(*(a_report(**row) for row in rows))).tolist() == [True] + 5 * [False]


@given(st.lists(st.tuples(st.integers(1, 3), st.integers(0, 3), st.integers(0, 1),
                          st.sampled_from([0.0, 1.0, np.nan]), st.sampled_from(["a", "b", None])),
                max_size=40), st.sampled_from([1, 10**12]))  # fmt: skip
def test_the_order_of_hearing_is_that_of_all_fields_in_turn(rows, step):
    mmsi, at, kind, sog, source = zip(*rows, strict=True) if rows else ((),) * 5
    n = len(rows)
    reports = ReportBatch.of(
        mmsi=mmsi, reported_at=np.array(at, np.int64) * step, received_at=[0] * n, lon=[0.0] * n,
        lat=[0.0] * n, sog=sog, cog=[0.0] * n, heading=[0.0] * n, rot=[0.0] * n,
        nav_status=[0] * n, msg_type=kind, source=source,
    )  # fmt: skip
    ranks = text_ranks(reports.source)
    whole = np.lexsort((ranks, reports.msg_type, reports.sog, reports.mmsi, reports.reported_at))
    assert by_hearing(reports).tolist() == whole.tolist()
