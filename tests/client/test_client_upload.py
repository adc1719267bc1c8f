"""Samples on their way to the service: streamed, hashed, and cut if they are not what was promised."""

from __future__ import annotations

import base64
import hashlib
import io
import os
import socket
import struct
import subprocess
import sys
import threading
import tracemalloc
from pathlib import Path
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scripted import answer, raw

from ddvoices.client import ForbiddenError, InvalidOptionError, SampleChangedError
from ddvoices.client.body import BLOCK, SampleBody
from ddvoices.errors import OutcomeUnknownError, ServiceUnreachableError

MADE = answer({"response": {"voice_prompt_id": "vp_1"}})
MEGABYTE = 1 << 20


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def create(client, file, *, size: int, sha: str) -> str:
    return client.create_voice(
        file, size=size, sha256=sha, filename="a.wav", name="Ada", gender="female", locale="en-GB"
    )


class Shifty(io.BytesIO):
    """A file that gives few bytes at a time."""

    def read(self, size: int | None = -1) -> bytes:
        return super().read(min(size or 0, 1000))


@pytest.mark.parametrize("size", [1, 2, 3, BLOCK - 1, BLOCK, BLOCK + 1, 2 * BLOCK, 3 * BLOCK + 2])
@pytest.mark.parametrize("kind", [io.BytesIO, Shifty])
def test_a_sample_arrives_as_it_is(size, kind, serve, client_of):
    content = os.urandom(size)
    server = serve(MADE)
    assert create(client_of(server), kind(content), size=size, sha=sha256(content)) == "vp_1"
    sent = server.received[0]
    assert base64.b64decode(sent.json["data"], validate=True) == content
    assert int(sent.headers["content-length"]) == len(sent.body)
    assert "transfer-encoding" not in sent.headers
    assert sent.headers["content-type"] == "application/json"


@given(st.binary(min_size=1, max_size=50), st.dictionaries(st.text(max_size=5), st.text(max_size=5)))
def test_a_body_is_as_long_as_it_says(content, fields):
    body = SampleBody(fields, "data", io.BytesIO(content), size=len(content), sha256=sha256(content))
    assert len(b"".join(body)) == len(body)
    assert body.finished


@pytest.mark.parametrize("size", [100, BLOCK, 3 * BLOCK])
@pytest.mark.parametrize("change", ["other", "longer", "shorter", "empty"])
def test_a_changed_sample_is_cut_before_its_last_byte(size, change, serve, client_of, waits):
    content = os.urandom(size)
    now = {
        "other": content[:-1] + bytes([content[-1] ^ 1]),
        "longer": content + b"x",
        "shorter": content[:-1],
        "empty": b"",
    }[change]
    server = serve(MADE)
    with pytest.raises(SampleChangedError):
        create(client_of(server), io.BytesIO(now), size=size, sha=sha256(content))
    assert [request.whole for request in server.wait_for(1)] == [False]
    assert waits == []


def test_a_sample_that_cannot_be_read_is_no_lost_connection(serve, client_of):
    class Broken(io.BytesIO):
        def read(self, _: int | None = -1) -> bytes:
            raise OSError(5, "Input/output error")

    with pytest.raises(SampleChangedError, match="can't be read any more: Input/output error"):
        create(client_of(serve(MADE)), Broken(b"abc"), size=3, sha=sha256(b"abc"))


def test_a_sample_is_read_again_when_it_is_sent_again(serve, client_of, waits):
    content = os.urandom(BLOCK + 5)
    server = serve(answer({"message": "slow down"}, status=429), MADE)
    create(client_of(server), io.BytesIO(content), size=len(content), sha=sha256(content))
    assert [base64.b64decode(each.json["data"]) == content for each in server.received] == [True, True]
    assert len(waits) == 1


def test_no_body_is_ever_held_whole(tmp_path, discarding, client_of):
    """The peak of memory is a fraction of the file."""
    size = 18 * MEGABYTE
    path = tmp_path / "long.wav"
    digest = hashlib.sha256()
    with path.open("wb") as file:
        for _ in range(18):
            block = os.urandom(MEGABYTE)
            digest.update(block)
            file.write(block)
    client = client_of(discarding)
    with path.open("rb") as file:
        tracemalloc.start()
        try:
            create(client, file, size=size, sha=digest.hexdigest())
            client.add_voice(path, "Ada", "female", "en-GB")
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
    assert peak < size / 9


_DISCARD = """
import http.server

class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        left = int(self.headers["content-length"])
        while left:
            left -= len(self.rfile.read(min(left, 65536)))
        body = b'{"response": {"voice_prompt_id": "vp_1"}}'
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args):
        pass

server = http.server.HTTPServer(("127.0.0.1", 0), Handler)
print(f"http://127.0.0.1:{server.server_port}", flush=True)
server.serve_forever()
"""


@pytest.fixture
def discarding():
    """Serve in a process of its own, so that what the server holds isn't counted."""
    with subprocess.Popen([sys.executable, "-c", _DISCARD], stdout=subprocess.PIPE, text=True) as process:
        yield SimpleNamespace(base_url=process.stdout.readline().strip())
        process.terminate()


SAMPLE = b"RIFF and so on"


@pytest.mark.parametrize(
    ("data", "filename"),
    [
        (SAMPLE, None),
        (bytearray(SAMPLE), None),
        (base64.b64encode(SAMPLE).decode(), None),
        (base64.encodebytes(SAMPLE).decode(), None),
        (Path("ada.wav"), "ada.wav"),
    ],
)
def test_samples_from_everywhere(data, filename, serve, client_of, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("ada.wav").write_bytes(SAMPLE)
    server = serve(MADE)
    answered = client_of(server).add_voice(data, "Ada", "female", "en-GB")
    assert answered == {"response": {"voice_prompt_id": "vp_1"}}
    sent = server.received[0].json
    assert base64.b64decode(sent["data"]) == SAMPLE
    assert sent["filename"] == filename or (filename is None and len(sent["filename"]) == 36)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ("voice.wav", "neither base64 nor a file"),
        ("data", "is the name of a file: pass Path"),
        ("data:audio/wav;base64,UklGRg==", "base64 alone"),
        ("UklGRg=", "neither base64"),
        ("x" * 5001, "neither base64"),
        ("", "empty"),
        (b"", "empty"),
        (Path("empty.wav"), "empty"),
        (Path("not-there.wav"), "No such file"),
        (Path("folder"), "not a regular file"),
        (Path("pipe"), "not a regular file"),
        (Path("a\0b"), "null"),
        (12, "Path, bytes or base64 text, not int"),
        (None, "not NoneType"),
    ],
)
def test_what_is_no_sample(data, message, serve, client_of, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("data").write_bytes(SAMPLE)
    Path("empty.wav").touch()
    Path("folder").mkdir()
    os.mkfifo("pipe")
    server = serve(MADE)
    with pytest.raises(InvalidOptionError, match=message):
        client_of(server).add_voice(data, "Ada", "female", "en-GB")
    assert server.received == []


def test_a_connection_that_ends_within_the_body_made_nothing(client_of, waits):
    """The service can't have had all of it, so it may be sent again."""
    content = bytes(18 * MEGABYTE)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=_hang_up, args=(listener, 3))
        thread.start()
        server = SimpleNamespace(base_url=f"http://127.0.0.1:{listener.getsockname()[1]}")
        with pytest.raises(ServiceUnreachableError, match="before the whole request was sent") as caught:
            create(client_of(server), io.BytesIO(content), size=len(content), sha=sha256(content))
        thread.join()
    assert not isinstance(caught.value, OutcomeUnknownError)
    assert len(waits) == 2


def _hang_up(listener: socket.socket, times: int) -> None:
    """Take connections, and end them when the request has begun."""
    for _ in range(times):
        connection, _ = listener.accept()
        with connection:
            connection.recv(1000)
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def test_an_answer_before_the_whole_body_counts(serve, client_of):
    """A service may refuse a sample while it is still on its way."""
    content = bytes(MEGABYTE)
    refusal = raw(
        b"HTTP/1.1 403 No\r\nContent-Length: 22\r\nContent-Type: application/json\r\n\r\n"
        b'{"message": "it is f"}'
    )
    with pytest.raises(ForbiddenError, match="it is f"):
        create(client_of(serve(refusal)), io.BytesIO(content), size=len(content), sha=sha256(content))
