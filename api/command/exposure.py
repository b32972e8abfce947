"""``safepassage exposure``: archives or the running service -> ship-hours seen, as a table."""

import argparse
import asyncio
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sea.errors import UnavailableError

if TYPE_CHECKING:
    from risk.exposure import Exposure


def register(commands: Any) -> None:
    """Adds the command's parser."""
    parser = commands.add_parser(
        "exposure",
        help="ship-hours seen, for the hazard field",
        description="Writes the merchant ship-hours seen by cell, local hour and activity, and how "
        "long anybody listened where, of archives or (without any) of the running service.",
    )
    parser.add_argument("paths", metavar="PATH", nargs="*", type=Path,
                        help="a file, a folder, or a pattern in quotes")  # fmt: skip
    parser.add_argument("--out", metavar="FILE.csv", required=True, help="- for stdout")
    parser.add_argument("--data-dir", type=Path, help="the service's folder")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Gathers and writes; 1 where some archive could not be read."""
    from risk.exposure import exposure_csv

    failed = False
    if args.paths:
        exposure, failed = _of_archives(args.paths)
    else:
        exposure = asyncio.run(_of_service(args.data_dir))
    text = exposure_csv(exposure)
    try:
        if args.out == "-":
            sys.stdout.write(text)
        else:
            Path(args.out).write_text(text, "utf-8")
    except OSError as error:
        raise UnavailableError(f"cannot write {args.out}: {error.strerror}") from error
    print(f"cells={len(exposure.cells)} ship_hours={exposure.ship_hours.sum():.1f} "
          f"heard={len(exposure.heard)} listened={exposure.listened.sum():.1f}",
          file=sys.stderr)  # fmt: skip
    return int(failed)


def _of_archives(paths: list[Path]) -> "tuple[Exposure, bool]":
    from api.archives import Reading, files_of
    from api.command.detect import timeline
    from risk.engine import Engine

    engine, reading = Engine(()), Reading("exposure", files_of(paths))
    with reading:
        blocks = [reading.blocks(n) for n in range(len(reading.archives))]
        for decoded, watermark_us in timeline(blocks, engine.params):
            engine.take("archives", decoded.reports, decoded.statics, watermark_us)
        engine.finish()
    return engine.ship_hours.exposure, bool(reading.failed)


async def _of_service(folder: Path | None) -> "Exposure":
    from api.commits import STAGE
    from api.running import database_url
    from api.settings import load_settings
    from api.store import open_database
    from ingest import snapshot, store
    from ingest.log import LIVE
    from risk.exposure import Exposure
    from risk.ship_hours import ShipHours

    database = await open_database(database_url(load_settings(data_dir=folder)), connections=1)
    try:
        _, packed = await store.last_snapshot(database, STAGE)
    finally:
        await database.close()
    timelines = snapshot.unpack(packed)["timelines"] if packed else {}
    counted = timelines.get(LIVE, {}).get("engine", {}).get("ship_hours")
    if counted is None:
        return Exposure.nothing()
    gathered = ShipHours()
    gathered.restore(counted)
    return gathered.exposure
