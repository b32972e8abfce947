"""What is wrong with an installation or a running node, and how to mend it.

Each check answers with a `Finding`; a check that finds nothing wrong says what it saw.
"""

import shutil
import socket
import sys
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import aiohttp
import asyncpg

from api import store_escort
from api.embedded import reachable_by_servers
from api.http.pages import DIST
from api.running import Running, running
from api.settings import Settings
from ingest.log import JetStreamLog
from ingest.store import offsets
from sea.errors import SafePassageError, UnavailableError

WAIT_S = 5.0
LEAST_FREE_GB = 2.0
LAG_ENTRIES = 5_000
"""Entries of the log a reader may be behind; chosen by us: seconds of work on two cores."""

_NEWEST = "SELECT extract(epoch FROM now() - max(received_at)) FROM positions"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One check: what was seen, and the mend where that is not well."""

    check: str
    seen: str
    mend: str = ""

    @property
    def well(self) -> bool:
        """Whether there is nothing to mend."""
        return not self.mend


async def examine(settings: Settings) -> AsyncIterator[Finding]:
    """Every finding, as it is made: the installation, the folder, then the service if one runs."""
    yield _python()
    yield _page()
    yield _folder(settings.data_dir)
    yield _space(settings.data_dir)
    try:
        service = running(settings)
    except UnavailableError as error:
        yield _port(settings)
        yield Finding(check="service", seen=f"none is running ({error})")
        return
    yield Finding(check="service", seen=f"runs as process {service.pid} at {service.http_url}")
    yield await _http(service)
    yield await _database(service)
    yield await _decisions(service)
    yield await _log(service, settings.nats_replicas)


def _python() -> Finding:
    version = ".".join(map(str, sys.version_info[:3]))
    mend = "" if sys.version_info >= (3, 11) else "install Python 3.11 or newer, then make setup"
    return Finding(check="python", seen=version, mend=mend)


def _page() -> Finding:
    built = (DIST / "index.html").is_file()
    return Finding(
        check="page",
        seen="built" if built else "not built: the API works, the page does not",
        mend="" if built else "make page",
    )


def _folder(folder: Path) -> Finding:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / ".doctor").touch()
        (folder / ".doctor").unlink()
    except OSError as error:
        return Finding(check="data folder", seen=str(error), mend="choose another with --data-dir")
    if not reachable_by_servers(folder):
        return Finding(
            check="data folder",
            seen=f"{folder} cannot be entered by the user the embedded servers run as",
            mend="choose one open to all, like /var/lib/safepassage, with --data-dir",
        )
    return Finding(check="data folder", seen=f"{folder} is writable")


def _space(folder: Path) -> Finding:
    free_gb = shutil.disk_usage(folder).free / 1e9
    mend = "" if free_gb >= LEAST_FREE_GB else "make room, or choose another disk with --data-dir"
    return Finding(check="disk", seen=f"{free_gb:.1f} GB free", mend=mend)


def _port(settings: Settings) -> Finding:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((settings.host, settings.port))
        except OSError as error:
            return Finding(
                check="port",
                seen=f"{settings.host}:{settings.port}: {error.strerror}",
                mend="stop what uses it, or choose another with --port",
            )
    return Finding(check="port", seen=f"{settings.host}:{settings.port} is free")


async def _http(service: Running) -> Finding:
    try:
        timeout = aiohttp.ClientTimeout(total=WAIT_S)
        async with (
            aiohttp.ClientSession(timeout=timeout) as session,
            session.get(f"{service.http_url}/readyz", ssl=False) as answer,
        ):
            told = await answer.json()
    except (aiohttp.ClientError, TimeoutError, ValueError) as error:
        return Finding(check="http", seen=f"no answer: {error!r}", mend="restart the service")
    late = [stage for stage, ready in told.get("stages", {}).items() if not ready]
    if late or answer.status != 200:
        return Finding(
            check="http", seen=f"not ready: {', '.join(late) or answer.status}",
            mend="wait a minute; if it stays, read the service's log",
        )  # fmt: skip
    return Finding(check="http", seen="ready")


async def _database(service: Running) -> Finding:
    try:
        connection = await asyncpg.connect(service.database_url, timeout=WAIT_S)
        try:
            age_s = await connection.fetchval(_NEWEST, timeout=WAIT_S)
        finally:
            await connection.close(timeout=WAIT_S)
    except (OSError, TimeoutError, asyncpg.PostgresError) as error:
        return Finding(
            check="database", seen=f"no answer: {error!r}", mend="see postgres.log in the folder"
        )
    if age_s is None:
        return Finding(check="database", seen="answers; no position was ever stored")
    return Finding(check="database", seen=f"answers; newest position received {age_s:.0f} s ago")


async def _decisions(service: Running) -> Finding:
    try:
        database = await asyncpg.create_pool(service.database_url, min_size=1, max_size=1,
                                             timeout=WAIT_S)  # fmt: skip
        async with database:
            broken = await store_escort.first_broken(database)
    except (OSError, TimeoutError, asyncpg.PostgresError) as error:
        return Finding(check="decisions", seen=f"no answer: {error!r}", mend="see the database")
    if broken is None:
        return Finding(check="decisions", seen="every seal fits")
    return Finding(
        check="decisions",
        seen=f"the seal of decision {broken} does not fit: it or one before was changed or removed",
        mend="compare with a backup; find out who can write to the database",
    )


async def _log(service: Running, replicas: int) -> Finding:
    began = time.monotonic()
    try:
        database = await asyncpg.create_pool(service.database_url, min_size=1, max_size=1,
                                             timeout=WAIT_S, command_timeout=WAIT_S)  # fmt: skip
        async with (
            database,
            JetStreamLog(service.nats_url, replicas=replicas, patience_s=WAIT_S) as log,
        ):
            read = await offsets(database)  # before the log's end, which only grows
            last = await log.last_offset()
            behind = {stage: last - offset for stage, offset in read.items()}
    except (SafePassageError, OSError, TimeoutError, asyncpg.PostgresError) as error:
        return Finding(check="log", seen=f"no answer: {error!r}", mend="see nats.log in the folder")
    told = ", ".join(f"{stage} {lag:,} behind" for stage, lag in sorted(behind.items()))
    slow = [stage for stage, lag in behind.items() if lag > LAG_ENTRIES]
    if any(lag < 0 for lag in behind.values()):
        return Finding(
            check="log",
            seen=f"{last:,} entries, but readers have been further: it is not the log they read",
            mend="put back the NATS data that belongs to this database",
        )
    return Finding(
        check="log",
        seen=f"{last:,} entries; {told or 'no reader yet'} ({time.monotonic() - began:.1f} s)",
        mend=f"{', '.join(slow)} cannot keep up: fewer sources or more cores" if slow else "",
    )
