"""Speech over ``/ws``: text goes in as it is written, audio comes out as it is spoken."""

from __future__ import annotations

import copy
import logging
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, Self

from ddvoices.audio.join import wav_samples
from ddvoices.client.base import SocketCalls
from ddvoices.client.endpoints import Surface
from ddvoices.client.options import NOT_STREAMED, check_stream
from ddvoices.errors import UsageError

if TYPE_CHECKING:
    from websockets.asyncio.client import ClientConnection

    from ddvoices.client.sockets.audio_stream import AudioStream
    from ddvoices.client.sockets.stream_session import StreamSession

_log = logging.getLogger("ddvoices.client")


class StreamCalls(SocketCalls):
    """A streaming session: settings, text in, audio out, turn after turn."""

    _session: StreamSession | None = None
    streaming_format: str = "wav"
    """The format that was asked for last."""

    @asynccontextmanager
    async def async_stream_connect(  # noqa: PLR0913, PLR0917 - the SDK's signature, and one
        self,
        model: str,
        locale: str,
        voice_prompt_id: str,
        format: str = "wav",  # noqa: A002 - the SDK's signature
        sample_rate: int = 16000,
        accept_emojis: bool = False,  # noqa: FBT001, FBT002 - the SDK's signature
        target_gender: str | None = None,
        first_audio_timeout: float | None = None,
        realtime: bool | None = None,  # noqa: FBT001 - the SDK's signature
        verbose: bool = False,  # noqa: FBT001, FBT002 - the SDK's signature
        temperature: float | None = None,
        variance: float | None = None,
        tempo: float | None = None,
        prompt_boost: bool | None = None,  # noqa: FBT001 - the SDK's signature
        accent_base_locale: str | None = None,
        accent_locale: str | None = None,
        accent_ratio: float | None = None,
        *,
        clean_audio: bool | None = None,
    ) -> AsyncIterator[Self]:
        """Open a session with these settings, and yield a client to stream with.

        ``first_audio_timeout`` is in milliseconds. ``temperature`` and what follows it is not part of this
        protocol: it is warned of, and not sent. ``verbose`` does nothing: see the log ``ddvoices.client``.

        Raises:
            InvalidOptionError: a setting is out of its range.
            SessionError: the service greets with an error.
            NoConnectionError: there is no connection to be had.
        """
        options = {name: value for name, value in locals().items() if name not in _NOT_SETTINGS}
        async with self._stream() as connected:
            await connected.async_stream_config(**options)
            yield connected

    async def async_stream_config(  # noqa: PLR0913, PLR0917 - the SDK's signature, and one
        self,
        model: str,
        locale: str,
        voice_prompt_id: str,
        format: str = "wav",  # noqa: A002 - the SDK's signature
        sample_rate: int = 16000,
        accept_emojis: bool = False,  # noqa: FBT001, FBT002 - the SDK's signature
        target_gender: str | None = None,
        first_audio_timeout: float | None = None,
        realtime: bool | None = None,  # noqa: FBT001 - the SDK's signature
        temperature: float | None = None,
        variance: float | None = None,
        tempo: float | None = None,
        prompt_boost: bool | None = None,  # noqa: FBT001 - the SDK's signature
        accent_base_locale: str | None = None,
        accent_locale: str | None = None,
        accent_ratio: float | None = None,
        *,
        clean_audio: bool | None = None,
    ) -> None:
        """Change the session's settings; bad ones come back as a ``SessionError`` with the next message."""
        options = {name: value for name, value in locals().items() if name != "self"}
        session = self._streaming()
        check_stream(options)
        _warn_of_missing(options)
        self.streaming_format = format
        if first_audio_timeout is not None:
            options["first_audio_timeout"] = int(first_audio_timeout)
        await session.config({**options, "format": "wav" if format == "headerless-wav" else format})

    async def async_stream_text(self, text: str) -> None:
        """Send a piece of text; ``<config …/>`` and ``[emotion]`` tags are the service's to read."""
        if not isinstance(text, str):
            raise UsageError(f"text is a str, not {type(text).__name__}")
        await self._streaming().text(text)

    async def async_stream_recv(self) -> dict[str, Any] | None:
        """Return the next message as it came.

        Raises:
            SessionError: it says that a message of the session was turned down; the session goes on.
            GenerationError: it says that a generation failed; the others go on.
            ConnectionLostError: the connection has ended, or the service doesn't end a turn when asked to.
        """
        session = self._streaming()
        message = await session.receive()
        if message is None:
            return None
        if message.error is not None:
            raise session.core.error_of(message)
        return dict(message.document)

    async def async_stream_recv_audio(self) -> bytes | None:
        """Return the audio of the next message, None if it holds none; raises as ``async_stream_recv``."""
        from ddvoices.client.sockets.open_core import decode_audio

        session = self._streaming()
        message = await session.receive()
        if message is None or (message.error is None and not message.data):
            return None
        if message.error is not None:
            raise session.core.error_of(message)
        data = decode_audio(message.data)
        return wav_samples(data) if self.streaming_format == "headerless-wav" else data

    def async_stream(
        self,
        ignore_errors: bool = False,  # noqa: FBT001, FBT002 - the SDK's signature
        *,
        silence: float = 1.0,
        headers: bool = False,
    ) -> AudioStream:
        """Return the audio of this turn, under ``async for`` or ``async with``, to the turn's end.

        In wav it is samples; with ``headers`` each piece is a WAV of its own. The turn ends with ``isFinal``,
        with the answer to a cancel, or, where the service has never said ``isFinal``, after ``silence``
        seconds once all is spoken (longer if the service is slow). An error is raised in its place, and
        iterating may go on after it; with ``ignore_errors`` it is logged.
        """
        from ddvoices.client.sockets.audio_stream import AudioStream

        bare = self.streaming_format == "headerless-wav" or (self.streaming_format == "wav" and not headers)
        return AudioStream(self._streaming(), ignore_errors=ignore_errors, bare=bare, silence=silence)

    async def async_stream_cancel(self) -> None:
        """Stop speaking: what was generated and not taken is dropped, and the turn ends."""
        await self._streaming().cancel()

    async def async_stream_end(self) -> None:
        """End the text of this turn: what is left of it is spoken."""
        await self._streaming().end()

    async def async_flush(self) -> None:
        """End the text of this turn, as ``async_stream_end`` does."""
        await self._streaming().end()

    async def async_stream_ping(self) -> dict[str, Any]:
        """Ask for a sign of life and return it; no audio is lost over it.

        Raises:
            NoAnswerError: none came in time.
        """
        return await self._streaming().ping()

    @property
    def websocket(self) -> ClientConnection | None:
        """Return the open socket, None if there is none.

        It may be set to one that was opened elsewhere, for the streaming calls: it is used, and never closed
        or replaced.
        """
        if self._session is not None:
            return self._session.socket
        return self._open_socket()

    @websocket.setter
    def websocket(self, socket: ClientConnection | None) -> None:
        from ddvoices.client.sockets.stream_session import StreamSession

        self._session = (
            None if socket is None else StreamSession(self._door(Surface.STREAMING, use=False), socket=socket)
        )

    @property
    def connection_id(self) -> str | None:
        """Return what the service calls the streaming session, None if it hasn't said."""
        return self._session.connection_id if self._session is not None else None

    @asynccontextmanager
    async def _stream(self) -> AsyncIterator[Self]:
        """Open a session without settings, and yield a client to stream with."""
        from ddvoices.client.sockets.stream_session import StreamSession

        self._check_unconnected()
        session = StreamSession(self._door(Surface.STREAMING))
        connected = copy.copy(self)
        connected._session = session  # noqa: SLF001 - a copy of ourselves
        try:
            await session.open()
            yield connected
        finally:
            connected._session = None  # noqa: SLF001 - the same
            await session.close()

    def _streaming(self) -> StreamSession:
        """Return the session to stream over."""
        if self._session is None:
            raise UsageError(
                "not connected: use it inside `async with client.async_stream_connect(…) as connection`"
            )
        return self._session


_NOT_SETTINGS = {"self", "verbose"}


def _warn_of_missing(options: Mapping[str, Any]) -> None:
    """Say which options this protocol has no field for."""
    given = [name for name in NOT_STREAMED if options.get(name) is not None]
    if given:
        _log.warning("%s: not part of the streaming protocol, and not sent", ", ".join(given))
