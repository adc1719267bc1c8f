"""What has changed in a text of several words is shown in it, word by word; all else is before and after."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from hypothesis import given
from hypothesis import strategies as st
from playwright.sync_api import Page
from service import Emulator
from test_page_browser import EVIL, READY
from visitor import Visitor, until
from workspace import Workspace

from ddvoices.report.terminal import printable
from ddvoices.review.edits import Comparer, Kind

LINE = "It was the best of times, it was the worst of times. "
# key → its transcript before and after
TEXTS = {
    "word": (LINE.strip(), LINE.strip().replace("best", "very best")),
    "evil": (
        f"The words {EVIL} stay data, all of them, to the end",
        f"The words {EVIL} stay data, all, {EVIL}",
    ),
    "other": (LINE, "Call me Ishmael. Some years ago I went to sea."),
    "single": ("Hello.", "Goodbye."),
    "lines": ("One line.\nAnother line.", "One line. Another line."),
    "hebrew": ("שלום לכולם כאן ושם", "להתראות לכולם כאן ושם"),
    "long": (LINE * 300, LINE * 299 + LINE.replace("worst", "longest")),
}


@pytest.fixture(scope="module")
def work(tmp_path_factory: pytest.TempPathFactory, emulator: Emulator) -> Workspace:
    """Voices of which each has another transcript than it had."""
    work = Workspace(tmp_path_factory.mktemp("edits"), emulator)
    for key, (before, _) in TEXTS.items():
        work.voice(key, text=before, name="Ada Lovelace", speaking_style="Neutral")
    work.apply()
    for key, (_, after) in TEXTS.items():
        work.voice(key, text=after)
    work.voice("single", name="Ada King Lovelace")
    work.voice("word", speaking_style="Reading")
    return work


@pytest.fixture(scope="module")
def review(work: Workspace) -> Path:
    work.run("plan", "-o", "plan.json")
    work.run("show", "plan.json", "--format", "html", "-o", "page.html")
    return work.folder / "page.html"


def texts(page: Page, key: str, selector: str, row: str = "transcript") -> list[str]:
    """Return the texts of a row that are seen; others are for ears alone."""
    found: list[str] = page.locator(
        f"[id='voice-{key}'] tr", has=page.get_by_role("rowheader", name=row)
    ).evaluate(
        """(row, selector) => [...row.querySelectorAll(selector)].map(each => {
            const copy = each.cloneNode(true);
            for (const heard of copy.querySelectorAll('.sr')) heard.remove();
            return copy.textContent;
        })""",
        selector,
    )
    return found


@pytest.mark.pages
@pytest.mark.parametrize("scripts", [True, False])
@pytest.mark.parametrize(
    ("key", "row", "cut", "added"),
    [
        ("word", "transcript", [], ["very"]),
        ("word", "style", ["Neutral"], ["Reading"]),
        ("single", "transcript", ["Hello."], ["Goodbye."]),
        ("single", "name", [], ["King"]),
        ("other", "transcript", [LINE.strip()], [TEXTS["other"][1]]),
        ("lines", "transcript", ["↵"], []),
        ("hebrew", "transcript", ["שלום"], ["להתראות"]),
        ("long", "transcript", ["worst"], ["longest"]),
    ],
)
def test_only_changed_words_are_marked(review, visitor: Visitor, scripts, key, row, cut, added):
    page = visitor.open(review, java_script_enabled=scripts)
    assert (texts(page, key, "del", row), texts(page, key, "ins", row)) == (cut, added)


@pytest.mark.pages
def test_a_hostile_text_is_shown_as_it_is_and_does_nothing(review, visitor: Visitor):
    page = visitor.open(review)
    [whole] = texts(page, "evil", "td > span")
    assert whole.count(printable(EVIL)) == 2
    assert texts(page, "evil", "ins") == [f"all, {printable(EVIL)}"]
    assert page.locator("img").count() == 0
    assert page.locator("script").count() == 1


@pytest.mark.pages
def test_a_screen_reader_is_told_where_a_change_begins_and_ends(review, visitor: Visitor):
    page = visitor.open(review)
    cell = page.locator("[id='voice-word']").get_by_role("cell").filter(has_text="times")
    expected = '- text: It was the\n    - insertion: "added: very , end of it,"\n    - text: best of times'
    assert "".join(expected.split()) in "".join(cell.aria_snapshot().split())
    page.fill("#search", "added")
    assert page.locator("[data-card]:visible").count() == 0


@pytest.mark.pages
def test_a_text_runs_in_its_own_direction_whatever_it_begins_with(review, visitor: Visitor):
    page = visitor.open(review)
    direction = "all => getComputedStyle(all[0]).direction"
    assert page.eval_on_selector_all("[id='voice-hebrew'] td > span", direction) == "rtl"
    assert page.eval_on_selector_all("[id='voice-word'] td > span", direction) == "ltr"


@pytest.mark.pages
def test_a_change_at_the_end_of_a_long_text_is_seen_at_once(review, visitor: Visitor):
    page = visitor.open(review, width=380)
    until(page, READY)
    inside = page.eval_on_selector(
        "[id='voice-long'] td ins",
        """it => {
            const [box, frame] = [it, it.closest('td > *')].map(each => each.getBoundingClientRect());
            return frame.height < 200 && frame.top <= box.top && box.bottom <= frame.bottom;
        }""",
    )
    assert inside


@pytest.mark.pages
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [380, 1200])
def test_everybody_can_read_it(review, visitor: Visitor, scheme, width):
    page = visitor.open(review, width=width, color_scheme=scheme, bypass_csp=True)
    until(page, READY)
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()
    assert page.evaluate("document.documentElement.scrollWidth") <= width


WORDS = st.lists(st.sampled_from(["a", "b", "the", "<b>", "&lt;", "", "\u202e", "שלום"])).map(" ".join)


@given(before=WORDS, after=WORDS, steps=st.sampled_from([0, 50, 10**6]))
def test_both_texts_are_in_what_is_shown_of_them(before, after, steps):
    pieces = Comparer(steps=steps).pieces(before, after)
    if pieces:
        assert " ".join(piece.text for piece in pieces if piece.kind != Kind.ADDED) == before
        assert " ".join(piece.text for piece in pieces if piece.kind != Kind.CUT) == after


def test_texts_that_would_take_long_to_compare_are_not(work: Workspace):
    """difflib takes the cube of such a length: minutes for one of these, and a plan may hold thousands."""
    work.run("plan", "-o", "long.json")
    document = json.loads((work.folder / "long.json").read_text(encoding="utf-8"))
    before, after = (" ".join(f"x {side}{n}" for n in range(20_000)) for side in "ab")
    for change in document["regions"]["us"]["changes"]:
        for row in change["fields"]:
            if row["path"] == "text":
                row |= {"before": f"the same {before} words", "after": f"the same {after} words"}
    (work.folder / "long.json").write_text(json.dumps(document), encoding="utf-8")
    html = work.run("show", "long.json", "--format", "html").stdout
    assert f"{before} words</del>" in html.replace("\n", "")
