"""What must hold of ``/ws``, whatever is asked for, cancelled and said.

What was cancelled is not heard any more, what wasn't is; and a turn ends where it was asked to.
"""

from __future__ import annotations

import base64
import json
from typing import Any

from fuzz.socket_inputs import KEY, frame_of, object_of

from ddvoices.client.sockets.stream_core import StreamCore
from ddvoices.client.wire.sockets import StreamMessage
from ddvoices.errors import InvalidResponseError, ServiceError

ACTS = (b"x", b"x", b"e", b"e", b"c", b"p", b"o", b"z", b"y")
"""Text, end, cancel, ping, settings, a new connection, and a cancel that isn't answered in time."""


def check_stream(data: bytes) -> None:
    """Run a script."""
    talk = _Talk()
    for line in data.split(b"\n")[:200]:  # so many ids of what was cancelled are remembered
        frame = frame_of(line)
        if frame is None:
            talk.act(line[:1])
        else:
            talk.hear(frame)
        assert talk.core.ending or not talk.core.may_have_ended
    talk.comes_to_rest()


class _Talk:
    """One session: what was heard of, and what of it was cancelled."""

    def __init__(self) -> None:
        self.core = StreamCore(key=KEY)
        self.heard: set[str] = set()
        self.cut: set[str] = set()
        self.cancelling = False
        self.texted = False
        self.ends = 0

    def act(self, act: bytes) -> None:
        """Do what a caller does."""
        core = self.core
        match act:
            case b"x":
                core.text("Hi.")
                self.texted = True
                assert core.in_turn
            case b"e":
                core.end()
                self.texted, self.ends = False, self.ends + 1
                assert core.ending
            case b"c":
                self._cancel()
            case b"p":
                core.ping()
            case b"o":
                assert core.config({"model": "m"}) == core.last_config
            case b"z":
                core.reset()
                self._forget()
            case b"y":
                core.settle()
                self.cancelling = False

    def _cancel(self) -> None:
        stops = self.core.in_turn
        self.core.cancel()
        self.cut |= self.heard
        self._forget()
        self.cancelling = stops
        assert not self.core.in_turn
        assert self.core.ending is stops

    def _forget(self) -> None:
        self.heard.clear()
        self.cancelling, self.texted, self.ends = False, False, 0

    def hear(self, frame: str | bytes) -> None:
        """Hear a frame."""
        said = object_of(frame)
        try:
            message = self.core.receive(frame)
        except InvalidResponseError:
            assert said is None
            return
        assert said is not None
        if message is None:
            assert self.cancelling or said.get("generationId") or _inner(said).get("generationId")
        else:
            self._is_right(message)
            self._note(message)

    def _is_right(self, message: StreamMessage) -> None:
        if message.error is None and message.data:
            assert not self.cancelling, "what comes is of what was cancelled"
            assert message.generation_id not in self.cut, "it was cancelled"
        if not message.final and not message.cancelled:
            assert message.generation_id not in self.cut, "nothing is told of it any more"
        if message.final and not message.cancelled:
            assert self.ends or self.cancelling, "a turn ends only after its text"
            assert message.generation_id not in self.cut or not self.ends, "it ends a turn that was cancelled"
        if message.error is not None:
            error = self.core.error_of(message)
            assert isinstance(error, ServiceError)
            assert KEY not in str(error)
            assert str(error).isprintable()

    def _note(self, message: StreamMessage) -> None:
        if message.cancelled:
            self.cancelling = False
            self.heard.discard(str(message.generation_id))
        elif message.final:
            self.ends, self.cancelling = max(self.ends - 1, 0), False
            self.heard.clear()
        elif message.generation_id and (message.finished or message.error is not None):
            self.heard.discard(message.generation_id)
        elif message.generation_id:
            self.heard.add(message.generation_id)

    def comes_to_rest(self) -> None:
        """Hear a new voice and then the end, and nothing is left."""
        self.act(b"y")
        piece = {"generationId": "new", "data": base64.b64encode(b"new").decode()}
        message = self.core.receive(_json(piece))
        assert message is not None
        assert message.data == piece["data"]
        self.act(b"e")
        for _ in range(self.ends):
            ended = self.core.receive(_json({"generationId": "new", "isFinal": True}))
            assert ended is not None
            assert ended.final
        assert not self.core.in_turn
        assert not self.core.ending


def _inner(said: dict[str, Any]) -> dict[str, Any]:
    inner = said.get("data")
    return inner if isinstance(inner, dict) else {}


def _json(fields: dict[str, Any]) -> str:
    return json.dumps(fields)
