"""The archives that a command line names, opened and read with a bar; one that is bad is told of.

A file that is no archive, or is damaged, is named on standard error; the others are read, and of
a damaged one what lies before the damage. The command then fails in the end.
"""

import glob
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Self

from rich.console import Console
from rich.progress import (
    BarColumn,
    Progress,
    TaskProgressColumn,
    TextColumn,
    TimeRemainingColumn,
    TransferSpeedColumn,
)

from ingest.archive import Archive, open_archive
from ingest.decode import Decoded
from sea.errors import BadInputError, SafePassageError, UnavailableError


def files_of(paths: Sequence[Path]) -> list[Path]:
    """The files that paths, folders and patterns name, in order.

    A folder stands for the files in and below it, a pattern for what it matches, both by name;
    hidden files and unfinished ``.part`` files are none.

    Raises:
        UnavailableError: a pattern matches nothing. BadInputError: a folder holds nothing.
    """
    found: list[Path] = []
    for path in paths:
        if path.is_dir():
            below = (p for p in path.rglob("*") if _counts(p.relative_to(path)) and p.is_file())
            files = sorted(below)
            if not files:
                raise BadInputError(f"there is no file in {path}")
        elif not path.exists() and glob.has_magic(str(path)):
            files = [Path(p) for p in sorted(glob.glob(str(path), recursive=True))]
            files = [p for p in files if p.is_file()]
            if not files:
                raise UnavailableError(f"nothing matches {path}")
        else:
            files = [path]
        found += files
    return found


def _counts(path: Path) -> bool:
    return path.suffix != ".part" and not any(part.startswith(".") for part in path.parts)


class Bar:
    """Bytes read of files, with the time left; on a terminal only."""

    def __init__(self, what: str, files: int, total_bytes: int) -> None:
        console = Console(stderr=True)
        self._files = files
        self._progress = Progress(
            TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(),
            TransferSpeedColumn(), TimeRemainingColumn(), TextColumn("{task.fields[files]}"),
            console=console, transient=True, disable=not console.is_terminal,
        )  # fmt: skip
        self._task = self._progress.add_task(what, total=total_bytes, files=f"0/{files} files")

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._progress.stop()

    def show(self, read_bytes: int, done: int) -> None:
        """Moves to so many bytes, with so many files read."""
        files = f"{done}/{self._files} files"
        self._progress.update(self._task, completed=read_bytes, files=files)


class Reading:
    """The archives of a command line; use as a context manager around reading them.

    Attributes:
        archives: those that could be opened. failed: how many files could not be read to the end.
    """

    def __init__(self, what: str, files: Sequence[Path], **settings: Any) -> None:
        self.archives: list[Archive] = []
        self.failed = 0
        for path in files:
            try:
                self.archives.append(open_archive(path, **settings))
            except SafePassageError as error:
                self._fail(error)
        self._read = [0] * len(self.archives)
        self._done = 0
        self._bar = Bar(what, len(self.archives), sum(a.size_bytes for a in self.archives))

    def __enter__(self) -> Self:
        self._bar.__enter__()
        return self

    def __exit__(self, *_: object) -> None:
        self._bar.__exit__()

    def blocks(self, number: int) -> Iterator[Decoded]:
        """The blocks of one of the archives; they end where it is damaged."""
        archive = self.archives[number]
        try:
            for block in archive:
                yield block
                self._read[number] = archive.position_bytes
                self._bar.show(sum(self._read), self._done)
        except SafePassageError as error:
            self._fail(error)
        self._read[number], self._done = archive.size_bytes, self._done + 1
        self._bar.show(sum(self._read), self._done)

    def readable(self, number: int) -> "Readable":
        """What can be read of one of the archives, as an archive of its own."""
        return Readable(self, number)

    def _fail(self, error: SafePassageError) -> None:
        self.failed += 1
        complain(error)


class Readable:
    """An archive that ends, told of, where it is damaged; see `ingest.stage.Playable`."""

    def __init__(self, reading: Reading, number: int) -> None:
        self._reading, self._number = reading, number

    @property
    def fingerprint(self) -> str:
        """Hash of the whole file's bytes."""
        return self._reading.archives[self._number].fingerprint

    @property
    def counts(self) -> Counter[str]:
        """What became of the lines read so far."""
        return self._reading.archives[self._number].counts

    def __iter__(self) -> Iterator[Decoded]:
        return self._reading.blocks(self._number)


def complain(error: object) -> None:
    """Tells of what went wrong with one of several files."""
    sys.stderr.write(f"safepassage: {error}\n")
