"""Which scores are worth storing."""

import numpy as np
import pytest

from api.news import News
from risk.assess import Assessor
from risk.event import Event
from risk.evidence import Evidence
from risk.ships import Ships, ships_from
from sea.units import HOUR_US, MINUTE_US

NOW = 1_772_366_400_000_000
SLOT = np.array([3])


@pytest.fixture(scope="module")
def assessor():
    return Assessor()


def a_ship(lon, lat, **known):
    ship = dict(mmsi=412_000_001, first_at=NOW - 9 * HOUR_US, reported_at=NOW, lon=lon, lat=lat,
                sog=0.1, cog=90.0, nav_status=1, msg_type=1, ship_type=70, length=180.0,
                draught=9.0, max_draught=12.0, destination=None, alone=0)  # fmt: skip
    return ships_from([[{**ship, **known}[name] for name in Ships._fields]])


AT_SEA, CALLAO = a_ship(-120.0, 5.0), a_ship(-77.19, -12.03)


def a_meeting(ended_at=NOW):
    return Event(kind="rendezvous", mmsis=(412_000_001, 999), started_at=NOW - HOUR_US,
                 ended_at=ended_at, detected_at=NOW, lon=-81.2, lat=1.4, status="ended",
                 confidence=1.0)  # fmt: skip


def is_news(news, assessor, ships, minutes, events=()):
    scored = assessor.score(ships, Evidence(events), NOW + minutes * MINUTE_US)
    return news.take(scored, SLOT).tolist() == [0]


def test_the_first_score_of_a_ship_is_news_and_the_same_again_is_not(assessor):
    news = News()
    assert is_news(news, assessor, AT_SEA, 0)
    assert not is_news(news, assessor, AT_SEA, 5)


def test_a_meeting_is_news_and_its_slow_fading_is_not(assessor):
    news = News()
    assert is_news(news, assessor, AT_SEA, 0)
    assert is_news(news, assessor, AT_SEA, 5, [a_meeting()])
    assert not is_news(news, assessor, AT_SEA, 30, [a_meeting()])


def test_another_place_is_news_where_the_risk_is_another(assessor):
    news = News()
    assert is_news(news, assessor, AT_SEA, 0)
    assert is_news(news, assessor, CALLAO, 5)


def test_small_changes_of_small_risks_are_no_news(assessor):
    news = News()
    assert is_news(news, assessor, AT_SEA, 0)
    scored = assessor.score(AT_SEA, Evidence(), NOW + MINUTE_US)
    scored.coercion.probability[:] = 9e-6
    assert len(news.take(scored, SLOT)) == 0


@pytest.mark.parametrize(("ships", "every_min"), [(CALLAO, 60), (AT_SEA, 360)])
def test_what_stays_is_stored_again_each_hour_or_each_six_where_all_is_low(
    assessor, ships, every_min
):
    news = News()
    ticks = range(0, 1440, 5)
    told = [minute for minute in ticks if is_news(news, assessor, ships, minute)]
    assert set(np.diff(told[1:])) == {every_min}
    assert told[1] - told[0] <= every_min


def test_ships_that_stay_the_same_are_not_all_stored_again_at_once(assessor):
    news, fleet = News(), Ships._make(np.repeat(column, 720) for column in AT_SEA)
    counts = [
        len(news.take(assessor.score(fleet, Evidence(), NOW + minute * MINUTE_US), np.arange(720)))
        for minute in range(0, 360, 5)
    ]
    assert counts[0] == 720
    assert max(counts[1:]) <= 20


def test_news_go_on_from_their_state(assessor):
    news = News()
    assert is_news(news, assessor, AT_SEA, 0)
    assert not is_news(News(news.state()), assessor, AT_SEA, 5)
    assert is_news(News(), assessor, AT_SEA, 5)
