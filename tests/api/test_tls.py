"""TLS by settings: a certificate of our own making, a real handshake."""

import ssl
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address

import aiohttp
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from api.service import _listening, _tls
from api.settings import load_settings
from sea.errors import BadInputError


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    """Files of a certificate for 127.0.0.1 and of its key."""
    folder = tmp_path_factory.mktemp("tls")
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "test")])
    now = datetime.now(UTC)
    alternative = x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))])
    made = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name)
        .public_key(key.public_key()).serial_number(1)
        .not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=1))
        .add_extension(alternative, critical=False)
        .sign(key, hashes.SHA256())
    )  # fmt: skip
    (folder / "chain.pem").write_bytes(made.public_bytes(serialization.Encoding.PEM))
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    (folder / "key.pem").write_bytes(private)
    return folder / "chain.pem", folder / "key.pem"


async def test_the_service_speaks_tls_and_nothing_older_than_1_2(world, certificate):
    chain, key = certificate
    settings = load_settings(tls_certificate=chain, tls_key=key, port=0)
    trusting = ssl.create_default_context(cafile=chain)
    async with (
        _listening(world.application, settings) as address,
        aiohttp.ClientSession() as session,
    ):
        assert address.startswith("https://127.0.0.1:")
        async with session.get(f"{address}/healthz", ssl=trusting) as answer:
            assert answer.status == 200
        with pytest.raises(aiohttp.ClientError):
            await session.get(f"{address.replace('https', 'http')}/healthz")
    assert _tls(settings).minimum_version == ssl.TLSVersion.TLSv1_2


def test_a_certificate_without_its_key_or_none_at_all_is_refused(certificate, tmp_path):
    chain, _ = certificate
    with pytest.raises(BadInputError, match="given together"):
        load_settings(tls_certificate=chain)
    missing = load_settings(tls_certificate=chain, tls_key=tmp_path / "none.pem")
    with pytest.raises(BadInputError, match="cannot be read"):
        _tls(missing)
