"""``safepassage export``: stored positions and events to Parquet."""

import argparse
import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import asyncpg
    from rich.progress import Progress

    from api.policy import Principal
    from api.store_export import Wanted

FIRST = datetime(1970, 1, 1, tzinfo=UTC)
LAST = datetime(2200, 1, 1, tzinfo=UTC)
PART = 10_000
"""Events written at a time."""


def register(commands: Any) -> None:
    """Adds the command."""
    parser = commands.add_parser(
        "export",
        help="stored positions and events to Parquet",
        description="Writes what a service has stored to Parquet: positions by time, with the "
        "columns of `decode`, so that decode, detect and replay read them again; events that the "
        "nation may see.",
    )
    parser.add_argument("--out", type=Path, metavar="F", help="positions")
    parser.add_argument("--events", type=Path, metavar="F", help="events")
    parser.add_argument("--from", dest="start", metavar="T", help="from this time on")
    parser.add_argument("--to", dest="end", metavar="T", help="before this time")
    parser.add_argument("--bbox", metavar="W,S,E,N", help="in degrees; W > E crosses 180")
    parser.add_argument("--mmsi", action="append", metavar="M", help="only her; may be given again")
    parser.add_argument("--nation", metavar="XX", help="whose events (default: the node's own)")
    parser.add_argument("--data-dir", type=Path, help="the node's folder")
    parser.set_defaults(run=run, usage_error=parser.error)


def run(args: argparse.Namespace) -> int:
    """Exports what the parsed arguments want."""
    from api.audit import command_entry
    from api.policy import Principal
    from api.running import database_url
    from api.settings import load_settings
    from api.store_audit import record

    if args.out is None and args.events is None:
        args.usage_error("give --out F, --events F or both")
    wanted = _wanted(args)
    settings = load_settings(data_dir=args.data_dir)
    nation = args.nation or settings.nation
    principal = Principal(name="export", role="naval_partner", nation=nation)
    told = {"positions": args.out is not None, "events": args.events is not None,
            "from": args.start, "to": args.end, "bbox": args.bbox, "mmsi": args.mmsi}  # fmt: skip
    asyncio.run(record(database_url(settings), command_entry("export", "export", nation, told)))
    asyncio.run(_export(database_url(settings), wanted, args.out, args.events, principal))
    return 0


def _wanted(args: argparse.Namespace) -> "Wanted":
    from api.http.params import read_bbox
    from api.store_export import Wanted
    from sea.errors import BadInputError
    from sea.instants import from_us, parse_utc

    def instant(text: str | None, field: str, missing: datetime) -> datetime:
        return missing if text is None else from_us(parse_utc(text, field=field))

    for mmsi in args.mmsi or ():
        if not (mmsi.isdigit() and len(mmsi) == 9 and mmsi.isascii()):
            raise BadInputError(f"not an MMSI: {mmsi!r}", mend="give nine digits", field="--mmsi")
    try:
        bbox = None if args.bbox is None else read_bbox(args.bbox)
    except ValueError as error:
        raise BadInputError(f"--bbox: {error}", field="--bbox") from None
    return Wanted(
        start=instant(args.start, "--from", FIRST), end=instant(args.end, "--to", LAST),
        mmsis=tuple(map(int, args.mmsi)) if args.mmsi else None, bbox=bbox,
    )  # fmt: skip


async def _export(
    url: str, wanted: "Wanted", out: Path | None, events: Path | None, principal: "Principal"
) -> None:
    import asyncpg

    from api.store import TIMEOUT_S
    from sea.errors import UnavailableError

    try:
        connection = await asyncpg.connect(url, timeout=TIMEOUT_S)
    except (OSError, TimeoutError, asyncpg.PostgresError) as error:
        raise UnavailableError(f"the database does not answer: {error}") from error
    try:
        async with connection.transaction(isolation="repeatable_read", readonly=True):
            if out is not None:
                await _positions(connection, wanted, out)
            if events is not None:
                await _events(connection, wanted, events, principal)
    except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        raise UnavailableError(f"the database has failed: {error}") from error
    finally:
        await connection.close(timeout=TIMEOUT_S)


async def _positions(connection: "asyncpg.Connection", wanted: "Wanted", out: Path) -> None:
    """Day by day, so that PostgreSQL sorts no more than a day and the bar knows how far it is."""
    import numpy as np

    from api import store_export
    from api.rowfile import RowFile
    from ingest.batch import ReportBatch, StaticBatch
    from ingest.decode import Decoded
    from ingest.rows import SCHEMA, rows_of

    days = await store_export.days(connection, wanted)
    with _bar(sum(days.values())) as bar, RowFile("parquet", out, SCHEMA) as file:

        def take(reports: ReportBatch) -> None:
            block = Decoded(
                reports=reports, statics=StaticBatch.empty(), report_of=np.arange(len(reports))
            )
            file.write(rows_of(block))
            bar.advance(bar.task_ids[0], len(reports))

        for day in days:
            end = min(day + timedelta(days=1), wanted.end)
            of_day = replace(wanted, start=max(day, wanted.start), end=end)
            await store_export.copy_positions(connection, of_day, take)
    print(f"{out}: {sum(days.values())} positions of {len(days)} days")


async def _events(
    connection: "asyncpg.Connection", wanted: "Wanted", out: Path, principal: "Principal"
) -> None:
    import pyarrow as pa

    from api import store_export
    from api.policy import Release, allowed
    from api.rowfile import RowFile

    text, time = pa.string(), pa.timestamp("us", tz="UTC")
    schema = pa.schema([
        ("id", text), ("timeline", text), ("kind", text), ("mmsis", pa.list_(text)),
        ("started_at", time), ("ended_at", time), ("detected_at", time), ("lon", pa.float64()),
        ("lat", pa.float64()), ("status", text), ("confidence", pa.float64()),
        ("evidence", text), ("originator", text), ("releasable_to", pa.list_(text)),
    ])  # fmt: skip
    held: list[dict[str, Any]] = []
    written = 0
    with RowFile("parquet", out, schema) as file:
        async for row in store_export.events(connection, wanted):
            release = Release(kind="event", originator=row["originator"],
                              releasable_to=tuple(row["releasable_to"]))  # fmt: skip
            if allowed(principal, release):
                held.append({**row, "mmsis": [f"{mmsi:09d}" for mmsi in row["mmsis"]]})
            if len(held) == PART:
                file.write(pa.RecordBatch.from_pylist(held, schema))
                written, held = written + len(held), []
        file.write(pa.RecordBatch.from_pylist(held, schema))
    print(f"{out}: {written + len(held)} events")


@contextmanager
def _bar(total: int) -> "Iterator[Progress]":
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TaskProgressColumn,
        TextColumn,
        TimeRemainingColumn,
    )

    console = Console(stderr=True)
    columns = (TextColumn("export"), BarColumn(), TaskProgressColumn(), MofNCompleteColumn(),
               TimeRemainingColumn())  # fmt: skip
    with Progress(*columns, console=console, transient=True,
                  disable=not console.is_terminal) as bar:  # fmt: skip
        bar.add_task("export", total=total)
        yield bar
