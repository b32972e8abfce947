import pytest

from risk.detect.destination_mismatch import DestinationMismatch, DestinationMismatchParams
from sea.errors import BadInputError

SHIP = 235000001
WEST_OF_PERU = dict(lon=-95.0, lat=-5.0)


@pytest.fixture
def bound(a_static):
    """A ship's voyage messages: (minute, destination) each."""

    def tell(*declared):
        statics = [a_static(SHIP, 80, at) for at, _ in declared]
        for static, (_, destination) in zip(statics, declared, strict=True):
            static.destination[:] = destination
        return statics

    return tell


def test_six_hours_away_from_the_declared_port_is_a_mismatch(a_pace, bound, detected, minute):
    rows = a_pace(SHIP, (600, 14), every=5.0, **WEST_OF_PERU)
    (event,) = detected(DestinationMismatch(), rows, bound((1, "USHNL")))
    assert (event.kind, event.status) == ("destination_mismatch", "open")
    assert event.evidence["declared"] == "USHNL"
    assert minute(355) <= event.detected_at <= minute(375)


@pytest.mark.parametrize(
    ("destination", "hours"),
    [("PECLL", 10), ("FOR ORDERS", 10), ("USHNL", 4)],
    ids=["nearer", "no port", "too short"],
)
def test_these_are_none(a_pace, bound, detected, destination, hours):
    rows = a_pace(SHIP, (60 * hours, 14), every=5.0, **WEST_OF_PERU)
    assert detected(DestinationMismatch(), rows, bound((1, destination))) == []


def test_another_destination_ends_it(a_pace, bound, detected, minute):
    rows = a_pace(SHIP, (700, 14), every=5.0, **WEST_OF_PERU)
    events = detected(DestinationMismatch(), rows, bound((1, "USHNL"), (500, "PECLL")))
    assert [event.status for event in events] == ["open", "ended"]
    assert events[1].ended_at <= minute(500)


def test_going_round_land_first_is_none(a_report, bound, detected):
    """Out of the Gulf of California, southeast along the coast, bound for Tijuana's Ensenada."""
    rows = [a_report(SHIP, 5 * i, -112.0 + 0.014 * i, 27.5 - 0.019 * i, 14.0) for i in range(110)]
    assert detected(DestinationMismatch(), rows, bound((1, "MXESE"))) == []


def test_destination_mismatch_parameters_must_be_positive():
    with pytest.raises(BadInputError, match="hours"):
        DestinationMismatchParams(hours=0)
