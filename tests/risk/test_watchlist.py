import pytest
from hypothesis import given
from hypothesis import strategies as st

from risk.watchlist import NAME_POINTS, WATCH_CAP, WATCH_POINTS, WatchEntry, WatchList
from sea.errors import BadInputError
from sea.instants import parse_utc
from sea.units import DAY_US, HOUR_US

NOW = parse_utc("2026-03-01T12:00:00Z")


def an_entry(number=1, **fields):
    told = dict(id=f"w{number}", valid_from=NOW, owner="Port of Callao", reason="hull search")
    return WatchEntry(**told | fields)


def told(*entries, mmsi=200000001, imo=9074729, name="ALPHA STAR", now=NOW):
    return WatchList(entries, now).told(mmsi, imo, name)


@pytest.mark.parametrize("number", [dict(mmsi=200000001), dict(imo=9074729)])
def test_a_hit_by_number_gives_the_points_and_says_who_asked_and_why(number):
    hit = told(an_entry(**number))
    assert hit.amount == WATCH_POINTS
    assert hit.report_ids == ("w1",)
    assert "Port of Callao" in hit.text
    assert "hull search" in hit.text


@pytest.mark.parametrize("name", ["alpha-star", "ALPHA *", "M/V ALPHA ST?R"[4:], "*HA STAR"])
def test_a_name_pattern_gives_fewer_points(name):
    assert told(an_entry(name=name)).amount == NAME_POINTS


@pytest.mark.parametrize("name", ["ALPHA", "ALPHA S", "BETA*", "ALPHA STARS"])
def test_a_pattern_fits_the_whole_name_or_not_at_all(name):
    assert told(an_entry(name=name)) is None


def test_an_entry_holds_from_an_hour_before_its_begin_as_pictures_lag_to_its_end():
    entry = an_entry(mmsi=200000001, valid_until=NOW + DAY_US)
    assert told(entry, now=NOW - HOUR_US - 1) is None
    assert told(entry, now=NOW - HOUR_US).amount == WATCH_POINTS
    assert told(entry, now=NOW) is not None
    assert told(entry, now=NOW + DAY_US) is None


def test_points_fade_and_are_capped():
    many = [an_entry(i, mmsi=200000001) for i in range(5)]
    assert told(*many).amount == WATCH_CAP
    assert told(many[0], now=NOW + 180 * DAY_US).amount == pytest.approx(WATCH_POINTS / 2)


def test_an_entry_hit_by_number_and_by_name_counts_once():
    assert told(an_entry(mmsi=200000001, name="ALPHA*")).amount == WATCH_POINTS


@pytest.mark.parametrize(
    "wrong", [{}, dict(name="AB*"), dict(name="*A*B*C*D*"), dict(mmsi=1, valid_until=NOW)]
)
def test_an_entry_that_fits_nobody_or_everybody_is_refused(wrong):
    with pytest.raises(BadInputError):
        an_entry(**wrong)


@given(st.text(max_size=20), st.text(alphabet="AB*? -", max_size=12))
def test_no_pattern_or_name_breaks_the_search(name, text):
    try:
        entry = an_entry(name="ABCD" + text)
    except BadInputError:
        return
    told(entry, name=name)
