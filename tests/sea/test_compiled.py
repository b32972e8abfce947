"""Compiled land and ways give what the plain ones give."""

import numpy as np
import pytest

from sea.compiled.land import crosses, off_shore_nm, on_land, seas
from sea.geodesy import distance_nm, unit_vectors
from sea.land import crosses_land, inland_nm, is_land, shore_distance_nm
from sea.lanes import sea_route
from sea.ports import port, ports
from sea.ways import ports_bound_for, predict_passage

NOW = 1_780_000_000_000_000


@pytest.fixture
def places():
    random = np.random.default_rng(3)
    return random.uniform(-180, 180, 3000), random.uniform(-80, 80, 3000)


def test_land_and_shore_are_the_same_place_by_place(places):
    land = [on_land(seas(), *place) for place in zip(*places, strict=True)]
    off = np.array([off_shore_nm(seas(), *place) for place in zip(*places, strict=True)])
    assert land == is_land(*places).tolist()
    np.testing.assert_allclose(np.maximum(off, 0)[~np.array(land)],
                               shore_distance_nm(*places)[~np.array(land)], atol=1e-9)  # fmt: skip
    np.testing.assert_allclose(np.maximum(-off, 0), inland_nm(*places), atol=1e-9)


def test_great_circles_cross_land_where_the_plain_ones_do(places):
    lon, lat = places[0] * 0.3 - 70, places[1] * 0.4
    plain = crosses_land(lon[:1500], lat[:1500], lon[1500:], lat[1500:])
    vectors, inland = unit_vectors(lon, lat), inland_nm(lon, lat)
    compiled = [
        crosses(seas(), vectors[i], inland[i], vectors[i + 1500], inland[i + 1500])
        for i in range(1500)
    ]
    assert (plain == compiled).mean() > 0.999
    assert 0.3 < plain.mean() < 0.99


def test_the_way_to_a_port_is_the_sea_route():
    random = np.random.default_rng(4)
    lon, lat = random.uniform(-115, -40, 300), random.uniform(-40, 30, 300)
    afloat = np.flatnonzero(~is_land(lon, lat))[:60]
    for i in afloat.tolist():
        bound = ports()[int(random.integers(len(ports())))]
        route = sea_route(lon[i], lat[i], bound.lon, bound.lat)
        passage = predict_passage(lon[i], lat[i], 20.0, 0.0, bound, NOW, horizon_h=1500, step_h=10)
        assert passage.sog[0] == 20.0
        arrived = np.flatnonzero(passage.sog == 0)[0] * 200.0
        assert arrived - 200.0 <= route.length_nm <= arrived + 1e-3
        assert distance_nm(passage.lon[-1], passage.lat[-1], bound.lon, bound.lat) < 0.01


def test_a_port_keeps_its_row_when_the_table_grows():
    table, callao = ports_bound_for(), port("PECLL")
    row = table.row(callao)
    before = table.bound().away[row].copy()
    for bound in ports()[:40]:
        table.row(bound)
    assert table.row(callao) == row
    np.testing.assert_array_equal(table.bound().away[row], before)
