"""``POST /gender-detection/classify``: who speaks in a recording; errors have an envelope of their own."""

from __future__ import annotations

import time
from collections.abc import Callable
from http import HTTPStatus

from ddvoices.emulator.backend import Backend
from ddvoices.emulator.exchange import Answer, Call, Refusal, answer_json, read_object
from ddvoices.emulator.gender import NotAudioError, detect
from ddvoices.emulator.wire import decode_audio, read_text, too_large

ROOT = "/gender-detection"


def is_here(path: str) -> bool:
    """Say whether a path is below ``ROOT``, where errors look otherwise."""
    return path.startswith(f"{ROOT}/")


def classify(call: Call, _backend: Backend) -> Answer:
    """Answer a recording in base64."""
    return _answered(call, _recording)


def classify_upload(call: Call, _backend: Backend) -> Answer:
    """Answer a recording in the field ``file`` of a form."""
    return _answered(call, _uploaded)


def refuse(status: int, message: str) -> Answer:
    """Return the envelope of an error of these two routes."""
    return answer_json({"error": HTTPStatus(status).phrase, "detail": message}, status)


UNAUTHORIZED = refuse(401, "Invalid or missing API key")


def _answered(call: Call, recording: Callable[[Call], bytes]) -> Answer:
    started = time.monotonic()
    try:
        found = detect(recording(call))
    except Refusal as refusal:
        return refuse(refusal.status, refusal.message)
    except NotAudioError as error:
        return refuse(400, str(error))
    milliseconds = round(1000 * (time.monotonic() - started), 1)
    return answer_json({**found.as_json(), "processing_time_ms": milliseconds})


def _recording(call: Call) -> bytes:
    document = read_object(call.body)
    url, text = read_text(document, "audio_url"), read_text(document, "audio_base64")
    if url is None and text is None:
        raise Refusal(400, "Either audio_url or audio_base64 must be provided")
    if url is not None and text is not None:
        raise Refusal(400, "Only one of audio_url and audio_base64 may be provided")
    if url is not None:
        raise Refusal(400, "the emulator fetches nothing (audio_url): send the recording as audio_base64")
    return decode_audio(text or "", "audio_base64", most=call.settings.max_audio_bytes)


def _uploaded(call: Call) -> bytes:
    """Return the file of a form; what parts it is its own first line."""
    parting = call.body.partition(b"\r\n")[0]
    for part in (b"\r\n" + call.body).split(b"\r\n" + parting)[1:] if parting else ():
        head, _, content = part.partition(b"\r\n\r\n")
        if b'name="file"' in head and content:
            if len(content) > call.settings.max_audio_bytes:
                raise Refusal(400, too_large(call.settings.max_audio_bytes, "file"))
            return content
    raise Refusal(400, "No file uploaded")
