"""Gender detection: people and the emulator's own voices are told apart, and what is nobody is unknown."""

from __future__ import annotations

import base64
import http.client
import json
import math
import random
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import yaml
from emulator.samples import WAV, upload
from hypothesis import given
from hypothesis import strategies as st
from service import Emulator

from ddvoices.emulator.gender import NotAudioError, detect

VOICES = Path(__file__).parents[2] / "voices"
OTHER_TAKES = {"samples/centralino-it-take2.wav": "male"}  # a recording that belongs to no voice
PATH = "/gender-detection/classify"


def genders() -> dict[str, str]:
    """Return the gender of each recording of the example catalog, as the catalog says it."""
    found = dict(OTHER_TAKES)
    for path in VOICES.glob("*.yaml"):
        for voice in (yaml.safe_load(path.read_text(encoding="utf-8")).get("voices") or {}).values():
            found[voice["sample"]] = voice["gender"]
    return found


def wav(body: bytes, *, tag: int = 1, channels: int = 1, width: int = 2, rate: int = 16000) -> bytes:
    """Return a WAV file; with a ``tag`` in a list of two, the first is the outer one."""
    form = struct.pack("<HHIIHH", tag, channels, rate, rate * channels * width, channels * width, 8 * width)
    data = b"data" + struct.pack("<I", len(body)) + body
    return b"RIFF" + struct.pack("<I", 20 + 8 + len(data)) + b"WAVEfmt " + struct.pack("<I", 16) + form + data


def extensible(body: bytes, *, sub_format: int, width: int) -> bytes:
    guid = struct.pack("<H", sub_format) + bytes.fromhex("000000001000800000aa00389b71")
    form = struct.pack("<HHIIHH", 0xFFFE, 1, 16000, 16000 * width, width, 8 * width)
    form += struct.pack("<HHI", 22, 8 * width, 4) + guid
    chunks = b"fmt " + struct.pack("<I", 40) + form + b"LIST" + struct.pack("<I", 3) + b"abc\0"
    return b"RIFF\xff\xff\xff\xffWAVE" + chunks + b"data\xff\xff\xff\xff" + body


def man() -> tuple[int, ...]:
    """Return a second and a half of a man's voice, 16 kHz, without the 44 bytes of its header."""
    recording = (VOICES / "samples" / "austen-narrator.wav").read_bytes()
    return struct.unpack("<24000h", recording[44 + 16000 : 44 + 16000 + 48000])


def sent(emulator: Emulator, key: str, recording: bytes) -> dict[str, Any]:
    body = {"audio_base64": base64.b64encode(recording).decode()}
    status, answer = emulator.call(key, "POST", PATH, body)
    assert status == 200, answer
    return answer


@pytest.mark.parametrize("sample", sorted(name for name in genders() if name.endswith(".wav")))
def test_people_are_told_apart(emulator, api_key, sample):
    recording = (VOICES / sample).read_bytes()
    answer = sent(emulator, api_key, recording)
    assert answer["predicted_gender"] == genders()[sample]
    assert 0.5 < answer["confidence"] <= 1
    assert answer["confidence"] == answer["prediction"][answer["predicted_gender"]]
    assert sum(answer["prediction"].values()) == pytest.approx(1, abs=0.001)
    assert answer["duration_seconds"] == pytest.approx((len(recording) - 44) / 32000, abs=0.01)
    assert answer["processing_time_ms"] > 0


@pytest.mark.parametrize("gender", ["female", "male"])
@pytest.mark.parametrize(
    ("locale", "text"), [("en-US", "Good morning, everyone."), ("fr-FR", "Bonjour à tous.")]
)
def test_the_emulator_knows_its_own_voices(emulator, api_key, gender, locale, text):
    for _ in range(3):  # each of another pitch and timbre
        body = {
            "model": "m",
            "targetText": text,
            "locale": locale,
            "voicePromptId": upload(emulator, api_key, gender=gender),
            "format": "headerless-wav",
            "sampleRate": 16000,
        }
        assert sent(emulator, api_key, wav(spoken(emulator, api_key, body)))["predicted_gender"] == gender


def spoken(emulator: Emulator, key: str, body: dict[str, Any]) -> bytes:
    return request(emulator, key, "/tts", json.dumps(body).encode())[1]


def request(emulator: Emulator, key: str | None, path: str, body: bytes) -> tuple[int, bytes]:
    connection = http.client.HTTPConnection(urlsplit(emulator.base_url).netloc, timeout=60)
    connection.request("POST", f"/api/v1{path}", body, {"x-api-key": key} if key else {})
    response = connection.getresponse()
    answer = response.status, response.read()
    connection.close()
    return answer


def packed(code: str, change: Callable[[int], float]) -> bytes:
    return struct.pack(f"<24000{code}", *map(change, man()))


def wide(width: int) -> bytes:
    return b"".join(bytes(width - 2) + struct.pack("<h", value) for value in man())


@pytest.mark.parametrize(
    "recording",
    [
        wav(packed("B", lambda value: (value >> 8) + 128), width=1),
        wav(wide(3), width=3),
        wav(wide(4), width=4),
        wav(packed("f", lambda value: value / 32768), tag=3, width=4),
        wav(packed("d", lambda value: 9.0 if value > 32000 else value / 32768), tag=3, width=8),
        wav(b"".join(2 * struct.pack("<h", value) for value in man()), channels=2),
        wav(struct.pack("<72000h", *(value for value in man() for _ in range(3))), rate=48000),
        wav(struct.pack("<12000h", *man()[::2]), rate=8000),
        extensible(packed("h", int), sub_format=1, width=2),
        extensible(packed("f", lambda value: value / 32768), sub_format=3, width=4),
    ],
    ids=[
        "8-bit",
        "24-bit",
        "32-bit",
        "float",
        "double",
        "stereo",
        "48kHz",
        "8kHz",
        "extensible",
        "extensible-float",
    ],
)
def test_a_wav_is_read_whatever_its_samples_are(recording):
    found = detect(recording)
    assert found.predicted_gender == "male"
    assert found.confidence > 0.9
    assert found.seconds == pytest.approx(1.5)


def tone(hertz: float) -> list[int]:
    return [round(9000 * math.sin(2 * math.pi * hertz * at / 16000)) for at in range(8000)]


def noise() -> list[int]:
    source = random.Random(1)  # noqa: S311 - equal in each run
    return [round(source.gauss(0, 5000)) for _ in range(8000)]


@pytest.mark.parametrize(
    "samples",
    [[], [5] * 3, [0] * 8000, [9000] * 8000, noise(), tone(40), tone(600), tone(3000)],
    ids=["nothing", "a moment", "silence", "direct current", "noise", "hum", "beep", "whistle"],
)
def test_what_is_no_voice_is_unknown(samples):
    found = detect(wav(struct.pack(f"<{len(samples)}h", *samples)))
    assert (found.predicted_gender, found.confidence) == ("unknown", 0.0)


@given(st.binary(max_size=60), st.integers(0, 60), st.sampled_from([b"", b"\xff" * 4, b"\xff" * 9]))
def test_any_damage_is_told_and_breaks_nothing(body, at, damage):
    damaged = wav(body)[:at] + damage + wav(body)[at + len(damage) :]
    said = judged(damaged[: at + 40])
    assert said == "unknown" or "the emulator takes WAV" in said


def judged(recording: bytes) -> str:
    """Return the gender, or what is said against the recording."""
    try:
        return detect(recording).predicted_gender
    except NotAudioError as error:
        return str(error)


def test_what_is_not_a_number_is_survived():
    assert detect(wav(struct.pack("<f", math.nan) * 16000, tag=3, width=4)).predicted_gender == "unknown"


def test_a_long_recording_is_judged_by_its_first_half_minute():
    found = detect(wav(struct.pack("<24000h", *man()) * 120))
    assert (found.predicted_gender, found.seconds) == ("male", 180)


ALAW = wav(bytes(8000), tag=6, width=1)


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({}, "Either audio_url or audio_base64"),
        ({"audio_url": "", "audio_base64": None}, "Either audio_url or audio_base64"),
        ({"audio_url": "http://127.0.0.1/a.wav", "audio_base64": "AAAA"}, "Only one of"),
        ({"audio_url": "http://127.0.0.1/a.wav"}, "fetches nothing"),
        ({"audio_base64": 5}, "'audio_base64' must be a string"),
        ({"audio_base64": "????"}, "'audio_base64' is not valid base64"),
        ({"audio_base64": base64.b64encode(b"text").decode()}, "not a supported audio file"),
        ({"audio_base64": base64.b64encode(b"fLaC" + bytes(99)).decode()}, "takes WAV"),
        ({"audio_base64": base64.b64encode(ALAW).decode()}, "(format 6)"),
        ({"audio_base64": base64.b64encode(WAV[:20] + WAV[36:]).decode()}, "WAV"),
        ({"audio_base64": base64.b64encode(wav(bytes(4), rate=100)).decode()}, "sample rate of 100"),
        ({"audio_base64": base64.b64encode(wav(bytes(99), channels=99, width=1)).decode()}, "99 channels"),
    ],
)
def test_what_is_wrong_is_named_in_this_routes_envelope(emulator, api_key, body, said):
    status, answer = emulator.call(api_key, "POST", PATH, body)
    assert (status, answer["error"]) == (400, "Bad Request")
    assert said in answer["detail"]


def test_a_key_is_needed_and_its_lack_has_the_same_envelope(emulator):
    status, answer = emulator.call(None, "POST", PATH, {"audio_base64": "AAAA"})
    assert (status, answer) == (401, {"error": "Unauthorized", "detail": "Invalid or missing API key"})


def form(content: bytes, name: str) -> bytes:
    head = f'--b0\r\nContent-Disposition: form-data; name="{name}"; filename="a.wav"\r\n\r\n'.encode()
    return head + content + b"\r\n--b0--\r\n"


def test_a_recording_may_be_uploaded_in_a_form(emulator, api_key):
    recording = (VOICES / "samples" / "arctic-reader.wav").read_bytes()
    status, answer = request(emulator, api_key, f"{PATH}/upload", form(recording, "file"))
    assert (status, json.loads(answer)["predicted_gender"]) == (200, "male")
    assert json.loads(answer)["duration_seconds"] == 4.0
    for body in (form(recording, "other"), form(b"", "file"), b"", b"{}"):
        status, answer = request(emulator, api_key, f"{PATH}/upload", body)
        assert (status, json.loads(answer)["detail"]) == (400, "No file uploaded")


def test_the_request_log_holds_no_recording(emulator, api_key):
    emulator.call(api_key, "POST", PATH, {"audio_base64": "AAAA", "note": "kept"})
    assert emulator.requests(api_key)[-1]["body"] == {"note": "kept"}
