"""Times of a live feed whose clock jumps: the future is counted, what is late is kept."""

import asyncio
import time

import pytest

from ingest.log import LIVE
from ingest.source import Chunk
from ingest.stage import Flow, append_live

pytestmark = pytest.mark.service
LINE = b"!AIVDM,1,1,,A,13HOI:0P0000VOHLCnHQKwvL05Ip,0*23"
HOUR_S = 3600


async def test_a_live_feed_whose_clock_jumps_ahead_and_back_loses_no_report_silently(log):
    now = time.time_ns() // 10**9
    offsets = (0, 1, 2 * HOUR_S, 400 * 24 * HOUR_S, 2, -3 * HOUR_S, 3)

    async def chunks():
        for offset in offsets:
            yield Chunk(data=LINE + b",%d\n" % (now + offset), received_at=now * 10**6, source="s")

    flow = Flow(source="s")
    async with asyncio.timeout(60):
        await append_live(log, chunks(), source="s", lateness_us=60_000_000, flow=flow)
    kept = [offset for offset in offsets if offset < 600]
    heard, marks = [], []
    async with asyncio.timeout(20):
        async for entries in log.read(0, marks=True):
            for entry in entries:
                heard += entry.reports.received_at.tolist()
                marks += [entry.watermark] if entry.is_mark else []
                assert entry.timeline == LIVE
                assert (abs(entry.reports.received_at - entry.reports.reported_at) < 6e7).all()
            if entries and entries[-1].offset >= flow.last_offset:
                break
    assert sorted(heard) == sorted((now + offset) * 10**6 for offset in kept)
    assert flow.counts["future_time"] == 2
    assert flow.counts["rejected"] == 2
    assert max(marks) <= now * 10**6
