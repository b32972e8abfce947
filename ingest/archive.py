"""Archives: files of AIS -> blocks of reports and statics, the same blocks every time.

What a file is shows in its first bytes, not its name: NMEA, one of the forms of CSV, the same
columns as (Geo)Parquet, or our own Parquet; each plain or compressed with gzip, zip or Zstandard.
"""

import io
import tempfile
import time
import warnings
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, closing
from dataclasses import replace
from functools import cached_property
from hashlib import blake2b
from pathlib import Path
from typing import IO, Any, Final

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from ingest.archive_stream import BLOCK_BYTES, BROKEN, Counted, Lines, members, plain_blocks
from ingest.clock import EARLIEST_US, FUTURE_US, leaps
from ingest.csv_forms import CsvForm, csv_form, read_frame
from ingest.decode import (
    REJECTIONS,
    UNTIMED_LINES_PER_SECOND,
    Bools,
    Decoded,
    Decoder,
    without_impossible,
)
from ingest.decoded import message_times, without_messages
from ingest.nmea import Framer
from ingest.parquet_forms import parquet_form
from ingest.rows import SCHEMA, decoded_of
from sea.errors import BadInputError, UnavailableError
from sea.units import SECOND_US, Microseconds

__all__ = ["BLOCK_BYTES", "BLOCK_ROWS", "Archive", "open_archive", "plain_blocks"]

BLOCK_ROWS: Final = 5000
_EXPECTED: Final = (
    "expected NMEA sentences (!AIVDM); CSV of MarineCadastre, the Danish DMA, the Norwegian "
    "Kystverket, AISHub or Global Fishing Watch; MarineCadastre GeoParquet or Parquet written by "
    "'safepassage decode'; plain or as .gz, .zip or .zst"
)


class Archive:
    """One file; iterating reads it from the start.

    A damaged file gives everything before the damage, then the error. Messages dated after
    `until_us`, and those of NMEA that leap ahead of the feed (`ingest.clock.leaps`), are left out
    and counted as ``future_time`` and ``leap_time``: one would make all that follow it late.

    Attributes:
        path: where it is. size_bytes: its size as it lies there.
        position_bytes: how far the running iteration has read.
        counts: what became of its lines, as in `ingest.decode.Decoder`.
    """

    def __init__(
        self, path: Path, *, start_us: Microseconds | None, until_us: Microseconds, as_sent: bool
    ) -> None:
        self.path = path
        self.counts: Counter[str] = Counter()
        self._until = until_us
        self._as_sent = as_sent
        self._file: IO[bytes] | None = None
        try:
            status = path.stat()
            self.size_bytes = status.st_size
            self.start_us = (
                status.st_mtime_ns // 10**9 * SECOND_US if start_us is None else start_us
            )
            with ExitStack() as stack:
                stream = next(members(path, stack))[1]
                self.form = _form_name(stream)
                if self.form is None and stream.damage is not None:
                    raise stream.damage
        except StopIteration:
            raise BadInputError(f"{path} is an empty zip file", mend=_EXPECTED) from None
        except IsADirectoryError:
            raise BadInputError(f"{path} is a directory", mend=_EXPECTED) from None
        except (FileNotFoundError, PermissionError) as error:
            raise UnavailableError(f"cannot read {path}: {error.strerror}") from error
        except BROKEN as error:
            raise BadInputError(f"{path} is damaged: {error}") from error
        if self.form is None:
            raise BadInputError(f"{path} is no AIS archive known here", mend=_EXPECTED)

    @property
    def position_bytes(self) -> int:
        """Bytes of the file read so far by the running iteration."""
        return self._file.tell() if self._file and not self._file.closed else self.size_bytes

    @cached_property
    def fingerprint(self) -> str:
        """Hash of the file's bytes, which are read once; the same file has the same rows."""
        digest = blake2b(digest_size=10)
        with self.path.open("rb") as file:
            while chunk := file.read(1 << 20):
                digest.update(chunk)
        return digest.hexdigest()

    def __iter__(self) -> Iterator[Decoded]:
        self.counts.clear()
        with ExitStack() as stack:
            try:
                for file, stream in members(self.path, stack):
                    self._file = file
                    for block in self._blocks(stream):
                        yield self._timely(block)
                    if stream.damage is not None:
                        raise stream.damage
            except BROKEN as error:
                raise BadInputError(f"{self.path} is damaged: {error}") from error

    def _blocks(self, stream: "Counted") -> Iterator[Decoded]:
        form = _form(stream)
        if isinstance(form, CsvForm):
            yield from self._csv(stream, form)
        elif form == "Parquet":
            yield from self._parquet(stream)
        elif form == "NMEA":
            yield from self._nmea(stream)
        else:
            raise BadInputError(f"a member of {self.path} is no AIS archive", mend=_EXPECTED)

    def _timely(self, block: Decoded) -> Decoded:
        numbers, heard = message_times(block, "received_at")
        if not len(numbers):
            return block
        ahead = message_times(block, "reported_at")[1] > self._last_time()
        leapt = leaps(heard) & ~ahead if self.form == "NMEA" else np.zeros_like(ahead)
        if not ahead.any() and not leapt.any():
            return block
        self._reject("future_time", ahead)
        self._reject("leap_time", leapt)
        return without_messages(block, numbers[ahead | leapt])

    def _last_time(self) -> Microseconds:
        """The last time that a message may have; in a file without any, that of its last line."""
        if not self.counts["untimed"]:
            return self._until
        lines = self.counts["lines"]
        return max(self._until, self.start_us + lines * SECOND_US // UNTIMED_LINES_PER_SECOND)

    def _reject(self, reason: str, rows: Bools) -> None:
        number = int(np.count_nonzero(rows))
        self.counts[reason] += number
        self.counts["rows"] -= number
        self._sum()

    def _nmea(self, stream: "Counted") -> Iterator[Decoded]:
        heard = (sentence.heard_at for sentence in Framer(Counter()).feed(stream.head))
        decoder = Decoder(
            start_us=self.start_us, as_sent=self._as_sent, counts=self.counts,
            since_us=next((time for time in heard if time is not None), None),
        )  # fmt: skip
        reader = io.BufferedReader(stream, BLOCK_BYTES)
        while block := reader.read(BLOCK_BYTES):
            yield decoder.feed(block)
        yield decoder.finish()

    def _csv(self, stream: "Counted", form: CsvForm) -> Iterator[Decoded]:
        parsed = 1
        lines = io.BufferedReader(Lines(stream, form.separator), BLOCK_BYTES)
        reader = pd.read_csv(
            lines, chunksize=BLOCK_ROWS, dtype=str, na_filter=False, index_col=False,
            encoding="utf-8", encoding_errors="replace", on_bad_lines="skip", sep=form.separator,
        )  # fmt: skip
        with reader:
            while (frame := _next_frame(reader)) is not None:
                parsed += len(frame)
                self.counts["lines"] += len(frame)
                yield read_frame(form, frame, self.counts, as_sent=self._as_sent)
                self._sum()
        self.counts["lines"] += stream.lines - parsed + 1
        self.counts["headers"] += 1
        self.counts["bad_line"] += stream.lines - parsed
        self._sum()

    def _parquet(self, stream: "Counted") -> Iterator[Decoded]:
        with tempfile.TemporaryFile() as spool:
            while chunk := stream.read(1 << 20):
                spool.write(chunk)
            with closing(pq.ParquetFile(spool)) as table:
                if not set(SCHEMA.names) <= set(table.schema_arrow.names):
                    yield from self._foreign_parquet(table)
                    return
                for batch in table.iter_batches(BLOCK_ROWS, columns=SCHEMA.names):
                    block = decoded_of(self._whole(pa.Table.from_batches([batch]).cast(SCHEMA)))
                    reports = block.reports if self._as_sent else without_impossible(block.reports)
                    yield replace(block, reports=reports)

    def _whole(self, rows: pa.Table) -> pa.Table:
        """The rows of our own Parquet that have a usable MMSI and times; the others counted."""
        number = pc.cast(pc.if_else(pc.match_substring_regex(rows["mmsi"], "^[0-9]{1,10}$"),
                                    rows["mmsi"], None), pa.int64())  # fmt: skip
        named = pc.fill_null(pc.less(number, 2**30), False)
        timed = pa.scalar(True)
        for name in ("reported_at", "received_at"):
            told = pc.greater_equal(pc.cast(rows[name], pa.int64()), EARLIEST_US)
            timed = pc.and_(timed, pc.fill_null(told, False))
        kept = rows.filter(pc.and_(named, timed))
        for name in ("lines", "messages"):
            self.counts[name] += len(rows)
        self.counts["rows"] += len(kept)
        self.counts["bad_mmsi"] += len(rows) - pc.sum(named).as_py()
        self.counts["bad_time"] += pc.sum(named).as_py() - len(kept)
        self._sum()
        return kept

    def _foreign_parquet(self, table: pq.ParquetFile) -> Iterator[Decoded]:
        reading = parquet_form(table.schema_arrow)
        if reading is None:
            raise BadInputError(f"{self.path} is Parquet of another kind", mend=_EXPECTED)
        for batch in table.iter_batches(BLOCK_ROWS, columns=list(reading.columns)):
            self.counts["lines"] += batch.num_rows
            frame = reading.frame(batch)
            yield read_frame(reading.form, frame, self.counts, as_sent=self._as_sent)
            self._sum()

    def _sum(self) -> None:
        self.counts["rejected"] = sum(self.counts[reason] for reason in REJECTIONS)


def open_archive(
    path: str | Path,
    *,
    start_us: Microseconds | None = None,
    until_us: Microseconds | None = None,
    as_sent: bool = False,
) -> Archive:
    """The archive at this path.

    Args:
        path: the file.
        start_us: time of the first line of NMEA without any time; by default the file's own.
        until_us: the last time that a message may have; by default soon after now.
        as_sent: keep impossible positions and angles, see `ingest.decode.Decoder`.

    Raises:
        BadInputError: the file is none of the known kinds, or damaged.
        UnavailableError: there is no such file, or it may not be read.
    """
    until_us = time.time_ns() // 1000 + FUTURE_US if until_us is None else until_us
    return Archive(Path(path), start_us=start_us, until_us=until_us, as_sent=as_sent)


def _form(stream: Counted) -> CsvForm | str | None:
    head = stream.head
    if head.startswith(b"PAR1"):
        return "Parquet"
    first = head.split(b"\n", 1)[0].decode("utf-8", "replace")
    if form := csv_form(first):
        return form
    counts = Counter[str]()
    probe = Framer(counts)
    probe.feed(head)
    probe.finish()
    return "NMEA" if counts["sentences"] + counts["headers"] else None


def _form_name(stream: Counted) -> str | None:
    form = _form(stream)
    return form.name if isinstance(form, CsvForm) else form


def _next_frame(reader: Any) -> pd.DataFrame | None:
    """The next rows, None at the end; fields beyond the header's are left out without a word."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", pd.errors.ParserWarning)
        return next(reader, None)
