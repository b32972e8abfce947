import asyncio
import json
import socket
from contextlib import aclosing, asynccontextmanager

import aiomqtt
import pytest
from amqtt.broker import Broker

from ingest.source import SourceParams, open_source
from sea.errors import BadInputError

TOPIC = "vessels-v2/230123456/location"
LOCATION = json.dumps({
    "time": 1772366400, "sog": 10.7, "cog": 326.6, "navStat": 0, "rot": 0, "posAcc": True,
    "raim": False, "heading": 325, "lon": 20.345818, "lat": 60.03802,
}).encode()  # fmt: skip


def free_port():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


@asynccontextmanager
async def a_broker(port, *, websocket_port=None):
    listeners = {"default": {"type": "tcp", "bind": f"127.0.0.1:{port}"}}
    if websocket_port:
        listeners["ws"] = {"type": "ws", "bind": f"127.0.0.1:{websocket_port}"}
    anybody = {"amqtt.plugins.authentication.AnonymousAuthPlugin": {"allow_anonymous": True}}
    broker = Broker({"listeners": listeners, "plugins": anybody})
    await broker.start()
    try:
        yield
    finally:
        await broker.shutdown()


async def publish(port, *messages):
    async with aiomqtt.Client("127.0.0.1", port) as client:
        for topic, payload in messages:
            await client.publish(topic, payload, qos=1)


async def published_to(source, port, feed, enough, *messages):
    """The chunks of a source to which the messages were published."""
    waiting = asyncio.create_task(feed.collect(source, enough))
    await feed.until(lambda: source.counts["connections"] == 1)
    await publish(port, *messages)
    return await waiting


async def test_digitraffic_gives_rows(feed):
    port = free_port()
    async with a_broker(port):
        source = open_source(f"mqtt://127.0.0.1:{port}/vessels-v2/#", feed.PATIENT)
        messages = [(TOPIC, LOCATION), (TOPIC, LOCATION)]
        chunks = await published_to(source, port, feed, feed.rows(2), *messages)
    assert {mmsi for c in chunks for mmsi in c.rows.reports.mmsi.tolist()} == {230123456}
    assert source.counts["rows"] == 2
    assert source.counts["bytes"] == 2 * len(LOCATION)


async def test_digitraffic_comes_over_websockets_too(feed):
    port, websocket_port = free_port(), free_port()
    async with a_broker(port, websocket_port=websocket_port):
        url = f"mqtt+ws://127.0.0.1:{websocket_port}/mqtt?topic=vessels-v2/#"
        source = open_source(url, feed.PATIENT)
        chunks = await published_to(source, port, feed, feed.rows(1), (TOPIC, LOCATION))
    assert chunks[0].rows.reports.sog[0] == pytest.approx(10.7)
    assert source.url == url


async def test_lines_of_nmea_on_any_topic_come_as_bytes(feed):
    port = free_port()
    async with a_broker(port):
        source = open_source(f"mqtt://127.0.0.1:{port}/shore/+", feed.PATIENT)
        messages = [("shore/north", feed.LINE), ("shore/south", feed.LINE.strip())]
        chunks = await published_to(source, port, feed, feed.lines(2), *messages)
    assert feed.data_of(chunks) == feed.LINE * 2


async def test_a_broker_that_was_away_and_one_that_goes_are_returned_to(feed):
    port = free_port()
    source = open_source(f"mqtt://127.0.0.1:{port}/ais", feed.PATIENT)
    waiting = asyncio.create_task(feed.collect(source, feed.lines(2)))
    await feed.until(lambda: source.counts["failures"] >= 1)
    for number in (1, 2):
        async with a_broker(port):
            await feed.until(lambda n=number: source.counts["connections"] == n)
            await publish(port, ("ais", feed.LINE))
            await feed.until(lambda n=number: source.counts["bytes"] == n * len(feed.LINE))
    assert feed.data_of(await waiting) == feed.LINE * 2


async def test_a_silent_broker_is_left_and_returned_to(feed):
    port = free_port()
    async with a_broker(port):
        source = open_source(f"mqtt://127.0.0.1:{port}/ais", feed.QUICK)
        waiting = asyncio.create_task(feed.collect(source, feed.lines(1)))
        await feed.until(lambda: source.counts["silences"] >= 1)
        await feed.until(lambda: source.counts["connections"] >= 2)
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)


async def test_a_slow_reader_loses_the_oldest_messages_and_they_are_counted(feed):
    port = free_port()
    async with a_broker(port):
        params = SourceParams(queue=3)
        source = open_source(f"mqtt://127.0.0.1:{port}/ais", params)
        async with aclosing(aiter(source)) as stream, asyncio.timeout(feed.DEADLINE_S):
            first = asyncio.ensure_future(anext(stream))
            await feed.until(lambda: source.counts["connections"] == 1)
            await publish(port, ("ais", b"first"))
            assert (await first).data == b"first\n"
            await publish(port, *[("ais", b"%d" % number) for number in range(8)])
            await feed.until(lambda: source.counts["dropped"] == 5)
            assert (await anext(stream)).data == b"5\n6\n7\n"


async def test_a_broker_that_never_answers_is_left_without_a_socket_behind(feed):
    open_now, closed = 0, 0

    async def mute(reader, writer):
        nonlocal open_now, closed
        open_now += 1
        await reader.read()
        open_now, closed = open_now - 1, closed + 1
        writer.close()

    server = await asyncio.start_server(mute, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    params = SourceParams(connect_s=0.2, backoff_s=(0.01, 0.02))
    source = open_source(f"mqtt://127.0.0.1:{port}/ais", params)
    waiting = asyncio.create_task(feed.collect(source, feed.lines(1)))
    await feed.until(lambda: closed >= 3)
    assert open_now <= 1
    waiting.cancel()
    await asyncio.gather(waiting, return_exceptions=True)
    await feed.until(lambda: open_now == 0)
    server.close()
    assert source.counts["connections"] == 0
    assert source.health.error == "Operation timed out"


def test_user_and_password_of_a_broker_are_covered():
    source = open_source("mqtts://ana:s3cret@broker.example.org/vessels-v2/#")
    assert source.url == "mqtts://***@broker.example.org/vessels-v2/#"


@pytest.mark.parametrize("url", ["mqtt://host", "mqtt://host/", "mqtt+ws://host/mqtt",
                                 "mqtt://host:x/topic", "mqtt://host/a#b",
                                 "mqtt:///topic"])  # fmt: skip
def test_a_broker_without_topic_or_host_is_refused(url):
    with pytest.raises(BadInputError, match="mqtt"):
        open_source(url)
