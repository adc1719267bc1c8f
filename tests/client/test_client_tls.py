"""Certificates: what isn't trusted gets nothing, and a bundle of one's own is believed."""

from __future__ import annotations

import datetime as dt
import ipaddress
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from types import SimpleNamespace

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from scripted import WAV

from ddvoices.errors import ServiceUnreachableError

ANSWER = (
    b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 19\r\nConnection: close\r\n\r\n"
    b'{"voicePrompts":[]}'
)
CALLS = {
    "get": lambda client: client.get_voice("a"),
    "create": lambda client: client.add_voice(WAV, "Ada", "female", "en-GB"),
    "tts": lambda client: client.tts("Hello", voice_prompt_id="a"),
}


@pytest.fixture(scope="module")
def certificate(tmp_path_factory) -> Path:
    """Return a file with a key and a certificate for this machine, signed by itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "test")])
    now = dt.datetime.now(dt.UTC)
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False
        )
        .sign(key, hashes.SHA256())
    )
    path = tmp_path_factory.mktemp("tls") / "both.pem"
    path.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        + made.public_bytes(serialization.Encoding.PEM)
    )
    return path


class Listening:
    """A server that takes one connection after the other, with TLS or in the clear."""

    def __init__(self, context: ssl.SSLContext | None) -> None:
        self.context = context
        self.heard: list[bytes] = []
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.base_url = f"https://127.0.0.1:{self.listener.getsockname()[1]}/api/v1"
        self.thread = threading.Thread(target=self._run)
        self.thread.start()

    def close(self) -> None:
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        self.thread.join()

    def _run(self) -> None:
        while True:
            try:
                plain, _ = self.listener.accept()
            except OSError:
                return
            with plain, suppress(OSError):
                self._answer(plain)

    def _answer(self, plain: socket.socket) -> None:
        if self.context is None:
            plain.sendall(ANSWER)
            return
        with self.context.wrap_socket(plain, server_side=True) as connection:
            self.heard.append(connection.recv(65536))
            connection.sendall(ANSWER)


@pytest.fixture
def tls(certificate) -> Iterator[Listening]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    server = Listening(context)
    yield server
    server.close()


@pytest.fixture
def clear() -> Iterator[Listening]:
    server = Listening(None)
    yield server
    server.close()


@pytest.mark.parametrize("name", CALLS)
def test_a_certificate_that_nobody_trusts(name, tls, client_of, waits):
    with pytest.raises(ServiceUnreachableError, match="certificate verify failed"):
        CALLS[name](client_of(tls))
    assert tls.heard == []
    assert len(waits) == 2


@pytest.mark.parametrize("name", CALLS)
def test_no_tls_at_all(name, clear, client_of):
    with pytest.raises(ServiceUnreachableError):
        CALLS[name](client_of(clear))


@pytest.mark.parametrize("variable", ["REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"])
def test_a_bundle_of_ones_own(variable, tls, certificate, client_of, monkeypatch):
    monkeypatch.delenv("REQUESTS_CA_BUNDLE", raising=False)  # it comes before the other
    monkeypatch.setenv(variable, str(certificate))
    assert client_of(tls).list_voices() == {"voicePrompts": []}
    assert len(tls.heard) == 1


def test_the_name_must_be_right(tls, certificate, client_of, monkeypatch):
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificate))
    other = SimpleNamespace(base_url=tls.base_url.replace("127.0.0.1", "localhost"))
    with pytest.raises(ServiceUnreachableError, match="certificate verify failed"):
        client_of(other).list_voices()
    assert tls.heard == []
