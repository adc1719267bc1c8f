"""Where the official Python client goes wrong, and ours does not: each shown by the same program on both."""

from __future__ import annotations

import base64
import os
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from client.scripted import Scripted, answer
from emulator.samples import upload
from peers.driving import BRIEF, MAN, MODEL, SAMPLES, Outcome, drive
from peers.sounds import samples_of, spoken_seconds

pytestmark = pytest.mark.peers

TEXT = "Call me Ishmael. Some years ago I went to sea."
SPEECH = {"text": TEXT, "model": MODEL, "locale": "en-US"}
SETTINGS = {"model": MODEL, "locale": "en-US"}
WOMAN = "She speaks now, and she goes on for a while, so that there is something to hear."


@pytest.fixture
def voice(emulator, api_key):
    """A woman's voice in the test's account."""
    return upload(emulator, api_key, gender="female")


@pytest.fixture
def official(emulator, api_key) -> Callable[..., Outcome]:
    """Run a scenario on the official client."""
    return lambda scenario, **options: drive("official", scenario, emulator, api_key, **options)


@pytest.fixture
def ours(emulator, api_key) -> Callable[..., Outcome]:
    """Run a scenario on our client."""
    return lambda scenario, **options: drive("ours", scenario, emulator, api_key, **options)


def count(emulator: Any, key: str, method: str, path: str = "/voice") -> int:
    """Return how many requests have come, and forget them."""
    found = [each for each in emulator.requests(key) if (each["method"], each["path"]) == (method, path)]
    emulator.clear_requests(key)
    return len(found)


def test_a_long_list_is_whole(emulator, api_key, official, ours):
    for _ in range(101):
        upload(emulator, api_key)
    assert len(official("voices").value) == 100
    assert len(ours("voices").value) == 101


def test_a_service_that_never_answers_is_given_up(emulator, api_key, official, ours):
    emulator.faults(api_key, [{"path": "/voice", "kind": "hang"}])
    assert official("voices", patience=BRIEF).waiting
    assert ours("voices", client={"timeout": 0.5}).kind == "NoAnswerError"


def test_a_passing_failure_is_waited_out(emulator, api_key, official, ours):
    rule = {"path": "/voice", "kind": "status", "status": 503, "count": 1}
    emulator.faults(api_key, [rule])
    assert official("voices").kind == "HTTPError"
    emulator.faults(api_key, [rule])
    assert ours("voices").value == []


def test_connections_are_kept(emulator, api_key):
    opened = {}
    for who in ("official", "ours"):
        with Scripted(answer({"voicePrompts": []})) as server:
            env = {"DEEPDUB_BASE_URL": server.base_url}
            drive(who, "calls", emulator, api_key, env=env, count=3).value  # noqa: B018 - it must go well
            opened[who] = server.connections
    assert opened == {"official": 3, "ours": 1}


def test_the_services_message_is_told(official, ours):
    asked = {**SPEECH, "voice_prompt_id": "nobody"}
    assert "nobody" not in official("speak", **asked).error["message"]
    outcome = ours("speak", **asked)
    assert "nobody" in outcome.error["message"]
    assert "HTTPError" in outcome.error["types"]  # so that code for the official client catches it


def test_the_key_follows_no_redirect(emulator, api_key):
    other = emulator.base_url.replace("127.0.0.1", "localhost") + "/voice"
    head = f"HTTP/1.1 307 Elsewhere\r\nlocation: {other}\r\ncontent-length: 0\r\n\r\n"

    def redirect(connection: socket.socket, _received: Any) -> bool:
        connection.sendall(head.encode())
        return True

    outcomes = {}
    for who in ("official", "ours"):
        with Scripted(redirect) as server:
            outcomes[who] = drive(who, "voices", emulator, api_key, env={"DEEPDUB_BASE_URL": server.base_url})
            arrived = count(emulator, api_key, "GET")
            assert arrived == (1 if who == "official" else 0)
    assert outcomes["official"].value == []  # the other host has taken the key
    assert outcomes["ours"].kind == "RedirectRefusedError"


def test_retroactive_speech_is_of_the_model_that_was_asked_for(emulator, api_key, official, ours, voice):
    asked = {**SPEECH, "model": "dd-etts-3.0", "voice_prompt_id": voice, "url_below": emulator.base_url}
    models = []
    for run in (official, ours):
        emulator.clear_requests(api_key)
        assert run("speak_later", **asked).value
        models += [each["body"]["model"] for each in emulator.requests(api_key) if each["method"] == "POST"]
    assert models == ["dd-etts-3.2", "dd-etts-3.0"]


@pytest.mark.parametrize(
    "options",
    [{"format": "ogg"}, {"sample_rate": 11025}, {"tempo": 1.0, "duration": 2.0}, {"accent_ratio": 0.5}],
)
def test_mistakes_are_found_when_python_optimizes(emulator, api_key, official, ours, voice, options):
    asked = {**SPEECH, "voice_prompt_id": voice, **options}
    assert official("speak", flags=("-O",), **asked).kind != "AssertionError"
    assert count(emulator, api_key, "POST", "/tts") == 1  # sent, mistake and all
    assert ours("speak", flags=("-O",), **asked).kind == "InvalidOptionError"
    assert count(emulator, api_key, "POST", "/tts") == 0


def test_the_name_of_a_file_is_not_taken_for_audio(emulator, api_key, official, ours, tmp_path):
    tmp_path.joinpath("voice.wav").write_bytes(MAN.read_bytes())
    asked = {"text": "voice.wav", "name": "Ada", "gender": "female", "locale": "en-US", "cwd": tmp_path}
    assert official("add_text", **asked).kind == "HTTPError"
    assert count(emulator, api_key, "POST") == 1
    outcome = ours("add_text", **asked)
    assert "Path('voice.wav')" in outcome.error["message"]
    assert count(emulator, api_key, "POST") == 0


def test_a_sample_is_not_held_in_memory(official, ours, tmp_path):
    size = 12 * 2**20
    large = tmp_path / "large.wav"
    large.write_bytes(MAN.read_bytes() + bytes(size))
    assert official("upload_peak", path=str(large)).value > 3 * size
    assert ours("upload_peak", path=str(large)).value < size / 4


NEVER_ANSWERED = {
    "closed": ([{"path": "/open/*", "kind": "close", "when": "after"}], {}, "ConnectionLostError"),
    "reset": ([{"path": "/open/*", "kind": "reset", "when": "after"}], {}, "ConnectionLostError"),
    "not-json": ([{"path": "/open/*", "kind": "html"}], {}, "InvalidResponseError"),
    "cut": ([{"path": "/open/*", "kind": "cut"}], {}, "InvalidResponseError"),
    "nobodys-error": ([], {"error_ids": "none", "credits": 0}, "GenerationError"),
}


@pytest.mark.parametrize("trouble", NEVER_ANSWERED)
def test_nobody_waits_for_ever(emulator, api_key, official, ours, voice, trouble):
    rules, settings, error = NEVER_ANSWERED[trouble]
    emulator.settings(api_key, **settings)
    requests = [{**SPEECH, "voice_prompt_id": voice}] * 2
    emulator.faults(api_key, rules)
    assert official("generations", patience=BRIEF, requests=requests).waiting
    emulator.faults(api_key, rules)
    assert error in ours("generations", requests=requests).error["types"]


def test_a_long_message_is_taken(emulator, api_key, official, ours, voice):
    emulator.settings(api_key, chunk_ms=None)
    asked = {**SPEECH, "text": TEXT * 4, "voice_prompt_id": voice, "sample_rate": 48000}
    assert official("generations", patience=BRIEF, requests=[asked]).waiting
    ((piece,),) = ours("generations", requests=[asked]).value
    assert len(base64.b64encode(piece)) > 2**20
    assert spoken_seconds(samples_of(piece)[1], 48000) > 8


def test_what_was_broken_off_is_forgotten(official, ours, voice):
    asked = {**SPEECH, "text": TEXT * 2, "voice_prompt_id": voice, "sample_rate": 48000, "count": 3}
    assert official("broken_off", **asked).value > 2**20
    assert ours("broken_off", **asked).value < 2**18


def test_a_gender_is_detected_in_a_plain_install(emulator, api_key, official, ours, tmp_path):
    tmp_path.joinpath("audiosample.py").write_text("raise ImportError('not installed')\n", encoding="utf-8")
    asked = {"how": {"path": str(MAN), "form": "path"}, "connected": False, "env": _first(tmp_path)}
    assert official("gender", **asked).kind == "ImportError"
    assert ours("gender", **asked).value["predicted_gender"] == "male"


def _first(folder: Path) -> dict[str, str]:
    """Return an environment in which modules are looked for here first."""
    return {"PYTHONPATH": os.pathsep.join([str(folder), str(SAMPLES.parents[1])])}


def test_a_gender_is_detected_from_base64(official, ours):
    asked = {"how": {"path": str(MAN), "form": "base64"}, "connected": False}
    assert official("gender", **asked).error
    assert ours("gender", **asked).value["predicted_gender"] == "male"


def test_an_answer_that_names_its_question_is_heard(emulator, api_key, official, ours):
    emulator.settings(api_key, gender_echo=True)
    asked = {"how": {"path": str(MAN), "form": "path"}, "connected": True}
    assert official("gender", **asked, timeout=1.0).kind == "TimeoutError"
    assert ours("gender", **asked).value["predicted_gender"] == "male"


def test_answers_are_not_swapped(emulator, api_key, official, ours, voice, tmp_path):
    woman = tmp_path / "woman.wav"
    asked = {"text": WOMAN, "model": MODEL, "locale": "en-US", "voice_prompt_id": voice}
    woman.write_bytes(ours("joined", **asked).value)
    emulator.settings(api_key, gender_echo=False, gender_delay_ms=500)
    both = {"first": str(woman), "second": str(MAN), "first_timeout": 0.2}
    assert official("genders", **both).value == [None, "female"]  # of the first one
    assert ours("genders", **both).value == [None, "male"]


def test_pieces_become_one_file(official, ours, voice):
    asked = {**SPEECH, "voice_prompt_id": voice}
    with pytest.raises(AssertionError):  # its length is that of the first piece
        samples_of(official("joined", **asked).value)
    assert spoken_seconds(samples_of(ours("joined", **asked).value)[1], 22050) > 2


@pytest.mark.parametrize("header", ["plain", "first", "list"])
def test_headers_of_any_length_are_taken_off(emulator, api_key, official, ours, voice, header):
    asked = {**SPEECH, "voice_prompt_id": voice, "sample_rate": 16000}
    (samples,) = ours("generations", requests=[{**asked, "format": "s16le"}]).value
    emulator.settings(api_key, wav_header=header)
    headerless = [{**asked, "format": "headerless-wav"}]
    (cut,) = official("generations", requests=headerless).value
    (bare,) = ours("generations", requests=headerless).value
    assert b"".join(cut) != b"".join(samples)
    assert b"".join(bare) == b"".join(samples)


def test_a_stream_goes_on_to_the_end_of_its_turn(official, ours, voice):
    asked = {"texts": [TEXT], "settings": {**SETTINGS, "voice_prompt_id": voice}}
    assert official("turn_iterated", **asked).kind == "RuntimeError"  # it is over after one piece
    assert spoken_seconds(b"".join(ours("turn_iterated", **asked).value), 16000) > 2


def test_a_ping_takes_no_audio(official, ours, voice):
    asked = {"text": TEXT, "settings": {**SETTINGS, "voice_prompt_id": voice}}
    (piece, left), (pong, whole) = (run("ping_while_speaking", **asked).value for run in (official, ours))
    assert piece["data"]
    assert pong == {"action": "pong"}
    assert whole == left + 1


def test_an_error_of_the_session_is_an_error(official, ours):
    asked = {"settings": {**SETTINGS, "voice_prompt_id": "nobody"}}
    message = official("session_error", **asked).value
    assert message["action"] == "error"
    outcome = ours("session_error", **asked)
    assert (outcome.kind, outcome.error["message"]) == ("SessionError", message["message"])


def test_no_client_is_of_two_regions(emulator, official, ours):
    rest, websocket, streaming = official("endpoints", client={"eu": True}, env=_moved(emulator)).value
    assert rest == emulator.base_url
    assert ".eu." in websocket
    assert ".eu." in streaming
    assert ours("endpoints", client={"eu": True}, env=_moved(emulator)).kind == "InvalidOptionError"


def _moved(emulator: Any) -> dict[str, str]:
    """Return an environment that moves the REST endpoint alone."""
    names = ("DEEPDUB_BASE_WEBSOCKET_URL", "DEEPDUB_BASE_WEBSOCKET_STREAMING_URL")
    return {"DEEPDUB_BASE_URL": emulator.base_url, **dict.fromkeys(names, "")}
