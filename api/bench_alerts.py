"""Measures the way of an alert: from the report that lets it be found to its delivery.

Everything is real: a paced feed of the exercise `world` through gateway, log, tracker, watch with
detectors and assessments, outbox, courier, and a webhook receiver that checks each signature. The
feed is played faster than it was made, so that a small fleet gives many reports.

The engine decides minute by minute, when a feed's watermark has passed the end of one. The clock
of an alert starts when the first report is played that takes the watermark there: what comes
before it is the definition, whose lateness a node sets itself.
"""

import asyncio
import ipaddress
import time
from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO, Final

import asyncpg
from aiohttp import web
from cryptography.fernet import Fernet
from standardwebhooks import Webhook

from api.bell import Bell
from api.bench_ingest import (
    MESSAGES_A_MINUTE,
    WARM_MIN,
    _drained,
    _first_part,
    _made,
    _open_folder,
    _passed,
    _servers,
    _unless_failed,
)
from api.channel.webhook import webhook_sender
from api.delivery import Delivery
from api.http.routes_subscriptions import new_secret
from api.outward import Guard
from api.policy import Principal
from api.routing import Filter, Subscription
from api.secret import SecretBox
from api.store_subscriptions import add
from api.watch import Fleet, watch
from api.writing import Sharing
from ingest.log import JetStreamLog
from ingest.source import Chunk
from ingest.source.feed import READ_BYTES
from ingest.stage import Flow, append_live, track
from risk.assess import Assessor
from sea.errors import UnavailableError
from sea.instants import parse_utc
from sea.units import HOUR_US, MINUTE_US, SECOND_US, Microseconds

TARGET_S: Final = 2.0
SETTLE_S: Final = 30.0
"""After the feed's end: what was found is still delivered."""

_URL: Final = "bench:alerts"
_LOOPBACK: Final = ipaddress.ip_network("127.0.0.0/8")
_POLL_S: Final = 0.05
_WAITING: Final = "SELECT count(*) FROM deliveries WHERE status = 'waiting'"
_UNASSESSED: Final = "SELECT NOT EXISTS (SELECT FROM assessments)"
"""The first assessment looks for the ways of all ships to their ports; it is outside the clock."""


@dataclass(slots=True)
class Played:
    """When each second of the feed was played, and which alerts came when; unix s."""

    at: dict[int, float] = field(default_factory=dict)
    received: list[tuple[Microseconds, str, float, float]] = field(default_factory=list)

    def latencies(self) -> list["Latency"]:
        """Of each alert whose minute ended within the feed."""
        found = []
        first, last = min(self.at), max(self.at)
        for decided_at, rule, raised, received in self.received:
            second = -(-decided_at // MINUTE_US) * MINUTE_US // SECOND_US
            while second not in self.at and second <= last:
                second += 1
            if first < second <= last:
                played = self.at[second]
                found.append(
                    Latency(rule=rule, written_s=raised - played, whole_s=received - played)
                )
        return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Latency:
    """Seconds from the deciding report until the alert was written, and was delivered."""

    rule: str
    written_s: float
    whole_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """What one run gave; seconds from the deciding report to the receiver."""

    vessels: int
    reports: int
    wall_s: float
    lost: int
    latencies: Sequence[Latency]

    def quantile(self, share: float) -> float:
        """Seconds that this share of the alerts took at most."""
        return _quantile((each.whole_s for each in self.latencies), share)

    def by_rule(self) -> dict[str, list[float]]:
        """Seconds of each rule's alerts."""
        found: dict[str, list[float]] = {}
        for each in self.latencies:
            found.setdefault(each.rule, []).append(each.whole_s)
        return dict(sorted(found.items()))

    def document(self) -> dict[str, Any]:
        """As JSON values."""
        return {
            "vessels": self.vessels, "positions": self.reports,
            "positions_per_s": round(self.reports / self.wall_s), "alerts": len(self.latencies),
            "lost": self.lost,
            **{f"p{share}_s": round(self.quantile(share / 100), 3) for share in (50, 90, 99, 100)},
            **{
                f"p{share}_until_written_s": round(
                    _quantile((each.written_s for each in self.latencies), share / 100), 3
                )
                for share in (50, 99)
            },
        }  # fmt: skip


def _quantile(seconds: Iterable[float], share: float) -> float:
    ordered = sorted(seconds)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


async def measure(vessels: int, reports_per_s: int, seconds: float) -> Figures:
    """Plays so many reports a second of so many vessels for so long.

    Raises:
        UnavailableError: a server or the making of the feed failed, or no alert was found.
    """
    speed = reports_per_s * 60 / (vessels * MESSAGES_A_MINUTE)
    with _open_folder() as folder:
        start_us = time.time_ns() // 1000 // HOUR_US * HOUR_US - 3 * HOUR_US
        minutes = WARM_MIN + seconds * speed / 60
        feed = await _made(folder, vessels, minutes / 60, start_us)
        async with _servers(folder) as (log, database):
            return await _measured(vessels, feed, start_us, speed, log, database)


async def _measured(
    vessels: int, feed: Path, start_us: Microseconds, speed: float, log: JetStreamLog,
    database: asyncpg.Pool,
) -> Figures:  # fmt: skip
    flow, played = Flow(source=_URL), Played()
    warm, go, over = asyncio.Event(), asyncio.Event(), asyncio.Event()
    sharing = Sharing(originator="XX", releasable_to=("*",), exercise="world")
    box, secret = SecretBox(Fernet.generate_key()), new_secret()
    assessor = await asyncio.to_thread(Assessor)
    database_url = await _url_of(database)
    url, receiver = await _receiver(played, secret)
    guard, bell = Guard(networks=[_LOOPBACK]), Bell()
    with feed.open("rb") as file:
        chunks = _paced(file, start_us, speed, played, (warm, go, over))
        async with webhook_sender(guard) as sender:
            couriers = Delivery(database, {"webhook": sender}, box, bell)
            tasks = [
                asyncio.create_task(stage)
                for stage in (
                    append_live(log, chunks, source=_URL, lateness_us=0, flow=flow),
                    track(log, database),
                    watch(log, database, fleet=Fleet(), sharing=sharing, assessor=assessor),
                    bell.listen(database_url),
                    couriers.run(),
                )
            ]
            try:
                await _unless_failed(warm.wait(), *tasks)
                await _unless_failed(_drained(log, database), *tasks)
                await _unless_failed(_until_none(database, _UNASSESSED), *tasks)
                await _subscribe(database, url, box.close(secret))
                before, began = flow.rows, time.monotonic()
                go.set()
                await _unless_failed(over.wait(), *tasks)
                wall_s = time.monotonic() - began
                rows = flow.rows - before
                await _unless_failed(_settled(database, log), *tasks)
            finally:
                for task in tasks:
                    task.cancel()
                await asyncio.gather(*tasks, return_exceptions=True)
                await receiver.cleanup()
    lost = await database.fetchval("SELECT count(*) FROM deliveries WHERE status <> 'delivered'")
    latencies = played.latencies()
    if not latencies:
        raise UnavailableError("no alert was found; play more vessels, or for longer")
    return Figures(
        vessels=vessels, reports=rows, wall_s=wall_s, lost=lost, latencies=latencies
    )  # fmt: skip


async def _url_of(database: asyncpg.Pool) -> str:
    """The URL that the pool was made of, to listen by a connection of one's own."""
    async with database.acquire() as connection:
        address, port = connection._addr
        params = connection._params
    return f"postgresql://{params.user}:{params.password}@{address}:{port}/{params.database}"


async def _subscribe(database: asyncpg.Pool, url: str, secret: bytes) -> None:
    owner = Principal(name="bench", role="watch_officer", nation="XX")
    await add(
        database,
        Subscription(
            id="bench", name="bench", owner=owner, channel="webhook", target={"url": url},
            filter=Filter(min_severity="notice"),
        ),
        secret,
    )  # fmt: skip


async def _receiver(played: Played, secret: str) -> tuple[str, web.AppRunner]:
    """A partner that checks signatures; an alert with a wrong one would be refused, and lost."""
    hook = Webhook(secret)

    async def take(request: web.Request) -> web.Response:
        told = hook.verify(await request.read(), dict(request.headers))["data"]
        event = told.get("event")
        decided_at = parse_utc(event["detected_at"] if event else told["onset_at"])
        raised = parse_utc(told["raised_at"]) / SECOND_US
        played.received.append((decided_at, told["rule"], raised, time.time()))
        return web.Response(status=204)

    application = web.Application()
    application.router.add_post("/", take)
    runner = web.AppRunner(application, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    return f"http://127.0.0.1:{runner.addresses[0][1]}/", runner


async def _paced(
    file: BinaryIO, start_us: Microseconds, speed: float, played: Played,
    gates: tuple[asyncio.Event, asyncio.Event, asyncio.Event],
) -> AsyncIterator[Chunk]:  # fmt: skip
    """A first part as fast as it is taken, then each second of the feed when its time has come."""
    warm, go, over = gates
    left = _first_part(file, start_us + WARM_MIN * MINUTE_US)
    now_us = time.time_ns() // 1000
    while left > 0:
        data = file.read(min(READ_BYTES, left))
        left -= len(data)
        yield Chunk(data=data, received_at=now_us, source=_URL)
        await asyncio.sleep(0)
    warm.set()
    await go.wait()
    began, first = time.monotonic(), None
    for second, data in _seconds(file):
        first = second if first is None else first
        await asyncio.sleep(max(0.0, began + (second - first) / speed - time.monotonic()))
        played.at[second] = time.time()
        yield Chunk(data=data, received_at=now_us, source=_URL)
    over.set()
    await asyncio.Event().wait()


def _seconds(file: BinaryIO) -> Iterator[tuple[int, bytes]]:
    """The lines of each second, by the receivers' clock in their tag blocks."""
    lines: list[bytes] = []
    current = None
    for line in file:
        at = line.find(b",c:")
        second = int(line[at + 3 : line.index(b"*", at)]) if at >= 0 else current
        if second != current and current is not None:
            yield current, b"".join(lines)
            lines = []
        current = second
        lines.append(line)
    if current is not None:
        yield current, b"".join(lines)


async def _settled(database: asyncpg.Pool, log: JetStreamLog) -> None:
    """Returns when the log is read to its end and nothing waits, or after a time."""
    await asyncio.sleep(_POLL_S)
    await _passed(database, await log.last_offset())
    async with asyncio.timeout(SETTLE_S):
        await _until_none(database, _WAITING)


async def _until_none(database: asyncpg.Pool, query: str) -> None:
    while await database.fetchval(query):
        await asyncio.sleep(_POLL_S)
