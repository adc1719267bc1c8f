"""``gender-classify``: who speaks in a second of a recording."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ddvoices.emulator.exchange import Refusal
from ddvoices.emulator.gender import NotAudioError, detect
from ddvoices.emulator.settings import Settings
from ddvoices.emulator.wire import decode_audio, read_required

_MOST_SECONDS = 1.0
_TOLERANCE = 0.001  # what is cut at a second may end a sample after it


def classify(fields: Mapping[str, Any], settings: Settings) -> dict[str, Any]:
    """Return the answer to a recording.

    Raises:
        Refusal: 400, naming what is missing, unreadable or too long.
    """
    rate = fields.get("sample_rate")
    if rate is not None and (not isinstance(rate, int) or isinstance(rate, bool) or rate < 1):
        raise Refusal(400, "Invalid request: field 'sample_rate' must be a whole number, 1 or more")
    data = decode_audio(read_required(fields, "audio"), "audio", most=settings.max_audio_bytes)
    try:
        found = detect(data)
    except NotAudioError as error:
        raise Refusal(400, f"Invalid request: field 'audio': {error}") from None
    if found.seconds > _MOST_SECONDS + _TOLERANCE:
        raise Refusal(400, f"Invalid request: field 'audio' lasts {found.seconds:.2f} s, of at most 1 s")
    return found.as_json()
