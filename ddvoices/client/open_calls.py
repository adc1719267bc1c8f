"""Speech over ``/open``: any number of generations on one connection, their audio as it comes."""

from __future__ import annotations

import base64
import copy
import logging
import math
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, Self
from uuid import UUID

from ddvoices.audio.join import wav_samples
from ddvoices.audio.pcm import cut_wav
from ddvoices.client.base import SocketCalls
from ddvoices.client.body import SampleBody
from ddvoices.client.endpoints import Surface
from ddvoices.client.errors import InvalidOptionError, NoAnswerError
from ddvoices.client.options import (
    DEFAULT_LOCALE,
    DEFAULT_MODEL,
    SOCKET_FORMATS,
    check_generation_id,
    check_seconds,
    check_speech,
    check_voice,
)
from ddvoices.client.service import json_object
from ddvoices.client.sources import AudioInput, open_source
from ddvoices.client.wire import rest as wire
from ddvoices.errors import UsageError

if TYPE_CHECKING:
    from ddvoices.client.sockets.open_channel import OpenChannel, Patience

_log = logging.getLogger("ddvoices.client")
_HIGHEST_RATE = 48_000
_CLASSIFIED_SECONDS = 1.0
"""The service judges a voice by its first second."""


class OpenCalls(SocketCalls):
    """Generations and gender detections on a connection."""

    _channel: OpenChannel | None = None

    @asynccontextmanager
    async def async_connect(self, streaming_input: bool = False) -> AsyncIterator[Self]:  # noqa: FBT001, FBT002 - the SDK's signature
        """Connect, and yield a client whose ``async_tts`` and ``gender_classify`` share the connection.

        It belongs to the running event loop. A connection that dies fails whoever waits on it; the next call
        opens another. With ``streaming_input`` the connection is one to ``/ws``, without settings.

        Raises:
            NoConnectionError: there is no connection to be had.
            UnauthorizedError: the service refuses the key.
        """
        self._check_unconnected()
        if streaming_input:
            async with self._stream() as streaming:
                yield streaming
            return
        from ddvoices.client.sockets.open_channel import OpenChannel

        channel = OpenChannel(self._door(Surface.WEBSOCKET))
        connected = copy.copy(self)
        connected._channel = channel  # noqa: SLF001 - a copy of ourselves
        try:
            await channel.open()
            yield connected
        finally:
            connected._channel = None  # noqa: SLF001 - the same
            await channel.close()

    def async_tts(  # noqa: PLR0913, PLR0917 - the SDK's signature, and a few
        self,
        text: str,
        voice_prompt_id: str | None = None,
        model: str = DEFAULT_MODEL,
        locale: str = DEFAULT_LOCALE,
        temperature: float | None = None,
        variance: float | None = None,
        duration: float | None = None,
        tempo: float | None = None,
        seed: int | None = None,
        prompt_boost: bool | None = None,  # noqa: FBT001 - the SDK's signature
        accent_base_locale: str | None = None,
        accent_locale: str | None = None,
        accent_ratio: float | None = None,
        format: str = "wav",  # noqa: A002 - the SDK's signature
        generation_id: str | UUID | None = None,
        sample_rate: int | None = None,
        target_gender: str | None = None,
        *,
        voice_reference: AudioInput | None = None,
        verbose: bool = False,
        timeout: float | None = None,
        total_timeout: float | None = None,
        **kwargs: Any,
    ) -> AsyncGenerator[bytes, None]:
        """Speak a text, and yield the audio as it comes; inside ``async_connect`` only.

        ``format`` is wav (each piece a WAV of its own: see ``join_wav``), headerless-wav and s16le (samples
        alone), mp3, opus or mulaw. ``timeout`` is how many seconds the service may be silent (the client's
        own if None), ``total_timeout`` how many all of it may take. Other keywords go onto the wire as they
        are. A generation costs credits, so it is never sent again by itself. Break off at any time; what
        still comes is dropped. ``verbose`` logs at INFO what is otherwise logged at DEBUG.

        Raises:
            InvalidOptionError: an option is out of its range, or excludes another; at once.
            UsageError: there is no connection; at once.
            GenerationError: the service turns it down; see its subclasses.
            ConnectionLostError: the connection or the time has ended before the audio has.
        """
        options = {name: value for name, value in locals().items() if name not in _NOT_OPTIONS}
        channel = self._connected()
        check_voice(voice_prompt_id, kwargs.get(wire.REFERENCE_FIELD, voice_reference))
        check_speech(options, formats=SOCKET_FORMATS)
        if target_gender is not None:
            wire.wire_gender(target_gender)
        if voice_reference is not None:
            kwargs[wire.REFERENCE_FIELD] = _base64_of(voice_reference)
        bare = format == "headerless-wav"
        if bare:
            options["format"] = "wav"
        chosen_id = check_generation_id(generation_id)
        patience = self._patience(timeout, total_timeout)
        spoken = channel.speak(chosen_id, options, kwargs, patience)
        level = logging.INFO if verbose else logging.DEBUG
        if not bare and not _log.isEnabledFor(level):
            return spoken
        return _told(spoken, chosen_id, bare=bare, level=level)

    async def gender_classify(
        self,
        audio_data: AudioInput,
        sample_rate: int = 16000,
        timeout: float = 5.0,  # noqa: ASYNC109 - the SDK's signature
        generation_id: str | UUID | None = None,
    ) -> dict[str, Any]:
        """Say whether a voice is a woman's or a man's: ``{"predicted_gender": …, "confidence": …}``.

        ``audio_data`` is a Path, bytes or base64 text; of a WAV the first second is sent, at ``sample_rate``.
        Other formats go to the REST endpoint, whole. Works inside ``async_connect`` and without.

        Raises:
            InvalidOptionError: it is no audio that can be read, or ``sample_rate`` is none.
            NoAnswerError: none came within ``timeout`` seconds.
        """
        if (
            isinstance(sample_rate, bool)
            or not isinstance(sample_rate, int)
            or not 0 < sample_rate <= _HIGHEST_RATE
        ):
            raise InvalidOptionError(f"sample_rate: {sample_rate!r} is not a number of samples a second")
        import asyncio  # not at the top: who never connects doesn't pay for it

        chosen_id = check_generation_id(generation_id)
        patience = self._patience(timeout, timeout)
        try:
            async with asyncio.timeout(timeout):
                data = await asyncio.to_thread(_content, audio_data)
                wav = await asyncio.to_thread(cut_wav, data, seconds=_CLASSIFIED_SECONDS, rate=sample_rate)
                if wav is None:
                    return await asyncio.to_thread(self._classify_whole, data, timeout)
                return await self._classify(chosen_id, wav, sample_rate, patience)
        except NoAnswerError:
            raise
        except TimeoutError as error:
            raise NoAnswerError(f"no answer in time: not finished after {timeout:g} s") from error

    async def _classify(
        self, generation_id: str, wav: bytes, sample_rate: int, patience: Patience
    ) -> dict[str, Any]:
        """Ask over this connection, or over one for this question alone."""
        audio = base64.b64encode(wav).decode()
        if self._channel is not None:
            return await self._channel.classify(generation_id, audio, sample_rate, patience)
        async with self.async_connect() as connected:
            channel = connected._connected()  # noqa: SLF001 - a copy of ourselves
            return await channel.classify(generation_id, audio, sample_rate, patience)

    def _classify_whole(self, data: bytes, seconds: float) -> dict[str, Any]:
        """Ask the REST endpoint, which takes a whole file in any format."""
        with open_source(data) as source:
            return self._call(
                "POST",
                wire.GENDER,
                lambda response: wire.gender_answer(json_object(response)),
                body=lambda: SampleBody(
                    {}, wire.GENDER_FIELD, source.file, size=source.size, sha256=source.sha256
                ),
                timeout=seconds,
            )

    def _connected(self) -> OpenChannel:
        """Return the connection to speak over."""
        if self._channel is None:
            raise UsageError("not connected: use it inside `async with client.async_connect() as connection`")
        return self._channel

    def _patience(self, silence: float | None, total: float | None) -> Patience:
        """Return how long to wait."""
        from ddvoices.client.sockets.open_channel import Patience

        check_seconds("timeout", silence)
        check_seconds("total_timeout", total)
        return Patience(silence=silence or self.timeout, total=math.inf if total is None else total)


_NOT_OPTIONS = {"self", "kwargs", "voice_reference", "verbose", "timeout", "total_timeout", "generation_id"}


async def _told(
    spoken: AsyncGenerator[bytes, None], generation_id: str, *, bare: bool, level: int
) -> AsyncGenerator[bytes, None]:
    """Yield audio, logged, and without its headers if it is to be bare."""
    _log.log(level, "generation %s: asked for", generation_id)
    try:
        async for piece in spoken:
            _log.log(level, "generation %s: %d bytes", generation_id, len(piece))
            yield wav_samples(piece) if bare else piece
        _log.log(level, "generation %s: finished", generation_id)
    finally:
        await spoken.aclose()


def _content(audio: AudioInput) -> bytes:
    """Return a recording as bytes."""
    with open_source(audio) as source:
        source.file.seek(0)
        return source.file.read()


def _base64_of(audio: AudioInput) -> str:
    """Return a recording as base64."""
    return base64.b64encode(_content(audio)).decode()
