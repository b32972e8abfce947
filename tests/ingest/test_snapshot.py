import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

from ingest.snapshot import pack, unpack

plain = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.text()
    | st.floats(allow_nan=False),
    lambda inner: st.lists(inner) | st.dictionaries(st.text() | st.integers(0, 99), inner),
    max_leaves=20,
)  # fmt: skip
arrays = npst.arrays(
    st.sampled_from([np.int8, np.int32, np.int64, np.float32, np.float64, np.bool_]),
    npst.array_shapes(min_dims=1, max_dims=2, min_side=0),
)


@given(plain)
def test_plain_values_come_back_equal(value):
    assert unpack(pack(value)) == value


@given(arrays)
def test_arrays_come_back_with_dtype_and_shape_and_can_be_written(array):
    back = unpack(pack({"deep": [array]}))["deep"][0]
    np.testing.assert_array_equal(back, array)
    assert back.dtype == array.dtype
    assert back.flags.writeable


def test_what_is_neither_plain_nor_an_array_is_refused():
    with pytest.raises(NotImplementedError, match="Path"):
        pack({"file": __import__("pathlib").Path("x")})
