"""Labels: rows of boardings, or an error that names the line."""

import pytest

from risk.labels import CODES, points_of, read_labels
from sea.errors import BadInputError
from sea.instants import parse_utc

HEAD = f"mmsi,at,outcome,synthetic,priority,{','.join(CODES)}\n"
NONE = "," * (len(CODES) - 1)


def an_assessment(mmsi="351000001", at="2026-01-01T00:00:00Z", **points):
    reasons = [{"code": code, "contribution": value} for code, value in points.items()]
    return {"mmsi": mmsi, "assessed_at": at, "model": "x",
            "smuggling": {"priority": sum(points.values()), "reasons": reasons}}  # fmt: skip


def test_rows_come_in_order_of_time_and_a_blank_is_no_points():
    labels = read_labels(
        f"{HEAD}351000001,2026-01-02T00:00:00Z,find,0,35,35{NONE}\n"
        f"351000002,2026-01-01T00:00:00Z,nothing,1,0,{NONE}\n"
    )
    assert labels.mmsi.tolist() == [351000002, 351000001]
    assert labels.found.tolist() == [False, True]
    assert labels.synthetic.tolist() == [True, False]
    assert labels.points[1].tolist() == [35.0] + [0.0] * (len(CODES) - 1)
    assert labels.points[0].sum() == 0


def test_indicators_are_taken_from_the_newest_assessment_not_after_the_boarding():
    known = [
        an_assessment(at="2026-01-01T00:00:00Z", S1=10.0),
        an_assessment(at="2026-01-03T00:00:00Z", S1=50.0),
        an_assessment(at="2026-01-02T00:00:00Z", S2=7.0, context=3.0),
    ]
    text = "mmsi,at,outcome,synthetic\n351000001,2026-01-02T12:00:00Z,1,0\n"
    labels = read_labels(text, known)
    assert labels.at.tolist() == [parse_utc("2026-01-02T12:00:00Z")]
    assert labels.points[0].tolist() == points_of(known[2])
    assert labels.priority.tolist() == [10.0]
    with pytest.raises(BadInputError, match="line 2: 351000002 has no assessment"):
        read_labels(text.replace("351000001", "351000002"), known)


@pytest.mark.parametrize(
    ("row", "said"),
    [
        (f"35100000,2026-01-02,find,0,35,35{NONE}", "line 2: mmsi"),
        (f"351000001,soon,find,0,35,35{NONE}", "line 2: at"),
        (f"351000001,2026-01-02,maybe,0,35,35{NONE}", "line 2: outcome"),
        (f"351000001,2026-01-02,find,,35,35{NONE}", "line 2: synthetic"),
        (f"351000001,2026-01-02,find,0,35,-1{NONE}", "line 2: S1"),
        (f"351000001,2026-01-02,find,0,nan,35{NONE}", "line 2: priority"),
    ],
)
def test_what_cannot_be_read_is_named_with_its_line(row, said):
    with pytest.raises(BadInputError, match=said):
        read_labels(f"{HEAD}{row}\n")


def test_labels_must_say_whether_they_are_synthetic():
    with pytest.raises(BadInputError, match="no column synthetic"):
        read_labels(f"{HEAD.replace('synthetic,', '')}")


@pytest.mark.parametrize("text", ["", "a,b\n1,2,3,4\n5\n6,7,8,9,10\n"])
def test_what_is_no_csv_is_said(text):
    with pytest.raises(BadInputError):
        read_labels(text)
