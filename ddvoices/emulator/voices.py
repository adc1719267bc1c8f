"""The voice API: list, show, upload, update, delete."""

from __future__ import annotations

import random
import re
import time

from ddvoices.emulator.backend import Backend
from ddvoices.emulator.exchange import Answer, Call, Refusal, answer_json, read_object
from ddvoices.emulator.settings import ListOrder, Settings
from ddvoices.emulator.state import Voice, VoiceLimitError
from ddvoices.emulator.wire import read_new_voice, read_update, show_created, show_list, show_one

_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
_NOT_FOUND = "Voice prompt not found"


def list_voices(call: Call, backend: Backend) -> Answer:
    """Answer ``GET /voice``."""
    settings = call.settings
    limit = _limit(call)
    voices = [voice for voice in backend.store.voices(call.account) if _readable(voice, settings)]
    if settings.published_hidden:
        voices = [voice for voice in voices if not voice.publish]
    if settings.list_order is ListOrder.NEWEST:
        voices.reverse()
    elif settings.list_order is ListOrder.RANDOM:
        random.shuffle(voices)
    return answer_json(show_list(voices[:limit], settings))


def show_voice(call: Call, backend: Backend, voice_id: str) -> Answer:
    """Answer ``GET /voice/{id}``."""
    voice = backend.store.voice(call.account, _checked_id(voice_id))
    if voice is None or not _readable(voice, call.settings):
        raise Refusal(404, _NOT_FOUND)
    return answer_json(show_one(voice, call.settings))


def create_voice(call: Call, backend: Backend) -> Answer:
    """Answer ``POST /voice``."""
    new, data = read_new_voice(read_object(call.body), call.settings)
    try:
        voice = backend.store.add(call.account, new, data, most=call.settings.max_voices)
    except VoiceLimitError:
        raise Refusal(403, "Voice prompt limit reached for your account") from None
    return answer_json(show_created(voice, call.settings))


def update_voice(call: Call, backend: Backend) -> Answer:
    """Answer ``PUT /voice``; an unknown id is 400, since no 404 is documented here."""
    voice_id, changes = read_update(read_object(call.body))
    voice = backend.store.update(call.account, _checked_id(voice_id), changes)
    if voice is None:
        raise Refusal(400, f"{_NOT_FOUND} (id)")
    return answer_json(show_one(voice, call.settings))


def delete_voice(call: Call, backend: Backend, voice_id: str) -> Answer:
    """Answer ``DELETE /voice/{id}``."""
    if not backend.store.delete(call.account, _checked_id(voice_id)):
        raise Refusal(404, _NOT_FOUND)
    return answer_json({"success": True, "message": "Voice prompt deleted successfully"})


def _limit(call: Call) -> int:
    settings = call.settings
    text = call.query.get("limit")
    limit = settings.list_default if text is None else _number(text)
    if settings.list_max_limit is not None and text is not None and limit > settings.list_max_limit:
        raise Refusal(400, f"Invalid request parameters: limit must be at most {settings.list_max_limit}")
    return min(limit, settings.list_cap or limit)


def _number(text: str) -> int:
    found = re.fullmatch(r"0*([1-9][0-9]*)", text)
    if found is None:
        raise Refusal(400, "Invalid request parameters: limit must be a whole number, 1 or more")
    return int(found[1][:18])  # more voices than that are never there, and longer numbers take their time


def _checked_id(voice_id: str) -> str:
    if not _ID.fullmatch(voice_id):
        raise Refusal(400, "Invalid voice prompt ID format")
    return voice_id


def _readable(voice: Voice, settings: Settings) -> bool:
    """Say whether reads show a voice yet; writes always find it."""
    return voice.created_us + settings.visible_after_ms * 1000 <= time.time_ns() // 1000
