"""The audit: what leaves an entry, that nothing is shown without one, and that changes show."""

import asyncio
import json

import asyncpg
import pytest

from api import store_audit
from api.audit import EMPTY, Audit, Entry, chained, seal, verify
from api.cli import main
from api.http.auditing import AUDIT
from sea.errors import UnavailableError


def entry(make, **changes):
    values = dict(action="read", by=make.officer(), concerns="MX", credential="sp_abcdef",
                  target="GET /v1/vessels", at=1_000_000)  # fmt: skip
    return Entry(**values | changes)


async def rows_of(world, nation="MX"):
    await world.application[AUDIT].flush()
    async with world.database.acquire() as connection, connection.transaction():
        return [row async for row in store_audit.chains(connection, nation)]


async def told(world, nation="MX"):
    return [(r["action"], r["target"], r["status"]) for r in await rows_of(world, nation)]


async def verdict(rows):
    async def given():
        for row in rows:
            yield row

    return await verify(given())


async def test_a_read_leaves_who_what_from_where_and_how_it_was_known(world):
    headers = await world.sign()
    response = await world.get("/v1/vessels?q=tester", headers)
    row = (await rows_of(world))[-1]
    assert row["target"] == "GET /v1/vessels?q=tester"
    assert (row["by_name"], row["by_role"], row["by_nation"]) == ("p0", "watch_officer", "MX")
    assert row["credential"] == headers["Authorization"][7:16]
    assert row["address"] == "127.0.0.1"
    assert row["request_id"] == response.headers["X-Request-ID"]


async def test_what_was_not_found_and_what_may_not_be_known_leave_the_same(world):
    headers = await world.sign()
    await world.get("/v1/vessels/200000009", headers)
    assert (await told(world))[-1] == ("read", "GET /v1/vessels/200000009", 404)


async def test_what_tells_nothing_of_ships_leaves_nothing(world):
    headers = await world.sign()
    for path in ("/v1/me", "/openapi.json", "/docs", "/metrics", "/healthz"):
        await world.get(path, headers)
    assert [action for action, _, _ in await told(world)] == ["key"]


async def test_a_denial_is_recorded_and_so_is_a_key_that_does_not_open(world):
    headers = await world.sign(role="port_authority")
    assert (await world.get("/v1/sources", headers)).status == 403
    assert (await told(world))[-1] == ("denial", "GET /v1/sources", 403)
    assert (await world.get("/v1/vessels")).status == 401
    assert await told(world, "XC") == []
    await world.get("/v1/vessels", {"Authorization": "Bearer sp_" + "A" * 43})
    assert await told(world, "XC") == [("denial", "GET /v1/vessels", 401)]
    assert (await rows_of(world, "XC"))[0]["credential"] == "sp_AAAAAA"


async def test_a_stream_is_recorded_when_it_begins(world):
    headers = await world.sign()
    async with world.client.ws_connect("/v1/live", headers=headers) as socket:
        await socket.receive(timeout=30)
        assert (await told(world))[-1] == ("read", "GET /v1/live", 101)


async def test_a_report_is_recorded_in_its_own_transaction_and_once(world):
    headers = await world.sign() | {"Idempotency-Key": "k"}
    body = {"mmsi": "200000001", "owner": "port", "reason": "asked"}
    for _ in range(2):
        response = await world.client.post("/v1/watchlists", headers=headers, json=body)
        assert response.status == 201
    made = (await response.json())["id"]
    rows = await rows_of(world)
    assert [r["action"] for r in rows] == ["key", "report", "write"]
    assert rows[1]["detail"] == {"report": made, "kind": "watchlist"}


async def test_a_deed_whose_entry_cannot_be_written_does_not_happen(world):
    headers = await world.sign()
    await world.database.execute("ALTER TABLE audit ADD CHECK (action <> 'report')")
    try:
        body = {"mmsi": "200000001", "owner": "port", "reason": "asked"}
        response = await world.client.post("/v1/watchlists", headers=headers, json=body)
        assert response.status == 500
        assert await world.database.fetchval("SELECT count(*) FROM reports") == 0
    finally:
        await world.database.execute("ALTER TABLE audit DROP CONSTRAINT audit_action_check")


async def test_nothing_is_shown_while_the_audit_is_full_and_cannot_be_written(world):
    headers = await world.sign()
    await world.get("/v1/vessels", headers)
    audit = world.application[AUDIT]
    audit._capacity = 1

    async def fail(_entries):
        raise ConnectionError("away")

    write, audit._write = audit._write, fail
    world.hear(200000001, name="TESTER")
    response = await world.get("/v1/vessels", headers)
    assert response.status == 503
    assert "TESTER" not in await response.text()
    with pytest.raises(Exception, match=r"disconnected|Invalid response|500"):
        await world.client.ws_connect("/v1/live", headers=headers)
    audit._write = write
    assert (await world.get("/v1/vessels", headers)).status == 200
    assert len(await rows_of(world)) == 3


async def test_more_than_may_wait_are_written_by_those_who_wait(make):
    written = []

    async def write(entries):
        await asyncio.sleep(0)
        written.extend(entries)

    audit = Audit(write, capacity=3)
    await asyncio.gather(*(audit.record(entry(make, status=i)) for i in range(20)))
    assert len(audit) <= 3
    await audit.close()
    assert [e.status for e in written] == list(range(20))


async def test_what_was_not_written_waits_and_in_the_end_goes_to_the_log(make, caplog):
    async def write(_entries):
        raise TimeoutError

    audit = Audit(write)
    await audit.record(entry(make, target="GET /v1/events"))
    with pytest.raises(UnavailableError):
        await audit.flush()
    assert len(audit) == 1
    await audit.close()
    assert "GET /v1/events" in caplog.text


@pytest.mark.parametrize(
    "statement",
    ["UPDATE audit SET by_name = 'x'", "DELETE FROM audit", "TRUNCATE audit",
     "UPDATE audit SET by_name = 'x' WHERE false"],
)  # fmt: skip
async def test_the_table_is_only_ever_added_to(world, statement):
    await world.sign()
    with pytest.raises(asyncpg.RaiseError, match="only ever added to"):
        await world.database.execute(statement)


async def test_a_row_changed_taken_out_or_put_in_shows_at_that_row(make):
    by = [make.officer(nation=nation) for nation in ("MX", "US", "MX", "MX", "US")]
    rows = chained([entry(make, by=p, concerns=p.nation, status=i) for i, p in enumerate(by)], {})
    rows.sort(key=lambda row: (row["originator"], row["number"]))
    assert (await verdict(rows)).broken is None
    assert [h.number for h in (await verdict(rows)).heads.values()] == [3, 2]
    changed = [rows[0], {**rows[1], "by_name": "somebody else"}, *rows[2:]]
    assert (await verdict(changed)).broken == ("MX", 2)
    assert (await verdict([rows[0], *rows[2:]])).broken == ("MX", 3)
    forged = {**rows[1], "number": 1, "seal": seal(EMPTY.seal, {**rows[1], "number": 1})}
    assert (await verdict([rows[0], forged, *rows[1:]])).broken == ("MX", 1)


async def test_writers_in_several_processes_make_one_chain(database, make):
    async def process():
        for i in range(5):
            await store_audit.append_all(database, [entry(make, status=i)] * 3)

    await asyncio.gather(*(process() for _ in range(4)))
    async with database.acquire() as connection, connection.transaction():
        found = await verify(store_audit.chains(connection))
    assert found.broken is None
    assert found.heads["MX"].number == 60


async def test_the_audit_is_read_by_officers_and_admins_of_the_own_nation_alone(world):
    ours, theirs = await world.sign(), await world.sign(nation="US", role="admin")
    await world.get("/v1/vessels?q=ours", ours)
    await world.application[AUDIT].flush()
    assert "ours" not in await (await world.get("/v1/audit", theirs)).text()
    shown = (await (await world.get("/v1/audit", ours)).json())["entries"]
    assert [(e["number"], e["target"]) for e in shown] == [
        (2, "GET /v1/vessels?q=ours"), (1, "keys create"),
    ]  # fmt: skip
    for role in ("planner", "naval_partner", "port_authority"):
        assert (await world.get("/v1/audit", await world.sign(role=role))).status == 403


async def test_the_audit_is_paged_and_filtered(world):
    headers = await world.sign()
    for i in range(4):
        await world.get(f"/v1/vessels?q={i}", headers)
    await world.application[AUDIT].flush()
    path = "/v1/audit?action=read&limit=3"
    first = await (await world.get(path, headers)).json()
    rest = await (await world.get(f"{path}&cursor={first['next']}", headers)).json()
    shown = [e["target"][-1] for e in first["entries"] + rest["entries"]]
    assert shown == ["3", "2", "1", "0"]
    assert rest["next"] is None


async def test_the_command_verifies_names_the_broken_row_and_exports(
    world, api_database_url, tmp_path, monkeypatch, capsys
):
    monkeypatch.setenv("SAFEPASSAGE_DATABASE_URL", api_database_url)
    monkeypatch.setenv("SAFEPASSAGE_DATA_DIR", str(tmp_path))

    async def safepassage(*words):
        code = await asyncio.to_thread(main, ("audit", *map(str, words)))
        return code, capsys.readouterr().out

    headers = await world.sign()
    for i in range(3):
        await world.get(f"/v1/vessels?q={i}", headers)
    await world.application[AUDIT].flush()
    code, said = await safepassage("verify")
    assert code == 0
    head = said.strip()
    assert head.startswith("MX:4:")
    assert (await safepassage("verify", "--head", head))[0] == 0
    assert (await safepassage("verify", "--head", "MX:3:" + "0" * 64))[0] == 1
    file = tmp_path / "audit.jsonl"
    assert await safepassage("export", "--out", file, "--nation", "MX") == (0, f"{file}: 5 rows\n")
    assert (await rows_of(world))[-1]["target"] == "audit export"
    assert (await safepassage("verify", "--file", file))[0] == 0
    lines = file.read_text().splitlines()
    lines[2] = json.dumps({**json.loads(lines[2]), "status": 404})
    file.write_text("\n".join(lines))
    code, said = await safepassage("verify", "--file", file)
    assert code == 1
    assert "row 3 of MX does not fit" in said
    async with world.database.acquire() as connection:
        await connection.execute("SET session_replication_role = replica")
        await connection.execute("UPDATE audit SET by_name = 'x' WHERE number = 2")
        await connection.execute("SET session_replication_role = origin")
    code, said = await safepassage("verify")
    assert code == 1
    assert "row 2 of MX does not fit" in said
