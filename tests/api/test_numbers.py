from itertools import pairwise

import hypothesis.strategies as st
from hypothesis import given

from api.numbers import LARGEST, Numbers, permuted

KEY = bytes(32)
numbers = st.integers(0, LARGEST)


@given(numbers, st.sampled_from(["decision", "plan", "what_if"]))
def test_every_number_comes_back(number, what):
    shown = permuted(KEY, what, number)
    assert 0 <= shown <= LARGEST < 2**53
    assert permuted(KEY, what, shown, back=True) == number


def test_what_is_shown_is_in_no_order_and_other_for_each_kind_and_key():
    shown = [permuted(KEY, "plan", n) for n in range(1000)]
    steps = {b - a for a, b in pairwise(shown)}
    assert len(steps) == 999
    assert 450 < sum(step > 0 for step in steps) < 550
    assert shown[1] != permuted(KEY, "decision", 1)
    assert shown[1] != permuted(bytes([1]) * 32, "plan", 1)


async def test_processes_of_one_database_show_the_same(database):
    one, other = Numbers(database), Numbers(database)
    shown = await one.shown("what_if", 7)
    assert await other.meant("what_if", shown) == 7
    assert await one.shown("plan", 0) == 0
    assert await one.meant("plan", LARGEST + 1) == 0
