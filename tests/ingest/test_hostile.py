"""Hostile input: damaged lines of real feeds never crash, hang or grow the decoder, and count.

SAFEPASSAGE_HOSTILE_LINES=100000 makes it that many lines of each feed; 3,000 are the default.
"""

import os
import random
import tracemalloc
from pathlib import Path

import numpy as np
import pytest

from ingest.decode import REJECTIONS, Decoder
from ingest.reference import PlainDecoder

FEEDS = Path(__file__).parents[2].parent / "shared" / "data" / "nmea"
NAMES = ("aishub_sample.nmea", "bahamas_mixed.nmea", "denmark_pghp.nmea", "drift_duplicates.nmea",
         "satellite_tagblock.nm4", "us_puget.nmea", "uscg_suffix.ais")  # fmt: skip
LINES = int(os.environ.get("SAFEPASSAGE_HOSTILE_LINES", "3000"))
BLOCK = 1 << 16
START = 1_700_000_000_000_000
ARMOR = bytes([*range(48, 88), *range(96, 120)])
AT_LINES = ("not_ais", "checksum", "malformed", "bad_fragment", "too_long", "bad_time", "bad_tag")
AT_MESSAGES = ("too_short", "unknown_type", "decode_error", "no_time")
GROWN_BYTES = 4 << 20
"""More than a block's tables and every open message of `ingest.assembly` take."""


def sample_lines(name):
    if not (FEEDS / name).exists():
        pytest.skip("the real feeds are not here")
    return (FEEDS / name).read_bytes().split(b"\n")


def flipped(line, chance):
    at = chance.randrange(len(line) or 1)
    return line[:at] + bytes([chance.randrange(256)]) + line[at + 1 :]


def bit_flipped(line, chance):
    at = chance.randrange(len(line) or 1)
    return (
        line[:at] + bytes(b ^ 1 << chance.randrange(8) for b in line[at : at + 1]) + line[at + 1 :]
    )


def cut(line, chance):
    return line[: chance.randrange(len(line) + 1)]


def beheaded(line, chance):
    return line[chance.randrange(len(line) + 1) :]


def inserted(line, chance):
    at = chance.randrange(len(line) + 1)
    return line[:at] + chance.randbytes(chance.randrange(1, 9)) + line[at:]


def doubled(line, chance):
    return line + b"\n" + line


def merged(line, chance):
    return line + line[chance.randrange(len(line) + 1) :]


def with_nulls(line, chance):
    at = chance.randrange(len(line) + 1)
    return line[:at] + bytes(chance.randrange(1, 30)) + line[at:]


def long(line, chance):
    return line + chance.choice(ARMOR.decode()).encode() * chance.choice((200, 960, 1100, 70_000))


def with_other_fields(line, chance):
    """Another count, number, sequence, channel, payload or fill."""
    fields = line.split(b",")
    at = chance.randrange(len(fields))
    fields[at] = chance.choice((b"", b"0", b"1", b"2", b"5", b"9", b"10", b"A", b"\xff", b"-1"))
    return b",".join(fields)


def with_other_payload(line, chance):
    """Some six-bit characters of the payload changed, cut or added; it stays armoured."""
    fields = line.split(b",")
    at = max(range(len(fields)), key=lambda n: len(fields[n]))
    payload = bytearray(fields[at])
    for _ in range(chance.randrange(1, 6)):
        if payload:
            payload[chance.randrange(len(payload))] = chance.choice(ARMOR)
    size = chance.choice((len(payload), chance.randrange(len(payload) + 1), len(payload) + 40))
    fields[at] = bytes(payload[:size].ljust(size, b"0"))
    return b",".join(fields)


MUTATIONS = (flipped, bit_flipped, cut, beheaded, inserted, doubled, merged, with_nulls, long,
             with_other_fields, with_other_payload)  # fmt: skip


def mended(line):
    """The line with a right checksum, so that its bits reach the decoder."""
    begin, end = line.rfind(b"!"), line.rfind(b"*")
    if not 0 <= begin < end:
        return line
    check = 0
    for byte in line[begin + 1 : end]:
        check ^= byte
    return line[: end + 1] + b"%02X" % check + line[end + 3 :]


def hostile(lines, chance, count):
    """The feed's own lines in order, again and again, four of five of them damaged."""
    for n in range(count):
        line = lines[n % len(lines)].rstrip(b"\r")
        for _ in range(chance.choice((0, 1, 1, 1, 2))):
            line = chance.choice(MUTATIONS)(line, chance)
        yield (mended(line) if chance.random() < 0.6 else line) + chance.choice((b"\n", b"\r\n"))


def blocks(lines, count, seed):
    """Hostile lines in blocks that end anywhere."""
    held = bytearray()
    for line in hostile(lines, random.Random(seed), count):
        held += line
        if len(held) > BLOCK:
            yield bytes(held[:BLOCK])
            del held[:BLOCK]
    yield bytes(held)


def assert_every_line_is_accounted(counts):
    assert counts["lines"] == counts["sentences"] + counts["headers"] + sum(
        counts[reason] for reason in AT_LINES
    )
    assert counts["sentences"] - counts["orphan_part"] >= counts["messages"]
    assert counts["messages"] == counts["rows"] + counts["other_type"] + sum(
        counts[reason] for reason in AT_MESSAGES
    )
    assert counts["rejected"] == sum(counts[reason] for reason in REJECTIONS)


def assert_same_rows(ours, theirs):
    for kind in ("reports", "statics"):
        one, other = getattr(ours, kind), getattr(theirs, kind)
        for name in one.dtypes():
            np.testing.assert_array_equal(getattr(one, name), getattr(other, name), err_msg=name)
    np.testing.assert_array_equal(ours.report_of, theirs.report_of)
    np.testing.assert_array_equal(ours.static_of, theirs.static_of)


@pytest.mark.timeout(1800)
@pytest.mark.parametrize("name", NAMES)
def test_damaged_lines_give_what_the_plain_decoder_gives_and_all_are_accounted(name):
    ours = Decoder(start_us=START, as_sent=True)
    plain = PlainDecoder(start_us=START, as_sent=True)
    newlines = 0
    for block in blocks(sample_lines(name), LINES, name):
        newlines += block.count(b"\n")
        assert_same_rows(ours.feed(block), plain.feed(block))
        assert ours.counts["rows"] == plain.counts["rows"]
    assert_same_rows(ours.finish(), plain.finish())
    assert +ours.counts == +plain.counts
    assert_every_line_is_accounted(ours.counts)
    assert ours.counts["lines"] == newlines >= LINES
    assert {"checksum", "malformed", "too_long", "too_short"} <= (+ours.counts).keys()


@pytest.mark.timeout(1800)
@pytest.mark.parametrize("name", NAMES)
def test_damaged_lines_do_not_grow_the_decoder(name):
    decoder = Decoder(start_us=START, as_sent=True)
    lines = sample_lines(name)
    for block in blocks(lines, LINES // 4, 1):
        decoder.feed(block)
    tracemalloc.start()
    try:
        for block in blocks(lines, LINES, 2):
            decoder.feed(block)
        grown, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert grown < GROWN_BYTES
