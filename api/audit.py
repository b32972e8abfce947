"""Audit: who was shown or did what -> a chain of sealed rows for each nation.

A request that shows something leaves an `Entry` with `Audit`, a bounded queue that is written in
batches; a deed writes its entry in its own transaction (`api.store_audit.append`). An entry belongs
to the chain of the nation it concerns, so that each nation can read and verify its own without
learning how much the others do.
"""

import asyncio
import getpass
import hashlib
import logging
import time
from collections.abc import AsyncIterable, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Literal, NamedTuple

import asyncpg
import msgspec

from api.policy import Principal
from sea.errors import UnavailableError
from sea.instants import to_us
from sea.units import Microseconds

_log = logging.getLogger(__name__)

Action = Literal["read", "write", "decision", "report", "export", "denial", "key", "sign_in"]
"""`write` is a request to change something that left no deed of its own: it failed, or was sent
again."""

Deed = Callable[[asyncpg.Connection, Mapping[str, Any]], Awaitable[None]]
"""Writes the entry of a deed in the deed's own transaction, with these details."""

CAPACITY: Final = 2000
"""Entries that may wait; with fewer requests than this a second none waits for another."""

EVERY_S: Final = 0.5
LONGEST_TARGET: Final = 1000

SEALED: Final = (
    "originator", "number", "at", "action", "by_name", "by_role", "by_nation", "credential",
    "address", "node", "request_id", "target", "status", "detail",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """What happened.

    Attributes:
        by: None where nobody known asked. concerns: nation in whose chain it stands. credential:
            how `by` was known: the first characters of a key, `session`, `token` or `command`.
            address: where from.
        target: method and path, or the command. status: of HTTP; 200 of a command.
    """

    action: Action
    by: Principal | None
    concerns: str
    credential: str
    target: str
    at: Microseconds = field(default_factory=lambda: time.time_ns() // 1000)
    status: int = 200
    address: str = ""
    node: str = ""
    request_id: str = ""
    detail: Mapping[str, Any] = field(default_factory=dict)


class Head(NamedTuple):
    """The last row of a chain; number 0 before the first."""

    number: int
    seal: bytes


EMPTY: Final = Head(0, b"")


def command_entry(action: Action, command: str, nation: str, detail: Mapping[str, Any]) -> Entry:
    """What who runs this process does by the command line, in the nation's chain."""
    by = Principal(name=getpass.getuser(), role="admin", nation=nation)
    return Entry(
        action=action, by=by, concerns=nation, credential="command", target=command, detail=detail
    )


def chained(entries: Sequence[Entry], heads: Mapping[str, Head]) -> list[dict[str, Any]]:
    """The entries as rows behind the heads of their chains, `at` in microseconds."""
    last = dict(heads)
    rows = []
    for entry in entries:
        head = last.get(entry.concerns, EMPTY)
        row: dict[str, Any] = {
            "originator": entry.concerns, "number": head.number + 1, "at": entry.at,
            "action": entry.action, **_who(entry.by), "credential": entry.credential,
            "address": entry.address, "node": entry.node, "request_id": entry.request_id,
            "target": entry.target[:LONGEST_TARGET], "status": entry.status,
            "detail": dict(entry.detail),
        }  # fmt: skip
        row["seal"] = seal(head.seal, row)
        last[entry.concerns] = Head(row["number"], row["seal"])
        rows.append(row)
    return rows


def _who(by: Principal | None) -> dict[str, str]:
    if by is None:
        return {"by_name": "", "by_role": "", "by_nation": ""}
    return {"by_name": by.name, "by_role": by.role, "by_nation": by.nation}


def seal(before: bytes, row: Mapping[str, Any]) -> bytes:
    """SHA-256 of the seal before and of the row's fields as JSON with sorted keys."""
    fields = {name: row[name] for name in SEALED}
    return hashlib.sha256(before + msgspec.json.encode(fields, order="sorted")).digest()


class Verdict(NamedTuple):
    """What became of verifying: the chains' heads, and the first row that does not fit, if any."""

    heads: Mapping[str, Head]
    broken: tuple[str, int] | None


async def verify(rows: AsyncIterable[Mapping[str, Any]]) -> Verdict:
    """The verdict on rows in order of chain and number, `at` in microseconds."""
    heads: dict[str, Head] = {}
    async for row in rows:
        before = heads.get(row["originator"], EMPTY)
        if row["number"] != before.number + 1 or row["seal"] != seal(before.seal, row):
            return Verdict(heads, (row["originator"], row["number"]))
        heads[row["originator"]] = Head(row["number"], row["seal"])
    return Verdict(heads, None)


def document_of(row: Mapping[str, Any]) -> dict[str, Any]:
    """A row of the table with what is sealed as it was sealed."""
    return {**row, "at": to_us(row["at"]), "detail": msgspec.json.decode(row["detail"])}


class Audit:
    """Entries on their way to the database: nothing is shown whose entry is not at least here.

    Args:
        write: appends entries to their chains, in one transaction.
    """

    def __init__(
        self, write: Callable[[Sequence[Entry]], Awaitable[None]], *, capacity: int = CAPACITY
    ) -> None:
        self._write = write
        self._capacity = capacity
        self._waiting: list[Entry] = []
        self._writing = asyncio.Lock()

    def __len__(self) -> int:
        return len(self._waiting)

    async def record(self, entry: Entry) -> None:
        """Takes the entry; waits, and writes, while too many are waiting already.

        Raises:
            UnavailableError: they cannot be written, so that nothing may be shown either.
        """
        while len(self._waiting) >= self._capacity:
            await self.flush()
        self._waiting.append(entry)

    async def flush(self) -> None:
        """Writes what is waiting.

        Raises:
            UnavailableError: the database does not take it; it waits on.
        """
        async with self._writing:
            batch = self._waiting[:]
            if not batch:
                return
            try:
                await self._write(batch)
            except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
                raise UnavailableError(f"the audit cannot be written: {error!r}") from error
            del self._waiting[: len(batch)]

    async def run(self) -> None:
        """Writes for ever; what a database that is away does not take is tried again."""
        failing = False
        while True:
            await asyncio.sleep(EVERY_S)
            try:
                await self.flush()
                failing = False
            except UnavailableError as error:
                if not failing:
                    _log.error("%s; %d entries wait", error, len(self))
                failing = True

    async def close(self) -> None:
        """Writes what is left; what cannot be written goes to the log, so that it is not lost."""
        try:
            await self.flush()
        except UnavailableError as error:
            _log.error("%s; %d entries follow", error, len(self))
            for entry in self._waiting:
                _log.error("audit: %s", msgspec.json.encode(entry).decode())
