"""What pyais encodes, of every type that gives a row, comes back through the whole decoder."""

import random
import string

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from pyais import encode_dict
from pyais.constants import ShipType

from ingest.decode import Decoder
from ingest.rows import rows_of
from sea.instants import parse_utc

START = parse_utc("2026-03-01T12:00:00Z")

MMSI = st.integers(1, 999_999_999)
LON = st.integers(-108_000_000, 107_999_999).map(lambda n: n / 600_000)
LAT = st.integers(-54_000_000, 54_000_000).map(lambda n: n / 600_000)
TENTHS = st.integers(0, 1022).map(lambda n: n / 10)
COURSE = st.integers(0, 3599).map(lambda n: n / 10)
SECOND = st.integers(0, 63)
METRES, BEAM = st.integers(0, 511), st.integers(0, 63)
STATUS = st.integers(0, 14)


def text(most):
    letters = string.ascii_uppercase + string.digits + " -./&'()+,:;<=>?[]"
    return st.text(letters, max_size=most).map(str.strip)


PLACE = dict(mmsi=MMSI, lon=LON, lat=LAT)
MOVING = PLACE | dict(speed=TENTHS, course=COURSE, heading=st.integers(0, 359), second=SECOND)
SIZED = dict(to_bow=METRES, to_stern=METRES, to_port=BEAM, to_starboard=BEAM)
SHIP = dict(ship_type=st.sampled_from([int(kind) for kind in ShipType]))
"""pyais encodes other numbers as 0."""
DATED = dict(month=st.integers(1, 12), day=st.integers(1, 31), hour=st.integers(0, 24),
             minute=st.integers(0, 60))  # fmt: skip
CLOCK = dict(year=st.just(2026), month=st.just(3), day=st.just(1), hour=st.just(12),
             minute=st.just(0), second=st.integers(0, 59))  # fmt: skip
TENTHS_OF_MINUTES = dict(
    mmsi=MMSI, lon=st.integers(0, 107_999).map(lambda n: n / 10),
    lat=st.integers(0, 54_000).map(lambda n: n / 10),
)  # fmt: skip
"""Type 17 as pyais has it: minutes, and none below 0."""


def of_type(kind, fields, **more):
    return st.fixed_dictionaries({"msg_type": st.just(kind), **fields, **more})


KINDS = {
    **{f"{n}": of_type(n, MOVING, status=STATUS) for n in (1, 2, 3)},
    "4": of_type(4, PLACE | CLOCK),
    "5": of_type(5, dict(mmsi=MMSI, imo=st.integers(0, 2**30 - 1), callsign=text(7),
                         shipname=text(20), draught=st.integers(0, 255).map(lambda n: n / 10),
                         destination=text(20)) | SIZED | SHIP | DATED),
    "9": of_type(9, PLACE | dict(speed=st.integers(0, 1022), course=COURSE, second=SECOND)),
    "11": of_type(11, PLACE | CLOCK),
    "17": of_type(17, TENTHS_OF_MINUTES),
    "18": of_type(18, MOVING),
    "19": of_type(19, MOVING | SIZED | SHIP, shipname=text(20)),
    "21": of_type(21, PLACE | SIZED, name=text(20), second=SECOND),
    "24A": of_type(24, dict(mmsi=MMSI), partno=st.just(0), shipname=text(20)),
    "24B": of_type(24, dict(mmsi=st.integers(1, 979_999_999)) | SIZED | SHIP, partno=st.just(1),
                   callsign=text(7)),
    "24B auxiliary": of_type(24, dict(mmsi=st.integers(980_000_000, 989_999_999)) | SHIP,
                             partno=st.just(1), callsign=text(7), mothership_mmsi=MMSI),
    "27": of_type(27, dict(mmsi=MMSI, status=STATUS, speed=st.integers(0, 62),
                           course=st.integers(0, 359),
                           lon=st.integers(-108_000, 107_999).map(lambda n: n / 600),
                           lat=st.integers(-54_000, 54_000).map(lambda n: n / 600))),
}  # fmt: skip
ANY = st.one_of(*KINDS.values())
OURS = dict(sog_kn="speed", cog_deg="course", heading_deg="heading", nav_status="status",
            imo="imo", callsign="callsign", destination="destination", ship_type="ship_type",
            draught_m="draught")  # fmt: skip
ZERO_IS_KNOWN = {"sog_kn", "cog_deg", "heading_deg", "nav_status"}
SIDES = ("to_bow", "to_stern", "to_port", "to_starboard")


def wanted(fields):
    """The row of these fields, but for its times."""
    row = {}
    for ours, theirs in OURS.items():
        value = fields.get(theirs)
        row[ours] = value if value or (ours in ZERO_IS_KNOWN and value is not None) else None
    row["name"] = fields.get("shipname") or fields.get("name") or None
    sized = any(fields.get(side) for side in SIDES)
    row |= {f"{side}_m": fields[side] if sized else None for side in SIDES}
    divisor = 60 if fields["msg_type"] == 17 else 1
    for axis in ("lon", "lat"):
        row[axis] = round(fields[axis] / divisor, 6) if axis in fields else None
    if fields["msg_type"] == 5:
        row["eta"] = "{month:02d}-{day:02d}T{hour:02d}:{minute:02d}".format(**fields)
    return row | {"msg_type": fields["msg_type"], "mmsi": f"{fields['mmsi']:09d}"}


def encoded(fields, sequence=1):
    return [line.encode() for line in encode_dict(fields, seq_id=sequence)]


def rows(data, block=1 << 16):
    decoder = Decoder(start_us=START, as_sent=True)
    blocks = [decoder.feed(data[i : i + block]) for i in range(0, len(data), block)]
    blocks.append(decoder.finish())
    assert decoder.counts["rejected"] == 0, decoder.counts
    return [row for decoded in blocks for row in rows_of(decoded).to_pylist()]


def assert_is(row, fields):
    for name, value in wanted(fields).items():
        assert row[name] == (pytest.approx(value, abs=5e-7) if name in ("lon", "lat") else value), (
            name
        )


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_a_message_of_each_type_comes_back(kind, data):
    fields = data.draw(KINDS[kind])
    (row,) = rows(b"\n".join(encoded(fields)) + b"\n")
    assert_is(row, fields)


@settings(max_examples=60, deadline=None)
@given(messages=st.lists(ANY, min_size=1, max_size=9), seed=st.integers(0, 999),
       block=st.integers(1, 300))  # fmt: skip
@example([{"msg_type": 5, "mmsi": n + 1, "shipname": f"N{n}", "month": 1, "day": 1, "hour": 1,
           "minute": 1} for n in range(9)], 1, 7)  # fmt: skip
def test_parts_that_mix_and_come_out_of_order_come_back(messages, seed, block):
    lines = [line for n, fields in enumerate(messages) for line in encoded(fields, n)]
    random.Random(seed).shuffle(lines)
    found = rows(b"\r\n".join(lines) + b"\r\n", block)
    assert len(found) == len(messages)
    for fields in messages:
        same = [row for row in found if (row["msg_type"], row["mmsi"]) ==
                (fields["msg_type"], f"{fields['mmsi']:09d}")]  # fmt: skip
        assert any(_is(row, fields) for row in same), fields


def _is(row, fields):
    try:
        assert_is(row, fields)
    except AssertionError:
        return False
    return True


@settings(max_examples=60, deadline=None)
@given(name=text(20), more=text(14))
def test_the_name_of_an_aid_goes_on_in_its_extension(name, more):
    fields = {"msg_type": 21, "mmsi": 992000001, "name": name.ljust(20, "X"), "name_ext": more}
    (row,) = rows(b"\n".join(encoded(fields)) + b"\n")
    assert row["name"] == name.ljust(20, "X") + more


@pytest.mark.parametrize("kind", [4, 11])
@settings(max_examples=30, deadline=None)
@given(second=st.integers(0, 59), late=st.integers(-59, 59))
def test_a_base_stations_clock_comes_back_as_the_time_of_its_report(kind, second, late):
    fields = {"msg_type": kind, "mmsi": 2190067, "year": 2026, "month": 3, "day": 1, "hour": 12,
              "minute": 0, "second": second}  # fmt: skip
    heard = START // 1_000_000 + second + late
    line = encoded(fields)[0] + b",%d\n" % heard
    (row,) = rows(line)
    assert row["reported_at"].timestamp() == START // 1_000_000 + second
    assert row["received_at"].timestamp() == heard
