"""``safepassage exposure`` and ``hazard --exposure``, on an exercise's own lines."""

import numpy as np
import pandas as pd
import pytest

from api.cli import main
from api.hazard import assessor_of
from api.settings import Settings
from risk.exposure import read_exposure

HOURS = 5


@pytest.fixture(scope="module")
def table(tmp_path_factory):
    """Ship-hours of five hours of an exercise, written by the command."""
    folder = tmp_path_factory.mktemp("exposure")
    feed, table = folder / "feed.nmea", folder / "exposure.csv"
    play = ["exercise", "pacific", "--vessels", "80", "--hours", str(HOURS), "--seed", "4",
            "--start", "2026-01-15T00:00:00Z", "--out", str(feed),
            "--truth", str(folder / "truth.jsonl")]  # fmt: skip
    assert main(play) == 0
    assert main(["exposure", str(feed), "--out", str(table)]) == 0
    return table


def test_the_ship_hours_of_a_feed_are_some_ships_for_its_hours(table):
    exposure = read_exposure(table.read_text("utf-8"))
    assert 20 * (HOURS - 1) < exposure.ship_hours.sum() <= 80 * (HOURS + 1)
    assert exposure.listened.max() <= HOURS + 1


def test_the_field_is_fitted_to_them_and_told_by_cell(table, tmp_path):
    told = {}
    for name, more in (("assumed", []), ("seen", ["--exposure", str(table)])):
        cells = tmp_path / f"{name}.csv"
        assert main(["hazard", "--bbox=-82,-4,-78,-1", "--out", str(cells), *more]) == 0
        told[name] = pd.read_csv(cells)
    assert (told["assumed"]["cell"] == told["seen"]["cell"]).all()
    column = "per_ship_hour_under_way"
    assert not np.allclose(told["assumed"][column], told["seen"][column], rtol=1e-6, atol=0)


def test_a_node_scores_by_the_field_of_its_settings(table, tmp_path):
    assumed, seen = (assessor_of(Settings(data_dir=tmp_path, exposure=e)) for e in (None, table))
    assert assumed.hazard_id != seen.hazard_id
    assert assessor_of(Settings(data_dir=tmp_path, exposure=table)).hazard_id == seen.hazard_id


def test_a_file_that_is_none_or_away_is_named(tmp_path, capsys):
    wrong = tmp_path / "wrong.csv"
    wrong.write_text("a,b\n", "utf-8")
    for path in (wrong, tmp_path / "away.csv"):
        assert main(["hazard", "--exposure", str(path), "--out", "-"]) == 1
    said = capsys.readouterr().err
    assert "columns are not" in said
    assert "cannot read" in said
