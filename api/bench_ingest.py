"""Measures the whole way in: NMEA of the exercise `world` -> gateway -> log -> tracker and watch.

Everything is real: the gateway of a live feed, an embedded NATS and PostgreSQL in a folder of
their own, the tracker's rows with their indexes, the watch's engine with every detector and its
commits; only assessments are left out, which go by vessel and by the clock. The bytes are made
beforehand, by another process; a first part of them, in which every vessel is heard, is played
outside the clock.
"""

import asyncio
import os
import shutil
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, Final

import asyncpg
import numpy as np
import numpy.typing as npt

from api.commits import STAGE
from api.embedded import embedded_nats, embedded_postgres
from api.migrate import migrate
from api.profile import MEASURING, Profiler, cpu_s, descendants, rss_mib
from api.store import open_database
from api.watch import Fleet, watch
from api.writing import Sharing
from ingest import store
from ingest.log import JetStreamLog
from ingest.picture import Picture
from ingest.source import Chunk
from ingest.source.feed import READ_BYTES
from ingest.stage import TRACKER, Flow, append_live, track
from risk.assess import Assessed, Assessor
from risk.evidence import Evidence
from sea.errors import UnavailableError
from sea.instants import iso_z
from sea.units import HOUR_US, MINUTE_US, SECOND_US, Microseconds

WARM_MIN: Final = 7
"""Minutes of the feed outside the clock: every ship has reported and told her static data."""

MESSAGES_A_MINUTE: Final = 0.98
"""Of a ship, positions and static data, the least seen in `world`."""

_URL: Final = "bench:world"
_POLL_S: Final = 0.05
_LATENESS_US: Final = 60 * SECOND_US

STAGES: Final = (
    ("ingest/compiled/", "", "decode"), ("ingest/decode.py", "", "decode"),
    ("ingest/nmea.py", "", "decode"), ("ingest/assembly.py", "", "decode"),
    ("ingest/log.py", "_partitioned", "Arrow out"), ("ingest/log.py", "_by_partition", "Arrow out"),
    ("ingest/log.py", "_stream", "Arrow out"),
    ("ingest/log.py", "_entry", "Arrow in"), ("ingest/log.py", "_columns", "Arrow in"),
    ("/nats/", "", "NATS client"), ("ingest/log.py", "", "NATS client"),
    ("ingest/copy_format.py", "", "COPY rows"),
    ("ingest/snapshot.py", "", "snapshot"), ("api/watch.py", "state", "snapshot"),
    ("asyncpg/", "", "PostgreSQL client"), ("ingest/store.py", "", "PostgreSQL client"),
    ("api/writing.py", "", "PostgreSQL client"),
    ("ingest/picture.py", "", "engine: picture"), ("ingest/slots.py", "", "engine: picture"),
     ("ingest/clean.py", "", "engine: copies, flaws"),
    ("risk/detect/tracks.py", "", "engine: tracks"),
    *((f"risk/detect/{name}.py", "", f"detector {name}") for name in (
        "gap", "coverage", "rendezvous", "loitering", "stop", "zones", "jump", "deviation",
        "approach", "slowdown", "identity", "destination")),
    ("risk/engine.py", "", "engine: minutes"), ("api/watch.py", "_plan", "plans"),
    ("risk/assess.py", "", "assessments"), ("api/watch.py", "", "watch"),
    ("ingest/stage.py", "", "gateway, tracker"),
    ("api/bench_ingest.py", "_chunks", "reading bytes"),
    ("api/profile.py", "", MEASURING), ("api/bench_ingest.py", "", MEASURING),
    ("asyncio/", "", "event loop"), ("concurrent/", "", "event loop"),
)  # fmt: skip
"""What the profiler calls what it sees, see `Profiler`."""


class _Unassessed(Assessor):
    """Assesses nobody: that goes by vessel and by the clock, not by report."""

    def assess(
        self,
        picture: Picture,
        evidence: Evidence,
        now_us: Microseconds,
        slots: npt.NDArray[np.integer[Any]] | None = None,
    ) -> Assessed:
        return super().assess(picture, evidence, now_us, np.zeros(0, np.int64))


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """What one run took.

    Attributes:
        positions, statics: messages of either kind from first byte to commit.
        wall_s, cpu_s: elapsed, and used by all processes together, measuring itself left out.
        stages: CPU seconds by stage, of our process and the servers.
        rss_mib, servers_rss_mib: most resident memory seen, of our process and of the servers.
    """

    vessels: int
    positions: int
    statics: int
    wall_s: float
    cpu_s: float
    stages: Mapping[str, float]
    rss_mib: float
    servers_rss_mib: float

    @property
    def reports(self) -> int:
        """Messages, whether of position or static."""
        return self.positions + self.statics

    def document(self) -> dict[str, Any]:
        """As JSON values; times a report in microseconds."""
        return {
            "vessels": self.vessels, "reports": self.reports, "positions": self.positions,
            "statics": self.statics, "wall_s": round(self.wall_s, 3),
            "reports_per_s": round(self.reports / self.wall_s),
            "cpu_s": round(self.cpu_s, 3),
            "cpu_us_per_report": round(self.cpu_s / self.reports * 1e6, 2),
            "rss_mib": round(self.rss_mib), "servers_rss_mib": round(self.servers_rss_mib),
            "stages_cpu_us_per_report": {
                name: round(seconds / self.reports * 1e6, 3)
                for name, seconds in sorted(self.stages.items(), key=lambda row: -row[1])
            },
        }  # fmt: skip


async def measure(vessels: int, reports: int) -> Figures:
    """Plays at least so many reports of so many vessels through everything.

    Raises:
        UnavailableError: a server or the making of the feed failed.
    """
    with _open_folder() as folder:
        start_us = time.time_ns() // 1000 // HOUR_US * HOUR_US - 3 * HOUR_US
        minutes = WARM_MIN + reports / (vessels * MESSAGES_A_MINUTE)
        feed = await _made(folder, vessels, minutes / 60, start_us)
        end_us = start_us + int(minutes * MINUTE_US)
        async with _servers(folder) as (log, database):
            return await _measured(vessels, feed, (start_us, end_us), log, database)


async def _measured(
    vessels: int,
    feed: Path,
    span: tuple[Microseconds, Microseconds],
    log: JetStreamLog,
    database: asyncpg.Pool,
) -> Figures:
    flow = Flow(source=_URL)
    warm, go = asyncio.Event(), asyncio.Event()
    sharing = Sharing(originator="XX", releasable_to=())
    with feed.open("rb") as file:
        chunks = _chunks(file, span, warm, go)
        gateway = asyncio.create_task(
            append_live(log, chunks, source=_URL, lateness_us=_LATENESS_US, flow=flow)
        )
        readers = [
            asyncio.create_task(track(log, database)),
            asyncio.create_task(
                watch(log, database, fleet=Fleet(), sharing=sharing, assessor=_Unassessed())
            ),
        ]
        try:
            await _unless_failed(warm.wait(), gateway, *readers)
            await _unless_failed(_drained(log, database), gateway, *readers)
            rows = await _rows(database)
            usage = _Usage()
            began = time.perf_counter()
            with Profiler(STAGES) as profiler:
                watcher = asyncio.create_task(usage.follow())
                go.set()
                await _unless_failed(gateway, *readers)
                await _unless_failed(_passed(database, flow.last_offset), *readers)
                wall_s = time.perf_counter() - began
                servers = usage.servers()
                watcher.cancel()
        finally:
            for task in (gateway, *readers):
                task.cancel()
            await asyncio.gather(gateway, *readers, return_exceptions=True)
    stages = {name: used for name, used in {**profiler.seconds, **servers}.items() if used}
    del stages[MEASURING]
    positions, statics = (after - before for after, before in zip(
        await _rows(database), rows, strict=True))  # fmt: skip
    return Figures(
        vessels=vessels, positions=positions, statics=statics, wall_s=wall_s,
        cpu_s=sum(stages.values()), stages=stages, rss_mib=usage.rss_mib,
        servers_rss_mib=usage.servers_rss_mib,
    )  # fmt: skip


class _Usage:
    """What the servers use from now on, and the most memory seen."""

    def __init__(self) -> None:
        self.rss_mib = self.servers_rss_mib = 0.0
        self._before = {pid: cpu_s(pid) for pid in descendants()}

    async def follow(self) -> None:
        while True:
            self.rss_mib = max(self.rss_mib, rss_mib())
            self.servers_rss_mib = max(self.servers_rss_mib, sum(map(rss_mib, descendants())))
            await asyncio.sleep(0.5)

    def servers(self) -> dict[str, float]:
        used = {"NATS server": 0.0, "PostgreSQL server": 0.0}
        for pid, program in descendants().items():
            name = "NATS server" if program.startswith("nats") else "PostgreSQL server"
            used[name] += cpu_s(pid) - self._before.get(pid, 0.0)
        return used


async def _unless_failed(waited: Any, *tasks: "asyncio.Task[None]") -> None:
    """Waits, but no longer than until one of the tasks fails."""
    task = asyncio.ensure_future(waited)
    pending = {task, *tasks}
    while not task.done():
        done, pending = await asyncio.wait(pending, return_when=asyncio.FIRST_COMPLETED)
        for ended in done:
            ended.result()
    task.result()


async def _chunks(
    file: BinaryIO,
    span: tuple[Microseconds, Microseconds],
    warm: asyncio.Event,
    go: asyncio.Event,
) -> AsyncIterator[Chunk]:
    """The feed as a socket brings it; a pause when the first part is over."""
    left = _first_part(file, span[0] + WARM_MIN * MINUTE_US)
    while data := file.read(min(READ_BYTES, left) if left else READ_BYTES):
        yield Chunk(data=data, received_at=span[1], source=_URL)
        await asyncio.sleep(0)
        if left:
            left -= len(data)
            if not left:
                warm.set()
                await go.wait()


def _first_part(file: BinaryIO, until_us: Microseconds) -> int:
    """Bytes of the feed up to the first line of that second or a later one."""
    data = file.read()
    file.seek(0)
    for second in range(until_us // SECOND_US, until_us // SECOND_US + 120):
        if (found := data.find(b",c:%d*" % second)) > 0:
            return data.rindex(b"\n", 0, found) + 1
    raise UnavailableError("the feed has no minute behind its first part")


async def _drained(log: JetStreamLog, database: asyncpg.Pool) -> None:
    """Returns when nothing has been appended for two flushes of the gateway, and all is read."""
    last, since = -1, time.monotonic()
    while time.monotonic() - since < 2.5:
        offset = await log.last_offset()
        if offset != last:
            last, since = offset, time.monotonic()
        await asyncio.sleep(_POLL_S)
    await _passed(database, last)


async def _passed(database: asyncpg.Pool, offset: int) -> None:
    """Returns when both readers have committed what lies up to the offset."""
    while True:
        done = await store.offsets(database)
        if min(done.get(TRACKER, 0), done.get(STAGE, 0)) >= offset:
            return
        await asyncio.sleep(_POLL_S)


async def _rows(database: asyncpg.Pool) -> tuple[int, int]:
    row = await database.fetchrow(
        "SELECT (SELECT count(*) FROM positions), (SELECT count(*) FROM statics)"
    )
    return row[0], row[1]


async def _made(folder: Path, vessels: int, hours: float, start_us: Microseconds) -> Path:
    """The feed in a file, written by a process of its own so that none of it counts as ours."""
    feed = folder / "feed.nmea"
    argv = [sys.executable, "-m", "api.cli", "exercise", "world", "--vessels", vessels,
            "--hours", hours, "--start", iso_z(start_us), "--out", feed,
            "--truth", os.devnull]  # fmt: skip
    process = await asyncio.create_subprocess_exec(*map(str, argv))
    if await process.wait() != 0:
        raise UnavailableError("the exercise could not be written")
    return feed


@contextmanager
def _open_folder() -> Iterator[Path]:
    """A temporary folder that the servers' user may enter."""
    folder = Path(tempfile.mkdtemp(prefix="safepassage-bench-"))
    folder.chmod(0o755)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@asynccontextmanager
async def _servers(folder: Path) -> AsyncIterator[tuple[JetStreamLog, asyncpg.Pool]]:
    async with AsyncExitStack() as stack:
        url = await stack.enter_async_context(embedded_postgres(folder))
        nats = await stack.enter_async_context(embedded_nats(folder))
        await migrate(url)
        database = await open_database(url, connections=6)
        stack.push_async_callback(database.close)
        yield await stack.enter_async_context(JetStreamLog(nats)), database
