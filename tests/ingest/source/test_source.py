import asyncio
import gzip
import os
import socket
import sys
from contextlib import aclosing, asynccontextmanager, suppress
from pathlib import Path

import pytest

from ingest import source as source_kinds
from ingest.decode import Decoder
from ingest.source import SourceParams, open_source
from sea.errors import BadInputError, UnavailableError

LINE = b"!AIVDM,1,1,,A,13HOI:0P0000VOHLCnHQKwvL05Ip,0*23\n"
QUICK = SourceParams(connect_s=2.0, silence_s=0.2, backoff_s=(0.01, 0.02))
DEADLINE_S = 10


async def collect(source, enough):
    """All chunks until `enough(bytes so far)`."""
    chunks = []
    async with asyncio.timeout(DEADLINE_S), aclosing(aiter(source)) as stream:
        async for chunk in stream:
            chunks.append(chunk)
            if enough(b"".join(c.data for c in chunks)):
                break
    return chunks


def data_of(chunks):
    return b"".join(chunk.data for chunk in chunks)


@asynccontextmanager
async def a_server(serve):
    """A TCP server on loopback.

    `serve` gets each connection's number and writer, and an event that comes at the end.
    """
    ending = asyncio.Event()
    handlers = []

    async def handle(_, writer):
        handlers.append(asyncio.current_task())
        with suppress(ConnectionError):
            await serve(len(handlers), writer, ending)
        writer.close()

    server = await asyncio.start_server(handle, "127.0.0.1", 0)
    try:
        yield f"tcp://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    finally:
        ending.set()
        server.close()
        await asyncio.gather(*handlers)


async def until(condition):
    for _ in range(DEADLINE_S * 1000):
        if condition():
            return
        await asyncio.sleep(0.001)
    raise AssertionError("this did not come about in time")


async def flood(writer):
    while True:
        writer.write(LINE * 1000)
        await writer.drain()


async def listening(source, stream):
    """The port of a listening source, once its first chunk is being waited for."""
    first = asyncio.ensure_future(anext(stream))
    await until(lambda: source.port != 0)
    return first


async def test_a_sender_of_one_byte_at_a_time_gives_the_same_rows():
    async def serve(_, writer, ending):
        for byte in LINE * 3:
            writer.write(bytes([byte]))
            await writer.drain()
        await ending.wait()

    async with a_server(serve) as url:
        chunks = await collect(open_source(url), lambda data: data.count(b"\n") == 3)
    assert data_of(chunks) == LINE * 3
    decoder = Decoder(source=url)
    assert sum(len(decoder.feed(c.data, c.received_at).reports) for c in chunks) == 3
    assert {chunk.source for chunk in chunks} == {url}


async def test_a_sender_that_stalls_is_left_and_asked_again():
    async def serve(_, writer, ending):
        writer.write(LINE)
        await ending.wait()

    async with a_server(serve) as url:
        source = open_source(url, QUICK)
        chunks = await collect(source, lambda data: data.count(b"\n") == 3)
    assert data_of(chunks) == LINE * 3
    assert source.counts["silences"] == 2
    assert source.counts["connections"] == 3


async def test_a_line_that_a_lost_connection_cut_does_not_swallow_the_next():
    async def serve(number, writer, ending):
        writer.write(LINE[:20] if number == 1 else LINE)
        await writer.drain()

    async with a_server(serve) as url:
        chunks = await collect(open_source(url, QUICK), lambda data: LINE in data)
    assert data_of(chunks) == LINE[:20] + b"\n" + LINE


async def test_a_server_that_is_away_is_tried_again():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    source = open_source(f"tcp://127.0.0.1:{port}", QUICK)
    waiting = asyncio.ensure_future(collect(source, lambda data: data == LINE))
    async with asyncio.timeout(DEADLINE_S):
        await until(lambda: source.counts["failures"] >= 2)
        server = await asyncio.start_server(lambda _, w: (w.write(LINE), w.close()),
                                            "127.0.0.1", port)  # fmt: skip
        assert data_of(await waiting) == LINE
        server.close()


async def test_a_listener_never_mixes_the_lines_of_its_clients():
    source = open_source("tcp-listen://:0")
    async with aclosing(aiter(source)) as stream, asyncio.timeout(DEADLINE_S):
        first = await listening(source, stream)
        one = await asyncio.open_connection("127.0.0.1", source.port)
        two = await asyncio.open_connection("127.0.0.1", source.port)
        for part in (LINE[:10], LINE[10:30], LINE[30:]):
            for _, writer in (one, two):
                writer.write(part)
                await writer.drain()
            await asyncio.sleep(0)
        received = [await first, await anext(stream)]
        assert [chunk.data for chunk in received] == [LINE, LINE]
        for _, writer in (one, two):
            writer.close()
            await writer.wait_closed()


async def test_a_listener_gives_on_the_last_line_of_a_client_that_leaves():
    source = open_source("tcp-listen://127.0.0.1:0")
    async with aclosing(aiter(source)) as stream, asyncio.timeout(DEADLINE_S):
        first = await listening(source, stream)
        _, writer = await asyncio.open_connection("127.0.0.1", source.port)
        writer.write(LINE.rstrip())
        writer.close()
        await writer.wait_closed()
        assert (await first).data == LINE


async def test_a_listener_pauses_a_client_while_nobody_reads():
    source = open_source("tcp-listen://:0", SourceParams(queue=2, silence_s=5))
    async with aclosing(aiter(source)) as stream, asyncio.timeout(DEADLINE_S):
        first = await listening(source, stream)
        _, writer = await asyncio.open_connection("127.0.0.1", source.port)
        writer.write(LINE)
        await first
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(flood(writer), 1.0)
        assert source._queue.qsize() == 2
        writer.transport.abort()


async def test_datagrams_come_as_lines():
    source = open_source("udp://:0")
    async with aclosing(aiter(source)) as stream, asyncio.timeout(DEADLINE_S):
        first = await listening(source, stream)
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
            sender.sendto(LINE.rstrip(), ("127.0.0.1", source.port))
            sender.sendto(LINE, ("127.0.0.1", source.port))
        assert [(await first).data, (await anext(stream)).data] == [LINE, LINE]


async def test_a_slow_reader_loses_the_oldest_datagrams_and_they_are_counted():
    source = open_source("udp://:0", SourceParams(queue=3))
    async with aclosing(aiter(source)) as stream, asyncio.timeout(DEADLINE_S):
        first = await listening(source, stream)
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
            sender.sendto(b"first", ("127.0.0.1", source.port))
            assert (await first).data == b"first\n"
            for number in range(8):
                sender.sendto(b"%d" % number, ("127.0.0.1", source.port))
        await until(lambda: source.counts["dropped"] == 5)
        assert [(await anext(stream)).data for _ in range(3)] == [b"5\n", b"6\n", b"7\n"]


async def test_large_datagrams_are_bounded_by_their_bytes():
    source = open_source("udp://:0", SourceParams(queue_bytes=100_000))
    async with aclosing(aiter(source)) as stream, asyncio.timeout(DEADLINE_S):
        first = await listening(source, stream)
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
            sender.sendto(b"first", ("127.0.0.1", source.port))
            await first
            for _ in range(5):
                sender.sendto(b"x" * 40_000, ("127.0.0.1", source.port))
        await until(lambda: source.counts["dropped"] == 3)


async def test_a_file_is_read_to_its_end_even_when_packed(tmp_path):
    path = tmp_path / "feed.gz"
    path.write_bytes(gzip.compress(LINE * 20_000))
    chunks = [chunk async for chunk in open_source(f"file:{path}")]
    assert data_of(chunks) == LINE * 20_000
    assert len(chunks) > 1


async def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(UnavailableError, match="nothing"):
        async for _ in open_source(f"file:{tmp_path}/nothing"):
            pass


@pytest.mark.parametrize("piped", [True, False])
async def test_standard_input_ends_with_its_last_byte(tmp_path, piped):
    script = (
        "import asyncio, sys\n"
        "from ingest.source import open_source\n"
        "async def main():\n"
        "    async for chunk in open_source('-'):\n"
        "        sys.stdout.buffer.write(chunk.data)\n"
        "asyncio.run(main())\n"
    )
    path = tmp_path / "feed"
    path.write_bytes(LINE * 100)
    with path.open("rb") as file:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-c", script, env={**os.environ, "PYTHONPATH": os.getcwd()},
            stdin=asyncio.subprocess.PIPE if piped else file, stdout=asyncio.subprocess.PIPE,
        )  # fmt: skip
        out, _ = await asyncio.wait_for(process.communicate(LINE * 100 if piped else None), 60)
    assert out == LINE * 100
    assert process.returncode == 0


NO_SOURCES = ("ftp://x:1", "http://", "ws://:1", "feed.nmea", "", "tcp://:5", "file:", "tcp://host",
              "udp://:x", "tcp://host:99999")  # fmt: skip


@pytest.mark.parametrize("url", NO_SOURCES)
def test_what_is_no_source_is_refused_with_what_there_is(url):
    with pytest.raises(BadInputError, match="tcp://HOST:PORT"):
        open_source(url)


def test_the_docs_name_every_kind_of_source_and_its_rule():
    page = (Path(__file__).parents[3] / "docs" / "operations.md").read_text("utf-8")
    known = {*source_kinds._SOCKETS, *source_kinds._OTHERS, "file", "folder"}
    assert [kind for kind in sorted(known) if f"`{kind}:" not in page] == []


def test_a_port_that_is_taken_is_named():
    async def listen(port):
        async for _ in open_source(f"tcp-listen://:{port}"):
            pass

    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(UnavailableError, match="cannot listen"):
            asyncio.run(listen(taken.getsockname()[1]))


@pytest.mark.parametrize("wrong", [{"silence_s": 0}, {"queue": -1}, {"backoff_s": (0, 1)}])
def test_waits_and_limits_must_be_positive(wrong):
    with pytest.raises(BadInputError):
        SourceParams(**wrong)
