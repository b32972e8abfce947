"""Migrations: plain SQL files, run in order, each once and in a transaction of its own.

An advisory lock keeps two services from migrating at the same time. A file that was run and has
changed since is refused: what is in the database would no longer be what the files say.
"""

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path

import asyncpg

from sea.errors import BadInputError, UnavailableError

MIGRATIONS = Path(__file__).with_name("migrations")

_LOCK = 0x5AFE_0001
_WAIT_S = 60.0

_TABLE = """
    CREATE TABLE IF NOT EXISTS migrations (
        name       text PRIMARY KEY,
        checksum   bytea NOT NULL,
        applied_at timestamptz NOT NULL DEFAULT now()
    )
"""


async def migrate(database_url: str, folder: Path = MIGRATIONS) -> Sequence[str]:
    """Names of the files that were run now, in order; none where all were run before.

    Raises:
        BadInputError: a file changed after it was run, or is missing.
        UnavailableError: there is no database, or another migration does not end.
    """
    scripts = _scripts(folder)
    try:
        connection = await asyncpg.connect(database_url, timeout=10)
    except (OSError, TimeoutError, asyncpg.PostgresError) as error:
        raise UnavailableError(f"the database does not answer: {error}") from error
    try:
        try:
            await connection.execute("SELECT pg_advisory_lock($1)", _LOCK, timeout=_WAIT_S)
        except TimeoutError:
            raise UnavailableError("another migration is running and does not end") from None
        return await _run(connection, scripts)
    finally:
        await connection.close()


def _scripts(folder: Path) -> Mapping[str, str]:
    return {file.name: file.read_text("utf-8") for file in sorted(folder.glob("*.sql"))}


async def _run(connection: asyncpg.Connection, scripts: Mapping[str, str]) -> Sequence[str]:
    await connection.execute(_TABLE)
    rows = await connection.fetch("SELECT name, checksum FROM migrations")
    known = {row["name"]: row["checksum"] for row in rows}
    missing = sorted(known.keys() - scripts.keys())
    if missing:
        raise BadInputError(
            f"the database was migrated by {missing[-1]}, which is not here",
            mend="run the version of Safe Passage that has it, or a later one",
        )
    ran = []
    for name, script in scripts.items():
        checksum = hashlib.sha256(script.encode()).digest()
        if name not in known:
            async with connection.transaction():
                await connection.execute(script)
                await connection.execute(
                    "INSERT INTO migrations (name, checksum) VALUES ($1, $2)", name, checksum
                )
            ran.append(name)
        elif known[name] != checksum:
            raise BadInputError(
                f"{name} has changed since it was run on this database",
                mend="put it back as it was and write a new migration",
            )
    return ran
