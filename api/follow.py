"""Keeps the API's picture: the watch's last snapshot first, then the log as it grows."""

import asyncio

import asyncpg

from api.commits import STAGE
from api.view import View
from ingest import snapshot, store
from ingest.batch import ReportBatch, StaticBatch
from ingest.log import Log
from ingest.picture import Picture


async def follow(log: Log, database: asyncpg.Pool, view: View) -> None:
    """Feeds the view, for ever; what it misses of a crash comes with each ship's next report."""
    offset, packed = await store.last_snapshot(database, STAGE)
    if packed:
        state = await asyncio.to_thread(snapshot.unpack, packed)
        for timeline in state["timelines"].values():
            view.apply(*Picture.restore(timeline["engine"]["picture"]).newest())
    async for entries in log.read(offset, marks=False):
        if entries:
            view.apply(
                ReportBatch.concat(entry.reports for entry in entries),
                StaticBatch.concat(entry.statics for entry in entries),
            )
