"""The briefing: all that partners reported, in memory, as each audience may know it.

database -> `refresh` -> records by id -> incidents, watch-list entries and intelligence of those
who may see them. What one may not see leaves no trace: incidents are merged anew out of the
reports that an audience may see.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import zip_longest
from typing import Any, Final, TypeVar

import asyncpg
import msgspec

from api import store_reports
from api.policy import COALITION, Kind, Principal, Release, allowed, release_of
from api.store_reports import Changes
from risk.intelligence import IntelligenceReport
from risk.report import IncidentReport, MergedIncident, Merger
from risk.watchlist import WatchEntry
from sea.instants import to_us
from sea.units import Microseconds

Value = IncidentReport | WatchEntry | IntelligenceReport
Known = TypeVar("Known", bound=Value)
Cached = TypeVar("Cached")

TYPES: Final[dict[Kind, type[Value]]] = {
    "incident": IncidentReport,
    "watchlist": WatchEntry,
    "intelligence": IntelligenceReport,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """One report as it was told; `retracted_at` None while it stands."""

    value: Value
    release: Release
    reported_at: Microseconds
    retracted_at: Microseconds | None = None
    retraction: str = ""

    @property
    def id(self) -> str:
        """The report's."""
        return self.value.id


class Briefing:
    """Reports as of `revision`."""

    def __init__(self) -> None:
        self.revision = 0
        self.records: dict[str, Record] = {}
        self._judged: dict[frozenset[str], bool] = {}
        self._cache: dict[object, tuple[int, Any]] = {}
        self._mergers: dict[object, Merger] = {}

    async def refresh(self, database: asyncpg.Pool, until: int | None = None) -> list[Record]:
        """Takes in what is new, up to a revision (None: the last); gives the records concerned."""
        changes = await store_reports.changes(database, self.revision, until)
        return [] if changes is None else self.take(changes)

    def take(self, changes: Changes) -> list[Record]:
        """Takes in changes; gives the records that are new, retracted or judged."""
        touched: set[str] = set()
        for row in changes.reports:
            record = _record(row)
            self.records[record.id] = record
            touched.add(record.id)
        for row in changes.retractions:
            self._retract(row)
            touched.add(row["report_id"])
        for row in changes.judgements:
            pair = frozenset((row["one"], row["two"]))
            self._judged.pop(pair, None)
            self._judged[pair] = row["same"]
            touched |= pair
        self.revision = changes.revision
        return [self.records[i] for i in sorted(touched)]

    @property
    def nations(self) -> tuple[str, ...]:
        """Every nation that some report names; the others all see the same."""
        named = {n for r in self.records.values()
                 for n in (r.release.originator, *r.release.releasable_to)}  # fmt: skip
        return tuple(sorted(named - {COALITION}))

    def seen(self, kind: Kind, *principals: Principal) -> tuple[Record, ...]:
        """Records of the kind that all the principals may see, in order of receipt."""

        def build() -> tuple[Record, ...]:
            return tuple(
                r for r in self.records.values()
                if r.release.kind == kind and all(allowed(p, r.release) for p in principals)
            )  # fmt: skip

        return self._cached((kind, *(p.audience for p in principals)), build)

    def incidents(self, *principals: Principal) -> tuple[MergedIncident, ...]:
        """Incidents as the principals may all know them."""
        audiences = tuple(p.audience for p in principals)

        def build() -> tuple[MergedIncident, ...]:
            values = (r.value for r in self.seen("incident", *principals))
            reports = [value for value in values if isinstance(value, IncidentReport)]
            merger = self._mergers.get(audiences)
            if merger is None or not _goes_on(merger, reports, self._judged):
                merger = self._mergers[audiences] = Merger(dict(self._judged))
            for report in reports[len(merger.reports) :]:
                merger.add(report)
            return merger.incidents

        return self._cached(("merged", *audiences), build)

    def standing(self, kind: Kind, of: type[Known], *principals: Principal) -> list[Known]:
        """Values of the records seen that were not taken back."""
        return [
            r.value for r in self.seen(kind, *principals)
            if r.retracted_at is None and isinstance(r.value, of)
        ]  # fmt: skip

    def _retract(self, row: Any) -> None:
        record = self.records[row["report_id"]]
        value = record.value
        if isinstance(value, IncidentReport):
            value = replace(value, retracted=True)
        self.records[record.id] = replace(
            record, value=value, retracted_at=to_us(row["retracted_at"]), retraction=row["reason"]
        )

    def _cached(self, key: object, build: Callable[[], Cached]) -> Cached:
        known = self._cache.get(key)
        if known is None or known[0] != self.revision:
            known = (self.revision, build())
            self._cache[key] = known
        cached: Cached = known[1]
        return cached


def document_of(value: Value) -> dict[str, Any]:
    """The value as it is stored, without what the row says beside it."""
    document: dict[str, Any] = msgspec.to_builtins(value)
    return {k: v for k, v in document.items() if k not in ("id", "originator", "retracted")}


def _goes_on(
    merger: Merger, reports: Sequence[IncidentReport], judged: Mapping[frozenset[str], bool]
) -> bool:
    """Whether it has had the first of these very reports, none taken back, and all judgements."""
    return merger.judged == judged and all(
        had is report for had, report in zip_longest(merger.reports, reports[: len(merger.reports)])
    )


def _record(row: Any) -> Record:
    kind: Kind = row["kind"]
    told = msgspec.json.decode(row["document"]) | {"id": row["id"]}
    if kind == "incident":
        told["originator"] = row["originator"]
    return Record(
        value=msgspec.convert(told, TYPES[kind]),
        release=release_of(kind, row),
        reported_at=to_us(row["reported_at"]),
    )  # fmt: skip
