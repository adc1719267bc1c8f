"""Retroactive speech: asked for in one call, fetched in a later one."""

from __future__ import annotations

import io
import json
import urllib.error
import urllib.request
import uuid
from typing import Any

import pytest
from emulator.samples import WAV_BASE64, wait_until
from service import Emulator
from tinytag import TinyTag

BODY = {"model": "m", "targetText": "Good evening.", "locale": "en-US", "voiceReference": WAV_BASE64}


def order(emulator: Emulator, key: str, **fields: Any) -> str:
    """Ask for speech and return its URL."""
    status, answer = emulator.call(key, "POST", "/tts/retroactive", {**BODY, **fields})
    assert status == 200, answer
    assert list(answer) == ["url"]
    return answer["url"]


def fetch(key: str | None, url: str) -> tuple[int, str, bytes]:
    """Return status, content type and body."""
    headers = {"x-api-key": key} if key else {}
    request = urllib.request.Request(url, headers=headers)  # noqa: S310 - loopback, http
    try:
        with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request) as response:
            return response.status, response.headers["content-type"], response.read()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.headers["content-type"], error.read()


def test_speech_can_be_fetched_where_the_answer_says(emulator, api_key):
    url = order(emulator, api_key)
    assert url.startswith(f"{emulator.base_url}/tts/retroactive/")
    status, content_type, audio = fetch(api_key, url)
    assert (status, content_type) == (200, "audio/mpeg")
    assert 0.5 < TinyTag.get(filename="x.mp3", file_obj=io.BytesIO(audio)).duration < 3
    assert fetch(api_key, url)[2] == audio


def test_the_url_is_at_the_host_that_was_called(emulator, api_key):
    there = emulator.base_url.replace("127.0.0.1", "localhost")
    status, answer = emulator.call(api_key, "POST", f"{there}/tts/retroactive", BODY)
    assert (status, answer["url"].startswith(f"{there}/tts/retroactive/")) == (200, True)


@pytest.mark.parametrize("format_name", ["mulaw", "opus", None])
def test_it_is_an_mp3_whatever_was_asked_for(emulator, api_key, format_name):
    audio = fetch(api_key, order(emulator, api_key, format=format_name))[2]
    assert audio == fetch(api_key, order(emulator, api_key))[2]


def test_it_takes_as_long_as_the_setting_says(emulator, api_key):
    emulator.settings(api_key, retro_delay_ms=600_000)
    late = order(emulator, api_key)
    status, _, body = fetch(api_key, late)
    assert (status, json.loads(body)["success"]) == (404, False)
    emulator.settings(api_key, retro_delay_ms=300)
    soon = order(emulator, api_key)
    wait_until(lambda: fetch(api_key, soon)[0] == 200)
    assert fetch(api_key, late)[0] == 404


def test_what_is_unknown_is_the_same_404_as_what_is_not_ready(emulator, api_key):
    emulator.settings(api_key, retro_delay_ms=600_000)
    url = order(emulator, api_key)
    unknown = url.rsplit("/", 1)[0] + f"/{uuid.uuid4()}"
    assert fetch(api_key, unknown) == fetch(api_key, url)


def test_only_the_account_that_asked_may_fetch_it(emulator, api_key):
    url = order(emulator, api_key)
    assert fetch("dd-somebody-else", url)[0] == 404
    assert fetch(None, url)[0] == 401


def test_it_costs_a_credit_and_fetching_costs_none(emulator, api_key):
    emulator.settings(api_key, credits=1)
    url = order(emulator, api_key)
    status, answer = emulator.call(api_key, "POST", "/tts/retroactive", BODY)
    assert (status, answer["message"].split(":")[0]) == (402, "InsufficientCredits")
    assert [fetch(api_key, url)[0] for _ in range(2)] == [200, 200]


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"targetText": ""}, "'targetText'"),
        ({"format": "flac"}, "'flac'"),
        ({"locale": "xx"}, "'xx'"),
        ({"generationId": "a b"}, "'generationId'"),
    ],
)
def test_what_is_wrong_is_named(emulator, api_key, fields, said):
    status, answer = emulator.call(api_key, "POST", "/tts/retroactive", {**BODY, **fields})
    assert (status, said in answer["message"]) == (400, True)


def test_it_survives_a_restart_and_not_a_reset(tmp_path, api_key):
    data = ["--data", str(tmp_path)]
    with Emulator.start(data) as first:
        speech_id = order(first, api_key).rsplit("/", 1)[1]
        audio = fetch(api_key, f"{first.base_url}/tts/retroactive/{speech_id}")[2]
    with Emulator.start(data) as second:
        url = f"{second.base_url}/tts/retroactive/{speech_id}"
        assert fetch(api_key, url)[::2] == (200, audio)
        second.reset(api_key)
        assert fetch(api_key, url)[0] == 404
