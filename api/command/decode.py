"""``safepassage decode``: files of AIS to position and static rows, without a server."""

import argparse
import csv
import io
import os
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import IO, Any, Final

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq
from rich.console import Console
from rich.progress import Progress

from ingest.archive import Archive, open_archive
from ingest.decode import REJECTIONS, UNTIMED_LINES_PER_SECOND
from ingest.rows import SCHEMA, UNIQUE_SCHEMA, Once, iso_column, rows_of
from sea.errors import BadInputError, UnavailableError
from sea.instants import iso_z, parse_utc

FORMATS: Final = ("csv", "jsonl", "parquet")
_TOTALS: Final = ("lines", "sentences", "messages", "rows", "rejected")


def register(commands: Any) -> None:
    """Adds the command to the sub-parsers."""
    parser = commands.add_parser(
        "decode",
        help="files of AIS to position and static rows",
        description="Decodes NMEA, MarineCadastre and Danish CSV, and Parquet written here; each "
        "plain or as .gz, .zip, .zst. One row a message of types 1-5, 9, 11, 17-19, 21, 24, 27, "
        "one a line of a CSV archive. The last line on stderr counts lines and rejections.",
    )
    parser.add_argument("paths", nargs="+", metavar="PATH", type=Path)
    parser.add_argument("--format", choices=FORMATS, help="default: by the name of --out, or csv")
    parser.add_argument("--out", metavar="F", type=Path, help="default: standard output")
    parser.add_argument(
        "--unique", action="store_true", help="each message once, with a column of all who heard it"
    )
    parser.add_argument(
        "--start", metavar="T", type=_instant,
        help="time of the first line of NMEA without any time (default: the file's own); "
        f"{UNTIMED_LINES_PER_SECOND} lines a second follow",
    )  # fmt: skip
    parser.set_defaults(run=run, usage_error=parser.error)


def run(args: argparse.Namespace) -> int:
    """Decodes the files of the parsed arguments."""
    form = args.format or _form_of(args.out)
    if form == "parquet" and args.out is None:
        args.usage_error("--format parquet needs --out F")
    archives = [open_archive(path, start_us=args.start, as_sent=True) for path in args.paths]
    once = Once() if args.unique else None
    written = 0
    schema = UNIQUE_SCHEMA if once else SCHEMA
    with ExitStack() as stack:
        write = stack.enter_context(_Writer(form, args.out, schema)).write
        for rows in _progress(archives):
            shown = once.feed(rows) if once else rows
            write(shown)
            written += shown.num_rows
        if once:
            last = once.finish()
            write(last)
            written += last.num_rows
    _report(archives, written)
    return 0


def _report(archives: list[Archive], written: int) -> None:
    counts: Counter[str] = Counter()
    for archive in archives:
        counts.update(archive.counts)
        if archive.counts["untimed"]:
            _say(f"{archive.path} tells no time: taken from {iso_z(archive.start_us)}, "
                 f"{UNTIMED_LINES_PER_SECOND} lines a second")  # fmt: skip
    if counts["rows"] > written:
        _say(f"{counts['rows'] - written} copies left out")
    counts["rows"] = written
    names = [*_TOTALS, *(reason for reason in REJECTIONS if counts[reason])]
    _say(" ".join(f"{name}={counts[name]}" for name in names))


def _progress(archives: list[Archive]) -> Iterator[pa.RecordBatch]:
    """The rows of all archives; on a terminal with a bar."""
    console = Console(stderr=True)
    with Progress(console=console, transient=True, disable=not console.is_terminal) as bar:
        for archive in archives:
            task = bar.add_task(archive.path.name, total=archive.size_bytes)
            for decoded in archive:
                yield rows_of(decoded)
                bar.update(task, completed=archive.position_bytes)


class _Writer:
    """Writes rows to a file, which appears when it is complete, or to standard output."""

    def __init__(self, form: str, out: Path | None, schema: pa.Schema) -> None:
        self._schema = schema
        self._out = out
        self._part = out.with_name(out.name + ".part") if out else None
        self._stack = ExitStack()
        self._form = form

    def __enter__(self) -> "_Writer":
        try:
            stream: IO[bytes] = (
                self._stack.enter_context(self._part.open("wb"))
                if self._part
                else sys.stdout.buffer
            )
        except OSError as error:
            raise UnavailableError(f"cannot write {self._out}: {error.strerror}") from error
        if self._form == "parquet":
            parquet = self._stack.enter_context(
                pq.ParquetWriter(stream, self._schema, compression="zstd")
            )
            self.write: Callable[[pa.RecordBatch], Any] = parquet.write_batch
            return self
        lines = _csv_lines if self._form == "csv" else _json_lines
        if self._form == "csv":
            stream.write((",".join(self._schema.names) + "\n").encode())
        self.write = lambda rows: stream.write(lines(rows))
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        self._stack.close()
        if self._part is None or self._out is None:
            sys.stdout.buffer.flush()
        elif kind is None:
            os.replace(self._part, self._out)
        else:
            self._part.unlink(missing_ok=True)


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


def _form_of(out: Path | None) -> str:
    suffix = out.suffix.removeprefix(".") if out else ""
    return suffix if suffix in FORMATS else "csv"


def _instant(text: str) -> int:
    try:
        return parse_utc(text)
    except BadInputError as error:
        raise argparse.ArgumentTypeError(str(error)) from error


def _say(line: str) -> None:
    sys.stderr.write(line + "\n")
