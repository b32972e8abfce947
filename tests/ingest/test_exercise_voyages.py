"""Leading away from a declared port, by the book, on tracks made by hand."""

import numpy as np
import pytest

from ingest.exercise.definition import Motion
from ingest.exercise.definition_of_voyages import declared, leading_away
from ingest.exercise.fleet import a_ship
from ingest.exercise.track import UNDER_WAY
from ingest.exercise.voyage import Note


def a_note(destination, from_s=0.0):
    return Note(from_s=from_s, destination=destination, eta_s=np.nan, draught=9.0)


def a_motion(*paces, lon=-95.0, lat=-5.0):
    """One ship that goes east: (minutes, sog) one after another, astern where sog is negative."""
    run = np.concatenate([np.full(minutes, sog) for minutes, sog in paces])
    east = lon + np.cumsum(run / 60) / 60 / np.cos(np.radians(lat))
    shape = 1, len(run)
    return Motion(
        ships=[a_ship("tanker", 1, 0)], lon=east.reshape(shape), lat=np.full(shape, lat),
        sog=np.abs(run).reshape(shape), status=np.full(shape, UNDER_WAY, np.int8),
        there=np.ones(shape, bool), own=np.ones(1, bool),
    )  # fmt: skip


def found(motion, *notes):
    return list(leading_away(motion, [notes], 1.0))


def test_it_is_met_when_six_hours_are_full():
    (spell,) = found(a_motion((600, 14)), a_note("USHNL"))
    assert spell.kind == "destination_mismatch"
    assert (spell.from_s, spell.met_s, spell.to_s) == (0, 6 * 3600, np.inf)


@pytest.mark.parametrize("destination", ["PECLL", "FOR ORDERS"])
def test_a_port_ahead_or_none_is_no_mismatch(destination):
    assert found(a_motion((600, 14)), a_note(destination)) == []


def test_five_hours_and_the_way_back_are_none():
    assert found(a_motion((300, 14), (300, -14)), a_note("USHNL")) == []


def test_two_hours_of_coming_nearer_end_it():
    (spell,) = found(a_motion((480, 14), (300, -14)), a_note("USHNL"))
    assert spell.to_s == 480 * 60


def test_a_ship_that_nears_her_port_through_a_canal_is_none():
    """From the Gulf of Panama to the canal: Houston lies the other way, as the crow flies."""
    assert found(a_motion((600, 12), lon=-90.0, lat=5.0), a_note("USHOU")) == []


def test_what_is_declared_again_is_one_destination():
    notes = [a_note("PECLL"), a_note("PECLL", 3600.0), a_note("USHNL", 7200.0)]
    assert declared(notes) == [("PECLL", 0.0, 7200.0), ("USHNL", 7200.0, np.inf)]
