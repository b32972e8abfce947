"""The compiled decoder against the plain one: same rows, order and counts, whatever comes."""

import random
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyais import encode_dict

from ingest.batch import ReportBatch, StaticBatch
from ingest.decode import Decoded, Decoder
from ingest.nmea import LINE_LIMIT
from ingest.reference import PlainDecoder

FEEDS = Path(__file__).parents[2].parent / "shared" / "data" / "nmea"
NAMES = ("aishub_sample.nmea", "bahamas_mixed.nmea", "denmark_pghp.nmea", "drift_duplicates.nmea",
         "satellite_tagblock.nm4", "us_puget.nmea", "uscg_suffix.ais")  # fmt: skip
START = 1_700_000_000_000_000
RECEIVED = 1_700_000_123_456_789
ARMOR = "".join(map(chr, [*range(48, 88), *range(96, 120)]))
TWO_PARTS = (
    b"!AIVDM,2,1,3,A,56K8@vh2:w;D`OG??R0dTq9UF0l59F222222221@:HE694o`0@ORT80j0`<r3PDR,0*0D\n"
    b"!AIVDM,2,2,3,A,E0JH882,2*52\n"
)


def sample(name):
    if not (FEEDS / name).exists():
        pytest.skip("the real feeds are not here")
    return (FEEDS / name).read_bytes()


def decode(engine, data, block=1 << 18, received_at=None, **options):
    decoder = engine(**{"start_us": START, **options})
    blocks = [decoder.feed(data[i : i + block], received_at) for i in range(0, len(data), block)]
    return [*blocks, decoder.finish(received_at)], +decoder.counts


def assert_same_rows(ours, theirs):
    for kind in ("reports", "statics"):
        one, other = getattr(ours, kind), getattr(theirs, kind)
        for name, dtype in one.dtypes().items():
            assert getattr(one, name).dtype == dtype
            np.testing.assert_array_equal(getattr(one, name), getattr(other, name), err_msg=name)
    np.testing.assert_array_equal(ours.report_of, theirs.report_of)
    np.testing.assert_array_equal(ours.static_of, theirs.static_of)


def assert_same(data, **options):
    ours, our_counts = decode(Decoder, data, **options)
    theirs, their_counts = decode(PlainDecoder, data, **options)
    for one, other in zip(ours, theirs, strict=True):
        assert_same_rows(one, other)
    assert our_counts == their_counts


def sentence(body):
    check = 0
    for byte in body:
        check ^= byte
    return b"!%s*%02X\n" % (body, check)


def mutated(line, chance):
    """The line with a byte changed, dropped, doubled or cut; half have their checksum mended."""
    at = chance.randrange(len(line) or 1)
    kind = chance.randrange(4)
    if kind == 0:
        line = line[:at] + bytes([chance.randrange(256)]) + line[at + 1 :]
    elif kind == 1:
        line = line[:at] + line[at + 1 :]
    elif kind == 2:
        line = line[:at] + line[at : at + 3] + line[at:]
    else:
        line = line[:at]
    begin, end = line.find(b"!"), line.rfind(b"*")
    if 0 <= begin < end and chance.random() < 0.5:
        line = line[:begin] + sentence(line[begin + 1 : end])[:-1] + line[end + 3 :]
    return line


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(
    "options",
    [{"as_sent": True}, {"received_at": RECEIVED}, {"start_us": None, "source": "here"}],
    ids=["as sent", "live", "untimed"],
)
def test_a_real_feed_gives_the_rows_and_counts_of_the_plain_decoder(name, options):
    assert_same(sample(name)[:400_000], **options)


@pytest.mark.parametrize("name", NAMES)
def test_mutated_lines_of_a_real_feed_are_decoded_or_counted_as_by_the_plain_decoder(name):
    chance = random.Random(name)
    lines = sample(name).split(b"\n")
    data = b"\n".join(mutated(chance.choice(lines), chance) for _ in range(5_000))
    assert_same(data, as_sent=True)


@settings(max_examples=20, deadline=None)
@given(cuts=st.lists(st.integers(1, 3_000), min_size=1, max_size=60))
def test_rows_are_the_same_however_the_feed_is_cut(cuts):
    data = sample("us_puget.nmea")[:20_000]
    whole = Decoder(start_us=START, as_sent=True)
    whole.push(data)
    cut = Decoder(start_us=START, as_sent=True)
    at = 0
    for size in cuts:
        cut.push(data[at : at + size])
        at += size
    cut.push(data[at:])
    assert_same_rows(cut.take(), whole.take())
    assert +cut.counts == +whole.counts


@settings(max_examples=30, deadline=None)
@given(
    cuts=st.lists(st.integers(1, 4_000), min_size=1, max_size=60),
    name=st.sampled_from(NAMES),
    at=st.integers(0, 5_000),
)
def test_lines_that_wait_for_each_other_keep_the_time_they_came(cuts, name, at):
    data = sample(name)[:60_000]
    data = data[:at] + b"x" * (2 * LINE_LIMIT) + data[at:]
    ours, theirs = Decoder(as_sent=True), PlainDecoder(as_sent=True)
    blocks = []
    for number, size in enumerate([*cuts, len(data)]):
        block, data = data[:size], data[size:]
        received_at = RECEIVED + number * 700_000
        ours.push(block, received_at)
        blocks.append(theirs.feed(block, received_at))
    blocks.append(theirs.finish(received_at))
    whole = Decoded(
        reports=ReportBatch.concat(block.reports for block in blocks),
        statics=StaticBatch.concat(block.statics for block in blocks),
    )
    pushed = ours.finish(received_at)
    assert_same_rows(replace(pushed, report_of=whole.report_of, static_of=whole.static_of), whole)
    assert +ours.counts == +theirs.counts


@settings(max_examples=300, deadline=None)
@given(
    kind=st.sampled_from("0123456789:;<=>?@ABCDEFGHIJKLMNOPQ"),
    rest=st.one_of(
        st.text(ARMOR, min_size=27, max_size=27),
        st.text(ARMOR, min_size=70, max_size=70),
        st.text(ARMOR, max_size=80),
    ),
    fill=st.integers(0, 5),
    as_sent=st.booleans(),
)
def test_any_payload_of_any_type_gives_what_the_plain_decoder_gives(kind, rest, fill, as_sent):
    data = sentence(f"AIVDM,1,1,,A,{kind}{rest},{fill}".encode())
    assert_same(data, as_sent=as_sent, received_at=RECEIVED)


@settings(max_examples=100, deadline=None)
@given(
    kind=st.sampled_from([1, 2, 3, 4, 5, 9, 11, 17, 18, 19, 21, 24, 27]),
    mmsi=st.integers(1, 999_999_999),
    lon=st.floats(-180, 180),
    lat=st.floats(-90, 90),
    name=st.text("ABC DEF@&?0123", max_size=20),
    partno=st.integers(0, 1),
)
def test_messages_of_the_encoder_of_pyais_come_back(kind, mmsi, lon, lat, name, partno):
    fields = dict(msg_type=kind, mmsi=mmsi, lon=lon, lat=lat, shipname=name, name=name)
    if kind == 24:
        fields["partno"] = partno
    if kind == 17:
        fields |= dict(lon=abs(lon), lat=abs(lat))
    data = "\n".join(encode_dict(fields)).encode() + b"\n"
    blocks, counts = decode(Decoder, data, received_at=RECEIVED)
    assert counts["rows"] == 1
    assert {*blocks[0].reports.mmsi, *blocks[0].statics.mmsi} == {mmsi}
    assert_same(data, received_at=RECEIVED)


@pytest.mark.parametrize(
    "data",
    [
        TWO_PARTS,
        TWO_PARTS[: TWO_PARTS.index(b"\n") + 1] + TWO_PARTS,
        TWO_PARTS[TWO_PARTS.index(b"\n") + 1 :] + TWO_PARTS,
        TWO_PARTS.replace(b",A,", b",B,", 1),
        b"$PGHP,1,2013,11,12,12,0,0,11,219,,2190067,1,62*26\n" + TWO_PARTS,
        b"\\si:AISD*3F\\\n" + TWO_PARTS,
        b"!AIVDM,1,1,,*,15MkWnPP00JrolNH>dqT??wJ0<09,0*2C\n",
    ],
    ids=[
        "in order",
        "first twice",
        "other before",
        "channels differ",
        "time before",
        "tag before",
        "star for a channel",
    ],
)
def test_two_parts_are_joined_as_the_assembler_joins_them(data):
    assert_same(data)
    assert_same(data, block=7)


def test_type_17_position_is_that_of_libais():
    ais = pytest.importorskip("ais", reason="libais is not installed")
    data = sample("aishub_sample.nmea")
    checked = 0
    for line in data.split(b"\n"):
        if not line.startswith(b"!AIVDM,1,1,") or line.split(b",")[5][:1] != b"A":
            continue
        fields = line.split(b",")
        try:
            theirs = ais.decode(fields[5].decode(), int(fields[6][:1]))
        except ais.DecodeError:
            continue
        reports = decode(Decoder, line + b"\n", as_sent=True)[0][0].reports
        assert reports.lon[0] == pytest.approx(theirs["x"], abs=1e-4)
        assert reports.lat[0] == pytest.approx(theirs["y"], abs=1e-4)
        checked += 1
    if not checked:
        pytest.skip("the sample has no whole type 17 that libais reads")
