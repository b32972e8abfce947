"""Bad peers beside a good one, through the real gateways into the real log.

The good peer's lines must come through in time, whatever the others do, and nothing may pile up.
"""

import asyncio
import shutil
import time
import tracemalloc
from contextlib import AsyncExitStack, asynccontextmanager, suppress

import pytest

from ingest.decode import Decoder
from ingest.source import SourceParams, open_source
from ingest.stage import Flow, append_live

GOOD_LINES = 300
IN_TIME_S = 2.0
"""Allowed to a line of the good peer on a machine that is busy with other tests."""

ENDLESS_BYTES = 10 << 20
HELD_BYTES = 4 << 20
"""More than all queues may hold, less than the line without an end."""

PARAMS = SourceParams(silence_s=1.0, backoff_s=(0.05, 0.1), connect_s=5.0)


class Good:
    """A peer that sends a line at a time; `delays_s` says when each was heard."""

    def __init__(self, line):
        self._line, self._sent = line, []
        self.delays_s = []

    async def send(self, writer):
        for _ in range(GOOD_LINES - len(self._sent)):  # none to one who comes again
            self._sent.append(time.monotonic())
            writer.write(self._line)
            await writer.drain()
            await asyncio.sleep(0.01)

    def hear(self, chunk):
        for _ in range(chunk.data.count(self._line)):
            self.delays_s.append(time.monotonic() - self._sent[len(self.delays_s)])


async def one_byte_at_a_time(writer, line):
    for byte in line * 20:
        writer.write(bytes([byte]))
        await writer.drain()
        await asyncio.sleep(0)


async def stalling(writer, line):
    writer.write(line[:25])
    await writer.drain()
    await asyncio.Event().wait()


async def endless(writer, line):
    for _ in range(ENDLESS_BYTES // 65536):
        writer.write(b"x" * 65536)
        await writer.drain()
    writer.write(b"\n" + line)
    await writer.drain()


BAD = {"bytewise": one_byte_at_a_time, "stalling": stalling, "endless": endless}


@asynccontextmanager
async def a_server(talk):
    """A TCP server that talks once to each who connects, then waits; gives its URL."""

    async def serve(_, writer):
        with suppress(ConnectionError, asyncio.CancelledError):
            await talk(writer)
            await asyncio.Event().wait()
        writer.close()

    tasks = []

    def accept(reader, writer):
        tasks.append(asyncio.create_task(serve(reader, writer)))

    server = await asyncio.start_server(accept, "127.0.0.1", 0)
    try:
        yield f"tcp://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    finally:
        server.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


@asynccontextmanager
async def gateway(log, source, heard=lambda chunk: None):
    """The flow of a source that is read into the log meanwhile."""
    flow = Flow(source=source.url)
    reading = asyncio.create_task(
        append_live(log, source, source=source.url, lateness_us=0, flow=flow, heard=heard)
    )
    try:
        yield flow
    finally:
        reading.cancel()
        with suppress(asyncio.CancelledError):
            await reading


@pytest.fixture
def traced(feed):
    Decoder().feed(feed.LINE)  # the decoder's machine code is loaded once, whoever sends
    tracemalloc.start()
    yield
    tracemalloc.stop()


async def test_bad_servers_neither_delay_a_good_one_nor_fill_the_memory(log, feed, traced):
    good = Good(feed.LINE)
    flows = {}
    async with AsyncExitStack() as stack:
        for name, talk in BAD.items():
            url = await stack.enter_async_context(a_server(lambda w, t=talk: t(w, feed.LINE)))
            source = open_source(url, PARAMS)
            flows[name] = await stack.enter_async_context(gateway(log, source)), source
        url = await stack.enter_async_context(a_server(good.send))
        tracemalloc.reset_peak()
        before, _ = tracemalloc.get_traced_memory()
        flow = await stack.enter_async_context(gateway(log, open_source(url, PARAMS), good.hear))
        await feed.until(lambda: flow.rows >= GOOD_LINES)
        await feed.until(lambda: flows["bytewise"][0].rows >= 20)
        await feed.until(lambda: flows["endless"][0].rows >= 1)
        await feed.until(lambda: flows["stalling"][1].counts["silences"] >= 1)
        _, peak = tracemalloc.get_traced_memory()
    assert max(good.delays_s) < IN_TIME_S
    assert len(good.delays_s) == GOOD_LINES
    assert peak - before < HELD_BYTES
    assert flows["endless"][1].counts["bytes"] > ENDLESS_BYTES
    assert flows["endless"][0].counts["too_long"] >= 1


async def test_bad_clients_neither_delay_a_good_one_nor_fill_the_memory(log, feed, traced):
    good = Good(b"\\s:good*4A\\" + feed.LINE)
    source = open_source("tcp-listen://:0", PARAMS)
    async with AsyncExitStack() as stack:
        flow = await stack.enter_async_context(gateway(log, source, good.hear))
        await feed.until(lambda: source.port != 0)
        tracemalloc.reset_peak()
        before, _ = tracemalloc.get_traced_memory()
        talks = [lambda w, t=talk: t(w, feed.LINE) for talk in BAD.values()]
        writers, tasks = [], []
        for talk in (*talks, good.send):
            _, writer = await asyncio.open_connection("127.0.0.1", source.port)
            writers.append(writer)
            tasks.append(asyncio.create_task(talk(writer)))
        await feed.until(lambda: flow.rows >= GOOD_LINES + 20 + 1)
        await feed.until(lambda: source.counts["silences"] >= 1)
        _, peak = tracemalloc.get_traced_memory()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for writer in writers:
            writer.transport.abort()
    assert max(good.delays_s) < IN_TIME_S
    assert len(good.delays_s) == GOOD_LINES
    assert peak - before < HELD_BYTES
    assert flow.counts["too_long"] >= 1
    assert source.counts["bytes"] > ENDLESS_BYTES


@pytest.mark.skipif(not shutil.which("nc"), reason="netcat is not installed; `make test` does that")
async def test_nc_sends_to_us_and_serves_us(log, feed, tmp_path):
    path = tmp_path / "feed.nmea"
    path.write_bytes(feed.LINE * 1000)
    listener = open_source("tcp-listen://:0", PARAMS)
    async with gateway(log, listener) as flow:
        await feed.until(lambda: listener.port != 0)
        with path.open("rb") as file:
            sender = await asyncio.create_subprocess_exec(
                "nc", "-N", "127.0.0.1", str(listener.port), stdin=file
            )
        await feed.until(lambda: flow.rows == 1000)
        assert await asyncio.wait_for(sender.wait(), feed.DEADLINE_S) == 0
        port = listener.port
    with path.open("rb") as file:
        server = await asyncio.create_subprocess_exec(
            "nc", "-N", "-l", "127.0.0.1", str(port), stdin=file
        )
    async with gateway(log, open_source(f"tcp://127.0.0.1:{port}", PARAMS)) as flow:
        await feed.until(lambda: flow.rows == 1000)
        assert await asyncio.wait_for(server.wait(), feed.DEADLINE_S) == 0
    assert flow.counts["rejected"] == 0
