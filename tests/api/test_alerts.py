"""Alerts in a real database and over HTTP: once, to who may know, each nation for itself."""

import asyncio
import json

import pytest

from api import store_alerts
from api.alerting import Alerting
from api.http.routes_alerts import BELL, BOX
from api.writing import Findings, Sharing, write
from ingest.picture import Picture
from risk.event import Event
from sea.units import MINUTE_US

SHARING = Sharing(originator="XC", releasable_to=("*",), exercise="test")


@pytest.fixture
def found(make):
    """Makes findings with one alert each, of events that start a minute apart."""

    def build(n=0, kind="rendezvous", **changes):
        event = Event(**{
            "kind": kind, "mmsis": (200000001, 200000002),
            "started_at": make.noon_us + n * MINUTE_US, "ended_at": None,
            "detected_at": make.noon_us, "lon": -81.2, "lat": 1.4, "status": "open",
            "confidence": 0.9,
        } | changes)  # fmt: skip
        alert = Alerting().happened(event, False, Picture())
        return Findings(alerts=[] if alert is None else [alert])

    return build


async def commit(world, found, sharing=SHARING):
    async with world.database.acquire() as connection, connection.transaction():
        await write(connection, found, sharing)


async def listed(world, headers, **query):
    response = await world.client.get("/v1/alerts", headers=headers, params=query)
    assert response.status == 200
    return (await response.json())["alerts"]


async def act(world, headers, alert_id, verb, body, status=201):
    response = await world.client.post(f"/v1/alerts/{alert_id}/{verb}", headers=headers, json=body)
    assert response.status == status, await response.text()
    return await response.json()


async def test_what_the_watch_commits_is_listed_once_however_often_it_is_written(world, found):
    officer = await world.sign()
    for _ in range(2):
        await commit(world, found())
    (alert,) = await listed(world, officer)
    assert alert["rule"] == "rendezvous"
    assert alert["status"] == "open"
    assert alert["exercise"] == "test"
    one = await world.client.get(f"/v1/alerts/{alert['id']}", headers=officer)
    assert await one.json() == alert


async def test_an_alert_that_is_not_releasable_leaves_no_trace(world, found):
    await commit(world, found(), Sharing(originator="MX", releasable_to=("US",)))
    stranger, friend = await world.sign(nation="CO"), await world.sign(nation="US")
    assert await listed(world, stranger) == []
    (alert,) = await listed(world, friend)
    response = await world.client.get(f"/v1/alerts/{alert['id']}", headers=stranger)
    assert response.status == 404
    await act(world, stranger, alert["id"], "acknowledgement", {}, status=404)


async def test_each_nation_works_its_own_list(world, found):
    await commit(world, found())
    mx, us = await world.sign(nation="MX"), await world.sign(nation="US")
    (alert,) = await listed(world, mx)
    await act(world, mx, alert["id"], "acknowledgement", {"reason": "looking"})
    await act(world, mx, alert["id"], "assignment", {"assignee": "Ana"})
    closed = await act(
        world, mx, alert["id"], "closure", {"outcome": "handled", "reason": "patrol sent"}
    )
    assert (closed["status"], closed["assignee"]) == ("closed", "Ana")
    assert closed["acknowledged"]["reason"] == "looking"
    assert closed["closed"]["outcome"] == "handled"
    assert (await listed(world, us))[0]["status"] == "open"
    assert await listed(world, mx, status="open") == []
    await act(world, mx, alert["id"], "acknowledgement", {}, status=409)


async def test_a_closure_says_why_and_a_partner_reads_only(world, found):
    await commit(world, found())
    officer, partner = await world.sign(), await world.sign(role="naval_partner")
    (alert,) = await listed(world, officer)
    await act(world, officer, alert["id"], "closure", {"outcome": "handled"}, status=422)
    await act(world, partner, alert["id"], "acknowledgement", {}, status=403)


async def test_a_request_sent_again_by_its_key_acts_once(world, found):
    await commit(world, found())
    officer = await world.sign()
    (alert,) = await listed(world, officer)
    again = officer | {"Idempotency-Key": "k1"}
    for _ in range(2):
        await act(world, again, alert["id"], "closure", {"outcome": "handled", "reason": "done"})
    assert await world.database.fetchval("SELECT count(*) FROM alert_actions") == 1
    await act(world, again, alert["id"], "acknowledgement", {}, status=409)


async def test_the_list_is_filtered_and_paged(world, found):
    for n in range(5):
        await commit(world, found(n))
    await commit(world, found(9, kind="zone_entry", mmsis=(200000009,)))
    officer = await world.sign()
    assert len(await listed(world, officer)) == 6
    assert len(await listed(world, officer, min_severity="warning")) == 5
    assert len(await listed(world, officer, mmsi="200000009")) == 1
    assert len(await listed(world, officer, rule="zone_entry")) == 1
    seen, cursor = [], None
    while True:
        query = {"limit": 4} | ({"cursor": cursor} if cursor else {})
        page = await (await world.client.get("/v1/alerts", headers=officer, params=query)).json()
        seen += [alert["id"] for alert in page["alerts"]]
        if (cursor := page["next"]) is None:
            break
    assert len(seen) == len(set(seen)) == 6


async def test_an_alert_is_withdrawn_when_its_event_is_taken_back(world, found):
    findings = found()
    await commit(world, findings)
    await commit(world, Findings(withdrawn=[findings.alerts[0].id, "0" * 20]))
    (alert,) = await listed(world, await world.sign())
    assert alert["withdrawn_at"] is not None


async def test_the_rules_are_told_with_their_reasons(world):
    response = await world.client.get("/v1/alerts/rules", headers=await world.sign())
    told = {rule["name"]: rule for rule in (await response.json())["rules"]}
    assert told["coercion_severe"]["severity"] == "urgent"


async def events_of(response, n):
    """The next events of a stream as (id, event, data)."""
    seen, event = [], {}
    async with asyncio.timeout(20):
        async for line in response.content:
            name, _, value = line.decode().rstrip("\n").partition(": ")
            if name in ("id", "event", "data"):
                event[name] = value
            if not line.strip() and event:
                seen.append((event["id"], event["event"], json.loads(event["data"])))
                event = {}
                if len(seen) == n:
                    return seen
    raise AssertionError("the stream ended")


async def test_the_stream_goes_on_after_the_last_event_seen(world, found):
    officer = await world.sign()
    await commit(world, found(0))
    async with world.client.get("/v1/alerts/stream", headers=officer) as response:
        assert response.content_type == "text/event-stream"
        await commit(world, found(1))
        world.application[BELL].ring()
        ((seen, event, told),) = await events_of(response, 1)
        assert (event, told["rule"]) == ("raised", "rendezvous")
    await commit(world, found(2))
    await commit(world, Findings(withdrawn=[found(0).alerts[0].id]))
    last = officer | {"Last-Event-ID": seen}
    async with world.client.get("/v1/alerts/stream", headers=last) as response:
        missed = await events_of(response, 2)
    assert [event for _, event, _ in missed] == ["raised", "withdrawn"]
    assert [told["id"] for _, _, told in missed] == [
        found(2).alerts[0].id, found(0).alerts[0].id,
    ]  # fmt: skip


async def test_a_stream_tells_nobody_what_is_not_releasable_and_ends_with_the_service(world, found):
    beginning = world.application[BOX].close("0").decode()
    stranger = await world.sign(nation="CO") | {"Last-Event-ID": beginning}
    await commit(world, found(0), Sharing(originator="MX", releasable_to=("US",)))
    await commit(world, found(1))
    async with world.client.get("/v1/alerts/stream", headers=stranger) as response:
        ((place, _, told),) = await events_of(response, 1)
        assert not place.isdigit(), "a number would count what is not releasable"
        assert told["id"] == found(1).alerts[0].id
        world.application[BELL].end()
        async with asyncio.timeout(20):
            assert b"data" not in await response.content.read()


async def test_a_made_up_event_id_is_refused(world):
    headers = await world.sign() | {"Last-Event-ID": "x"}
    assert (await world.client.get("/v1/alerts/stream", headers=headers)).status == 422
    head = await world.client.head("/v1/alerts/stream", headers=await world.sign())
    assert head.status == 200


async def test_an_action_is_recorded_for_good(world, found):
    await commit(world, found())
    officer = await world.sign()
    (alert,) = await listed(world, officer)
    await act(world, officer, alert["id"], "silence", {"hours": 2, "reason": "known"})
    with pytest.raises(Exception, match="only ever added to"):
        await world.database.execute("DELETE FROM alert_actions")
    rows = await world.database.fetch("SELECT nation, rule, mmsi FROM alert_silences ORDER BY 3")
    assert [tuple(r) for r in rows] == [
        ("MX", "rendezvous", 200000001), ("MX", "rendezvous", 200000002),
    ]  # fmt: skip
    assert await store_alerts.newest_revision(world.database) > 0
