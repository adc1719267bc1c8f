"""All recordings of a page, one after the other: what the button says, and what ends it; and every key."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Page
from service import Emulator
from visitor import Visitor, commit, in_git, until
from workspace import Workspace

pytestmark = pytest.mark.pages

PLAYING = "[...document.querySelectorAll('audio')].filter(audio => !audio.paused)"
QUICKLY = "for (const audio of document.querySelectorAll('audio')) audio.playbackRate = 8"
READ = "document.querySelectorAll('.sound:not([data-loudness])').length === 0"


@pytest.fixture(scope="module")
def work(tmp_path_factory: pytest.TempPathFactory, emulator: Emulator) -> Workspace:
    """Three voices: ada has a new recording, and is there twice; bob and cleo are made."""
    work = in_git(Workspace(tmp_path_factory.mktemp("playing"), emulator))
    work.voice("ada")
    work.apply()
    commit(work)
    work.new_sample("ada", pitch=997.0)
    work.voice("bob")
    work.voice("cleo", gender="male")
    work.run("plan", "-o", "plan.json")
    return work


@pytest.fixture(scope="module")
def review(work: Workspace) -> Path:
    work.run("show", "plan.json", "--format", "html", "-o", "page.html")
    return work.folder / "page.html"


@pytest.fixture(scope="module")
def casting(tmp_path_factory: pytest.TempPathFactory, emulator: Emulator) -> Path:
    """Two voices that say a line in two regions."""
    work = Workspace(tmp_path_factory.mktemp("casting"), emulator, regions=("us", "eu"))
    for region in work.settings["regions"].values():
        region["base_websocket_url"] = emulator.websocket_url
    work.voice("ada")
    work.voice("bob")
    work.apply()
    work.run("audition", "It was the best of times, it was the worst of times.")
    return work.folder / "audition" / "index.html"


def start(page: Page) -> None:
    until(page, READ)
    page.get_by_role("button", name="Play all").click()
    until(page, f"{PLAYING}.length === 1")
    assert page.get_by_role("button", name="Play all").count() == 0


def has_stopped(page: Page) -> bool:
    """Tell whether the button offers to play again."""
    return page.get_by_role("button", name="Play all").count() == 1


@pytest.mark.parametrize("key", [None, "p"])
def test_the_button_that_plays_all_stops_it(review, visitor: Visitor, key):
    page = visitor.open(review)
    start(page)
    if key is None:
        page.get_by_role("button", name="Stop").click()
    else:
        page.keyboard.press(key)
    until(page, f"{PLAYING}.length === 0")
    assert has_stopped(page)


def test_it_can_be_played_again_once_the_last_has_ended(review, visitor: Visitor):
    page = visitor.open(review)
    page.evaluate(QUICKLY)
    start(page)
    until(page, "document.getElementById('play-all').textContent === 'Play all'")
    heard = ".sound:not([data-side=old]) audio"
    assert page.eval_on_selector_all(heard, "all => all.every(it => it.ended)")


@pytest.mark.parametrize("by", ["another", "the other one", "a pause"])
def test_who_plays_by_hand_ends_the_turn(review, visitor: Visitor, by):
    page = visitor.open(review)
    start(page)
    match by:
        case "another":
            page.click("[id='voice-cleo'] .play")
            until(page, f"{PLAYING}.some(it => it.closest('[data-key=cleo]'))")
        case "the other one":
            page.keyboard.press("x")
            until(page, f"{PLAYING}.some(it => it.closest('[data-side=old]'))")
        case _:
            page.keyboard.press("Space")
            until(page, f"{PLAYING}.length === 0")
    assert has_stopped(page)


def test_what_is_stopped_while_it_is_read_does_not_begin_later(review, visitor: Visitor):
    page = visitor.open(review)
    page.evaluate("for (let press = 0; press < 2; press++) document.getElementById('play-all').click()")
    until(page, READ)
    page.evaluate("new Promise(done => setTimeout(done, 100))")
    assert page.evaluate(f"{PLAYING}.length") == 0
    assert has_stopped(page)


def test_a_filter_in_the_midst_of_it_begins_nothing_anew(review, visitor: Visitor):
    page = visitor.open(review)
    start(page)
    page.fill("#search", "cleo")
    page.evaluate(QUICKLY)
    until(page, f"{PLAYING}.some(it => it.closest('[data-key=cleo]'))")
    page.fill("#search", "bob")
    until(page, "document.getElementById('play-all').textContent === 'Play all'")
    assert page.evaluate("document.querySelector('[data-key=bob] audio').currentTime") == 0


def test_a_recording_that_can_not_be_played_is_passed_over(work, visitor: Visitor):
    work.run("show", "plan.json", "--format", "html", "-o", "beside.html", "--embed-limit", "0")
    [broken] = (work.folder / "beside-media").glob("bob*")
    broken.write_bytes(b"no audio")
    page = visitor.open(work.folder / "beside.html")
    page.evaluate(QUICKLY)
    page.click("#play-all")
    until(page, "document.querySelector('[data-key=cleo] audio').ended")
    assert "can’t play it" in (page.text_content("[id='voice-bob'] .missing") or "")
    until(page, "document.getElementById('play-all').textContent === 'Play all'")


def test_where_there_is_nothing_to_hear_nothing_offers_to_play_it(work, visitor: Visitor):
    page_of = work.run("--catalog", "nowhere", "show", "plan.json", "--format", "html").stdout
    (work.folder / "silent.html").write_text(page_of, encoding="utf-8")
    page = visitor.open(work.folder / "silent.html")
    page.keyboard.press("p")
    assert page.locator("#play-all:visible").count() == 0


NAMES = {"Space": "Space", "Esc": "Escape", "←": "ArrowLeft", "→": "ArrowRight"}
HERE = "document.querySelector('.here')?.dataset.key"
FOCUS = "document.activeElement"
NO_FOCUS = f"{FOCUS} === document.body"
AT = "document.querySelector('audio').currentTime"
# key of the help, what is done before it is pressed, and what holds after it
EVERYWHERE = [
    ("j", "", f"{HERE} === 'ada'"),
    ("j", "j", f"{HERE} === 'bob'"),
    ("k", "j j", f"{HERE} === 'ada'"),
    ("Space", "j", f"{PLAYING}.length === 1"),
    ("Space", "j Space", f"{PLAYING}.length === 0"),
    ("p", "", f"{PLAYING}.length === 1"),
    ("p", "p", f"{PLAYING}.length === 0"),
    ("x", "j", f"{PLAYING}.length === 1"),
    ("→", "waveform", f"{AT} === 1"),
    ("←", "waveform → →", f"{AT} === 1"),
    ("/", "", f"{FOCUS}.id === 'search'"),
    ("Esc", "/ z", f"{NO_FOCUS} && !document.querySelector('[data-card][hidden]')"),
    ("?", "", "document.getElementById('help').open"),
    ("Esc", "?", "!document.getElementById('help').open"),
]
PAGES = {
    "review": [
        *EVERYWHERE,
        ("o", "j", f"{FOCUS}.matches('[data-key=ada] .objection')"),
        ("Esc", "j o z", f"{NO_FOCUS} && document.querySelector('.objection').value === 'z'"),
    ],
    "casting": [*EVERYWHERE, ("m", "j", "!!document.querySelector('[data-key=ada] [aria-pressed=true]')")],
}


@pytest.mark.parametrize("name", PAGES)
def test_there_is_a_test_of_every_key_that_the_help_names(request, visitor: Visitor, name):
    page = visitor.open(request.getfixturevalue(name))
    named = page.locator("#help kbd").evaluate_all("all => all.map(key => key.textContent)")
    assert set(named) == {key for key, _, _ in PAGES[name]}


@pytest.mark.parametrize(
    ("name", "key", "before", "holds"), [(name, *row) for name, rows in PAGES.items() for row in rows]
)
def test_every_key_does_what_the_help_says(request, visitor: Visitor, name, key, before, holds):
    page = visitor.open(request.getfixturevalue(name))
    until(page, READ)
    for step in before.split():
        press(page, step)
    page.evaluate("new Promise(requestAnimationFrame)")
    assert not page.evaluate(holds)
    press(page, key)
    until(page, holds)


def press(page: Page, key: str) -> None:
    if key == "waveform":
        page.locator(".wave input").first.focus()
        return
    page.keyboard.press(NAMES.get(key, key))
    if key in {"p", "Space"}:
        until(page, "document.querySelector('.chosen')")
