"""``safepassage keys``: API keys, shown once and stored hashed, and sign-in links."""

import argparse
import asyncio
import sys
from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import asyncpg

    from api.policy import Principal

_TIME = "%Y-%m-%dT%H:%M:%SZ"
_ROLES = ("watch_officer", "planner", "naval_partner", "port_authority", "admin")


def register(commands: Any) -> None:
    """Adds the command."""
    parser = commands.add_parser(
        "keys", help="create, rotate, list and revoke API keys; sign-in links"
    )
    parser.add_argument("--data-dir", type=Path, help="the node's folder")
    actions = parser.add_subparsers(title="actions", metavar="ACTION", required=True)
    create = actions.add_parser("create", help="make a key and print it, this once")
    _who(create)
    limits = "limit the key to these: read, live, write, audit (default: all)"
    create.add_argument("--scopes", default="", metavar="S,…", help=limits)
    _life(create)
    create.set_defaults(run=_create)
    rotate = actions.add_parser("rotate", help="print another key of this name; the one before "
                                "is good for the overlap still")  # fmt: skip
    rotate.add_argument("name")
    rotate.add_argument("--overlap-h", type=_hours, default=24.0, metavar="H", help="default: 24")
    _life(rotate)
    rotate.set_defaults(run=_rotate)
    listing = actions.add_parser("list", help="all keys by their first characters")
    listing.set_defaults(run=_list)
    revoke = actions.add_parser("revoke", help="make a key useless from now on")
    revoke.add_argument("name")
    revoke.set_defaults(run=_revoke)
    out = actions.add_parser("sign-out", help="end all sessions and unused links of a name")
    out.add_argument("name")
    out.set_defaults(run=_sign_out)
    link = actions.add_parser("link", help="print a link that signs a browser in, once")
    _who(link)
    link.set_defaults(run=_link)


def _hours(text: str) -> float:
    hours = float(text)
    if not 0 <= hours <= 24 * 366:
        raise ValueError
    return hours


def _days(text: str) -> int:
    days = int(text)
    if not 0 <= days <= 3660:
        raise ValueError
    return days


def _life(parser: argparse.ArgumentParser) -> None:
    life = "life of the key (default: 365; 0: it does not end)"
    parser.add_argument("--days", type=_days, default=365, metavar="N", help=life)


def _lifetime(args: argparse.Namespace) -> timedelta | None:
    return timedelta(days=args.days) if args.days else None


def _who(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--name", required=True, help="whose it is")
    parser.add_argument("--role", required=True, choices=_ROLES)
    parser.add_argument("--nation", required=True, help="ISO 3166-1 alpha-2, like MX")
    parser.add_argument("--ports", default="", help="UN/LOCODEs of a port authority, with commas")


def _principal(args: argparse.Namespace) -> "Principal":
    from api.policy import Principal

    ports = tuple(port.strip().upper() for port in args.ports.split(",") if port.strip())
    scopes: Any = tuple(s.strip() for s in getattr(args, "scopes", "").split(",") if s.strip())
    return Principal(
        name=args.name, role=args.role, nation=args.nation.upper(), ports=ports, scopes=scopes
    )


def _create(args: argparse.Namespace) -> int:
    from api.auth import create_key

    principal, life = _principal(args), _lifetime(args)
    key = _with_database(args, lambda database: create_key(database, principal, life=life))
    sys.stdout.write(f"{key}\n")
    return 0


def _rotate(args: argparse.Namespace) -> int:
    from api.auth import rotate_key

    overlap, life = timedelta(hours=args.overlap_h), _lifetime(args)
    key = _with_database(
        args, lambda database: rotate_key(database, args.name, overlap=overlap, life=life)
    )
    sys.stdout.write(f"{key}\n")
    return 0


def _sign_out(args: argparse.Namespace) -> int:
    from api.auth import sign_out

    ended = _with_database(args, lambda database: sign_out(database, args.name))
    sys.stdout.write(f"ended {ended} sessions and links of {args.name}\n")
    return 0


def _list(args: argparse.Namespace) -> int:
    from api import store_keys

    rows: Sequence[Any] = _with_database(args, store_keys.keys)
    for row in rows:
        ports, scopes = ",".join(row["ports"]) or "-", ",".join(row["scopes"]) or "all"
        used = "never" if row["last_used_at"] is None else f"{row['last_used_at']:{_TIME}}"
        sys.stdout.write(
            f"{row['prefix']}…  {row['name']}  {row['role']}  {row['nation']}  {ports}  {scopes}  "
            f"{row['created_at']:{_TIME}}  used {used}  {_state(row)}\n"
        )
    return 0


def _state(row: Any) -> str:
    if row["revoked_at"]:
        return "revoked"
    if row["over"]:
        return "over"
    until = "" if row["expires_at"] is None else f" until {row['expires_at']:{_TIME}}"
    return f"{'superseded, ' if row['superseded_at'] else ''}in force{until}"


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
