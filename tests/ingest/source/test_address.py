import hypothesis.strategies as st
import pytest
from hypothesis import given

from ingest.source import covered
from ingest.source.address import secrets_of, without

NAMES = [
    ("tcp://ais.example.org:4001", "tcp://ais.example.org:4001"),
    ("https://u:p@h/feed?sid=abc&area=n#north", "https://***@h/feed?sid=***&area=***#north"),
    ("wss://h/v0?apikey=abc&box=1,2,3,4", "wss://h/v0?apikey=***&box=1,2,3,4"),
    ("http://h/?abc", "http://h/?***"),
    ("mqtts://u:p@h/vessels-v2/#", "mqtts://***@h/vessels-v2/#"),
    ("mqtt+wss://h/mqtt?topic=a/#", "mqtt+wss://h/mqtt?topic=a/#"),
    ("serial:/dev/ttyUSB0?baud=38400", "serial:/dev/ttyUSB0?baud=38400"),
    ("https://u:p?w@h/x", "https://***"),
    ("feed.nmea", "feed.nmea"),
]


@pytest.mark.parametrize(("url", "name"), NAMES)
def test_what_may_be_secret_is_covered_and_the_rest_can_be_read(url, name):
    assert covered(url) == name


secret = st.text(st.characters(min_codepoint=48, max_codepoint=122), min_size=12, max_size=20)


@given(secret.filter(lambda s: not set(s) & set("<>[]\\^`")), st.sampled_from("?/#@:"), secret)
def test_no_password_is_ever_shown_whatever_is_in_it(start, sign, end):
    assert start not in covered(f"https://ana:{start}{sign}{end}@h/feed")


def test_a_secret_is_covered_in_the_words_of_others_however_it_is_written():
    secrets = secrets_of("https://ana:p%20w@h/?key=a+b")
    told = without("cannot get key=a%20b, key=a b, key=a+b for p w and p%20w", secrets)
    assert told == "cannot get key=***, key=***, key=*** for *** and ***"
