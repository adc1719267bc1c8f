"""Answers to REST calls: what a service says, with odd values and heads, and all of it damaged."""

from __future__ import annotations

import json
from typing import Any

from client.scripted import KEY
from fuzz.edits import damaged
from fuzz.json_values import LONG_NUMBER, ODD_VALUES
from fuzz.rest_answers import CALLS, PARTED, plain_answer
from hypothesis import strategies as st

_TEXT = st.sampled_from(["Ada", "v1", "", "\x1b[2J", "no\nway", "\ud800", "\u202e", KEY, "female", "en-GB"])
_VALUE = _TEXT | _TEXT | ODD_VALUES
_VOICE = st.fixed_dictionaries(
    {"id": st.sampled_from(["v1", "v2", "v3", 7, 1e300]) | _VALUE},
    optional={
        **dict.fromkeys(("name", "title", "locale", "gender", "speakingStyle", "text"), _VALUE),
        "createdAt": st.sampled_from(["2026-01-01T00:00:00Z", "soon"]) | _VALUE,
        "speakerId": st.sampled_from(["ee88feb0-ca50-8bd6-835b-633c2179c6d4", ""]) | _VALUE,
    },
)
_VOICES = st.lists(_VOICE | _VOICE | ODD_VALUES, max_size=3)
_ERROR = st.fixed_dictionaries(
    {}, optional=dict.fromkeys(("message", "error", "detail", "success", "errorType"), _VALUE | _VOICE)
)
_PLACE = st.sampled_from(
    [
        *("/tts/retroactive/a.mp3", "tts/\x1b[2J", "tts/\ud800", "//", "http://[", KEY),
        "https://elsewhere.example/\x1b[2J",
    ]
)
_DOCUMENT = st.one_of(
    _VOICES.map(lambda voices: {"voicePrompts": voices}),
    _VOICES,
    _VOICE.map(lambda voice: {"prompt": voice}),
    _VOICE,
    _VALUE.map(lambda voice_id: {"response": {"voice_prompt_id": voice_id}}),
    st.builds(lambda **fields: fields, predicted_gender=_VALUE, confidence=st.floats() | _VALUE),
    _PLACE.map(lambda url: {"url": url}),
    _ERROR,
    ODD_VALUES,
)
_HUGE = b'{"predicted_gender": "female", "confidence": %s}' % (b"9" * 400)
_BODY = st.one_of(
    _DOCUMENT.map(lambda document: json.dumps(document).encode()),
    st.sampled_from(
        [b"", b"{", b"<html><title>\x1b[2J</title>", b"[" * 30_000, b"\xff", _HUGE, KEY.encode(), b"ID3"]
    ),
    st.binary(max_size=20),
)
_STATUS = st.sampled_from(
    [200, 200, 200, 201, 204, 304, 100, 302, 307, 400, 401, 402, 403, 404, 409, 418, 429, 500, 503, 599, 999]
)
_KINDS = ("application/json", "application/json", "application/problem+json; x=y", "text/html", "audio/mpeg")
_HEADERS = {
    "Content-Type": st.sampled_from([*_KINDS, "", "\xff"]),
    "Content-Encoding": st.sampled_from(["gzip", "deflate", "br", "gzip, gzip", "x", ""]),
    "Transfer-Encoding": st.sampled_from(["chunked", "gzip", "x"]),
    "Content-Length": st.sampled_from(["0", "5", "-1", "x", "1, 2", LONG_NUMBER, "99"]),
    "Location": st.sampled_from(
        ["/", "http://[", "//x:y/", f"/{KEY}", "http://127.0.0.1:99999/", "\xff\x80", "", "?", "http://é/"]
    ),
    "Retry-After": st.sampled_from(
        [
            "1",
            "-1",
            "nan",
            "inf",
            LONG_NUMBER,
            "1e999",
            "21 Oct 99999999999999999999 07:28:00 GMT",
            "\xff",
        ]
    ),
    "Date": st.sampled_from(["Wed, 21 Oct 2015 07:28:00 -9999", "x", "0", "1 Jan 0001 00:00:00 +2359"]),
    "Set-Cookie": st.sampled_from(["a=b; Max-Age=x", "\xff=\x00", "a"]),
    "x-request-id": st.sampled_from(["\x1b[2J", KEY, "r-1", "\xff"]),
    "Connection": st.sampled_from(["close", "upgrade"]),
}
_LENGTHS = st.sampled_from(["right", "right", "right", "none"])


def _answer(status: int, reason: str, headers: dict[str, str], body: bytes, length: str) -> bytes:
    lines = [f"HTTP/1.1 {status} {reason}", *(f"{name}: {value}" for name, value in headers.items())]
    if length == "right" and "Content-Length" not in headers:
        lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join(lines).encode("latin-1", "replace") + b"\r\n\r\n" + body


_ANSWERS = st.builds(
    _answer,
    _STATUS,
    st.sampled_from(["OK", "", "\x1b[2J", KEY, "\xff"]),
    st.fixed_dictionaries(
        {"Content-Type": _HEADERS["Content-Type"]},
        optional={name: values for name, values in _HEADERS.items() if name != "Content-Type"},
    )
    | st.just({"Content-Type": "application/json"}),
    _BODY,
    _LENGTHS,
)
_PLAIN = _BODY.map(plain_answer)
_WORDS = (b"\r\n", b"\0", b"\n", b":", b"HTTP/1.1 200 OK\r\n", b"5\r\n", b"\xff", b"{", b'"')
_ONE = st.one_of(_PLAIN, _PLAIN, _ANSWERS, damaged(_PLAIN | _ANSWERS, _WORDS, most=2), st.binary(max_size=9))


def _script(call: str, answers: list[Any]) -> bytes:
    return call.encode() + b"\n" + PARTED.join(answers)


ANY_ANSWERS = st.builds(_script, st.sampled_from([*CALLS]), st.lists(_ONE, min_size=1, max_size=3))
