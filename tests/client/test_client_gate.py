"""Many threads share one client: never more requests at once than asked for, fewer if the service says so."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from service import Emulator

from ddvoices import DeepdubClient
from ddvoices.client.gate import Gate


def list_at_once(client: DeepdubClient, count: int) -> None:
    with ThreadPoolExecutor(max_workers=count) as pool:
        for answer in pool.map(lambda _: client.list_voices(), range(count)):
            assert answer == {"voicePrompts": []}


@pytest.mark.parametrize("most", [1, 3])
def test_no_more_requests_at_once_than_asked_for(emulator: Emulator, api_key: str, most: int) -> None:
    emulator.settings(api_key, latency_ms=20)
    with DeepdubClient(base_url=emulator.base_url, api_key=api_key, max_concurrent=most) as client:
        list_at_once(client, 12)
    assert emulator.peak_concurrency(api_key) == most


def test_fewer_at_once_after_the_service_has_refused(emulator: Emulator, api_key: str) -> None:
    """All arrive in the end, and most are refused once at the beginning only."""
    emulator.settings(api_key, latency_ms=20, max_concurrent=2)
    waits: list[float] = []
    with DeepdubClient(
        base_url=emulator.base_url, api_key=api_key, max_concurrent=8, sleep=waits.append
    ) as client:
        list_at_once(client, 8)
        refused = len(waits)
        for _ in range(5):
            list_at_once(client, 8)
    assert refused
    assert len(waits) - refused < 10, waits


def test_when_the_service_says_how_long_nobody_asks_before() -> None:
    now = [100.0]
    waits: list[float] = []

    def sleep(seconds: float) -> None:
        waits.append(seconds)
        if len(waits) == 1:
            with gate.passing():  # another thread's request, meanwhile
                pass
        now[0] += seconds

    gate = Gate(3, sleep=sleep, clock=lambda: now[0])
    gate.close_for(7.0)
    with gate.passing():
        pass
    assert waits == [7.0, 7.0]


def test_a_wait_that_is_cut_short_opens_the_gate() -> None:
    """Whoever interrupts doesn't wait for the others' sake."""
    waits: list[float] = []
    gate = Gate(3, sleep=waits.append, clock=lambda: 100.0)
    gate.close_for(7.0)
    with gate.passing():
        pass
    assert waits == [7.0]
