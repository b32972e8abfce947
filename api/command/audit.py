"""``safepassage audit``: whether every row of the audit still fits, and its rows as JSON lines."""

import argparse
import asyncio
import re
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sea.errors import BadInputError, UnavailableError

if TYPE_CHECKING:
    import asyncpg

    from api.audit import Head, Verdict


def register(commands: Any) -> None:
    """Adds the command."""
    parser = commands.add_parser("audit", help="verify and export the audit")
    parser.add_argument("--data-dir", type=Path, help="the node's folder")
    actions = parser.add_subparsers(title="actions", metavar="ACTION", required=True)
    check = actions.add_parser(
        "verify",
        help="whether every row fits the one before it",
        description="Reads every chain from its first row and names the first row that was "
        "changed, taken out or put in; the status is 1 where there is one.",
    )
    check.add_argument("--nation", metavar="XX", help="this chain alone (default: all)")
    check.add_argument("--file", type=Path, metavar="F", help="of an export, without a service")
    check.add_argument("--head", action="append", default=[], metavar="XX:N:SEAL",
                       help="a head noted before; it must still be there")  # fmt: skip
    check.set_defaults(run=_verify)
    out = actions.add_parser("export", help="rows as JSON lines; that is recorded too")
    out.add_argument("--nation", metavar="XX", help="this chain alone (default: all)")
    out.add_argument("--out", type=Path, required=True, metavar="F")
    out.set_defaults(run=_export)


def _verify(args: argparse.Namespace) -> int:
    wanted = [_head(text) for text in args.head]
    verdict, missing = asyncio.run(_verdict(args, wanted))
    for nation, head in sorted(verdict.heads.items()):
        print(f"{nation}:{head.number}:{head.seal.hex()}")
    if verdict.broken is not None:
        nation, number = verdict.broken
        print(f"row {number} of {nation} does not fit: it or one before was changed or taken out")
    for nation, head in missing:
        print(f"row {head.number} of {nation} is not the one that was noted")
    return 1 if verdict.broken or missing else 0


async def _verdict(
    args: argparse.Namespace, wanted: "list[tuple[str, Head]]"
) -> "tuple[Verdict, list[tuple[str, Head]]]":
    from api import store_audit
    from api.audit import verify

    unseen = dict.fromkeys(wanted)

    async def noting(rows: AsyncIterator[Mapping[str, Any]]) -> AsyncIterator[Mapping[str, Any]]:
        async for row in rows:
            for nation, head in list(unseen):
                if (nation, head.number, head.seal) == (
                    row["originator"], row["number"], row["seal"]
                ):  # fmt: skip
                    del unseen[nation, head]
            yield row

    if args.file is not None:
        verdict = await verify(noting(_rows_of(args.file)))
    else:
        async with _reading(args) as connection:
            verdict = await verify(noting(store_audit.chains(connection, args.nation)))
    return verdict, list(unseen)


async def _rows_of(file: Path) -> AsyncIterator[Mapping[str, Any]]:
    import msgspec

    from sea.instants import parse_utc

    try:
        with file.open("rb") as lines:
            for line in lines:
                row = msgspec.json.decode(line)
                yield {**row, "at": parse_utc(row["at"]), "seal": bytes.fromhex(row["seal"])}
    except OSError as error:
        raise UnavailableError(f"cannot read {file}: {error.strerror}") from error
    except (msgspec.DecodeError, KeyError, TypeError, ValueError) as error:
        raise BadInputError(f"{file} is no export of the audit: {error!r}", field="file") from None


def _export(args: argparse.Namespace) -> int:
    print(f"{args.out}: {asyncio.run(_write(args))} rows")
    return 0


async def _write(args: argparse.Namespace) -> int:
    import msgspec

    from api import store_audit
    from sea.instants import iso_z

    written = 0
    async with _reading(args, exported=args.nation) as connection:
        with args.out.open("wb") as file:
            async for row in store_audit.chains(connection, args.nation):
                line = {**row, "at": iso_z(row["at"]), "seal": row["seal"].hex()}
                file.write(msgspec.json.encode(line) + b"\n")
                written += 1
    return written


@asynccontextmanager
async def _reading(
    args: argparse.Namespace, exported: str | None = ""
) -> "AsyncIterator[asyncpg.Connection]":
    """A connection that sees one state of the audit; an export is recorded first."""
    from api import store, store_audit
    from api.audit import command_entry
    from api.running import database_url
    from api.settings import load_settings

    settings = load_settings(data_dir=args.data_dir)
    database = await store.open_database(database_url(settings), connections=1)
    try:
        if exported != "":
            nation = exported or settings.nation
            entry = command_entry("export", "audit export", nation, {"chain": exported or "all"})
            await store_audit.append_all(database, [entry])
        async with (
            database.acquire() as connection,
            connection.transaction(isolation="repeatable_read", readonly=True),
        ):
            yield connection
    finally:
        await database.close()


def _head(text: str) -> "tuple[str, Head]":
    from api.audit import Head

    found = re.fullmatch(r"([A-Z]{2}):(\d{1,18}):([0-9a-f]{64})", text)
    if found is None:
        raise BadInputError(f"no head: {text!r}", field="--head", mend="as `verify` prints it")
    return found[1], Head(int(found[2]), bytes.fromhex(found[3]))
