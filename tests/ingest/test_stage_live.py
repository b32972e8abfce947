import numpy as np
import pytest

from ingest.batch import ReportBatch, StaticBatch
from ingest.decode import Decoder
from ingest.exercise.world import World
from ingest.source import Chunk
from ingest.stage import LIVE_HELD, Flow, append_live
from sea.instants import parse_utc
from sea.units import MINUTE_US, SECOND_US

pytestmark = pytest.mark.service
START_US = parse_utc("2026-01-15T00:00:00Z")
CHUNK = 1 << 16
MINUTES = 12


def in_order(batch):
    """The rows as text, in an order of their own."""
    return sorted(zip(*(map(str, getattr(batch, n).tolist()) for n in batch.dtypes()), strict=True))


async def test_a_burst_is_appended_in_several_batches_and_each_row_once(log):
    world = World(start_us=START_US, vessels=20_000, seed=1)
    fed = b"".join(world.played(START_US, START_US + MINUTES * MINUTE_US))

    async def chunks():
        for at in range(0, len(fed), CHUNK):
            yield Chunk(data=fed[at : at + CHUNK], received_at=START_US + 3600 * SECOND_US,
                        source="burst")  # fmt: skip

    before, flow = await log.last_offset(), Flow(source="burst")
    await append_live(log, chunks(), source="burst", lateness_us=60 * SECOND_US, flow=flow)
    entries = []
    async for found in log.read(before, marks=True):
        entries += found
        if entries and entries[-1].offset >= flow.last_offset:
            break
    marks = [entry for entry in entries if entry.is_mark]
    assert [mark.sequence for mark in marks] == list(range(flow.batches))
    assert flow.batches > len(fed) // 90 // (2 * LIVE_HELD)
    assert np.all(np.diff([mark.watermark for mark in marks]) >= 0)
    sent = Decoder().feed(fed)
    reports = ReportBatch.concat(entry.reports for entry in entries)
    statics = StaticBatch.concat(entry.statics for entry in entries)
    assert flow.rows == len(sent.reports) == len(reports)
    assert in_order(reports) == in_order(sent.reports)
    assert in_order(statics) == in_order(sent.statics)


async def test_the_last_rows_are_appended_without_waiting_for_a_line_end(log):
    world = World(start_us=START_US, vessels=50, seed=1)
    fed = b"".join(world.played(START_US, START_US + MINUTE_US)).rstrip()

    async def chunks():
        yield Chunk(data=fed, received_at=START_US + 3600 * SECOND_US, source="short")

    flow = Flow(source="short")
    await append_live(log, chunks(), source="short", lateness_us=0, flow=flow)
    decoder = Decoder()
    sent = len(decoder.feed(fed).reports) + len(decoder.finish().reports)
    assert flow.rows == sent > 0
