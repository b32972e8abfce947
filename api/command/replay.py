"""``safepassage replay``: an archive through the running service."""

import argparse
import asyncio
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from api.archives import Reading
    from ingest.log import Log
    from ingest.stage import Flow

STORE_S = 600.0
AWAY_S = 300.0
"""How long a replay waits for a service that is gone."""

POLL_S = 0.2


def register(commands: Any) -> None:
    """Adds the command."""
    parser = commands.add_parser(
        "replay",
        help="play archives through the running service",
        description="Plays archives through the running service, each a timeline of its own. "
        "Playing one again adds nothing; one that was cut off goes on where it stopped. A file "
        "that cannot be read is named, the others are played, and the status is 1.",
    )
    parser.add_argument("paths", nargs="+", type=Path, metavar="PATH",
                        help="a file, a folder, or a pattern in quotes")  # fmt: skip
    parser.add_argument("--jobs", type=int, default=2, metavar="N",
                        help="archives played at once (default 2)")  # fmt: skip
    parser.add_argument(
        "--speed", default="max", help="event seconds a second, or max (the default)"
    )
    parser.add_argument("--start", help="time of the first line of NMEA without any time")
    parser.add_argument("--data-dir", type=Path, help="the node's folder")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Plays the archives; done when the service has stored them."""
    from sea.errors import BadInputError, SafePassageError
    from sea.instants import parse_utc

    speed = None
    if args.speed != "max":
        try:
            speed = float(args.speed)
        except ValueError:
            speed = 0.0
        if not speed > 0:
            raise BadInputError(f"not a speed: {args.speed!r}", mend="give a number above 0 or max")
    if args.jobs < 1:
        raise BadInputError(f"not a number of archives: {args.jobs}", mend="give 1 or more")
    start_us = None if args.start is None else parse_utc(args.start, field="--start")
    orders = _Orders(speed=speed, start_us=start_us, jobs=args.jobs, data_dir=args.data_dir)
    try:
        return asyncio.run(_replay(args.paths, orders))
    except* SafePassageError as group:
        first: BaseException = group
        while isinstance(first, BaseExceptionGroup):
            first = first.exceptions[0]
        error = first
    raise error


@dataclass(frozen=True, slots=True, kw_only=True)
class _Orders:
    speed: float | None
    start_us: int | None
    jobs: int
    data_dir: Path | None


async def _replay(paths: list[Path], orders: _Orders) -> int:
    """Plays archives, some at once, each a timeline of its own; tells of each in their order."""
    from api.archives import Reading, files_of
    from api.running import running
    from api.settings import load_settings
    from ingest.log import JetStreamLog

    settings = load_settings(data_dir=orders.data_dir)
    service = running(settings)
    files = files_of(paths)
    reading = await asyncio.to_thread(Reading, "replay", files, start_us=orders.start_us)
    turns = asyncio.Semaphore(orders.jobs)

    async def play(log: "Log", number: int) -> str:
        async with turns:
            flow = await _play(log, reading, number, orders.speed, settings.lateness_s)
            await _until_stored(service.database_url, flow.last_offset)
        counts = " ".join(f"{k}={v}" for k, v in sorted(flow.counts.items()) if v)
        return f"{reading.archives[number].path.name}: reports={flow.rows} {counts}"

    replicas = settings.nats_replicas
    async with (
        JetStreamLog(service.nats_url, replicas=replicas, patience_s=AWAY_S) as log,
        asyncio.TaskGroup() as group,
    ):
        with reading:
            tasks = [group.create_task(play(log, n)) for n in range(len(reading.archives))]
            for task in tasks:
                print(await task, file=sys.stderr)
    return 1 if reading.failed else 0


async def _play(
    log: "Log", reading: "Reading", number: int, speed: float | None, lateness_s: float
) -> "Flow":
    from ingest.stage import append_archive

    archive = reading.readable(number)
    timeline = await asyncio.to_thread(lambda: archive.fingerprint)
    return await append_archive(
        log, archive, lateness_us=int(lateness_s * 1e6), timeline=timeline, speed=speed
    )


async def _until_stored(database_url: str, offset: int) -> None:
    """Waits until tracker and watch have committed up to the offset of the last mark.

    A service that is restarted meanwhile is waited for as well.
    """
    import asyncpg

    from ingest.store import offsets
    from sea.errors import UnavailableError

    done: dict[str, int] = {}
    try:
        async with asyncio.timeout(STORE_S):
            while min(done.get("watch", 0), done.get("tracker", 0)) < offset:
                await asyncio.sleep(POLL_S)
                try:
                    connection = await asyncpg.connect(database_url, timeout=5)
                    try:
                        done = await offsets(connection)
                    finally:
                        await connection.close(timeout=5)
                except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError):
                    continue
    except TimeoutError:
        raise UnavailableError(
            f"the service has not stored the replay within {STORE_S:g} s; see its log"
        ) from None
