"""Gateways: the sources of the command line as stages, and their health as another."""

import asyncio
from collections import Counter
from collections.abc import Callable, Coroutine, Iterator, Sequence
from pathlib import Path
from typing import Any

import asyncpg

from api.flows import watch_flow
from api.settings import Settings
from api.sources import Watched, tell_health
from ingest.archive import open_archive
from ingest.log import Log
from ingest.source import (
    Chunk,
    Source,
    SourceParams,
    WatchedFolder,
    open_folder,
    open_source,
)
from ingest.source.file import FileSource
from ingest.stage import Flow, append_archive, append_live
from sea.errors import BadInputError, UnavailableError
from sea.units import SECOND_US, Microseconds


def gateways(
    settings: Settings,
    urls: Sequence[str],
    log: Log,
    database: asyncpg.Pool,
    heard: Callable[[Chunk], None],
) -> Iterator[tuple[str, Coroutine[Any, Any, object]]]:
    """Name and stage of each source; `heard` is told every chunk of the live ones."""
    lateness = int(settings.lateness_s * SECOND_US)
    watched = []
    for source in open_sources(settings, urls):
        flow = watch_flow(Flow(source=source.url), source)
        watched.append(Watched(source=source, flow=flow))
        if isinstance(source, WatchedFolder):
            stage = _folder(log, source, lateness, flow)
        elif isinstance(source, FileSource):
            stage = _file(log, source, lateness, flow)
        else:
            stage = append_live(
                log, source, source=source.url, lateness_us=lateness, flow=flow, heard=heard
            )
        yield f"gateway {source.url}", stage
    yield "health of sources", tell_health(database, settings.node, watched)


def open_sources(settings: Settings, urls: Sequence[str]) -> list[Source | WatchedFolder]:
    """The sources of the command line; nothing is opened yet.

    Raises:
        BadInputError: one is none, or two could not be told apart.
    """
    key = settings.aisstream_key
    params = SourceParams(aisstream_key=key.get_secret_value() if key else None)
    opened = [open_folder(url, params) if url.startswith("folder:") else open_source(url, params)
              for url in urls]  # fmt: skip
    for name, times in Counter(source.url for source in opened).items():
        if times > 1:
            raise BadInputError(
                f"{times} sources are called {name}", field="source",
                mend="give each once; end http and ws URLs in #NAME to tell them apart",
            )  # fmt: skip
    return opened


async def _file(log: Log, source: FileSource, lateness: Microseconds, flow: Flow) -> None:
    with source.reading():
        await _archive(log, source.path, lateness, flow)


async def _folder(log: Log, folder: WatchedFolder, lateness: Microseconds, flow: Flow) -> None:
    """Reads every finished file of the folder; one that is no archive is counted and left."""
    async for path in folder.files():
        try:
            await _archive(log, path, lateness, flow)
        except (BadInputError, UnavailableError) as error:
            folder.refuse(error)


async def _archive(log: Log, path: Path, lateness: Microseconds, flow: Flow) -> None:
    """Appends a whole file as a timeline of its own, and adds what became of it to the flow."""
    archive = await asyncio.to_thread(open_archive, path)
    timeline = await asyncio.to_thread(lambda: archive.fingerprint)
    done = await append_archive(log, archive, lateness_us=lateness, timeline=timeline)
    flow.counts.update(done.counts)
    flow.rows += done.rows
