from collections import Counter
from functools import reduce
from operator import xor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.nmea import LINE_LIMIT, Framer, checksum, gatehouse, tag_block

POSITION = b"!AIVDM,1,1,,A,13HOI:0P0000VOHLCnHQKwvL05Ip,0*23"
GPS = b"$GPGGA,035235.00,2631.40936,N,07658.59507,W,2,10,1.00,-3.5,M,-34.4,M,,0000*46"
LINE_REASONS = ("not_ais", "checksum", "malformed", "bad_fragment", "too_long", "bad_tag",
                "bad_time")  # fmt: skip


def frame(*lines, ending=b"\n"):
    counts = Counter()
    framer = Framer(counts)
    sentences = framer.feed(b"".join(line + ending for line in lines))
    return sentences + framer.finish(), counts


def the_sentence(*lines):
    sentences, counts = frame(*lines)
    assert len(sentences) == 1, counts
    return sentences[0]


def tagged(body):
    return b"\\%s*%02X\\" % (body, checksum(body))


def seconds(count):
    return count * 1_000_000


@given(st.binary(max_size=400))
def test_the_checksum_is_the_xor_of_all_bytes(body):
    assert checksum(body) == reduce(xor, body, 0)


@pytest.mark.parametrize("talker", [b"AI", b"BS", b"AB", b"SA"])
@pytest.mark.parametrize("kind", [b"VDM", b"VDO"])
def test_any_talker_is_read(talker, kind):
    body = talker + kind + POSITION[6:-3]
    assert the_sentence(b"!%s*%02X" % (body, checksum(body))).talker == talker


@pytest.mark.parametrize(
    ("text", "us"),
    [
        (b"1635731889", seconds(1635731889)),
        (b"1635731889123", seconds(1635731889) + 123_000),
        (b"1635731889123456", seconds(1635731889) + 123_456),
        (b"1635731889123456789", seconds(1635731889) + 123_456),
    ],
)
def test_tag_block_times_in_s_ms_us_and_ns_are_told_apart(text, us):
    assert the_sentence(tagged(b"s:42809,c:" + text) + POSITION).heard_at == us


def test_a_tag_block_gives_station_and_group():
    sentence = the_sentence(tagged(b"g:1-2-3454,s:41925,c:1635731893") + POSITION)
    assert (sentence.station, sentence.group) == ("41925", b"3454")


def test_a_damaged_tag_block_is_ignored_and_its_sentence_kept():
    sentences, counts = frame(rb"\s:42809,c:1635731889*00" + b"\\" + POSITION)
    assert sentences[0].heard_at is None
    assert counts["ignored_tag"] == 1


@pytest.mark.parametrize(
    ("line", "ignored"),
    [
        (tagged(b"s:a,c:17145") + POSITION, 1),
        (tagged(b"s:a,c:4102444800") + POSITION, 1),
        (tagged(b"c:noon") + POSITION, 1),
        (POSITION + b",r003669987,17145", 1),
        (POSITION + b",x1,T33.71,r003669987", 0),
        (tagged(b"s:a,t:17145") + POSITION, 0),
    ],
)
def test_a_time_that_cannot_be_is_counted_and_its_sentence_kept(line, ignored):
    sentences, counts = frame(line)
    assert sentences[0].heard_at is None
    assert counts["ignored_time"] == ignored


def test_a_gatehouse_line_gives_its_time_and_station_to_the_next_sentence_only():
    header = b"$PGHP,1,2013,11,12,12,0,0,11,219,,2190067,1,62*26"
    sentences, counts = frame(rb"\si:AISD*3F" + b"\\", header, POSITION, POSITION)
    assert [s.heard_at for s in sentences] == [seconds(1384257600) + 11_000, None]
    assert [s.station for s in sentences] == ["2190067", None]
    assert counts["headers"] == 2


def test_a_lone_tag_block_names_the_next_sentence():
    assert the_sentence(rb"\si:AISD*3F" + b"\\", POSITION).station == "AISD"


def test_a_header_does_not_reach_over_another_sentence():
    header = b"$PGHP,1,2013,11,12,12,0,0,650,219,,2190071,1,6D*64"
    assert the_sentence(header, b"$PSTT,30A,20131112,120000*6D", POSITION).heard_at is None


def test_a_gatehouse_line_without_a_date_is_counted():
    body = b"PGHP,1,2013,13,42,12,0,0,11,219,,2190067,1,62"
    assert gatehouse(b"$%s*%02X" % (body, checksum(body))) is None
    assert frame(b"$%s*%02X" % (body, checksum(body)))[1]["bad_time"] == 1


def test_a_coast_guard_suffix_gives_station_and_time():
    suffix = b",x259906,s28320,d-098,T33.71033565,r003669973,1152921694"
    sentence = the_sentence(POSITION + suffix)
    assert (sentence.station, sentence.heard_at) == ("r003669973", seconds(1152921694))


@pytest.mark.parametrize("between", [b" ", b",", b"\t", b": "])
def test_an_epoch_may_lead(between):
    assert the_sentence(b"1411920501" + between + POSITION).heard_at == seconds(1411920501)


def test_the_sentences_own_time_comes_before_that_of_the_line_above():
    header = b"$PGHP,1,2014,9,28,16,8,23,642,679,,,1,13*23"
    assert the_sentence(header, POSITION + b",1411920501").heard_at == seconds(1411920501)


def test_lines_of_other_kinds_do_no_harm():
    sentences, counts = frame(b"Virtual AIS Receiver <DEMO>", b"# 2006-07-15", b"", GPS, POSITION)
    assert len(sentences) == 1
    assert (counts["lines"], counts["not_ais"], counts["sentences"]) == (5, 4, 1)


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (POSITION[:-1] + b"4", "checksum"),
        (b"!AIVDM,1,1,,A,13HOI:0P0000VOHLCnHQKwvL05Ip", "malformed"),
        (b"!AIVDM,1,2,,A,13HOI:0P0000VOHLCnHQKwvL05Ip,0*20", "bad_fragment"),
        (b"!AIVDM,1,1,,2,601uEP19bi7P04810,6*5D", "malformed"),
        (rb"\si:AISD*00" + b"\\", "bad_tag"),
    ],
)
def test_what_is_rejected_says_why(line, reason):
    sentences, counts = frame(line)
    assert sentences == []
    assert counts[reason] == 1


def test_ten_megabytes_without_a_newline_are_one_rejected_line():
    counts = Counter()
    framer = Framer(counts)
    for _ in range(160):
        assert framer.feed(b"!" * 65536) == []
        assert len(framer._tail) <= LINE_LIMIT
    assert framer.feed(b"\n" + POSITION + b"\n")[0].payload == b"13HOI:0P0000VOHLCnHQKwvL05Ip"
    assert (counts["too_long"], counts["lines"]) == (1, 2)


LINES = st.lists(
    st.one_of(
        st.sampled_from([POSITION, GPS, b"", tagged(b"s:1,c:1635731889") + POSITION,
                         b"x" * (LINE_LIMIT + 1), b"x" * LINE_LIMIT]),
        st.binary(max_size=60),
    ),
    max_size=12,
)  # fmt: skip


@given(LINES, st.lists(st.integers(1, 700), max_size=30), st.sampled_from([b"\n", b"\r\n"]))
def test_cutting_anywhere_changes_nothing_and_lines_add_up(lines, cuts, ending):
    whole, counts = frame(*lines, ending=ending)
    data = b"".join(line + ending for line in lines)
    pieces = Counter()
    framer = Framer(pieces)
    sentences = []
    for cut in cuts:
        sentences += framer.feed(data[:cut])
        data = data[cut:]
    sentences += framer.feed(data) + framer.finish()
    assert sentences == whole
    assert pieces == counts
    assert counts["lines"] == counts["sentences"] + counts["headers"] + sum(
        counts[reason] for reason in LINE_REASONS
    )


@given(st.binary(max_size=120))
def test_any_tag_block_is_read_or_refused(text):
    tag_block(text)
    tag_block(b"%s*%02X" % (text, checksum(text)))
