"""``safepassage adopt``: a person decides that the service asks a challenger beside the table."""

import argparse
import asyncio
import getpass
from pathlib import Path
from typing import Any

from sea.errors import BadInputError, UnavailableError


def register(commands: Any) -> None:
    """Adds the command's parser."""
    parser = commands.add_parser(
        "adopt",
        help="let the service ask a challenger beside the table",
        description="Makes the running service show what a model of safepassage train says of a "
        "vessel, beside the table and never in its place. A model that was trained on exercises, "
        "or could not be calibrated, is refused unless forced.",
    )
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("model", metavar="MODEL", type=Path, nargs="?")
    what.add_argument("--none", action="store_true", help="ask no challenger any more")
    parser.add_argument("--force", action="store_true",
                        help="adopt what would be refused; it is marked everywhere")  # fmt: skip
    parser.add_argument("--by", default=None, help="who decides (default: the user's name)")
    parser.add_argument("--data-dir", type=Path, help="the node's folder")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Adopts; 0."""
    from api.challenger import adopt, check, withdraw
    from api.running import database_url
    from api.settings import load_settings
    from api.store import open_database
    from risk.challenger import read_challenger

    model = None
    if args.model:
        try:
            model = read_challenger(args.model.read_bytes())
        except OSError as error:
            raise UnavailableError(f"cannot read {args.model}: {error.strerror}") from error
        check(model, forced=args.force)
    by = args.by or getpass.getuser()
    if not by.strip():
        raise BadInputError("say who decides", field="by")
    settings = load_settings(data_dir=args.data_dir)
    url = database_url(settings)

    async def decide() -> None:
        database = await open_database(url, connections=1)
        try:
            if model is None:
                await withdraw(database, by=by, nation=settings.nation)
            else:
                await adopt(database, model, by=by, forced=args.force, nation=settings.nation)
        finally:
            await database.close()

    asyncio.run(decide())
    marked = " (marked: trained on exercises)" if model and model.exercise else ""
    print(f"adopted {model.name}{marked}" if model else "no challenger is asked any more")
    return 0
