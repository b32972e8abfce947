"""The live stream: once a second what has changed, to everyone who watches.

database and view -> one round of frames for each audience (principals whom the policy lets see
the same) -> a bounded mailbox a client. Nothing here waits for a client: who reads too slowly
loses frames, which is counted, and starts over from a snapshot.

A delta is the rows of the frame that differ from the round before, so a change that an audience
may not see does not show, not even as a row repeated.
"""

import asyncio
import logging
import struct
import time
from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import asyncpg
import msgspec
import numpy as np
import numpy.typing as npt

from api import metrics, store
from api.policy import Principal, Role, allowed, release_of
from api.store_reports import supplements_after
from api.view import FRAME, View
from sea.instants import iso_z

_log = logging.getLogger(__name__)

Format = Literal["binary", "json"]
Message = bytes | str

VERSION = 1
SNAPSHOT, DELTA = 0, 1
_HEADER = struct.Struct("<4sBBHII")
_MAGIC = b"SPL1"
_NAMES = {SNAPSHOT: "snapshot", DELTA: "delta"}


class Mailbox:
    """What is on its way to one client: at most `size` messages, the oldest are dropped.

    Attributes:
        stale: messages were dropped, so the client needs a snapshot. dropped: how many.
    """

    def __init__(self, principal: Principal, form: Format, size: int) -> None:
        self.principal = principal
        self.form = form
        self.size = size
        self.stale = True
        self.dropped = 0
        self._messages: deque[Message] = deque()
        self._filled = asyncio.Event()

    def put(self, message: Message) -> None:
        """Adds a message; never waits."""
        if len(self._messages) >= self.size:
            self._messages.popleft()
            self.dropped += 1
            self.stale = True
            metrics.LIVE_DROPPED.inc()
        self._messages.append(message)
        self._filled.set()

    def restart(self, message: Message) -> None:
        """Puts a snapshot in place of everything not yet taken."""
        lost = len(self._messages)
        self.dropped += lost
        metrics.LIVE_DROPPED.inc(lost)
        self._messages.clear()
        self.stale = False
        self.put(message)

    @property
    def full(self) -> bool:
        """Whether the next message would push one out."""
        return len(self._messages) >= self.size

    async def take(self) -> Message:
        """The oldest message, as soon as there is one."""
        while not self._messages:
            self._filled.clear()
            await self._filled.wait()
        return self._messages.popleft()


@dataclass(slots=True, kw_only=True)
class _Channel:
    """What one audience was last told.

    Attributes:
        rows: the whole frame by slot. sequence: number of the round.
    """

    principal: Principal
    rows: npt.NDArray[np.void]
    sequence: int = 0


class Live:
    """Follows the database into the view, and the view out to the clients."""

    def __init__(
        self,
        *,
        view: View,
        database: asyncpg.Pool,
        interval_s: float = 1.0,
        queue: int = 32,
    ) -> None:
        self._view = view
        self._database = database
        self._interval_s = interval_s
        self._queue = queue
        self._clients: set[Mailbox] = set()
        self._channels: dict[tuple[Role, str], _Channel] = {}
        self._seen: dict[str, int] | None = None
        self._picture_revision = 0
        self._heard_at: float | None = None
        self.following = False

    async def run(self) -> None:
        """Rounds for ever; a database that is away is asked again the next round."""
        while True:
            started = time.monotonic()
            await self.round()
            took = time.monotonic() - started
            metrics.LIVE_TICK_SECONDS.observe(took)
            await asyncio.sleep(max(0.0, self._interval_s - took))

    async def round(self) -> None:
        """Reads what is new and hands out one frame to every client."""
        try:
            happened = await self._follow()
            self.following = True
        except (
            asyncpg.PostgresConnectionError,
            asyncpg.InterfaceError,
            OSError,
            TimeoutError,
        ) as e:
            metrics.LIVE_POLL_FAILURES.inc()
            if self.following:
                _log.warning("the live stream cannot read the database: %r", e)
            self.following = False
            happened = []
        self.fan_out(happened)

    def join(self, principal: Principal, form: Format) -> Mailbox:
        """A new client's mailbox, with a snapshot in it already."""
        mailbox = Mailbox(principal, form, self._queue)
        channel = self._channels.get(principal.audience)
        if channel is None:
            channel = _Channel(principal=principal, rows=self._view.frame(principal))
            self._channels[principal.audience] = channel
        mailbox.restart(self._frame(channel, form, SNAPSHOT, channel.rows, ()))
        mailbox.put(self._notice(principal, self._view.open_events(principal)))
        self._clients.add(mailbox)
        metrics.LIVE_CLIENTS.set(len(self._clients))
        return mailbox

    def leave(self, mailbox: Mailbox) -> None:
        """Forgets a client; an audience without clients costs nothing."""
        self._clients.discard(mailbox)
        metrics.LIVE_CLIENTS.set(len(self._clients))
        watched = {m.principal.audience for m in self._clients}
        self._channels = {a: c for a, c in self._channels.items() if a in watched}

    def fan_out(self, happened: Iterable[Mapping[str, Any]]) -> None:
        """Hands one round to every client; `happened` are event rows new or changed."""
        rows = list(happened)
        if self._view.picture.revision != self._picture_revision:
            self._picture_revision = self._view.picture.revision
            self._heard_at = time.monotonic()
        metrics.VESSELS.set(len(self._view.picture))
        for audience, channel in self._channels.items():
            clients = [m for m in self._clients if m.principal.audience == audience]
            self._tell(channel, clients, rows)

    async def _follow(self) -> list[store.Row]:
        """Takes new rows into the view; the first time, what is current."""
        if self._seen is None:
            now = await store.revision(self._database)
            for row in await store.newest_plans(self._database, now):
                self._view.planned(row)
            async for part in store.newest_assessments(self._database, now):
                self._view.assessed(part)
            self._view.happened(await store.open_events(self._database, now))
            self._seen = dict.fromkeys(("events", "assessments", "plans"), now) | {"supplements": 0}
        events = await store.events_after(self._database, self._seen["events"])
        plans = await store.plans_after(self._database, self._seen["plans"])
        if events:
            self._view.happened(events)
        async for part in store.assessments_after(self._database, self._seen["assessments"]):
            self._view.assessed(part)
            self._seen["assessments"] = part[-1]["revision"]
        supplements = await supplements_after(self._database, self._seen["supplements"])
        if supplements:
            self._view.supplemented(supplements)
            self._seen["supplements"] = max(row["revision"] for row in supplements)
        for plan in plans:
            self._view.planned(plan)
        for table, rows in (("events", events), ("plans", plans)):
            if rows:
                self._seen[table] = rows[-1]["revision"]
        return events

    def _tell(
        self, channel: _Channel, clients: list[Mailbox], happened: list[Mapping[str, Any]]
    ) -> None:
        principal = channel.principal
        rows = self._view.frame(principal)
        changed = rows[: len(channel.rows)] != channel.rows
        delta = np.concatenate([rows[: len(changed)][changed], rows[len(changed) :]])
        channel.rows = rows
        channel.sequence += 1
        events = [
            row["document"] for row in happened if allowed(principal, release_of("event", row))
        ]
        notices = {DELTA: self._notice(principal, events)}
        made: dict[tuple[Format, int], Message] = {}
        for client in clients:
            kind = SNAPSHOT if client.stale else DELTA
            if client.stale and client.full:
                continue  # it has not read since: another snapshot would only be dropped too
            if (client.form, kind) not in made:
                part = rows if kind == SNAPSHOT else delta
                made[client.form, kind] = self._frame(channel, client.form, kind, part, events)
            if kind not in notices:
                notices[kind] = self._notice(principal, self._view.open_events(principal))
            send = client.restart if kind == SNAPSHOT else client.put
            send(made[client.form, kind])
            client.put(notices[kind])

    def _frame(
        self,
        channel: _Channel,
        form: Format,
        kind: int,
        rows: npt.NDArray[np.void],
        events: Iterable[Mapping[str, Any]],
    ) -> Message:
        if form == "binary":
            return encode(rows, kind=kind, sequence=channel.sequence)
        view, principal = self._view, channel.principal
        slots = (view.picture.slot_of(mmsi) for mmsi in _located(rows)["mmsi"].tolist())
        return msgspec.json.encode(
            {
                "v": VERSION,
                "type": _NAMES[kind],
                "at": _z(view.latest_us),
                "sequence": channel.sequence,
                "vessels": [view.brief(slot, principal) for slot in slots if slot is not None],
                "events": view.open_events(principal) if kind == SNAPSHOT else list(events),
                "plan_revision": view.plan_revision(principal),
            }
        ).decode()

    def _notice(self, principal: Principal, events: Iterable[Mapping[str, Any]]) -> str:
        heard = self._heard_at
        return msgspec.json.encode(
            {
                "v": VERSION,
                "type": "notice",
                "at": _z(self._view.latest_us),
                "server_time": iso_z(time.time_ns() // 1_000_000 * 1000),
                "data_age_s": None if heard is None else round(time.monotonic() - heard, 1),
                "events": list(events),
                "plan_revision": self._view.plan_revision(principal),
                "counts": self._view.counts(principal),
            }
        ).decode()


def encode(rows: npt.NDArray[np.void], *, kind: int, sequence: int) -> bytes:
    """The binary frame: a header of 16 bytes, then the columns of `FRAME`, by MMSI.

    Header, little-endian: ``SPL1``, u8 version, u8 kind (0 snapshot, 1 delta), u16 reserved,
    u32 count, u32 sequence.
    """
    rows = _located(rows)
    header = _HEADER.pack(_MAGIC, VERSION, kind, 0, len(rows), sequence & 0xFFFFFFFF)
    return header + b"".join(rows[name].tobytes() for name in FRAME.names or ())


def _located(rows: npt.NDArray[np.void]) -> npt.NDArray[np.void]:
    located = rows[rows["reported_at"] > 0]
    return located[np.argsort(located["mmsi"])]


def _z(instant_us: int | None) -> str | None:
    return None if instant_us is None else iso_z(instant_us)
