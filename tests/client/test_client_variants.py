"""Everything that the client can do, against every way in which the service may behave."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sockets import all_of
from workspace import write_tone

from ddvoices import DeepdubClient, join_wav
from ddvoices.audio import sniff
from ddvoices.audio.wav import read_surely
from ddvoices.client import (
    GenerationError,
    InsufficientCreditsError,
    PlanExceededError,
    RateLimitError,
    SessionError,
)

RATE = 8000
VARIANTS: dict[str, dict[str, Any]] = {
    "as documented": {},
    "small pieces": {"chunk_ms": 20},
    "one piece": {"chunk_ms": None},
    "slowly": {"chunk_ms": 100, "pace_percent": 10},
    "late": {"first_audio_ms": 150},
    "wide header": {"wav_header": "wide"},
    "plain header": {"wav_header": "plain"},
    "one header": {"wav_header": "first"},
    "header with a list": {"wav_header": "list"},
    "binary": {"frames": "binary"},
    "acknowledged": {"ack": True},
    "audio at the end": {"last_chunk": "audio"},
    "errors without a type": {"error_ids": "no_type"},
    "errors without an id": {"error_ids": "no_id"},
    "errors without anything": {"error_ids": "none"},
    "detection named": {"gender_echo": True},
    "detection late": {"gender_echo": False, "gender_delay_ms": 150},
    "never final": {"is_final": False},
    "with actions": {"stream_actions": True},
    "no greeting": {"greeting": "none"},
    "older envelopes": {"list_shape": "bare", "gender_case": "lower", "unset": "null"},
}


def combination(seed: int) -> dict[str, Any]:
    """Return a few variants at once."""
    chosen = random.Random(seed).sample(list(VARIANTS.values()), 6)  # noqa: S311 - repeatable, not secret
    return {name: value for variant in chosen for name, value in variant.items()}


VARIANTS |= {f"combination {seed}": combination(seed) for seed in range(6)}


class Account:
    """A client of an account with one voice."""

    def __init__(self, emulator, key: str, **extras: Any) -> None:
        self.emulator, self.key = emulator, key
        sockets = emulator.websocket_url, emulator.streaming_url
        settings: dict[str, Any] = {"timeout": 2, "max_retries": 0, **extras}
        self.client = DeepdubClient(emulator.base_url, *sockets, key, environ={}, **settings)

    def add_voice(self, sample: Path) -> str:
        answer = self.client.add_voice(sample, "Ada", "female", "en-GB")
        return str(answer.get("response", answer)["voice_prompt_id"])


@pytest.fixture
def account(emulator, api_key) -> Iterator[Account]:
    account = Account(emulator, api_key)
    with account.client:
        yield account


@pytest.fixture(scope="module")
def sample(tmp_path_factory) -> Path:
    return write_tone(tmp_path_factory.mktemp("samples") / "ada.wav")


def check_wav(data: bytes) -> None:
    found = read_surely(data)
    assert found is not None
    assert found.rate == RATE
    assert 0.2 < found.seconds < 4


def check_samples(data: bytes) -> None:
    assert b"RIFF" not in data
    assert 0.2 < len(data) / 2 / RATE < 4


# The first few are the likeliest; the others are proven where there is time.
COMMON = ("as documented", "audio at the end", "errors without an id", "never final", "combination 0")


@pytest.mark.parametrize(
    "variant",
    [
        pytest.param(variant, id=name, marks=() if name in COMMON else pytest.mark.proof)
        for name, variant in VARIANTS.items()
    ],
)
def test_the_whole_surface_works(account, sample, variant):
    account.emulator.settings(account.key, **variant)
    voice = account.add_voice(sample)
    client = account.client
    assert [each["id"] for each in client.list_voices()["voicePrompts"]] == [voice]
    rest(client, voice)
    asyncio.run(over_open(client, voice, sample))
    asyncio.run(over_ws(client, voice))


def rest(client: DeepdubClient, voice: str) -> None:
    asked = {"voice_prompt_id": voice, "sample_rate": RATE}
    check_samples(client.tts("One two.", **asked, format="headerless-wav"))
    assert sniff(b"".join(client.tts_iter("One two.", **asked, format="opus"))) == "opus"
    url = client.tts_retro("One two.", voice)["url"]
    assert sniff(client.tts_retro_get(url, wait=5)) == "mp3"
    check_wav(join_wav(client.stream("One two.", voice, sample_rate=RATE)))


async def over_open(client: DeepdubClient, voice: str, sample: Path) -> None:
    async with client.async_connect() as connection:

        async def speak(form: str) -> bytes:
            pieces = await all_of(connection.async_tts("One two.", voice, format=form, sample_rate=RATE))
            return join_wav(pieces) if form == "wav" else b"".join(pieces)

        wav, mp3, bare = await asyncio.gather(*map(speak, ("wav", "mp3", "headerless-wav")))
        check_wav(wav)
        assert sniff(mp3) == "mp3"
        check_samples(bare)
        assert bare == await speak("s16le")
        assert len(await speak("mulaw")) == len(bare) // 2
        with pytest.raises(GenerationError, match="nobody"):
            await all_of(connection.async_tts("One.", "nobody"))
        for found in await asyncio.gather(*(connection.gender_classify(sample) for _ in range(2))):
            assert found["predicted_gender"] in {"female", "male", "unknown"}
        assert wav == await speak("wav")


async def over_ws(client: DeepdubClient, voice: str) -> None:
    settings = {"model": "dd-etts-2.5", "locale": "en-US", "voice_prompt_id": voice, "sample_rate": RATE}
    async with client.async_stream_connect(**settings) as connection:
        check_samples(await turn(connection, "One two. ", "Three four."))
        assert (await connection.async_stream_ping())["action"] == "pong"
        await connection.async_stream_text("One two. And many more words that nobody will ever hear.")
        await connection.async_stream_cancel()
        check_samples(await turn(connection, "Five six."))
        await connection.async_stream_text('<config locale="xx-XX"/>Seven.')
        await connection.async_stream_end()
        with pytest.raises(GenerationError):
            await all_of(connection.async_stream(silence=0.3))
        await connection.async_stream_config(**{**settings, "voice_prompt_id": "nobody"})
        with pytest.raises(SessionError, match="nobody"):
            await connection.async_stream_recv()
        await connection.async_stream_config(**{**settings, "format": "mulaw"})
        assert len(await turn(connection, "Nine ten.")) > RATE // 5


async def turn(connection: DeepdubClient, *texts: str) -> bytes:
    for text in texts:
        await connection.async_stream_text(text)
    await connection.async_stream_end()
    return b"".join(await all_of(connection.async_stream(silence=0.3)))


def test_an_unfriendly_greeting(account, sample):
    account.emulator.settings(account.key, greeting="error")
    voice = account.add_voice(sample)
    with pytest.raises(SessionError):
        asyncio.run(over_ws(account.client, voice))


def test_connections_that_are_closed_while_idle_are_opened_anew(account, sample):
    voice = account.add_voice(sample)
    account.emulator.settings(account.key, idle_close_ms=50)

    async def use() -> None:
        async with account.client.async_connect() as connection:
            for _ in range(2):
                assert await all_of(connection.async_tts("One.", voice))
                await asyncio.sleep(0.2)
        settings = {"model": "dd-etts-2.5", "locale": "en-US", "voice_prompt_id": voice, "format": "s16le"}
        async with account.client.async_stream_connect(**settings) as connection:
            for _ in range(2):
                assert await turn(connection, "One.")
                await asyncio.sleep(0.2)

    asyncio.run(use())
    log = account.emulator.requests(account.key)
    handshakes = [entry["path"] for entry in log if entry["status"] == 101]
    assert sorted(handshakes) == ["/open", "/open", "/ws", "/ws"]


@pytest.mark.parametrize(
    ("limits", "kind", "failing"),
    [
        ({"max_concurrent": 2, "first_audio_ms": 300}, RateLimitError, 2),
        ({"credits": 1}, InsufficientCreditsError, 3),
        ({"max_text_chars": 3}, PlanExceededError, 4),
    ],
)
def test_the_limits_of_an_account_have_their_errors(account, sample, limits, kind, failing):
    voice = account.add_voice(sample)
    account.emulator.settings(account.key, **limits)

    async def use() -> list[Any]:
        async with account.client.async_connect() as connection:
            spoken = (all_of(connection.async_tts(f"Number {n}.", voice)) for n in range(4))
            return await asyncio.gather(*spoken, return_exceptions=True)

    results = asyncio.run(use())
    failed = [each for each in results if isinstance(each, Exception)]
    assert len(failed) == failing
    assert all(isinstance(each, kind) for each in failed)


def test_a_reference_takes_the_place_of_a_voice_over_a_socket(account, sample):
    async def use() -> list[bytes]:
        async with account.client.async_connect() as connection:
            spoken = connection.async_tts("One.", voice_reference=sample, format="s16le", sample_rate=RATE)
            return await all_of(spoken)

    like_it = account.client.tts("One.", voice_reference=sample, format="headerless-wav", sample_rate=RATE)
    assert b"".join(asyncio.run(use())) == like_it
