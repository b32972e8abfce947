from dataclasses import fields

import pytest

from ingest.exercise import NAMES, Exercise
from ingest.exercise.reception import ReceptionParams
from ingest.exercise.scenario import DECOYS, PLANTS, load_scenario, names, read_scenario
from sea.errors import BadInputError, UnavailableError
from sea.instants import parse_utc

START_US = parse_utc("2026-01-15T12:00:00Z")
SMALL = """
title = "One trade"
grounds = [[-81.9, -1.6]]
[fleet]
merchant = 0.8
tender = 0.2
[plants]
rendezvous = 40
[[trades]]
ship = "tanker"
ports = ["ECESM", "PECLL"]
"""


def test_the_scenarios_that_are_promised_are_built_in():
    assert set(NAMES) >= {"pacific", "caribbean", "gulf", "atlantic-brazil", "quiet", "storm",
                          "spoofing"}  # fmt: skip


@pytest.mark.parametrize("name", names())
def test_a_built_in_scenario_is_whole(name):
    scenario = load_scenario(name)
    assert scenario.title
    assert sum(scenario.fleet.values()) == pytest.approx(1, abs=0.005)
    assert set(scenario.plants) <= set(PLANTS)
    assert set(scenario.decoys) <= set(DECOYS)


def test_quiet_has_decoys_and_no_plants():
    quiet = load_scenario("quiet")
    assert not any(quiet.plants.values())
    assert set(quiet.decoys) == set(DECOYS)


def test_every_plant_is_in_some_scenario():
    assert {kind for name in names() for kind in load_scenario(name).plants} == set(PLANTS)


def test_a_file_of_ones_own_is_an_exercise(tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text(SMALL)
    exercise = Exercise(str(path), start_us=START_US, hours=6, vessels=20, seed=1)
    assert sum(1 for _ in exercise.lines(exercise.start_us, exercise.end_us)) > 500
    assert any(row["kind"] == "rendezvous" for row in exercise.truth())


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        (SMALL.replace("title", "titel"), "titel"),
        (SMALL.replace('title = "One trade"', ""), "title"),
        (SMALL.replace("tender = 0.2", "tender = 0.3"), "fleet"),
        (SMALL.replace("tender = 0.2", "pirate = 0.2"), "fleet.pirate"),
        (SMALL.replace("rendezvous = 40", "rendezvous = -1"), "plants.rendezvous"),
        (SMALL.replace("rendezvous = 40", 'rendezvous = "many"'), "plants.rendezvous"),
        (SMALL.replace("[[-81.9, -1.6]]", "[[-181.9, -1.6]]"), "grounds[0]"),
        (SMALL.replace("[[-81.9, -1.6]]", "[]"), "grounds"),
        (SMALL.replace("ECESM", "XXXXX"), "trades[0].ports"),
        (SMALL.replace('["ECESM", "PECLL"]', '["ECESM"]'), "trades[0].ports"),
        (SMALL.replace('"tanker"', '"submarine"'), "trades[0].ship"),
        (SMALL + "[reception]\nsatellites = 13\n", "satellites"),
        (SMALL + "[reception]\nmoons = 1\n", "reception.moons"),
        (SMALL + "[[storms]]\nlon = 1\nlat = 2\n", "storms[0].radius_nm"),
        ("planted_low = 2\n" + SMALL, "planted_low"),
        ('ferries = [["ECESM"]]\n' + SMALL, "ferries[0]"),
        (SMALL.replace("tender", "ferry"), "ferries"),
    ],
)
def test_what_is_wrong_with_a_scenario_is_named_by_its_field(wrong, field):
    with pytest.raises(BadInputError) as error:
        read_scenario(wrong, name="mine")
    assert error.value.field == field


def test_text_that_is_no_toml_is_refused():
    with pytest.raises(BadInputError, match="not TOML"):
        read_scenario("[", name="mine")


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(UnavailableError, match=r"none\.toml"):
        load_scenario(str(tmp_path / "none.toml"))


def test_shares_of_reception_lie_between_none_and_all():
    for field in fields(ReceptionParams):
        with pytest.raises(BadInputError, match=field.name):
            ReceptionParams(**{field.name: -0.1})
