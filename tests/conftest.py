"""Real servers for the tests: one embedded PostgreSQL and one NATS a run, on loopback."""

import asyncio
import shutil
import tempfile
import threading
from contextlib import AsyncExitStack
from pathlib import Path

import asyncpg
import pytest

from api.embedded import embedded_nats, embedded_postgres
from api.migrate import migrate
from ingest.log import JetStreamLog

SLOWEST = ("tests/service/", "tests/browser/")


def pytest_collection_modifyitems(items):
    """Those that start a service come first: no worker is left alone with them at the end."""
    items.sort(key=lambda item: not item.nodeid.startswith(SLOWEST))


class Servers:
    """Embedded servers kept up by an event loop in a thread of their own."""

    def __init__(self, folder):
        self._folder = folder
        self._loop = asyncio.new_event_loop()
        self._started = threading.Event()
        self._stop = asyncio.Event()
        self._thread = threading.Thread(target=self._loop.run_until_complete, args=(self._run(),))

    async def _run(self):
        async with AsyncExitStack() as stack:
            self.postgres = await stack.enter_async_context(embedded_postgres(self._folder))
            self.nats = await stack.enter_async_context(embedded_nats(self._folder))
            self._started.set()
            await self._stop.wait()

    def __enter__(self):
        self._thread.start()
        assert self._started.wait(60), "the embedded servers did not start within a minute"
        return self

    def __exit__(self, *_):
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(60)
        self._loop.close()


@pytest.fixture(scope="session")
def open_folder():
    """A temporary folder that the servers' unprivileged user may enter; pytest's is private."""
    folder = Path(tempfile.mkdtemp(prefix="safepassage-test-"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def servers(open_folder):
    with Servers(open_folder) as running:
        yield running


@pytest.fixture
async def database_url(servers):
    """URL of a fresh, migrated database of its own."""
    name = "test_" + next(tempfile._get_candidate_names())
    admin = await asyncpg.connect(servers.postgres)
    await admin.execute(f'CREATE DATABASE "{name}"')
    url = servers.postgres.rpartition("/")[0] + f"/{name}"
    await migrate(url)
    yield url
    await admin.execute(f'DROP DATABASE "{name}" WITH (FORCE)')
    await admin.close()


@pytest.fixture
async def database(database_url):
    """A pool on a fresh, migrated database."""
    async with asyncpg.create_pool(database_url, min_size=1, max_size=6) as pool:
        yield pool


@pytest.fixture
async def log(servers):
    """The log, empty."""
    async with JetStreamLog(servers.nats) as opened:
        await opened.trim(await opened.last_offset())
        yield opened
