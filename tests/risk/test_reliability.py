"""Predicted against reported."""

import numpy as np
import pytest
from scipy.stats import poisson

from risk.reliability import INSIDE, groups, inside_share, poisson_interval


def test_the_interval_of_a_count_is_the_exact_one():
    """Garwood's: at its ends the count is in the tail with the probability left outside."""
    low, high = poisson_interval(7)
    assert poisson.sf(6, low) == pytest.approx((1 - INSIDE) / 2)
    assert poisson.cdf(7, high) == pytest.approx((1 - INSIDE) / 2)
    assert poisson_interval(0)[0] == 0.0


def test_groups_hold_every_cell_once_and_equally_much_of_what_was_told():
    told = np.linspace(0.001, 1.0, 2000)
    counts = np.random.default_rng(3).poisson(told)
    found = groups(told, counts, number=8)
    assert sum(g.cells for g in found) == 2000
    assert sum(g.reported for g in found) == counts.sum()
    assert all(g.told == pytest.approx(told.sum() / 8, rel=0.01) for g in found)
    assert [g.cells for g in found] == sorted((g.cells for g in found), reverse=True)


def test_counts_drawn_as_told_lie_inside_as_often_as_is_due():
    chance = np.random.default_rng(5)
    shape, mean = np.full(4000, 3.0), np.full(4000, 5.0)
    drawn = chance.poisson(chance.gamma(shape, mean / shape))
    inside, due = inside_share(shape, mean, drawn)
    assert due >= INSIDE
    assert inside == pytest.approx(due, abs=0.01)
    assert inside_share(shape, mean, drawn * 4)[0] < 0.7
