import asyncio
import gzip
from contextlib import aclosing

import pytest

from ingest.source import SourceParams, open_folder
from ingest.source.folder import WatchedFolder
from sea.errors import BadInputError

LOOK_S = 0.05


@pytest.fixture
def folder(tmp_path):
    return WatchedFolder(f"folder:{tmp_path}", tmp_path, SourceParams(), look_s=LOOK_S)


async def test_each_finished_file_is_given_once_the_oldest_first(tmp_path, folder, feed):
    for name in ("b.nmea", "a.nmea.gz", "c.part", ".hidden", "empty.nmea"):
        (tmp_path / name).write_bytes(b"" if name.startswith("empty") else gzip.compress(feed.LINE))
    (tmp_path / "inner").mkdir()
    async with aclosing(folder.files()) as files, asyncio.timeout(feed.DEADLINE_S):
        assert [(await anext(files)).name for _ in range(2)] == ["b.nmea", "a.nmea.gz"]
        (tmp_path / "c.part").rename(tmp_path / "c.nmea")
        assert (await anext(files)).name == "c.nmea"
        (tmp_path / "b.nmea").write_bytes(feed.LINE * 2)
        assert (await anext(files)).name == "b.nmea"
    assert folder.counts["files"] == 4


async def test_a_file_that_still_grows_is_not_given(tmp_path, folder, feed):
    growing = tmp_path / "growing.nmea"
    growing.write_bytes(feed.LINE)
    async with aclosing(folder.files()) as files, asyncio.timeout(feed.DEADLINE_S):
        first = asyncio.ensure_future(anext(files))
        size = 1
        for _ in range(60):
            with growing.open("ab") as file:
                file.write(feed.LINE)
            size += 1
            assert not first.done()
            await asyncio.sleep(LOOK_S / 5)
        assert await first == growing
    assert folder.counts["bytes"] == size * len(feed.LINE)


async def test_a_folder_that_goes_away_for_a_while_is_waited_for(tmp_path, feed):
    inner = tmp_path / "inner"
    inner.mkdir()
    folder = WatchedFolder(f"folder:{inner}", inner, SourceParams(), look_s=LOOK_S)
    async with aclosing(folder.files()) as files, asyncio.timeout(feed.DEADLINE_S):
        first = asyncio.ensure_future(anext(files))
        inner.rename(tmp_path / "away")
        await feed.until(lambda: folder.counts["failures"] >= 1)
        (tmp_path / "away").rename(inner)
        (inner / "late.nmea").write_bytes(feed.LINE)
        assert (await first).name == "late.nmea"


def test_a_folder_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(BadInputError, match="no folder"):
        open_folder(f"folder:{tmp_path}/nothing")
