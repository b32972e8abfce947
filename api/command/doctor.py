"""``safepassage doctor``: what is wrong, and how to mend it."""

import argparse
import asyncio
from pathlib import Path
from typing import Any


def register(commands: Any) -> None:
    """Adds the command."""
    parser = commands.add_parser("doctor", help="find what is wrong and say how to mend it")
    parser.add_argument("--data-dir", type=Path, help="the node's folder")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Prints every finding; 1 where something needs mending."""
    return asyncio.run(_report(args))


async def _report(args: argparse.Namespace) -> int:
    from api.doctor import examine
    from api.settings import load_settings

    ill = 0
    async for finding in examine(load_settings(data_dir=args.data_dir)):
        ill += not finding.well
        print(f"{'ok  ' if finding.well else 'MEND'}  {finding.check:<12} {finding.seen}")
        if not finding.well:
            print(f"      {'':<12} -> {finding.mend}")
    return 1 if ill else 0
