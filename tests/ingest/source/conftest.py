"""What the tests of all sources need: impatient sources, and waiting with a deadline."""

import asyncio
from contextlib import aclosing
from types import SimpleNamespace

import pytest

from ingest.source import SourceParams

LINE = b"!AIVDM,1,1,,A,13HOI:0P0000VOHLCnHQKwvL05Ip,0*23\n"
DEADLINE_S = 20
QUICK = SourceParams(connect_s=2.0, silence_s=0.3, backoff_s=(0.01, 0.02))
PATIENT = SourceParams(connect_s=5.0, silence_s=DEADLINE_S, backoff_s=(0.01, 0.02))


async def collect(source, enough):
    """All chunks until `enough(chunks so far)`."""
    chunks = []
    async with asyncio.timeout(DEADLINE_S), aclosing(aiter(source)) as stream:
        async for chunk in stream:
            chunks.append(chunk)
            if enough(chunks):
                break
    return chunks


async def until(condition):
    for _ in range(DEADLINE_S * 1000):
        if condition():
            return
        await asyncio.sleep(0.001)
    raise AssertionError("this did not come about in time")


def data_of(chunks):
    return b"".join(chunk.data for chunk in chunks)


def lines(count):
    """Whether chunks hold so many lines."""
    return lambda chunks: data_of(chunks).count(b"\n") >= count


def rows(count):
    """Whether chunks hold so many rows of reports and statics."""
    return lambda chunks: sum(
        len(c.rows.reports) + len(c.rows.statics) for c in chunks if c.rows
    ) >= count  # fmt: skip


@pytest.fixture
def feed():
    """The functions and values above by name."""
    return SimpleNamespace(
        LINE=LINE, QUICK=QUICK, PATIENT=PATIENT, DEADLINE_S=DEADLINE_S, collect=collect,
        until=until, data_of=data_of, lines=lines, rows=rows,
    )  # fmt: skip
