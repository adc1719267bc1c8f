"""The audio of one turn of a session of ``/ws``."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator
from types import TracebackType
from typing import Self

from ddvoices.audio.join import wav_samples
from ddvoices.client.sockets.open_core import decode_audio
from ddvoices.client.sockets.stream_session import StreamSession
from ddvoices.client.wire.sockets import StreamMessage

_log = logging.getLogger("ddvoices.client")


class AudioStream(AsyncIterator[bytes]):
    """The audio of one turn, piece by piece, under ``async for`` or ``async with``.

    An error of one generation is raised in its place, and iterating may go on after it.
    """

    def __init__(self, session: StreamSession, *, ignore_errors: bool, bare: bool, silence: float) -> None:
        self._session = session
        self._ignore_errors = ignore_errors
        self._bare = bare
        self._silence = silence
        self._cancels = session.core.cancels
        self._over = False

    def __aiter__(self) -> Self:
        """Return itself."""
        return self

    async def __anext__(self) -> bytes:
        """Return the next piece."""
        while not self._over:
            message = await self._session.receive(silence=self._silence)
            if message is None:
                break
            self._over = message.final or (message.cancelled and self._ends_this())
            if message.error is not None:
                self._fail(message)
            elif message.data:
                data = decode_audio(message.data)
                return wav_samples(data) if self._bare else data
        self._over = True
        raise StopAsyncIteration

    async def __aenter__(self) -> Self:
        """Return itself."""
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End it; the session goes on."""
        self._over = True

    def _ends_this(self) -> bool:
        """Tell whether the answer to a cancel is of this turn: an earlier one's may come late."""
        core = self._session.core
        return core.cancels > self._cancels or not core.in_turn

    def _fail(self, message: StreamMessage) -> None:
        """Raise what a message tells of, or log it if errors are to be ignored."""
        error = self._session.core.error_of(message)
        if not self._ignore_errors:
            raise error
        _log.warning("%s", error)
