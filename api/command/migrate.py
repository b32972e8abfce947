"""``safepassage migrate``: brings the database's schema up to date."""

import argparse
import asyncio
import sys
from pathlib import Path
from typing import Any


def register(commands: Any) -> None:
    """Adds the command."""
    parser = commands.add_parser("migrate", help="bring the database's schema up to date")
    parser.add_argument("--data-dir", type=Path, help="the node's folder")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Runs the migrations that were not run yet."""
    from api.migrate import migrate
    from api.running import database_url
    from api.settings import load_settings

    ran = asyncio.run(migrate(database_url(load_settings(data_dir=args.data_dir))))
    sys.stdout.write("".join(f"{name}\n" for name in ran) or "nothing to do\n")
    return 0
