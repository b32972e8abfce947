import numpy as np
import pytest

from ingest.exercise.planting import clear, run_at
from sea.geodesy import destination, distance_nm

SEA, LIMA = (-85.0, -12.0), (-77.0, -12.0)


@pytest.mark.parametrize(("end", "is_clear"), [((-86.0, -11.0), True), (SEA, True), (LIMA, False)])
def test_a_way_is_clear_that_keeps_off_the_land(end, is_clear):
    assert clear(SEA, end) is is_clear


def test_a_craft_closes_as_fast_as_asked_and_stays_at_her_distance():
    def where(at_s):
        return destination(*SEA, 90, 14 * at_s / 3600)

    seconds, lon, lat, _ = run_at(where, 0.0, 900.0, 500.0, 200.0, 20.0, 45.0)
    apart_nm = distance_nm(*where(seconds), lon, lat)
    running = seconds < 490
    closing_kn = -np.diff(apart_nm[running]) / np.diff(seconds[running]) * 3600
    assert closing_kn == pytest.approx(20, abs=0.2)
    assert apart_nm[seconds > 500] * 1852 == pytest.approx(200, abs=2)
