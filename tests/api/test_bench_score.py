"""The measure of the scores, on a small world: what it counts is what it scored."""

from api.bench_score import measure
from api.cli import main


def test_a_small_world_is_scored_with_its_events():
    made = measure(300, 1)
    assert made.ships == 300
    assert 60 <= made.events <= 240
    assert 0 < made.merchants_under_way < 300
    assert made.news < made.ships
    assert 0 < made.score_s < made.first_s + 1


def test_the_command_says_what_is_synthetic(capsys):
    assert main(["bench", "score", "--vessels", "100", "--rounds", "1"]) == 0
    assert "(all synthetic)" in capsys.readouterr().out
