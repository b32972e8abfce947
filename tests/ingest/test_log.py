import asyncio
import os
from contextlib import suppress
from types import SimpleNamespace

import numpy as np
import pytest

from ingest.batch import ReportBatch, StaticBatch
from ingest.log import PARTITIONS, Batch, Fresh, JetStreamLog

pytestmark = pytest.mark.service


def some_reports(mmsis, t=10):
    n = len(mmsis)
    return ReportBatch.of(
        mmsi=mmsis, reported_at=[t] * n, received_at=[t] * n, lon=[1.0] * n, lat=[2.0] * n,
        sog=[np.nan] * n, cog=[0.0] * n, heading=[0.0] * n, rot=[0.0] * n, nav_status=[0] * n,
        msg_type=[1] * n, source=["north"] * n,
    )  # fmt: skip


def a_batch(sequence, mmsis=(7, 8), *, source="a", **fields):
    values = {
        "source": f"{source} of {os.environ['PYTEST_CURRENT_TEST']}",
        "timeline": "live",
        "sequence": sequence,
        "watermark": 5,
        "reports": some_reports(list(mmsis)),
        "statics": StaticBatch.empty(),
    }
    return Batch(**{**values, **fields})


async def entries_after(log, offset, last, *, marks=True):
    found = []
    async with asyncio.timeout(20):
        async for entries in log.read(offset, marks=marks):
            found += entries
            if found and found[-1].offset >= last:
                return found
    raise AssertionError


async def test_a_mark_follows_everything_of_its_batch(log):
    mmsis = list(range(100, 140))
    mark = await log.append(a_batch(0, mmsis))
    entries = await entries_after(log, 0, mark)
    assert [e.is_mark for e in entries] == [False] * PARTITIONS + [True]
    assert sorted(np.concatenate([e.reports.mmsi for e in entries]).tolist()) == mmsis
    assert all((e.reports.mmsi % PARTITIONS == e.partition).all() for e in entries if not e.is_mark)
    assert entries[-1].watermark == 5


async def test_columns_survive_the_log_unknowns_included(log):
    mark = await log.append(a_batch(0, [7]))
    (entry, _) = await entries_after(log, 0, mark)
    assert np.isnan(entry.reports.sog).all()
    assert entry.reports.source.tolist() == ["north"]
    assert len(entry.statics) == 0


async def test_reading_goes_on_after_any_offset(log):
    first = await log.append(a_batch(0, [7]))
    second = await log.append(a_batch(1, [7]))
    assert [e.sequence for e in await entries_after(log, first, second)] == [1, 1]


async def test_a_batch_published_again_by_another_process_is_had_once(servers, log):
    await log.append(a_batch(0, [7], source="again"))
    async with JetStreamLog(servers.nats) as other:
        last = await other.append(a_batch(1, [7], source="again"))
        last = max(last, await other.append(a_batch(0, [7, 9], source="again")))
    end = await log.append(a_batch(0, [1], source="end"))
    fresh = Fresh()
    taken = [e for e in await entries_after(log, 0, end) if fresh.take(e)]
    had = [m for e in taken if e.source.startswith("again") for m in e.reports.mmsi.tolist()]
    assert had.count(7) == 2


async def test_the_last_mark_of_a_source_is_known(log):
    batch = a_batch(3)
    assert await log.last_sequence(batch.source) == -1
    await log.append(batch)
    assert await log.last_sequence(batch.source) == 3


async def test_trimming_drops_what_every_reader_has_passed(log):
    first = await log.append(a_batch(0, [7]))
    second = await log.append(a_batch(1, [7]))
    await log.trim(first)
    assert {e.sequence for e in await entries_after(log, 0, second)} == {1}
    assert await log.last_offset() == second


async def test_a_cancellation_is_heeded_though_the_client_swallowed_it(log, monkeypatch):
    """As `asyncio.wait_for`, by which nats-py waits, does in Python 3.11 when an answer comes."""
    asked = asyncio.Event()

    async def answer_when_cancelled(subject, *_, **__):
        if subject.startswith("ais.marks"):
            asked.set()
            with suppress(asyncio.CancelledError):
                await asyncio.Event().wait()
        return SimpleNamespace(seq=1)

    monkeypatch.setattr(log._stream, "publish", answer_when_cancelled)
    appending = asyncio.create_task(log.append(a_batch(1)))
    async with asyncio.timeout(20):
        await asked.wait()
        appending.cancel()
        await asyncio.wait([appending])
    assert appending.cancelled()
