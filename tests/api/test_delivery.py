"""Deliveries to real receivers: signed, in order, at least once, and nobody delays another."""

import asyncio
import ipaddress
from contextlib import asynccontextmanager
from datetime import timedelta

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from standardwebhooks import Webhook, WebhookVerificationError

from api import auth
from api.alerting import Alerting
from api.bell import Bell
from api.channel.webhook import webhook_sender
from api.delivery import Circuit, Delivery, DeliveryParams
from api.http.routes_alerts import BOX
from api.outward import Guard
from api.writing import Findings, Sharing, write
from ingest.picture import Picture
from risk.event import Event
from sea.units import MINUTE_US

LOOPBACK = ipaddress.ip_network("127.0.0.0/8")
GUARD = Guard(networks=[LOOPBACK])
QUICK = DeliveryParams(look_s=0.02, first_s=0.02, longest_s=0.05, claim_s=5.0)
SHARING = Sharing(originator="XC", releasable_to=("*",))


class Receiver:
    """A partner's receiver, that answers as it is told."""

    def __init__(self):
        self.requests = []
        self.status = 200
        self.wait_s = 0.0
        self.begun = 0
        application = web.Application()
        application.router.add_post("/hook", self._take)
        self.server = TestServer(application)

    async def _take(self, request):
        self.begun += 1
        body = await request.text()
        await asyncio.sleep(self.wait_s)
        self.requests.append((dict(request.headers), body))
        headers = {"Location": "http://169.254.169.254/"} if self.status == 302 else None
        return web.Response(status=self.status, headers=headers)

    @property
    def url(self):
        return str(self.server.make_url("/hook"))

    def events(self, secret):
        """What was received, each verified."""
        hook = Webhook(secret)
        return [hook.verify(body, headers) for headers, body in self.requests]


@pytest.fixture
async def receiver():
    receiver = Receiver()
    async with receiver.server:
        yield receiver


def found(n=0, mmsi=200000001, **changes):
    at = 1_772_366_400_000_000 + n * MINUTE_US
    event = Event(**{
        "kind": "rendezvous", "mmsis": (mmsi, mmsi + 1), "started_at": at, "ended_at": None,
        "detected_at": at, "lon": -81.2, "lat": 1.4, "status": "open", "confidence": 0.9,
    } | changes)  # fmt: skip
    return Findings(alerts=[Alerting().happened(event, False, Picture())])


async def commit(world, *findings, sharing=SHARING):
    for each in findings:
        async with world.database.acquire() as connection, connection.transaction():
            await write(connection, each, sharing)


async def subscribe(world, headers, url, status=201, **body):
    response = await world.client.post(
        "/v1/subscriptions", headers=headers,
        json={"name": "mine", "channel": "webhook", "target": {"url": url}} | body,
    )  # fmt: skip
    assert response.status == status, await response.text()
    return await response.json()


@asynccontextmanager
async def couriers(world, params=QUICK):
    async with webhook_sender(GUARD) as sender:
        delivery = Delivery(
            world.database, {"webhook": sender}, world.application[BOX], Bell(), params
        )
        task = asyncio.create_task(delivery.run())
        try:
            yield delivery
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            assert task.cancelled(), task.exception()


async def until(condition, what, seconds=30):
    async with asyncio.timeout(seconds):
        while True:
            met = condition()
            if await met if asyncio.iscoroutine(met) else met:
                return
            await asyncio.sleep(0.01)
    raise AssertionError(what)


def status_of(world, **where):
    async def counted():
        rows = await world.database.fetch("SELECT status, count(*) AS n FROM deliveries GROUP BY 1")
        return {row["status"]: row["n"] for row in rows} == where

    return counted


async def test_a_receiver_gets_a_signed_cloud_event_of_each_alert(world, receiver):
    subscribed = await subscribe(world, await world.sign(nation="US"), receiver.url)
    async with couriers(world):
        await commit(world, found())
        await until(status_of(world, delivered=1), "the delivery")
    (event,) = receiver.events(subscribed["secret"])
    assert event["specversion"] == "1.0"
    assert event["type"] == "safepassage.alert.raised.v1"
    assert event["id"] == event["data"]["id"] + ".raised"
    assert event["data"]["rule"] == "rendezvous"
    headers, body = receiver.requests[0]
    assert headers["Content-Type"] == "application/cloudevents+json"
    assert headers["webhook-id"] == event["id"]
    with pytest.raises(WebhookVerificationError):
        Webhook(subscribed["secret"]).verify(body + " ", headers)


async def test_alerts_of_one_vessel_arrive_in_order_though_one_is_refused_at_first(world, receiver):
    subscribed = await subscribe(world, await world.sign(), receiver.url)
    await commit(world, *(found(n) for n in range(5)))
    receiver.status = 503
    async with couriers(world):
        await until(lambda: len(receiver.requests) >= 2, "a second try")
        receiver.status, tries = 200, len(receiver.requests)
        await until(status_of(world, delivered=5), "all deliveries")
    first = receiver.events(subscribed["secret"])
    assert {e["id"] for e in first[:tries]} == {found(0).alerts[0].id + ".raised"}
    onsets = [e["data"]["onset_at"] for e in first[-5:]]
    assert onsets == sorted(onsets)
    assert len(set(onsets)) == 5


async def test_a_partner_that_is_down_delays_nobody_and_gets_all_when_it_is_back(
    world, receiver, unused_tcp_port
):
    officer = await world.sign()
    dead = f"http://127.0.0.1:{unused_tcp_port}/hook"
    lost = await subscribe(world, officer, dead, name="dead")
    well = await subscribe(world, officer, receiver.url, name="well")
    async with couriers(world):
        await commit(world, *(found(n, 200000001 + 2 * n) for n in range(20)))
        await until(lambda: len(receiver.requests) == 20, "the deliveries to the other")
        assert len(receiver.events(well["secret"])) == 20
        shown = await world.client.get(f"/v1/subscriptions/{lost['id']}", headers=officer)
        shown = await shown.json()
        assert shown["waiting"] == 20
        assert shown["dead"] == 0
        back = Receiver()
        server = TestServer(back.server.app, port=unused_tcp_port)
        async with server:
            await until(status_of(world, delivered=40), "the deliveries after the outage")
            assert len({e["id"] for e in back.events(lost["secret"])}) == 20
    shown = await (
        await world.client.get(f"/v1/subscriptions/{lost['id']}", headers=officer)
    ).json()
    assert shown["failing_since"] is None


async def test_what_waited_for_an_hour_waits_on_and_what_waited_for_a_day_is_dead(
    world, unused_tcp_port
):
    await subscribe(world, await world.sign(), f"http://127.0.0.1:{unused_tcp_port}/hook")
    await commit(world, found(), found(1, 200000009))
    earlier = "UPDATE deliveries SET since = since - $2::interval WHERE id = $1"
    first, second = await world.database.fetch("SELECT id FROM deliveries ORDER BY id")
    await world.database.execute(earlier, first["id"], timedelta(hours=1))
    await world.database.execute(earlier, second["id"], timedelta(hours=25))
    async with couriers(world):
        await until(status_of(world, waiting=1, dead=1), "the end of the day")
        tries = "SELECT tries > 3 AND status = 'waiting' FROM deliveries WHERE id = $1"
        await until(lambda: world.database.fetchval(tries, first["id"]), "more tries")


async def test_a_partner_that_answers_slowly_does_not_make_others_wait(world, receiver):
    slow = Receiver()
    slow.wait_s = 2.0
    officer = await world.sign()
    async with slow.server, couriers(world):
        await subscribe(world, officer, slow.url, name="slow")
        await subscribe(world, officer, receiver.url, name="well")
        await commit(world, *(found(n) for n in range(3)))
        await until(lambda: len(receiver.requests) == 3, "the deliveries to the other")
        assert len(slow.requests) < 3


async def test_what_is_refused_for_good_is_dead_shown_and_sent_again_on_request(world, receiver):
    officer = await world.sign()
    subscribed = await subscribe(world, officer, receiver.url)
    receiver.status = 400
    where = f"/v1/subscriptions/{subscribed['id']}"
    async with couriers(world):
        await commit(world, found(), found(1, 200000009))
        await until(status_of(world, dead=2), "the end of trying")
        assert len(receiver.requests) == 2 * QUICK.refusals
        shown = await world.client.get(f"{where}/deliveries?status=dead&limit=1", headers=officer)
        page = await shown.json()
        assert page["deliveries"][0]["tries"] == QUICK.refusals
        assert page["deliveries"][0]["last_error"].startswith("400")
        assert page["deliveries"][0]["id"].startswith(page["deliveries"][0]["alert_id"])
        rest = await world.client.get(
            f"{where}/deliveries?status=dead&cursor={page['next']}", headers=officer
        )
        rest = (await rest.json())["deliveries"]
        assert {rest[0]["id"], page["deliveries"][0]["id"]} == {
            found().alerts[0].id + ".raised", found(1, 200000009).alerts[0].id + ".raised",
        }  # fmt: skip
        receiver.status = 200
        again = await world.client.post(f"{where}/redelivery", headers=officer, json={})
        assert await again.json() == {"waiting": 2}
        await until(status_of(world, delivered=2), "the delivery of the dead")
        named = {"deliveries": [rest[0]["id"], "0" * 20 + ".raised"]}
        again = await world.client.post(f"{where}/redelivery", headers=officer, json=named)
        assert await again.json() == {"waiting": 1}


async def test_a_redirect_is_not_followed_and_a_receiver_that_is_gone_is_not_asked_again(
    world, receiver
):
    await subscribe(world, await world.sign(), receiver.url)
    receiver.status = 302
    async with couriers(world, DeliveryParams(look_s=0.02, first_s=0.02, refusals=1)):
        await commit(world, found())
        await until(status_of(world, dead=1), "the refusal")
        assert len(receiver.requests) == 1
        receiver.status = 410
        await commit(world, found(1))
        await until(status_of(world, dead=2), "the second refusal")
    assert len(receiver.requests) == 2


async def test_a_courier_that_ends_before_it_knows_leaves_the_alert_to_the_next(world, receiver):
    subscribed = await subscribe(world, await world.sign(), receiver.url)
    receiver.wait_s = 3600
    brief = DeliveryParams(look_s=0.02, claim_s=0.2)
    await commit(world, found())
    async with couriers(world, brief):
        await until(lambda: receiver.begun == 1, "the first try")
    assert await status_of(world, waiting=1)()
    receiver.wait_s = 0
    async with couriers(world, brief):
        await until(status_of(world, delivered=1), "the delivery")
    assert [e["id"] for e in receiver.events(subscribed["secret"])] == [
        found().alerts[0].id + ".raised"
    ]


async def test_two_processes_deliver_each_alert_once(world, receiver):
    await subscribe(world, await world.sign(), receiver.url)
    async with couriers(world), couriers(world):
        await commit(world, *(found(n, 200000001 + 2 * n) for n in range(30)))
        await until(status_of(world, delivered=30), "the deliveries")
    assert len(receiver.requests) == 30


async def test_a_rotated_secret_signs_beside_the_former_one(world, receiver):
    officer = await world.sign()
    subscribed = await subscribe(world, officer, receiver.url)
    response = await world.client.post(
        f"/v1/subscriptions/{subscribed['id']}/rotation", headers=officer
    )
    fresh = (await response.json())["secret"]
    assert fresh != subscribed["secret"]
    async with couriers(world):
        await commit(world, found())
        await until(status_of(world, delivered=1), "the delivery")
    assert receiver.events(fresh) == receiver.events(subscribed["secret"]) != []
    stored = await world.database.fetchrow("SELECT secret, former_secret FROM subscriptions")
    assert fresh.encode() not in stored["secret"]
    await world.database.execute("UPDATE subscriptions SET former_until = now()")
    async with couriers(world):
        await commit(world, found(1))
        await until(status_of(world, delivered=2), "the second delivery")
    receiver.requests = receiver.requests[1:]
    with pytest.raises(WebhookVerificationError):
        receiver.events(subscribed["secret"])


async def test_a_withdrawn_alert_is_taken_back_where_it_was_sent(world, receiver):
    subscribed = await subscribe(world, await world.sign(), receiver.url)
    async with couriers(world):
        await commit(world, found(), Findings(withdrawn=[found().alerts[0].id]))
        await until(status_of(world, delivered=2), "both deliveries")
    raised, withdrawn = receiver.events(subscribed["secret"])
    assert [e["type"].split(".")[2] for e in (raised, withdrawn)] == ["raised", "withdrawn"]
    assert withdrawn["data"]["withdrawn_at"] is not None


async def test_a_subscription_gets_what_its_owner_may_have_and_nothing_after_its_key_is_revoked(
    world, receiver
):
    subscribed = await subscribe(world, await world.sign(nation="US"), receiver.url)
    await commit(world, found(), sharing=Sharing(originator="MX", releasable_to=("CO",)))
    assert await world.database.fetchval("SELECT count(*) FROM deliveries") == 0
    await commit(world, found(1))
    await auth.revoke_key(world.database, "p0")
    async with couriers(world):
        await until(status_of(world, withheld=1), "the refusal")
    assert receiver.requests == []
    assert subscribed["owner"] == "p0"


async def test_a_silence_keeps_a_nation_from_being_told_and_no_other(world, receiver):
    mx, us = await world.sign(nation="MX"), await world.sign(nation="US")
    await subscribe(world, mx, receiver.url)
    await subscribe(world, us, receiver.url)
    await commit(world, found())
    alert = found().alerts[0].id
    await world.client.post(
        f"/v1/alerts/{alert}/silence", headers=mx, json={"hours": 1, "reason": "known"}
    )
    await commit(world, found(1))
    rows = await world.database.fetch(
        "SELECT s.nation FROM deliveries d JOIN subscriptions s ON s.id = d.subscription_id"
        " WHERE d.alert_id = $1", found(1).alerts[0].id,
    )  # fmt: skip
    assert [row["nation"] for row in rows] == ["US"]


async def test_a_subscription_has_a_silence_of_its_own_for_each_rule_and_vessel(world, receiver):
    officer = await world.sign()
    await subscribe(world, officer, receiver.url, filter={"silence_h": 2})
    await commit(world, found(), found(1), found(2, kind="gap"), found(3, 200000009))
    rows = await world.database.fetch("SELECT alert_id FROM deliveries ORDER BY id")
    told = (found(), found(2, kind="gap"), found(3, 200000009))
    assert [row["alert_id"] for row in rows] == [each.alerts[0].id for each in told]
    await world.database.execute("UPDATE alerts SET raised_at = raised_at - interval '3 h'")
    await commit(world, found(4))
    assert await world.database.fetchval("SELECT count(*) FROM deliveries") == 4


async def test_a_preview_counts_what_the_last_week_would_have_sent(world, receiver):
    await commit(world, found(), found(1, kind="gap"), found(2, kind="zone_entry"))
    await commit(world, found(3), sharing=Sharing(originator="MX", releasable_to=()))
    us = await world.sign(nation="US")
    response = await world.client.post("/v1/subscriptions/preview", headers=us, json={})
    assert (await response.json())["by_rule"] == {"rendezvous": 1, "gap": 1}
    shown = await subscribe(world, us, receiver.url, filter={"rules": ["gap"]})
    assert shown["preview"]["alerts"] == 1


@pytest.mark.parametrize(
    ("target", "field"),
    [
        ({"url": "https://169.254.169.254/latest"}, "target.url"),
        ({"url": "https://[::1]/"}, "target.url"),
        ({"url": "https://user:pass@example.org/"}, "target.url"),
        ({"url": "ftp://example.org/"}, "target.url"),
        ({"url": "nonsense"}, "target.url"),
        ({"url": "https://example.org/", "more": 1}, "target.more"),
        ({}, "target.url"),
    ],
)
async def test_a_target_that_leads_nowhere_good_is_refused(world, target, field):
    response = await world.client.post(
        "/v1/subscriptions", headers=await world.sign(),
        json={"name": "mine", "channel": "webhook", "target": target},
    )  # fmt: skip
    assert response.status == 422
    assert [e["field"] for e in (await response.json())["errors"]] == [field]


async def test_subscriptions_are_their_owners_and_their_nations_watch_to_manage(world, receiver):
    partner = await world.sign(nation="US", role="naval_partner")
    mine = await subscribe(world, partner, receiver.url)
    for headers, status in (
        (await world.sign(nation="US"), 200),
        (await world.sign(nation="US", role="naval_partner"), 404),
        (await world.sign(nation="MX"), 404),
        (partner, 200),
    ):
        where = f"/v1/subscriptions/{mine['id']}"
        shown = await world.client.get(where, headers=headers)
        assert shown.status == status
        if status == 200:
            shown = await shown.json()
            assert (shown["owner"], "secret" in shown) == (mine["owner"], False)
    await subscribe(world, partner, receiver.url, status=409)
    await commit(world, found())
    assert (await world.client.delete(where, headers=partner)).status == 200
    assert (await world.client.get(where, headers=partner)).status == 404
    assert await status_of(world, withheld=1)()


def test_a_circuit_opens_for_ever_longer_and_lets_one_through_to_see():
    params = DeliveryParams()
    circuit = Circuit(params)
    assert circuit.room(0.0) == params.together
    waits, now = [], 0.0
    for _ in range(12):
        circuit.judge(arrived=0, away=1, now=now, chance=1.0)
        assert circuit.room(now) == 0
        waits.append(circuit.open_until - now)
        now = circuit.open_until
        assert circuit.room(now) == 1
    assert waits == [1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300, 300]
    circuit.judge(arrived=1, away=0, now=now, chance=1.0)
    assert circuit.room(now) == params.together
