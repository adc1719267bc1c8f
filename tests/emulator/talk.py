"""A bare WebSocket client, for tests of the sockets."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

from emulator.samples import upload
from service import Emulator
from websockets.sync.client import ClientConnection, connect

END = {"action": "end-stream"}


class Talk:
    """A connection on which objects are said and heard."""

    def __init__(self, socket: ClientConnection) -> None:
        self.socket = socket

    def say(self, **message: Any) -> None:
        self.socket.send(json.dumps(message))

    def hear(self) -> dict[str, Any]:
        return json.loads(self.socket.recv(timeout=30))

    def hear_until(self, done: Callable[[dict[str, Any]], Any]) -> list[dict[str, Any]]:
        """Return what comes, up to the message that is ``done``."""
        heard = [self.hear()]
        while not done(heard[-1]):
            heard.append(self.hear())
        return heard

    def ask(self, **message: Any) -> dict[str, Any]:
        """Say something and return the next message."""
        self.say(**message)
        return self.hear()


@contextmanager
def talking(url: str, key: str) -> Iterator[Talk]:
    """Connect, as no proxy wants it and without a limit to what comes."""
    headers = {"x-api-key": key}
    with connect(url, additional_headers=headers, proxy=None, max_size=None, close_timeout=1) as socket:
        yield Talk(socket)


def handshake(emulator: Emulator, key: str, path: str) -> bytes:
    """Return what a client sends first, for a bare socket."""
    return (
        f"GET {path} HTTP/1.1\r\nhost: {urlsplit(emulator.base_url).netloc}\r\nx-api-key: {key}\r\n"
        "connection: Upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\n"
        "sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
    ).encode()


def finished(message: dict[str, Any]) -> bool:
    return bool(message.get("isFinished"))


def final(message: dict[str, Any]) -> bool:
    return bool(message.get("isFinal"))


def audio(messages: list[dict[str, Any]]) -> list[bytes]:
    """Return the audio of messages, without those that have none."""
    return [base64.b64decode(message["data"]) for message in messages if message.get("data")]


def request(emulator: Emulator, key: str, text: str = "Good morning.", **fields: Any) -> dict[str, Any]:
    """Return a request for speech by a voice that is made for it, as both /tts and /open take it."""
    voice = fields.pop("voicePromptId", None) or upload(emulator, key, gender="female")
    return {"model": "m", "locale": "en-US", "targetText": text, "voicePromptId": voice, **fields}
