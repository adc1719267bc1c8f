"""What the formats of the description stand for; schemathesis imports it, with ids in its environment."""

from __future__ import annotations

import os
from typing import Any

import schemathesis
from emulator.samples import WAV, WAV_BASE64
from hypothesis import strategies as st
from schemathesis.transport.serialization import Binary

FORMATS = {
    "locale": st.sampled_from(["en-US", "en-GB", "de-DE", "it-IT"]),
    "order": st.sampled_from(os.environ["ORDERS"].split()),
    "recording": st.just(WAV_BASE64),
    "recording-file": st.just(Binary(WAV)),
    "spoken": st.sampled_from(["A", "Hello.", "1, 2", "..."]),
    "voice": st.sampled_from(os.environ["VOICES"].split()),
}
for name, values in FORMATS.items():
    schemathesis.openapi.format(name, values)


@schemathesis.hook
def map_body(_context: schemathesis.HookContext, body: Any) -> Any:
    """Send whole numbers as such: 3.0 is an integer to JSON Schema, and none to many a server."""
    if not isinstance(body, dict):
        return body
    return {
        name: int(value) if isinstance(value, float) and value.is_integer() else value
        for name, value in body.items()
    }
