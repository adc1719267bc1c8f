"""``/tts/retroactive``: speech that is asked for in one call and fetched, as an MP3, in a later one."""

from __future__ import annotations

import dataclasses
import time

from ddvoices.emulator.backend import Backend
from ddvoices.emulator.encode import FORMATS
from ddvoices.emulator.exchange import Answer, Call, Refusal, answer_json, read_object
from ddvoices.emulator.tts import read_generation_id, read_utterance, speak

PATH = "/tts/retroactive"
_FORMAT = "mp3"


def order(call: Call, backend: Backend) -> Answer:
    """Answer ``POST``: where the speech will be once ``retro_delay_ms`` are over, always as an MP3."""
    document = read_object(call.body)
    read_generation_id(document)  # the same body as /tts, and as wrong
    utterance = read_utterance(document, call, backend)
    audio = speak(dataclasses.replace(utterance, format=_FORMAT), call, backend)
    ready_us = time.time_ns() // 1000 + call.settings.retro_delay_ms * 1000
    order_id = backend.store.put_speech(call.account, audio, ready_us)
    return answer_json({"url": f"{call.base_url}{PATH}/{order_id}"})


def fetch(call: Call, backend: Backend, order_id: str) -> Answer:
    """Answer ``GET``: the speech; one that isn't ready is as unknown as one that never was."""
    audio = backend.store.speech(call.account, order_id, time.time_ns() // 1000)
    if audio is None:
        raise Refusal(404, "Generation not found, or not ready yet")
    return Answer(content_type=FORMATS[_FORMAT].content_type, body=audio)
