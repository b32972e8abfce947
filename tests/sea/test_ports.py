import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sea.geodesy import distance_nm
from sea.land import inland_nm, shore_distance_nm
from sea.ports import nearest_port, port, ports, resolve_destination

# Harbours as charted, to about a mile, from general knowledge and not from the gazetteer.
CHARTED = {
    "MXZLO": (-104.30, 19.06),
    "MXLZC": (-102.17, 17.94),
    "MXVER": (-96.13, 19.20),
    "MXATM": (-97.87, 22.48),
    "MXESE": (-116.62, 31.85),
    "MXPMD": (-92.41, 14.70),
    "ECGYE": (-79.90, -2.28),
    "ECPSJ": (-80.24, -2.71),
    "ECMEC": (-80.72, -0.94),
    "PECLL": (-77.14, -12.05),
    "PEPAI": (-81.11, -5.08),
    "COBUN": (-77.05, 3.89),
    "COCTG": (-75.53, 10.40),
    "COSMR": (-74.22, 11.25),
    "GTPRQ": (-90.79, 13.92),
    "PABLB": (-79.57, 8.95),
    "PAONX": (-79.90, 9.36),
    "PAMIT": (-79.88, 9.36),
    "JMKIN": (-76.83, 17.98),
    "BSFPO": (-78.77, 26.52),
    "USHOU": (-95.28, 29.74),
    "USLAX": (-118.26, 33.73),
    "USLGB": (-118.21, 33.75),
    "BRSSZ": (-46.30, -23.97),
    "CLVAP": (-71.62, -33.03),
    "CLSAI": (-71.62, -33.59),
}


@pytest.mark.parametrize("unlocode", CHARTED)
def test_important_ports_of_the_hemisphere_are_where_they_are(unlocode):
    found = port(unlocode)
    assert found is not None
    assert found.country == unlocode[:2]
    assert distance_nm(found.lon, found.lat, *CHARTED[unlocode]) < 5


@pytest.mark.parametrize("unlocode", ["MXMTY", "MXTLC", "CRSJO", "ATVIE", "USDEN"])
def test_places_far_from_any_shore_are_left_out(unlocode):
    assert port(unlocode) is None


def test_positions_written_as_degrees_and_minutes_are_read_so():
    puerto_colombia = port("COPCO")
    assert (puerto_colombia.lon, puerto_colombia.lat) == pytest.approx((-74.95, 11.0))


def test_nearly_all_ports_lie_within_ten_miles_of_a_shore():
    lon, lat = np.array([(p.lon, p.lat) for p in ports()]).T
    far = (inland_nm(lon, lat) > 10) | (shore_distance_nm(lon, lat) > 10)
    assert len(ports()) > 3000
    assert far.sum() < 130


def test_unlocodes_are_unique():
    codes = [p.unlocode for p in ports()]
    assert len(set(codes)) == len(codes)


@given(st.lists(st.tuples(st.floats(-180, 180), st.floats(-85, 85)), min_size=1, max_size=20))
def test_the_nearest_port_is_the_nearest_of_all(positions):
    lon, lat = np.array(positions).T
    index, distance = nearest_port(lon, lat)
    all_lon, all_lat = np.array([(p.lon, p.lat) for p in ports()]).T
    everywhere = distance_nm(lon[:, None], lat[:, None], all_lon, all_lat)
    np.testing.assert_allclose(distance, everywhere.min(axis=1), atol=1e-6)
    np.testing.assert_allclose(everywhere[np.arange(len(lon)), index], distance, atol=1e-6)


def test_an_unknown_position_has_no_nearest_port():
    index, distance = nearest_port([np.nan, -104.3], [19.0, 19.0])
    assert index[0] == -1
    assert np.isnan(distance[0])
    assert ports()[index[1]].unlocode == "MXZLO"


@pytest.mark.parametrize(
    ("text", "unlocode"),
    [
        ("MXZLO", "MXZLO"),
        ("MX ZLO", "MXZLO"),
        ("US>MXZLO", "MXZLO"),
        ("ECGYE > PABLB", "PABLB"),
        ("MXZLO ANCH", "MXZLO"),
        ("Port of Callao", "PECLL"),
        ("VALPARAÍSO", "CLVAP"),
        ("GUAYAQUILL", "ECGYE"),
        ("LOS ANGLES", "USLAX"),
        ("CARTAGENA COLOMBIA", "COCTG"),
        ("MANZANILLO, MEXICO", "MXZLO"),
        ("PTO QUETZAL", "GTPRQ"),
        ("STA MARTA", "COSMR"),
        ("PAITA", "PEPAI"),
        ("BALBOA", "PABLB"),
        ("PANAMA CANAL", "PAPCN"),
        ("HOUSTON", "USHOU"),
        ("MANZANILLO", None),
        ("CARTAGENA", None),
        ("FISHING", None),
        ("SEA", None),
        ("FOR ORDERS", None),
        ("ARMED GUARDS ON BOARD", None),
        ("@@@@", None),
        ("", None),
    ],
)
def test_a_destination_resolves_to_its_port_or_to_none(text, unlocode):
    found = resolve_destination(text)
    assert (found.unlocode if found else None) == unlocode


@given(st.text(max_size=20))
def test_any_destination_text_is_taken(text):
    assert resolve_destination(text) is None or resolve_destination(text) in ports()


@given(st.data())
def test_every_unlocode_resolves_to_its_port(data):
    some = data.draw(st.sampled_from(ports()))
    assert resolve_destination(some.unlocode) == some
