"""A workspace for each test, and one browser for all."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright
from service import Emulator
from visitor import Visitor, in_git
from workspace import Workspace

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
_ARGUMENTS = (
    "--no-sandbox",  # as root there is none
    "--disable-gpu",
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--autoplay-policy=no-user-gesture-required",
)


@pytest.fixture
def workspace(tmp_path: Path, emulator: Emulator) -> Workspace:
    """Two regions, each with an account of its own."""
    return Workspace(tmp_path, emulator, regions=("us", "eu"))


@pytest.fixture
def repository(workspace: Workspace) -> Workspace:
    """The workspace in a git repository."""
    return in_git(workspace)


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """Start the system's browser; a test without one is skipped, but not in CI."""
    if CHROMIUM is None and not os.environ.get("CI"):
        pytest.skip("needs Chromium: `make packages` installs it where apt is there")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(_ARGUMENTS))
        yield browser
        browser.close()


@pytest.fixture
def visitor(chromium: Browser) -> Iterator[Visitor]:
    """Open pages; none may complain, or ask for what isn't on this disk or in the page."""
    visitor = Visitor(chromium)
    yield visitor
    for context in chromium.contexts:
        context.close()
    assert visitor.complaints == []
    assert [url for url in visitor.asked if not url.startswith(("file:", "data:"))] == []
