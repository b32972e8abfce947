"""The durable log: batches from every gateway in one total order, on NATS JetStream.

``Batch n of a source -> ais.reports.<partition> (Arrow), then ais.marks.<source> -> readers``.
A mark says that everything of its source up to its sequence is in the log. Publishing again what
may have been published already is harmless: readers drop, by `Fresh`, what they have had.
"""

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from hashlib import blake2b
from itertools import pairwise
from types import TracebackType
from typing import Any, Final, Protocol, Self, TypeVar

import msgspec
import nats
import nats.errors
import nats.js.errors
import numpy as np
import pyarrow as pa
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.js.api import (
    AckPolicy,
    ConsumerConfig,
    DeliverPolicy,
    DiscardPolicy,
    RetentionPolicy,
    StorageType,
    StreamConfig,
)

from ingest.batch import ReportBatch, StaticBatch
from sea.errors import UnavailableError
from sea.units import Microseconds

PARTITIONS: Final = 16
LIVE: Final = "live"
_STREAM = "AIS"
_WAIT_S = 10.0
_START_S = 30.0
_RETRY_S = 0.5
_MOST = 256
_REST_S = 0.02
"""The parts of a batch come within this after the first. Chosen by us."""

_log = logging.getLogger(__name__)
Answer = TypeVar("Answer")


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """What a gateway appends: batch `sequence` of one source, sequences ascending.

    Attributes:
        timeline: "live", or the id of a replay.
        watermark: no report older than this is to be expected from the source, us UTC.
        final: nothing comes after this batch on this timeline.
    """

    source: str
    timeline: str
    sequence: int
    watermark: Microseconds
    reports: ReportBatch
    statics: StaticBatch
    final: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One message of the log, as a reader gets it; a mark has partition -1 and no rows."""

    offset: int
    partition: int
    source: str
    timeline: str
    sequence: int
    watermark: Microseconds
    final: bool
    reports: ReportBatch
    statics: StaticBatch
    pending: int

    @property
    def is_mark(self) -> bool:
        """Whether this is the mark that closes batch `sequence` of `source`."""
        return self.partition < 0


@dataclass(slots=True)
class Fresh:
    """The last sequence had of each source and partition: what makes reading exactly-once."""

    last: dict[str, dict[int, int]] = field(default_factory=dict)

    def take(self, entry: Entry) -> bool:
        """Whether the entry is new; notes it if so."""
        partitions = self.last.setdefault(entry.source, {})
        if entry.sequence <= partitions.get(entry.partition, -1):
            return False
        partitions[entry.partition] = entry.sequence
        return True


class Log(Protocol):
    """A total order of batches; JetStream here, another broker could stand behind it."""

    async def append(self, batch: Batch) -> int:
        """Returns the offset of the batch's mark once all of it is stored durably."""
        ...

    async def last_sequence(self, source: str) -> int:
        """The sequence of the source's last mark, -1 if it has none."""
        ...

    def read(self, after: int, *, marks: bool) -> AsyncIterator[list[Entry]]:
        """Entries beyond an offset, for ever, as they come; an empty list while nothing does."""
        ...


class JetStreamLog:
    """The log on one JetStream stream; use as an async context manager.

    `append` tries again for `patience_s`, None for ever, while the servers are away.
    """

    def __init__(self, url: str, *, replicas: int = 1, patience_s: float | None = None) -> None:
        self._url = url
        self._replicas = replicas
        self._patience_s = patience_s
        self._closing = False
        self._client = Client()

    async def __aenter__(self) -> Self:
        try:
            async with asyncio.timeout(_START_S):
                self._client = await nats.connect(
                    self._url, connect_timeout=_WAIT_S, max_reconnect_attempts=-1,
                    reconnect_time_wait=_RETRY_S, error_cb=_note,
                    disconnected_cb=self._lost, reconnected_cb=_found,
                )  # fmt: skip
                self._stream = self._client.jetstream(timeout=_WAIT_S)
                await self._declare()
        except (OSError, TimeoutError, nats.errors.Error) as error:
            raise UnavailableError(f"NATS does not answer: {error!r}") from error
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._closing = True
        with suppress(OSError, nats.errors.Error):  # what is gone already needs no closing
            await self._client.close()

    async def _lost(self) -> None:
        if not self._closing:
            _log.warning("the connection to NATS is gone; trying again until it is back")

    async def append(self, batch: Batch) -> int:
        """Publishes the batch's partitions, waits for all, then its mark.

        Raises:
            UnavailableError: it was not stored within the log's patience.
        """
        headers = _headers(batch)
        partitioned = await asyncio.to_thread(_partitioned, batch)
        await asyncio.gather(*(
            self._publish(f"ais.reports.{partition}", body, headers)
            for partition, body in partitioned
        ))  # fmt: skip
        return await self._publish(f"ais.marks.{_token(batch.source)}", b"", headers)

    async def last_sequence(self, source: str) -> int:
        """The sequence of the source's last mark, -1 if it has none."""
        try:
            message = await self._insist(
                lambda: self._stream.get_last_msg(_STREAM, f"ais.marks.{_token(source)}")
            )
        except nats.js.errors.NotFoundError:
            return -1
        return int((message.headers or {})["sp-sequence"])

    async def read(self, after: int, *, marks: bool) -> AsyncIterator[list[Entry]]:
        """Entries beyond an offset; a consumer that the server lost is made again."""
        while True:
            try:
                subscription = await self._subscribe(after, "ais.>" if marks else "ais.reports.*")
                while True:
                    _heed_cancelling()
                    entries = [_entry(m) for m in await _fetch(subscription)]
                    if entries:
                        after = entries[-1].offset
                    yield entries
            except (TimeoutError, nats.errors.Error, nats.js.errors.APIError) as error:
                _log.warning("reading the log again after %d: %s", after, error)
                await asyncio.sleep(_RETRY_S)

    async def last_offset(self) -> int:
        """The offset of the newest entry, 0 for an empty log."""
        info = await self._insist(lambda: self._stream.stream_info(_STREAM))
        return int(info.state.last_seq)

    @property
    def connected(self) -> bool:
        """Whether there is a connection to a server now."""
        return self._client.is_connected

    async def trim(self, offset: int) -> None:
        """Drops everything up to an offset that every reader has passed."""
        await self._stream.purge_stream(_STREAM, seq=offset + 1)

    async def _subscribe(self, after: int, subject: str) -> Any:
        config = ConsumerConfig(
            deliver_policy=DeliverPolicy.BY_START_SEQUENCE,
            opt_start_seq=after + 1,
            ack_policy=AckPolicy.NONE,
            filter_subject=subject,
            inactive_threshold=300.0,
            mem_storage=True,
        )
        return await self._stream.pull_subscribe(subject, stream=_STREAM, config=config)

    async def _declare(self) -> None:
        config = StreamConfig(
            name=_STREAM,
            subjects=["ais.reports.*", "ais.marks.*"],
            retention=RetentionPolicy.LIMITS,
            storage=StorageType.FILE,
            discard=DiscardPolicy.NEW,
            max_bytes=16 << 30,
            num_replicas=self._replicas,
        )
        try:
            await self._insist(lambda: self._stream.add_stream(config))
        except nats.js.errors.BadRequestError:
            await self._insist(lambda: self._stream.update_stream(config))

    async def _publish(self, subject: str, body: bytes, headers: Mapping[str, str]) -> int:
        message_id = f"{headers['sp-source']}|{headers['sp-sequence']}|{subject}"
        own = {**headers, "Nats-Msg-Id": message_id}
        ack = await self._insist(
            lambda: self._stream.publish(subject, body, timeout=_WAIT_S, headers=own)
        )
        return ack.seq

    async def _insist(self, ask: Callable[[], Awaitable[Answer]]) -> Answer:
        """The server's answer, asked for again while there is none and patience lasts."""
        began = time.monotonic()
        while True:
            try:
                answer = await ask()
            except (nats.js.errors.NotFoundError, nats.js.errors.BadRequestError):
                raise  # an answer
            except (OSError, TimeoutError, nats.errors.Error, nats.js.errors.APIError) as error:
                if self._client.is_closed:
                    raise
                waited_s = time.monotonic() - began
                if self._patience_s is not None and waited_s > self._patience_s:
                    raise UnavailableError(
                        f"the log did not answer for {waited_s:.0f} s: {error!r}"
                    ) from error
                _log.debug("asking the log again: %r", error)
                await asyncio.sleep(_RETRY_S)
            else:
                _heed_cancelling()
                return answer


def _heed_cancelling() -> None:
    """Raises CancelledError if this task was cancelled; nats-py may have swallowed it."""
    task = asyncio.current_task()
    if task is not None and task.cancelling():
        raise asyncio.CancelledError


async def _fetch(subscription: Any) -> list[Msg]:
    """The next messages, as soon as there is one; none after a second without any.

    nats-py waits out its timeout for a number that is not there, so one is asked for first.
    """
    try:
        messages: list[Msg] = await subscription.fetch(1, timeout=1.0)
    except (TimeoutError, nats.errors.TimeoutError):
        return []
    with suppress(TimeoutError, nats.errors.TimeoutError):
        messages += await subscription.fetch(_MOST - 1, timeout=_REST_S)
    return messages


async def _note(error: Exception) -> None:
    _log.debug("NATS: %s", error or type(error).__name__)


async def _found() -> None:
    _log.warning("NATS is back")


def _token(source: str) -> str:
    return blake2b(source.encode(), digest_size=8).hexdigest()


def _headers(batch: Batch) -> dict[str, str]:
    return {
        "sp-source": batch.source,
        "sp-timeline": batch.timeline,
        "sp-sequence": str(batch.sequence),
        "sp-watermark": str(batch.watermark),
        "sp-final": "1" if batch.final else "0",
    }


def _partitioned(batch: Batch) -> list[tuple[int, bytes]]:
    """Partition and message of each partition that has rows, the rows in the batch's order."""
    reports, statics = _by_partition(batch.reports), _by_partition(batch.statics)
    return [
        (p, msgspec.msgpack.encode([_stream(reports[p]), _stream(statics[p])]))
        for p in range(PARTITIONS)
        if reports[p].num_rows or statics[p].num_rows
    ]


def _by_partition(columns: ReportBatch | StaticBatch) -> list[pa.RecordBatch]:
    """The rows of each partition: sorted once, converted once, then cut."""
    of = (columns.mmsi % PARTITIONS).astype(np.int8)
    order = np.argsort(of, kind="stable")
    bounds = np.searchsorted(of[order], np.arange(PARTITIONS + 1)).tolist()
    record = columns.take(order).to_arrow()
    return [record.slice(low, high - low) for low, high in pairwise(bounds)]


def _stream(record: pa.RecordBatch) -> bytes:
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, record.schema, options=_IPC) as writer:
        writer.write_batch(record)
    stream: bytes = sink.getvalue().to_pybytes()
    return stream


_IPC = pa.ipc.IpcWriteOptions(compression="lz4")


def _columns(data: bytes) -> tuple[ReportBatch, StaticBatch]:
    reports, statics = msgspec.msgpack.decode(data, type=tuple[bytes, bytes])
    with pa.ipc.open_stream(reports) as first, pa.ipc.open_stream(statics) as second:
        return (
            ReportBatch.from_arrow(first.read_all()),
            StaticBatch.from_arrow(second.read_all()),
        )


def _entry(message: Msg) -> Entry:
    headers = message.headers or {}
    _, kind, subject = message.subject.split(".", 2)
    reports, statics = (
        _columns(message.data) if kind == "reports" else (ReportBatch.empty(), StaticBatch.empty())
    )
    return Entry(
        offset=message.metadata.sequence.stream,
        partition=int(subject) if kind == "reports" else -1,
        source=headers["sp-source"],
        timeline=headers["sp-timeline"],
        sequence=int(headers["sp-sequence"]),
        watermark=int(headers["sp-watermark"]),
        final=headers["sp-final"] == "1",
        reports=reports,
        statics=statics,
        pending=message.metadata.num_pending or 0,
    )
