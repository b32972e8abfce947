"""Archives -> rows, each file by a process of its own, with what became of it.

A process writes the rows of one file; the caller puts them together in the order of the files, so
they are those of one process. The processes end with this one.
"""

import multiprocessing
import os
import signal
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from api.archives import Bar
from api.lifeline import die_with_parent
from api.rowfile import Form, RowFile
from ingest.archive import Archive, open_archive
from ingest.rows import SCHEMA, UNIQUE_SCHEMA, Once, rows_of
from sea.errors import SafePassageError, UnavailableError
from sea.units import Microseconds

SMALL_BYTES: Final = 32 << 20
"""Below this one process is done before others have started. Chosen by us."""

DAMAGED: Final = ".damaged"
_LOOK_S: Final = 0.1


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One file to decode.

    Attributes:
        out: where its rows go; what could be read of a damaged file goes to `damaged_name`.
        form, unique: of the rows. header: whether CSV begins with its columns.
        start_us: see `ingest.archive.open_archive`.
    """

    path: Path
    out: Path
    form: Form
    header: bool = True
    unique: bool = False
    start_us: Microseconds | None = None


@dataclass(slots=True, kw_only=True)
class Outcome:
    """What became of a file; `written` rows, and `start_us`, the time it was taken to begin."""

    path: Path
    counts: Counter[str] = field(default_factory=Counter)
    written: int = 0
    start_us: Microseconds = 0
    error: str | None = None


def workers_for(files: Sequence[Path], asked: int | None) -> int:
    """How many processes to decode these files with; 1: this one alone."""
    if asked is None:
        sizes = [path.stat().st_size for path in files if path.exists()]
        asked = 1 if sum(sizes) < SMALL_BYTES else os.cpu_count() or 1
    return max(1, min(asked, len(files)))


def damaged_name(out: Path) -> Path:
    """Where to keep what was read of a damaged file."""
    return out.with_name(f"{out.stem}{DAMAGED}{out.suffix}")


def decode_apart(jobs: Sequence[Job], workers: int) -> Iterator[Outcome]:
    """Decodes files by processes; their outcomes in order, each once it is there.

    Raises:
        UnavailableError: a process was killed, or cannot write.
    """
    context = multiprocessing.get_context("spawn")
    read: Any = context.Array("q", len(jobs))
    stop = context.Event()
    sizes = [job.path.stat().st_size if job.path.exists() else 0 for job in jobs]
    with (
        ProcessPoolExecutor(
            workers, mp_context=context, initializer=_prepare, initargs=(read, stop, os.getpid())
        ) as pool,
        Bar("decode", len(jobs), sum(sizes)) as bar,
    ):
        try:
            futures = [pool.submit(_decode, n, job) for n, job in enumerate(jobs)]
            for n, future in enumerate(futures):
                while not wait((future,), timeout=_LOOK_S).done:
                    bar.show(sum(read), _done(futures))
                read[n] = sizes[n]
                bar.show(sum(read), _done(futures))
                yield future.result()
        except BrokenProcessPool as error:
            raise UnavailableError(f"a decoding process has ended: {error}") from error
        finally:
            stop.set()
            pool.shutdown(wait=False, cancel_futures=True)


def decode_here(jobs: Sequence[Job]) -> Iterator[Outcome]:
    """The same, one after another in this process."""
    sizes = [job.path.stat().st_size if job.path.exists() else 0 for job in jobs]
    with Bar("decode", len(jobs), sum(sizes)) as bar:
        for n, job in enumerate(jobs):
            before = sum(sizes[:n])
            outcome = _outcome(job, lambda read, n=n, before=before: bar.show(before + read, n))
            bar.show(before + sizes[n], n + 1)
            yield outcome


_read: Any = None
_stop: Any = None


def _prepare(read: Any, stop: Any, parent: int) -> None:
    """Of a process: it ends with its parent, which alone hears Ctrl-C."""
    global _read, _stop
    _read, _stop = read, stop
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    die_with_parent(parent, signal.SIGKILL)


def _decode(number: int, job: Job) -> Outcome:
    def look(read: int) -> None:
        _read[number] = read
        if _stop.is_set():
            raise UnavailableError("stopped")

    return _outcome(job, look)


def _outcome(job: Job, look: Any) -> Outcome:
    outcome = Outcome(path=job.path)
    try:
        archive = open_archive(job.path, start_us=job.start_us, as_sent=True)
    except SafePassageError as error:
        outcome.error = str(error)
        return outcome
    outcome.start_us = archive.start_us
    schema = UNIQUE_SCHEMA if job.unique else SCHEMA
    with RowFile(job.form, job.out, schema, header=job.header) as out:
        outcome.error = _write(archive, out, Once() if job.unique else None, outcome, look)
    outcome.counts = archive.counts
    if outcome.error is not None:
        os.replace(job.out, damaged_name(job.out))
    return outcome


def _write(
    archive: Archive, out: RowFile, once: Once | None, outcome: Outcome, look: Any
) -> str | None:
    """Writes the archive's rows; what was wrong with it."""
    error = None
    blocks = iter(archive)
    while True:
        try:
            decoded = next(blocks, None)
        except SafePassageError as damage:
            error, decoded = str(damage), None
        if decoded is None:
            break
        rows = once.feed(rows_of(decoded)) if once else rows_of(decoded)
        out.write(rows)
        outcome.written += rows.num_rows
        look(archive.position_bytes)
    if once:
        last = once.finish()
        out.write(last)
        outcome.written += last.num_rows
    return error


def _done(futures: Sequence[Future[Outcome]]) -> int:
    return sum(future.done() for future in futures)
