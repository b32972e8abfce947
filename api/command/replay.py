"""``safepassage replay``: an archive through the running service."""

import argparse
import asyncio
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
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
        "Playing one again adds nothing; one that was cut off goes on where it stopped.",
    )
    parser.add_argument("paths", nargs="+", type=Path, metavar="PATH")
    parser.add_argument(
        "--speed", default="max", help="event seconds a second, or max (the default)"
    )
    parser.add_argument("--start", help="time of the first line of NMEA without any time")
    parser.add_argument("--data-dir", type=Path, help="the node's folder")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Plays the archives one after another; done when the service has stored them."""
    from sea.errors import BadInputError
    from sea.instants import parse_utc

    speed = None
    if args.speed != "max":
        try:
            speed = float(args.speed)
        except ValueError:
            speed = 0.0
        if not speed > 0:
            raise BadInputError(f"not a speed: {args.speed!r}", mend="give a number above 0 or max")
    start_us = None if args.start is None else parse_utc(args.start, field="--start")
    asyncio.run(_replay(args.paths, speed, start_us, args.data_dir))
    return 0


async def _replay(
    paths: list[Path], speed: float | None, start_us: int | None, data_dir: Path | None
) -> None:
    from api.running import running
    from api.settings import load_settings
    from ingest.log import JetStreamLog

    settings = load_settings(data_dir=data_dir)
    service = running(settings)
    replicas = settings.nats_replicas
    async with JetStreamLog(service.nats_url, replicas=replicas, patience_s=AWAY_S) as log:
        for path in paths:
            flow = await _play(log, path, speed, start_us, settings.lateness_s)
            await _until_stored(service.database_url, flow.last_offset)
            counts = " ".join(f"{k}={v}" for k, v in sorted(flow.counts.items()) if v)
            print(f"{path.name}: reports={flow.rows} {counts}", file=sys.stderr)


async def _play(
    log: "Log", path: Path, speed: float | None, start_us: int | None, lateness_s: float
) -> "Flow":
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    from ingest.archive import open_archive
    from ingest.stage import append_archive

    archive = await asyncio.to_thread(open_archive, path, start_us=start_us)
    columns = (
        TextColumn(path.name), BarColumn(), TextColumn("{task.percentage:.0f}%"),
        TextColumn("{task.fields[reports]:,} reports"), TimeRemainingColumn(),
    )  # fmt: skip
    console = Console(stderr=True)
    with Progress(*columns, console=console, disable=not console.is_terminal) as progress:
        bar = progress.add_task("replay", total=archive.size_bytes, reports=0)
        return await append_archive(
            log,
            archive,
            lateness_us=int(lateness_s * 1e6),
            timeline=archive.fingerprint,
            speed=speed,
            progress=lambda f: progress.update(
                bar, completed=archive.position_bytes, reports=f.rows
            ),
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
