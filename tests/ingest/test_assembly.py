from collections import Counter
from itertools import permutations

import pytest

from ingest.assembly import REORDER_LINES, WINDOW_LINES, Assembler
from ingest.nmea import Sentence


def a_part(number, *, line, total=2, payload=None, **given):
    """Synthetic part; its payload names it unless given."""
    fields = dict(talker=b"AI", sequence=b"3", channel=b"A", fill=0, heard_at=None,
                  station=None, group=None)  # fmt: skip
    return Sentence(line=line, number=number, total=total,
                    payload=payload or b"%d" % number, **{**fields, **given})  # fmt: skip


def assemble(*parts):
    assembler = Assembler(Counter())
    whole = [message for part in parts if (message := assembler.add(part))]
    assembler.finish()
    return [message.payload for message in whole], assembler.counts["orphan_part"]


@pytest.mark.parametrize("order", list(permutations((1, 2, 3))))
def test_parts_come_in_any_order(order):
    parts = [a_part(n, total=3, line=i) for i, n in enumerate(order)]
    assert assemble(*parts) == ([b"123"], 0)


def test_messages_with_other_sequence_numbers_may_lie_between():
    one, two = dict(sequence=b"1"), dict(sequence=b"2")
    parts = [
        a_part(1, line=0, payload=b"a", **one),
        a_part(1, line=1, payload=b"b", **two),
        a_part(2, line=2, payload=b"B", **two),
        a_part(2, line=3, payload=b"A", **one),
    ]
    assert assemble(*parts) == ([b"bB", b"aA"], 0)


def test_two_stations_do_not_mix():
    parts = [a_part(1, line=0, payload=b"a", station="x"),
             a_part(1, line=1, payload=b"b", station="y"),
             a_part(2, line=2, payload=b"A", station="x"),
             a_part(2, line=3, payload=b"B", station="y")]  # fmt: skip
    assert assemble(*parts) == ([b"aA", b"bB"], 0)


def test_a_group_joins_parts_of_several_receivers():
    parts = [a_part(1, line=0, group=b"77", station="x", channel=b"A"),
             a_part(2, line=1, group=b"77", station="y", channel=b"B")]  # fmt: skip
    assert assemble(*parts) == ([b"12"], 0)


def test_groups_with_other_numbers_stay_apart():
    parts = [a_part(1, line=0, group=b"77"), a_part(2, line=1, group=b"78")]
    assert assemble(*parts) == ([], 2)


def test_a_part_without_header_belongs_to_the_station_before():
    parts = [a_part(1, line=0, station="x", heard_at=5), a_part(2, line=1)]
    assert assemble(*parts) == ([b"12"], 0)


def test_a_part_after_two_seconds_is_an_orphan():
    parts = [a_part(1, line=0, heard_at=0), a_part(2, line=1, heard_at=2_000_001)]
    assert assemble(*parts) == ([], 2)


def test_a_part_beyond_the_window_is_an_orphan():
    assert assemble(a_part(1, line=0), a_part(2, line=WINDOW_LINES + 1)) == ([], 2)
    assert assemble(a_part(1, line=0), a_part(2, line=WINDOW_LINES)) == ([b"12"], 0)


def test_a_stray_second_part_does_not_take_the_next_message():
    late = REORDER_LINES + 1
    parts = [a_part(2, line=0, payload=b"X"), a_part(1, line=late, payload=b"a"),
             a_part(2, line=late + 1, payload=b"A")]  # fmt: skip
    assert assemble(*parts) == ([b"aA"], 1)


def test_a_first_part_sent_again_starts_anew():
    parts = [a_part(1, line=0, payload=b"old"), a_part(1, line=1, payload=b"new"),
             a_part(2, line=2, payload=b"-end")]  # fmt: skip
    assert assemble(*parts) == ([b"new-end"], 1)


def test_what_waits_is_bounded():
    assembler = Assembler(Counter())
    for line in range(10 * WINDOW_LINES):
        assembler.add(a_part(1, line=line, group=b"%d" % line))
        assert len(assembler._open) <= 2 * WINDOW_LINES + 2
