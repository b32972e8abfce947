"""Hot spots: ships where the field is high, put together to places, ranked and followed."""

import numpy as np
import pytest

from risk.hazard import HazardField
from risk.hotspots import HotspotParams, Presence, hotspots
from risk.incident import Activity

FIELD = HazardField.fit()
GUANTA, CALLAO, EMPTY = (-64.718, 10.246), (-77.19, -12.03), (-100.0, -20.0)


def ships(*places, sog=0.0, nav_status=1, ship_type=70, msg_type=1):
    n = len(places)
    lon, lat = np.array(places, np.float64).reshape(n, 2).T
    return Presence.of(
        lon=lon, lat=lat, sog=np.full(n, sog), nav_status=np.full(n, nav_status),
        ship_type=np.full(n, ship_type), msg_type=np.full(n, msg_type),
    )  # fmt: skip


def test_an_anchorage_with_many_incidents_ranks_above_one_without_and_grows_with_its_ships():
    one = hotspots(FIELD, ships(GUANTA, CALLAO, EMPTY))
    two = hotspots(FIELD, ships(GUANTA, GUANTA, CALLAO, EMPTY))
    assert one["name"][0] == "anchorage off Guanta"
    assert one["expected_per_day"].is_monotonic_decreasing
    assert two["expected_per_day"][0] == pytest.approx(2 * one["expected_per_day"][0])
    assert (one["low"] <= one["expected_per_day"]).all()
    assert (one["expected_per_day"] <= one["high"]).all()


def test_risk_is_the_fields_rate_times_ship_hours():
    told = hotspots(FIELD, ships(GUANTA))["expected_per_day"][0]
    day = sum(
        FIELD.rate(np.array([GUANTA[0]]), np.array([GUANTA[1]]), np.array([hour + 0.5]),
                   np.array([Activity.ANCHORED])).mean[0]
        for hour in range(24)
    )  # fmt: skip
    assert told == pytest.approx(day)


def test_only_merchant_ships_count():
    assert hotspots(FIELD, ships(GUANTA, ship_type=30)).empty
    assert hotspots(FIELD, ships(GUANTA, ship_type=52)).empty
    assert hotspots(FIELD, ships(GUANTA, ship_type=0, msg_type=18)).empty
    assert len(hotspots(FIELD, ships(GUANTA, ship_type=0))) == 1


def test_what_a_ship_does_makes_her_place():
    kinds = {
        "port": ships(GUANTA, nav_status=5), "anchorage": ships(GUANTA, nav_status=15),
        "lane": ships((-79.6, 8.6), sog=12.0, nav_status=0), "sea": ships(EMPTY, sog=12.0),
    }  # fmt: skip
    for kind, presence in kinds.items():
        assert hotspots(FIELD, presence)["kind"].tolist() == [kind]


def test_the_trend_is_against_days_on_which_anybody_was_heard_and_beyond_chance():
    many, few = ships(*[GUANTA] * 20, CALLAO), ships(*[GUANTA] * 5, CALLAO)
    nobody = ships()

    def trend(now, *before):
        return hotspots(FIELD, now, before).set_index("name").loc["anchorage off Guanta"]

    assert trend(many, few, few)["trend"] == "rising"
    assert trend(few, many, many)["trend"] == "falling"
    assert trend(many, many)["trend"] == "steady"
    assert trend(ships(GUANTA), ships(GUANTA, GUANTA))["trend"] == "steady"  # one ship is chance
    assert trend(many, nobody)["trend"] is None
    assert trend(many, few, nobody)["days_before"] == 1


def test_a_patrol_more_goes_where_it_averts_most_of_what_others_leave():
    spread = ships(*[GUANTA] * 4, *[CALLAO] * 9, EMPTY)
    found = hotspots(FIELD, spread, params=HotspotParams(patrols=2)).set_index("name")
    first = found[found["patrol"] == 1]
    assert first["averts_per_day"].iloc[0] == found["averts_per_day"].max()
    assert sorted(found["patrol"].dropna()) == [1, 2]
    near = ships(*[GUANTA] * 4, (GUANTA[0] + 0.3, GUANTA[1] + 0.1), CALLAO)
    reach = hotspots(FIELD, near, params=HotspotParams(patrols=1, patrol_effect=1.0))
    assert reach["averts_per_day"].iloc[0] > reach["expected_per_day"].iloc[0]


def test_nobody_heard_is_no_place():
    assert hotspots(FIELD, ships()).empty


def test_the_order_of_ships_changes_nothing():
    places = [GUANTA, CALLAO, EMPTY, CALLAO]
    one, other = hotspots(FIELD, ships(*places)), hotspots(FIELD, ships(*places[::-1]))
    assert one["id"].tolist() == other["id"].tolist()
    assert one["expected_per_day"].to_numpy() == pytest.approx(other["expected_per_day"])
