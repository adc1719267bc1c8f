"""The spellings of the two sockets: ``/open`` speaks whole texts, ``/ws`` takes the text as it comes.

What a message is goes by its fields, not by its ``action``: not every service names one.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from ddvoices.client.errors import (
    GenerationCreditsError,
    GenerationError,
    GenerationInputError,
    GenerationPlanError,
    GenerationRateLimitError,
)
from ddvoices.client.wire.rest import is_gender, server_message, tts_body, wire_gender
from ddvoices.errors import InvalidResponseError

END_STREAM: Mapping[str, Any] = {"action": "end-stream"}
CANCEL: Mapping[str, Any] = {"action": "cancel"}
PING: Mapping[str, Any] = {"action": "ping"}

_ERRORS: Mapping[str, type[GenerationError]] = {
    "ratelimit": GenerationRateLimitError,
    "maxexceeded": GenerationPlanError,
    "insufficientcredits": GenerationCreditsError,
    "invalidinput": GenerationInputError,
}
_CONFIG = {
    "model": "model",
    "locale": "locale",
    "voice_prompt_id": "voicePromptId",
    "format": "format",
    "sample_rate": "sampleRate",
    "accept_emojis": "acceptEmojis",
    "first_audio_timeout": "firstAudioTimeout",
    "realtime": "realtime",
    "clean_audio": "cleanAudio",
}


class OpenMessage(NamedTuple):
    """A message of ``/open``; ``generation_id`` may be missing, ``data`` is base64.

    ``gender`` says that it is the answer of a gender detection; ``document`` is all that was said. A tuple,
    since one is made for each piece of audio, and a frozen dataclass takes four times as long.
    """

    generation_id: str | None
    data: Any
    index: Any
    finished: bool
    error: str | None
    error_type: str | None
    gender: bool
    document: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamMessage:
    """A message of ``/ws``; ``data`` is base64, ``finished`` ends a generation, ``final`` ends a turn.

    An ``error`` is of a generation if ``generation_id`` is set, else of the session.
    """

    generation_id: str | None = None
    data: Any = None
    finished: bool = False
    cancelled: bool = False
    final: bool = False
    error: str | None = None
    error_type: str | None = None
    pong: bool = False
    status: bool = False
    connection_id: str | None = None
    document: Mapping[str, Any] = field(default_factory=dict)


def speech_message(
    generation_id: str, options: Mapping[str, Any], unknown: Mapping[str, Any]
) -> dict[str, Any]:
    """Return the request of a generation; ``options`` has the SDK's names, ``unknown`` goes over them."""
    named = {"action": "text-to-speech", "generationId": generation_id}
    return {**named, **tts_body(options, unknown)}


def classify_message(generation_id: str, audio: str, sample_rate: int) -> dict[str, Any]:
    """Return the request of a gender detection; ``audio`` is a WAV in base64."""
    return {
        "action": "gender-classify",
        "generationId": generation_id,
        "audio": audio,
        "sample_rate": sample_rate,
    }


def stream_config(options: Mapping[str, Any]) -> dict[str, Any]:
    """Return the settings of a stream; ``options`` has the SDK's names, what is None is left out."""
    config = {
        _CONFIG[name]: value for name, value in options.items() if name in _CONFIG and value is not None
    }
    if options.get("target_gender") is not None:
        config["targetGender"] = wire_gender(options["target_gender"])
    return {"action": "stream-config", "config": config}


def stream_text(text: str) -> dict[str, Any]:
    """Return a piece of text for a stream."""
    return {"action": "stream-text", "data": {"text": text}}


def parse_frame(frame: str | bytes) -> Mapping[str, Any]:
    """Return the object that a frame holds, be it of text or of bytes.

    Raises:
        InvalidResponseError: it holds none.
    """
    try:
        document = json.loads(frame)
    except (ValueError, RecursionError) as error:
        raise InvalidResponseError("a message that is not JSON") from error
    if not isinstance(document, dict):
        raise InvalidResponseError("a message that is no JSON object")
    return document


def parse_open(document: Mapping[str, Any]) -> OpenMessage:
    """Read a message of ``/open``."""
    get = document.get
    return OpenMessage(
        _id(get("generationId")),
        get("data"),
        get("index"),
        bool(get("isFinished")),
        _error(document) if "error" in document or get("action") == "error" else None,
        get("errorType"),
        is_gender(document),
        document,
    )


def parse_stream(document: Mapping[str, Any]) -> StreamMessage:
    """Read a message of ``/ws``; what it holds may lie under ``data``, too."""
    inner = document.get("data")
    fields = {**inner, **document, "data": inner.get("data")} if isinstance(inner, Mapping) else document
    action = fields.get("action")
    failed = action == "error" or bool(fields.get("error"))
    return StreamMessage(
        generation_id=_id(fields.get("generationId")),
        data=fields.get("data"),
        finished=bool(fields.get("isFinished")),
        cancelled=bool(fields.get("isCancelled")),
        final=bool(fields.get("isFinal")),
        error=_error(fields) if failed else None,
        error_type=fields.get("errorType"),
        pong=action == "pong",
        status=action == "status",
        connection_id=_id(fields.get("connectionId")),
        document=document,
    )


def error_class(error_type: object) -> type[GenerationError]:
    """Return the class of error for an ``errorType`` in any case; the common one if it is unknown."""
    return _ERRORS.get(str(error_type).replace("_", "").lower(), GenerationError)


def _id(value: object) -> str | None:
    """Return an id; what is empty or no text is none."""
    return value if isinstance(value, str) and value else None


def _error(fields: Mapping[str, Any]) -> str | None:
    """Return what an error says; None where the field is there and says nothing, as in null."""
    if not fields.get("error") and fields.get("action") != "error":
        return None
    return server_message(fields) or "an error without a message"
