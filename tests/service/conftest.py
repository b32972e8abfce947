"""The real service as a process of its own."""

import asyncio
import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import asyncpg
import pytest

START_S = 120


class Service:
    """``safepassage up`` in a folder; may be started again after it was killed."""

    def __init__(self, folder, *options):
        self.folder = folder
        self._options = options
        self._process = None
        self.link = None

    def start(self):
        log = (self.folder / "service.log").open("ab")
        self._process = subprocess.Popen(
            [sys.executable, "-m", "api.cli", "up", "--data-dir", self.folder / "data",
             "--port", "0", *self._options],
            stdout=subprocess.PIPE, stderr=log, text=True, start_new_session=True,
        )  # fmt: skip
        log.close()
        for line in self._process.stdout:
            if found := re.search(r"http://\S+/sign-in\?token=\S+", line):
                self.link = found[0]
                self._wait_until_announced()
                return self
        raise AssertionError((self.folder / "service.log").read_text()[-2000:])

    def _wait_until_announced(self):
        deadline = time.monotonic() + START_S
        while not self._announced():
            assert time.monotonic() < deadline, "the service did not write run.json"
            time.sleep(0.05)

    def _announced(self):
        file = self.folder / "data" / "run.json"
        return file.exists() and json.loads(file.read_text())["pid"] == self._process.pid

    @property
    def urls(self):
        return json.loads((self.folder / "data" / "run.json").read_text())

    @property
    def pid(self):
        return self._process.pid

    def send(self, number):
        self._process.send_signal(number)
        try:
            return self._process.wait(60)
        finally:
            self._process.stdout.close()

    def stop(self):
        if self._process is not None and self._process.poll() is None:
            self.send(signal.SIGTERM)

    def query(self, sql, *args):
        async def fetch():
            connection = await asyncpg.connect(self.urls["database_url"])
            try:
                return await connection.fetch(sql, *args)
            finally:
                await connection.close()

        return asyncio.run(fetch())

    def command(self, *argv):
        """The arguments of a Popen of another command on the same data folder."""
        return [sys.executable, "-m", "api.cli", *map(str, argv), "--data-dir",
                str(self.folder / "data")]  # fmt: skip

    def children(self):
        """Pids of all servers that run out of the data folder."""
        found = []
        for process in Path("/proc").glob("[0-9]*"):
            try:
                command = (process / "cmdline").read_bytes()
            except OSError:
                continue
            if str(self.folder / "data").encode() in command and int(process.name) != os.getpid():
                found.append(int(process.name))
        return found


@pytest.fixture
def start_service(open_folder):
    """Starts services in folders of their own; stops them in the end."""
    services = []

    def start(*options):
        folder = open_folder / f"service-{time.monotonic_ns()}"
        folder.mkdir()
        services.append(Service(folder, *options))
        return services[-1].start()

    yield start
    for service in services:
        service.stop()


@pytest.fixture(scope="session")
def shared_data():
    folder = Path(__file__).parents[2].parent / "shared" / "data"
    if not folder.is_dir():
        pytest.skip("the real AIS samples are not beside this checkout")
    return folder


@pytest.fixture(scope="session")
def exercise_day(tmp_path_factory):
    """Twelve hours of a synthetic exercise as AIVDM."""
    folder = tmp_path_factory.mktemp("exercise")
    feed = folder / "feed.nmea"
    argv = ["exercise", "pacific", "--hours", "12", "--vessels", "200", "--seed", "5"]
    subprocess.run(
        [sys.executable, "-m", "api.cli", *argv, "--out", feed, "--truth", folder / "truth.jsonl"],
        check=True, timeout=120,
    )  # fmt: skip
    return feed
