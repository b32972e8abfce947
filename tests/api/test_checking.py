import re
import string

import hypothesis.strategies as st
import pytest
from hypothesis import given

from api.checking import Known, matched, plain, read_csv, read_row
from sea.errors import BadInputError

KNOWN = Known(
    mmsi=[200000001, 200000002, 200000003, 200000004],
    imo=[9074729, 0, 9839272, 0],
    name=["ESPERANZA DEL MAR", "PACIFIC TRADER", "ALPHA", "PACIFIC TRADER"],
)


def found(**row):
    return matched([read_row(row.get("mmsi"), row.get("imo"), row.get("name"))], KNOWN)[0]


def test_a_number_decides_before_a_name_and_what_disagrees_is_said():
    by_mmsi = found(mmsi="200000001", imo="9839272", name="something else")
    assert (by_mmsi.ship, by_mmsi.by, by_mmsi.quality) == (0, "mmsi", 1.0)
    assert by_mmsi.disagrees == ("imo", "name")
    by_imo = found(mmsi="299999999", imo="IMO 9839272", name="Alpha")
    assert (by_imo.ship, by_imo.by, by_imo.disagrees) == (2, "imo", ("mmsi",))


@pytest.mark.parametrize(
    "name",
    ["M/V Esperanza del Mar", "ESPERANZA-DEL-MAR", "esperanza del már", "mv esperanza DEL mar"],
)
def test_titles_accents_and_marks_make_no_other_name(name):
    assert (found(name=name).ship, found(name=name).quality) == (0, 1.0)


def test_a_name_that_is_like_one_is_taken_for_it_with_its_likeness():
    match = found(name="ESPERANSA DEL MAR")
    assert (match.ship, match.by) == (0, "name")
    assert 0.9 < match.quality < 1


def test_a_short_or_unlike_name_means_nobody():
    assert found(name="ALPH").ship is None
    assert found(name="ATLANTIC SPIRIT").ship is None
    assert found(name="").ship is None


def test_namesakes_are_counted_and_a_number_that_fits_none_is_told():
    match = found(name="PACIFIC TRADER")
    assert (match.ship, match.others) == (1, 1)
    assert found(name="Pacific Tradr").others == 1


@pytest.mark.parametrize(
    ("row", "problem"),
    [
        ({"imo": "9074720"}, "imo: its check digit is wrong"),
        ({"imo": "907472"}, "imo: has seven digits"),
        ({"imo": "٩٠٧٤٧٢٩"}, "imo: has seven digits"),
        ({"mmsi": "12345678"}, "mmsi: has nine digits"),
        ({}, "names no ship"),
    ],
)
def test_what_is_wrong_with_a_row_is_said_and_not_looked_for(row, problem):
    read = read_row(row.get("mmsi"), row.get("imo"), row.get("name"))
    assert read.problems == (problem,)
    assert matched([read], KNOWN)[0].ship is None


def test_a_csv_is_read_by_its_columns_and_one_without_them_is_refused():
    rows = read_csv("\ufeffPort, IMO ,Name\nPAONX,9074729,x\nPAONX,,ALPHA\n")
    assert [(r.imo, r.name) for r in rows] == [(9074729, "X"), (None, "ALPHA")]
    for text in ("", "a,b\n1,2\n", 'name\n"un\nfinished'):
        with pytest.raises(BadInputError):
            read_csv(text)


@given(st.lists(st.text(string.printable, max_size=20), max_size=8))
def test_there_is_one_row_out_for_each_row_in_whatever_is_in_it(names):
    rows = [read_row(name, name, name) for name in names]
    assert len(matched(rows, KNOWN)) == len(names)


@given(st.text(max_size=30))
def test_a_plain_name_is_of_capital_letters_and_digits_with_single_spaces(name):
    assert re.fullmatch(r"([A-Z0-9]+( [A-Z0-9]+)*)?", plain(name))
