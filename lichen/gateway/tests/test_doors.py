"""Listening: TLS, metrics, settings, ports that are taken."""

import asyncio
import datetime
import ipaddress
import socket
import ssl
import urllib.request

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from lichen.gateway.errors import CannotListen, SettingsError
from lichen.gateway.settings import Settings, from_environment


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    """Paths of a certificate for 127.0.0.1, signed by itself, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "gateway")])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), False)
        .sign(key, hashes.SHA256())
    )
    folder = tmp_path_factory.mktemp("tls")
    (folder / "certificate.pem").write_bytes(made.public_bytes(serialization.Encoding.PEM))
    (folder / "key.pem").write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return folder / "certificate.pem", folder / "key.pem"


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


async def test_tls_and_plain_side_by_side(gateway_with, open_site, certificate, stored):
    gateway = await gateway_with(tls_port=free_port(), tls_certificate=str(certificate[0]), tls_key=str(certificate[1]))
    trust = ssl.create_default_context(cafile=str(certificate[0]))
    site = await open_site(gateway.tls_port, ssl=trust)
    packets = [site.packet() for _ in range(3)]
    for packet in packets:
        await site.send(packet)
        assert (await site.answer()).cn == "9014"
    await site.close()
    plain = await open_site(gateway.port)
    await plain.send(plain.packet())
    assert (await plain.answer()).cn == "9014"
    assert [entry.body for entry in await stored()][:3] == packets


async def test_stop_answers_over_tls_too(gateway_with, open_site, certificate):
    gateway = await gateway_with(
        tls_port=free_port(), tls_certificate=str(certificate[0]), tls_key=str(certificate[1]), batch_ms=50.0
    )
    site = await open_site(gateway.tls_port, ssl=ssl.create_default_context(cafile=str(certificate[0])))
    await site.send(site.packet())
    await asyncio.sleep(0.01)
    await gateway.stop()
    assert (await site.answer()).cn == "9014"


async def test_plain_bytes_on_the_tls_port_hurt_nobody(gateway_with, open_site, certificate):
    gateway = await gateway_with(tls_port=free_port(), tls_certificate=str(certificate[0]), tls_key=str(certificate[1]))
    site = await open_site(gateway.tls_port)
    await site.send(site.packet())
    assert await site.is_closed()
    good = await open_site(gateway.port)
    await good.send(good.packet())
    assert (await good.answer()).cn == "9014"


async def test_unusable_certificate_is_named(gateway_with, tmp_path):
    (tmp_path / "bad.pem").write_text("no certificate")
    with pytest.raises(CannotListen, match=r"bad\.pem"):
        await gateway_with(
            tls_port=free_port(), tls_certificate=str(tmp_path / "bad.pem"), tls_key=str(tmp_path / "bad.pem")
        )


@pytest.mark.parametrize(("setting", "variable"), [("port", "PORT"), ("metrics_port", "METRICS_PORT")])
async def test_taken_port_says_what_to_set(gateway_with, setting, variable):
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        with pytest.raises(CannotListen, match=f"LICHEN_GATEWAY_{variable}"):
            await gateway_with(**{setting: other.getsockname()[1]})


async def test_metrics_tell_what_happened(gateway_with, open_site):
    gateway = await gateway_with(metrics_port=0)
    site = await open_site(gateway.port)
    await site.send(site.packet())
    await site.answer()
    await site.send(b"noise")
    await site.close()
    await asyncio.sleep(0.1)

    def read():
        with urllib.request.urlopen(f"http://127.0.0.1:{gateway.metrics_port}/metrics", timeout=10) as page:
            return page.read().decode()

    text = await asyncio.to_thread(read)
    for line in (
        'lichen_gateway_frames_total{verdict="ok"} 1.0',
        'lichen_gateway_frames_total{verdict="structure"} 1.0',
        'lichen_gateway_answers_total{cn="9014"} 1.0',
        'lichen_gateway_connections_closed_total{reason="peer"} 1.0',
        "lichen_gateway_devices_known 3.0",
        "lichen_gateway_devices_online 0.0",
        "lichen_gateway_stream_up 1.0",
        "lichen_gateway_wait_seconds_count 2.0",
    ):
        assert line in text


def test_defaults_need_no_environment():
    assert from_environment({}) == Settings()


@pytest.mark.parametrize(
    ("variable", "value", "problem"),
    [
        ("PORT", "http", "whole number"),
        ("PORT", "70000", "0 to 65535"),
        ("IDLE_SECONDS", "0", "above 0"),
        ("MAX_FRAME", "10000", "9999"),
        ("TLS_PORT", "2121", "LICHEN_GATEWAY_TLS_CERTIFICATE"),
        ("TLS_KEY", "/nowhere/key.pem", "no such file"),
        ("ON_CONNECT", "1012,3011", "3011"),
        ("PROT", "2120", "no such setting"),
    ],
)
def test_unusable_settings_are_named(variable, value, problem):
    with pytest.raises(SettingsError, match=problem) as refused:
        from_environment({f"LICHEN_GATEWAY_{variable}": value})
    assert f"LICHEN_GATEWAY_{variable}" in str(refused.value)
