import asyncio
import logging
from contextlib import suppress

import pytest

from api import metrics
from api.flows import watch_flow
from api.gateway import gateways, open_sources
from api.settings import Settings
from api.sources import STALE_S, Watched, health_of, sources, tell_health
from ingest.source import open_source
from ingest.stage import Flow
from sea.errors import BadInputError
from sea.instants import parse_utc
from sea.units import SECOND_US

NOW = parse_utc("2026-03-01T12:00:00Z")
SECRET_URL = "https://ana:s3cret@127.0.0.1:9/feed?sid=k3y#north"
DEADLINE_S = 20


def a_source(url=SECRET_URL):
    return Watched(source=open_source(url), flow=Flow(source=open_source(url).url))


async def until(ready):
    for _ in range(DEADLINE_S * 100):
        if await ready():
            return
        await asyncio.sleep(0.01)
    raise AssertionError("this did not come about in time")


async def until_told(database, *watched, node="here", enough=bool):
    """What is read once the sources' health was written."""
    telling = asyncio.create_task(tell_health(database, node, watched))

    async def ready():
        return enough(await sources(database))

    try:
        await until(ready)
    finally:
        telling.cancel()
        with suppress(asyncio.CancelledError):
            await telling
    return await sources(database)


def test_health_says_what_came_and_what_became_of_it():
    watched = a_source()
    watched.source.health.connect(NOW - 40 * SECOND_US)
    watched.source.health.data_at = NOW - SECOND_US
    watched.source.counts.update(connections=3, bytes=1000, dropped=2)
    watched.flow.counts.update(lines=20, messages=18, rows=15, rejected=3, checksum=2, too_short=1)
    watched.flow.newest_at, watched.flow.rows = NOW - 5 * SECOND_US, 14
    told = health_of(watched, NOW)
    assert told["state"] == "receiving"
    assert told["reconnects"] == 2
    assert told["lag_s"] == 5.0
    assert told["rejected"] == {"checksum": 2, "too_short": 1}
    assert [told[n] for n in ("bytes", "lines", "messages", "rows", "reports", "dropped")] == [
        1000, 20, 18, 15, 14, 2]  # fmt: skip
    assert told["connected_at"] == "2026-03-01T11:59:20Z"


def test_a_connected_source_without_data_is_silent():
    watched = a_source()
    assert health_of(watched, NOW)["state"] == "waiting"
    watched.source.health.connect(NOW - 60 * SECOND_US)
    assert health_of(watched, NOW)["state"] == "silent"


async def test_what_a_gateway_tells_is_read_with_its_age(world, database):
    headers = await world.sign()
    assert (await (await world.get("/v1/sources", headers)).json()) == {"sources": []}
    await until_told(database, a_source())
    told = (await (await world.get("/v1/sources", headers)).json())["sources"]
    assert [(s["node"], s["state"], s["stale"]) for s in told] == [("here", "waiting", False)]
    await database.execute(
        "UPDATE sources SET written_at = now() - make_interval(secs => $1)", STALE_S + 1
    )
    told = (await (await world.get("/v1/sources", headers)).json())["sources"]
    assert told[0]["stale"]
    assert told[0]["age_s"] > STALE_S


async def test_a_source_that_is_no_longer_given_goes_and_other_nodes_stay(database):
    await until_told(database, a_source("tcp://a:1"), a_source("tcp://b:1"), node="one")
    await until_told(database, a_source("tcp://a:1"), node="two", enough=lambda s: len(s) == 3)
    told = await until_told(database, a_source("tcp://b:1"), node="one",
                            enough=lambda s: len(s) == 2)  # fmt: skip
    assert [(s["node"], s["url"]) for s in told] == [("one", "tcp://b:1"), ("two", "tcp://a:1")]


@pytest.mark.parametrize(("role", "status"), [
    ("watch_officer", 200), ("admin", 200), ("planner", 403), ("naval_partner", 403),
    ("port_authority", 403),
])  # fmt: skip
async def test_only_the_watch_and_admins_see_where_we_listen(world, role, status):
    headers = await world.sign(role=role)
    assert (await world.get("/v1/sources", headers)).status == status


async def test_no_secret_of_a_url_is_shown_anywhere(world, database, caplog):
    caplog.set_level(logging.DEBUG)
    watched = a_source()
    watch_flow(watched.flow, watched.source)
    stream = aiter(watched.source)
    waiting = asyncio.ensure_future(anext(stream))

    async def failed():
        return watched.source.counts["failures"]

    await until(failed)
    waiting.cancel()
    await asyncio.gather(waiting, return_exceptions=True)
    await until_told(database, watched)
    told = await (await world.get("/v1/sources", await world.sign())).text()
    shown = metrics.exposition().decode()
    stored = await database.fetchval("SELECT string_agg(s::text, '') FROM sources AS s")
    name = "https://***@127.0.0.1:9/feed?sid=***#north"
    assert name in told
    assert f'safepassage_source_state{{source="{name}",state="connecting"}}' in shown
    for text in (told, shown, stored, caplog.text, repr(watched)):
        assert "s3cret" not in text
        assert "k3y" not in text


def test_two_sources_of_one_name_are_refused(tmp_path):
    urls = ["https://h/feed?sid=1", "https://h/feed?sid=2"]
    with pytest.raises(BadInputError, match="#NAME"):
        open_sources(Settings(data_dir=tmp_path), urls)
    named = open_sources(Settings(data_dir=tmp_path), [urls[0] + "#a", urls[1] + "#b"])
    assert [source.url for source in named] == [
        "https://h/feed?sid=***#a",
        "https://h/feed?sid=***#b",
    ]


async def test_a_watched_folder_goes_into_the_log_once_and_a_bad_file_holds_up_nobody(
    tmp_path, database, log
):
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / "bad.nmea").write_bytes(b"this is no AIS\n")
    line = b"\\c:1772366400*53\\!AIVDM,1,1,,A,13HOI:0P0000VOHLCnHQKwvL05Ip,0*23\n"
    (folder / "good.nmea").write_bytes(line * 3)
    offsets = []

    async def read():
        told = await sources(database)
        return told and told[0]["refused"] == 1 and told[0]["rows"] == 3

    for _ in range(2):
        stages = dict(gateways(Settings(data_dir=tmp_path), [f"folder:{folder}"], log, database,
                               lambda chunk: None))  # fmt: skip
        tasks = [asyncio.create_task(stage) for stage in stages.values()]
        await until(read)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        offsets.append(await log.last_offset())
        [told] = await sources(database)
        await database.execute("DELETE FROM sources")
    assert told["reports"] == 3
    assert "bad.nmea" in told["error"]
    assert offsets[0] == offsets[1] > 0
