import asyncio
import json
import struct
import time

import numpy as np
import pytest
from aiohttp import WSMsgType, WSServerHandshakeError

from api import auth
from api.http import routes_node
from api.view import FRAME

HEADER = struct.Struct("<4sBBHII")


def decoded(frame):
    magic, version, kind, reserved, n, sequence = HEADER.unpack_from(frame)
    assert (magic, version, reserved) == (b"SPL1", 1, 0)
    columns, offset = {}, HEADER.size
    for name in FRAME.names:
        dtype = FRAME[name]
        columns[name] = np.frombuffer(frame, dtype, n, offset).tolist()
        offset += n * dtype.itemsize
    assert offset == len(frame)
    return kind, sequence, columns


async def of_type(socket, kind):
    async with asyncio.timeout(10):
        async for message in socket:
            if message.type is kind:
                return message.data if kind is WSMsgType.BINARY else json.loads(message.data)
    raise AssertionError("the stream ended")


@pytest.fixture
async def officer(world):
    return await world.sign()


async def test_a_client_gets_a_snapshot_then_what_changed(world, make, officer):
    world.hear(200000002, 200000001)
    async with world.client.ws_connect("/v1/live", headers=officer) as socket:
        kind, first, columns = decoded(await of_type(socket, WSMsgType.BINARY))
        assert kind == 0
        assert columns["mmsi"] == [200000001, 200000002]
        world.hear(200000003)
        world.hear(200000002, lon=-91.0, at=make.noon_us + 1)
        await world.live.round()
        kind, sequence, columns = decoded(await of_type(socket, WSMsgType.BINARY))
        assert (kind, sequence) == (1, first + 1)
        assert columns["mmsi"] == [200000002, 200000003]
        assert columns["lon"][0] == -910000000
        await world.live.round()
        assert decoded(await of_type(socket, WSMsgType.BINARY))[2]["mmsi"] == []


async def test_notices_tell_of_events_plans_and_the_age_of_the_data(world, make, officer):
    world.hear(200000001)
    async with world.client.ws_connect("/v1/live", headers=officer) as socket:
        first = await of_type(socket, WSMsgType.TEXT)
        assert first["type"] == "notice"
        assert first["plan_revision"] == 0
        await world.live.round()
        await of_type(socket, WSMsgType.TEXT)
        await world.store("events", make.event("e1", 200000001))
        await world.store("plans", make.plan())
        await world.live.round()
        notice = await of_type(socket, WSMsgType.TEXT)
        assert [e["id"] for e in notice["events"]] == ["e1"]
        assert notice["events"][0]["evidence"] == {"silence_s": 3600.5}
        assert notice["plan_revision"] != 0
        assert notice["counts"] == {"vessels": 1, "open_events": 1, "high_or_severe": 0}
        assert notice["at"] == "2026-03-01T12:00:00Z"
        assert 0 <= notice["data_age_s"] < 60
        await world.database.execute(
            "UPDATE events SET status = 'ended', revision = nextval('revision')"
        )
        await world.live.round()
        assert (await of_type(socket, WSMsgType.TEXT))["counts"]["open_events"] == 0


async def test_json_on_request(world, make, officer):
    world.hear(200000001, name="TESTER")
    await world.store_assessment(make.assessment(200000001, band="high"))
    await world.live.round()
    async with world.client.ws_connect("/v1/live?format=json", headers=officer) as socket:
        snapshot = await of_type(socket, WSMsgType.TEXT)
        assert (snapshot["v"], snapshot["type"]) == (1, "snapshot")
        assert snapshot["vessels"][0]["name"] == "TESTER"
        assert snapshot["vessels"][0]["coercion"]["band"] == "high"
        assert "reasons" not in snapshot["vessels"][0]["coercion"]
        assert (await of_type(socket, WSMsgType.TEXT))["type"] == "notice"
        await world.live.round()
        delta = await of_type(socket, WSMsgType.TEXT)
        assert (delta["type"], delta["vessels"]) == ("delta", [])


async def test_a_service_that_starts_shows_what_is_current_in_the_database(world, make, officer):
    await world.store("events", make.event("open", 1), make.event("over", 1, status="ended"))
    for hour in (11, 12):
        await world.store_assessment(make.assessment(1, at=f"2026-03-01T{hour}:00:00Z"))
        await world.store("plans", make.plan(made_at=make.noon.replace(hour=hour)))
    await world.live.round()
    ana = make.officer()
    assert [e["id"] for e in world.view.open_events(ana)] == ["open"]
    assert world.view.plan(ana)["made_at"].hour == 12
    world.hear(1)
    assert world.view.vessel(1, ana)["assessed_at"] == "2026-03-01T12:00:00Z"


async def test_a_client_that_never_reads_delays_nobody_and_starts_over(world, make, officer):
    world.hear(*range(200000000, 200000050))
    deaf = world.live.join(make.officer(), "binary")
    async with world.client.ws_connect("/v1/live", headers=officer) as socket:
        await of_type(socket, WSMsgType.BINARY)
        for i in range(1, 20):
            world.hear(*range(200000000, 200000050), at=make.noon_us + i * 1_000_000)
            started = time.perf_counter()
            await world.live.round()
            assert len(decoded(await of_type(socket, WSMsgType.BINARY))[2]["mmsi"]) == 50
            assert time.perf_counter() - started < 5
    assert len(deaf._messages) <= deaf.size
    assert deaf.dropped > 0
    await deaf.take()
    await world.live.round()
    kind, _, columns = decoded(await deaf.take())
    assert kind == 0
    assert len(columns["mmsi"]) == 50
    world.live.leave(deaf)


async def test_a_socket_that_is_never_read_neither_delays_others_nor_the_end(
    world, make, officer, monkeypatch
):
    monkeypatch.setattr(routes_node, "_CLOSE_TIMEOUT_S", 0.1)
    fleet = range(200000000, 200020000)
    world.hear(*fleet)
    reader, writer = await asyncio.open_connection(world.client.host, world.client.port, limit=1024)
    writer.write(
        b"GET /v1/live HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
        b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n"
        b"Authorization: " + officer["Authorization"].encode() + b"\r\n\r\n"
    )
    assert b"101" in await reader.readline()
    async with world.client.ws_connect("/v1/live", headers=officer) as socket:
        await of_type(socket, WSMsgType.BINARY)
        for i in range(1, 40):
            world.hear(*fleet, at=make.noon_us + i * 1_000_000)
            await world.live.round()
            assert len(decoded(await of_type(socket, WSMsgType.BINARY))[2]["mmsi"]) == len(fleet)
        assert sum(m.dropped for m in world.live._clients) > 0
        started = time.perf_counter()
        await routes_node.close_sockets(world.application)
        assert time.perf_counter() - started < 5
    writer.transport.abort()


async def test_a_socket_without_a_key_or_of_another_origin_is_refused(world, make, officer):
    own = f"http://{world.client.host}:{world.client.port}"
    for headers, status in (
        ({}, 401),
        (officer | {"Origin": "https://evil.example"}, 403),
        (officer | {"Origin": own}, 101),
    ):
        if status == 101:
            await (await world.client.ws_connect("/v1/live", headers=headers)).close()
            continue
        with pytest.raises(WSServerHandshakeError) as caught:
            await world.client.ws_connect("/v1/live", headers=headers)
        assert caught.value.status == status
    token = await auth.create_sign_in_link(world.database, make.officer())
    await world.get(f"/sign-in?token={token}", allow_redirects=False)
    with pytest.raises(WSServerHandshakeError) as caught:
        await world.client.ws_connect("/v1/live")
    assert caught.value.status == 403
    async with world.client.ws_connect("/v1/live", headers={"Origin": own}) as socket:
        await of_type(socket, WSMsgType.BINARY)


async def test_a_plain_request_for_the_stream_is_told_to_upgrade(world, officer):
    response = await world.get("/v1/live", officer)
    assert response.status == 426
    assert response.content_type == "application/problem+json"


async def test_a_revoked_key_loses_its_stream(world, officer, monkeypatch):
    monkeypatch.setattr(routes_node, "_ASK_AGAIN_S", 0.0)
    async with world.client.ws_connect("/v1/live", headers=officer) as socket:
        await of_type(socket, WSMsgType.BINARY)
        await auth.revoke_key(world.database, "p0")
        await world.live.round()
        async with asyncio.timeout(10):
            async for _ in socket:
                pass
        assert socket.close_code == 1008


async def test_a_client_that_left_is_forgotten(world, officer):
    gone, leave = asyncio.Event(), world.live.leave
    world.live.leave = lambda mailbox: (leave(mailbox), gone.set())
    socket = await world.client.ws_connect("/v1/live", headers=officer)
    await of_type(socket, WSMsgType.BINARY)
    await socket.close()
    await asyncio.wait_for(gone.wait(), 10)
    assert not world.live._clients
    assert not world.live._channels


async def test_a_database_that_goes_away_stops_the_following_not_the_stream(world, make, officer):
    await world.live.round()
    assert world.live.following
    client = world.live.join(make.officer(), "binary")
    await world.database.close()
    world.hear(200000001)
    await world.live.round()
    assert not world.live.following
    await client.take()
    await client.take()
    assert decoded(await client.take())[2]["mmsi"] == [200000001]
    world.live.leave(client)
