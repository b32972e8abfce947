"""Two receivers' overlapping, shuffled, partly late feeds against the clean feed of an exercise.

What holds: reports that are late by hours are counted late, reach the picture and decide nothing.
So the events are the same where the other receiver was in time with what is late; the picture,
which keeps a vessel's newest report, is the same in any case once all has come.
"""

import numpy as np
import pytest

from ingest.batch import UNKNOWN_TIME, StaticBatch
from ingest.decode import Decoder
from ingest.exercise import Exercise
from ingest.picture import Picture
from risk.detectors import standard_detectors
from risk.engine import Engine, watermark_of
from risk.event import event_line
from sea.instants import parse_utc
from sea.units import HOUR_US, SECOND_US

START = parse_utc("2026-01-15T00:00:00Z")
HOURS = 14
BATCH = 1000


@pytest.fixture(scope="module")
def clean():
    """Reports and statics of an exercise, and when each was heard, in that order."""
    exercise = Exercise("pacific", start_us=START, hours=HOURS, vessels=60, seed=3)
    lines = exercise.lines(START, START + HOURS * HOUR_US)
    decoded = Decoder().feed(b"".join(line for _, line in lines))
    return decoded.reports, decoded.statics


def received(rng, batch, kept, late, name):
    """A receiver's part of the batch, and when each row arrives."""
    rows = np.flatnonzero(kept)
    part = batch.take(rows)
    columns = {column: getattr(part, column) for column in part.dtypes()}
    if name is not None:
        columns["source"] = np.full(len(rows), name, object)
    arrives = part.received_at + rng.integers(0, 30 * SECOND_US, len(rows))
    arrives[late[rows]] += rng.integers(2 * HOUR_US, 5 * HOUR_US, int(late[rows].sum()))
    return part.of(**columns), arrives


def overlapping(rng, batch, names):
    """Two receivers' parts: each hears 85%, 5% of one's are hours late where both heard."""
    one, two = rng.random(len(batch)) < 0.85, rng.random(len(batch)) < 0.85
    two |= ~one
    late = one & two & (rng.random(len(batch)) < 0.07)
    assert late.sum() > 0.05 * one.sum()
    parts = [received(rng, batch, one, late, names[0]),
             received(rng, batch, two, np.zeros_like(late), names[1])]  # fmt: skip
    whole = type(batch).concat([part for part, _ in parts])
    return whole, np.concatenate([arrives for _, arrives in parts])


def run(reports, statics, heard_at=None, told_at=None):
    """An engine fed in the order of arrival, in batches; and its last word on each event."""
    heard_at = reports.received_at if heard_at is None else heard_at
    told_at = statics.received_at if told_at is None else told_at
    by_arrival, statics = reports.take(np.argsort(heard_at)), statics.take(np.argsort(told_at))
    heard_at, told_at = np.sort(heard_at), np.sort(told_at)
    engine, newest, events = Engine(standard_detectors()), UNKNOWN_TIME, {}
    low_static = 0
    for low in range(0, len(by_arrival), BATCH):
        part = by_arrival.take(np.arange(low, min(low + BATCH, len(by_arrival))))
        until = heard_at[min(low + BATCH, len(by_arrival)) - 1]
        high_static = int(np.searchsorted(told_at, until, side="right"))
        told = statics.take(np.arange(low_static, high_static))
        low_static = high_static
        newest = max(newest, int(part.reported_at.max()))
        for event in engine.take("feed", part, told, watermark_of(newest)):
            events[event.id] = event
    events |= {event.id: event for event in engine.finish()}
    return engine, sorted(event_line(event) for event in events.values())


def seen(picture, heard):
    """What people see of each vessel."""
    whole = Picture()
    reports, statics = picture.newest()
    whole.apply_static(statics.take(np.argsort(statics.mmsi)))
    slots = whole.apply(reports.take(np.argsort(reports.mmsi)))
    assert len(slots) == heard
    state = whole.state()
    return {name: state[name] for name in state if name not in ("changed", "revision", "first_at")}


def of_kind(events, kind):
    return [event for event in events if b'"kind":"%s"' % kind in event]


def of_ships(events, named=False):
    """Events that do not hang on who is said to have heard; a gap asks that of her receiver."""
    hanging = {b"coverage_lost", b"gap"} if named else {b"coverage_lost"}
    left_out = {event for kind in hanging for event in of_kind(events, kind)}
    return [event for event in events if event not in left_out]


@pytest.mark.parametrize("names", [(None, None), ("one", "two")], ids=["stations", "networks"])
def test_overlapping_shuffled_and_late_feeds_give_the_clean_feeds_picture_and_events(clean, names):
    rng = np.random.default_rng(7)
    reports, heard_at = overlapping(rng, clean[0], names)
    statics, told_at = overlapping(rng, clean[1], names)
    expected, events = run(*clean)
    engine, found = run(reports, statics, heard_at, told_at)
    named = names[0] is not None
    assert of_ships(found, named) == of_ships(events, named)
    assert set(of_kind(found, b"gap")) >= set(of_kind(events, b"gap"))
    assert found == events or named
    assert len(of_ships(events)) > 20
    vessels = len(expected.picture.newest()[0])
    np.testing.assert_equal(seen(engine.picture, vessels), seen(expected.picture, vessels))
    assert engine.counts["late"] > 0.02 * len(reports)
    assert engine.counts["copies"] > 0.3 * len(clean[0])
    assert expected.counts["late"] == 0


def test_what_only_a_late_receiver_heard_is_counted_and_reaches_the_picture(
    a_run, a_report, reports, minute
):
    rows = reports(*a_run(300000001, 0, 60, sog=10), a_report(300000002, 1))
    engine, _ = run(rows.take(np.arange(len(rows) - 1)), StaticBatch.empty())
    engine.take("feed", rows.take(np.array([len(rows) - 1])), StaticBatch.empty(), minute(70))
    assert engine.picture.slot_of(300000002) is not None
    assert engine.counts["late"] == 1
