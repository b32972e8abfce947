import json
from copy import deepcopy

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from escort.reading import read_scenario
from escort.scenario import scenario_document
from sea.errors import BadInputError

ZONE = {"id": "Z", "nation": "EC", "kind": "closed", "polygon": [[0, 0], [1, 0], [1, 1]]}


@pytest.fixture
def document(make):
    changed = {
        "zones": [ZONE],
        "burden": {"shares": {"EC": 0.5}, "tolerance": 0.25},
        "locked": [{"asset": "a1", "request": "r1"}],
    }
    return make.scenario([make.asset(may_enter=["Z"])], [make.request()], **changed)


def put(document, path, value):
    changed = deepcopy(document)
    *way, last = path
    place = changed
    for step in way:
        place = place[step]
    if value is None:
        del place[last]
    else:
        place[last] = value
    return changed


WRONG = [
    (("now",), None, "now"),
    (("now",), 7, "now"),
    (("now",), "yesterday", "now"),
    (("now",), "0001-01-01T00:00:00+14:00", "now"),
    (("horizon_h",), -1, "horizon_h"),
    (("assets",), None, "assets"),
    (("assets",), {}, "assets"),
    (("assets",), [{}] * 1001, "assets"),
    (("assets", 0), 3, "assets[0]"),
    (("assets", 0, "id"), "", "assets[0].id"),
    (("assets", 0, "max_speed_kn"), "fast", "assets[0].max_speed_kn"),
    (("assets", 0, "max_speed_kn"), 0, "assets[0].max_speed_kn"),
    (("assets", 0, "range_nm"), float("nan"), "assets[0].range_nm"),
    (("assets", 0, "range_nm"), 10**400, "assets[0].range_nm"),
    (("assets", 0, "must_return"), 1, "assets[0].must_return"),
    (("assets", 0, "base"), "XXXXX", "assets[0].base"),
    (("assets", 0, "base"), None, "assets[0].base"),
    (("assets", 0, "base"), 99, "assets[0].base"),
    (("assets", 0, "position"), [1, 2, 3], "assets[0].position"),
    (("assets", 0, "position"), [200, 0], "assets[0].position[0]"),
    (("assets", 0, "position"), [0, float("inf")], "assets[0].position[1]"),
    (("assets", 0, "capacity_ships"), 1.5, "assets[0].capacity_ships"),
    (("assets", 0, "may_enter"), ["Y"], "assets[0].may_enter[0]"),
    (("assets", 0, "available_until"), "2020-01-01T00:00:00Z", "assets[0].available_until"),
    (("requests", 0, "latest"), "2026-03-01T21:59:59Z", "requests[0].latest"),
    (("requests", 0, "latest"), None, "requests[0].latest"),
    (("requests", 0, "speed_kn"), 0, "requests[0].speed_kn"),
    (("requests", 0, "risk_value"), -0.1, "requests[0].risk_value"),
    (("requests", 0, "risk_value"), True, "requests[0].risk_value"),
    (("requests", 0, "leg_h"), "six", "requests[0].leg_h"),
    (("requests", 0, "mmsis"), [], "requests[0].mmsis"),
    (("requests", 0, "mmsis"), [366999001], "requests[0].mmsis[0]"),
    (("requests", 0, "mmsis"), ["36699900"], "requests[0].mmsis[0]"),
    (("requests", 0, "release"), "COBUN", "requests[0].release"),
    (("zones", 0, "polygon"), [[0, 0], [1, 1]], "zones[0].polygon"),
    (("zones", 0, "polygon"), [[170, 0], [-170, 0], [-170, 5]], "zones[0].polygon"),
    (("burden", "shares", "EC"), 1.2, "burden.shares.EC"),
    (("burden", "shares", "US"), 0.6, "burden.shares"),
    (("locked", 0, "asset"), "a9", "locked[0].asset"),
    (("locked", 0, "request"), "r9", "locked[0].request"),
    (("distances", "unit"), "km", "distances.unit"),
    (("distances", "matrix", 0, 0), -1, "distances.matrix[0][0]"),
    (("distances", "matrix", 1), [0], "distances.matrix[1]"),
    (("distances", "points"), [[0, 0]], "distances.matrix[0]"),
]


@pytest.mark.parametrize(("path", "value", "field"), WRONG)
def test_what_is_wrong_is_named_by_its_path_with_a_mend(document, path, value, field):
    with pytest.raises(BadInputError) as caught:
        read_scenario(put(document, path, value))
    assert caught.value.field == field
    assert caught.value.mend or "write it like" in str(caught.value)
    assert field in str(caught.value)
    assert len(str(caught.value)) < 300


@pytest.mark.parametrize("things", ["zones", "assets", "requests"])
def test_an_id_used_twice_is_named(document, things):
    document[things].append(deepcopy(document[things][0]))
    with pytest.raises(BadInputError) as caught:
        read_scenario(document)
    assert caught.value.field == f"{things}[1].id"


def test_a_request_locked_to_two_assets_is_refused(make):
    locks = [{"asset": "a1", "request": "r1"}, {"asset": "a2", "request": "r1"}]
    document = make.scenario([make.asset(), make.asset(id="a2")], [make.request()], locked=locks)
    with pytest.raises(BadInputError, match="second asset"):
        read_scenario(document)


@pytest.mark.parametrize(
    "content", [b"", b"{", b"\xff", b"[]", b"null", b"[" * 100_000, b'{"now": ' + b"9" * 5000]
)
def test_what_is_no_scenario_at_all_is_refused(content):
    with pytest.raises(BadInputError):
        read_scenario(content)


def test_nan_in_the_bytes_is_named_by_its_path(document):
    content = json.dumps(put(document, ("requests", 0, "risk_value"), float("nan"))).encode()
    with pytest.raises(BadInputError) as caught:
        read_scenario(content)
    assert caught.value.field == "requests[0].risk_value"


@settings(
    max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(seed=st.integers(0, 2**32 - 1))
def test_writing_and_reading_give_the_same_scenario(make, seed):
    document = scenario_document(read_scenario(make.random_scenario(seed, 5, 10)))
    again = scenario_document(read_scenario(json.dumps(document).encode()))
    assert again == document


def test_a_position_may_be_a_row_of_the_scenarios_own_distances(document):
    points = document["distances"]["points"]
    by_row = put(document, ("requests", 0, "rendezvous"), points.index([-82.0, 0.0]))
    request = read_scenario(by_row).requests[0]
    assert (request.rendezvous.lon, request.rendezvous.lat) == (-82.0, 0.0)
    assert request.rendezvous == read_scenario(document).requests[0].rendezvous


def test_a_base_may_be_any_port_by_its_code(document):
    asset = read_scenario(put(document, ("assets", 0, "base"), "GTPRQ")).assets[0]
    assert asset.base == "GTPRQ"
    assert asset.base_place.lat == pytest.approx(13.9, abs=0.3)
