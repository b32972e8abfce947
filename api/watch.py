"""The watch: the log -> one engine a timeline -> events, assessments, escort plans -> rows.

One process owns it. What it writes and its offset commit together (`api.commits`). After a crash it
goes on from its last snapshot, repeating what was committed since; the same log gives the same
events.
"""

import asyncio
import math
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

import asyncpg
import msgspec
import numpy as np

from api import store_escort, store_reports, writing
from api.alerting import Alerting
from api.briefing import Briefing, Record
from api.commits import STAGE, Commits
from api.news import News
from api.policy import COALITION, Principal, anybody
from api.telling import Telling
from api.writing import AssessmentRow, Findings, Sharing
from api.zoning import Drawn, closing
from escort.decision import Decision
from escort.request import RequestParams, build_scenario
from escort.rounds import Board, next_round
from escort.scenario import Asset, Burden, scenario_document
from ingest import snapshot, store
from ingest.batch import Columns, ReportBatch, StaticBatch
from ingest.log import LIVE, Entry, Fresh, JetStreamLog
from risk.assess import Assessed, Assessor
from risk.assessment import Band
from risk.detect.zones import Zones
from risk.detectors import standard_detectors
from risk.engine import Engine
from risk.event import Event
from risk.evidence import Evidence
from sea.units import DAY_US, HOUR_US, MINUTE_US, Microseconds
from sea.zones import Zone, zone_document, zone_of

ASSESS_US = 5 * MINUTE_US
BEHIND_ASSESS_US = HOUR_US
"""Between assessments while the watch is behind the log."""

ASK_S = 0.5
"""Between looks for new decisions, and new reports of partners."""

PLAN_US = 10 * MINUTE_US
"""Between plans where nothing happens. A decision, a ship that comes into the upper bands, an
escort that gets under way or is done has the next one made at once."""

PLAN_S = 2.0
PRESSING: Band = "high"
KEEP_EVENTS_US = 30 * DAY_US
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
        events: by id, of the last `KEEP_EVENTS_US`; evidence: those of them that scores rest on.
        assessed_at, planned_at: us. news: what the stored assessments said.
    """

    name: str
    engine: Engine = field(default_factory=lambda: Engine(standard_detectors()))
    events: dict[str, Event] = field(default_factory=dict)
    assessed_at: Microseconds = 0
    planned_at: Microseconds = 0
    evidence: Evidence = field(default_factory=Evidence)
    news: News = field(default_factory=News)
    final: bool = False

    def state(self) -> dict[str, Any]:
        """Values to pack, from which `restored` continues when they are unpacked."""
        return {
            "engine": self.engine.state(),
            "events": list(self.events.values()),
            "assessed_at": self.assessed_at,
            "planned_at": self.planned_at,
            "news": self.news.state(),
            "final": self.final,
        }

    def decide(
        self,
        *,
        assessed_at: Microseconds | None = None,
        planned_at: Microseconds | None = None,
        written: Mapping[int, list[Any]] = MappingProxyType({}),
        zones: Sequence[Mapping[str, Any]] | None = None,
    ) -> None:
        """Everything that changes at a commit, and not by the log, changes here."""
        if assessed_at is not None and assessed_at != self.assessed_at:
            self.assessed_at = assessed_at
            self._forget(assessed_at - KEEP_EVENTS_US)
        if planned_at is not None:
            self.planned_at = planned_at
        if zones is not None:
            self._zones.give([zone_of(zone) for zone in zones])
        if written:
            self.news.recall(
                self.engine.picture.slots(np.fromiter(written, np.int32)), [*written.values()]
            )

    @property
    def zones(self) -> tuple[Zone, ...]:
        """The zones of partners that it watches."""
        return self._zones.given

    @property
    def _zones(self) -> Zones:
        return next(d for d in self.engine.detectors if isinstance(d, Zones))

    @classmethod
    def restored(cls, name: str, state: dict[str, Any]) -> "Timeline":
        """The timeline whose `state` this is."""
        timeline = cls(name=name, assessed_at=state["assessed_at"], final=state["final"],
                       planned_at=state["planned_at"], news=News(state.get("news")))  # fmt: skip
        timeline.engine.restore(state["engine"])
        for event in (msgspec.convert(e, Event) for e in state["events"]):
            timeline.happened(event)
        return timeline

    def happened(self, event: Event) -> None:
        """Takes in an event or its new form."""
        self.events[event.id] = event
        self.evidence.put(event)

    def _forget(self, before_us: Microseconds) -> None:
        """Drops events that started no later than that."""
        self.events = {i: e for i, e in self.events.items() if e.started_at > before_us}
        self.evidence = self.evidence.since(before_us)


class Watch:
    """Everything the watch knows, and what it does with the next entries of the log. Pure."""

    def __init__(self, fleet: Fleet, assessor: Assessor, telling: Telling | None = None) -> None:
        self.fleet = fleet
        self.assessor = assessor
        self.telling = telling or Telling(Briefing(), assessor.hazard)
        self.fresh = Fresh()
        self.timelines: dict[str, Timeline] = {}
        self.board = Board()
        self.alerting = Alerting()
        self._due = False
        self._drawn: tuple[Zone, ...] | None = None
        self._given: list[dict[str, Any]] | None = None
        self._assessed: Assessed | None = None
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
        if decisions:
            self.board, self._due = self.board.decided(decisions), True

    def drawn(self, zones: Sequence[Zone]) -> bool:
        """Takes in which zones partners have drawn, for the next commit; whether that is news."""
        self._drawn = tuple(zones)
        live = self.timelines.get(LIVE)
        return live is not None and live.zones != self._drawn

    def _give_zones(self) -> None:
        """Has the live timeline watch the zones as drawn, from this commit on."""
        live, drawn, self._given = self.timelines.get(LIVE), self._drawn, None
        if live is not None and drawn is not None and live.zones != drawn:
            self._given, self._due = [zone_document(zone) for zone in drawn], True
            live.decide(zones=self._given)

    def assess(self, behind: bool, found: Findings) -> None:
        """Assesses, and plans for the live timeline, where it is time to."""
        self._give_zones()
        for timeline in self.timelines.values():
            now = timeline.engine.now_us
            every = BEHIND_ASSESS_US if behind else ASSESS_US
            ended = timeline.final and timeline.assessed_at < now
            started = timeline.name == LIVE and not behind and self._assessed is None
            if now > 0 and (ended or started or now // every > timeline.assessed_at // every):
                assessed = self._assess(timeline, now, found)
                if timeline.name == LIVE:
                    self._assessed = assessed
            if timeline.name == LIVE and not behind and self._assessed is not None:
                self._plan(timeline, self._assessed, found)

    def state(self) -> dict[str, Any]:
        """Values to pack, from which `restore` continues when they are unpacked."""
        return {
            "fresh": self.fresh.last,
            "board": self.board,
            "due": self._due,
            "alerting": self.alerting.state(),
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
        self.alerting = Alerting(state.get("alerting"))
        self._waiting = {
            source: [(n, ReportBatch.of(**r), StaticBatch.of(**s)) for n, r, s in waiting]
            for source, waiting in state["waiting"].items()
        }

    def note(self, found: Findings) -> dict[str, Any]:
        """Values to pack of what `assess` decided of these findings, for `redo`."""
        decided: dict[str, dict[str, Any]] = {
            name: {"assessed_at": t.assessed_at, "planned_at": t.planned_at, "written": {}}
            for name, t in self.timelines.items()
        }
        if self._given is not None:
            decided[LIVE]["zones"] = self._given
        for row in found.assessments:
            decided[row.timeline]["written"][row.assessment.mmsi] = writing.gist(row)
        return {"timelines": decided, "board": self.board, "due": self._due,
                "stood": found.stood}  # fmt: skip

    def redo(
        self, entries: Sequence[Entry], until: int, notes: deque[tuple[int, dict[str, Any]]]
    ) -> Sequence[Entry]:
        """Repeats what was committed up to the offset `until`; returns the entries beyond it.

        `notes` are (offset, `note`) of each commit in order; those that are reached are taken off.
        """
        known = [entry for entry in entries if entry.offset <= until]
        reached = min(until, entries[-1].offset) if entries else until
        while notes and notes[0][0] <= reached:
            offset, note = notes.popleft()
            self.take([entry for entry in known if entry.offset <= offset], Findings())
            known = [entry for entry in known if entry.offset > offset]
            for name, decided in note["timelines"].items():
                self.timelines[name].decide(**decided)
            self.board, self._due = msgspec.convert(note["board"], Board), note["due"]
            for rule, (at, keys) in note.get("stood", {}).items():
                self.alerting.stand(rule, keys, at)
        self.take(known, Findings())
        return [entry for entry in entries if entry.offset > until]

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
            if timeline.name == LIVE:
                self._alert(event, timeline, found)
            timeline.happened(event)
            found.events[timeline.name, event.id] = event

    def _alert(self, event: Event, timeline: Timeline, found: Findings) -> None:
        known = event.id in timeline.events
        alert = self.alerting.happened(event, known, timeline.engine.picture)
        if alert is not None:
            found.alerts.append(alert)
        withdrawn = self.alerting.retracted(event)
        if withdrawn is not None:
            found.withdrawn.append(withdrawn)

    def _assess(self, timeline: Timeline, now: Microseconds, found: Findings) -> Assessed:
        timeline.decide(assessed_at=now)
        picture = timeline.engine.picture
        assessed = self.assessor.assess(picture, timeline.evidence, now)
        slots = picture.slots(assessed.ships.mmsi)
        live = timeline.name == LIVE
        self._due |= live and timeline.news.is_rise(assessed, slots, PRESSING)
        for i in timeline.news.take(assessed, slots).tolist():
            found.assessments.append(
                AssessmentRow(timeline=timeline.name, assessment=assessed.assessment(i),
                              inputs=assessed.inputs(i))
            )  # fmt: skip
        if live:
            told = self.telling.assessed(picture, timeline.events.values(), assessed)
            found.supplements += told
            found.alerts += self.alerting.assessed(assessed, picture, found.stood)
            found.alerts += self.alerting.listed(told, picture)
        return assessed

    def reported(self, records: Sequence[Record], found: Findings) -> None:
        """Tells of reports that came in, of the ships as last assessed."""
        told = self.telling.reported(records)
        found.supplements += told
        if told:
            found.alerts += self.alerting.listed(told, self.timelines[LIVE].engine.picture)

    def _plan(self, timeline: Timeline, assessed: Assessed, found: Findings) -> None:
        now, params = timeline.engine.now_us, RequestParams()
        moves_at = self.board.moves_at()
        moves = moves_at is not None and moves_at <= now and timeline.planned_at < now
        if not (self._due or moves or now >= timeline.planned_at + PLAN_US):
            return
        least = -math.expm1(-params.min_leg_risk)
        base = build_scenario(
            self.telling.for_plans(assessed, least), self.fleet.assets(now), now,
            zones=closing(timeline.zones, now), burden=self.fleet.burden, params=params,
        )  # fmt: skip
        made = next_round(self.board, base, seconds=PLAN_S)
        self.board, self._due = made.board, False
        timeline.decide(planned_at=now)
        row = writing.PlanRow(
            timeline=LIVE,
            made_at=now,
            scenario=scenario_document(made.scenario),
            document=made.document,
        )
        found.plans.append(row)
        picture = timeline.engine.picture
        found.alerts += self.alerting.planned(made.document, made.scenario, picture, found.stood)


async def watch(
    log: JetStreamLog, database: asyncpg.Pool, *, fleet: Fleet, sharing: Sharing, assessor: Assessor
) -> None:
    """Runs the watch for as long as this process owns it."""
    async with store.own(database, STAGE) as owned:
        briefing = Briefing()
        telling = Telling(briefing, assessor.hazard, plan_readers(sharing))
        telling.recall(await store_reports.supplements_after(database, 0))
        state = Watch(fleet, assessor, telling)
        if owned.snapshot:
            state.restore(await asyncio.to_thread(snapshot.unpack, owned.snapshot))
        notes = deque((offset, snapshot.unpack(note)) for offset, note in owned.notes)
        state.redo((), owned.snapshot_offset, notes)
        commits = Commits(log, database, owned, sharing)
        read, asked, drawn = owned.snapshot_offset, 0.0, Drawn(plan_readers(sharing))
        async for entries in log.read(read, marks=True):
            fresh: Sequence[Entry] = entries
            if entries and read < owned.offset:
                fresh = await asyncio.to_thread(state.redo, entries, owned.offset, notes)
            if fresh:
                await asyncio.to_thread(state.take, fresh, commits.found)
            commits.taken(fresh)
            read = entries[-1].offset if entries else read
            if read >= owned.offset and time.monotonic() - asked >= ASK_S:
                commits.dirty |= await _ask(database, briefing, state, commits.found)
                if (zones := await drawn.since(database)) is not None:
                    commits.dirty |= state.drawn(zones)
                asked = time.monotonic()
            await commits.next(state)


async def _ask(database: asyncpg.Pool, briefing: Briefing, state: Watch, found: Findings) -> bool:
    """Takes in what people decided and reported; whether that gives something to write."""
    decided = await store_escort.decisions_after(database, state.board.standing.seen)
    state.decide(decided)
    if records := await briefing.refresh(database):
        await asyncio.to_thread(state.reported, records, found)
    return bool(decided) or bool(found.supplements)


def plan_readers(sharing: Sharing) -> tuple[Principal, ...]:
    """One of each nation to whom plans are releasable; anybody stands for the whole coalition."""
    if COALITION in sharing.releasable_to:
        return (anybody(),)
    return tuple(anybody(n) for n in sorted({sharing.originator, *sharing.releasable_to}))


def _plain(batch: Columns) -> dict[str, Any]:
    columns: dict[str, np.ndarray[Any, Any]] = {n: getattr(batch, n) for n in batch.dtypes()}
    return {n: c.tolist() if c.dtype.hasobject else c for n, c in columns.items()}
