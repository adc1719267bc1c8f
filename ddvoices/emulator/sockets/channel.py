"""One WebSocket connection: messages in and out, and the ways to end it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from ddvoices.emulator import spoil
from ddvoices.emulator.settings import Frames

GOING_AWAY, BROKEN = 1001, 1011
_DRAIN_SECONDS = 1.0


class Channel:
    """A connection that was accepted; once it is closed, what is said on it goes nowhere."""

    def __init__(
        self,
        receive: Callable[[], Awaitable[MutableMapping[str, Any]]],
        send: Callable[[MutableMapping[str, Any]], Awaitable[None]],
        transport: asyncio.Transport,
    ) -> None:
        self._receive = receive
        self._send = send
        self._transport = transport
        self._closed = False

    async def accept(self) -> None:
        """Complete the handshake."""
        await self._put({"type": "websocket.accept"})

    async def receive(self) -> str | bytes | None:
        """Return the client's next message, or None once the connection is closed."""
        message = await self._receive()
        if message["type"] != "websocket.receive":
            self._closed = True
            return None
        text = message.get("text")
        return message.get("bytes") or b"" if text is None else str(text)

    async def say(self, document: dict[str, Any], frames: Frames) -> None:
        """Send a document as JSON."""
        await self.send(json.dumps(document, separators=(",", ":")), frames)

    async def send(self, text: str, frames: Frames) -> None:
        """Send a message, whatever it holds."""
        content = {"text": text} if frames is Frames.TEXT else {"bytes": text.encode()}
        await self._put({"type": "websocket.send", **content})

    async def close(self, code: int) -> None:
        """Close the connection as the protocol has it; ``receive`` then returns None."""
        if not self._closed:
            await self._put({"type": "websocket.close", "code": code})
            self._closed = True

    async def reset(self) -> None:
        """Break the connection, once the other side has what was sent before."""
        loop = asyncio.get_running_loop()
        end = loop.time() + _DRAIN_SECONDS
        while self._transport.get_write_buffer_size() and loop.time() < end:  # noqa: ASYNC110 - no event tells
            await asyncio.sleep(0.01)
        self._closed = True
        spoil.reset(self._transport)

    async def _put(self, message: MutableMapping[str, Any]) -> None:
        if self._closed:
            return
        try:
            await self._send(message)
        except OSError:  # the web server's word for a client that has left
            self._closed = True
