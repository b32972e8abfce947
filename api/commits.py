"""When the watch writes what it found, and when a snapshot of all it knows goes with it.

A commit has rows and offset, and what was decided at it as a note; so it costs what was found. A
snapshot costs what is known of every vessel, and is made only now and then.
"""

import asyncio
import time
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any, Protocol

import asyncpg

from api import writing
from api.writing import Findings, Sharing
from ingest import snapshot, store
from ingest.log import Entry, JetStreamLog
from ingest.stage import TRACKER

STAGE = "watch"
COMMIT_S = 1.0
PAUSES, BEHIND_PAUSES = 4, 15
"""Commits' own lengths between two of them, up to date and behind; chosen by us."""

SNAPSHOT_S = 10.0
SNAPSHOT_PAUSES = 19
"""Between snapshots at least so many seconds, and so many times what the last one took. At 300,000
vessels it takes 3 s, and after a crash a minute of the log is read again. Chosen by us."""

TRIM_S = 600.0


class Thinker(Protocol):
    """What is known and decided; `api.watch.Watch`."""

    def assess(self, behind: bool, found: Findings) -> None:
        """Adds to what was found what is to be decided now."""

    def note(self, found: Findings) -> dict[str, Any]:
        """What `assess` decided."""

    def state(self) -> dict[str, Any]:
        """Everything."""


class Commits:
    """The commits of one owner of the watch.

    Attributes:
        found: what the next commit writes.
        dirty: whether there is something to commit.
    """

    def __init__(
        self, log: JetStreamLog, database: asyncpg.Pool, owned: store.Owned, sharing: Sharing
    ) -> None:
        self.found = Findings()
        self._log, self._database, self._owned, self._sharing = log, database, owned, sharing
        self.dirty = False
        self._offset, self._behind = owned.offset, True
        self._committed = self._snapped = self._trimmed = time.monotonic()
        self._took = self._snapshot_took = 0.0
        self._urgent = False

    def taken(self, entries: Sequence[Entry]) -> None:
        """Says that these entries have been taken; none: that there are no more for now."""
        self._behind = bool(entries) and entries[-1].pending > 0
        if entries:
            self._offset, self.dirty = entries[-1].offset, True

    async def next(self, thinker: Thinker) -> None:
        """Assesses and commits, if it is time to."""
        now = time.monotonic()
        if not self.dirty or now - self._committed < _pause_s(self._took, self._behind):
            return
        # An alert waits, every other time, neither for assessments of others nor for a snapshot.
        self._urgent = bool(self.found.alerts) and not self._urgent
        if not self._urgent:
            await asyncio.to_thread(thinker.assess, self._behind, self.found)
        began = time.monotonic()
        pause_s = max(SNAPSHOT_S, SNAPSHOT_PAUSES * self._snapshot_took)
        if not self._urgent and began - self._snapped >= pause_s:
            await self._commit(snapshot=await asyncio.to_thread(_packed, thinker.state))
            self._snapped = time.monotonic()
            self._snapshot_took = self._snapped - began
        else:
            note = partial(thinker.note, self.found)
            await self._commit(note=await asyncio.to_thread(_packed, note))
            self._took = time.monotonic() - began
        self.found, self._committed, self.dirty = Findings(), time.monotonic(), self._urgent
        if self._committed - self._trimmed > TRIM_S:
            self._trimmed = self._committed
            await self._log.trim(passed_by_all(await store.needed(self._database)))

    async def _commit(self, snapshot: bytes | None = None, note: bytes | None = None) -> None:
        rows = partial(writing.write, found=self.found, sharing=self._sharing)
        await store.commit(self._database, self._owned, offset=self._offset, rows=rows,
                           snapshot=snapshot, note=note)  # fmt: skip


def passed_by_all(needed: Mapping[str, int]) -> int:
    """The offset up to which no reader needs the log; one that never read needs all of it."""
    return min(needed.get(stage, 0) for stage in (STAGE, TRACKER))


def _packed(values: Any) -> bytes:
    return snapshot.pack(values())


def _pause_s(took: float, behind: bool) -> float:
    """How long to go on before the next commit, if the last one took so many seconds.

    Of a watch that is up to date commits may take a fifth of the time, so they come at once where
    they cost next to nothing; of one that is behind a sixteenth.
    """
    return max(COMMIT_S, BEHIND_PAUSES * took) if behind else PAUSES * took
