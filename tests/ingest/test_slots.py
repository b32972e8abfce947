import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest import slots

numbers = st.lists(st.integers(0, 2**31 - 1), unique=True, max_size=200)


@settings(deadline=None)  # the first example compiles
@given(numbers, numbers)
def test_every_entered_vessel_is_found_at_its_slot_and_no_other(entered, others):
    mmsi = np.array(entered, np.int32)
    table = slots.empty(max(len(mmsi), 1))
    slots.insert(table, mmsi, 0, len(mmsi))
    assert slots.find(table, mmsi, mmsi).tolist() == list(range(len(mmsi)))
    unknown = np.array([number for number in others if number not in entered], np.int32)
    assert (slots.find(table, mmsi, unknown) == -1).all()


def test_vessels_may_be_entered_in_parts():
    mmsi = np.arange(1000, dtype=np.int32) * 7919
    table = slots.empty(1000)
    slots.insert(table, mmsi, 0, 400)
    slots.insert(table, mmsi, 400, 1000)
    assert slots.find(table, mmsi, mmsi[::-1]).tolist() == list(range(999, -1, -1))
