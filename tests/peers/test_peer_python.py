"""Code written for the official Python SDK runs against the emulator, and unchanged on our client."""

from __future__ import annotations

import itertools
import json
from typing import Any

import pytest
from client.test_client_signature import OFFICIAL, REQUIRED
from emulator.samples import upload
from peers.driving import MAN, MODEL, SAMPLES, drive
from peers.sounds import expanded, file_seconds, samples_of, spoken_seconds

pytestmark = pytest.mark.peers

WHO = ["official", "ours"]
TEXT = "Call me Ishmael. Some years ago I went to sea."
SPEECH = {"text": TEXT, "model": MODEL, "locale": "en-US"}
SETTINGS = {"model": MODEL, "locale": "en-US"}
ACCENT = {"accent_base_locale": "en-US", "accent_locale": "fr-FR", "accent_ratio": 0.75}
FORMS = ["path", "bytes", "base64"]


@pytest.fixture
def voice(emulator, api_key):
    """A woman's voice in the test's account."""
    return upload(emulator, api_key, gender="female")


def both(scenario: str, emulator: Any, key: str, **arguments: Any) -> Any:
    """Return what both clients get: the same."""
    official, ours = (drive(who, scenario, emulator, key, **arguments).value for who in WHO)
    assert ours == official
    return ours


def test_the_signatures_that_ours_are_compared_with_are_the_official_ones(emulator, api_key):
    real = drive("official", "signatures", emulator, api_key).value
    written = {
        name: [[each, "REQUIRED" if default is REQUIRED else default] for each, default in parameters]
        for name, parameters in OFFICIAL.items()
    }
    default = ["model", "dd-etts-2.5"]  # the documentation's; the SDK has gone on
    for parameters in real.values():
        parameters[:] = [default if each == ["model", "dd-etts-3.2"] else each for each in parameters]
    assert {name: real[name] for name in written} == written
    assert real.keys() - written.keys() == {"data_input_preprocess", "proxy_request"}  # its inner workings


@pytest.mark.parametrize("who", WHO)
def test_voices_are_added_in_every_form_and_listed(emulator, api_key, who):
    fields = {"gender": "female", "locale": "en-GB", "speaking_style": "Calm", "age": 34}
    ids = [
        drive(who, "add", emulator, api_key, how={"path": str(MAN), "form": form}, name=form, **fields).value
        for form in FORMS
    ]
    listed = {voice["id"]: voice for voice in drive(who, "voices", emulator, api_key).value}
    assert [listed[each]["name"] for each in ids] == FORMS
    assert {(each["locale"], each["gender"], each["speakingStyle"]) for each in listed.values()} == {
        ("en-GB", "FEMALE", "Calm")
    }
    assert {(stored["bytes"], stored["age"]) for stored in emulator.voices(api_key)} == {
        (MAN.stat().st_size, 34)
    }


@pytest.mark.parametrize("who", WHO)
def test_any_path_can_be_called(emulator, api_key, voice, who):
    name, deleted, listing = drive(who, "plain", emulator, api_key, voice=voice).value
    assert (name, deleted, listing["voicePrompts"]) == ("Changed", True, [])


@pytest.mark.parametrize(
    ("options", "rate"),
    [
        ({}, 22050),
        *(({"sample_rate": rate}, rate) for rate in (8000, 16000, 22050, 24000, 44100, 48000)),
        ({"duration": 4.0}, 22050),
        ({"tempo": 1.2}, 22050),
        ({"seed": 7, "temperature": 0.8, "variance": 0.2, "prompt_boost": True}, 22050),
        (ACCENT, 22050),
        ({"cleanAudio": True, "targetGender": "male"}, 22050),
    ],
)
def test_speech_is_the_same_samples(emulator, api_key, voice, options, rate):
    samples = both(
        "speak", emulator, api_key, **SPEECH, voice_prompt_id=voice, format="headerless-wav", **options
    )
    assert spoken_seconds(samples, rate) == pytest.approx(options.get("duration", 3.0), rel=0.35)


@pytest.mark.parametrize(("audio_format", "ending"), [("mp3", "mp3"), ("opus", "opus")])
def test_speech_is_the_same_file(emulator, api_key, voice, audio_format, ending):
    audio = both("speak", emulator, api_key, **SPEECH, voice_prompt_id=voice, format=audio_format)
    assert file_seconds(audio, ending) == pytest.approx(3.0, rel=0.35)


def test_speech_for_the_telephone_is_the_same_codes(emulator, api_key, voice):
    audio = both(
        "speak", emulator, api_key, **SPEECH, voice_prompt_id=voice, format="mulaw", sample_rate=8000
    )
    assert spoken_seconds(expanded(audio), 8000) == pytest.approx(3.0, rel=0.35)


@pytest.mark.parametrize("form", FORMS)
def test_a_recording_stands_for_a_voice(emulator, api_key, form):
    how = {"path": str(MAN), "form": form}
    samples = both("speak_from", emulator, api_key, how=how, **SPEECH, format="headerless-wav")
    assert spoken_seconds(samples, 22050) == pytest.approx(3.0, rel=0.35)


def test_speech_is_fetched_later(emulator, api_key, voice):
    said = {**SPEECH, "model": "dd-etts-3.2", "voice_prompt_id": voice}  # the only one that the SDK asks for
    audio = both("speak_later", emulator, api_key, url_below=emulator.base_url, **said)
    assert file_seconds(audio, "mp3") == pytest.approx(3.0, rel=0.35)


def test_texts_are_spoken_at_once_on_one_connection(emulator, api_key, voice):
    emulator.settings(api_key, pace_percent=20)  # so that they interleave
    texts = ["One after the other.", "Two at the same time.", "And a third one beside them."]
    requests = [{**SPEECH, "text": text, "voice_prompt_id": voice, "sample_rate": 16000} for text in texts]
    spoken = both("generations", emulator, api_key, requests=requests)
    assert emulator.peak_concurrency(api_key) == len(texts)
    for pieces in spoken:
        assert len(pieces) > 2
        rates, samples = zip(*map(samples_of, pieces), strict=True)
        assert set(rates) == {16000}
        assert spoken_seconds(b"".join(samples), 16000) > 0.8


VARIANTS = [
    {"frames": "binary"},
    {"ack": True, "last_chunk": "audio"},
    {"stream_actions": True, "chunk_ms": 90},
]


@pytest.mark.parametrize("settings", VARIANTS)
def test_every_way_to_send_audio_is_understood(emulator, api_key, voice, settings):
    emulator.settings(api_key, **settings)
    asked = {**SPEECH, "voice_prompt_id": voice, "format": "headerless-wav", "sample_rate": 16000}
    (pieces,) = both("generations", emulator, api_key, requests=[asked])
    assert spoken_seconds(b"".join(pieces), 16000) == pytest.approx(3.0, rel=0.35)
    streamed = {**SETTINGS, "voice_prompt_id": voice, "format": "s16le"}
    pieces = both("turn_audio", emulator, api_key, texts=["Good morning."], settings=streamed)
    assert spoken_seconds(b"".join(pieces), 16000) > 0.5


@pytest.mark.parametrize(
    ("options", "rate"),
    [
        ({"format": "headerless-wav", "sample_rate": 16000}, 16000),
        ({"format": "s16le", "sample_rate": 24000}, 24000),
        ({"format": "headerless-wav", "target_gender": "male"}, 22050),
        ({"format": "headerless-wav", **ACCENT}, 22050),
        ({"format": "headerless-wav", "seed": 3, "temperature": 1.0, "variance": 0.1}, 22050),
        ({"format": "headerless-wav", "duration": 4.0}, 22050),
        (
            {"format": "headerless-wav", "generation_id": "5d3dc622-69bd-4c00-9513-05df47dbdea6"},
            22050,
        ),
    ],
)
def test_pieces_on_a_connection_are_the_same_samples(emulator, api_key, voice, options, rate):
    (pieces,) = both(
        "generations", emulator, api_key, requests=[{**SPEECH, "voice_prompt_id": voice, **options}]
    )
    assert spoken_seconds(b"".join(pieces), rate) == pytest.approx(options.get("duration", 3.0), rel=0.35)
    asked = [each["body"] for each in emulator.requests(api_key) if each["method"] == "WS"]
    if "generation_id" in options:
        assert {body["generationId"] for body in asked} == {options["generation_id"]}
    assert len(asked) == 2


@pytest.mark.parametrize(("audio_format", "rate"), [("mp3", None), ("opus", None), ("mulaw", 8000)])
def test_pieces_on_a_connection_are_the_same_file(emulator, api_key, voice, audio_format, rate):
    asked = {**SPEECH, "voice_prompt_id": voice, "format": audio_format, "sample_rate": rate}
    audio = b"".join(itertools.chain(*both("generations", emulator, api_key, requests=[asked])))
    if rate is None:
        assert file_seconds(audio, audio_format) == pytest.approx(3.0, rel=0.35)
    else:
        assert spoken_seconds(expanded(audio), rate) == pytest.approx(3.0, rel=0.35)


@pytest.mark.parametrize("who", WHO)
@pytest.mark.parametrize(
    ("options", "said"),
    [({"voice_prompt_id": "nobody"}, "nobody"), ({"locale": "tlh-KX"}, "tlh-KX"), ({"tempo": 9.0}, "tempo")],
)
def test_an_error_of_the_service_is_raised(emulator, api_key, voice, who, options, said):
    asked = {**SPEECH, "voice_prompt_id": voice, **options}
    outcome = drive(who, "generations", emulator, api_key, requests=[asked])
    assert said in outcome.error["message"]


@pytest.mark.parametrize("who", WHO)
@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"tempo": 1.0, "duration": 2.0}, "exclu"),
        ({"format": "ogg"}, "format"),
        ({"generation_id": "x"}, "UUID"),
        ({"accent_ratio": 0.5}, "accent"),
        ({"sample_rate": 1}, "sample"),
    ],
)
def test_a_mistake_is_an_error_before_anything_is_sent(emulator, api_key, voice, who, options, said):
    asked = {**SPEECH, "voice_prompt_id": voice, **options}
    outcome = drive(who, "generations", emulator, api_key, requests=[asked])
    assert said in outcome.error["message"].replace("Sample", "sample").replace("Invalid format", "format")
    assert not [each for each in emulator.requests(api_key) if each["method"] == "WS"]


@pytest.mark.parametrize("who", WHO)
@pytest.mark.parametrize("connected", [False, True])
@pytest.mark.parametrize("form", ["path", "bytes"])
def test_a_gender_is_detected(emulator, api_key, tmp_path, who, connected, form):
    emulator.settings(api_key, gender_echo=False)  # the SDK misses an answer that names its question
    how = {"path": str(MAN), "form": form}
    answer = drive(who, "gender", emulator, api_key, how=how, connected=connected).value
    assert answer["predicted_gender"] == "male"
    assert 0.5 < answer["confidence"] <= 1


@pytest.mark.parametrize("audio_format", ["wav", "s16le"])
def test_a_turn_is_streamed(emulator, api_key, voice, audio_format):
    settings = {**SETTINGS, "voice_prompt_id": voice, "format": audio_format, "sample_rate": 24000}
    heard = [
        drive(who, "turn", emulator, api_key, texts=["Call me ", "Ishmael. ", "Or Ahab"], settings=settings)
        for who in WHO
    ]
    official, ours = ([nameless(message) for message in each.value] for each in heard)
    assert ours == official
    assert [message.get("isFinished") for message in ours].count(True) == 2
    assert ours[-1] == {"isFinal": True}


def nameless(message: dict[str, Any]) -> dict[str, Any]:
    """Return a message without the id that the service has made up."""
    assert json.dumps(message)
    return {name: value for name, value in message.items() if name != "generationId"}


def test_the_audio_of_a_turn(emulator, api_key, voice):
    settings = {**SETTINGS, "voice_prompt_id": voice, "sample_rate": 16000}
    pieces = both("turn_audio", emulator, api_key, texts=["Call me ", "Ishmael."], settings=settings)
    samples = b"".join(samples_of(piece)[1] for piece in pieces)
    assert spoken_seconds(samples, 16000) == pytest.approx(1.0, rel=0.4)


@pytest.mark.parametrize(
    "options",
    [{"realtime": True, "target_gender": "male"}, {"first_audio_timeout": 80, "accept_emojis": True}],
)
def test_settings_of_a_turn(emulator, api_key, voice, options):
    settings = {**SETTINGS, "voice_prompt_id": voice, **options}
    assert both("turn_audio", emulator, api_key, texts=["Good morning."], settings=settings)


def test_a_session_is_pinged(emulator, api_key, voice):
    assert both("ping", emulator, api_key, settings={**SETTINGS, "voice_prompt_id": voice}) == {
        "action": "pong"
    }


@pytest.mark.parametrize("who", WHO)
def test_a_turn_is_cancelled(emulator, api_key, voice, who):
    emulator.settings(api_key, pace_percent=50)
    settings = {**SETTINGS, "voice_prompt_id": voice}
    ended = drive(who, "cancelled", emulator, api_key, text=TEXT + " It was cold.", settings=settings).value
    assert (ended["isFinished"], ended["isCancelled"]) == (True, True)


@pytest.mark.parametrize("who", WHO)
def test_a_refused_key_is_an_error(emulator, api_key, who):
    env = {"DEEPDUB_API_KEY": "none-of-theirs"}
    for scenario, arguments in [("voices", {}), ("generations", {"requests": []})]:
        outcome = drive(who, scenario, emulator, api_key, env=env, **arguments)
        assert "401" in outcome.error["message"]


def test_every_recording_of_the_example_is_a_voice_for_the_official_client(emulator, api_key):
    for path in sorted(SAMPLES.iterdir()):
        fields = {"name": path.stem, "gender": "male", "locale": "en-US"}
        drive("official", "add", emulator, api_key, how={"path": str(path), "form": "path"}, **fields)
    assert {voice["name"] for voice in drive("official", "voices", emulator, api_key).value} == {
        path.stem for path in SAMPLES.iterdir()
    }
