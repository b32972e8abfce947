import json
from pathlib import Path

import pytest

from api.cli import main
from risk.backtest import backtest, field_map, kernel_map, sea_of
from risk.incident import read_incidents

ROOT = Path(__file__).parents[2]
FACTS = ROOT.parent / "shared" / "facts" / "incidents_americas_1993_2018.csv"

ROWS = "".join(f"{year}-06-01,-77.19,-12.03,Anchored\n" for year in (2010, 2011, 2012))
BOX = "--bbox=-85,-20,-70,-5"


@pytest.fixture
def incidents(tmp_path):
    path = tmp_path / "incidents.csv"
    path.write_text("date,longitude,latitude,vessel_status\n" + ROWS)
    return str(path)


def test_the_command_prints_every_map_all_years_together_and_each(incidents, capsys):
    assert main(["backtest", "--incidents", incidents, "--years", "2011-2012", BOX]) == 0
    lines = capsys.readouterr().out.splitlines()
    names = [line[:16].strip() for line in lines[1:]]
    assert names == [f"{when}{model}" for model in ("field", "tuned", "kernel", "last year")
                     for when in ("all  ", "2011 ", "2012 ")]  # fmt: skip
    assert lines[1].split()[2:5] == ["2", "1.000", "1.000"]


@pytest.mark.parametrize("years", ["20x", "2012-2010"])
def test_years_that_are_none_are_a_usage_error(incidents, years):
    with pytest.raises(SystemExit, match="2"):
        main(["backtest", "--incidents", incidents, "--years", years])


def test_no_usable_incident_is_said(tmp_path, capsys):
    path = tmp_path / "none.csv"
    path.write_text("date,longitude,latitude\n2010-01-01,here,there\n")
    assert main(["backtest", "--incidents", str(path)]) == 1
    assert "no usable incident" in capsys.readouterr().err


def test_all_figures_go_to_a_file_when_asked_for(incidents, tmp_path, capsys):
    out = tmp_path / "figures.json"
    wanted = ["--years", "2011-2012", BOX, "--json", str(out)]
    assert main(["backtest", "--incidents", incidents, *wanted]) == 0
    told = json.loads(out.read_text())
    assert told["pooled"]["field"]["incidents"] == 2
    assert sum(g["reported"] for g in told["groups"]) == 2
    assert [y["year"] for y in told["years_told"]] == [2011, 2012]
    assert told["curve"]["field"] == sorted(told["curve"]["field"])


def test_the_figures_in_the_documents_are_those_of_the_code():
    """2013 to 2014 again, of the years that docs/risk/backtest.json tells."""
    if not FACTS.exists():
        pytest.skip("the incident reports are not here")
    told = json.loads((ROOT / "docs" / "risk" / "backtest.json").read_text("utf-8"))
    reports, _ = read_incidents(FACTS.read_text("utf-8"))
    sea = sea_of(reports, tuple(told["bbox"]))
    maps = {"field": field_map(), "kernel": kernel_map}
    for score, _ in backtest(reports, [2013, 2014], sea, maps):
        (row,) = [r for r in told["scores"]
                  if (r["year"], r["model"]) == (score.year, score.model)]  # fmt: skip
        assert row["log_score"] == pytest.approx(score.log_score, rel=1e-5)
        assert (row["hit_1"], row["hit_5"]) == pytest.approx(score.hits, rel=1e-5)
