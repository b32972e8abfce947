"""Stages: gateways put feeds into the log, the tracker takes positions out of it into rows.

Fixed feeds (archives, exercises) cut the same numbered batches every time, so a gateway goes on
after the last mark in the log; a live feed numbers the batches of each connection anew.
"""

import asyncio
import logging
import time
from collections import Counter, deque
from collections.abc import AsyncIterable, Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Protocol

import asyncpg
import numpy as np

from ingest import snapshot, store
from ingest.batch import ReportBatch, StaticBatch
from ingest.decode import Decoded, Decoder
from ingest.exercise import Exercise
from ingest.log import LIVE, Batch, Entry, Fresh, Log
from ingest.source import Chunk
from sea.instants import from_us, iso_z
from sea.units import DAY_US, HOUR_US, MINUTE_US, SECOND_US, Microseconds

_log = logging.getLogger(__name__)

LIVE_BATCH_S = 0.5
LIVE_BATCH_ROWS = 50_000
"""A batch of so many rows is not waited for: half of `LIVE_HELD`, so that reading goes on."""

TAKEN_BYTES = 1 << 20
"""So many bytes are read before rows are made of them, if no batch is due: some 12,000 rows."""

LIVE_HELD = 100_000
"""Rows. Chosen by us: half a minute of the whole world's traffic, some 30 MB."""

TRACKER = "tracker"
EXERCISE_STEP_US = 2 * SECOND_US
EXERCISE_CATCH_UP = 300
"""Steps of a catch-up batch, 10 minutes."""

EXERCISE_PAST_US = 12 * HOUR_US
"""How far in the past an exercise begins, so that its first minute has a history to show."""

FUTURE_US = 10 * MINUTE_US
"""A live report measured later than this beyond our own clock has a wrong clock itself."""


@dataclass(slots=True, kw_only=True)
class Flow:
    """What a gateway has done; shown on /metrics and in progress bars.

    Attributes:
        newest_at: the latest time of measurement of a live feed so far, us, 0 for none.
    """

    source: str
    batches: int = 0
    rows: int = 0
    last_offset: int = 0
    newest_at: Microseconds = 0
    counts: Counter[str] = field(default_factory=Counter)


class Playable(Protocol):
    """An archive, or what can be read of one: the same blocks every time."""

    @property
    def fingerprint(self) -> str:
        """Hash of the content."""

    @property
    def counts(self) -> Counter[str]:
        """What became of the lines read so far."""

    def __iter__(self) -> Iterator[Decoded]:
        """The blocks, from the start."""


async def append_archive(
    log: Log,
    archive: Playable,
    *,
    lateness_us: Microseconds,
    timeline: str,
    speed: float | None = None,
    progress: Callable[[Flow], None] = lambda flow: None,
) -> Flow:
    """Appends a whole archive as a timeline of its own; a second time it adds nothing.

    `speed` is event seconds a second, None for as fast as it goes.
    """
    source = f"archive:{archive.fingerprint}"
    flow = Flow(source=source)
    done = await log.last_sequence(source)
    newest, began, first = 0, time.monotonic(), None
    blocks = iter(archive)
    sequence = -1
    while (block := await asyncio.to_thread(next, blocks, None)) is not None:
        sequence += 1
        flow.batches, flow.counts = sequence + 1, Counter(archive.counts)
        flow.rows += len(block.reports)
        times = [b.reported_at for b in (block.reports, block.statics) if len(b)]
        newest = max([newest, *(int(t.max()) for t in times)])
        if sequence > done:
            first = newest if first is None else first
            if speed is not None:
                ahead_s = (newest - first) / SECOND_US / speed - (time.monotonic() - began)
                await asyncio.sleep(max(0.0, ahead_s))
            flow.last_offset = await log.append(
                _batch(source, timeline, sequence, newest - lateness_us, block)
            )
        progress(flow)
    if sequence + 1 > done:
        flow.last_offset = await log.append(
            _batch(source, timeline, sequence + 1, newest, Decoded.nothing(), final=True)
        )
    progress(flow)
    return flow


async def append_exercise(
    log: Log,
    exercise: Exercise,
    *,
    start_us: Microseconds,
    speed: float = 1.0,
    heard: Callable[[Chunk], None] = lambda chunk: None,
) -> None:
    """Plays an exercise into the live timeline: what is past at once, then at its own pace.

    It began at `start_us`; from now on its clock runs at `speed`. `heard` is told what is new,
    not what is past.
    """
    source = f"exercise:{exercise.name}:{exercise.seed}:{start_us}"
    decoder = Decoder()
    step = await log.last_sequence(source)
    anchor = time.time_ns() // 1000
    first = True
    while True:
        wall = time.time_ns() // 1000
        now = anchor + int((wall - anchor) * speed)
        due = (now - start_us) // EXERCISE_STEP_US - 1
        if step >= due:
            await asyncio.sleep(
                (EXERCISE_STEP_US - (now - start_us) % EXERCISE_STEP_US) / 1e6 / speed
            )
            continue
        catch_up = (step // EXERCISE_CATCH_UP + 1) * EXERCISE_CATCH_UP
        until = catch_up if catch_up <= due and not first else step + 1
        first = False
        begin, end = (start_us + (s + 1) * EXERCISE_STEP_US for s in (step, until))
        played, block = await asyncio.to_thread(_play, exercise, decoder, begin, end)
        if end >= now - MINUTE_US:
            heard(Chunk(data=played, received_at=end, source=source))
        await log.append(_batch(source, LIVE, until, end - 30 * SECOND_US, block))
        step = until


async def append_live(
    log: Log,
    chunks: AsyncIterable[Chunk],
    *,
    source: str,
    lateness_us: Microseconds,
    flow: Flow,
    heard: Callable[[Chunk], None] = lambda chunk: None,
) -> None:
    """Appends a live feed, two batches a second or more, for as long as it lasts.

    Reading pauses while more than `LIVE_HELD` rows wait for the log. `heard` is told every
    chunk as it comes.
    """
    decoder = Decoder(source=source)
    flow.counts = decoder.counts
    held: deque[Decoded] = deque()
    room, due = asyncio.Event(), asyncio.Event()
    rows = pushed = limit = 0
    ended = False

    def take() -> None:
        nonlocal pushed
        pushed = 0
        hold(decoder.take())

    def hold(decoded: Decoded) -> None:
        nonlocal rows
        rows += len(decoded.reports) + len(decoded.statics)
        held.append(_without_future(decoded, limit, decoder.counts))

    async def read() -> None:
        nonlocal ended, limit, pushed
        async for chunk in chunks:
            heard(chunk)
            limit = chunk.received_at + FUTURE_US
            if chunk.rows is not None:
                hold(chunk.rows)
            else:
                decoder.push(chunk.data, chunk.received_at)
                pushed += len(chunk.data)
            if pushed >= TAKEN_BYTES:
                take()
            if rows >= LIVE_BATCH_ROWS:
                due.set()
            if rows >= LIVE_HELD:
                room.clear()
                await room.wait()
        hold(decoder.finish())
        ended = True
        due.set()

    async def flush() -> None:
        nonlocal rows
        session = f"{source}#{iso_z(time.time_ns() // 1000)}"
        while not ended or held:
            with suppress(TimeoutError):
                async with asyncio.timeout(LIVE_BATCH_S):  # wait_for may swallow a cancellation
                    await due.wait()
            if pushed:
                take()
            block = _joined(held)
            held.clear()
            rows = 0
            room.set()
            if not ended:
                due.clear()
            times = [b.reported_at for b in (block.reports, block.statics) if len(b)]
            if times:
                flow.newest_at = max(flow.newest_at, *(int(t.max()) for t in times))
                batch = _batch(session, LIVE, flow.batches, flow.newest_at - lateness_us, block)
                flow.batches, flow.rows = flow.batches + 1, flow.rows + len(block.reports)
                flow.last_offset = await log.append(batch)

    async with asyncio.TaskGroup() as group:
        group.create_task(read(), name=f"read {source}")
        group.create_task(flush(), name=f"append {source}")


async def track(log: Log, database: asyncpg.Pool) -> None:
    """The tracker: every position and static message of the log into rows, exactly once."""
    async with store.own(database, TRACKER) as owned:
        fresh = Fresh(snapshot.unpack(owned.snapshot) if owned.snapshot else {})
        days: set[object] = set()
        async for entries in log.read(owned.offset, marks=True):
            if entries:
                await _store(database, owned, entries, fresh, days)


async def _store(
    database: asyncpg.Pool,
    owned: store.Owned,
    entries: list[Entry],
    fresh: Fresh,
    days: set[object],
) -> None:
    taken = [entry for entry in entries if fresh.take(entry)]
    reports = ReportBatch.concat(entry.reports for entry in taken)
    statics = StaticBatch.concat(entry.statics for entry in taken)
    for day in _recent_days(reports):
        if day not in days:
            await store.ensure_day(database, day)
            days.add(day)

    async def rows(connection: asyncpg.Connection) -> None:
        await store.insert_positions(connection, reports)
        await store.insert_statics(connection, statics)

    state = await asyncio.to_thread(snapshot.pack, fresh.last)
    await store.commit(database, owned, offset=entries[-1].offset, snapshot=state, rows=rows)


def _recent_days(reports: ReportBatch) -> Iterator[object]:
    """The days that get a partition of their own: within a week of now; others share DEFAULT."""
    today = time.time_ns() // 1000 // DAY_US
    for day in np.unique(reports.reported_at // DAY_US).tolist():
        if abs(day - today) <= 7:
            yield from_us(day * DAY_US).date()


def _play(
    exercise: Exercise, decoder: Decoder, begin: Microseconds, end: Microseconds
) -> tuple[bytes, Decoded]:
    played = b"".join(line for _, line in exercise.lines(begin, end))
    return played, decoder.feed(played)


def _batch(
    source: str,
    timeline: str,
    sequence: int,
    watermark: Microseconds,
    block: Decoded,
    final: bool = False,
) -> Batch:
    return Batch(
        source=source,
        timeline=timeline,
        sequence=sequence,
        watermark=watermark,
        reports=block.reports,
        statics=block.statics,
        final=final,
    )


def _joined(blocks: Iterable[Decoded]) -> Decoded:
    parts = list(blocks)
    return Decoded(
        reports=ReportBatch.concat(p.reports for p in parts),
        statics=StaticBatch.concat(p.statics for p in parts),
    )


def _without_future(block: Decoded, limit: Microseconds, counts: Counter[str]) -> Decoded:
    reports, statics = block.reports, block.statics
    ahead = int(np.sum(reports.reported_at > limit) + np.sum(statics.reported_at > limit))
    if not ahead:
        return block
    counts["future_time"] += ahead
    return Decoded(
        reports=reports.take(reports.reported_at <= limit),
        statics=statics.take(statics.reported_at <= limit),
    )
