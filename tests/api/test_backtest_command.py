import pytest

from api.cli import main

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
    assert names == [f"{when}{model}" for model in ("field", "kernel", "last year")
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
