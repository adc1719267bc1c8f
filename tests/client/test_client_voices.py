"""The voice calls against the emulator."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from uuid import UUID

import pytest
from scripted import WAV, answer

from ddvoices.client import (
    BadRequestError,
    DeepdubClient,
    ForbiddenError,
    InvalidOptionError,
    NotFoundError,
    UnauthorizedError,
)
from ddvoices.errors import InvalidResponseError, OutcomeUnknownError


@pytest.fixture
def client(emulator, api_key):
    with DeepdubClient(emulator.base_url, api_key=api_key, environ={}, sleep=lambda _: None) as client:
        yield client


def add(client, name: str = "Ada", **options) -> str:
    answered = client.add_voice(WAV, name, "female", "en-GB", **options)
    return answered.get("response", answered)["voice_prompt_id"]


@pytest.mark.parametrize("shape", ["wrapped", "bare"])
def test_the_life_of_a_voice(shape, client, emulator, api_key):
    emulator.settings(api_key, list_shape=shape)
    voice_id = add(client, age=34, text="Hello", speaker_id="s-1", title="A. Narrator")
    assert [voice["id"] for voice in client.list_voices()["voicePrompts"]] == [voice_id]
    assert client.get_voice(voice_id)["prompt"]["title"] == "A. Narrator"
    assert client.update_voice(voice_id, name="Eve", gender="male")["prompt"]["name"] == "Eve"
    (observed,) = client.observe_voices()
    assert (observed.id, observed.name, observed.gender) == (voice_id, "Eve", "MALE")
    assert (observed.locale, observed.text, observed.speaker_id) == ("en-GB", "Hello", "s-1")
    assert observed.listed
    assert client.delete_voice(voice_id)["success"] is True
    with pytest.raises(NotFoundError):
        client.delete_voice(voice_id)
    assert client.observe_voices() == ()


@pytest.mark.parametrize("unset", ["empty", "absent", "null"])
@pytest.mark.parametrize("case", ["upper", "lower"])
@pytest.mark.parametrize("echo", ["yes", "no", "own"])
def test_every_way_to_report_a_voice(unset, case, echo, client, emulator, api_key):
    emulator.settings(api_key, unset=unset, gender_case=case, echo_speaker_id=echo)
    voice_id = add(client, speaker_id="s-1")
    (observed,) = client.observe_voices()
    assert observed.id == voice_id
    assert observed.text == ("" if unset == "empty" else None)
    assert observed.gender == ("FEMALE" if case == "upper" else "female")
    assert (observed.speaker_id == "s-1") is (echo == "yes")


def test_one_voice_is_observed_or_not(client):
    voice_id = add(client)
    observed = client.observe_voice(voice_id)
    assert observed is not None
    assert (observed.id, observed.listed) == (voice_id, False)
    assert client.observe_voice("3d9b1d0e-0000-4000-8000-000000000000") is None


def test_an_id_that_the_service_calls_malformed_is_not_taken_for_gone(serve, client_of):
    with pytest.raises(BadRequestError, match="invalid id"):
        client_of(serve(answer({"message": "invalid id"}, status=400))).observe_voice("x")


def test_what_is_sent(client, emulator, api_key):
    add(client)
    add(client, publish=True, age=7, speaking_style="Whisper", filename="a.wav")
    first, second = emulator.voices(api_key)
    assert UUID(first["speaker_id"] if "speaker_id" in first else first["speakerId"])
    assert (first["name"], first["title"]) == ("Ada", "Ada")
    assert (second["publish"], second["age"]) == (True, 7)


def test_a_listing_with_a_voice_that_has_no_id(serve, client_of):
    client = client_of(serve(answer({"voicePrompts": [{"id": "a"}, {"name": "b"}]})))
    assert len(client.list_voices()["voicePrompts"]) == 2
    with pytest.raises(InvalidResponseError):
        client.observe_voices()


def test_an_id_counts_once(serve, client_of):
    listed = [{"id": "a", "name": "1"}, {"id": "b"}, {"id": "a", "name": "2"}]
    voices = client_of(serve(answer({"voicePrompts": listed}))).observe_voices()
    assert [(voice.id, voice.name) for voice in voices] == [("a", "1"), ("b", None)]


def test_a_full_account(client, emulator, api_key):
    emulator.settings(api_key, max_voices=1)
    add(client)
    with pytest.raises(ForbiddenError, match=r"POST /voice: 403: .*limit"):
        add(client)
    assert len(client.observe_voices()) == 1


def test_a_refused_key(emulator):
    with (
        DeepdubClient(emulator.base_url, api_key="no-key", environ={}) as client,
        pytest.raises(UnauthorizedError),
    ):
        client.list_voices()


@pytest.mark.parametrize("kind", ["reset", "cut", "empty", "head", "html"])
@pytest.mark.parametrize(("when", "made"), [("before", 0), ("after", 1)])
def test_a_lost_create_is_made_once_or_not_at_all(kind, when, made, client, emulator, api_key):
    emulator.faults(api_key, [{"kind": kind, "method": "POST", "path": "/voice", "when": when, "count": 1}])
    with pytest.raises(OutcomeUnknownError):
        add(client)
    assert len(client.observe_voices()) == made


@pytest.mark.parametrize("kind", ["reset", "cut", "empty", "head", "html"])
@pytest.mark.parametrize("when", ["before", "after"])
def test_the_other_calls_come_through(kind, when, client, emulator, api_key):
    voice_id = add(client)
    emulator.faults(
        api_key, [{"kind": kind, "when": when, "method": method, "count": 2} for method in ("GET", "PUT")]
    )
    assert client.update_voice(voice_id, name="Eve")["prompt"]["name"] == "Eve"
    assert [voice.name for voice in client.observe_voices()] == ["Eve"]
    assert [rule["struck"] for rule in emulator.fault_counts(api_key)] == [2, 2]


@pytest.mark.parametrize(
    ("gender", "options"),
    [("femal", {}), ("", {}), ("female", {"age": float("nan")}), ("female", {"text": object()})],
)
def test_nothing_is_sent_of_what_cannot_be(gender, options, client, emulator, api_key):
    with pytest.raises(InvalidOptionError):
        client.add_voice(WAV, "Ada", gender, "en-GB", **options)
    assert [each for each in emulator.requests(api_key) if each["method"] == "POST"] == []


def test_threads_share_a_client(client, emulator, api_key):
    emulator.settings(api_key, max_concurrent=4)
    with ThreadPoolExecutor(max_workers=4) as pool:
        ids = list(pool.map(lambda number: add(client, f"v{number}"), range(24)))
        names = dict(
            zip(ids, pool.map(lambda each: client.get_voice(each)["prompt"]["name"], ids), strict=True)
        )
    assert list(names.values()) == [f"v{number}" for number in range(24)]
    assert {voice.id for voice in client.observe_voices()} == set(ids)
