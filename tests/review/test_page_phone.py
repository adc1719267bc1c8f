"""Pages on a telephone, with keys and ids as long as they may be."""

from __future__ import annotations

from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page
from service import Emulator
from visitor import Visitor, commit, in_git, until
from workspace import Workspace

pytestmark = pytest.mark.pages

LONG = "k" * 100  # no longer key is taken
NAME = "N" * 150
READ = "document.querySelectorAll('.sound:not([data-loudness])').length === 0"


@pytest.fixture(scope="module")
def work(tmp_path_factory: pytest.TempPathFactory, emulator: Emulator) -> Workspace:
    work = in_git(Workspace(tmp_path_factory.mktemp("phone"), emulator, regions=("us", "eu")))
    for region in work.settings["regions"].values():
        region["base_websocket_url"] = emulator.websocket_url
    work.voice(LONG, name=NAME, title="One")
    work.apply()
    commit(work)
    work.new_sample(LONG, pitch=500)
    work.voice(LONG, title=NAME)
    work.run("plan", "-o", "plan.json")
    work.run("show", "plan.json", "--format", "html", "-o", "page.html")
    work.run("audition", "It was the best of times, it was the worst of times.")
    return work


@pytest.fixture(scope="module")
def review(work: Workspace) -> Path:
    return work.folder / "page.html"


@pytest.fixture
def made(repository: Workspace) -> Path:
    repository.voice("ada")
    repository.run("plan", "-o", "plan.json")
    repository.run("show", "plan.json", "--format", "html", "-o", "page.html")
    return repository.folder / "page.html"


@pytest.fixture(scope="module")
def casting(work: Workspace) -> Path:
    return work.folder / "audition" / "index.html"


@pytest.mark.parametrize("scripts", [True, False])
@pytest.mark.parametrize("width", [320, 380, 800, 1200])
@pytest.mark.parametrize("name", ["review", "casting"])
def test_nothing_sticks_out(request, visitor: Visitor, name, width, scripts):
    path = request.getfixturevalue(name)
    page = visitor.open(path, width=width, java_script_enabled=scripts)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    outside = """all => all.filter(it => it.getBoundingClientRect().right
        > it.closest('.card').getBoundingClientRect().right).map(it => it.outerHTML.slice(0, 80))"""
    assert page.eval_on_selector_all(".card *:not(.sr, .sr *)", outside) == []


def boxes(page: Page, selector: str) -> list[tuple[float, float]]:
    """Return where things begin and end from above."""
    found = page.locator(selector).evaluate_all(
        "all => all.map(it => it.getBoundingClientRect()).map(box => [box.top, box.bottom])"
    )
    return [(top, bottom) for top, bottom in found]


@pytest.mark.parametrize(("width", "stacked"), [(380, True), (1200, False)])
@pytest.mark.parametrize("what", [".card .sound", "tr:has(th:text('title')) td"])
def test_before_and_after_are_one_above_the_other(review, visitor: Visitor, width, stacked, what):
    page = visitor.open(review, width=width)
    until(page, READ)
    before, after = boxes(page, what)
    assert (before[1] <= after[0]) == stacked


def test_what_is_alone_stands_beside_its_name(made, visitor: Visitor):
    page = visitor.open(made, width=380)
    [name], [_, after] = (
        boxes(page, "tr:has(th:text('locale')) th"),
        boxes(page, "tr:has(th:text('locale')) td"),
    )
    assert after[0] < name[1]


@pytest.mark.parametrize("name", ["review", "casting"])
def test_a_waveform_is_wide_enough_to_point_at(request, visitor: Visitor, name):
    page = visitor.open(request.getfixturevalue(name), width=380)
    assert page.locator(".wave >> nth=0").bounding_box()["width"] > 180


def test_what_changes_is_a_table_still(review, visitor: Visitor):
    page = visitor.open(review, width=380)
    row = page.get_by_role("table").get_by_role("row").filter(has_text="title")
    assert row.get_by_role("rowheader").all_text_contents() == ["title"]
    assert row.get_by_role("cell").all_text_contents() == ["One", NAME]


def test_the_help_is_read_from_its_beginning(review, visitor: Visitor):
    page = visitor.open(review, width=380, bypass_csp=True)
    page.set_viewport_size({"width": 380, "height": 500})
    page.get_by_role("button", name="Help").click()
    assert page.evaluate("document.getElementById('help').scrollTop") == 0
    assert page.evaluate("document.activeElement.textContent") == "Close"
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()
    page.keyboard.press("Enter")
    assert not page.locator("#help").is_visible()
