"""One policy for every route: with and without the records that may not be seen, all is equal.

Hypothesis draws records of every kind and a reader; two nodes are filled, one with all records, one
with those alone that the policy lets the reader see, and everything is asked of both: every
operation that `OPERATIONS` has, lists page by page, the live stream, the export. More examples by
SAFEPASSAGE_POLICY_EXAMPLES.
"""

import json
import os
import re
from datetime import timedelta

import hypothesis.strategies as st
import pyarrow.parquet as pq
import pytest
from aiohttp.test_utils import TestClient, TestServer
from hypothesis import HealthCheck, Phase, example, given, note, settings

from api import auth, store_audit, store_escort
from api.audit import Entry
from api.briefing import document_of
from api.command import export
from api.hotspots import Hotspots
from api.http.application import OPERATIONS, make_application
from api.http.auditing import AUDIT
from api.live import Live
from api.numbers import Numbers
from api.policy import ROLES, Principal, Release, allowed, may_be_told
from api.settings import Settings
from api.store_export import Wanted
from api.view import View
from ingest.batch import StaticBatch
from risk.grade import Grade
from risk.hazard import HazardField
from risk.intelligence import IntelligenceReport
from risk.report import IncidentReport, ReportedShip
from risk.watchlist import WatchEntry

EXAMPLES = int(os.environ.get("SAFEPASSAGE_POLICY_EXAMPLES", "3"))
FIELD = HazardField.fit()
SHIPS = (200000001, 200000002, 200000003)
KINDS = ("event", "call", "change", "assessment", "coercion", "smuggling", "plan", "decision",
         "filing", "what_if", "incident", "watchlist", "intelligence", "judgement",
         "audit")  # fmt: skip
STREAMS = ("/v1/live", "/v1/alerts/stream")
"""They have no end: the first is looked at apart, the second tells what `/v1/alerts` lists."""

PUBLIC, SHARED, WITHHELD = ("XC", ("*",)), ("US", ("MX",)), ("US", ("CO",))

records = st.lists(
    st.tuples(st.sampled_from(KINDS), st.sampled_from([PUBLIC, SHARED, WITHHELD, WITHHELD])),
    min_size=4, max_size=16,
)  # fmt: skip
EVERYTHING = [(kind, release) for kind in KINDS for release in (WITHHELD, PUBLIC)]


def reader(role, nation="MX"):
    return Principal(name=f"{role} {nation}", role=role, nation=nation, ports=("PABLB",))


def may_see(principal, kind, release):
    """What the policy says of a record; who made it and whose audience it is for."""
    originator, nations = release
    if kind in ("coercion", "smuggling"):
        return ({"*", principal.nation} & {*nations, originator} != set()) and may_be_told(
            principal, kind
        )
    if kind == "audit":
        return originator == principal.nation
    known = {"call": "event", "change": "event", "what_if": "plan", "filing": "decision",
             "judgement": "incident"}.get(kind, kind)  # fmt: skip
    return allowed(principal, Release(kind=known, originator=originator, releasable_to=nations))


class Node:
    """One filled node and a reader's key to it."""

    def __init__(self, database, make, folder, principal):
        self.database, self.make, self.principal = database, make, principal
        self.view = View()
        self.live = Live(view=self.view, database=database)
        self.application = make_application(
            settings=Settings(data_dir=folder, node="n", rate_per_s=1e6, rate_burst=1_000_000),
            database=database, view=self.view, live=self.live, ready=dict, page=folder,
            hotspots=Hotspots(FIELD), hazard=FIELD,
        )  # fmt: skip
        self.what_ifs = {}
        self.decisions, self.seal = 0, b""

    async def fill(self, drawn, seen):
        for mmsi in SHIPS:
            said = StaticBatch.concat([self.make.static(mmsi, name=f"SHIP {mmsi % 10}",
                                                        destination="PABLB")])  # fmt: skip
            self.view.apply(self.make.reports(mmsi, lon=-79.9, lat=7.0), said)
        for i, (kind, release) in enumerate(drawn):
            if seen(kind, release):
                await getattr(self, f"add_{kind}")(i, *release)
        await self.live.round()

    async def insert(self, table, **row):
        values = [json.dumps(v) if isinstance(v, dict) else v for v in row.values()]
        marks = ", ".join(f"${i}" for i in range(1, len(row) + 1))
        query = f"INSERT INTO {table} ({', '.join(row)}) VALUES ({marks})"
        return await self.database.execute(query, *values)

    def at(self, i):
        return self.make.noon + timedelta(minutes=i)

    async def add_event(self, i, originator, nations, **changes):
        row = dict(started_at=self.at(i), originator=originator, releasable_to=nations) | changes
        await self.insert("events", **self.make.event(f"e{i}", SHIPS[i % 3], **row))

    async def add_call(self, i, originator, nations):
        evidence = {"port": "PECLL", "port_name": "Callao"}
        await self.add_event(i, originator, nations, kind="port_call", evidence=evidence)

    async def add_change(self, i, originator, nations):
        now, then = SHIPS[i % 3], SHIPS[(i + 1) % 3]
        evidence = {"changed": ["mmsi"], "mmsi_before": then, "mmsi_after": now,
                    "imo_before": 9074729, "imo_after": 9074729, "name_before": "A",
                    "name_after": "B", "callsign_before": None, "callsign_after": None}  # fmt: skip
        await self.add_event(i, originator, nations, kind="identity_change", status="ended",
                             mmsis=[then, now], ended_at=self.at(i), evidence=evidence)  # fmt: skip

    async def add_assessment(self, i, originator, nations):
        hour = i % 24
        when = f"2026-03-01T{hour:02d}:{i // 24:02d}:00Z"
        document = self.make.assessment(SHIPS[i % 3], at=when, band="severe", coercion=i / 100)
        await self.insert(
            "assessments", timeline="live", mmsi=SHIPS[i % 3],
            assessed_at=self.make.noon.replace(hour=hour, minute=i // 24), document=document,
            originator=originator, releasable_to=list(nations),
        )  # fmt: skip

    async def add_supplement(self, i, score, audience):
        told = [{"code": "live_threat", "amount": 0.2 + i / 100, "report_ids": [f"{i:020x}"],
                 "values": {"count": 1, "kind": "boarding", "nm": 3.0, "hours": 2.0, "grade": "B2",
                            "at": [-79.0, 7.0], "when": self.make.noon_us}}]  # fmt: skip
        await self.insert(
            "supplements", timeline="live", mmsi=SHIPS[i % 3], score=score, audience=audience,
            assessed_at=self.at(i), document={"low": 0.1, "high": 0.3, "told": told},
            reports_revision=i,
        )  # fmt: skip

    async def add_coercion(self, i, originator, nations):
        await self.add_supplement(i, "coercion", nations[0])

    async def add_smuggling(self, i, originator, nations):
        await self.add_supplement(i, "smuggling", nations[0])

    async def add_plan(self, i, originator, nations):
        row = self.make.plan(made_at=self.at(i), originator=originator, releasable_to=list(nations))
        row["document"] |= {"risk_value": i / 10, "decisions": self.decisions}
        await self.insert("plans", **row)

    async def add_decision(self, i, originator, nations, kind="lock", **changes):
        self.decisions += 1
        row = {
            "id": self.decisions, "decided_at": self.at(i), "kind": kind, "by_name": "Ana",
            "by_role": "planner", "by_nation": originator, "reason": f"decision {i}",
            "tasking": f"t{i}", "asset": "a1", "requests": [f"r{i}"], "mmsis": [SHIPS[0]],
            "document": "{}", "originator": originator, "releasable_to": list(nations), **changes,
        }  # fmt: skip
        self.seal = row["seal"] = store_escort.seal(self.seal, row)
        await self.insert("escort_decisions", **row)

    async def add_filing(self, i, originator, nations):
        document = json.dumps({"id": f"h-{i}", "mmsis": ["200000001"]})
        await self.add_decision(i, originator, nations, kind="request", tasking="", asset="",
                                requests=[f"h-{i}"], document=document)  # fmt: skip

    async def add_what_if(self, i, originator, nations):
        row = self.make.kept_what_if(originator=originator, releasable_to=list(nations))
        row["document"] = {**row["document"], "asked_of": f"2026-03-01T12:00:{i:02d}Z"}
        await self.insert("what_ifs", **row)
        number = await self.database.fetchval("SELECT max(id) FROM what_ifs")
        self.what_ifs[i] = number, may_see(self.principal, "what_if", (originator, nations))

    async def add_report(self, i, kind, value, originator, nations):
        await self.insert(
            "reports", id=f"{i:020x}", kind=kind, document=document_of(value),
            originator=originator, releasable_to=list(nations), reported_by="Ana",
            reported_at=self.at(i), digest=bytes([i]),
        )  # fmt: skip

    def incident(self, i, originator):
        return IncidentReport(
            id=f"{i:020x}", kind="boarding", at=self.make.noon_us - i * 1_000_000, within_h=1.0,
            lon=-79.9, lat=7.0 + i / 50, within_nm=5.0, activity=None,
            ship=ReportedShip(mmsi=SHIPS[0]), grade=Grade(reliability="B", credibility=2),
            source=f"source {i}", reference=f"case {i}", narrative=f"told {i}",
            originator=originator,
        )  # fmt: skip

    async def add_incident(self, i, originator, nations):
        value = self.incident(i, originator)
        await self.add_report(i, "incident", value, originator, nations)

    async def add_judgement(self, i, originator, nations):
        """Two reports and a person's word that they mean one event."""
        await self.add_incident(100 + i, originator, nations)
        await self.add_incident(200 + i, originator, nations)
        await self.insert("report_judgements", one=f"{100 + i:020x}", two=f"{200 + i:020x}",
                          same=True, reason="seen", judged_by="Ana")  # fmt: skip

    async def add_watchlist(self, i, originator, nations):
        value = WatchEntry(id=f"{i:020x}", mmsi=SHIPS[0], imo=0, name="",
                           valid_from=self.make.noon_us, valid_until=None, owner="port",
                           reason=f"reason {i}")  # fmt: skip
        await self.add_report(i, "watchlist", value, originator, nations)

    async def add_intelligence(self, i, originator, nations):
        value = IntelligenceReport(
            id=f"{i:020x}", at=self.make.noon_us, valid_until=None, text=f"text {i}",
            ship=ReportedShip(mmsi=SHIPS[1]), place=None, route=None,
            grade=Grade(reliability="B", credibility=2), source="source",
        )  # fmt: skip
        await self.add_report(i, "intelligence", value, originator, nations)

    async def add_audit(self, i, originator, nations):
        entry = Entry(action="read", by=reader("admin", originator), concerns=originator,
                      credential="sp_x", target=f"GET /{i}", at=i)  # fmt: skip
        await store_audit.append_all(self.database, [entry])

    # ------------------------------------------------------------ what the reader gets to see

    async def everything(self, folder):
        """All that the reader is shown, by what was asked."""
        key = await auth.create_key(self.database, self.principal)
        self.headers = {"Authorization": f"Bearer {key}"}
        shown = {}
        async with TestClient(TestServer(self.application)) as self.client:
            for operation in OPERATIONS:
                if operation.access == "key" and operation.path not in STREAMS:
                    for path in self._paths(operation):
                        await self._read(shown, operation, path)
            for i, (number, seen) in self.what_ifs.items():
                if seen:
                    shown["what-if", i] = await self._what_if(number, 200)
            body = {"vessels": [{"mmsi": str(mmsi)} for mmsi in SHIPS] + [{"name": "SHIP"}]}
            response = await self.client.post("/v1/vessels/check", headers=self.headers, json=body)
            shown["check"] = masked(await response.text())
            await self.application[AUDIT].flush()
            response = await self.client.get("/v1/audit?limit=1000", headers=self.headers)
            shown["audit"] = masked(await response.text())
            for number, seen in self.what_ifs.values():
                if not seen:
                    await self._what_if(number, 404)
        shown["live"] = self._stream()
        shown["export"] = await self._exported(folder / "events.parquet")
        return shown

    async def _what_if(self, number, status):
        shown = await Numbers(self.database).shown("what_if", number)
        response = await self.client.get(f"/v1/plans/what-if/{shown}", headers=self.headers)
        assert response.status == status
        return masked(await response.text())

    def _paths(self, operation):
        if operation.method != "GET":
            return []
        paths = [operation.path.replace("{unlocode}", "PABLB")]
        if operation.path == "/v1/past":
            paths = [f"/v1/past?at=2026-03-01T12:{minute}:00Z" for minute in ("05", "20")]
        if "{mmsi}" in operation.path:
            paths = [operation.path.replace("{mmsi}", str(mmsi)) for mmsi in SHIPS]
        if "{id}" in operation.path:
            numbers = [*range(30), *range(100, 130), *range(200, 230)]
            paths = [operation.path.replace("{id}", f"{i:020x}") for i in numbers[::3]]
        return [path for path in paths if "{" not in path]

    async def _read(self, shown, operation, path):
        queries = [""]
        if "limit" in operation.params.model_fields:
            queries.append("?limit=2")
        for query in queries:
            url, page = path + query, 0
            while url is not None and page < 60:
                response = await self.client.get(url, headers=self.headers)
                text = await response.text(errors="backslashreplace")  # a frame is no text
                shown[path, query, page] = (response.status, masked(text))
                assert response.status < 500, (path, text)
                page, url = page + 1, self._next(path, query, text) if query else None

    def _next(self, path, query, text):
        cursor = json.loads(text).get("next")
        return f"{path}{query}&cursor={cursor}" if cursor else None

    def _stream(self):
        messages = []
        for form in ("binary", "json"):
            mailbox = self.live.join(self.principal, form)
            self.live.fan_out([])
            messages += [masked(m) if isinstance(m, str) else m for m in mailbox._messages]
        return messages

    async def _exported(self, file):
        wanted = Wanted(start=export.FIRST, end=export.LAST)
        async with self.database.acquire() as connection, connection.transaction():
            await export._events(connection, wanted, file, self.principal)
        return pq.read_table(file).to_pylist()


NUMBERS = re.compile(r'"(id|decisions)":\d+')
CURSOR = re.compile(r'(?<="next":")[^"]*|(?<=cursor=)[\w-]*|(?<=what-if/)\d+')
MOMENT = re.compile(
    r'"(request_id|seal|server_time|credential|key)":"[^"]*"|"(data_age_s)":[\d.]+'
    r'|"at":"20(?!26-03)[^"]*"'
)


def masked(text):
    """The text without the moment of asking, and without numbers that are blinded: they differ
    between the nodes, but say nothing (test_numbers.py). Cursors of such numbers hold them too;
    that there is a next page, and what is on it, is compared."""
    text = MOMENT.sub('"moment":0', text)
    return CURSOR.sub("…", NUMBERS.sub(r'"\1":0', text))


async def shown_by(database, make, folder, principal, drawn, seen):
    await empty(database)
    node = Node(database, make, folder, principal)
    await node.fill(drawn, seen)
    return await node.everything(folder)


async def empty(database):
    async with database.acquire() as connection:
        await connection.execute("SET session_replication_role = replica")
        await connection.execute(
            "TRUNCATE events, assessments, plans, keys, escort_decisions, what_ifs, reports,"
            " report_retractions, report_judgements, supplements, audit RESTART IDENTITY"
        )
        await connection.execute("SET session_replication_role = origin")


@example(drawn=EVERYTHING, role="watch_officer")
@example(drawn=EVERYTHING, role="port_authority")
@given(drawn=records, role=st.sampled_from(ROLES))
@settings(
    max_examples=EXAMPLES, deadline=None, derandomize=EXAMPLES <= 3, database=None,
    suppress_health_check=list(HealthCheck),
    phases=[Phase.explicit, Phase.generate],  # an example takes seconds: too long to shrink it
)  # fmt: skip
async def test_what_the_policy_denies_shows_nowhere(database, make, tmp_path, drawn, role):
    principal = reader(role)

    def seen(kind, release):
        return may_see(principal, kind, release)

    without = await shown_by(database, make, tmp_path, principal, drawn, seen)
    with_all = await shown_by(database, make, tmp_path, principal, drawn, lambda *_: True)
    note(f"{drawn=} {role=}")
    assert without.keys() == with_all.keys()
    for asked, answer in without.items():
        assert with_all[asked] == answer, asked


async def test_it_would_show_if_a_route_did_not_ask_the_policy(database, make, tmp_path):
    """The same comparison for the records' own nation: nearly every route tells them apart."""
    principal = reader("watch_officer", "US")
    without = await shown_by(database, make, tmp_path, principal, EVERYTHING,
                             lambda _, release: release != WITHHELD)  # fmt: skip
    with_all = await shown_by(database, make, tmp_path, principal, EVERYTHING, lambda *_: True)
    told = {asked if isinstance(asked, str) else asked[0] for asked in with_all
            if without.get(asked) != with_all[asked]}  # fmt: skip
    routes = {re.sub(r"/(\d{9}|0[0-9a-f]{19})(?=/|$)", "/{}", path) for path in told}
    assert {
        "/v1/vessels", "/v1/vessels/{}", "/v1/vessels/{}/events", "/v1/vessels/{}/assessments",
        "/v1/vessels/{}/voyages", "/v1/events", "/v1/hotspots", "/v1/plans/current", "/v1/requests",
        "/v1/decisions", "/v1/incidents", "/v1/incidents/{}", "/v1/watchlists", "/v1/intelligence",
        "/v1/ports/PABLB/arrivals", "audit", "check", "live", "export", "what-if",
    } <= routes  # fmt: skip


@pytest.mark.parametrize("role", ROLES)
def test_the_test_itself_withholds_something_of_every_kind(role):
    assert all(not may_see(reader(role), kind, WITHHELD) for kind in KINDS)
