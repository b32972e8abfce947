"""The decoder against pyais, message by message, on real feeds and on drawn messages."""

import re
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyais import encode_dict
from pyais.exceptions import AISBaseException
from pyais.stream import IterMessages

from ingest.batch import ReportBatch, StaticBatch
from ingest.decode import REJECTIONS, Decoded, Decoder
from ingest.rows import rows_of
from sea.instants import parse_utc

FEEDS = Path(__file__).parents[2].parent / "shared" / "data" / "nmea"
NAMES = ("aishub_sample.nmea", "bahamas_mixed.nmea", "denmark_pghp.nmea", "drift_duplicates.nmea",
         "satellite_tagblock.nm4", "us_puget.nmea", "uscg_suffix.ais")  # fmt: skip
ROW_TYPES = {1, 2, 3, 4, 5, 9, 11, 17, 18, 19, 21, 24, 27}
START = parse_utc("2026-03-01T12:00:00Z")
SIDES = ("to_bow", "to_stern", "to_port", "to_starboard")
MESSAGE_REASONS = ("too_short", "unknown_type", "decode_error", "no_time")


def decode(data, block=1 << 18, received_at=None, **settings):
    decoder = Decoder(**{"start_us": START, "as_sent": True, **settings})
    blocks = [decoder.feed(data[i : i + block], received_at) for i in range(0, len(data), block)]
    return [*blocks, decoder.finish()], decoder.counts


def rows(data, **settings):
    blocks, _ = decode(data, **settings)
    return [row for block in blocks for row in rows_of(block).to_pylist()]


def the_row(message, **settings):
    found = rows(message, **settings)
    assert len(found) == 1
    return found[0]


def nmea(**fields):
    return "\n".join(encode_dict({**fields, "msg_type": fields["type"]})).encode() + b"\n"


def pyais_messages(data):
    """What pyais alone makes of the feed: headers and suffixes cut off, its own assembler."""
    sentences = re.findall(rb"(!..VD[MO],[^\r\n]*?\*[0-9A-Fa-f]{2})", data)
    for sentence in IterMessages(sentences):
        try:
            message = sentence.decode()
        except AISBaseException:
            continue
        fixed = {k: v for k, v in message.asdict().items() if k not in ("name_ext", "data")}
        if message.msg_type in ROW_TYPES and None not in fixed.values():
            yield message


def expected(message):
    """The row of a message by the rules of the interface, straight from pyais' fields."""
    known = message.asdict(enum_as_int=True)
    kind = message.msg_type
    row = {"msg_type": kind, "mmsi": f"{message.mmsi:09d}"}

    def put(ours, theirs, *missing):
        value = known.get(theirs)
        row[ours] = None if value is None or value in missing else value

    if kind == 17:
        for name, bits in (("lon", 18), ("lat", 17)):
            raw = round(known[name] * 10)
            raw -= (raw >= 1 << (bits - 1)) << bits
            known[name] = round(raw / 600, 6)
    put("lon", "lon", 181.0)
    put("lat", "lat", 91.0)
    put("sog_kn", "speed", {9: 1023.0, 27: 63.0}.get(kind, 102.3))
    put("cog_deg", "course", 511.0 if kind == 27 else 360.0)
    put("heading_deg", "heading", 511)
    put("rot_deg_min", "turn", -128)
    put("nav_status", "status", 15)
    put("imo", "imo", 0)
    put("callsign", "callsign", "")
    put("name", "shipname", "")
    if kind == 21:
        row["name"] = message.full_name or None
    put("ship_type", "ship_type", 0)
    put("draught_m", "draught", 0)
    put("destination", "destination", "")
    sized = any(known.get(side) for side in SIDES)
    row |= {f"{side}_m": known[side] if sized else None for side in SIDES}
    row["length_m"] = (known["to_bow"] + known["to_stern"] or None) if sized else None
    row["width_m"] = (known["to_port"] + known["to_starboard"] or None) if sized else None
    dated = known.get("month") and known.get("day") and kind == 5
    row["eta"] = (
        "{month:02d}-{day:02d}T{hour:02d}:{minute:02d}".format_map(known) if dated else None
    )
    return row


@pytest.mark.parametrize("name", NAMES)
def test_every_whole_message_of_a_real_feed_is_there_with_all_fields_equal(name):
    if not (FEEDS / name).exists():
        pytest.skip("the real feeds are not here")
    data = (FEEDS / name).read_bytes()
    theirs = [expected(message) for message in pyais_messages(data)]
    blocks, counts = decode(data)
    ours = [row for block in blocks for row in rows_of(block).to_pylist()]
    for row in ours:
        for time in ("reported_at", "received_at", "source"):
            del row[time]
    assert len(theirs) > 500
    assert ours == theirs
    assert counts["rows"] == len(ours)
    assert_the_counts_add_up(counts)


def assert_the_counts_add_up(counts):
    at_lines = ("not_ais", "checksum", "malformed", "bad_fragment", "too_long", "bad_tag",
                "bad_time")  # fmt: skip
    assert counts["lines"] == counts["sentences"] + counts["headers"] + sum(
        counts[reason] for reason in at_lines
    )
    assert counts["sentences"] - counts["orphan_part"] >= counts["messages"]
    assert counts["messages"] == counts["rows"] + counts["other_type"] + sum(
        counts[reason] for reason in MESSAGE_REASONS
    )
    assert counts["rejected"] == sum(counts[reason] for reason in REJECTIONS)


def test_times_of_the_danish_feed_are_those_of_its_headers():
    if not (FEEDS / "denmark_pghp.nmea").exists():
        pytest.skip("the real feeds are not here")
    found = rows((FEEDS / "denmark_pghp.nmea").read_bytes()[:20000])
    assert found[0]["received_at"].isoformat() == "2013-11-12T12:00:00.011000+00:00"
    assert found[0]["source"] == "2190067"
    late = [abs((r["received_at"] - r["reported_at"]).total_seconds()) for r in found]
    assert max(late) < 60


POSITION = dict(type=1, mmsi=227006760, lon=-79.5, lat=8.9, speed=12.3, course=271.4, heading=270,
                status=0, turn=0, second=7)  # fmt: skip


def timed(text, message):
    body = f"c:{text}"
    check = np.bitwise_xor.reduce(np.frombuffer(body.encode(), np.uint8))
    return f"\\{body}*{check:02X}\\".encode() + message


@pytest.mark.parametrize(
    ("heard", "second", "reported"),
    [
        ("12:00:09.500", 7, "12:00:07"),
        ("12:00:05.000", 7, "12:00:07"),
        ("12:00:03.000", 58, "11:59:58"),
        ("12:00:09.500", 60, "12:00:09.500"),
    ],
)
def test_the_second_of_the_message_refines_the_time_it_was_heard(heard, second, reported):
    ms = parse_utc(f"2026-03-01T{heard}Z") // 1000
    row = the_row(timed(ms, nmea(**{**POSITION, "second": second})))
    assert row["reported_at"].timestamp() * 1e6 == parse_utc(f"2026-03-01T{reported}Z")
    assert row["received_at"].timestamp() * 1e6 == ms * 1000


@pytest.mark.parametrize(("hour", "taken"), [(12, True), (13, False)])
def test_a_base_stations_own_time_is_taken_when_it_agrees_within_a_minute(hour, taken):
    station = nmea(type=4, mmsi=2190067, year=2026, month=3, day=1, hour=hour, minute=0, second=40,
                   lon=1.0, lat=2.0)  # fmt: skip
    row = the_row(timed(START // 1_000_000, station))
    offset = row["reported_at"].timestamp() * 1e6 - START
    assert offset == (40_000_000 if taken else 0)


def test_a_feed_without_time_gets_a_hundred_lines_a_second():
    found = rows(nmea(**POSITION) * 3)
    assert [row["reported_at"].timestamp() * 1e6 - START for row in found] == [0, 10_000, 20_000]


def test_a_live_line_without_time_was_received_when_it_came():
    row = the_row(nmea(**POSITION), received_at=START + 9_000_000, start_us=None)
    assert row["received_at"].timestamp() * 1e6 == START + 9_000_000
    assert row["reported_at"].timestamp() * 1e6 == START + 7_000_000


def test_a_message_that_nothing_dates_is_rejected():
    blocks, counts = decode(nmea(**POSITION), start_us=None)
    assert sum(len(block.reports) for block in blocks) == 0
    assert (counts["no_time"], counts["rejected"]) == (1, 1)


def test_not_available_is_unknown():
    unknown = dict(lon=181, lat=91, speed=102.3, course=360, heading=511, turn=-128, status=15)
    row = the_row(nmea(**{**POSITION, **unknown}))
    empty = ("lon", "lat", "sog_kn", "cog_deg", "heading_deg", "rot_deg_min", "nav_status")
    assert {row[name] for name in empty} == {None}


def test_blank_static_fields_are_unknown():
    row = the_row(nmea(type=5, mmsi=227006760))
    assert {name for name, value in row.items() if value is not None} == {
        "reported_at", "received_at", "msg_type", "mmsi"
    }  # fmt: skip


def test_type_17_positions_are_tenths_of_a_minute_and_signed():
    bits = f"{17:06b}{0:02b}{2190067:030b}00" + f"{-7950 * 6 // 10 & 0x3FFFF:018b}{536:017b}00000"
    bits += "0" * (-len(bits) % 6)
    sixes = [int(bits[i : i + 6], 2) for i in range(0, len(bits), 6)]
    payload = "".join(chr(v + 48 if v < 40 else v + 56) for v in sixes)
    body = f"AIVDM,1,1,,A,{payload},0"
    check = np.bitwise_xor.reduce(np.frombuffer(body.encode(), np.uint8))
    row = the_row(f"!{body}*{check:02X}\n".encode())
    assert (row["lon"], row["lat"]) == (-7.95, round(536 / 600, 6))


def sentence(payload, fill=0):
    body = b"AIVDM,1,1,,A,%s,%d" % (payload, fill)
    check = np.bitwise_xor.reduce(np.frombuffer(body, np.uint8))
    return b"!%s*%02X\n" % (body, check)


@pytest.mark.parametrize("name", ["us_puget.nmea", "satellite_tagblock.nm4"])
def test_a_message_that_lost_fixed_fields_is_rejected_as_too_short(name):
    if not (FEEDS / name).exists():
        pytest.skip("the real feeds are not here")
    shortest = {"1": 28, "4": 28, "B": 28, "H": 27, "K": 16, "3": 28}
    checked = 0
    for line in (FEEDS / name).read_bytes().splitlines():
        payload = line.split(b",")[-2] if b",1,1," in line else b""
        length = shortest.get(payload[:1].decode())
        if length is None or len(payload) < length or checked > 400:
            continue
        _, counts = decode(sentence(payload[: length - 1]))
        assert counts["too_short"] == 1, line
        checked += 1
    assert checked > 100


def test_a_wrong_count_of_fill_bits_loses_nothing():
    payload = nmea(**POSITION).split(b",")[5]
    assert the_row(sentence(payload, 5))["lat"] == 8.9


def test_impossible_values_are_shown_as_sent_and_unknown_to_the_rest():
    off = nmea(**{**POSITION, "lon": 199.5, "course": 401.0, "heading": 400})
    assert [the_row(off)[name] for name in ("lon", "cog_deg", "heading_deg")] == [199.5, 401.0, 400]
    report = decode(off, as_sent=False)[0][0].reports
    assert np.isnan([report.lon[0], report.lat[0], report.cog[0], report.heading[0]]).all()
    assert report.sog[0] == np.float32(12.3)


def test_types_with_position_and_static_data_give_one_row():
    aid = nmea(type=21, mmsi=992190921, lon=10.0, lat=55.0, name="LIGHT", to_bow=3, second=7)
    row = the_row(aid)
    assert (row["lon"], row["name"], row["to_bow_m"], row["length_m"]) == (10.0, "LIGHT", 3.0, 3.0)


def test_the_source_is_given_where_the_feed_names_no_station():
    assert the_row(nmea(**POSITION), source="panama")["source"] == "panama"


DEGREES = st.floats(-89, 89).map(lambda x: round(x * 600000) / 600000)
SOG = st.integers(0, 1022).map(lambda x: x / 10)
COG = st.integers(0, 3599).map(lambda x: x / 10)
TEXT = st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789", min_size=1, max_size=20)
METRES = st.integers(1, 63)
MOVING = dict(mmsi=st.integers(100_000_000, 999_999_999), lon=DEGREES, lat=DEGREES, speed=SOG,
              course=COG, heading=st.integers(0, 359), second=st.integers(0, 59))  # fmt: skip
NAMED = dict(mmsi=MOVING["mmsi"], shipname=TEXT, to_bow=METRES, to_stern=METRES, to_port=METRES,
             to_starboard=METRES)  # fmt: skip
VOYAGE = dict(imo=st.integers(1, 9_999_999), callsign=TEXT.map(lambda t: t[:7]),
              draught=st.integers(1, 255).map(lambda x: x / 10), destination=TEXT,
              month=st.integers(1, 12), day=st.integers(1, 31))  # fmt: skip
A_NAME = dict(partno=st.just(0), mmsi=NAMED["mmsi"], shipname=TEXT)


def of_type(*types, **fields):
    return st.fixed_dictionaries({"type": st.sampled_from(types), **fields})


MESSAGES = st.one_of(
    of_type(1, 2, 3, 18, **MOVING),
    of_type(19, **{**MOVING, **NAMED}),
    of_type(5, **NAMED, **VOYAGE),
    of_type(24, **A_NAME),
)
ENCODED = dict(sog_kn="speed", cog_deg="course", heading_deg="heading", name="shipname",
               imo="imo", callsign="callsign", draught_m="draught", destination="destination",
               to_bow_m="to_bow", to_starboard_m="to_starboard")  # fmt: skip


@given(MESSAGES)
@settings(max_examples=150, deadline=None)
def test_what_is_encoded_comes_back(fields):
    row = the_row(nmea(**fields))
    assert (row["msg_type"], row["mmsi"]) == (fields["type"], f"{fields['mmsi']:09d}")
    for ours, theirs in ENCODED.items():
        assert row[ours] == fields.get(theirs), ours
    for axis in {"lon", "lat"} & fields.keys():
        assert row[axis] == pytest.approx(fields[axis], abs=1e-6)


def columns(blocks):
    reports = ReportBatch.concat(block.reports for block in blocks)
    statics = StaticBatch.concat(block.statics for block in blocks)
    return [getattr(reports, n).tolist() for n in ReportBatch.dtypes()] + [
        getattr(statics, n).tolist() for n in StaticBatch.dtypes()
    ]


@given(st.lists(MESSAGES, min_size=1, max_size=6), st.integers(1, 200))
@settings(max_examples=40, deadline=None)
def test_blocks_cut_anywhere_give_the_same_rows(messages, block):
    data = b"".join(timed(START // 10**6 + i, nmea(**m)) for i, m in enumerate(messages))
    whole, counts = decode(data)
    pieces, piecewise = decode(data, block=block)
    assert str(columns(whole)) == str(columns(pieces))
    assert {k: v for k, v in counts.items() if v} == {k: v for k, v in piecewise.items() if v}


@given(st.lists(MESSAGES, max_size=4), st.data())
@settings(max_examples=150, deadline=None)
def test_damaged_lines_are_counted_and_never_stop_the_feed(messages, data):
    feed = bytearray(b"".join(nmea(**fields) for fields in messages))
    for _ in range(data.draw(st.integers(0, 6)) if feed else 0):
        feed[data.draw(st.integers(0, len(feed) - 1))] = data.draw(st.integers(0, 255))
    blocks, counts = decode(bytes(feed) + nmea(**POSITION))
    assert all(isinstance(block, Decoded) for block in blocks)
    assert_the_counts_add_up(counts)


@given(st.binary(min_size=0, max_size=80), st.integers(0, 5))
@settings(max_examples=300, deadline=None)
def test_any_payload_with_a_right_checksum_is_decoded_or_counted(noise, fill):
    payload = bytes(48 + byte % 72 for byte in noise)
    _, counts = decode(sentence(payload, fill))
    assert_the_counts_add_up(counts)
