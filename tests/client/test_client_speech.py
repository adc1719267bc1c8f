"""Synthesis over REST: what may be asked, what is sent, and what counts as audio."""

from __future__ import annotations

import base64
import math

import pytest
from scripted import WAV, answer

from ddvoices.client import InvalidOptionError
from ddvoices.errors import InvalidResponseError

AUDIO = answer(b"ID3 sound", kind="audio/mpeg")


def test_the_least(serve, client_of):
    server = serve(AUDIO)
    assert client_of(server).tts("Hello", voice_prompt_id="a") == b"ID3 sound"
    assert server.calls() == ["POST /tts"]
    assert server.received[0].json == {
        "targetText": "Hello",
        "model": "dd-etts-2.5",
        "locale": "en-US",
        "voicePromptId": "a",
        "format": "mp3",
    }


def test_a_reference_instead_of_a_voice(serve, client_of, tmp_path):
    server = serve(AUDIO)
    path = tmp_path / "a.wav"
    path.write_bytes(WAV)
    for reference in (path, WAV, base64.b64encode(WAV).decode()):
        client_of(server).tts("Hello", reference)
    for sent in server.received:
        assert base64.b64decode(sent.json["voiceReference"]) == WAV
        assert "voicePromptId" not in sent.json


def test_unknown_keywords_go_onto_the_wire(serve, client_of):
    server = serve(AUDIO)
    client_of(server).tts(
        "Hello", voice_prompt_id="a", cleanAudio=False, format="opus", targetGender="FEMALE"
    )
    sent = server.received[0].json
    assert (sent["cleanAudio"], sent["format"], sent["targetGender"]) == (False, "opus", "FEMALE")


@pytest.mark.parametrize(
    "options",
    [
        {"format": "headerless-wav"},
        {"format": "mulaw", "sample_rate": 8000},
        {"sample_rate": 32000},
        {"sample_rate": 36000},
        {"temperature": 0, "variance": 1},
        {"tempo": 0.5},
        {"duration": 3},
        {"seed": -1},
        {"accent_base_locale": "en-US", "accent_locale": "fr-FR", "accent_ratio": 0},
    ],
)
def test_what_may_be_asked(options, serve, client_of):
    client_of(serve(AUDIO)).tts("Hello", voice_prompt_id="a", **options)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"voice_prompt_id": None}, "either voice_prompt_id or voice_reference"),
        ({"voice_reference": WAV}, "either voice_prompt_id or voice_reference"),
        ({"voice_prompt_id": " "}, "voice_prompt_id is empty"),
        ({"text": " "}, "text is empty"),
        ({"text": None}, "text is empty"),
        ({"model": ""}, "model is empty"),
        ({"locale": ""}, "locale is empty"),
        ({"format": "wav"}, "format: 'wav' is not one of mp3, headerless-wav, opus, mulaw"),
        ({"sample_rate": 11025}, "sample_rate: 11025 is not one of 8000"),
        ({"temperature": 1.01}, "temperature: 1.01 is not from 0 to 1"),
        ({"variance": -0.1}, "variance: -0.1 is not from 0 to 1"),
        ({"variance": math.nan}, "not a number"),
        ({"temperature": True}, "not a number"),
        ({"temperature": "0.5"}, "not a number"),
        ({"tempo": 0}, "tempo: 0 is not greater than 0"),
        ({"duration": -1}, "duration: -1 is not greater than 0"),
        ({"duration": math.inf}, "not a number"),
        ({"tempo": 1, "duration": 2}, "exclude each other"),
        ({"seed": 1.5}, "seed: 1.5 is not a whole number"),
        ({"seed": True}, "not a whole number"),
        ({"accent_ratio": 0.5}, "all three or none"),
        ({"accent_base_locale": "en-US", "accent_locale": "fr-FR"}, "all three or none"),
        (
            {"accent_base_locale": "a", "accent_locale": "b", "accent_ratio": 2},
            "accent_ratio: 2 is not from 0",
        ),
        ({"voice_prompt_id": None, "voice_reference": "voice.wav"}, "neither base64 nor a file"),
        ({"extra": object()}, "can't be sent"),
    ],
)
def test_what_is_refused_before_it_costs_anything(options, message, serve, client_of):
    server = serve(AUDIO)
    asked = {"text": "Hello", "voice_prompt_id": "a", **options}
    with pytest.raises(InvalidOptionError, match=message):
        client_of(server).tts(**asked)
    assert server.received == []


@pytest.mark.parametrize(
    ("model", "warned"),
    [("dd-etts-9.9", True), ("dd-etts-3.0", False), ("private", False), ("dd-etts-2.5", False)],
)
def test_an_unknown_model_is_a_warning(model, warned, serve, client_of, caplog):
    client_of(serve(AUDIO)).tts("Hello", voice_prompt_id="a", model=model)
    assert ("unknown model" in caplog.text) is warned


@pytest.mark.parametrize("kind", ["audio/mpeg", "audio/ogg; codecs=opus", "application/octet-stream", None])
def test_audio_of_every_type(kind, serve, client_of):
    assert client_of(serve(answer(b"\xff\xf3sound", kind=kind))).tts("Hello", voice_prompt_id="a")


@pytest.mark.parametrize(
    ("content", "kind", "message"),
    [
        (b"", "audio/mpeg", "it is empty"),
        (b'{"message": "no credits"}', "application/json", "no credits"),
        (b'{"message": "no credits"}', "audio/mpeg", "no credits"),
        (b"<html>", "text/html", "text/html"),
        (b"sound", "text/plain", "text/plain"),
    ],
)
def test_what_is_no_audio(content, kind, message, serve, client_of):
    with pytest.raises(InvalidResponseError, match=message):
        client_of(serve(answer(content, kind=kind))).tts("Hello", voice_prompt_id="a")
