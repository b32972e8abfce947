import numpy as np
import pytest

from risk.detect.approach import Approach, ApproachParams
from sea.errors import BadInputError

SHIP, CRAFT = 235000001, 367000002
LON, LAT = -90.0, 3.0


@pytest.fixture
def met(a_pace, a_report, a_static, detected):
    """Events of a craft that runs at a ship from 3 nm east; `miss_m` abeam, at `closing_kn`."""

    def meet(closing_kn=25.0, miss_m=50.0, craft_type=37, craft_m=9.0, ship_m=180.0, name=None,
             lon=LON, lat=LAT, stays=True, every=1.0, msg_type=18):  # fmt: skip
        rows = [a_report(SHIP, m, lon, lat, 0.1) for m in np.arange(0.0, 30.0, 1.0)]
        for m in np.arange(0.0, 30.0, every):
            apart = 3 - closing_kn * m / 60
            if stays:
                apart = max(apart, 0.0)
            east = lon + apart / 60 / np.cos(np.radians(lat))
            sog = closing_kn if apart != 0 else 0.2
            rows.append(a_report(CRAFT, m + 0.3, east, lat + miss_m / 1852 / 60, sog,
                                 msg_type=msg_type))  # fmt: skip
        statics = [a_static(SHIP, 80), a_static(CRAFT, craft_type)]
        for static, length in zip(statics, (ship_m, craft_m), strict=True):
            static.to_bow[:], static.to_stern[:] = length / 2, length / 2
        statics[1].name[:] = name
        return detected(Approach(), rows, statics)

    return meet


def test_a_fast_craft_alongside_a_ship_is_an_approach_within_a_minute(met, minute):
    (event,) = met()
    assert (event.kind, event.status, event.mmsis) == ("approach", "ended", (SHIP, CRAFT))
    assert abs(event.started_at - minute(7.4)) < minute(1) - minute(0)
    assert event.detected_at - event.started_at <= minute(2) - minute(0)
    assert event.evidence["nearest_m"] <= 300
    assert event.evidence["craft"] == str(CRAFT)


def test_one_that_runs_by_close_and_on_was_there_between_two_reports(met):
    (event,) = met(stays=False, closing_kn=33.0)
    assert event.evidence["nearest_m"] == pytest.approx(50, abs=15)


@pytest.mark.parametrize(
    "fields",
    [
        dict(closing_kn=9.0),
        dict(miss_m=700.0),
        dict(craft_type=50),
        dict(craft_type=51),
        dict(craft_type=52),
        dict(craft_type=55),
        dict(craft_m=45.0, craft_type=70, msg_type=1),
        dict(ship_m=40.0),
        dict(craft_type=0, name="PILOTO 3"),
        dict(craft_type=0, name="GUARDACOSTAS"),
        dict(lon=-79.56, lat=8.95),
    ],
    ids=lambda fields: " ".join(f"{k}={v}" for k, v in fields.items()),
)
def test_these_are_none(met, fields):
    assert met(**fields) == []


def test_a_pair_is_told_once_an_hour(met):
    assert len(met(every=0.5)) == 1


def test_approach_parameters_must_be_positive():
    with pytest.raises(BadInputError, match="range_m"):
        ApproachParams(range_m=0)
