"""Epoch units and clocks that leap."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.clock import EARLIEST_US, LATEST_US, epoch_us, epochs_us, leaps
from sea.instants import parse_utc
from sea.units import DAY_US, SECOND_US

SECONDS = 1_714_564_801
T = parse_utc("2026-03-01T12:00:00Z")


@pytest.mark.parametrize("digits", [0, 3, 6, 9])
@given(second=st.integers(EARLIEST_US // SECOND_US, LATEST_US // SECOND_US - 1))
def test_seconds_milli_micro_and_nanoseconds_are_told_apart(digits, second):
    assert epoch_us(b"%d" % (second * 10**digits)) == second * SECOND_US
    (instant,), (told,) = epochs_us(np.array([float(second * 10**digits)]))
    assert told
    assert abs(instant - second * SECOND_US) < 1000  # a float has 53 bits


@pytest.mark.parametrize("text", [b"0", b"12345", b"631151999", b"4102444800", b"1" * 21, b"-5",
                                  b"nan", b"", b"1e9"])  # fmt: skip
def test_absurd_epochs_are_none(text):
    assert epoch_us(text) is None


def test_a_column_of_epochs_says_which_are_times():
    column = np.array([np.nan, np.inf, -5.0, 0.0, 631151999.0, 4102444800.0, 1e30, 1714564801.5])
    instants, told = epochs_us(column)
    assert told.tolist() == [False] * 7 + [True]
    assert instants[-1] == SECONDS * SECOND_US + 500_000


@given(st.lists(st.integers(0, DAY_US), max_size=60))
def test_times_within_a_day_never_leap_however_they_are_ordered(times):
    assert not leaps(np.array(times, np.int64)).any()


def test_a_leap_is_found_wherever_it_stands_but_at_the_end():
    feed = T + np.arange(100) * SECOND_US
    for row in range(95):
        times = feed.copy()
        times[row] += 2 * DAY_US
        assert np.flatnonzero(leaps(times)).tolist() == [row]
    feed[97] += 2 * DAY_US
    assert not leaps(feed).any()
