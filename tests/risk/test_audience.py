import numpy as np

from risk.detect.audience import Audience

EVERYONE = np.zeros(3, np.int64)
ALL_REACH = np.ones(3, bool)


def an_audience(*hearings):
    """Hearings are (receiver, mmsi, at)."""
    audience = Audience()
    for receiver, mmsi, at in hearings:
        audience.add(np.array([receiver]), np.array([mmsi], np.int32), np.array([at]))
    audience.settle()
    return audience


def missing(audience, receiver=0, since=10, oldest=EVERYONE, reaches=ALL_REACH):
    return audience.missing(receiver, since, oldest, reaches).tolist()


def test_a_vessel_that_nobody_else_heard_since_is_missing():
    assert missing(an_audience((0, 7, 5), (0, 8, 6), (1, 8, 11), (1, 9, 12))) == [7]


def test_what_others_heard_before_does_not_count():
    assert missing(an_audience((0, 7, 5), (1, 7, 10))) == [7]


def test_receivers_without_a_reach_do_not_count():
    reaches = np.array([True, False, True])
    assert missing(an_audience((0, 7, 5), (1, 7, 20)), reaches=reaches) == [7]


def test_only_the_last_hearing_of_a_vessel_counts():
    audience = an_audience((0, 7, 1), (0, 7, 9), (0, 8, 2))
    assert missing(audience, oldest=np.array([5, 0, 0])) == [7]


def test_what_is_too_old_is_forgotten():
    audience = an_audience((0, 7, 1), (0, 8, 9), (1, 9, 1))
    audience.forget(np.array([5, 0, 0]))
    assert missing(audience) == [8]
    assert missing(audience, receiver=1) == [9]


def test_a_restored_audience_goes_on_as_if_nothing_had_been():
    audience = an_audience((0, 7, 1), (1, 8, 2))
    audience.add(np.array([0]), np.array([7], np.int32), np.array([12]))
    restored = Audience.restored(audience.state())
    for known in (audience, restored):
        known.settle()
        known.forget(np.array([5, 0, 0]))
    assert missing(restored) == missing(audience) == [7]
