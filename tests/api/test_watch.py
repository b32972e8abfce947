"""The watch without a server: the same entries give the same findings, however they arrive."""

from collections import deque
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from api.commits import passed_by_all
from api.watch import Fleet, Watch
from api.writing import Findings
from escort.decision import Decision
from escort.fleet import exercise_burden, exercise_fleet
from escort.plan import plan, plan_document
from escort.reading import read_scenario
from ingest import snapshot
from ingest.batch import ReportBatch, StaticBatch
from ingest.coverage import Coverage
from ingest.decode import Decoder
from ingest.exercise import Exercise
from ingest.log import PARTITIONS, Entry
from risk.assess import Assessor
from sea.instants import parse_utc
from sea.units import HOUR_US, MINUTE_US
from sea.zones import Zone

START = parse_utc("2026-01-15T00:00:00Z")
STEP = 20 * MINUTE_US


@pytest.fixture(scope="module")
def assessor():
    return Assessor()


@pytest.fixture(scope="module")
def entries():
    """Eight hours of an exercise as the log would hold them."""
    exercise = Exercise("pacific", start_us=START, hours=8, vessels=150, seed=3)
    decoder = Decoder()
    found = []
    for n in range(8 * HOUR_US // STEP):
        begin = START + n * STEP
        block = decoder.feed(b"".join(line for _, line in exercise.lines(begin, begin + STEP)))
        found += batch_entries(len(found), n, block, begin + STEP - MINUTE_US)
    return found


def batch_entries(offset, sequence, block, watermark):
    common = {"source": "x", "timeline": "live", "sequence": sequence, "watermark": watermark,
              "final": False, "pending": 0}  # fmt: skip
    parts = [
        (p, block.reports.take(block.reports.mmsi % PARTITIONS == p),
         block.statics.take(block.statics.mmsi % PARTITIONS == p))
        for p in range(PARTITIONS)
    ] + [(-1, ReportBatch.empty(), StaticBatch.empty())]  # fmt: skip
    return [
        Entry(offset=offset + i + 1, partition=p, reports=r, statics=s, **common)
        for i, (p, r, s) in enumerate(parts)
    ]


def events_of(watch_runs):
    found = Findings()
    for watch, entries in watch_runs:
        watch.take(entries, found)
    return dict(sorted(found.events.items()))


def test_messages_seen_twice_and_in_halves_change_no_event(entries, assessor):
    once = events_of([(Watch(Fleet(), assessor), entries)])
    twice = Watch(Fleet(), assessor)
    half = len(entries) // 2
    repeated = events_of([(twice, entries[:half]), (twice, entries[half - 40 :])])
    assert repeated == once
    assert len(once) > 0


@settings(max_examples=5, deadline=None)
@given(cut=st.integers(1, 300))
def test_a_watch_restored_from_a_snapshot_goes_on_as_if_never_stopped(cut, entries, assessor):
    once = events_of([(Watch(Fleet(), assessor), entries)])
    cut = min(cut, len(entries) - 1)
    first, second = Watch(Fleet(), assessor), Watch(Fleet(), assessor)
    before = events_of([(first, entries[:cut])])
    second.restore(snapshot.unpack(snapshot.pack(first.state())))
    assert {**before, **events_of([(second, entries[cut:])])} == once


@pytest.mark.parametrize(
    ("snapped", "commits", "fetched"),
    [(40, [120, 250], 60), (0, [1, 300], 7), (200, [201, 202, 399], 1000)],
)
def test_what_was_committed_since_a_snapshot_is_repeated(
    snapped, commits, fetched, entries, assessor
):
    first, second, notes = Watch(Fleet(), assessor), Watch(Fleet(), assessor), deque()
    first.take(entries[:snapped], Findings())
    second.restore(snapshot.unpack(snapshot.pack(first.state())))
    for begin, end in pairwise([snapped, *commits]):
        found = Findings()
        first.take(entries[begin:end], found)
        first.assess(behind=False, found=found)
        note = snapshot.unpack(snapshot.pack(first.note(found)))
        notes.append((entries[end - 1].offset, note))
    beyond = []
    for start in range(snapped, len(entries), fetched):
        fetch = entries[start : start + fetched]
        beyond += second.redo(fetch, entries[commits[-1] - 1].offset, notes)
    assert [e.offset for e in beyond] == [e.offset for e in entries[commits[-1] :]]
    assert not notes
    assert decided(second) == decided(first)
    assert decided(first)["assessed_at"] > 0
    rest = entries[commits[-1] :]
    assert events_of([(second, rest)]) == events_of([(first, rest)])


WATERS = Zone(id="w", name="Waters", kind="closed", nation="ZZ",
              polygon=shapely.box(-130.0, -60.0, -30.0, 60.0))  # fmt: skip
STRIPS = replace(WATERS, id="s", kind="watch", polygon=shapely.MultiPolygon(
    [shapely.box(-130.0, south, -30.0, south + 1.0) for south in range(-60, 60, 2)]
))  # fmt: skip


def test_zones_are_watched_from_a_commit_on_and_again_so_after_a_crash(entries, assessor):
    first, second, notes = Watch(Fleet(), assessor), Watch(Fleet(), assessor), deque()
    second.restore(snapshot.unpack(snapshot.pack(first.state())))
    cuts, found = [60, 130, 260], Findings()
    for begin, end in pairwise([0, *cuts]):
        found = Findings()
        first.take(entries[begin:end], found)
        first.drawn([STRIPS] if end == 130 else [STRIPS, WATERS] if end == 260 else [])
        first.assess(behind=False, found=found)
        note = snapshot.unpack(snapshot.pack(first.note(found)))
        assert ("zones" in note["timelines"]["live"]) == (end > 60), "a note holds what is new"
        notes.append((entries[end - 1].offset, note))
    second.redo(entries[:260], entries[259].offset, notes)
    third = Watch(Fleet(), assessor)
    third.restore(snapshot.unpack(snapshot.pack(second.state())))
    assert first.timelines["live"].zones == third.timelines["live"].zones == (STRIPS, WATERS)
    assert not third.drawn([STRIPS, WATERS]), "what is known is no news after a restart"
    rest = entries[260:]
    events = events_of([(first, rest)])
    assert events_of([(third, rest)]) == events
    crossed = {
        z for e in events.values() if e.kind.startswith("zone_") for z in e.evidence["zones"]
    }
    assert "s" in crossed


def test_plans_keep_out_of_waters_that_were_closed(entries, assessor):
    fleet = Fleet(assets=lambda now: exercise_fleet(now, 96.0))
    watch, found = Watch(fleet, assessor), Findings()
    watch.take(entries, found)
    watch.assess(behind=False, found=found)
    watch.drawn([WATERS])
    watch.assess(behind=False, found=found)
    before, after = found.plans
    assert before.document["taskings"]
    assert [zone["id"] for zone in after.scenario["zones"]] == ["w"]
    assert after.document["taskings"] == []


def decided(watch):
    state = watch.timelines["live"].state()
    news = {name: column.tolist() for name, column in state["news"].items()}
    return {name: value for name, value in state.items() if name != "engine"} | {"news": news}


def test_every_hearing_is_in_the_coverage_once_whatever_was_seen_twice_or_restored(
    entries, assessor
):
    first, second, found = Watch(Fleet(), assessor), Watch(Fleet(), assessor), Findings()
    half = len(entries) // 2
    first.take(entries[:half], found)
    second.restore(snapshot.unpack(snapshot.pack(first.state())))
    last = entries[-1]
    second.take([*entries[half - 40 : -1], replace(last, final=True)], found)
    heard = sum(int(np.isfinite(entry.reports.lon).sum()) for entry in entries)
    told = Coverage.merged(found.coverage["live"])
    assert told.hearings.sum() == heard > 1000
    assert len(set(told.source)) > 20


def test_assessments_are_written_when_they_are_news(entries, assessor):
    watch, found = Watch(Fleet(), assessor), Findings()
    watch.take(entries, found)
    watch.assess(behind=False, found=found)
    first = len(found.assessments)
    watch.assess(behind=False, found=found)
    assert len(found.assessments) == first > 50
    assert [plan.timeline for plan in found.plans] == ["live"]
    assert found.plans[0].document["taskings"] == []


def test_a_decision_has_the_next_plan_made_at_once_and_that_plan_can_be_computed_again(
    entries, assessor
):
    fleet = Fleet(assets=lambda now: exercise_fleet(now, 96.0), burden=exercise_burden())
    watch, found = Watch(fleet, assessor), Findings()
    watch.take(entries, found)
    watch.assess(behind=False, found=found)
    watch.assess(behind=False, found=found)
    (first,) = found.plans
    tasking = first.document["taskings"][0]
    approval = Decision(
        id=1, decided_at=watch.board.made_at, kind="approval", by="Ana", nation=tasking["nation"],
        reason="go", tasking=tasking["id"], asset=tasking["asset"],
        requests=tuple(r for escort in tasking["escorts"] for r in escort["requests"]),
    )  # fmt: skip
    watch.decide([approval])
    restored = Watch(fleet, assessor)
    restored.restore(snapshot.unpack(snapshot.pack(watch.state())))
    assert restored.board == watch.board
    after = Findings()
    restored.assess(behind=False, found=after)
    assert after.plans[0].document["decisions"] == 1, "a restart does not keep officers waiting"
    watch.assess(behind=False, found=found)
    second = found.plans[1]
    assert (second.document["round"], second.document["decisions"]) == (2, 1)
    approved = {t["id"]: t["status"] for t in second.document["taskings"]}
    assert approved[tasking["id"]] == "approved" or second.document["under_way"]
    again = plan_document(plan(read_scenario(second.scenario), seconds=60, previous=first.document))
    assert [t["id"] for t in again["taskings"]] == [t["id"] for t in second.document["taskings"]]


def test_nothing_is_trimmed_that_a_reader_has_yet_to_read():
    assert passed_by_all({"watch": 90, "tracker": 70}) == 70
    assert passed_by_all({"watch": 90}) == 0
