"""The small clients of docs/partners receive what the senders send."""

import asyncio
import base64
import contextlib
import ipaddress
import json
import os
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from api.channel.cot import CotSender
from api.channel.nats import nats_sender
from api.channel.parcel import RefusedError
from api.channel.webhook import webhook_sender
from api.form.forms import written
from api.form.letter import letter
from api.outward import Guard
from api.store_alerts import AlertRow, write

PARTNERS = Path(__file__).parents[2] / "docs" / "partners"
GUARD = Guard(networks=[ipaddress.ip_network("127.0.0.0/8")])
SECRET = "whsec_" + base64.b64encode(b"0123456789abcdef0123456789abcdef").decode()


class Client:
    """A client of docs/partners, running."""

    def __init__(self, process):
        self._process = process

    async def line(self):
        async with asyncio.timeout(60):
            return (await self._process.stdout.readline()).decode().rstrip("\n")


@contextlib.asynccontextmanager
async def running(name, *argv, **env):
    process = await asyncio.create_subprocess_exec(
        sys.executable, PARTNERS / name, *argv, env=os.environ | env,
        stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    try:
        yield Client(process)
    finally:
        process.kill()
        await process.communicate()


async def said(name, given):
    """What a client that reads standard input prints."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, PARTNERS / name, stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    async with asyncio.timeout(60):
        out, _ = await process.communicate(given)
    assert process.returncode == 0
    return out.decode()


async def test_the_webhook_receiver_takes_signed_alerts_once(make):
    async with running("webhook_receiver.py", "0", SECRET=SECRET) as client:
        port = (await client.line()).split()[-1]
        parcel = replace(
            make.parcel(target={"url": f"http://127.0.0.1:{port}/"}), secrets=(SECRET,)
        )
        async with webhook_sender(GUARD) as sender:
            await sender.send(parcel)
            await sender.send(parcel)
            with pytest.raises(RefusedError, match="401"):
                await sender.send(replace(parcel, secrets=(SECRET[:-4] + "AAA=",)))
            with pytest.raises(RefusedError, match="secret"):
                await sender.send(replace(parcel, secrets=()))
            await sender.send(replace(parcel, phase="withdrawn"))
        told = [json.loads(await client.line())["type"] for _ in range(2)]
    assert told == ["safepassage.alert.raised.v1", "safepassage.alert.withdrawn.v1"]


async def test_the_cot_listener_shows_alerts(make):
    async with running("cot_listener.py", "0") as client:
        port = (await client.line()).split()[-1]
        parcel = make.parcel(target={"url": f"tcp://127.0.0.1:{port}"})
        await CotSender(GUARD).send(parcel)
        shown = await client.line()
    assert shown.split()[1:] == ["-1.400000", "-81.234567", "warning", "loitering", "raised",
                                 "412000001"]  # fmt: skip


async def test_the_nats_subscriber_shows_alerts(make, servers):
    async with running("nats_subscriber.py", servers.nats, "US") as client:
        assert await client.line() == "listening"
        async with nats_sender(servers.nats) as sender:
            await sender.send(make.parcel())
        identity, _, body = (await client.line()).partition(" ")
    assert identity == make.parcel().id
    assert json.loads(body)["specversion"] == "1.0"


async def test_the_stream_reader_shows_alerts(make, world):
    key = (await world.sign())["Authorization"].split()[1]
    told = make.parcel().document
    row = AlertRow(
        id=told["id"], rule="loitering", severity="warning", kind="event", mmsis=(412000001,),
        onset_at=make.noon, lon=None, lat=None, document=dict(told), originator="XC",
        releasable_to=["*"],
    )  # fmt: skip
    async with running("stream_reader.py", str(world.client.make_url("/")), KEY=key) as client:
        assert await client.line() == "listening"
        async with world.database.acquire() as connection, connection.transaction():
            await write(connection, [row], [])
        assert await client.line() == f"raised {told['text']}"


async def test_the_readers_of_letters_cap_and_oth_gold_read_them(make):
    mail = make.parcel(target={"to": ["ana@example.org"]})
    assert mail.id in await said("mail_reader.py", letter(mail, "a@example.org").as_bytes())
    cap, _ = written(make.parcel(exercise="pacific", target={"form": "cap"}))
    assert "status: Exercise" in await said("cap_reader.py", cap)
    gold, _ = written(make.parcel(target={"form": "oth_gold"}))
    assert "position -1.4 -81.2" in await said("oth_gold_reader.py", gold)


def test_every_client_is_named_in_the_page_of_partners():
    page = (PARTNERS / "README.md").read_text("utf-8")
    for file in PARTNERS.glob("*.py"):
        assert f"({file.name})" in page
