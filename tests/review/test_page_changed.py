"""A recording that isn't the plan's any more: the page says so at its top and on the card, loudly."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page
from test_page_browser import READY
from visitor import Visitor, until
from workspace import Workspace

pytestmark = pytest.mark.pages

POINTER = f"version https://git-lfs.github.com/spec/v1\noid sha256:{'0' * 64}\nsize 12345\n"


@pytest.fixture
def planned(repository: Workspace) -> Workspace:
    """A plan that makes ada and bob, and replaces cleo, whose recording is the same."""
    repository.voice("cleo")
    repository.apply()
    repository.voice("cleo", age=40)
    repository.voice("ada")
    repository.voice("bob")
    repository.run("plan", "-o", "plan.json")
    return repository


def shown(work: Workspace, visitor: Visitor, **options: object) -> Page:
    work.run("show", "plan.json", "--format", "html", "-o", "page.html")
    return visitor.open(work.folder / "page.html", **options)


def sample(work: Workspace, key: str) -> Path:
    path: Path = work.root / work.voices[key]["sample"]
    return path


@pytest.mark.parametrize(
    ("edit", "why"),
    [
        (lambda path: path.write_bytes(path.read_bytes() + b"\0\0"), "holds another recording by now"),
        (lambda path: path.unlink(), "there is no file"),
        (lambda path: path.write_text("no audio"), "is not audio by its content"),
    ],
)
@pytest.mark.parametrize("key", ["ada", "cleo"])
def test_what_has_changed_is_said_at_the_top_and_on_its_card(
    planned: Workspace, visitor: Visitor, edit: Callable[[Path], object], why, key
):
    edit(sample(planned, key))
    page = shown(planned, visitor, java_script_enabled=False)
    banner = page.get_by_role("alert")
    assert banner.bounding_box()["y"] < page.locator("h1").bounding_box()["y"]
    assert "Changed since the plan was made" in banner.inner_text()
    assert banner.get_by_role("listitem").count() == 1
    assert why in banner.get_by_role("listitem").inner_text()
    assert page.locator(".card", has_text="Changed since the plan was made").count() == 1
    assert "Changed since" in (page.text_content(f"[id='voice-{key}']") or "")
    banner.get_by_role("link", name=key).click()
    assert page.url.endswith(f"#voice-{key}")


def test_an_apply_does_what_the_banner_says(planned: Workspace):
    planned.new_sample("ada", pitch=500)
    planned.run("apply", "plan.json", code=4)
    names = {voice["name"] for voice in planned.there()}
    assert "Ada" not in names
    assert "Bob" in names


@pytest.mark.parametrize("edit", ["nothing", "a rename of the voice", "a pointer"])
def test_what_has_not_changed_raises_no_alarm(planned: Workspace, visitor: Visitor, edit):
    if edit == "a pointer":  # what it names may well be the plan's
        sample(planned, "ada").write_text(POINTER)
    if edit == "a rename of the voice":
        planned.voice("ada", name="Another")
    page = shown(planned, visitor)
    assert page.get_by_role("alert").count() == 0
    assert page.get_by_text("Changed since").count() == 0
    assert page.locator("[id='voice-ada'] .missing").count() == (edit == "a pointer")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [380, 1200])
def test_everybody_can_read_it(planned: Workspace, visitor: Visitor, scheme, width):
    planned.new_sample("ada", pitch=500)
    sample(planned, "bob").unlink()
    page = shown(planned, visitor, width=width, color_scheme=scheme, bypass_csp=True)
    until(page, READY)
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.get_by_role("alert").get_by_role("listitem").count() == 2
