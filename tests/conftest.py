"""Fixtures for all tests: one emulator and one browser for the session, an account for each test."""

from __future__ import annotations

import os
import signal
import sys
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

# Tests import the modules beside this one by name, from any folder below.
sys.path.insert(0, str(Path(__file__).parent))

from service import Emulator

if TYPE_CHECKING:
    from playwright.sync_api import Browser
    from visitor import Visitor

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


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """Start the system's browser; a test without one is skipped, but not in CI."""
    from visitor import CHROMIUM, started  # few tests need it, and all would wait for its import

    if CHROMIUM is None and not os.environ.get("CI"):
        pytest.skip("needs Chromium: `make browser` installs it where apt is there")
    with started() as browser:
        yield browser


@pytest.fixture
def visitor(request: pytest.FixtureRequest, chromium: Browser) -> Iterator[Visitor]:
    """Open pages; none may complain, or ask for what isn't on this disk or in the page."""
    from visitor import Visitor

    # a browser leaves a loop running in its process, where no other test could run one
    assert request.node.get_closest_marker("pages"), "a test with a browser is marked `pages`"

    visitor = Visitor(chromium)
    yield visitor
    for context in chromium.contexts:
        context.close()
    assert visitor.complaints == []
    assert [url for url in visitor.asked if not url.startswith(("file:", "data:"))] == []
