"""A watched folder: each file that is finished, once, for the gateway to read as an archive.

A file is finished when its size and time have stood still between two looks; names that begin
with a dot or end in ``.part`` or ``.tmp`` are not, whatever their age. What a file holds is
remembered by the log, by content, so a restart adds nothing twice.
"""

import asyncio
import logging
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Final

from ingest.source.feed import Feed, SourceParams
from sea.errors import BadInputError, UnavailableError

_log = logging.getLogger(__name__)

LOOK_S: Final = 2.0
"""Time between two looks. Chosen by us; a copy that pauses longer must use a `.part` name."""

_UNFINISHED: Final = (".part", ".tmp")
_Look = tuple[int, int]


class WatchedFolder(Feed):
    """The finished files of a folder, the oldest first, for ever; folders in it are left alone.

    Raises:
        BadInputError: there is no such folder.
    """

    def __init__(self, url: str, path: Path, params: SourceParams, look_s: float = LOOK_S) -> None:
        super().__init__(url, params)
        self._path, self._look_s = path, look_s
        if not path.is_dir():
            raise BadInputError(
                f"no folder {str(path)!r}", field="source", mend="make it, or write folder:PATH"
            )

    async def files(self) -> AsyncIterator[Path]:
        """Each file that is new and finished; one that changes later is new again."""
        known: dict[Path, _Look] = {}
        seen: dict[Path, _Look] = {}
        self._connect()
        while True:
            try:
                found = await asyncio.to_thread(_looks, self._path)
            except OSError as error:
                self._fail(f"cannot read the folder: {error.strerror}")
                found = seen
            still = [path for path, look in found.items()
                     if seen.get(path) == look and known.get(path) != look]  # fmt: skip
            for path in sorted(still, key=lambda path: (found[path][1], path)):
                known[path] = found[path]
                self.counts["files"] += 1
                self._chunk(b"")
                self.counts["bytes"] += found[path][0]
                yield path
            known = {path: look for path, look in known.items() if path in found}
            seen = found
            await asyncio.sleep(self._look_s)

    def refuse(self, error: BadInputError | UnavailableError) -> None:
        """Counts a file that could not be read; the others are not held up."""
        self._fail(error, "refused")


def _looks(folder: Path) -> dict[Path, _Look]:
    """Size and time of change of the files that may be finished."""
    looks = {}
    for path in folder.iterdir():
        if path.name.startswith(".") or path.suffix in _UNFINISHED or not path.is_file():
            continue
        status = path.stat()
        if status.st_size:
            looks[path] = (status.st_size, status.st_mtime_ns)
    return looks
