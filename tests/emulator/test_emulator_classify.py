"""The message gender-classify on /open."""

from __future__ import annotations

import base64

import pytest
from emulator.samples import WAV_BASE64, upload
from emulator.talk import audio, finished, request, talking

from ddvoices.emulator.settings import WavHeader
from ddvoices.emulator.sockets.pieces import riff

CLASSIFY = "gender-classify"


@pytest.fixture
def talk(emulator, api_key):
    with talking(emulator.websocket_url, api_key) as connection:
        yield connection


def recorded(emulator, key, talk, gender, seconds=1.0) -> str:
    """Return a second of a voice as base64 of a WAV at 16000 samples a second."""
    voice = upload(emulator, key, gender=gender)
    document = request(emulator, key, "Good morning to all of you who listen.", voicePromptId=voice)
    talk.say(action="text-to-speech", format="s16le", sampleRate=16000, **document)
    samples = b"".join(audio(talk.hear_until(finished)))[: int(seconds * 32000)]
    return base64.b64encode(riff(len(samples), 16000, WavHeader.PLAIN) + samples).decode()


@pytest.mark.parametrize("gender", ["female", "male"])
def test_who_speaks_is_told(emulator, api_key, talk, gender):
    recording = recorded(emulator, api_key, talk, gender)
    answer = talk.ask(action=CLASSIFY, generationId="g", audio=recording, sample_rate=16000)
    assert answer["predicted_gender"] == gender
    assert answer["confidence"] == answer["prediction"][gender] > 0.5
    assert answer["duration_seconds"] == 1.0
    entry = emulator.requests(api_key)[-1]
    assert (entry["method"], entry["path"]) == ("WS", "/open/gender-classify")
    assert entry["body"] == {"generationId": "g", "sample_rate": 16000}


@pytest.mark.parametrize(("echo", "shown"), [(True, "g"), (False, None)])
def test_the_answer_can_name_its_question(emulator, api_key, talk, echo, shown):
    emulator.settings(api_key, gender_echo=echo)
    answer = talk.ask(action=CLASSIFY, generationId="g", audio=WAV_BASE64)
    assert (answer["predicted_gender"], answer.get("generationId")) == ("unknown", shown)


def test_the_answer_can_be_late(emulator, api_key, talk):
    document = request(emulator, api_key)
    emulator.settings(api_key, gender_delay_ms=60_000)
    talk.say(action=CLASSIFY, generationId="late", audio=WAV_BASE64)
    talk.say(action="text-to-speech", generationId="soon", **document)
    assert {message["generationId"] for message in talk.hear_until(finished)} == {"soon"}


def test_it_costs_nothing_and_takes_no_place(emulator, api_key, talk):
    emulator.settings(api_key, max_concurrent=1, credits=0, gender_delay_ms=100, gender_echo=True)
    for number in range(8):
        talk.say(action=CLASSIFY, generationId=str(number), audio=WAV_BASE64)
    assert {talk.hear()["generationId"] for _ in range(8)} == set("01234567")


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"audio": None}, "missing required field 'audio'"),
        ({"audio": "!"}, "not valid base64"),
        ({"audio": base64.b64encode(b"no sound").decode()}, "not a supported audio file"),
        ({"audio": base64.b64encode(b"fLaC" + bytes(100)).decode()}, "field 'audio'"),
        ({"sample_rate": "16000"}, "sample_rate"),
        ({"generationId": 7}, "generationId"),
    ],
)
def test_what_is_wrong_is_named(talk, fields, said):
    answer = talk.ask(action=CLASSIFY, **{"generationId": "g", "audio": WAV_BASE64, **fields})
    assert said in answer["error"]
    assert answer["errorType"] == "InvalidInput"
    assert answer.get("generationId") == (None if "generationId" in fields else "g")


def test_more_than_a_second_is_refused(emulator, api_key, talk):
    recording = recorded(emulator, api_key, talk, "female", seconds=1.01)
    answer = talk.ask(action=CLASSIFY, generationId="g", audio=recording)
    assert (answer["errorType"], "lasts 1.01 s" in answer["error"]) == ("InvalidInput", True)
