"""Opens pages in a browser, and notes what they do."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page, sync_playwright
from repository import git
from workspace import Workspace


def in_git(workspace: Workspace) -> Workspace:
    """Put a workspace into a git repository on the branch main."""
    git("init", "--quiet", "--initial-branch=main", cwd=workspace.folder)
    return workspace


def commit(workspace: Workspace) -> None:
    """Save and commit all that the workspace holds."""
    workspace.save()
    git("add", "--all", "voices", cwd=workspace.folder)
    git("commit", "--quiet", "--message", "x", cwd=workspace.folder)


CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
ARGUMENTS = (
    "--no-sandbox",  # as root there is none
    "--disable-gpu",
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--autoplay-policy=no-user-gesture-required",
)


@dataclass
class Visitor:
    """Opens pages, and notes what they complain of and what they ask for."""

    browser: Browser
    complaints: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)

    def open(self, path: Path, place: str = "", *, width: int = 1200, **options: Any) -> Page:
        """Open a file as a page."""
        page = self.browser.new_page(viewport={"width": width, "height": 900}, **options)
        page.on("console", lambda message: self.complaints.append(f"{message.type}: {message.text}"))
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("request", lambda request: self.asked.append(request.url[:200]))
        page.goto(path.as_uri() + place)
        return page


@contextmanager
def started() -> Iterator[Browser]:
    """Start the system's browser."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(ARGUMENTS))
        yield browser
        browser.close()


def until(page: Page, expression: str) -> None:
    """Wait until an expression holds; the page itself evaluates no text, as its policy forbids that."""
    for _ in range(1000):
        if page.evaluate(expression):
            return
        page.wait_for_timeout(20)
    raise AssertionError(f"never: {expression}")
