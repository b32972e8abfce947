"""The rebroadcast and its real readers: pyais, gpsd's gpsdecode, nc, our own sources."""

import asyncio
import json
import re
import shutil
import socket
from collections import Counter
from contextlib import aclosing, asynccontextmanager, suppress
from itertools import islice

import pytest
from pyais.stream import TCPConnection

from ingest.decode import Decoder
from ingest.exercise import Exercise
from ingest.source import Chunk, open_source
from ingest.stage_rebroadcast import Rebroadcast
from sea.errors import BadInputError, UnavailableError
from sea.instants import parse_utc
from sea.units import HOUR_US

START = parse_utc("2026-03-01T12:00:00Z")
DEADLINE_S = 30


@pytest.fixture(scope="module")
def lines():
    exercise = Exercise("pacific", start_us=START, hours=1.0, vessels=60, seed=1)
    return [line for _, line in exercise.lines(START, START + HOUR_US)]


@pytest.fixture(scope="module")
def messages(lines):
    """How many whole messages the lines hold."""
    decoder = Decoder()
    decoder.feed(b"".join(lines))
    return decoder.counts["messages"]


@asynccontextmanager
async def rebroadcasting(url, **params):
    out = Rebroadcast(url, **params)
    task = asyncio.create_task(out.run())
    try:
        await until(lambda: out.port != 0 or task.done())
        yield out
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def until(condition):
    for _ in range(DEADLINE_S * 1000):
        if condition():
            return
        await asyncio.sleep(0.001)
    raise AssertionError("this did not come about in time")


def hear(out, lines, source="exercise"):
    for low in range(0, len(lines), 50):
        data = b"".join(lines[low : low + 50])
        out.hear(Chunk(data=data, received_at=START, source=source))


async def test_pyais_reads_every_message(lines, messages):
    def read(port):
        with TCPConnection("127.0.0.1", port) as stream:
            return [message.decode().mmsi for message in islice(stream, messages)]

    async with rebroadcasting("tcp://:0") as out:
        reader = asyncio.create_task(asyncio.to_thread(read, out.port))
        await until(lambda: out.counts["clients"] == 1)
        hear(out, lines)
        read_mmsis = await asyncio.wait_for(reader, DEADLINE_S)
    assert len(read_mmsis) == messages > 500
    assert out.counts["messages"] == out.counts["sent"] == messages


@pytest.mark.skipif(
    not shutil.which("gpsdecode"), reason="gpsd-clients is not installed; `make test` does that"
)
@pytest.mark.skipif(not shutil.which("nc"), reason="netcat is not installed; `make test` does that")
async def test_gpsdecode_reads_every_message_through_nc(lines, messages):
    async with rebroadcasting("tcp://:0") as out:
        reader = await asyncio.create_subprocess_shell(
            f"nc 127.0.0.1 {out.port} | gpsdecode -j", stdout=asyncio.subprocess.PIPE
        )
        await until(lambda: out.counts["clients"] == 1)
        hear(out, lines)
        await until(lambda: out.counts["sent"] == messages)
    text, _ = await asyncio.wait_for(reader.communicate(), DEADLINE_S)
    direct = await asyncio.create_subprocess_exec(
        "gpsdecode", "-j", stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
    )
    expected, _ = await asyncio.wait_for(direct.communicate(b"".join(lines)), DEADLINE_S)
    assert text.splitlines() == expected.splitlines()
    named = [line for line in text.splitlines() if json.loads(line)["type"] == 24]
    heard = [line for line in lines if re.search(rb"VDM,1,1,,.,H", line)]
    assert len(named) <= len(heard)  # it leaves out a part B of type 24 whose part A it missed
    assert len(text.splitlines()) - len(named) == messages - len(heard)


async def test_our_own_source_reads_it_by_udp(lines, messages):
    source = open_source("udp://:0")
    async with aclosing(aiter(source)) as stream:
        first = asyncio.ensure_future(anext(stream))
        await until(lambda: source.port != 0)
        async with rebroadcasting(f"udp://127.0.0.1:{source.port}") as out:
            await until(lambda: out.listeners == 1)
            hear(out, lines[:100])
            decoder = Decoder()
            decoder.feed((await first).data)
            async with asyncio.timeout(DEADLINE_S):
                while decoder.counts["messages"] < out.counts["messages"]:
                    decoder.feed((await anext(stream)).data)
    assert out.counts["sent"] == out.counts["messages"] > 50
    assert decoder.counts["rejected"] == 0


async def test_a_client_that_never_reads_loses_its_oldest_and_delays_nobody(lines):
    async with rebroadcasting("tcp://:0", queue=500) as out:
        _, lazy = await asyncio.open_connection("127.0.0.1", out.port, limit=1024)
        lazy.transport.pause_reading()
        reader, busy = await asyncio.open_connection("127.0.0.1", out.port)
        await until(lambda: out.counts["clients"] == 2)
        ends, got = Counter(), b""
        while not out.counts["dropped"]:
            hear(out, lines[:400])
            async with asyncio.timeout(DEADLINE_S):
                while ends["whole"] < out.counts["messages"]:
                    got += await reader.read(1 << 16)
                    done, _, got = got.rpartition(b"\n")
                    ends["whole"] += done.count(b"VDM,1,1,") + done.count(b"VDM,2,2,")
        for writer in (lazy, busy):
            writer.close()
    assert ends["whole"] == out.counts["messages"]


async def test_a_client_that_leaves_is_forgotten(lines):
    async with rebroadcasting("tcp://:0") as out:
        for number in range(3):
            _, writer = await asyncio.open_connection("127.0.0.1", out.port)
            await until(lambda n=number: out.counts["clients"] == n + 1)
            writer.close()
            await until(lambda: out.listeners == 0)
        hear(out, lines[:50])
    assert out.counts["sent"] == 0


async def test_two_feeds_do_not_mix_their_parts(lines):
    parts = [line for line in lines if b"VDM,2," in line][:40]
    async with rebroadcasting("tcp://:0") as out:
        _, writer = await asyncio.open_connection("127.0.0.1", out.port)
        await until(lambda: out.counts["clients"] == 1)
        for part in parts:
            for source in ("one", "two"):
                out.hear(Chunk(data=part, received_at=START, source=source))
        await until(lambda: out.counts["sent"] == out.counts["messages"])
        writer.close()
    assert out.counts["messages"] == len(parts)
    assert out.counts["orphan_part"] == 0


@pytest.mark.parametrize("url", ["serial:/dev/x", "udp://:5000", "tcp://host", "tcp-listen://:1"])
def test_an_unknown_way_out_is_refused(url):
    with pytest.raises(BadInputError):
        Rebroadcast(url)


async def test_a_taken_port_is_said_in_words():
    with (
        socket.create_server(("127.0.0.1", 0)) as taken,
        pytest.raises(UnavailableError, match="cannot rebroadcast"),
    ):
        await Rebroadcast(f"tcp://:{taken.getsockname()[1]}").run()
