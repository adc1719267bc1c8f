"""The names, order and defaults of the official SDK 0.1.29, read from it and written down here."""

from __future__ import annotations

import inspect

import pytest

from ddvoices.client import DeepdubClient
from ddvoices.client.options import DEFAULT_MODEL

REQUIRED = inspect.Parameter.empty
STREAM = [
    ("model", REQUIRED),
    ("locale", REQUIRED),
    ("voice_prompt_id", REQUIRED),
    ("format", "wav"),
    ("sample_rate", 16000),
    ("accept_emojis", False),
    ("target_gender", None),
    ("first_audio_timeout", None),
    ("realtime", None),
]
NOT_STREAMED = [
    ("temperature", None),
    ("variance", None),
    ("tempo", None),
    ("prompt_boost", None),
    ("accent_base_locale", None),
    ("accent_locale", None),
    ("accent_ratio", None),
]
OFFICIAL = {
    "__init__": [
        ("base_url", None),
        ("base_websocket_url", None),
        ("base_websocket_streaming_url", None),
        ("api_key", None),
        ("eu", None),
    ],
    "tts": [
        ("text", REQUIRED),
        ("voice_reference", None),
        ("voice_prompt_id", None),
        ("model", DEFAULT_MODEL),  # the documentation's; the SDK's own is dd-etts-3.2
        ("locale", "en-US"),
        ("temperature", None),
        ("variance", None),
        ("duration", None),
        ("tempo", None),
        ("seed", None),
        ("prompt_boost", None),
        ("accent_base_locale", None),
        ("accent_locale", None),
        ("accent_ratio", None),
        ("sample_rate", None),
        ("format", "mp3"),
    ],
    "tts_retro": [
        ("text", REQUIRED),
        ("voice_prompt_id", REQUIRED),
        ("model", "dd-etts-2.5"),
        ("locale", "en-US"),
    ],
    "async_connect": [("streaming_input", False)],
    "async_tts": [
        ("text", REQUIRED),
        ("voice_prompt_id", None),
        ("model", "dd-etts-2.5"),
        ("locale", "en-US"),
        ("temperature", None),
        ("variance", None),
        ("duration", None),
        ("tempo", None),
        ("seed", None),
        ("prompt_boost", None),
        ("accent_base_locale", None),
        ("accent_locale", None),
        ("accent_ratio", None),
        ("format", "wav"),
        ("generation_id", None),
        ("sample_rate", None),
        ("target_gender", None),
    ],
    "gender_classify": [
        ("audio_data", REQUIRED),
        ("sample_rate", 16000),
        ("timeout", 5.0),
        ("generation_id", None),
    ],
    "async_stream_connect": [*STREAM, ("verbose", False), *NOT_STREAMED],
    "async_stream_config": [*STREAM, *NOT_STREAMED],
    "async_stream_text": [("text", REQUIRED)],
    "async_stream_recv": [],
    "async_stream_recv_audio": [],
    "async_stream": [("ignore_errors", False)],
    "async_stream_cancel": [],
    "async_stream_end": [],
    "async_flush": [],
    "async_stream_ping": [],
    "list_voices": [],
    "add_voice": [
        ("data", REQUIRED),
        ("name", REQUIRED),
        ("gender", REQUIRED),
        ("locale", REQUIRED),
        ("publish", False),
        ("speaking_style", "Neutral"),
        ("age", 0),
    ],
}


@pytest.mark.parametrize("name", OFFICIAL)
def test_signatures(name):
    parameters = list(inspect.signature(getattr(DeepdubClient, name)).parameters.values())[1:]
    positional = [(each.name, each.default) for each in parameters if each.kind is each.POSITIONAL_OR_KEYWORD]
    extras = [each for each in parameters if each.kind is each.KEYWORD_ONLY]
    assert positional == OFFICIAL[name]
    assert all(each.default is not REQUIRED for each in extras)


@pytest.mark.parametrize("name", ["tts", "async_tts"])
def test_unknown_keywords_are_taken(name):
    last = list(inspect.signature(getattr(DeepdubClient, name)).parameters.values())[-1]
    assert last.kind is last.VAR_KEYWORD


@pytest.mark.parametrize("name", ["get", "post", "put", "delete"])
def test_plain_calls_take_a_path_first(name):
    assert list(inspect.signature(getattr(DeepdubClient, name)).parameters)[1] == "url"


def test_attributes():
    with DeepdubClient(api_key="dd-1", environ={}) as client:
        assert client.base_url == "https://restapi.deepdub.ai/api/v1"
        assert client.base_websocket_url == "wss://wsapi.deepdub.ai/open"
        assert client.base_websocket_streaming_url == "wss://wss.deepdub.ai/ws"
        assert client.api_key == "dd-1"
        assert client.headers == {"Content-Type": "application/json", "x-api-key": "dd-1"}


def test_every_public_method_says_what_it_does():
    for name, member in inspect.getmembers(DeepdubClient):
        if not name.startswith("_"):
            assert inspect.getdoc(member), name
