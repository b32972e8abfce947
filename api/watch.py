"""The watch: the log -> one engine a timeline -> events, assessments, escort plans -> rows.

One process owns it. What it writes, its snapshot and its offset commit together; after a crash
it goes on from there, and the same log gives the same events.
"""

import asyncio
import logging
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import asyncpg
import msgspec
import numpy as np

from api import store_escort, writing
from api.writing import Findings, Sharing
from escort.decision import Decision
from escort.request import build_scenario
from escort.rounds import Board, next_round
from escort.scenario import Asset, Burden, scenario_document
from ingest import snapshot, store
from ingest.batch import Columns, ReportBatch, StaticBatch
from ingest.log import LIVE, Entry, Fresh, JetStreamLog
from ingest.stage import TRACKER
from risk.assess import Assessor
from risk.assessment import PassageRisk
from risk.detectors import standard_detectors
from risk.engine import Engine
from risk.event import Event
from sea.units import DAY_US, HOUR_US, MINUTE_US, Microseconds

_log = logging.getLogger(__name__)

STAGE = "watch"
COMMIT_S = 1.0
PAUSES, BEHIND_PAUSES = 4, 15
"""Commits' own lengths between two of them, up to date and behind. Chosen by us: at 300,000 vessels
an event then waits for some 5 s, or after a crash 20 s of the log are read again."""

ASSESS_US = 5 * MINUTE_US
BEHIND_ASSESS_US = HOUR_US
"""Between assessments while the watch is behind the log."""

PLAN_US = 10 * MINUTE_US
"""Between plans where nothing happens. A decision, a ship that comes into the upper bands, an
escort that gets under way or is done has the next one made at once."""

PLAN_S = 2.0
DECISIONS_S = 1.0
PRESSING = ("high", "severe")
KEEP_EVENTS_US = 30 * DAY_US
TRIM_S = 600.0
END_US = 2**62
"""Later than any time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fleet:
    """Who may escort: assets on offer at an instant, and how the burden is shared."""

    assets: Callable[[Microseconds], tuple[Asset, ...]] = lambda now_us: ()
    burden: Burden | None = None


@dataclass(slots=True, kw_only=True)
class Timeline:
    """One line of event time: its engine, what it has seen, what was last written of it.

    Attributes:
        events: by id, of the last `KEEP_EVENTS_US`. assessed_at, planned_at: us.
        written: MMSI -> what the stored assessment said, see `writing.gist`.
    """

    name: str
    engine: Engine = field(default_factory=lambda: Engine(standard_detectors()))
    events: dict[str, Event] = field(default_factory=dict)
    assessed_at: Microseconds = 0
    planned_at: Microseconds = 0
    written: dict[int, list[Any]] = field(default_factory=dict)
    final: bool = False

    def state(self) -> dict[str, Any]:
        """Plain values from which `restored` continues."""
        return {
            "engine": self.engine.state(),
            "events": [msgspec.to_builtins(event) for event in self.events.values()],
            "assessed_at": self.assessed_at,
            "planned_at": self.planned_at,
            "written": self.written,
            "final": self.final,
        }

    @classmethod
    def restored(cls, name: str, state: dict[str, Any]) -> "Timeline":
        """The timeline whose `state` this is."""
        timeline = cls(name=name, assessed_at=state["assessed_at"], final=state["final"],
                       planned_at=state["planned_at"], written=state["written"])  # fmt: skip
        timeline.engine.restore(state["engine"])
        for event in (msgspec.convert(e, Event) for e in state["events"]):
            timeline.events[event.id] = event
        return timeline


class Watch:
    """Everything the watch knows, and what it does with the next entries of the log. Pure."""

    def __init__(self, fleet: Fleet, assessor: Assessor) -> None:
        self.fleet = fleet
        self.assessor = assessor
        self.fresh = Fresh()
        self.timelines: dict[str, Timeline] = {}
        self.board = Board()
        self._due = False
        self._passages: list[PassageRisk] | None = None
        self._waiting: dict[str, list[tuple[int, ReportBatch, StaticBatch]]] = {}

    def take(self, entries: Sequence[Entry], found: Findings) -> None:
        """Moves every timeline by the marks among the entries."""
        for entry in entries:
            if not self.fresh.take(entry):
                continue
            waiting = self._waiting.setdefault(entry.source, [])
            if not entry.is_mark:
                waiting.append((entry.sequence, entry.reports, entry.statics))
                continue
            self._waiting[entry.source] = [w for w in waiting if w[0] > entry.sequence]
            self._advance(entry, [w for w in waiting if w[0] <= entry.sequence], found)

    def decide(self, decisions: Sequence[Decision]) -> None:
        """Takes in what people decided; the next plan answers it, as soon as there can be one."""
        self.board = self.board.decided(decisions)
        self._due = self._due or bool(decisions)

    def assess(self, behind: bool, found: Findings) -> None:
        """Assesses, and plans for the live timeline, where it is time to."""
        for timeline in self.timelines.values():
            now = timeline.engine.now_us
            every = BEHIND_ASSESS_US if behind else ASSESS_US
            ended = timeline.final and timeline.assessed_at < now
            started = timeline.name == LIVE and not behind and self._passages is None
            if now > 0 and (ended or started or now // every > timeline.assessed_at // every):
                passages = self._assess(timeline, now, found)
                if timeline.name == LIVE:
                    self._passages = passages
            if timeline.name == LIVE and not behind and self._passages is not None:
                self._plan(timeline, self._passages, found)

    def state(self) -> dict[str, Any]:
        """Plain values from which `restore` continues."""
        return {
            "fresh": self.fresh.last,
            "board": msgspec.to_builtins(self.board),
            "due": self._due,
            "timelines": {name: t.state() for name, t in self.timelines.items()},
            "waiting": {
                source: [(n, _plain(reports), _plain(statics)) for n, reports, statics in waiting]
                for source, waiting in self._waiting.items()
                if waiting
            },
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Continues from a `state`."""
        self.fresh = Fresh(state["fresh"])
        self.timelines = {n: Timeline.restored(n, s) for n, s in state["timelines"].items()}
        self.board = msgspec.convert(state.get("board", {}), Board)
        self._due = state.get("due", False)
        self._waiting = {
            source: [(n, ReportBatch.of(**r), StaticBatch.of(**s)) for n, r, s in waiting]
            for source, waiting in state["waiting"].items()
        }

    def _advance(
        self, mark: Entry, batches: list[tuple[int, ReportBatch, StaticBatch]], found: Findings
    ) -> None:
        if mark.timeline not in self.timelines:
            self.timelines[mark.timeline] = Timeline(name=mark.timeline)
        timeline = self.timelines[mark.timeline]
        events = timeline.engine.take(
            mark.source,
            ReportBatch.concat(reports for _, reports, _ in batches),
            StaticBatch.concat(statics for _, _, statics in batches),
            mark.watermark,
        )
        if mark.final:
            events += timeline.engine.finish()
            timeline.final = True
        heard = timeline.engine.hearings.take(END_US if mark.final else timeline.engine.now_us)
        if len(heard):
            found.coverage.setdefault(timeline.name, []).append(heard)
        for event in events:
            timeline.events[event.id] = event
            found.events[timeline.name, event.id] = event

    def _assess(self, timeline: Timeline, now: Microseconds, found: Findings) -> list[PassageRisk]:
        timeline.assessed_at = now
        timeline.events = {
            i: e for i, e in timeline.events.items() if e.started_at > now - KEEP_EVENTS_US
        }
        by_vessel: dict[int, list[Event]] = {}
        for event in timeline.events.values():
            for mmsi in event.mmsis:
                by_vessel.setdefault(mmsi, []).append(event)
        assessed = self.assessor.assess(timeline.engine.picture, by_vessel, now)
        for assessment, _ in assessed:
            known = timeline.written.get(assessment.mmsi)
            if timeline.name == LIVE and writing.is_rise(assessment, known, PRESSING):
                self._due = True
            if writing.is_news(assessment, known):
                timeline.written[assessment.mmsi] = writing.gist(assessment)
                found.assessments.append((timeline.name, assessment))
        return [passage for _, passage in assessed]

    def _plan(self, timeline: Timeline, passages: list[PassageRisk], found: Findings) -> None:
        now = timeline.engine.now_us
        moves_at = self.board.moves_at()
        moves = moves_at is not None and moves_at <= now and timeline.planned_at < now
        if not (self._due or moves or now >= timeline.planned_at + PLAN_US):
            return
        base = build_scenario(passages, self.fleet.assets(now), now, burden=self.fleet.burden)
        made = next_round(self.board, base, seconds=PLAN_S)
        self.board, self._due, timeline.planned_at = made.board, False, now
        row = writing.PlanRow(
            timeline=LIVE,
            made_at=now,
            scenario=scenario_document(made.scenario),
            document=made.document,
        )
        found.plans.append(row)


async def watch(
    log: JetStreamLog, database: asyncpg.Pool, *, fleet: Fleet, sharing: Sharing, assessor: Assessor
) -> None:
    """Runs the watch for as long as this process owns it."""
    async with store.own(database, STAGE) as owned:
        state = Watch(fleet, assessor)
        if owned.snapshot:
            state.restore(snapshot.unpack(owned.snapshot))
        found, committed, trimmed, took = Findings(), time.monotonic(), time.monotonic(), 0.0
        offset, behind, dirty, asked = owned.offset, True, False, 0.0
        async for entries in log.read(owned.offset, marks=True):
            if entries:
                await asyncio.to_thread(state.take, entries, found)
                offset, behind, dirty = entries[-1].offset, entries[-1].pending > 0, True
            else:
                behind = False
            if time.monotonic() - asked >= DECISIONS_S:
                decided = await store_escort.decisions_after(database, state.board.standing.seen)
                state.decide(decided)
                asked, dirty = time.monotonic(), dirty or bool(decided)
            if not dirty or time.monotonic() - committed < _pause_s(took, behind):
                continue
            await asyncio.to_thread(state.assess, behind, found)
            began = time.monotonic()
            packed = await asyncio.to_thread(lambda: snapshot.pack(state.state()))
            written = found
            await store.commit(
                database, owned, offset=offset, snapshot=packed,
                rows=lambda c, written=written: writing.write(c, written, sharing),  # type: ignore[misc]
            )  # fmt: skip
            found, committed, dirty = Findings(), time.monotonic(), False
            took = committed - began
            if committed - trimmed > TRIM_S:
                trimmed = committed
                await log.trim(passed_by_all(await store.offsets(database)))


def _pause_s(took: float, behind: bool) -> float:
    """How long to go on before the next commit, if the last one took so many seconds.

    A commit holds everything known of every vessel. Of a watch that is up to date commits may take
    a fifth of the time, so they come at once where they cost next to nothing; of one that is
    behind a sixteenth.
    """
    return max(COMMIT_S, BEHIND_PAUSES * took) if behind else PAUSES * took


def passed_by_all(offsets: Mapping[str, int]) -> int:
    """The offset up to which every reader has committed; one that never read has passed nothing."""
    return min(offsets.get(stage, 0) for stage in (STAGE, TRACKER))


def _plain(batch: Columns) -> dict[str, Any]:
    columns: dict[str, np.ndarray[Any, Any]] = {n: getattr(batch, n) for n in batch.dtypes()}
    return {n: c.tolist() if c.dtype.hasobject else c for n, c in columns.items()}
