"""Telling: what reports add to the scores of the ships just assessed, for every audience.

assessments and passages of a tick + the briefing -> supplements that are news. Between ticks, a
report that comes in is told of the ships it concerns at once.
"""

import math
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Any, Final

import numpy as np

from api.briefing import Briefing, Record
from api.policy import COALITION, Principal, allowed, anybody
from ingest.batch import Int64
from ingest.picture import Picture
from risk.assess import Assessed
from risk.assessment import PassageRisk
from risk.coercion import MOORED, warned_of
from risk.event import Event
from risk.hazard import HazardField
from risk.intelligence import Intelligence, IntelligenceReport, Subject
from risk.report import IncidentReport, MergedIncident
from risk.supplement import Score, Supplement, Told, supplement_document
from risk.threat import Passages, beside, passages_along, squares_near, threatened
from risk.watchlist import WatchEntry, WatchList
from sea.ports import resolve_destination
from sea.units import Microseconds

Column = tuple[Score, str]
"""A score and an audience."""

Adds = dict[Column, dict[int, Supplement | None]]
"""What is added to each ship (MMSI); None for nothing."""

Audience = tuple[str, Principal]
"""A nation, or `COALITION` for what everybody may see, and one who reads so."""

NEWS_SHARE: Final = 0.1
"""What moved by less is no news, as of assessments."""

Gist = tuple[tuple[str, tuple[str, ...], float], ...]
"""Of each reason its code, reports and amount. Kept of every ship and audience, so plain tuples:
the garbage collector looks at such once and never again."""

_EACH: Final[Int64] = np.zeros(0, np.int64)


@dataclass(frozen=True, slots=True, kw_only=True)
class SupplementRow:
    """A supplement to be written."""

    supplement: Supplement
    audience: str
    assessed_at: Microseconds
    reports_revision: int

    @property
    def mmsi(self) -> int:
        """The ship's."""
        return self.supplement.mmsi

    @property
    def score(self) -> Score:
        """What is added to."""
        return self.supplement.score

    @property
    def document(self) -> dict[str, Any]:
        """The supplement as it is stored."""
        return supplement_document(self.supplement)


class _Tick:
    """The last assessment of all ships, as far as supplements need it, made when it is needed."""

    def __init__(
        self, now_us: Microseconds, mmsis: Iterable[int],
        steps: Callable[[], tuple[Passages, Int64]], subjects: Callable[[], Sequence[Subject]],
    ) -> None:  # fmt: skip
        self.now_us = now_us
        self.mmsis = frozenset(mmsis)
        self._made, self._subjects = steps, subjects

    @cached_property
    def _steps(self) -> tuple[Passages, Int64]:
        return self._made()

    @property
    def steps(self) -> Passages:
        return self._steps[0]

    @property
    def became(self) -> Int64:
        """Which of the steps each step of the passages became."""
        return self._steps[1]

    @cached_property
    def subjects(self) -> Sequence[Subject]:
        return self._subjects()


class Telling:
    """Keeps what each audience was last told of each ship.

    Args:
        briefing: what was reported; refreshed by the caller.
        hazard: the field that assessments rest on.
        readers: to whom plans are releasable, one of each nation.
    """

    def __init__(
        self, briefing: Briefing, hazard: HazardField, readers: Sequence[Principal] = (anybody(),)
    ) -> None:
        self.briefing = briefing
        self.hazard = hazard
        self.readers = tuple(readers)
        self._written: defaultdict[Column, dict[int, Gist]] = defaultdict(dict)
        self._tick: _Tick | None = None

    def recall(self, rows: Iterable[Mapping[str, Any]]) -> None:
        """Takes up what was written before; `rows` are the newest of each key."""
        for row in rows:
            self._written[row["score"], row["audience"]][row["mmsi"]] = tuple(
                (told["code"], tuple(told["report_ids"]), told["amount"])
                for told in row["document"]["told"]
            )

    def assessed(
        self, picture: Picture, events: Iterable[Event], made: Assessed
    ) -> list[SupplementRow]:
        """What is news after a tick, of all ships assessed."""
        self._tick = _Tick(
            made.now_us, made.ships.mmsi.tolist(), partial(_steps, made),
            partial(_subjects, picture, made, tuple(events)),
        )  # fmt: skip
        return self._ticked(self._tick)

    def ticked(
        self, steps: Passages, subjects: Sequence[Subject], now_us: Microseconds
    ) -> list[SupplementRow]:
        """What is news of these ships by their passages and what else is known of them."""
        mmsis = [ship.mmsi for ship in subjects]
        self._tick = _Tick(now_us, mmsis, lambda: (steps, _EACH), lambda: subjects)
        return self._ticked(self._tick)

    def _ticked(self, tick: _Tick) -> list[SupplementRow]:
        if not self.briefing.records and not self._written:
            return []
        audiences = self._audiences()
        told: Adds = {
            column: dict.fromkeys(written.keys() & tick.mmsis)
            for column, written in self._written.items()
        }
        self._coercion(tick.steps, tick.now_us, audiences, told)
        self._smuggling(tick, audiences, told)
        return self._news(told, tick.now_us)

    def reported(self, records: Iterable[Record]) -> list[SupplementRow]:
        """What is news of the ships that these new, retracted or judged records concern."""
        if self._tick is None:
            return []
        tick, told, records = self._tick, Adds(), tuple(records)
        audiences = self._audiences(records)
        incidents = [r.value for r in records if isinstance(r.value, IncidentReport)]
        if incidents:
            about = squares_near([MergedIncident(reports=tuple(incidents))], self.hazard)
            steps = tick.steps.of(tick.steps.ship[about[tick.steps.square]])
            ships = steps.mmsi[np.unique(steps.ship)].tolist()
            for name, _ in audiences:
                written = self._written["coercion", name].keys()
                told["coercion", name] = dict.fromkeys(m for m in ships if m in written)
            self._coercion(steps, tick.now_us, audiences, told)
        if len(incidents) < len(records):
            for name, _ in audiences:
                told["smuggling", name] = dict.fromkeys(self._written["smuggling", name])
            self._smuggling(tick, audiences, told)
        return self._news(told, tick.now_us)

    def for_plans(self, made: Assessed, least: float) -> list[PassageRisk]:
        """Passages of at least this probability, with the risk that incidents add.

        Only incidents that all readers of plans may know of count.
        """
        incidents = self.briefing.incidents(*self.readers)
        if not incidents or self._tick is None or self._tick.now_us != made.now_us:
            return made.passages(least)
        steps, became = self._tick.steps, self._tick.became
        there, share = beside(steps, incidents, self.hazard), np.zeros(len(steps.risk))
        share[there.rows] = threatened(there, self.hazard, incidents, made.now_us)[1]
        whole = steps.whole + np.bincount(steps.ship, steps.risk * share, len(steps.mmsi))
        whole += warned_of(made.coercion)
        ships, shares = np.flatnonzero(made.coercion.row >= 0), share[became]
        shares = shares.reshape(len(ships), -1)
        return [
            made.passage(int(ships[row]), shares[row])
            for row in np.flatnonzero(whole >= -math.log1p(-least)).tolist()
        ]

    def _audiences(self, concerned: Sequence[Record] = ()) -> Sequence[Audience]:
        """Every audience, or those that may know of one of the records, everybody's first."""
        every = [(COALITION, anybody()), *((n, anybody(n)) for n in self.briefing.nations)]
        return every if not concerned else [
            (name, reader) for name, reader in every
            if any(allowed(reader, record.release) for record in concerned)
        ]  # fmt: skip

    def _coercion(
        self, steps: Passages, now_us: Microseconds, audiences: Sequence[Audience], told: Adds
    ) -> None:
        """Puts what incidents add to the ships of the steps into `told`."""
        everything = [
            MergedIncident(reports=(r.value,)) for r in self.briefing.records.values()
            if isinstance(r.value, IncidentReport)
        ]  # fmt: skip
        if not everything:
            return
        there = beside(steps, everything, self.hazard)
        made: dict[tuple[tuple[str, ...], ...], dict[int, Supplement]] = {}
        for audience, reader in audiences:
            incidents = self.briefing.incidents(reader)
            known = tuple(tuple(report.id for report in i.reports) for i in incidents)
            if known not in made:
                made[known], _ = threatened(there, self.hazard, incidents, now_us)
            told.setdefault(("coercion", audience), {}).update(made[known])

    def _smuggling(self, tick: _Tick, audiences: Sequence[Audience], told: Adds) -> None:
        """Puts what watch lists and intelligence add to the ships into `told`.

        Without any, no ship is looked at.
        """
        for audience, reader in audiences:
            entries = self.briefing.standing("watchlist", WatchEntry, reader)
            reports = self.briefing.standing("intelligence", IntelligenceReport, reader)
            if entries or reports:
                watched = WatchList(entries, tick.now_us)
                known = Intelligence(reports, tick.now_us)
                column = told.setdefault(("smuggling", audience), {})
                for ship in tick.subjects:
                    if found := _told(ship, watched, known):
                        column[ship.mmsi] = Supplement(
                            mmsi=ship.mmsi, score="smuggling", told=found
                        )

    def _news(self, told: Adds, now_us: Microseconds) -> list[SupplementRow]:
        """Rows of what is news; a nation that has no row of its own reads that of everybody."""
        rows = []
        for (score, audience), ships in sorted(told.items(), key=lambda item: item[0]):
            written = self._written[score, audience]
            everybodys = self._written[score, COALITION]  # "*" comes first
            for mmsi, supplement in ships.items():
                now = () if supplement is None else supplement.told
                if not _is_news(now, written.get(mmsi, everybodys.get(mmsi, ()))):
                    continue
                written[mmsi] = tuple((t.code, t.report_ids, t.amount) for t in now)
                rows.append(SupplementRow(
                    supplement=supplement or Supplement(mmsi=mmsi, score=score, told=()),
                    audience=audience, assessed_at=now_us, reports_revision=self.briefing.revision,
                ))  # fmt: skip
        return sorted(rows, key=lambda row: (row.mmsi, row.score, row.audience))


def _told(ship: Subject, watched: WatchList, known: Intelligence) -> tuple[Told, ...]:
    hit = watched.told(ship.mmsi, ship.imo, ship.name)
    return (*(() if hit is None else (hit,)), *known.told(ship))


def _is_news(now: Sequence[Told], before: Gist) -> bool:
    """Whether other reports are told of, or an amount moved by a tenth."""
    if len(now) != len(before):
        return True
    return any(
        told.code != code
        or told.report_ids != ids
        or abs(told.amount - amount) > NEWS_SHARE * amount
        for told, (code, ids, amount) in zip(now, before, strict=True)
    )


def _steps(made: Assessed) -> tuple[Passages, Int64]:
    rows, track = made.tracks()
    return passages_along(made.ships.mmsi[rows], made.ships.nav_status[rows] == MOORED, track)


def _subjects(picture: Picture, made: Assessed, events: Iterable[Event]) -> list[Subject]:
    called: dict[int, set[str]] = {}
    for event in events:
        if event.kind == "port_call" and event.status != "retracted":
            called.setdefault(event.mmsis[0], set()).add(str(event.evidence["port"]))
    ships, slots = made.ships, picture.slots(made.ships.mmsi)
    return [
        Subject(
            mmsi=mmsi, imo=int(picture.imo[slot]), name=picture.name[slot] or "",
            lon=float(ships.lon[i]), lat=float(ships.lat[i]), bound_for=_bound_for(destination),
            called=frozenset(called.get(mmsi, ())), evidence=float(made.smuggling.priority[i]),
        )
        for i, (mmsi, slot, destination) in enumerate(
            zip(ships.mmsi.tolist(), slots.tolist(), ships.destination, strict=True)
        )
    ]  # fmt: skip


def _bound_for(destination: str | None) -> str:
    port = resolve_destination(destination) if destination else None
    return "" if port is None else port.unlocode
