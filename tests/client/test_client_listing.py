"""Listing all voices through a limit that isn't known."""

from __future__ import annotations

import pytest
import requests
from hypothesis import given
from hypothesis import strategies as st
from scripted import WAV

from ddvoices.client import BadRequestError, DeepdubClient, ListingIncompleteError
from ddvoices.client.listing import list_whole


def account(voices: int, max_limit: int | None, asked: list[int]):
    """Return what lists an account's voices, as far as a limit lets it."""

    def fetch(limit: int) -> list[int]:
        asked.append(limit)
        if max_limit is not None and limit > max_limit:
            raise BadRequestError("limit", status=400, call="GET /voice", response=requests.Response())
        return list(range(min(voices, limit)))

    return fetch


@given(st.integers(0, 30_000), st.one_of(st.none(), st.integers(1, 40_000)))
def test_whole_or_an_error(voices, max_limit):
    asked: list[int] = []
    if max_limit is None or voices < max_limit:
        assert len(list_whole(account(voices, max_limit, asked))) == voices
    else:
        with pytest.raises(ListingIncompleteError, match=f"at most {max_limit} voices"):
            list_whole(account(voices, max_limit, asked))
    assert len(asked) < 25


@pytest.mark.parametrize(
    ("voices", "asked"), [(0, [100_000]), (99_999, [100_000]), (100_000, [100_000, 1_000_000])]
)
def test_one_question_is_usually_enough(voices, asked):
    seen: list[int] = []
    list_whole(account(voices, None, seen))
    assert seen == asked


def test_a_service_that_takes_no_limit_at_all():
    asked: list[int] = []
    with pytest.raises(BadRequestError):
        list_whole(account(5, 0, asked))
    assert asked == [100_000, 10_000, 1000, 100, 10, 1]


def test_more_voices_than_asked_for():
    assert len(list_whole(lambda _: list(range(1500)))) == 1500


@pytest.fixture
def voices(emulator, api_key):
    """Put twelve voices into the account."""
    with DeepdubClient(emulator.base_url, api_key=api_key, environ={}) as client:
        for number in range(12):
            client.add_voice(WAV, f"v{number}", "male", "en-US")
        yield client


@pytest.mark.parametrize("max_limit", [13, 55, 500, 5000, None])
def test_all_voices_of_the_emulator(emulator, api_key, voices, max_limit):
    emulator.settings(api_key, list_max_limit=max_limit, list_default=5)
    assert len(voices.observe_voices()) == 12
    assert len(voices.list_voices()["voicePrompts"]) == 12


@pytest.mark.parametrize("max_limit", [1, 5, 12])
def test_what_cannot_be_listed_whole_is_an_error(emulator, api_key, voices, max_limit):
    emulator.settings(api_key, list_max_limit=max_limit)
    for listing in (voices.observe_voices, voices.list_voices):
        with pytest.raises(ListingIncompleteError):
            listing()
    assert len(voices.list_voices(limit=max_limit)["voicePrompts"]) == max_limit


@pytest.mark.parametrize("limit", [0, -1, True, "5", 1.5])
def test_limits_that_are_none(limit, emulator, api_key):
    client = DeepdubClient(emulator.base_url, api_key=api_key, environ={})
    with client, pytest.raises(ValueError, match="limit"):
        client.list_voices(limit=limit)
