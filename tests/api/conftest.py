"""A whole API on a real database, and the rows and reports to fill it with."""

import asyncio
import json
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import asyncpg
import numpy as np
import pytest
from aiohttp.test_utils import TestClient, TestServer

from api import auth
from api.alerting import Alerting
from api.channel.parcel import Parcel
from api.hotspots import Hotspots
from api.http.application import make_application
from api.http.routes_challenger import ADOPTED
from api.live import Live
from api.migrate import migrate
from api.policy import Principal
from api.settings import Settings
from api.view import View
from api.writing import Sharing
from api.writing import _alert as alert_row
from ingest.batch import ReportBatch, StaticBatch
from ingest.picture import Picture
from risk.event import Event
from risk.hazard import HazardField

FIELD = HazardField.fit()
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
NOON_US = int(NOON.timestamp()) * 1_000_000


def officer(**changes):
    return Principal(**{"name": "Ana", "role": "watch_officer", "nation": "MX"} | changes)


def reports(*mmsis, at=NOON_US, lon=-90.0, lat=10.0, **columns):
    n = len(mmsis)
    row = dict(
        reported_at=at, received_at=at, lon=lon, lat=lat, sog=12.3, cog=90.5, heading=91.0,
        rot=0.0, nav_status=0, msg_type=1, source=None,
    )  # fmt: skip
    filled = {name: [value] * n for name, value in (row | columns).items()}
    return ReportBatch.of(mmsi=list(mmsis), **filled)


def static(mmsi, at=NOON_US, **fields):
    row = dict(
        mmsi=mmsi, reported_at=at, received_at=at, msg_type=5, source=None, imo=0, callsign=None,
        name=None, ship_type=70, to_bow=100.0, to_stern=20.0, to_port=10.0, to_starboard=10.0,
        draught=8.5, destination="PAONX", eta=None,
    )  # fmt: skip
    return StaticBatch.of(**{name: [value] for name, value in (row | fields).items()})


def assessment(
    mmsi, *, at="2026-03-01T12:00:00Z", coercion=0.01, band="elevated", smuggling=0.0, low="low"
):
    def reason(code, contribution):
        return dict(
            code=code, text=code, contribution=contribution, event_ids=[], innocent_explanation=""
        )

    return {
        "mmsi": f"{mmsi:09d}",
        "assessed_at": at,
        "model": "test 1",
        "coercion": dict(
            probability=coercion, low=coercion / 2, high=2 * coercion, band=band, horizon_h=72.0,
            reasons=[reason("hazard", coercion)],
        ),
        "smuggling": dict(priority=smuggling, band=low, reasons=[reason("gap", smuggling)]),
    }  # fmt: skip


def event(event_id, *mmsis, timeline="live", releasable_to=("*",), originator="XC", **changes):
    """A row of table events, as a dictionary of its columns."""
    return dict(
        id=event_id, timeline=timeline, kind="gap", mmsis=list(mmsis), started_at=NOON,
        ended_at=None, detected_at=NOON + timedelta(minutes=5), lon=-90.0, lat=10.0,
        status="open", confidence=0.9, evidence={"silence_s": 3600.5}, originator=originator,
        releasable_to=list(releasable_to),
    ) | changes  # fmt: skip


def plan(**changes):
    """A row of table plans, as a dictionary of its columns."""
    scenario = {
        "assets": [{"id": "a1", "name": "Tester", "nation": "US", "class": "FRC"}],
        "requests": [
            {"id": "r1", "mmsis": ["200000001"], "rendezvous": [-90.0, 9.0]},
            {"id": "r2", "mmsis": ["200000002"], "rendezvous": [-91.0, 9.0]},
        ],
    }
    document = {
        "taskings": [{"asset": "a1", "escorts": [{"requests": ["r1"]}]}],
        "unserved": [{"request": "r2", "reason": "outbid", "detail": "", "would_cost": 0.1}],
        "risk_value": 0.5, "upper_bound": None,
    }  # fmt: skip
    return dict(
        timeline="live", made_at=NOON, scenario=scenario, document=document, originator="XC",
        releasable_to=["*"],
    ) | changes  # fmt: skip


def kept_what_if(**changes):
    """A row of table what_ifs, as a dictionary of its columns."""
    document = {"asked_of": "2026-03-01T12:00:00Z", "changes": [], "difference": {}, "gaps": {},
                "before": {}, "after": {}}  # fmt: skip
    return dict(by_name="Ana", by_nation="XC", document=document, originator="XC",
                releasable_to=["*"]) | changes  # fmt: skip


def vessel(**changes):
    return {
        "mmsi": "412000001", "flag": "CN", "name": "TESTER", "imo": 9074729, "callsign": "ABCD",
        "ship_type": 70, "lon": -81.2, "lat": -1.4, "sog_kn": 10.0, "cog_deg": 271.5,
        "reported_at": "2026-03-01T12:00:00Z",
    } | changes  # fmt: skip


def parcel(phase="raised", exercise=None, target=None, vessels=None, **changes):
    seen = Event(
        kind="loitering", mmsis=(412000001,), started_at=NOON_US, ended_at=None,
        detected_at=NOON_US, lon=-81.234567, lat=-1.4, status="open", confidence=0.9,
    )  # fmt: skip
    alert = Alerting().happened(seen, False, Picture())
    row = alert_row(alert, Sharing(originator="XC", releasable_to=("MX", "US"), exercise=exercise))
    document = row.document | {
        "raised_at": "2026-03-01T12:00:05.123456Z", "originator": "XC",
        "releasable_to": ["MX", "US"], "vessels": vessels or [vessel()],
        "withdrawn_at": None if phase == "raised" else "2026-03-01T13:00:00Z",
    } | changes  # fmt: skip
    return Parcel(subscription="s1", nation="US", name="mine", phase=phase, document=document,
                  target=target or {})  # fmt: skip


class World:
    """The API under test with everything around it."""

    def __init__(self, database, page):
        self.database = database
        self.settings = Settings(
            data_dir=page, rate_per_s=1e6, rate_burst=1_000_000, webhook_networks=["127.0.0.0/8"]
        )
        self.view = View()
        self.live = Live(view=self.view, database=database, queue=4)
        self.stages = {"gateway": True, "watch": True}
        self.application = make_application(
            settings=self.settings, database=database, view=self.view, live=self.live,
            ready=lambda: self.stages, page=page, exercise="test",
            hotspots=Hotspots(FIELD),
        )  # fmt: skip

    async def sign(self, **changes):
        """Headers of a new principal."""
        number = await self.database.fetchval("SELECT count(*) FROM keys")
        key = await auth.create_key(self.database, officer(name=f"p{number}", **changes))
        return {"Authorization": f"Bearer {key}"}

    def hear(self, *mmsis, name=None, **columns):
        names = [static(m, name=name) for m in mmsis if name]
        self.view.apply(reports(*mmsis, **columns), StaticBatch.concat(names))

    async def store(self, table, *rows):
        for row in rows:
            values = [json.dumps(v) if isinstance(v, dict) else v for v in row.values()]
            marks = ", ".join(f"${i}" for i in range(1, len(row) + 1))
            await self.database.execute(
                f"INSERT INTO {table} ({', '.join(row)}) VALUES ({marks})", *values
            )

    async def store_assessment(self, document, *, originator="XC", releasable_to=("*",)):
        await self.store(
            "assessments",
            dict(
                timeline="live", mmsi=int(document["mmsi"]),
                assessed_at=datetime.fromisoformat(document["assessed_at"]), document=document,
                originator=originator, releasable_to=list(releasable_to),
            ),
        )  # fmt: skip

    async def store_positions(self, mmsi, *points, step_s=60):
        """Stored positions of (lon, lat), a minute apart, the first at noon."""
        for i, (lon, lat) in enumerate(points):
            t = NOON + timedelta(seconds=i * step_s)
            await self.store(
                "positions",
                dict(t=t, mmsi=mmsi, lon=round(lon * 1e7), lat=round(lat * 1e7), sog=123, cog=None,
                     heading=91, nav_status=0, msg_type=1, received_at=t),
            )  # fmt: skip

    def asks_anew(self):
        """Lets the next request ask the database which challenger is in use."""
        self.application[ADOPTED].forget()

    async def get(self, path, headers=None, **options):
        return await self.client.get(path, headers=headers, **options)


@pytest.fixture(scope="session")
def api_database_url(servers):
    """A migrated database that this folder's tests share; `database` empties it for each."""

    async def create():
        admin = await asyncpg.connect(servers.postgres)
        await admin.execute("CREATE DATABASE api_tests")
        await admin.close()
        url = servers.postgres.rpartition("/")[0] + "/api_tests"
        await migrate(url)
        return url

    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, create()).result(60)


@pytest.fixture
async def database(api_database_url):
    async with asyncpg.create_pool(api_database_url, min_size=1, max_size=6) as pool:
        await pool.execute(
            "TRUNCATE events, assessments, plans, positions, coverage, keys, sessions, sources,"
            " escort_decisions, what_ifs, reports, report_retractions, report_judgements,"
            " supplements, challengers, statics, zones, alerts, alert_states, alert_actions,"
            " alert_silences, subscriptions, deliveries RESTART IDENTITY"
        )
        async with pool.acquire() as connection:  # the audit refuses it to all but a replica
            await connection.execute("SET session_replication_role = replica")
            await connection.execute("TRUNCATE audit")
            await connection.execute("SET session_replication_role = origin")
        yield pool


@pytest.fixture
async def world(database, tmp_path):
    world = World(database, tmp_path)
    async with TestClient(TestServer(world.application)) as client:
        world.client = client
        yield world


@pytest.fixture(scope="session")
def make():
    """The factories of this folder, by name."""

    class Make:
        noon, noon_us = NOON, NOON_US
        officer = staticmethod(officer)
        reports = staticmethod(reports)
        static = staticmethod(static)
        assessment = staticmethod(assessment)
        event = staticmethod(event)
        plan = staticmethod(plan)
        kept_what_if = staticmethod(kept_what_if)
        vessel, parcel = staticmethod(vessel), staticmethod(parcel)
        no_statics = StaticBatch.empty()
        nan = np.nan

    return Make
