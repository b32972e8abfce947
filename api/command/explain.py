"""``safepassage explain``: a stored assessment with its reasons, made again of its inputs."""

import argparse
import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from api.explanation import Explanation
    from risk.assessment import Reason

_LAST = "2200-01-01"


def register(commands: Any) -> None:
    """Adds the command."""
    parser = commands.add_parser(
        "explain",
        help="a stored assessment with its reasons, made again of its inputs",
        description="Shows a vessel's last assessment at or before a time, makes it again of what "
        "was kept with it, and says whether every number is the same to the bit; the status is 1 "
        "where one is not.",
    )
    parser.add_argument("mmsi", metavar="MMSI", help="nine digits")
    parser.add_argument("--at", metavar="T", default=_LAST, help="default: the last one")
    parser.add_argument("--timeline", metavar="NAME", help="default: any")
    parser.add_argument("--lang", default="en", choices=("en", "es", "pt", "fr"))
    parser.add_argument("--nation", metavar="XX", help="as who reads (default: the node's own)")
    parser.add_argument("--data-dir", type=Path, help="the node's folder")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Explains; 0 where the assessment made again is the stored one."""
    from sea.errors import BadInputError

    if not (args.mmsi.isdigit() and len(args.mmsi) == 9 and args.mmsi.isascii()):
        raise BadInputError(f"not an MMSI: {args.mmsi!r}", mend="give nine digits", field="mmsi")
    found = asyncio.run(_explained(args))
    print("\n".join(_lines(found, args.lang)))
    return 1 if found.differences else 0


async def _explained(args: argparse.Namespace) -> "Explanation":
    from api import store
    from api.audit import command_entry
    from api.explanation import explain
    from api.hazard import assessor_of
    from api.policy import Principal
    from api.running import database_url
    from api.settings import load_settings
    from api.store_audit import append_all
    from sea.instants import from_us, parse_utc

    settings = load_settings(data_dir=args.data_dir)
    at = from_us(parse_utc(args.at, field="--at"))
    nation = args.nation or settings.nation
    principal = Principal(name="explain", role="naval_partner", nation=nation)
    database = await store.open_database(database_url(settings), connections=1)
    entry = command_entry("read", "explain", nation, {"mmsi": args.mmsi, "at": args.at})
    try:
        await append_all(database, [entry])
        assessor = assessor_of(settings)
        return await explain(database, int(args.mmsi), at, args.timeline, principal, assessor)
    finally:
        await database.close()


def _lines(found: "Explanation", lang: Any) -> list[str]:
    from api.explanation import heading

    coercion, smuggling = found.made.coercion, found.made.smuggling
    lines = [
        heading(found), "",
        f"coercion {coercion.probability:.3g} ({coercion.low:.2g} to {coercion.high:.2g}) within "
        f"{coercion.horizon_h:.0f} h, {coercion.band}",
        *(_reason(reason, lang) for reason in coercion.reasons), "",
        f"smuggling priority {smuggling.priority:.1f}, {smuggling.band}",
        *(_reason(reason, lang) for reason in smuggling.reasons), "",
        *found.changed,
    ]  # fmt: skip
    if found.differences:
        return [*lines, "NOT the same when made again:", *found.differences]
    return [*lines, "made again of its inputs: the same to the bit"]


def _reason(reason: "Reason", lang: Any) -> str:
    from risk.wording import innocent

    line = f"  {reason.contribution:+.3g}  {reason.said(lang)}"
    other = innocent(reason.code, lang)
    line += f" ({other})" if other else ""
    return line + "".join(f" [{event}]" for event in reason.event_ids)
