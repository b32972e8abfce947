import numpy as np
import pytest

from escort.fleet import exercise_burden, exercise_fleet, fleet_table
from escort.reading import read_scenario
from escort.scenario import Scenario, scenario_document
from sea.instants import parse_utc
from sea.lanes import sea_distance_nm
from sea.units import HOUR_US

NOW = parse_utc("2026-03-01T12:00:00Z")

HOT_SPOTS = {
    "Guayaquil": (-80.25, -3.0),
    "Callao": (-77.2, -12.03),
    "Buenaventura": (-77.3, 3.75),
    "Cartagena": (-75.6, 10.3),
    "Manzanillo": (-104.4, 19.0),
    "Port au Prince": (-72.5, 18.6),
}


def test_the_fleet_is_of_six_nations_and_says_where_its_figures_are_from():
    fleet = exercise_fleet(NOW, 72.0)
    assert len({asset.nation for asset in fleet}) == 6
    assert 14 <= len(fleet) <= 20
    assert len({asset.id for asset in fleet}) == len(fleet)
    classes = fleet_table()["classes"]
    assert {asset.class_name for asset in fleet} == set(classes)
    assert all("published figures" in row["source"] for row in classes.values())
    assert all("exercise" in asset.name for asset in fleet)


def test_the_fleet_is_on_offer_for_the_hours_asked():
    assert {(a.available_from, a.available_until) for a in exercise_fleet(NOW, 48.0)} == {
        (NOW, NOW + 48 * HOUR_US)
    }


def test_agreed_shares_are_of_the_fleets_nations_and_add_up_to_one():
    shares = exercise_burden().shares
    assert set(shares) == {asset.nation for asset in exercise_fleet(NOW, 72.0)}
    assert sum(shares.values()) == pytest.approx(1.0)


@pytest.mark.parametrize("place", HOT_SPOTS)
def test_every_hot_spot_is_within_a_day_of_an_asset(place):
    fleet = exercise_fleet(NOW, 72.0)
    positions = np.array([(asset.position.lon, asset.position.lat) for asset in fleet])
    distances = sea_distance_nm(positions, np.array([HOT_SPOTS[place]]))[:, 0]
    hours = distances / [asset.max_speed_kn for asset in fleet]
    assert hours.min() < 24.0


def test_the_fleet_can_be_written_and_read():
    scenario = Scenario(
        now=NOW, horizon_h=72.0, assets=exercise_fleet(NOW, 72.0), requests=(),
        burden=exercise_burden(),
    )  # fmt: skip
    document = scenario_document(scenario)
    for asset in document["assets"]:
        asset["may_enter"] = []
    assert scenario_document(read_scenario(document)) == document
