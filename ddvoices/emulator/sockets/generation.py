"""A request for speech into audio in pieces, and what is said about errors."""

from __future__ import annotations

import asyncio
import base64
import dataclasses
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from typing import Any

from ddvoices.emulator.backend import Backend
from ddvoices.emulator.encode import FORMATS
from ddvoices.emulator.exchange import Call, Refusal
from ddvoices.emulator.settings import Settings
from ddvoices.emulator.sockets.pieces import as_wav, cut_evenly, cut_samples
from ddvoices.emulator.speech import Speaker, SpeechError, Utterance
from ddvoices.emulator.tts import read_utterance
from ddvoices.emulator.wire import read_text

_SAMPLES = "headerless-wav"  # the speaker's name for bare samples, from which all three below are made
_FROM_SAMPLES = ("wav", "s16le", _SAMPLES)
DEFAULT_FORMAT = "wav"

INVALID, CREDITS, TOO_MUCH, TOO_MANY, BROKEN = 400, 402, 413, 429, 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A request that is in order: what to say, and the ``format`` that the client knows it by."""

    utterance: Utterance
    format: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Speech:
    """Audio in pieces, each of which lasts ``seconds``, the last one maybe less."""

    pieces: tuple[bytes, ...]
    seconds: float

    async def paced(self, settings: Settings) -> AsyncIterator[bytes]:
        """Yield the pieces when it is time for them; each lets other work go on before it."""
        await asyncio.sleep(settings.first_audio_ms / 1000)
        for number, piece in enumerate(self.pieces):
            await asyncio.sleep(self.seconds * settings.pace_percent / 100 if number else 0)
            yield piece


def read_request(document: Mapping[str, Any], call: Call, backend: Backend) -> Request:
    """Return what a request asks for, in the fields of ``/tts``.

    Raises:
        Refusal: 400 or 413, naming the field that is missing, wrong or too long.
    """
    name = read_text(document, "format") or DEFAULT_FORMAT
    formats = tuple(dict.fromkeys((*_FROM_SAMPLES, *FORMATS)))
    if name not in formats:
        raise Refusal(INVALID, f"Invalid request: format '{name}' is not one of {', '.join(formats)}")
    spoken = {**document, "format": _SAMPLES if name in _FROM_SAMPLES else name}
    utterance = read_utterance(spoken, call, backend)
    most = call.settings.max_text_chars
    if most is not None and len(utterance.text) > most:
        raise Refusal(TOO_MUCH, f"MaxExceeded: the text is longer than {most} characters")
    return Request(utterance=utterance, format=name)


def make_speech(document: Mapping[str, Any], call: Call, backend: Backend) -> Speech:
    """Return the audio of a request; it costs one credit once the request is in order.

    Raises:
        Refusal: as ``read_request``, 402 without credit, 500 for what can't be spoken.
    """
    request = read_request(document, call, backend)
    if not backend.store.spend(call.account, most=call.settings.credits):
        raise Refusal(CREDITS, "InsufficientCredits: your account has no remaining credits")
    try:
        return _spoken(request, call.settings, backend.speaker)
    except SpeechError:
        raise Refusal(BROKEN, "Internal server error: this text can't be spoken") from None


def _spoken(request: Request, settings: Settings, speaker: Speaker) -> Speech:
    utterance, rate = request.utterance, request.utterance.sample_rate
    samples = speaker.speak(dataclasses.replace(utterance, format=_SAMPLES))
    seconds = len(samples) / 2 / rate
    if request.format in _FROM_SAMPLES:
        pieces = cut_samples(samples, rate, settings.chunk_ms)
        if request.format == "wav":
            pieces = as_wav(pieces, rate, settings.wav_header)
    else:
        # The samples were only needed for how long it lasts, which no two formats tell in the same way.
        pieces = cut_evenly(speaker.speak(utterance), seconds, settings.chunk_ms)
    return Speech(pieces=tuple(pieces), seconds=seconds / len(pieces))


def rate_limited() -> Refusal:
    """Return what is said where too much is under way."""
    return Refusal(TOO_MANY, "RateLimit: concurrent request limit exceeded")


def encoded(piece: bytes) -> str:
    """Return audio as messages hold it."""
    return base64.b64encode(piece).decode()
