"""Rows of ``decode`` into a file or standard output: CSV, JSON lines, Parquet."""

import csv
import io
import os
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import IO, Any, Final, Literal, Self

import msgspec
import pyarrow as pa

from ingest.archive_parquet import ParquetRows
from ingest.rows import iso_column
from sea.errors import UnavailableError

Form = Literal["csv", "jsonl", "parquet", "arrow"]
"""``arrow`` is a stream of Arrow IPC, for our own use between processes."""

FORMATS: Final[tuple[Form, ...]] = ("csv", "jsonl", "parquet")


class RowFile:
    """Writes rows to a file, which appears when it is complete, or to standard output.

    Args:
        form: how. out: where, None for standard output. schema: of the rows.
        header: whether CSV begins with the names of its columns.
    """

    def __init__(
        self, form: Form, out: Path | None, schema: pa.Schema, *, header: bool = True
    ) -> None:
        self._form, self._out, self._schema, self._header = form, out, schema, header
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        self.stream = self._stack.enter_context(appearing(self._out))
        self.write: Callable[[pa.RecordBatch], Any]
        if self._form == "parquet":
            self.write = self._stack.enter_context(ParquetRows(self.stream, self._schema)).write
        elif self._form == "arrow":
            stream = pa.ipc.new_stream(self.stream, self._schema)
            self.write = self._stack.enter_context(stream).write_batch
        else:
            lines = _csv_lines if self._form == "csv" else _json_lines
            if self._form == "csv" and self._header:
                self.stream.write((",".join(self._schema.names) + "\n").encode())
            self.write = lambda rows: self.stream.write(lines(rows))
        return self

    def __exit__(self, *error: Any) -> None:
        self._stack.__exit__(*error)


@contextmanager
def appearing(out: Path | None) -> Iterator[IO[bytes]]:
    """A file to write that is there once it is complete, or standard output.

    Raises:
        UnavailableError: it cannot be written.
    """
    if out is None:
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
        return
    part = out.with_name(out.name + ".part")
    try:
        with part.open("wb") as file:
            yield file
        os.replace(part, out)
    except BrokenPipeError:
        raise
    except OSError as error:
        raise UnavailableError(f"cannot write {out}: {error.strerror}") from error
    finally:
        part.unlink(missing_ok=True)


def form_of(out: Path | None) -> Form:
    """The form that a file's name tells, CSV where it tells none."""
    suffix = out.suffix.removeprefix(".") if out else ""
    return next((form for form in FORMATS if form == suffix), "csv")


def _tuples(rows: pa.RecordBatch, joined: bool = False) -> Iterable[tuple[Any, ...]]:
    columns: list[Iterable[Any]] = []
    for column in rows.schema:
        values = rows.column(column.name)
        if pa.types.is_timestamp(column.type):
            columns.append(iso_column(values.cast(pa.int64()).to_numpy()))
        elif pa.types.is_list(column.type) and joined:
            columns.append([";".join(names) for names in values.to_pylist()])
        else:
            columns.append(values.to_pylist())
    return zip(*columns, strict=True)


def _csv_lines(rows: pa.RecordBatch) -> bytes:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(_tuples(rows, joined=True))
    return text.getvalue().encode()


def _json_lines(rows: pa.RecordBatch) -> bytes:
    encode = msgspec.json.Encoder().encode
    documents = (dict(zip(rows.schema.names, row, strict=True)) for row in _tuples(rows))
    return b"".join(encode(document) + b"\n" for document in documents)
