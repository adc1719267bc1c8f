"""Fixtures for the client's tests."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from scripted import KEY, Scripted, Step

from ddvoices.client import DeepdubClient


@pytest.fixture
def serve() -> Iterator[Callable[..., Scripted]]:
    """Return what starts servers that end with the test."""
    with ExitStack() as stack:

        def start(*steps: Step) -> Scripted:
            return stack.enter_context(Scripted(*steps))

        yield start


@pytest.fixture
def waits() -> list[float]:
    """Return the waits of the test's clients, in seconds; nobody really waits."""
    return []


@pytest.fixture
def client_of(waits: list[float]) -> Iterator[Callable[..., DeepdubClient]]:
    """Return what makes clients that are closed with the test, for a server with a ``base_url``."""
    with ExitStack() as stack:

        def make(server: Any, **extras: Any) -> DeepdubClient:
            settings: dict[str, Any] = {"api_key": KEY, "sleep": waits.append, "environ": {}, **extras}
            return stack.enter_context(DeepdubClient(server.base_url, **settings))

        yield make
