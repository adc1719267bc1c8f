"""The names, order and defaults of the official SDK 0.1.29, read from it and written down here."""

from __future__ import annotations

import inspect

import pytest

from ddvoices.client import DeepdubClient
from ddvoices.client.options import DEFAULT_MODEL

REQUIRED = inspect.Parameter.empty
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


def test_unknown_keywords_of_tts_are_taken():
    last = list(inspect.signature(DeepdubClient.tts).parameters.values())[-1]
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
