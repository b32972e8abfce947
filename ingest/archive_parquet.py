"""Our own Parquet, written: rows -> a file that `ingest.archive` and any analyst's tools read.

Times are packed as differences, positions byte by byte, everything else by dictionary, all with
Zstandard; row groups are large enough for scans and small enough to hold one.
"""

from pathlib import Path
from typing import IO, Final, Self

import pyarrow as pa
import pyarrow.parquet as pq

GROUP_ROWS: Final = 250_000
"""Chosen by us: some 10 MB of a file and 60 MB of memory."""


class ParquetRows:
    """Writes rows to a sink in row groups of `GROUP_ROWS`; use as a context manager."""

    def __init__(self, sink: IO[bytes] | Path, schema: pa.Schema) -> None:
        times = [f.name for f in schema if pa.types.is_timestamp(f.type)]
        places = [f.name for f in schema if f.name in ("lon", "lat")]
        encodings = dict.fromkeys(times, "DELTA_BINARY_PACKED") | dict.fromkeys(
            places, "BYTE_STREAM_SPLIT"
        )
        self._schema = schema
        self._held: list[pa.RecordBatch] = []
        self._rows = 0
        self._writer = pq.ParquetWriter(
            sink, schema, compression="zstd", column_encoding=encodings,
            use_dictionary=[f.name for f in schema if f.name not in encodings],
        )  # fmt: skip

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._flush()
        self._writer.close()

    def write(self, rows: pa.RecordBatch) -> None:
        """Adds rows behind those written before."""
        self._held.append(rows)
        self._rows += rows.num_rows
        if self._rows >= GROUP_ROWS:
            self._flush()

    def _flush(self) -> None:
        if self._rows:
            table = pa.Table.from_batches(self._held, self._schema)
            self._writer.write_table(table, row_group_size=GROUP_ROWS)
        self._held, self._rows = [], 0
