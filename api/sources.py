"""How the gateways' sources are doing: from their memory into a table, from there to people.

A gateway may be a process of its own, so it writes what it knows every few seconds, under its
node's name; who reads it is told how old it is.
"""

import asyncio
import logging
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import asyncpg
import msgspec

from api.store import TIMEOUT_S
from ingest.decoded import REJECTIONS
from ingest.source import Source, WatchedFolder
from ingest.stage import Flow
from sea.instants import iso_z, to_us
from sea.units import SECOND_US, Microseconds

_log = logging.getLogger(__name__)

WRITE_S: Final = 5.0
STALE_S: Final = 3 * WRITE_S
"""What is older was written by a gateway that is gone or hangs. Chosen by us."""

_NAMED: Final = ("bytes", "lines", "messages", "rows", "dropped", "refused", "failures",
          "silences")  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Watched:
    """A source and what became of what it gave."""

    source: Source | WatchedFolder
    flow: Flow


def health_of(watched: Watched, now: Microseconds) -> dict[str, Any]:
    """What `/v1/sources` tells of a source, beside its node and the age of it all."""
    health, flow = watched.source.health, watched.flow
    counts = watched.source.counts + flow.counts
    lag = None if not flow.newest_at else round((now - flow.newest_at) / SECOND_US, 1)
    return {
        "url": watched.source.url,
        "state": health.state(now),
        "connected_at": _instant(health.connected_at),
        "data_at": _instant(health.data_at),
        "error": health.error,
        "error_at": _instant(health.error_at),
        "lag_s": lag,
        "reconnects": max(0, counts["connections"] - 1),
        "reports": flow.rows,
        **{name: counts[name] for name in _NAMED},
        "rejected": {reason: counts[reason] for reason in REJECTIONS if counts[reason]},
    }


async def tell_health(database: asyncpg.Pool, node: str, watched: Sequence[Watched]) -> None:
    """Writes the sources' health every few seconds; sources that are no longer there go."""
    urls = [each.source.url for each in watched]
    while True:
        now = time.time_ns() // 1000
        rows = [(node, w.source.url, msgspec.json.encode(health_of(w, now)).decode())
                for w in watched]  # fmt: skip
        try:
            async with database.acquire(timeout=TIMEOUT_S) as connection, connection.transaction():
                await connection.execute(_FORGET, node, urls)
                await connection.executemany(_TELL, rows)
        except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
            _log.warning("the sources' health was not written: %s", error)
        await asyncio.sleep(WRITE_S)


async def sources(database: asyncpg.Pool) -> list[dict[str, Any]]:
    """The health of every source of every node, by node and URL, with its age."""
    rows = await database.fetch(_SOURCES, timeout=TIMEOUT_S)
    return [
        {
            "node": row["node"],
            "written_at": iso_z(to_us(row["written_at"])),
            "age_s": round(row["age_s"], 1),
            "stale": row["age_s"] > STALE_S,
            **msgspec.json.decode(row["health"]),
        }
        for row in rows
    ]


_FORGET = """
    DELETE FROM sources
    WHERE node = $1 AND url <> ALL ($2::text[]) OR written_at < now() - interval '7 days'
"""

_TELL = """
    INSERT INTO sources (node, url, health) VALUES ($1, $2, $3::jsonb)
    ON CONFLICT (node, url) DO UPDATE SET health = excluded.health, written_at = now()
"""

_SOURCES = """
    SELECT node, written_at, health::text AS health,
           extract(epoch FROM clock_timestamp() - written_at)::float8 AS age_s
    FROM sources
    ORDER BY node, url
"""


def _instant(moment: Microseconds | None) -> str | None:
    return None if moment is None else iso_z(moment)
