"""Scripts of what callers do and what a service says, one step a line.

The first byte of a line says what happens: ``t`` and ``b`` are frames of text and of bytes, everything else
is something that a caller does. A line that means nothing is nothing.
"""

from __future__ import annotations

import base64
import json

from fuzz.edits import damaged
from hypothesis import strategies as st

KEY = "dd-secret"
IDS = ("0b9f-A", "0b9f-b", "É", "3")

_ODD = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | st.just(KEY),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)
_SOUND = st.binary(min_size=1, max_size=8).map(lambda data: base64.b64encode(data).decode())
_LONGEST_NUMBER = 10**4300 - 1
"""No number of more digits is read; and none is written, not even the one after this."""
_INDEX = st.integers(0, 2) | st.just(_LONGEST_NUMBER)
_NAMED = st.sampled_from([*IDS, *IDS, IDS[0].lower(), IDS[1].upper(), "stranger", ""])
_FIELDS = {
    "generationId": _NAMED | _ODD,
    "data": _SOUND | st.just("") | st.fixed_dictionaries({"data": _SOUND, "generationId": _NAMED}) | _ODD,
    "index": _INDEX | _ODD,
    "isFinished": st.booleans() | _ODD,
    "isFinal": st.booleans() | _ODD,
    "isCancelled": st.just(value=False) | st.booleans() | _ODD,
    "error": st.none() | st.text(max_size=5) | _ODD,
    "errorType": st.sampled_from(["RateLimit", "InvalidInput", "rate_limit", KEY]) | _ODD,
    "action": st.sampled_from(["error", "status", "pong", "stream-audio"]) | _ODD,
    "message": st.text(max_size=5) | st.just(f"no\n\x1b[2J{KEY}") | _ODD,
    "predicted_gender": st.just("female") | _ODD,
    "connectionId": st.text(max_size=5) | _ODD,
}


def _some_of(*names: str) -> st.SearchStrategy[bytes]:
    """Return messages with these fields, each of which may be missing."""
    fields = {name: _FIELDS[name] for name in names}
    return st.fixed_dictionaries({}, optional=fields).map(lambda fields: json.dumps(fields).encode())


_AUDIO = st.fixed_dictionaries(
    {"generationId": _NAMED, "data": _SOUND},
    optional={"isFinished": st.booleans(), "isFinal": st.booleans(), "index": _INDEX},
).map(lambda fields: json.dumps(fields).encode())
_MESSAGES = st.one_of(
    _AUDIO,
    _AUDIO,
    _some_of("generationId", "data", "isFinished"),
    _some_of("generationId", "isFinished", "isFinal", "isCancelled"),
    _some_of("generationId", "data", "isFinished", "isFinal", "isCancelled", "index"),
    _some_of("generationId", "error", "errorType", "action", "message"),
    _some_of("predicted_gender", "generationId"),
    _some_of(*_FIELDS),
)
_DEEP = b"[" * 25_000
_NONSENSE = st.sampled_from([b"", b"[]", b"null", b"{", _DEEP, b"NaN", b"\xff", b"\xef\xbb\xbf{}"])
_FRAMES = st.tuples(st.sampled_from([b"t", b"t", b"b"]), _MESSAGES | damaged(_MESSAGES, most=2) | _NONSENSE)


def scripts(*acts: bytes) -> st.SearchStrategy[bytes]:
    """Return scripts in which callers do these."""
    step = st.sampled_from(acts) | _FRAMES.map(b"".join) | _FRAMES.map(b"".join)
    return st.lists(step, max_size=14).map(b"\n".join)


def spoken(*names: str) -> st.SearchStrategy[bytes]:
    """Return scripts of frames alone, most of them about generations of these names."""
    turned = dict(zip(IDS, names, strict=False))

    def renamed(frame: bytes) -> bytes:
        for old, new in turned.items():
            frame = frame.replace(json.dumps(old).encode(), json.dumps(new).encode())
        return frame

    step = st.just(b"w") | _FRAMES.map(b"".join).map(renamed)
    script = st.lists(step, max_size=8).map(b"\n".join)
    return script | script.map(b"/ws\n".__add__)


def frame_of(line: bytes) -> str | bytes | None:
    """Return the frame that a line stands for, if it does."""
    if line[:1] == b"b":
        return line[1:]
    return line[1:].decode("utf-8", "replace") if line[:1] == b"t" else None


def object_of(frame: str | bytes) -> dict[str, object] | None:
    """Return the JSON object in a frame, None if it holds none."""
    try:
        found = json.loads(frame)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None
