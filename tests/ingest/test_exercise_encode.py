import string

import numpy as np
import pyais
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.exercise import encode

_TEXT = string.ascii_uppercase + string.digits + " .-/"


def texts(length):
    return st.text(alphabet=_TEXT, max_size=length).map(str.strip)


def columns(**values):
    return {name: np.array([value]) for name, value in values.items()}


def lines_of(payload, *, fill=0):
    lines = encode.single_part(
        payload,
        fill=fill,
        station=[b"EX-TEST"],
        heard_at_s=np.array([1_768_435_200]),
        channel=np.array([ord("B")], np.uint8),
    )
    return [line.split(b"\\")[2].strip() for line in lines]


def decoded(payload, *, fill=0):
    return pyais.decode(*lines_of(payload, fill=fill))


mmsis = st.integers(200_000_000, 799_999_999)
places = {
    "lon": st.integers(-180 * 600_000, 180 * 600_000),
    "lat": st.integers(-90 * 600_000, 90 * 600_000),
}
motions = {
    "sog": st.integers(0, 1023),
    "cog": st.integers(0, 3600),
    "heading": st.integers(0, 359) | st.just(511),
    "second": st.integers(0, 60),
}
hulls = {
    "ship_type": st.integers(0, 99),
    "to_bow": st.integers(0, 511),
    "to_stern": st.integers(0, 511),
    "to_port": st.integers(0, 63),
    "to_starboard": st.integers(0, 63),
}


def assert_moves_like(message, row):
    assert message.lon == pytest.approx(row["lon"] / 600_000, abs=1e-6)
    assert message.lat == pytest.approx(row["lat"] / 600_000, abs=1e-6)
    assert message.speed == pytest.approx(row["sog"] / 10)
    assert message.course == pytest.approx(row["cog"] / 10)
    assert (message.mmsi, message.heading, message.second) == (
        row["mmsi"],
        row["heading"],
        row["second"],
    )


@given(
    st.fixed_dictionaries(
        {
            "msg_type": st.sampled_from([1, 3]),
            "mmsi": mmsis,
            "nav_status": st.integers(0, 15),
            "rot": st.sampled_from([-128, -127, 0, 127]),
            "radio": st.integers(0, 2**19 - 1),
            **places,
            **motions,
        }
    )
)
def test_a_class_a_position_decodes_to_what_was_encoded(row):
    message = decoded(encode.position_a(**columns(**row)))
    assert_moves_like(message, row)
    assert (message.msg_type, message.status, message.radio) == (
        row["msg_type"],
        row["nav_status"],
        row["radio"],
    )


@given(
    st.fixed_dictionaries({"mmsi": mmsis, "radio": st.integers(0, 2**20 - 1), **places, **motions})
)
def test_a_class_b_position_decodes_to_what_was_encoded(row):
    message = decoded(encode.position_b(**columns(**row)))
    assert_moves_like(message, row)
    assert (message.msg_type, message.cs, message.radio) == (18, True, row["radio"])


@given(
    st.fixed_dictionaries(
        {
            "mmsi": mmsis,
            "imo": st.integers(0, 2**30 - 1),
            "month": st.integers(0, 12),
            "day": st.integers(0, 31),
            "hour": st.integers(0, 24),
            "minute": st.integers(0, 60),
            "draught": st.integers(0, 255),
            **hulls,
        }
    ),
    texts(7),
    texts(20),
    texts(20),
)
def test_a_static_message_of_two_parts_decodes_to_what_was_encoded(row, call, name, port):
    payload = encode.static_a(
        **columns(**row),
        callsign=encode.six_bit([call], 7),
        name=encode.six_bit([name], 20),
        destination=encode.six_bit([port], 20),
    )
    [pair] = encode.two_part(
        payload,
        fill=2,
        station=[b"EX-TEST"],
        heard_at_s=np.array([1_768_435_200]),
        channel=np.array([ord("A")], np.uint8),
        group=np.array([4321]),
    )
    message = pyais.decode(*(line.split(b"\\")[2].strip() for line in pair))
    assert (message.callsign, message.shipname, message.destination) == (call, name, port)
    assert message.draught == pytest.approx(row["draught"] / 10)
    for field in ("mmsi", "imo", "month", "day", "hour", "minute", "to_bow", "to_starboard"):
        assert getattr(message, field) == row[field]


@given(st.fixed_dictionaries({"mmsi": mmsis, **hulls}), texts(7), texts(20))
def test_both_halves_of_a_class_b_static_report_decode_to_what_was_encoded(row, call, name):
    first = decoded(
        encode.static_b_name(mmsi=np.array([row["mmsi"]]), name=encode.six_bit([name], 20)), fill=2
    )
    second = decoded(
        encode.static_b_ship(
            **columns(**row),
            vendor=encode.six_bit(["EXR"], 3),
            callsign=encode.six_bit([call], 7),
        )
    )
    assert (first.mmsi, first.partno, first.shipname) == (row["mmsi"], 0, name)
    assert (second.partno, second.vendorid, second.callsign) == (1, "EXR", call)
    assert (second.to_bow, second.to_port, second.ship_type) == (
        row["to_bow"],
        row["to_port"],
        row["ship_type"],
    )
