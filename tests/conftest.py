"""Fixtures for all tests: one emulator for the session, and an account of its own for each test."""

from __future__ import annotations

import signal
import sys
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

# Tests import the modules beside this one by name, from any folder below.
sys.path.insert(0, str(Path(__file__).parent))

from service import Emulator

# No example has a time limit: how long one takes says more about what else the machine does.
settings.register_profile("untimed", settings(deadline=None))
settings.load_profile("untimed")

# A shell ignores Ctrl-C for what it starts in the background, and the programs under test would inherit that.
signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session")
def emulator() -> Iterator[Emulator]:
    """Serve for the whole session; tests are kept apart by ``api_key``."""
    with Emulator.start() as running:
        yield running


@pytest.fixture
def api_key() -> str:
    """Return a key that no other test has: an empty account of the emulator."""
    return f"dd-{uuid.uuid4().hex}"
