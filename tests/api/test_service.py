import json

import pytest

from api import service
from api.service import Orders, _exercise, run
from api.settings import Settings
from sea.errors import BadInputError
from sea.units import DAY_US, SECOND_US


def test_an_exercise_is_begun_once_and_gone_on_with(tmp_path):
    first, began = _exercise(tmp_path, "pacific", 3)
    again, same = _exercise(tmp_path, "pacific", 3)
    assert (again.seed, same) == (first.seed, began) == (3, began)


def test_another_exercise_begins_when_one_is_over(tmp_path):
    _, began = _exercise(tmp_path, "pacific", 3)
    file = tmp_path / "exercise-pacific-3.json"
    long_ago = began - int(service.EXERCISE_H / 24) * DAY_US
    file.write_text(json.dumps({"seed": 3, "start_us": long_ago}))
    exercise, start = _exercise(tmp_path, "pacific", 3)
    assert exercise.seed == 4
    assert abs(start - began) < 120 * SECOND_US


def test_a_role_alone_without_shared_servers_is_refused(tmp_path):
    with pytest.raises(BadInputError, match="SAFEPASSAGE_DATABASE_URL"):
        run(Settings(data_dir=tmp_path), Orders(role="watch"))
