import asyncio
import os
import pty

import pytest

from ingest.source import open_source
from sea.errors import BadInputError


@pytest.fixture
def port():
    """The controlling end of a pseudo terminal, and the path of the other."""
    ours, theirs = pty.openpty()
    yield ours, os.ttyname(theirs)
    os.close(ours)
    os.close(theirs)


async def test_a_port_gives_the_lines_of_a_receiver(feed, port):
    ours, path = port
    source = open_source(f"serial:{path}?baud=38400", feed.PATIENT)
    waiting = asyncio.create_task(feed.collect(source, feed.lines(3)))
    await feed.until(lambda: source.counts["connections"] == 1)
    os.write(ours, feed.LINE * 3)
    assert feed.data_of(await waiting) == feed.LINE * 3


async def test_a_port_that_falls_silent_is_opened_again(feed, port):
    ours, path = port
    source = open_source(f"serial:{path}", feed.QUICK)
    waiting = asyncio.create_task(feed.collect(source, feed.lines(1)))
    await feed.until(lambda: source.counts["connections"] == 2)
    os.write(ours, feed.LINE)
    assert feed.LINE in feed.data_of(await waiting)
    assert source.counts["silences"] >= 1


async def test_a_port_that_is_not_plugged_in_is_waited_for(feed, port, tmp_path):
    ours, path = port
    link = tmp_path / "ttyAIS"
    source = open_source(f"serial:{link}", feed.PATIENT)
    waiting = asyncio.create_task(feed.collect(source, feed.lines(1)))
    await feed.until(lambda: source.counts["failures"] >= 2)
    assert "ttyAIS" in source.health.error
    link.symlink_to(path)
    await feed.until(lambda: source.counts["connections"] == 1)
    os.write(ours, feed.LINE)
    assert feed.data_of(await waiting) == feed.LINE


async def test_a_port_that_is_unplugged_is_waited_for(feed):
    ours, theirs = pty.openpty()
    path = os.ttyname(theirs)
    os.close(theirs)
    source = open_source(f"serial:{path}", feed.PATIENT)
    waiting = asyncio.create_task(feed.collect(source, feed.lines(2)))
    await feed.until(lambda: source.counts["connections"] == 1)
    os.write(ours, feed.LINE)
    await feed.until(lambda: source.counts["bytes"] == len(feed.LINE))
    os.close(ours)
    await feed.until(lambda: source.counts["failures"] >= 2)
    waiting.cancel()
    await asyncio.gather(waiting, return_exceptions=True)
    assert source.counts["connections"] == 1


@pytest.mark.parametrize("url", ["serial:", "serial:/dev/x?baud=fast", "serial:/dev/x?baud=0",
                                 "serial:/dev/x?parity=E"])  # fmt: skip
def test_a_port_without_a_device_or_a_rate_is_refused(url):
    with pytest.raises(BadInputError, match="serial:/dev/ttyUSB0"):
        open_source(url)
