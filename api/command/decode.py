"""``safepassage decode``: files of AIS to position and static rows, without a server."""

import argparse
import shutil
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, Final

import pyarrow as pa

from api.archives import Reading, complain, files_of
from api.decoding import (
    Job,
    Outcome,
    damaged_name,
    decode_apart,
    decode_here,
    workers_for,
)
from api.rowfile import FORMATS, Form, RowFile, form_of
from ingest.decode import REJECTIONS, UNTIMED_LINES_PER_SECOND
from ingest.rows import SCHEMA, UNIQUE_SCHEMA, Once, rows_of
from sea.errors import BadInputError, UnavailableError
from sea.instants import iso_z, parse_utc

_TOTALS: Final = ("lines", "sentences", "messages", "rows", "rejected")


def register(commands: Any) -> None:
    """Adds the command to the sub-parsers."""
    parser = commands.add_parser(
        "decode",
        help="files of AIS to position and static rows",
        description="Decodes NMEA, the CSV of MarineCadastre and others, and Parquet; each "
        "plain or as .gz, .zip, .zst. One row a message of types 1-5, 9, 11, 17-19, 21, 24, 27, "
        "one a line of a CSV archive. A file that cannot be read is named, the others are read, "
        "and the status is 1. The last line on stderr counts lines and rejections.",
    )
    parser.add_argument("paths", nargs="+", metavar="PATH", type=Path,
                        help="a file, a folder, or a pattern in quotes")  # fmt: skip
    parser.add_argument("--format", choices=FORMATS, help="default: by the name of --out, or csv")
    parser.add_argument(
        "--out", metavar="F", help="default: standard output; into a folder (F/), a file for each"
    )
    parser.add_argument("--resume", action="store_true",
                        help="leave files that are in the folder --out already")  # fmt: skip
    parser.add_argument("--jobs", metavar="N", type=_positive,
                        help="files decoded at once (default: as many as processors)")  # fmt: skip
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
    out = None if args.out is None else Path(args.out)
    folder = out is not None and (out.is_dir() or args.out.endswith("/"))
    form = args.format or form_of(None if folder else out)
    if form == "parquet" and out is None:
        args.usage_error("--format parquet needs --out F")
    if args.resume and not folder:
        args.usage_error("--resume needs a folder: --out F/")
    files = files_of(args.paths)
    workers = workers_for(files, args.jobs)
    if folder and out is not None:
        outcomes = _into_folder(args, files, out, form, workers)
    elif workers > 1:
        outcomes = _together(args, files, out, form, workers)
    else:
        outcomes = _one_by_one(args, files, out, form)
    _report(outcomes)
    return 1 if any(outcome.error for outcome in outcomes) else 0


def _one_by_one(
    args: argparse.Namespace, files: Sequence[Path], out: Path | None, form: Form
) -> list[Outcome]:
    """All rows into one file or standard output, by this process alone."""
    once = Once() if args.unique else None
    reading = Reading("decode", files, start_us=args.start, as_sent=True)
    outcomes = [Outcome(path=a.path, start_us=a.start_us) for a in reading.archives]
    if not outcomes:
        return [_FAILED]
    with reading, RowFile(form, out, _schema(args)) as file:
        for n, archive in enumerate(reading.archives):
            for decoded in reading.blocks(n):
                rows = once.feed(rows_of(decoded)) if once else rows_of(decoded)
                file.write(rows)
                outcomes[n].written += rows.num_rows
            outcomes[n].counts = archive.counts
        if once:
            last = once.finish()
            file.write(last)
            outcomes[-1].written += last.num_rows
    return outcomes + [_FAILED] * reading.failed


_FAILED: Final = Outcome(path=Path(), error="told of already")


def _together(
    args: argparse.Namespace, files: Sequence[Path], out: Path | None, form: Form, workers: int
) -> list[Outcome]:
    """The same, the rows of each file by a process of its own first."""
    by_rows = args.unique or form == "parquet"
    once = Once() if args.unique else None
    outcomes: list[Outcome] = []
    with ExitStack() as stack:
        spool = stack.enter_context(_spool(out))
        jobs = [
            Job(path=path, out=spool / f"{i}.rows", form="arrow" if by_rows else form,
                header=False, start_us=args.start)
            for i, path in enumerate(files)
        ]  # fmt: skip
        file: RowFile | None = None
        for job, outcome in zip(jobs, decode_apart(jobs, workers), strict=True):
            outcomes.append(_told(outcome))
            rows = damaged_name(job.out) if outcome.error else job.out
            if not rows.exists():
                continue
            file = file or stack.enter_context(RowFile(form, out, _schema(args)))
            if by_rows:
                outcome.written = _append(rows, file, once)
            else:
                with rows.open("rb") as text:
                    shutil.copyfileobj(text, file.stream, 1 << 20)
            rows.unlink()
        if once and file:
            last = once.finish()
            file.write(last)
            outcomes[-1].written += last.num_rows
    return outcomes


@contextmanager
def _spool(out: Path | None) -> Iterator[Path]:
    """A folder for the rows of single files, where there is room for all of them."""
    try:
        spool = tempfile.mkdtemp(".part", dir=out.parent if out else None)
    except OSError as error:
        raise UnavailableError(f"cannot write {out}: {error.strerror}") from error
    try:
        yield Path(spool)
    finally:
        shutil.rmtree(spool, ignore_errors=True)


def _append(rows: Path, out: RowFile, once: Once | None) -> int:
    written = 0
    with pa.OSFile(str(rows)) as file, pa.ipc.open_stream(file) as stream:
        for batch in stream:
            shown = once.feed(batch) if once else batch
            out.write(shown)
            written += shown.num_rows
    return written


def _into_folder(
    args: argparse.Namespace, files: Sequence[Path], folder: Path, form: Form, workers: int
) -> list[Outcome]:
    """The rows of each file into one of its own, ``FOLDER/NAME.FORMAT``."""
    outs = [folder / f"{path.name}.{form}" for path in files]
    if len(set(outs)) < len(outs):
        raise BadInputError("two of the files have one name; decode them into different folders")
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UnavailableError(f"cannot write {folder}: {error.strerror}") from error
    jobs = [
        Job(path=path, out=out, form=form, unique=args.unique, start_us=args.start)
        for path, out in zip(files, outs, strict=True)
        if not (args.resume and _is_done(path, out))
    ]
    if len(jobs) < len(files):
        _say(f"{len(files) - len(jobs)} of {len(files)} files were done before")
    decoded = decode_apart(jobs, workers) if workers > 1 else decode_here(jobs)
    return [_told(outcome) for outcome in decoded]


def _is_done(path: Path, out: Path) -> bool:
    return out.exists() and path.exists() and out.stat().st_mtime_ns >= path.stat().st_mtime_ns


def _told(outcome: Outcome) -> Outcome:
    if outcome.error:
        complain(outcome.error)
    return outcome


def _schema(args: argparse.Namespace) -> pa.Schema:
    return UNIQUE_SCHEMA if args.unique else SCHEMA


def _report(outcomes: Sequence[Outcome]) -> None:
    counts: Counter[str] = Counter()
    for outcome in outcomes:
        counts.update(outcome.counts)
        if outcome.counts["untimed"]:
            _say(f"{outcome.path} tells no time: taken from {iso_z(outcome.start_us)}, "
                 f"{UNTIMED_LINES_PER_SECOND} lines a second")  # fmt: skip
    written = sum(outcome.written for outcome in outcomes)
    if not written and any(outcome.error for outcome in outcomes):
        return
    if counts["rows"] > written:
        _say(f"{counts['rows'] - written} copies left out")
    counts["rows"] = written
    names = [*_TOTALS, *(reason for reason in REJECTIONS if counts[reason])]
    _say(" ".join(f"{name}={counts[name]}" for name in names))


def _instant(text: str) -> int:
    try:
        return parse_utc(text)
    except BadInputError as error:
        raise argparse.ArgumentTypeError(str(error)) from error


def _positive(text: str) -> int:
    if not text.isdigit() or int(text) < 1:
        raise argparse.ArgumentTypeError("a number from 1 on")
    return int(text)


def _say(line: str) -> None:
    sys.stderr.write(line + "\n")
