"""Every channel with a real peer: TAK, NATS, SMTP."""

import asyncio
import contextlib
import ipaddress
import json
import ssl
import xml.etree.ElementTree as ET
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import nats
import pytak
import pytest
import takproto
from aiosmtpd.smtp import SMTP
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from api.channel.cot import CotSender
from api.channel.mail import MailSender
from api.channel.nats import nats_sender
from api.channel.parcel import AwayError, RefusedError
from api.channel.senders import open_senders
from api.http.routes_alerts import BOX
from api.outward import Guard
from api.settings import Settings

GUARD = Guard(networks=[ipaddress.ip_network("127.0.0.0/8")])


class Listener:
    """A TAK server's end: what each connection brought."""

    def __init__(self):
        self.taken = asyncio.Queue()

    async def serve(self, reader, writer):
        await self.taken.put(await reader.read())
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()

    @contextlib.asynccontextmanager
    async def listening(self, **options):
        server = await asyncio.start_server(self.serve, "127.0.0.1", 0, **options)
        async with server:
            yield server.sockets[0].getsockname()[1]

    async def next(self):
        async with asyncio.timeout(20):
            return await self.taken.get()


@pytest.fixture
def listener():
    return Listener()


def a_certificate(folder):
    """A certificate of localhost, signed by itself: (PEM, file with key)."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name).issuer_name(name).public_key(key.public_key())
        .serial_number(1).not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )  # fmt: skip
    pem = made.public_bytes(serialization.Encoding.PEM)
    file = folder / "server.pem"
    file.write_bytes(pem + key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    ))  # fmt: skip
    return pem.decode(), file


async def test_a_tak_server_gets_xml_by_tcp(make, listener):
    async with listener.listening() as port:
        target = {"url": f"tcp://127.0.0.1:{port}"}
        await CotSender(GUARD).send(make.parcel(target=target))
        event = ET.fromstring(await listener.next())
    assert event.get("type") == "a-u-S-X-M"


async def test_a_tak_server_gets_protobuf_by_tcp(make, listener):
    async with listener.listening() as port:
        target = {"url": f"tcp://127.0.0.1:{port}", "form": "protobuf"}
        await CotSender(GUARD).send(make.parcel(target=target))
        message = takproto.parse_proto(bytearray(await listener.next()))
    assert message.cotEvent.lat == pytest.approx(-1.4)
    assert "__risk" in message.cotEvent.detail.xmlDetail


async def test_a_tak_server_gets_xml_by_tls_if_its_authority_is_the_one_named(
    make, listener, tmp_path
):
    pem, file = a_certificate(tmp_path)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(file)
    async with listener.listening(ssl=context) as port:
        target = {"url": f"tls://localhost:{port}"}
        with pytest.raises(AwayError, match="CERTIFICATE_VERIFY_FAILED"):
            await CotSender(GUARD).send(make.parcel(target=target))
        await CotSender(GUARD).send(make.parcel(target=target | {"ca_pem": pem}))
        event = ET.fromstring(await listener.next())
    assert event.find("detail/__risk").get("alert") == make.parcel().document["id"]


async def test_a_tak_server_that_asks_for_a_certificate_is_shown_one(make, listener, tmp_path):
    pem, file = a_certificate(tmp_path)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cadata=pem)
    context.load_cert_chain(file)
    context.verify_mode = ssl.CERT_REQUIRED
    async with listener.listening(ssl=context) as port:
        parcel = make.parcel(target={"url": f"tls://localhost:{port}", "ca_pem": pem})
        with pytest.raises(AwayError):
            await CotSender(GUARD).send(parcel)
        await CotSender(GUARD).send(replace(parcel, secrets=(file.read_text(),)))
        assert b"__risk" in await listener.next()


async def test_a_client_certificate_is_kept_encrypted_and_never_shown(world, tmp_path):
    pem, file = a_certificate(tmp_path)
    response = await world.client.post(
        "/v1/subscriptions", headers=await world.sign(),
        json={"name": "tak", "channel": "cot", "target": {
            "url": "tls://example.org:8089", "ca_pem": pem, "client_pem": file.read_text()}},
    )  # fmt: skip
    assert response.status == 201
    assert "PRIVATE KEY" not in await response.text()
    row = await world.database.fetchrow("SELECT secret, target::text FROM subscriptions")
    assert "PRIVATE KEY" not in row["target"]
    assert world.application[BOX].open(row["secret"]) == file.read_text()


@contextlib.asynccontextmanager
async def pytak_hearing(port, **config):
    """A queue of what pytak makes of datagrams."""
    heard = asyncio.Queue()
    reader, _ = await pytak.protocol_factory({"COT_URL": f"udp+ro://127.0.0.1:{port}"})
    worker = asyncio.create_task(pytak.RXWorker(heard, config, reader).run())
    try:
        yield heard
    finally:
        worker.cancel()
        await asyncio.gather(worker, return_exceptions=True)
        reader.close()


async def test_pytak_hears_datagrams_of_xml(make, unused_udp_port_factory):
    port = unused_udp_port_factory()
    async with pytak_hearing(port) as heard, asyncio.timeout(20):
        await CotSender(GUARD).send(make.parcel(target={"url": f"udp://127.0.0.1:{port}"}))
        event = ET.fromstring(await heard.get())
    assert event.get("type") == "a-u-S-X-M"


async def test_pytak_hears_datagrams_of_protobuf(make, unused_udp_port_factory):
    port = unused_udp_port_factory()
    target = {"url": f"udp://127.0.0.1:{port}", "form": "protobuf"}
    async with pytak_hearing(port, TAK_PROTO="1") as heard, asyncio.timeout(20):
        await CotSender(GUARD).send(make.parcel(target=target))
        message = await heard.get()
    assert message.cotEvent.type == "a-u-S-X-M"


async def test_a_tak_server_that_is_away_or_inside_is_told_apart(make, unused_tcp_port):
    target = {"url": f"tcp://127.0.0.1:{unused_tcp_port}"}
    with pytest.raises(AwayError):
        await CotSender(GUARD).send(make.parcel(target=target))
    with pytest.raises(RefusedError):
        await CotSender(Guard()).send(make.parcel(target=target))


async def test_a_nats_subscriber_gets_each_alert_on_its_subject(make, servers):
    client = await nats.connect(servers.nats)
    heard = await client.subscribe("alert.US.>")
    await client.flush()
    async with nats_sender(servers.nats) as sender:
        await sender.send(make.parcel())
        message = await heard.next_msg(timeout=20)
        await sender.send(make.parcel(target={"form": "cap"}))
        assert b"urn:oasis" in (await heard.next_msg(timeout=20)).data
    assert message.subject == "alert.US.mine"
    assert message.headers["Nats-Msg-Id"] == make.parcel().id
    assert json.loads(message.data)["data"]["rule"] == "loitering"
    await client.close()


class Inbox:
    """An SMTP server's end."""

    def __init__(self):
        self.letters = []
        self.answer = "250 taken"

    async def handle_DATA(self, server, session, envelope):  # noqa: N802 - aiosmtpd's name
        self.letters.append(envelope)
        return self.answer


@pytest.fixture
async def relay(unused_tcp_port):
    inbox = Inbox()
    loop = asyncio.get_running_loop()
    async with await loop.create_server(lambda: SMTP(inbox), "127.0.0.1", unused_tcp_port):
        inbox.url = f"smtp://127.0.0.1:{unused_tcp_port}"
        yield inbox


async def test_a_reader_gets_a_letter_in_plain_text_and_html(make, relay):
    target = {"to": ["ana@example.org", "eva@example.org"]}
    await MailSender(relay.url, "watch@example.org").send(make.parcel(target=target))
    (envelope,) = relay.letters
    assert envelope.rcpt_tos == target["to"]
    assert envelope.mail_from == "watch@example.org"
    for part in (b"text/plain", b"text/html", b"Auto-Submitted: auto-generated"):
        assert part in envelope.content


async def test_a_relay_that_says_later_or_never_or_nothing_is_told_apart(
    make, relay, unused_tcp_port_factory
):
    sender = MailSender(relay.url, "watch@example.org")
    parcel = make.parcel(target={"to": ["ana@example.org"]})
    relay.answer = "451 later"
    with pytest.raises(AwayError, match="451"):
        await sender.send(parcel)
    relay.answer = "554 never"
    with pytest.raises(RefusedError, match="554"):
        await sender.send(parcel)
    nowhere = MailSender(f"smtp://127.0.0.1:{unused_tcp_port_factory()}", "watch@example.org")
    with pytest.raises(AwayError):
        await nowhere.send(parcel)


async def test_a_password_is_not_sent_without_tls(make, relay):
    url = relay.url.replace("//", "//user:pass@")
    with pytest.raises(AwayError):
        await MailSender(url, "watch@example.org").send(
            make.parcel(target={"to": ["ana@example.org"]})
        )
    assert relay.letters == []


async def test_a_node_sends_by_every_channel_it_was_set_up_for(servers, tmp_path):
    async with open_senders(Settings(data_dir=tmp_path), servers.nats) as senders:
        assert set(senders) == {"webhook", "cot", "nats"}
    settings = Settings(data_dir=tmp_path, smtp_url="smtp://127.0.0.1:25")
    async with open_senders(settings, servers.nats) as senders:
        assert "email" in senders


@pytest.mark.parametrize(
    ("channel", "target", "field"),
    [
        ("cot", {"url": "tcp://93.184.215.14:8087"}, "target.url"),
        ("cot", {"url": "tls://example.org"}, "target.url"),
        ("cot", {"url": "tls://example.org:8089", "ca_pem": "nonsense"}, "target.ca_pem"),
        ("cot", {"url": "tls://example.org:8089", "client_pem": "nonsense"}, "target.client_pem"),
        ("cot", {"url": "tcp://127.0.0.1:8087", "ca_pem": "nonsense"}, "target.ca_pem"),
        ("email", {"to": ["ana@example.org"]}, "channel"),
        ("nats", {"subject": "ais.reports.1"}, "target.subject"),
    ],
)
async def test_a_target_that_cannot_be_is_refused(world, channel, target, field):
    response = await world.client.post(
        "/v1/subscriptions", headers=await world.sign(),
        json={"name": "mine", "channel": channel, "target": target},
    )  # fmt: skip
    assert response.status == 422
    assert [e["field"] for e in (await response.json())["errors"]] == [field]
