"""Every fault of the emulator in everything that is said over a socket.

Each ends in time, with a typed error where something was lost, and the next turn is heard.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from sockets import all_of
from test_client_variants import Account, turn
from workspace import write_tone

from ddvoices import DeepdubClient
from ddvoices.errors import ServiceError

PATIENCE_SECONDS = 10
FAULTS: list[dict[str, Any]] = [
    {"kind": "reset"},
    {"kind": "hang"},
    {"kind": "status", "status": 429},
    {"kind": "status", "status": 500},
    {"kind": "html"},
    {"kind": "cut"},
    {"kind": "empty"},
    {"kind": "close"},
]
OPEN = ["/open", "/open/text-to-speech", "/open/gender-classify"]
WS = ["/ws", *(f"/ws/{word}" for word in ("stream-config", "stream-text", "end-stream", "cancel", "ping"))]


def can_be(path: str, fault: dict[str, Any], when: str) -> bool:
    """Tell whether there is such a fault: what isn't open yet can't be closed."""
    return fault["kind"] != "close" or path.count("/") > 1 or when == "after"


CASES = [case for case in product(OPEN + WS, FAULTS, ("before", "after")) if can_be(*case)]


@pytest.fixture
def account(emulator, api_key):
    account = Account(emulator, api_key, timeout=0.5)
    with account.client:
        yield account


@pytest.fixture(scope="module")
def sample(tmp_path_factory) -> Path:
    return write_tone(tmp_path_factory.mktemp("samples") / "ada.wav")


class SwallowedError(Exception):
    """A text was never heard by the service, so that its turn was over at once."""


async def speak_over_open(client: DeepdubClient, voice: str, sample: Path) -> None:
    async with client.async_connect() as connection:
        asked = [all_of(connection.async_tts("One.", voice)), connection.gender_classify(sample, timeout=0.5)]
        results = await asyncio.gather(*asked, return_exceptions=True)
        assert await all_of(connection.async_tts("Two.", voice))
        for result in results:
            if isinstance(result, Exception):
                raise result


async def speak_over_ws(client: DeepdubClient, voice: str) -> None:
    settings = {"model": "dd-etts-2.5", "locale": "en-US", "voice_prompt_id": voice, "format": "s16le"}
    async with client.async_stream_connect(**settings) as connection:
        failed: ServiceError | None = None
        try:
            await connection.async_stream_ping()
            spoken = await turn(connection, "One.")
            if not spoken:
                raise SwallowedError
            await connection.async_stream_text("Two.")
            await connection.async_stream_cancel()
            await all_of(connection.async_stream())
        except ServiceError as error:
            failed = error
        await heard_again(connection, settings)
        if failed is not None:
            raise failed


async def heard_again(connection: DeepdubClient, settings: dict[str, Any]) -> None:
    """Speak once more; what is left of the fault may fail once."""
    try:
        await connection.async_stream_cancel()
        await connection.async_stream_config(**settings)
        assert await turn(connection, "Three.")
    except ServiceError:
        await connection.async_stream_config(**settings)
        assert await turn(connection, "Three.")


@pytest.mark.proof
@pytest.mark.parametrize(("path", "fault", "when"), CASES, ids=repr)
def test_a_fault_has_a_type_and_ends(account, sample, path, fault, when):
    voice = account.add_voice(sample)
    method = "GET" if path.count("/") == 1 else "WS"
    rule = {"path": path, "method": method, "count": 1, "when": when, **fault}
    account.emulator.faults(account.key, [rule])

    async def use() -> None:
        if path.startswith("/open"):
            await speak_over_open(account.client, voice, sample)
        else:
            await speak_over_ws(account.client, voice)

    may_pass = harmless(path, fault, when)
    expected = suppress(ServiceError, SwallowedError) if may_pass else pytest.raises(ServiceError)
    with expected as caught:
        asyncio.run(asyncio.wait_for(use(), PATIENCE_SECONDS))
    assert account.key not in str(caught)
    assert account.emulator.fault_counts(account.key)[0]["struck"] == 1


def harmless(path: str, fault: dict[str, Any], when: str) -> bool:
    """Tell whether a fault may go by without an error, since nothing was asked or nothing was lost."""
    quiet = path in {"/ws/cancel", "/ws/stream-config", "/ws", "/open"}
    # the same as a service that never says isFinal, and as a text that it finds nothing to say in
    unseen = path in {"/ws/end-stream", "/ws/stream-text"} and fault["kind"] == "hang"
    return quiet or unseen or when == "after"
