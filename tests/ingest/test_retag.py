from collections import Counter
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.batch import ReportBatch, StaticBatch
from ingest.decode import Decoder
from ingest.exercise import Exercise
from ingest.nmea import checksum
from ingest.retag import MOST_OPEN, Retagger, tag_of
from sea.instants import parse_utc
from sea.units import HOUR_US

NOW = parse_utc("2026-03-01T12:00:00Z")
MOVING = b"!AIVDM,1,1,,A,13HOI:0P0000VOHLCnHQKwvL05Ip,0*23\r\n"
PARTS = (
    b"!AIVDM,2,1,3,B,55P5TL01VIaAL@7WKO@mBplU@<PDhh000000001S;AJ::4A80?4i@E53,0*3E\r\n",
    b"!AIVDM,2,2,3,B,1@0000000000000,2*55\r\n",
)


def retagged(*blocks, source="udp://:5000", counts=None):
    tagger = Retagger(source, Counter() if counts is None else counts)
    return [message for block in blocks for message in tagger.feed(block, NOW)]


@pytest.fixture(scope="module")
def feed():
    exercise = Exercise("pacific", start_us=NOW, hours=1.0, vessels=40, seed=1)
    return b"".join(line for _, line in exercise.lines(NOW, NOW + HOUR_US // 2))


def test_a_bare_sentence_gets_the_sources_name_and_our_time():
    assert retagged(MOVING) == [b"\\s:udp-5000,c:1772366400*71\\" + MOVING]


def test_a_station_and_its_time_are_kept():
    tag = tag_of("EX-USMIA", NOW - 1_500_000)
    assert tag.startswith(b"\\s:EX-USMIA,c:1772366398500*")
    assert retagged(tag + MOVING) == [tag + MOVING]


def test_parts_leave_together_when_the_last_has_come():
    (message,) = retagged(PARTS[0] + MOVING.replace(b"!", b"$"), PARTS[1])
    assert message.count(b"\r\n") == 2
    decoded = Decoder().feed(message)
    assert decoded.statics.mmsi.tolist() == [369190000]


def test_parts_that_never_meet_are_counted_and_forgotten():
    counts = Counter()
    heads = []
    for channel in range(MOST_OPEN + 5):
        body = b"AIVDM,2,1,3,%d,55P5TL01VIaAL,0" % channel
        heads.append(b"!%s*%02X\r\n" % (body, checksum(body)))
    assert retagged(b"".join(heads), counts=counts) == []
    assert counts["orphan_part"] == 5


def test_what_is_damaged_goes_nowhere():
    assert retagged(MOVING.replace(b"*23", b"*24"), b"\xff" * 5000, b"\n") == []


def test_an_own_ship_is_nobodys_own_ship_elsewhere():
    body = MOVING[1:-5].replace(b"VDM", b"VDO")
    (message,) = retagged(b"!%s*%02X\r\n" % (body, checksum(body)))
    assert message.endswith(MOVING)


@settings(deadline=None, max_examples=20)
@given(cuts=st.lists(st.integers(0, 100_000), max_size=20))
def test_what_goes_out_decodes_to_what_came_in_however_it_was_cut(feed, cuts):
    edges = [0, *sorted(min(cut, len(feed)) for cut in cuts), len(feed)]
    blocks = [feed[low:high] for low, high in pairwise(edges)]
    out = b"".join(retagged(*blocks))
    expected, found = Decoder().feed(feed), Decoder().feed(out)
    for table, name in ((ReportBatch, "reports"), (StaticBatch, "statics")):
        for column in table.dtypes():
            np.testing.assert_array_equal(
                getattr(getattr(found, name), column), getattr(getattr(expected, name), column)
            )


@given(name=st.text(max_size=40))
def test_a_tag_is_whole_whatever_a_station_is_called(name):
    (message,) = retagged(tag_of(name, NOW) + MOVING, source="x")
    assert message.endswith(MOVING)
    assert message.startswith(b"\\s:")
