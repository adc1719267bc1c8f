"""Faults on the sockets: in the handshake, in place of an answer, and in mid-stream."""

from __future__ import annotations

import json
import socket
from typing import Any
from urllib.parse import urlsplit

import pytest
from emulator.samples import WAV_BASE64
from emulator.talk import Talk, audio, final, finished, handshake, request, talking
from service import Emulator
from websockets.exceptions import ConnectionClosedError

PATHS = ["/open", "/ws"]
SPEAK = "text-to-speech"
RESET = ConnectionResetError


def upgrade(emulator: Emulator, key: str, path: str, *, patience: float = 10) -> bytes | type[Exception]:
    """Send a handshake over a bare socket and return every byte that comes back, or what broke."""
    place = urlsplit(emulator.base_url)
    with socket.create_connection((place.hostname, place.port), timeout=patience) as connection:
        connection.sendall(handshake(emulator, key, path))
        received = b""
        try:
            while piece := connection.recv(65536):
                received += piece
        except (ConnectionResetError, TimeoutError) as error:
            return type(error)
        return received


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize(
    ("rule", "status", "shown"),
    [
        ({"kind": "status", "status": 429, "retry_after": 7}, 429, b"retry-after: 7"),
        ({"kind": "html"}, 502, b"<html>"),
        ({"kind": "empty"}, 200, b"HTTP/1.1 200 OK"),
        ({"kind": "cut"}, 200, b"HTTP/1.1 200 OK"),
        ({"kind": "head"}, 200, b"HTTP/1.1 200 OK"),
    ],
)
def test_a_handshake_is_answered_as_a_request_would_be(emulator, api_key, path, rule, status, shown):
    emulator.faults(api_key, [{"method": "GET", "path": path, **rule}])
    received = upgrade(emulator, api_key, path)
    assert received.startswith(b"HTTP/1.1 %d " % status)
    assert shown.lower() in received.lower()
    (entry,) = emulator.requests(api_key)
    assert (entry["path"], entry["fault"], entry["status"]) == (path, rule["kind"], status)


@pytest.mark.parametrize(("kind", "broken"), [("reset", RESET), ("hang", TimeoutError)])
def test_a_handshake_can_break_or_hang(emulator, api_key, kind, broken):
    emulator.faults(api_key, [{"method": "GET", "path": "/ws", "kind": kind}])
    assert upgrade(emulator, api_key, "/ws", patience=0.3) is broken
    assert emulator.requests(api_key)[0]["status"] is None


def test_a_fault_can_follow_the_handshake(emulator, api_key):
    emulator.faults(api_key, [{"method": "GET", "path": "/ws", "kind": "close", "when": "after"}])
    with talking(emulator.streaming_url, api_key) as talk:
        assert code(talk) == 1011
    rule = {"path": "/ws", "kind": "status", "status": 503, "when": "after", "count": 1}
    emulator.faults(api_key, [rule])
    with talking(emulator.streaming_url, api_key) as talk:
        assert talk.hear()["action"] == "error"
        assert talk.ask(action="ping") == {"action": "pong"}
    emulator.faults(api_key, [{"method": "GET", "kind": "hang", "when": "after"}])
    with talking(emulator.websocket_url, api_key) as talk:
        talk.say(action="nonsense")
        with pytest.raises(TimeoutError):
            talk.socket.recv(timeout=0.3)


def code(talk: Talk) -> int | None:
    """Return the code of the close frame that ends a connection, or None where it broke off."""
    with pytest.raises(ConnectionClosedError) as closed:
        talk.hear()
    return closed.value.rcvd and closed.value.rcvd.code


def struck(talk: Talk, kind: str) -> Any:
    """Return what a fault makes of the next message."""
    try:
        return talk.socket.recv(timeout=0.3 if kind == "hang" else 30)
    except TimeoutError:
        return "silence"
    except ConnectionClosedError as closed:
        return closed.rcvd.code if closed.rcvd else "broken"


def error(**fields: Any) -> str:
    return json.dumps({"error": fields.pop("error"), **fields}, separators=(",", ":"))


KINDS = [
    ({"kind": "reset"}, "broken"),
    ({"kind": "hang"}, "silence"),
    ({"kind": "close"}, 1011),
    ({"kind": "empty"}, ""),
    (
        {"kind": "status", "status": 429},
        error(error="Too Many Requests", errorType="RateLimit", generationId="g"),
    ),
    (
        {"kind": "status", "status": 402},
        error(error="Payment Required", errorType="InsufficientCredits", generationId="g"),
    ),
    ({"kind": "status", "status": 503}, error(error="Service Unavailable", generationId="g")),
]


@pytest.mark.parametrize(("rule", "seen"), KINDS)
@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("action", [SPEAK, "gender-classify"])
def test_a_message_is_struck_before_or_after_the_first_audio(emulator, api_key, rule, seen, when, action):
    document = request(emulator, api_key)
    emulator.faults(api_key, [{"method": "WS", "path": f"/open/{action}", "when": when, "count": 1, **rule}])
    with talking(emulator.websocket_url, api_key) as talk:
        talk.say(action=action, generationId="g", audio=WAV_BASE64, **document)
        if (action, when) == (SPEAK, "after"):
            assert talk.hear()["index"] == 0
        assert struck(talk, rule["kind"]) == seen
        if seen not in ("broken", 1011):
            talk.say(action=SPEAK, generationId="next", **document)
            assert {message["generationId"] for message in talk.hear_until(finished)} == {"next"}
    (entry,) = [entry for entry in emulator.requests(api_key) if entry["fault"]]
    assert (entry["path"], entry["fault"]) == (f"/open/{action}", rule["kind"])
    assert emulator.fault_counts(api_key)[0]["struck"] == 1


@pytest.mark.parametrize("kind", ["html", "cut"])
@pytest.mark.parametrize("path", PATHS)
def test_a_frame_can_be_no_json(emulator, api_key, kind, path):
    emulator.settings(api_key, greeting="none")
    emulator.faults(api_key, [{"method": "WS", "kind": kind}])
    with talking(emulator.origin.replace("http", "ws") + path, api_key) as talk:
        talk.say(action="ping" if path == "/ws" else SPEAK)
        frame = talk.socket.recv(timeout=30)
    assert frame.startswith("{" if kind == "cut" else "<")
    with pytest.raises(ValueError):
        json.loads(frame)


@pytest.mark.parametrize("kind", ["hang", "empty"])
def test_a_message_that_makes_no_sense_can_be_struck_too(emulator, api_key, kind):
    emulator.faults(api_key, [{"method": "WS", "path": "/open", "kind": kind}])
    with talking(emulator.websocket_url, api_key) as talk:
        talk.socket.send("{")
        assert struck(talk, kind) == {"hang": "silence", "empty": ""}[kind]


def test_a_fault_after_an_error_takes_its_place(emulator, api_key):
    emulator.faults(api_key, [{"method": "WS", "kind": "empty", "when": "after"}])
    with talking(emulator.websocket_url, api_key) as talk:
        talk.say(action=SPEAK)
        assert struck(talk, "empty") == ""


@pytest.fixture
def stream(emulator, api_key):
    """Return a session that has a config."""
    with talking(emulator.streaming_url, api_key) as talk:
        talk.hear()
        talk.say(action="stream-config", config={"model": "m"})
        assert talk.ask(action="ping") == {"action": "pong"}
        yield talk


@pytest.mark.parametrize(("rule", "seen"), KINDS[:4])
@pytest.mark.parametrize("action", ["stream-text", "end-stream"])
def test_a_turn_is_struck_after_its_first_audio(emulator, api_key, stream, rule, seen, action):
    emulator.faults(api_key, [{"method": "WS", "path": f"/ws/{action}", "when": "after", "count": 1, **rule}])
    stream.say(action="stream-text", text="Good morning to all of you" + "." * (action == "stream-text"))
    if action == "end-stream":
        stream.say(action="end-stream")
    assert audio([stream.hear()])
    assert struck(stream, rule["kind"]) == seen


def test_a_turn_without_audio_is_struck_at_its_end(emulator, api_key, stream):
    emulator.faults(api_key, [{"method": "WS", "path": "/ws/end*", "when": "after", "kind": "close"}])
    stream.say(action="end-stream")
    assert code(stream) == 1011


@pytest.mark.parametrize(
    ("action", "fields"),
    [
        ("stream-text", {"generationId", "error"}),
        ("end-stream", {"generationId", "error"}),
        ("stream-config", {"action", "message"}),
        ("cancel", {"action", "message"}),
        ("ping", {"action", "message"}),
    ],
)
@pytest.mark.parametrize("when", ["before", "after"])
def test_each_message_can_fail(emulator, api_key, stream, action, fields, when):
    rule = {"path": f"/ws/{action}", "kind": "status", "status": 503, "when": when, "count": 1}
    emulator.faults(api_key, [rule])
    stream.say(action=action, text="One.", model="m")
    answer = stream.hear_until(lambda message: "data" not in message)[-1]
    assert answer.keys() == fields
    assert "Service Unavailable" in answer.values()
    assert stream.ask(action="ping") == {"action": "pong"}


def test_a_message_that_hangs_is_not_acted_on(emulator, api_key, stream):
    emulator.faults(api_key, [{"method": "WS", "path": "/ws/stream-text", "kind": "hang", "count": 1}])
    for _ in range(2):
        stream.say(action="stream-text", text="Good morning.")
    stream.say(action="end-stream")
    assert sum(map(finished, stream.hear_until(final))) == 1
