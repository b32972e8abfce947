"""Eight characters at a time: the same bits, numbers and checksum as one after another."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from ingest.compiled.arena import STATION_LIMIT, STATION_ROOM, arena, fresh_state
from ingest.compiled.bits import CHARACTERS, WORDS, armored, pack, signed, unsigned, xor
from ingest.compiled.station import number_of
from ingest.nmea import checksum

ARMOR = bytes([*range(48, 88), *range(96, 120)])
OTHER = [byte for byte in range(256) if byte not in ARMOR]
payloads = st.lists(st.sampled_from(ARMOR), max_size=80).map(bytes)


def bits_of(payload):
    return "".join(f"{ARMOR.index(byte):06b}" for byte in payload)


def array(data):
    return np.frombuffer(data, np.uint8)


@given(
    payloads, st.integers(0, 80), st.sampled_from(OTHER), st.binary(max_size=9), st.integers(0, 9)
)
def test_a_payload_in_two_parts_is_packed_up_to_the_first_byte_that_is_no_armor(
    payload, cut, stop, rest, base
):
    words = np.full(base + WORDS, -1)
    first, second = payload[:cut], payload[cut:]
    packed = pack(array(first + bytes([stop]) + rest), 0, words, base, 0)
    packed = pack(array(second + bytes([stop]) + rest), 0, words, base, packed)
    assert packed == len(payload)
    got = "".join(f"{word:048b}" for word in words[base : base + packed // 8 + 1])
    assert got == bits_of(payload).ljust(len(got), "0")
    assert (words[:base] == -1).all()
    assert (words[base + packed // 8 + 2 :] == -1).all()


@given(payloads.filter(len), st.data())
def test_numbers_anywhere_in_the_bits_are_those_of_the_text_of_bits(payload, data):
    words = np.zeros(WORDS, np.int64)
    pack(array(payload + b","), 0, words, 0, 0)
    bits = bits_of(payload)
    start = data.draw(st.integers(0, len(bits) - 1))
    width = data.draw(st.integers(1, min(48, len(bits) - start)))
    number = int(bits[start : start + width], 2)
    assert unsigned(words, 0, start, width) == number
    assert signed(words, 0, start, width) == number - (number >> width - 1 << width)


@given(payloads)
def test_a_packed_payload_is_armored_again_as_it_came(payload):
    words = np.zeros(WORDS, np.int64)
    packed = pack(array(payload + b","), 0, words, 0, 0)
    again = np.empty(packed, np.uint8)
    armored(words, 0, packed, again)
    assert again.tobytes() == payload


def test_a_payload_without_end_is_packed_no_further_than_there_is_room():
    words = np.zeros(WORDS, np.int64)
    packed = pack(array(b"w" * 2 * CHARACTERS), 0, words, 0, 0)
    assert CHARACTERS <= packed < CHARACTERS + 8


@given(st.binary(max_size=100), st.integers(0, 100), st.integers(0, 100))
def test_the_checksum_is_that_of_the_bytes_one_by_one(data, begin, end):
    begin, end = min(begin, len(data)), min(end, len(data))
    assert xor(array(data), begin, max(begin, end)) == checksum(data[begin : max(begin, end)])


@given(st.lists(st.binary(min_size=1, max_size=STATION_ROOM), max_size=60))
def test_a_station_keeps_its_number_and_no_two_share_one(names):
    state, stations = fresh_state(), arena().stations
    numbers = {}
    for name in [*names, *names]:
        number = number_of(array(name), 0, len(name), state, stations)
        assert numbers.setdefault(name, number) == number
    assert sorted(numbers.values()) == list(range(1, len(numbers) + 1))


def test_there_is_an_end_to_the_stations_held():
    state, stations = fresh_state(), arena().stations
    names = [b"%d" % number for number in range(STATION_LIMIT + 5)]
    numbers = [number_of(array(name), 0, len(name), state, stations) for name in names]
    assert numbers == [*range(1, STATION_LIMIT + 1), *[-1] * 5]
    assert number_of(array(names[7]), 0, 1, state, stations) == 8
