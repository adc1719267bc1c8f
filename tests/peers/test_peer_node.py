"""The official Node client works with the emulator: both of its protocols, and all that it offers."""

from __future__ import annotations

import base64
import json
import os
import subprocess
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import pytest
from emulator.samples import upload
from emulator.talk import audio, finished, request, talking
from peers.driving import HERE, MAN, node
from peers.sounds import expanded, file_seconds, riff_samples, samples_of, spoken_seconds

pytestmark = pytest.mark.peers

TEXT = "Call me Ishmael. Some years ago I went to sea."
UUID = "5d3dc622-69bd-4c00-9513-05df47dbdea6"
Run = Callable[..., dict[str, Any]]


@pytest.fixture
def voice(emulator, api_key):
    """A woman's voice in the test's account."""
    return upload(emulator, api_key, gender="female")


@pytest.fixture
def run(emulator, api_key, tmp_path) -> Run:
    """Run a scenario of the driver, and return what it prints."""

    def driven(scenario: str, **arguments: Any) -> dict[str, Any]:
        done = subprocess.run(
            [
                node(),
                "--require",
                HERE / "loopback.cjs",
                HERE / "driver.cjs",
                scenario,
                json.dumps(arguments),
            ],
            env={
                "PATH": os.environ["PATH"],
                "EMULATOR_PORT": str(urlsplit(emulator.base_url).port),
                "DEEPDUB_API_KEY": api_key,
            },
            cwd=tmp_path,
            capture_output=True,
            check=False,
            timeout=60,
        )
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    return driven


def heard(outcome: dict[str, Any]) -> list[bytes]:
    """Return the audio of an outcome that went well."""
    assert "error" not in outcome
    result = outcome["result"]
    each = result if isinstance(result, list) else [result]
    return [base64.b64decode(piece["base64"]) for piece in each]


def spoken(emulator: Any, key: str, **fields: Any) -> bytes:
    """Return the samples of a text, as a bare WebSocket hears them."""
    with talking(emulator.websocket_url, key) as talk:
        talk.say(
            action="text-to-speech", generationId=UUID, **request(emulator, key, format="s16le", **fields)
        )
        return b"".join(audio(talk.hear_until(finished)))


def test_texts_are_spoken_at_once_into_buffers(emulator, api_key, voice, run):
    emulator.settings(api_key, pace_percent=20)
    texts = ["One after the other.", "Two at the same time.", "And a third one beside them."]
    asked = {"model": "m", "locale": "en-US", "voicePromptId": voice}
    buffers = heard(run("buffers", requests=[{"text": text, **asked} for text in texts]))
    assert emulator.peak_concurrency(api_key) == len(texts)
    for text, buffer in zip(texts, buffers, strict=True):
        assert riff_samples(buffer) == spoken(emulator, api_key, text=text, voicePromptId=voice)


def test_speech_goes_into_a_file(emulator, api_key, voice, run):
    (file,) = heard(run("file", text=TEXT, name="a.wav", model="m", locale="en-US", voicePromptId=voice))
    assert riff_samples(file) == spoken(emulator, api_key, text=TEXT, voicePromptId=voice)
    assert spoken_seconds(riff_samples(file), 22050) > 2


def test_its_own_model_and_id_are_sent(emulator, api_key, voice, run):
    assert heard(
        run(
            "buffers",
            requests=[{"text": TEXT, "locale": "en-US", "voicePromptId": voice, "generationId": UUID}],
        )
    )
    (asked,) = (each["body"] for each in emulator.requests(api_key) if each["method"] == "WS")
    assert (asked["model"], asked["generationId"]) == ("dd-etts-1.1", UUID)


@pytest.mark.parametrize("headerless", [False, True])
def test_pieces_are_handed_over_as_they_come(emulator, api_key, voice, run, headerless):
    asked = {"model": "m", "locale": "en-US", "voicePromptId": voice, "headerless": headerless}
    pieces = heard(run("chunks", text=TEXT, **asked))
    assert len(pieces) > 4
    samples = b"".join(pieces if headerless else (samples_of(piece)[1] for piece in pieces))
    assert samples == spoken(emulator, api_key, text=TEXT, voicePromptId=voice)


@pytest.mark.parametrize(
    "options",
    [
        {"seed": 3, "temperature": 0.9, "variance": 0.1},
        {"targetDuration": 4.0},
        {"tempo": 1.3, "promptBoost": True},
        {"targetGender": "MALE"},
        {"accentControl": {"accentBaseLocale": "en-US", "accentLocale": "fr-FR", "accentRatio": 0.75}},
    ],
)
def test_options_are_heard(emulator, api_key, voice, run, options):
    asked = {"model": "m", "locale": "en-US", "voicePromptId": voice, **options}
    (buffer,) = heard(run("buffers", requests=[{"text": TEXT, **asked}]))
    assert riff_samples(buffer) == spoken(emulator, api_key, text=TEXT, voicePromptId=voice, **options)


@pytest.mark.parametrize(
    ("fields", "said"),
    [({"voicePromptId": "nobody"}, "nobody"), ({"locale": "tlh-KX"}, "tlh-KX"), ({"tempo": 9}, "tempo")],
)
def test_an_error_of_the_service_is_raised(voice, run, fields, said):
    asked = {"text": TEXT, "model": "m", "locale": "en-US", "voicePromptId": voice, **fields}
    assert said in run("buffers", requests=[asked])["error"]


@pytest.mark.parametrize("name", [None, "a.mp3"])
def test_speech_over_http(voice, run, name):
    (mp3,) = heard(
        run(
            "http",
            text=TEXT,
            **({"name": name} if name else {}),
            model="m",
            locale="en-US",
            voicePromptId=voice,
        )
    )
    assert file_seconds(mp3, "mp3") > 2


def test_speech_over_http_from_a_recording_at_a_rate(run):
    asked = {"model": "m", "locale": "en-US", "reference": str(MAN), "format": "mulaw", "sampleRate": 8000}
    (codes,) = heard(run("http", text=TEXT, **asked))
    assert spoken_seconds(expanded(codes), 8000) > 2


def test_a_refused_key_opens_no_connection(run, emulator, api_key):
    emulator.faults(api_key, [{"path": "/open", "kind": "status", "status": 401}])
    with pytest.raises(AssertionError, match="401"):  # the client ends the process
        run("buffers", requests=[])


def test_it_reaches_nothing_but_the_emulator(tmp_path):
    program = tmp_path / "stray.cjs"
    program.write_text(
        "try { fetch('https://example.com/'); } catch (error) { process.stdout.write(error.message); }"
        "try { require('tls').connect({host: 'example.com'}); }"
        "catch (error) { process.stdout.write(error.message); }",
        encoding="utf-8",
    )
    done = subprocess.run(
        [node(), "--require", HERE / "loopback.cjs", program], capture_output=True, text=True, check=True
    )
    assert done.stdout == "no request to https://example.com/ in a testno connection to example.com in a test"
