import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sea.identity import (
    MmsiClass,
    flag_of,
    imo_is_valid,
    mmsi_class,
    nav_status_name,
    ship_type_name,
)

FORMS = [
    (345_070_123, MmsiClass.SHIP),
    (2_442_000, MmsiClass.COAST_STATION),
    (36_612_345, MmsiClass.GROUP),
    (111_232_506, MmsiClass.SAR_AIRCRAFT),
    (993_672_001, MmsiClass.ATON),
    (823_512_345, MmsiClass.HANDHELD),
    (983_671_234, MmsiClass.CRAFT_OF_PARENT),
    (970_010_001, MmsiClass.AIS_SART),
    (972_123_456, MmsiClass.MOB),
    (974_123_456, MmsiClass.EPIRB),
    (0, MmsiClass.DEFAULT),
    (111_111_111, MmsiClass.DEFAULT),
    (123_456_789, MmsiClass.DEFAULT),
    (100_000_001, MmsiClass.INVALID),
    (900_000_000, MmsiClass.INVALID),
    (1_073_741_823, MmsiClass.INVALID),
    (-1, MmsiClass.INVALID),
]


@pytest.mark.parametrize(("mmsi", "kind"), FORMS)
def test_the_form_of_an_mmsi_tells_its_class(mmsi, kind):
    assert mmsi_class(mmsi) is kind


@given(st.lists(st.integers(0, 2**30 - 1)))
def test_an_array_of_mmsis_has_the_classes_of_its_members(mmsis):
    found = mmsi_class(np.array(mmsis, np.int32))
    assert found.dtype == np.int8
    assert found.tolist() == [mmsi_class(m) for m in mmsis]


@pytest.mark.parametrize(
    ("mmsi", "flag"),
    [
        (345_070_123, "MX"),
        (735_059_037, "EC"),
        (730_123_456, "CO"),
        (374_123_000, "PA"),
        (366_999_712, "US"),
        (538_005_000, "MH"),
        (2_442_000, "NL"),
        (36_612_345, "US"),
        (111_232_506, "GB"),
        (993_672_001, "US"),
        (823_512_345, "GB"),
        (970_010_001, None),
        (200_000_000, None),
        (123_456_789, None),
    ],
)
def test_the_mid_tells_the_flag(mmsi, flag):
    assert flag_of(mmsi) == flag


def test_every_mid_of_the_table_has_one_flag():
    flags = {mid: flag_of(mid * 1_000_000 + 123_456) for mid in range(200, 800)}
    known = {mid: flag for mid, flag in flags.items() if flag}
    assert len(known) > 280
    assert all(len(flag) == 2 and flag.isupper() for flag in known.values())


def test_the_check_digit_of_known_imo_numbers_holds():
    real = np.array([9_074_729, 9_839_430, 9_811_000, 8_814_275])
    assert imo_is_valid(real).all()
    assert not imo_is_valid(real + 1).any()
    assert not imo_is_valid(np.array([0, 1_234_567 * 10, -9_074_729, 123])).any()


@given(st.integers(100_000, 999_999))
def test_exactly_one_check_digit_fits_each_imo_number(stem):
    tenfold = stem * 10 + np.arange(10)
    assert imo_is_valid(tenfold).sum() == 1


def test_codes_have_names():
    assert ship_type_name(70) == "cargo ship"
    assert ship_type_name(81) == "tanker, hazard category A"
    assert ship_type_name(52) == "tug"
    assert ship_type_name(0) == ship_type_name(38) == ship_type_name(250) == "unknown"
    assert nav_status_name(1) == "at anchor"
    assert nav_status_name(15) == nav_status_name(99) == "unknown"
