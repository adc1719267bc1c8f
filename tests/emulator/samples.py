"""A sample to upload, and the way to do it."""

from __future__ import annotations

import base64
import time
from collections.abc import Callable
from typing import Any

from service import Emulator

# A WAV of two samples of silence: the smallest thing that is audio by its content.
WAV = base64.b64decode("UklGRigAAABXQVZFZm10IBAAAAABAAEAQB8AAIA+AAACABAAZGF0YQQAAAAAAAAA")
WAV_BASE64 = base64.b64encode(WAV).decode()


def upload(emulator: Emulator, key: str, **fields: Any) -> str:
    """Make a voice and return its id."""
    body = {"filename": "ada.wav", "data": WAV_BASE64, **fields}
    status, answer = emulator.call(key, "POST", "/voice", body)
    assert status == 200, answer
    return answer["response"]["voice_prompt_id"]


def listing(emulator: Emulator, key: str, query: str = "") -> list[dict[str, Any]]:
    """Return the account's voices as the API lists them."""
    status, answer = emulator.call(key, "GET", f"/voice{query}")
    assert status == 200, answer
    return answer["voicePrompts"]


def wait_until(condition: Callable[[], Any]) -> None:
    """Return once the condition holds; a minute is given up on."""
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.005)
