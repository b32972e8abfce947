import asyncio
from base64 import b64encode
from contextlib import asynccontextmanager, suppress

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from ingest.source import SourceParams, open_source


@asynccontextmanager
async def serving(handle):
    """The URL of a web server whose one page is `handle(request, response)`."""

    async def page(request):
        response = web.StreamResponse()
        with suppress(ConnectionError):
            return await handle(request, response) or response

    application = web.Application()
    application.router.add_get("/feed", page)
    server = TestServer(application)
    await server.start_server()
    try:
        yield str(server.make_url("/feed"))
    finally:
        await server.close()


async def test_a_long_answer_gives_bytes_as_they_come(feed):
    going_on = asyncio.Event()

    async def handle(request, response):
        await response.prepare(request)
        await response.write(feed.LINE[:20])
        await going_on.wait()
        await response.write(feed.LINE[20:] * 2)

    async with serving(handle) as url:
        source = open_source(url, feed.PATIENT)
        waiting = asyncio.create_task(feed.collect(source, feed.lines(1)))
        await feed.until(lambda: source.counts["bytes"] == 20)
        assert source.health.phase == "connected"
        going_on.set()
        assert feed.data_of(await waiting).startswith(feed.LINE)
    assert source.counts["connections"] == 1


async def test_an_answer_that_ends_is_asked_for_again(feed):
    async def handle(request, response):
        response.enable_chunked_encoding()
        await response.prepare(request)
        await response.write(feed.LINE)
        await response.write_eof()

    async with serving(handle) as url:
        source = open_source(url, feed.QUICK)
        chunks = await feed.collect(source, feed.lines(3))
    assert feed.data_of(chunks) == feed.LINE * 3
    assert source.counts["connections"] == 3
    assert source.health.error == "the peer ended the connection"


async def test_a_whole_document_is_asked_for_again_only_after_the_longest_wait(feed):
    async def handle(_request, _response):
        return web.Response(body=feed.LINE)

    async with serving(handle) as url:
        source = open_source(url, SourceParams(backoff_s=(0.001, 0.4)))
        began = asyncio.get_running_loop().time()
        await feed.collect(source, feed.lines(2))
        assert asyncio.get_running_loop().time() - began >= 0.2


async def test_a_server_that_stalls_is_left_and_asked_again(feed):
    async def handle(request, response):
        await response.prepare(request)
        await response.write(feed.LINE)
        await asyncio.sleep(feed.DEADLINE_S)

    async with serving(handle) as url:
        source = open_source(url, feed.QUICK)
        chunks = await feed.collect(source, feed.lines(2))
    assert feed.data_of(chunks) == feed.LINE * 2
    assert source.counts["silences"] == 1


@pytest.mark.parametrize("scheme", ["http", "ws"])
async def test_a_server_that_takes_the_connection_and_never_answers_is_left(feed, scheme):
    closed = 0

    async def mute(reader, writer):
        nonlocal closed
        await reader.read()
        closed += 1
        writer.close()

    server = await asyncio.start_server(mute, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    params = SourceParams(connect_s=0.2, silence_s=0.2, backoff_s=(0.01, 0.02))
    source = open_source(f"{scheme}://127.0.0.1:{port}/", params)
    waiting = asyncio.create_task(feed.collect(source, feed.lines(1)))
    await feed.until(lambda: closed >= 2)
    waiting.cancel()
    await asyncio.gather(waiting, return_exceptions=True)
    server.close()
    assert source.counts["failures"] >= 2


async def test_a_refusal_is_told_without_the_secrets_of_the_url(feed, caplog):
    async def handle(request, _response):
        assert request.headers["Authorization"] == "Basic " + b64encode(b"ana:s3cret").decode()
        assert request.query["key"] == "k3y"
        return web.Response(status=403)

    async with serving(handle) as url:
        given = url.replace("http://", "http://ana:s3cret@") + "?key=k3y#north"
        source = open_source(given, feed.QUICK)
        waiting = asyncio.create_task(feed.collect(source, feed.lines(1)))
        await feed.until(lambda: source.counts["failures"] >= 2)
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)
    assert source.health.error == "HTTP 403 Forbidden"
    assert source.url == url.replace("http://", "http://***@") + "?key=***#north"
    assert "403" in caplog.text
    assert "s3cret" not in caplog.text
    assert "k3y" not in caplog.text


async def test_a_busy_reader_pauses_the_server(feed):
    sent = 0

    async def handle(request, response):
        nonlocal sent
        await response.prepare(request)
        while True:
            await response.write(feed.LINE * 1000)
            sent += 1000 * len(feed.LINE)

    async with serving(handle) as url:
        stream = aiter(open_source(url, feed.PATIENT))
        await anext(stream)
        before = -1
        while sent != before:
            before = sent
            await asyncio.sleep(0.3)
        assert sent < 32 << 20
        await stream.aclose()
