"""A session of ``/ws``: text goes in as it comes, audio comes out as it is spoken.

Whoever waits for a message reads the socket, and hands on what is for others; so nothing is read that nobody
asked for, which also lets a socket be used here that somebody else has opened.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Mapping
from typing import Any

from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed
from websockets.protocol import State

from ddvoices.client.errors import ConnectionLostError, NoAnswerError
from ddvoices.client.sockets.handshake import USELESS, Door, close_socket, lost, open_socket, send
from ddvoices.client.sockets.stream_core import StreamCore
from ddvoices.client.wire.sockets import StreamMessage
from ddvoices.errors import InvalidResponseError, ServiceError, UsageError

_log = logging.getLogger("ddvoices.client")
SILENCE = 1.0
"""Seconds that a cancel is given to come through; what was begun before may still be heard until then."""

_GREETING_SECONDS = 5.0


class StreamSession:
    """One session at a time, opened anew when it has died between two turns.

    With a ``socket`` it is somebody else's: it is never opened, closed or replaced here.
    """

    def __init__(self, door: Door, *, socket: ClientConnection | None = None) -> None:
        self.core = StreamCore(key=door.key)
        self.connection_id: str | None = None
        self._door = door
        self._borrowed = socket is not None
        self._socket = socket
        self._messages: deque[StreamMessage] = deque()
        self._pongs: deque[StreamMessage] = deque()
        self._pings = 0
        self._greeting: StreamMessage | None = None
        self._expects_greeting = False
        self._opening = asyncio.Lock()
        self._closed = False
        self._reading = False
        self._wakes: set[asyncio.Future[None]] = set()
        self._timers: dict[asyncio.Timeout, float | None] = {}
        self._end: ServiceError | None = None
        self._told = True
        self._cancelled_at = self._useful_at = self._content_at = self._slowest = 0.0

    @property
    def socket(self) -> ClientConnection | None:
        """Return the socket, None if there is none."""
        return self._socket

    async def open(self) -> None:
        """Open a socket, wait for the greeting, and say the last settings, if there are any.

        Raises:
            SessionError: the service greets with an error.
        """
        async with self._opening:
            await self._open()

    async def close(self) -> None:
        """Close the socket, if it is ours; nothing opens another any more."""
        self._closed = True
        if not self._borrowed:
            await self._drop()

    async def _open(self) -> None:
        """Open a socket, or leave none behind."""
        await self._drop()
        self._socket = await open_socket(self._door)
        self._end, self._told = None, False
        self._greeting, self._expects_greeting = None, True
        self._messages.clear()
        self.core.reset()
        try:
            await self._greeted()
            if self.core.last_config is not None:
                await self._send(self.core.last_config)
        except BaseException:
            await self._drop()
            raise

    async def _drop(self) -> None:
        """Close the socket that is open."""
        socket, self._socket = self._socket, None
        if socket is not None:
            await close_socket(socket)

    async def config(self, options: Mapping[str, Any]) -> None:
        """Settle voice, language and format; good settings are not answered, bad ones by an error later."""
        message = self.core.config(options)
        if not await self._ready():  # a new connection is told the last settings anyway
            await self._send(message)

    async def text(self, text: str) -> None:
        """Send a piece of text."""
        await self._ready()
        begins = not self.core.in_turn
        await self._send(self.core.text(text))
        if begins:
            self._useful_at = self._content_at = asyncio.get_running_loop().time()
        _log.debug("stream-text: %d characters", len(text))

    async def end(self) -> None:
        """End the text of this turn: what is left of it is spoken."""
        await self._ready()
        await self._send(self.core.end())
        _log.debug("end-stream")
        self._content_at = asyncio.get_running_loop().time()
        self._useful_at = max(self._useful_at, self._content_at)
        self._rearm()

    async def cancel(self) -> None:
        """Stop everything; speech that has come and was not taken is dropped."""
        await self._ready()
        message = self.core.cancel()
        self._cancelled_at = asyncio.get_running_loop().time()
        _log.debug("cancel")
        self._messages = deque(kept for kept in self._messages if kept.error and not kept.generation_id)
        await self._send(message)
        self._useful_at = self._content_at = self._cancelled_at
        self._rearm()

    async def ping(self) -> dict[str, Any]:
        """Ask for a sign of life and return it; audio that comes meanwhile is kept for who waits for it."""
        await self._ready()
        self._pings += 1
        try:
            await self._send(self.core.ping())
            await self._until(lambda: bool(self._pongs), seconds=self._door.timeout)
            return dict(self._pongs.popleft().document)
        except TimeoutError as error:
            raise NoAnswerError(f"no pong for {self._door.timeout:g} s") from error
        finally:
            self._pings -= 1

    async def receive(self, *, silence: float | None = None) -> StreamMessage | None:
        """Return the next message; None after so many seconds of ``silence`` where the turn may have ended.

        Raises:
            ConnectionLostError: the connection has ended, or the service was asked to end the turn and says
                nothing.
        """
        if not (self._reading or self._messages or self.core.in_turn):
            await self._ready()  # within a turn, what a dead connection has left is still to be read
        try:
            async with asyncio.timeout(None) as timer:
                self._timers[timer] = silence
                self._rearm()
                try:
                    await self._until(lambda: bool(self._messages))
                finally:
                    del self._timers[timer]
        except TimeoutError as error:
            if silence is not None and self.core.may_have_ended:
                self.core.reset()
                return None
            raise NoAnswerError(f"no answer in time: no message for {self._door.timeout:g} s") from error
        return self._messages.popleft()

    def _rearm(self) -> None:
        """Set the time-outs of those who wait by what is expected now."""
        for timer, silence in self._timers.items():
            seconds = self._allowed(silence)
            if not timer.expired():
                timer.reschedule(None if seconds is None else self._useful_at + seconds)

    def _note_use(self, message: StreamMessage) -> None:
        """Note that something has come, from which on silence is counted.

        What holds no audio, and ends no turn, is no reason to wait for ever.
        """
        now = asyncio.get_running_loop().time()
        if self.core.in_turn:
            self._slowest = max(self._slowest, min(now - self._useful_at, self._door.timeout / 2))
        if message.data or message.final or message.cancelled:
            self._content_at = now
        self._useful_at = min(now, self._content_at + USELESS * self._door.timeout)
        self._rearm()

    def _allowed(self, silence: float | None) -> float | None:
        """Return how long the service may be silent, in seconds; None while nothing is expected of it."""
        if not self.core.ending:
            return None
        if silence is None or not self.core.may_have_ended:
            return self._door.timeout
        return max(silence, 2 * self._slowest)  # who is slow with a sentence will be so with the next

    async def _greeted(self) -> None:
        """Wait for the greeting; a service that says nothing is taken as it is."""
        seconds = min(_GREETING_SECONDS, self._door.timeout)
        try:
            await self._until(lambda: not self._expects_greeting, seconds=seconds)
        except TimeoutError:
            self._expects_greeting = False
            _log.warning("%s: no greeting; going on without", self._door.url)
        greeting = self._greeting
        if greeting is not None and greeting.error is not None:
            raise self.core.error_of(greeting)
        self.connection_id = greeting.connection_id if greeting is not None else None

    async def _ready(self) -> bool:
        """Make sure that there is a session to talk to; tell whether it is a new one, with the last settings.

        Raises:
            ConnectionLostError: it died in the middle of a turn, and nobody has been told yet.
            UsageError: it was closed here.
        """
        if self._borrowed:
            return False
        async with self._opening:
            if self._closed:
                raise UsageError("not connected: the block of async_stream_connect has ended")
            if self._socket is not None and self._alive(self._socket):
                return False
            if self._socket is not None and self.core.in_turn and not self._told:
                raise self._ended(ConnectionLostError("the connection was lost in the middle of a turn"))
            await self._open()
            return self.core.last_config is not None

    def _alive(self, socket: ClientConnection) -> bool:
        """Tell whether something may be sent."""
        return self._end is None and getattr(socket, "state", State.OPEN) is State.OPEN

    async def _send(self, message: str) -> None:
        """Send a message."""
        if self._socket is None:
            raise ConnectionLostError("there is no connection")
        try:
            await send(self._socket, message, seconds=self._door.timeout, key=self._door.key)
        except ConnectionLostError as error:
            raise self._ended(error) from error

    async def _until(self, ready: Callable[[], bool], *, seconds: float | None = None) -> None:
        """Read, or let somebody else read, until something is there.

        Raises:
            TimeoutError: it isn't there after so many seconds.
            ConnectionLostError: the connection has ended.
            InvalidResponseError: what came is none of this protocol.
        """
        async with asyncio.timeout(seconds):
            while not ready():
                if self._end is not None:
                    raise self._ended(self._end)
                if self._reading:
                    await self._pulse()
                else:
                    await self._read_one()

    async def _read_one(self) -> None:
        """Read one message and hand it to whom it is for."""
        socket = self._socket
        if socket is None:
            raise ConnectionLostError("there is no connection")
        self._reading = True
        try:
            self._take(await socket.recv())
        except (ConnectionClosed, OSError) as error:
            self._note_end(socket, lost(error, key=self._door.key))
        except InvalidResponseError as error:
            self._note_end(socket, error)
            if not self._borrowed:
                await close_socket(socket, 1003)  # what comes after it can't be believed
        finally:
            self._reading = False
            self._wake()

    def _note_end(self, socket: ClientConnection, error: ServiceError) -> None:
        """Note how a socket has ended, unless another is open by now."""
        if self._socket is socket:
            self._end = error

    def _take(self, frame: str | bytes) -> None:
        """Sort a message."""
        if asyncio.get_running_loop().time() - self._cancelled_at > SILENCE:
            self.core.settle()
        message = self.core.receive(frame)
        if self._expects_greeting and message is not None:
            self._expects_greeting = False
            if message.status or message.error:
                self._greeting = message
                return
        if message is not None and not message.error:
            _log.debug("%s", _summary(message))
        if message is not None and message.pong and self._pings:
            self._pongs.append(message)
        elif message is not None:
            self._messages.append(message)
        if message is not None and (message.generation_id or message.error or message.final):
            self._note_use(message)

    async def _pulse(self) -> None:
        """Wait until whoever reads has read something, or has given up."""
        wake = asyncio.get_running_loop().create_future()
        self._wakes.add(wake)
        try:
            await wake
        finally:
            self._wakes.discard(wake)

    def _wake(self) -> None:
        """Wake those who wait for somebody else to read."""
        for wake in self._wakes:
            if not wake.done():
                wake.set_result(None)

    def _ended(self, error: ServiceError) -> ServiceError:
        """Note the end of the connection, told now to whoever gets this."""
        self._end, self._told = error, True
        self.core.reset()
        return error


def _summary(message: StreamMessage) -> str:
    """Return what a message is, in a few words for the log."""
    if message.data:
        size = len(message.data) * 3 // 4 if isinstance(message.data, str) else "no"
        return f"generation {message.generation_id}: {size} bytes"
    named = {"cancelled": message.cancelled, "final": message.final, "finished": message.finished}
    said = next((word for word, is_so in named.items() if is_so), "status" if message.status else "a message")
    return f"generation {message.generation_id}: {said}" if message.generation_id else said
