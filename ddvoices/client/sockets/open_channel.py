"""A connection to ``/open``, opened anew when it has died: many generations at once, each told its own.

Whatever happens to the connection happens to everyone who waits on it, at once and with the reason.
"""

from __future__ import annotations

import asyncio
import logging
import math
from collections import deque
from collections.abc import AsyncGenerator, Mapping
from dataclasses import dataclass, field
from typing import Any, assert_never

from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed
from websockets.protocol import State

from ddvoices.client.errors import ConnectionLostError, NoAnswerError
from ddvoices.client.sockets.handshake import USELESS, Door, close_socket, lost, open_socket, send
from ddvoices.client.sockets.open_core import Answer, Audio, Event, Failed, Finished, Heard, OpenCore, Told
from ddvoices.errors import InvalidResponseError, ServiceError, UsageError

_log = logging.getLogger("ddvoices.client")


_AT_A_TIME = 6
"""Pieces that are read before who waits for them has a turn; the first is handed over at once.

With more, so much is held that the allocator gives memory back and takes it again, measured as 3 % of the
time; with fewer, tasks are switched more often, which costs as much.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """How long to wait, in seconds: ``silence`` between two messages, ``total`` for all of it."""

    silence: float
    total: float = math.inf


@dataclass(slots=True, kw_only=True)
class _Waiter:
    """One who waits: what has come and was not taken yet, and when patience ends."""

    patience: Patience
    end: float
    heard: float
    useful: float
    events: deque[Event] = field(default_factory=deque)
    wake: asyncio.Future[None] | None = None
    begun: bool = False

    @property
    def deadline(self) -> float:
        """Return when it is too late, by the loop's clock."""
        return min(self.heard + self.patience.silence, self.end)

    def hear_nothing(self, now: float) -> None:
        """Note that a message held nothing; such are no reason to wait for ever."""
        self.heard = min(now, self.useful + USELESS * self.patience.silence)

    def tell(self, event: Event, now: float) -> None:
        """Hand an event over."""
        self.heard = self.useful = now
        self.events.append(event)
        if self.wake is not None and not self.wake.done():
            self.wake.set_result(None)

    async def told(self) -> None:
        """Wait until there are events."""
        while not self.events:
            self.wake = asyncio.get_running_loop().create_future()
            try:
                await self.wake
            finally:
                self.wake = None


class _Link:
    """One open socket, who waits on it, and the task that reads it."""

    def __init__(self, socket: ClientConnection, door: Door) -> None:
        self.socket = socket
        self.core = OpenCore(key=door.key)
        self._key = door.key
        self._loop = asyncio.get_running_loop()
        self._waiters: dict[str, _Waiter] = {}
        self._alarm: asyncio.TimerHandle | None = None
        self._ended = False
        self._reader = self._loop.create_task(self._read())

    @property
    def alive(self) -> bool:
        """Tell whether something may be sent here."""
        return self.socket.state is State.OPEN and not self._ended

    def join(self, generation_id: str, patience: Patience) -> _Waiter:
        """Wait for what comes under an id."""
        now = self._loop.time()
        waiter = _Waiter(patience=patience, end=now + patience.total, heard=now, useful=now)
        self._waiters[generation_id.lower()] = waiter
        if self._alarm is None or waiter.deadline < self._alarm.when():
            self._watch()
        return waiter

    def leave(self, generation_id: str, waiter: _Waiter) -> None:
        """Wait no longer; nothing is kept of what still comes. Who waits under the same id since stays."""
        if self._waiters.get(generation_id.lower()) is waiter:
            del self._waiters[generation_id.lower()]
            self.core.forget(generation_id)

    async def send(self, text: str, patience: Patience) -> None:
        """Send a message.

        Raises:
            ConnectionLostError: the connection has ended, before or while it was sent.
            NoAnswerError: the service doesn't take it.
        """
        await send(self.socket, text, seconds=min(patience.silence, patience.total), key=self._key)

    async def close(self) -> None:
        """Close the socket; whoever still waits is told so."""
        self._fail_all(ConnectionLostError("the connection was closed here while something was waited for"))
        self._reader.cancel()
        if self._alarm is not None:
            self._alarm.cancel()
        await asyncio.gather(self._reader, return_exceptions=True)
        await close_socket(self.socket)

    async def _read(self) -> None:
        """Read messages until there are no more; every end is told to everyone."""
        try:
            while True:
                hungry = False
                for told in self.core.receive(await self.socket.recv()):
                    hungry = self._tell(told) or hungry
                if hungry:
                    await asyncio.sleep(0)
        except (ConnectionClosed, OSError) as error:
            self._fail_all(lost(error, key=self._key))
        except InvalidResponseError as error:
            self._fail_all(error)
            await close_socket(self.socket, 1003)  # what comes after it can't be believed
        except Exception as error:  # noqa: BLE001 - whatever it is, nobody is to wait for ever
            self._fail_all(ConnectionLostError(f"a message could not be read: {type(error).__name__}"))
            await close_socket(self.socket, 1003)

    def _tell(self, told: Told) -> bool:
        """Hand an event to whom it is for, and tell whether it is time that they take it.

        After the last one they leave.
        """
        generation_id, event = told
        waiter = self._waiters.get(generation_id)
        if waiter is None:
            return False
        if isinstance(event, Heard):
            waiter.hear_nothing(self._loop.time())
            return False
        if not isinstance(event, Audio):
            del self._waiters[generation_id]
        waiter.tell(event, self._loop.time())
        hungry = not waiter.begun or len(waiter.events) >= _AT_A_TIME
        waiter.begun = True
        return hungry

    def _fail_all(self, error: ServiceError) -> None:
        """Tell everyone who waits that there is nothing more to come."""
        self._ended = True
        for told in self.core.lost(error):
            self._tell(told)

    def _watch(self) -> None:
        """Set the alarm for the first one whose patience ends."""
        if self._alarm is not None:
            self._alarm.cancel()
        first = min((waiter.deadline for waiter in self._waiters.values()), default=math.inf)
        self._alarm = self._loop.call_at(first, self._ring) if first < math.inf else None

    def _ring(self) -> None:
        """Fail those whose patience has ended; the others wait on."""
        now = self._loop.time()
        for generation_id, waiter in list(self._waiters.items()):
            if waiter.deadline <= now:
                self.core.forget(generation_id)
                self._tell((generation_id, Failed(self._impatient(waiter, now))))
        self._watch()

    def _impatient(self, waiter: _Waiter, now: float) -> NoAnswerError:
        """Return the error of one whose patience has ended."""
        whole = waiter.end <= now
        seconds = waiter.patience.total if whole else waiter.patience.silence
        what = f"not finished after {seconds:g} s" if whole else f"no message for {seconds:g} s"
        said = f"; the service said: {self.core.last_words}" if self.core.last_words else ""
        return NoAnswerError(f"no answer in time: {what}{said}")


class OpenChannel:
    """What is spoken over one connection at a time; belongs to the event loop that it is used in."""

    def __init__(self, door: Door) -> None:
        self._door = door
        self._link: _Link | None = None
        self._closed = False
        self._opening = asyncio.Lock()
        self._detecting = asyncio.Lock()

    @property
    def socket(self) -> ClientConnection | None:
        """Return the open socket, None if there is none."""
        return self._link.socket if self._link is not None and self._link.alive else None

    async def open(self) -> _Link:
        """Return the open link, made now if there is none or it has died.

        Raises:
            UsageError: it was closed here.
        """
        async with self._opening:
            if self._closed:
                raise UsageError("not connected: the block of async_connect has ended")
            if self._link is None or not self._link.alive:
                await self._drop()
                self._link = _Link(await open_socket(self._door), self._door)
            return self._link

    async def close(self) -> None:
        """Close the connection; nothing opens another any more."""
        self._closed = True
        await self._drop()

    async def _drop(self) -> None:
        """Close the link that there is."""
        link, self._link = self._link, None
        if link is not None:
            await link.close()

    async def speak(
        self, generation_id: str, options: Mapping[str, Any], unknown: Mapping[str, Any], patience: Patience
    ) -> AsyncGenerator[bytes, None]:
        """Yield the audio of a generation as it comes, each piece as it came.

        Raises:
            GenerationError: the service turns it down.
            ConnectionLostError: the connection or the patience (NoAnswerError) has ended.
            InvalidResponseError: what came is none of this protocol.
        """
        link = await self.open()
        text = link.core.speak(generation_id, options, unknown)
        waiter = link.join(generation_id, patience)
        try:
            await link.send(text, patience)
            while True:
                if not waiter.events:
                    await waiter.told()
                match waiter.events.popleft():
                    case Audio(data):
                        yield data
                    case Failed(error):
                        raise error
                    case Finished():
                        return
                    case Answer():
                        raise InvalidResponseError("a gender where speech was expected")
                    case Heard():
                        continue
                    case never:
                        assert_never(never)
        finally:
            link.leave(generation_id, waiter)

    async def classify(
        self, generation_id: str, audio: str, sample_rate: int, patience: Patience
    ) -> dict[str, Any]:
        """Return the answer of a gender detection.

        One after the other, since an answer may not say which question it belongs to; and on a connection of
        its own where an earlier one, whose answer may still come, was given up.
        """
        async with self._detecting:
            link = await self.open()
            if not link.core.mixes_up_detections:
                return await _detect(link, generation_id, audio, sample_rate, patience)
            apart = _Link(await open_socket(self._door), self._door)
            try:
                return await _detect(apart, generation_id, audio, sample_rate, patience)
            finally:
                await apart.close()


async def _detect(
    link: _Link, generation_id: str, audio: str, sample_rate: int, patience: Patience
) -> dict[str, Any]:
    """Ask for a gender detection and return its answer."""
    text = link.core.classify(generation_id, audio, sample_rate)
    waiter = link.join(generation_id, patience)
    try:
        await link.send(text, patience)
        while True:
            await waiter.told()
            match waiter.events.popleft():
                case Answer(document):
                    return dict(document)
                case Failed(error):
                    raise error
                case Finished():
                    raise InvalidResponseError("a gender detection that finished without an answer")
                case Heard() | Audio():
                    continue
                case never:
                    assert_never(never)
    finally:
        link.leave(generation_id, waiter)
