"""``safepassage keys``: API keys, shown once and stored hashed, and sign-in links."""

import argparse
import asyncio
import sys
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import asyncpg

    from api.policy import Principal

_ROLES = ("watch_officer", "planner", "naval_partner", "port_authority", "admin")


def register(commands: Any) -> None:
    """Adds the command."""
    parser = commands.add_parser("keys", help="create, list and revoke API keys; sign-in links")
    parser.add_argument("--data-dir", type=Path, help="the node's folder")
    actions = parser.add_subparsers(title="actions", metavar="ACTION", required=True)
    create = actions.add_parser("create", help="make a key and print it, this once")
    _who(create)
    create.set_defaults(run=_create)
    listing = actions.add_parser("list", help="all keys by their first characters")
    listing.set_defaults(run=_list)
    revoke = actions.add_parser("revoke", help="make a key useless from now on")
    revoke.add_argument("name")
    revoke.set_defaults(run=_revoke)
    link = actions.add_parser("link", help="print a link that signs a browser in, once")
    _who(link)
    link.set_defaults(run=_link)


def _who(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--name", required=True, help="whose it is")
    parser.add_argument("--role", required=True, choices=_ROLES)
    parser.add_argument("--nation", required=True, help="ISO 3166-1 alpha-2, like MX")
    parser.add_argument("--ports", default="", help="UN/LOCODEs of a port authority, with commas")


def _principal(args: argparse.Namespace) -> "Principal":
    from api.policy import Principal

    ports = tuple(port.strip().upper() for port in args.ports.split(",") if port.strip())
    return Principal(name=args.name, role=args.role, nation=args.nation.upper(), ports=ports)


def _create(args: argparse.Namespace) -> int:
    from api.auth import create_key

    key = _with_database(args, lambda database: create_key(database, _principal(args)))
    sys.stdout.write(f"{key}\n")
    return 0


def _list(args: argparse.Namespace) -> int:
    from api import store_keys

    rows: Sequence[Any] = _with_database(args, store_keys.keys)
    for row in rows:
        state = "revoked" if row["revoked_at"] else "in force"
        ports = ",".join(row["ports"]) or "-"
        sys.stdout.write(
            f"{row['prefix']}…  {row['name']}  {row['role']}  {row['nation']}  {ports}  "
            f"{row['created_at']:%Y-%m-%dT%H:%M:%SZ}  {state}\n"
        )
    return 0


def _revoke(args: argparse.Namespace) -> int:
    from api import auth
    from sea.errors import BadInputError

    if not _with_database(args, lambda database: auth.revoke_key(database, args.name)):
        raise BadInputError(f"no key in force is named {args.name!r}", field="name")
    sys.stdout.write(f"revoked {args.name}\n")
    return 0


def _link(args: argparse.Namespace) -> int:
    from api.auth import create_sign_in_link
    from api.running import http_url
    from api.settings import load_settings

    settings = load_settings(data_dir=args.data_dir)
    token = _with_database(
        args,
        lambda database: create_sign_in_link(database, _principal(args), hours=settings.link_h),
    )
    sys.stdout.write(f"{http_url(settings)}/sign-in?token={token}\n")
    return 0


def _with_database(
    args: argparse.Namespace, work: "Callable[[asyncpg.Pool], Awaitable[Any]]"
) -> Any:
    from api import store
    from api.running import database_url
    from api.settings import load_settings

    url = database_url(load_settings(data_dir=args.data_dir))

    async def run() -> Any:
        database = await store.open_database(url, connections=1)
        try:
            return await work(database)
        finally:
            await database.close()

    return asyncio.run(run())
