import asyncio
import json
from contextlib import aclosing, asynccontextmanager

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from ingest.batch import ReportBatch
from ingest.source import SourceParams, open_source
from ingest.stage import Flow, append_live
from sea.errors import BadInputError
from sea.instants import parse_utc

REPORT = {
    "MessageType": "PositionReport",
    "MetaData": {"MMSI": 259000420, "time_utc": "2026-03-01 12:00:32.318353 +0000 UTC"},
    "Message": {"PositionReport": {
        "MessageID": 1, "UserID": 259000420, "Valid": True, "Latitude": 66.02695,
        "Longitude": 12.2538, "Sog": 0, "Cog": 308, "TrueHeading": 235, "RateOfTurn": 4,
        "NavigationalStatus": 15, "Timestamp": 31}},
}  # fmt: skip


@asynccontextmanager
async def serving(talk):
    """The URL of a WebSocket server that does `talk(socket, number of the connection)`."""
    sockets = []

    async def page(request):
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        sockets.append(socket)
        await talk(socket, len(sockets))
        return socket

    application = web.Application()
    application.router.add_get("/stream", page)
    server = TestServer(application)
    await server.start_server()
    try:
        yield str(server.make_url("/stream")).replace("http", "ws")
    finally:
        for socket in sockets:
            await socket.close()
        await server.close()


async def test_aisstream_is_subscribed_to_and_gives_rows(feed):
    asked = []

    async def talk(socket, _):
        asked.append(await socket.receive_json())
        await socket.send_str(json.dumps(REPORT))
        await socket.receive()

    async with serving(talk) as url:
        source = open_source(f"{url}?apikey=k3y&box=5,-120,20,-75", feed.PATIENT)
        chunks = await feed.collect(source, feed.rows(1))
    assert asked == [{"APIKey": "k3y", "BoundingBoxes": [[[5, -120], [20, -75]]]}]
    assert chunks[0].data == b""
    assert chunks[0].rows.reports.mmsi.tolist() == [259000420]
    assert chunks[0].source == source.url == f"{url}?apikey=***&box=5,-120,20,-75"
    assert source.counts["rows"] == source.counts["messages"] == 1


async def test_rows_of_a_websocket_go_into_the_log_under_the_name_of_the_source(feed, log):
    async def talk(socket, _):
        await socket.receive_json()
        for _ in range(3):
            await socket.send_str(json.dumps(REPORT))
        await socket.receive()

    async with serving(talk) as url:
        source = open_source(f"{url}?apikey=k3y&box=5,-120,20,-75", feed.PATIENT)
        flow = Flow(source=source.url)
        reading = asyncio.create_task(
            append_live(log, source, source=source.url, lateness_us=0, flow=flow)
        )
        await feed.until(lambda: flow.rows == 3 and flow.last_offset > 0)
        reading.cancel()
        await asyncio.gather(reading, return_exceptions=True)
    async with asyncio.timeout(feed.DEADLINE_S), aclosing(log.read(0, marks=False)) as entries:
        reports = ReportBatch.concat(entry.reports for entry in await anext(entries))
    assert set(reports.source.tolist()) == {f"{url}?apikey=***&box=5,-120,20,-75"}
    assert set(reports.mmsi.tolist()) == {259000420}
    assert flow.newest_at == parse_utc("2026-03-01T12:00:31Z")


async def test_the_key_of_the_settings_is_used_where_the_url_has_none(feed):
    async def talk(socket, _):
        key = (await socket.receive_json())["APIKey"]
        await socket.send_str(json.dumps({"error": f"Api Key {key} Is Not Valid"}))

    params = SourceParams(aisstream_key="k3y", backoff_s=(0.01, 0.02))
    async with serving(talk) as url:
        source = open_source(f"{url}?box=5,-120,20,-75", params)
        waiting = asyncio.create_task(feed.collect(source, feed.rows(1)))
        await feed.until(lambda: source.counts["failures"] >= 2)
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)
    assert "k3y" not in repr(params)
    assert source.health.error == "the server refuses: Api Key *** Is Not Valid"


async def test_lines_of_nmea_come_as_bytes_whole(feed):
    async def talk(socket, _):
        await socket.send_str(feed.LINE.decode().strip())
        await socket.send_bytes(feed.LINE * 2)
        await socket.receive()

    async with serving(talk) as url:
        chunks = await feed.collect(open_source(url, feed.PATIENT), feed.lines(3))
    assert feed.data_of(chunks) == feed.LINE * 3


async def test_a_server_that_closes_or_stalls_is_returned_to(feed):
    async def talk(socket, number):
        await socket.send_str(feed.LINE.decode())
        if number > 1:
            await socket.receive()

    async with serving(talk) as url:
        source = open_source(url, feed.QUICK)
        await feed.collect(source, feed.lines(3))
    assert source.counts["connections"] == 3
    assert source.counts["silences"] == 1


async def test_a_slow_reader_loses_the_oldest_messages_and_they_are_counted(feed):
    sockets = []

    async def keep(socket, _):
        sockets.append(socket)
        await socket.send_str("first")
        await socket.receive()

    async with serving(keep) as url:
        source = open_source(url, SourceParams(queue=3))
        stream = aiter(source)
        assert (await anext(stream)).data == b"first\n"
        for number in range(8):
            await sockets[0].send_str(str(number))
        await feed.until(lambda: source.counts["dropped"] == 5)
        assert (await anext(stream)).data == b"5\n6\n7\n"
        await stream.aclose()


async def test_a_page_that_is_no_websocket_is_a_failure_in_words(feed):
    application = web.Application()
    server = TestServer(application)
    await server.start_server()
    source = open_source(str(server.make_url("/")).replace("http", "ws"), feed.QUICK)
    waiting = asyncio.create_task(feed.collect(source, feed.lines(1)))
    await feed.until(lambda: source.counts["failures"] >= 1)
    waiting.cancel()
    await asyncio.gather(waiting, return_exceptions=True)
    await server.close()
    assert source.health.error == "HTTP 404 instead of a WebSocket"


WRONG = [
    ("wss://stream.aisstream.io/v0/stream", "SAFEPASSAGE_AISSTREAM_KEY"),
    ("wss://x/?apikey=k3y&box=1,2,3", "box"),
    ("wss://x/?apikey=k3y&box=20,-75,5,-120", "box"),
    ("wss://x/?apikey=k3y&box=a,b,c,d", "box"),
]


@pytest.mark.parametrize(("url", "told"), WRONG)
def test_a_wrong_subscription_is_refused_with_the_mend_and_without_the_key(url, told):
    with pytest.raises(BadInputError, match=told) as refused:
        open_source(url)
    assert "k3y" not in str(refused.value)
