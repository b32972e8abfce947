"""The service: servers, stages and HTTP of one process, started and stopped together.

`run` is the composition root. One TaskGroup owns every stage; a stage that fails stops them all.
"""

import asyncio
import fcntl
import gc
import json
import logging
import os
import signal
import ssl
import time
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal

import asyncpg
from aiohttp import web

from api import auth, store
from api.bell import Bell
from api.channel.parcel import Sender
from api.channel.senders import open_senders
from api.delivery import Delivery
from api.embedded import embedded_nats, embedded_postgres
from api.flows import watch_flow
from api.follow import follow
from api.gateway import gateways, open_sources
from api.hazard import assessor_of
from api.hotspots import Hotspots
from api.http.application import make_application, make_runner
from api.http.auditing import AUDIT
from api.live import Live
from api.migrate import migrate
from api.policy import Principal
from api.routing import Channel
from api.running import FILE
from api.secret import secret_box
from api.settings import Settings
from api.view import View
from api.watch import Fleet, watch
from api.writing import Sharing
from escort.fleet import exercise_burden, exercise_fleet
from ingest.exercise import Exercise
from ingest.log import JetStreamLog, Log
from ingest.source import Chunk
from ingest.stage import EXERCISE_PAST_US, Flow, append_exercise, track
from ingest.stage_rebroadcast import Rebroadcast
from risk.assess import Assessor
from sea.errors import BadInputError, SafePassageError, UnavailableError
from sea.units import DAY_US, HOUR_US, MINUTE_US, Microseconds

_log = logging.getLogger(__name__)

Stage = tuple[str, Coroutine[Any, Any, object]]
Role = Literal["all", "gateway", "tracker", "watch", "api"]
ROLES: Final[tuple[Role, ...]] = ("all", "gateway", "tracker", "watch", "api")
EXERCISE_H = 24.0 * 14
"""Length of an exercise; a day before its end another begins at the next start."""

EXERCISE_VESSELS = 300
DEPLOYED_H = 96.0
STOP_S = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Orders:
    """What the command line asks of the service, beside the settings."""

    sources: tuple[str, ...] = ()
    rebroadcast: tuple[str, ...] = ()
    exercise: str | None = None
    role: Role = "all"
    seed: int = 0
    say: Callable[[str], None] = lambda line: None


def run(settings: Settings, orders: Orders) -> None:
    """Runs the service until it is told to stop; returns after an orderly stop.

    Raises:
        UnavailableError: a server or port cannot be had, or another service uses the folder.
        BadInputError: the orders do not fit together.
    """
    embedded = settings.database_url is None or settings.nats_url is None
    if embedded and orders.role != "all":
        raise BadInputError(
            f"the role {orders.role} alone needs servers that all roles share",
            mend="set SAFEPASSAGE_DATABASE_URL and SAFEPASSAGE_NATS_URL",
        )
    if orders.role in ("all", "gateway"):
        open_sources(settings, orders.sources)  # what is wrong is said before servers start
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    spare_what_is_loaded()
    with _alone_in(settings.data_dir, orders.role):
        try:
            asyncio.run(_main(settings, orders))
        except (asyncio.CancelledError, KeyboardInterrupt):
            orders.say("Stopped.")
        except BaseExceptionGroup as group:
            ours, others = group.split(SafePassageError)
            if ours is None or others is not None:
                raise
            raise _first(ours) from group


def spare_what_is_loaded() -> None:
    """Keeps the garbage collector from what lives as long as the process, mostly code.

    A full collection went through it for 0.1 s at a time, in the middle of an answer to a report.
    """
    gc.collect()
    gc.freeze()


def _first(group: BaseExceptionGroup[SafePassageError]) -> SafePassageError:
    error = group.exceptions[0]
    return _first(error) if isinstance(error, BaseExceptionGroup) else error


async def _main(settings: Settings, orders: Orders) -> None:
    task = asyncio.current_task()
    assert task is not None  # asyncio.run made it
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, _stop, task)
    async with _backbone(settings) as (database_url, nats_url):
        for name in await migrate(database_url):
            _log.info("migrated: %s", name)
        await _serve(settings, orders, database_url, nats_url)


def _stop(main: asyncio.Task[None]) -> None:
    """Asks the service to stop; if that takes too long, or at a second signal, ends the process.

    The embedded servers then still end in order, see `api.lifeline`.
    """
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGTERM, os._exit, 1)
    loop.call_later(STOP_S, os._exit, 1)
    main.cancel()


async def _serve(settings: Settings, orders: Orders, database_url: str, nats_url: str) -> None:
    async with AsyncExitStack() as stack:
        database = await store.open_database(database_url, connections=settings.database_pool)
        stack.push_async_callback(database.close)
        log = await stack.enter_async_context(
            JetStreamLog(nats_url, replicas=settings.nats_replicas)
        )
        senders: Mapping[Channel, Sender] = {}
        if orders.role in ("all", "api"):
            senders = await stack.enter_async_context(open_senders(settings, nats_url))
        group = await stack.enter_async_context(asyncio.TaskGroup())
        assessor = await asyncio.to_thread(assessor_of, settings)
        for name, stage in _stages(settings, orders, log, database, assessor):
            group.create_task(stage, name=name)
        address = f"http://{settings.host}:{settings.port}"
        if orders.role in ("all", "api"):
            view = View()
            live = Live(view=view, database=database, interval_s=settings.live_interval_s,
                        queue=settings.live_queue)  # fmt: skip
            group.create_task(follow(log, database, view), name="follow")
            group.create_task(live.run(), name="live")
            bell = Bell()
            group.create_task(bell.listen(database_url), name="bell")
            couriers = Delivery(database, senders, secret_box(settings), bell)
            group.create_task(couriers.run(), name="delivery")
            application = make_application(
                settings=settings, database=database, view=view, live=live,
                ready=lambda: {"live": live.following, "log": log.connected},
                exercise=orders.exercise, hotspots=Hotspots(assessor.hazard),
                hazard=assessor.hazard, bell=bell,
            )  # fmt: skip
            group.create_task(application[AUDIT].run(), name="audit")
            address = await stack.enter_async_context(_listening(application, settings))
            link = await _sign_in_link(database, settings, address)
            orders.say(f"Safe Passage is up. Sign in as watch officer: {link}")
        _announce(settings.data_dir, database_url, nats_url, address)
        stack.callback((settings.data_dir / FILE).unlink, missing_ok=True)
        await asyncio.Event().wait()


def _stages(
    settings: Settings,
    orders: Orders,
    log: JetStreamLog,
    database: asyncpg.Pool,
    assessor: Assessor,
) -> Iterator[Stage]:
    """Every stage of the role but those of the API."""
    if orders.role in ("all", "tracker"):
        yield "tracker", track(log, database)
    if orders.role in ("all", "watch"):
        sharing = Sharing(originator=settings.nation, releasable_to=settings.releasable_to,
                          exercise=orders.exercise)  # fmt: skip
        fleet = _fleet(orders.exercise)
        yield "watch", watch(log, database, fleet=fleet, sharing=sharing, assessor=assessor)
    if orders.role in ("all", "gateway"):
        outs = [Rebroadcast(url) for url in orders.rebroadcast]
        for out in outs:
            watch_flow(Flow(source=f"rebroadcast {out.url}", counts=out.counts))
            yield f"rebroadcast {out.url}", out.run()
        yield from _gateways(settings, orders, log, database, outs)


def _gateways(
    settings: Settings,
    orders: Orders,
    log: Log,
    database: asyncpg.Pool,
    outs: Sequence[Rebroadcast],
) -> Iterator[Stage]:
    def heard(chunk: Chunk) -> None:
        for out in outs:
            out.hear(chunk)

    yield from gateways(settings, orders.sources, log, database, heard)
    if orders.exercise is not None:
        exercise, start = _exercise(settings.data_dir, orders.exercise, orders.seed)
        yield "gateway exercise", append_exercise(log, exercise, start_us=start, heard=heard)


def _exercise(folder: Path, name: str, seed: int) -> tuple[Exercise, Microseconds]:
    """The data folder's exercise: begun once, gone on with at every start, until it is over.

    Then another begins, with the next seed.
    """
    file = folder / f"exercise-{name}-{seed}.json"
    now = time.time_ns() // 1000 // MINUTE_US * MINUTE_US
    begun = json.loads(file.read_text()) if file.exists() else {"seed": seed - 1, "start_us": 0}
    if now > begun["start_us"] + int(EXERCISE_H * HOUR_US) - DAY_US:
        begun = {"seed": begun["seed"] + 1, "start_us": now - EXERCISE_PAST_US}
        file.write_text(json.dumps(begun))
    start = int(begun["start_us"])
    exercise = Exercise(
        name, start_us=start, hours=EXERCISE_H, vessels=EXERCISE_VESSELS, seed=int(begun["seed"])
    )
    return exercise, start


def _fleet(exercise: str | None) -> Fleet:
    if exercise is None:
        return Fleet()
    return Fleet(assets=lambda now: exercise_fleet(now, DEPLOYED_H), burden=exercise_burden())


@asynccontextmanager
async def _backbone(settings: Settings) -> AsyncIterator[tuple[str, str]]:
    """URLs of PostgreSQL and NATS: those of the settings, or embedded ones."""
    async with AsyncExitStack() as stack:
        if settings.database_url is not None:
            database = settings.database_url.get_secret_value()
        else:
            database = await stack.enter_async_context(embedded_postgres(settings.data_dir))
        if settings.nats_url is not None:
            nats = settings.nats_url.get_secret_value()
        else:
            nats = await stack.enter_async_context(embedded_nats(settings.data_dir))
        yield database, nats


@asynccontextmanager
async def _listening(application: web.Application, settings: Settings) -> AsyncIterator[str]:
    runner = make_runner(application)
    tls = _tls(settings)
    await runner.setup()
    try:
        try:
            site = web.TCPSite(runner, settings.host, settings.port, ssl_context=tls)
            await site.start()
        except OSError as error:
            raise UnavailableError(
                f"cannot listen on {settings.host}:{settings.port} ({error.strerror}); "
                "choose another with --port"
            ) from error
        host, port = runner.addresses[0][:2]
        yield f"{'http' if tls is None else 'https'}://{host}:{port}"
    finally:
        await runner.cleanup()


def _tls(settings: Settings) -> ssl.SSLContext | None:
    """TLS 1.2 or later with the settings' certificate; None: plain HTTP."""
    if settings.tls_certificate is None or settings.tls_key is None:
        return None
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    try:
        context.load_cert_chain(settings.tls_certificate, settings.tls_key)
    except (OSError, ssl.SSLError) as error:
        raise BadInputError(
            f"the TLS certificate or key cannot be read: {error}", field="tls_certificate"
        ) from error
    return context


async def _sign_in_link(database: asyncpg.Pool, settings: Settings, address: str) -> str:
    officer = Principal(
        name="watch officer", role="watch_officer", nation=settings.nation, ports=()
    )
    token = await auth.create_sign_in_link(database, officer, hours=settings.link_h)
    return f"{settings.public_url or address}/sign-in?token={token}"


def _announce(folder: Path, database_url: str, nats_url: str, address: str) -> None:
    """Tells other commands where we are; the URLs hold passwords, so the file is private."""
    file = folder / FILE
    draft = file.with_suffix(".part")
    draft.touch(mode=0o600)
    told: Mapping[str, object] = {
        "database_url": database_url, "nats_url": nats_url, "http_url": address, "pid": os.getpid(),
    }  # fmt: skip
    draft.write_text(json.dumps(told))
    draft.replace(file)


@contextmanager
def _alone_in(folder: Path, role: Role) -> Iterator[None]:
    """Holds the folder's lock; the kernel lets go of it however we end."""
    with (folder / f"lock-{role}").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise UnavailableError(
                f"a service already runs in {folder}; stop it or choose another --data-dir"
            ) from None
        yield
