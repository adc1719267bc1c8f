"""A casting sheet: what is spoken and paid for, what the page plays, and which marks it gives away."""

from __future__ import annotations

import json
import math
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page
from service import Emulator
from visitor import Visitor, until
from workspace import Workspace, write_tone

from ddvoices.review import Part, Take, audition_page

LINE = 'It was the best of times, <it> was the "worst" of times.'
KEYS = ("ada", "bob", "cleo")


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory, emulator: Emulator) -> Workspace:
    """Two regions with three voices, the third in one of them alone."""
    work = Workspace(tmp_path_factory.mktemp("house"), emulator, regions=("us", "eu"))
    for region in work.settings["regions"].values():
        region["base_websocket_url"] = emulator.websocket_url
    work.voice("ada", locale="en-GB")
    work.voice("bob", gender="male")
    work.voice("cleo", regions=["us"])
    work.apply()
    return work


@pytest.fixture(scope="module")
def sheet(house: Workspace) -> Path:
    house.run("audition", LINE, "-o", "casting")
    return house.folder / "casting" / "index.html"


def test_every_voice_says_the_line_in_every_region_of_its_own(sheet):
    takes = sorted(path.relative_to(sheet.parent).as_posix() for path in sheet.parent.glob("*/*.mp3"))
    assert takes == ["eu/ada.mp3", "eu/bob.mp3", "us/ada.mp3", "us/bob.mp3", "us/cleo.mp3"]


def test_what_was_spoken_is_not_paid_for_again(house, sheet):
    before = spoken(house)
    done = house.run("audition", LINE, "-o", "casting")
    assert "3 unchanged" in done.stdout
    assert "2 unchanged" in done.stdout
    assert spoken(house) == before > 0


def test_only_what_is_chosen(house):
    house.run("audition", "Hello.", "-r", "us", "-t", "[ab]*", "-o", "chosen", "--format", "wav")
    assert sorted(path.name for path in (house.folder / "chosen").glob("*/*.wav")) == ["ada.wav", "bob.wav"]
    assert "cleo" not in (house.folder / "chosen" / "index.html").read_text(encoding="utf-8")


def test_a_dry_run_writes_nothing(house):
    before = spoken(house)
    done = house.run("audition", "Hello.", "-o", "never", "--dry-run")
    assert "to speak" in done.stdout
    assert spoken(house) == before
    assert not (house.folder / "never").exists()


@pytest.mark.pages
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [380, 1200])
def test_it_plays_and_everybody_can_use_it(sheet, visitor: Visitor, width, scheme):
    page = visitor.open(sheet, width=width, color_scheme=scheme, bypass_csp=True)
    until(page, "document.querySelectorAll('[data-loudness]').length === 5")
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()
    assert page.inner_text("h1") == LINE
    assert page.locator("[id='voice-ada'] figcaption").all_text_contents() == ["eu", "us"]
    page.click("[id='voice-bob'] .play >> nth=1")
    until(page, "[...document.querySelectorAll('audio')].filter(it => it.currentTime > 0.1).length === 1")


@pytest.mark.pages
def test_all_are_heard_at_one_loudness(sheet, visitor: Visitor):
    page = visitor.open(sheet)
    until(page, "document.querySelectorAll('[data-loudness]').length === 5")
    page.click(".play >> nth=0")
    until(page, "[...document.querySelectorAll('audio')].some(audio => !audio.paused)")
    heard = page.eval_on_selector_all(
        ".sound", "all => all.map(it => [Number(it.dataset.loudness), it.querySelector('audio').volume])"
    )
    levels = [loudness + 20 * math.log10(volume) for loudness, volume in heard]
    assert max(levels) - min(levels) < 0.2


@pytest.mark.pages
def test_marks_are_kept_filtered_and_exported(sheet, house, visitor: Visitor):
    page = visitor.open(sheet)
    page.click("[id='voice-bob'] .mark >> nth=1")
    page.click("[id='voice-cleo'] .mark")
    page.reload()
    assert page.locator(".mark[aria-pressed=true]").count() == 2
    page.click("[data-filter=marked]")
    assert page.locator("[data-card]:visible .key").all_text_contents() == ["bob", "cleo"]
    with page.expect_download() as download:
        page.get_by_role("button", name="Save as JSON").click()
    marks = json.loads(Path(download.value.path()).read_text(encoding="utf-8"))
    ids = json.loads(house.run("ids").stdout)
    assert download.value.suggested_filename == "favourites.json"
    assert marks == {
        "format_version": "1.0",
        "text": LINE,
        "favourites": [
            {"key": "bob", "region": "us", "id": ids["bob"]["us"]},
            {"key": "cleo", "region": "us", "id": ids["cleo"]["us"]},
        ],
    }


@pytest.mark.pages
def test_favourites_can_be_taken_along_as_a_text(sheet, visitor: Visitor):
    page = visitor.open(sheet)
    assert saved_text(page) == [LINE, "No favourites."]
    page.focus("[id='voice-bob'] .mark >> nth=1")
    page.keyboard.press("Enter")
    page.click("[id='voice-ada'] .mark >> nth=0")
    assert saved_text(page) == [LINE, "- ada, eu", "- bob, us"]


@pytest.mark.pages
def test_a_text_of_several_lines_and_what_turns_it_around(house, visitor: Visitor):
    line = "It was the best of times,\n  it was\u202e the worst."
    (house.folder / "line.txt").write_text(line, encoding="utf-8")
    house.run("audition", "-f", "line.txt", "-o", "lines", "-t", "ada", "-r", "us")
    page = visitor.open(house.folder / "lines" / "index.html")
    assert page.inner_text("h1").split("\n") == ["It was the best of times,", "it was\\u202e the worst."]
    assert page.title() == "Audition: It was the best of times, it was\\u202e the worst."
    assert saved_text(page)[0] == "It was the best of times, it was\\u202e the worst."
    with page.expect_download() as download:
        page.click("#export")
    assert json.loads(Path(download.value.path()).read_text(encoding="utf-8"))["text"] == line


def saved_text(page: Page) -> list[str]:
    with page.expect_download() as download:
        page.get_by_role("button", name="Save as text").click()
    assert download.value.suggested_filename == "favourites.txt"
    return Path(download.value.path()).read_text(encoding="utf-8").splitlines()


@pytest.mark.pages
def test_what_has_no_room_is_played_from_beside(house, sheet, visitor: Visitor):
    house.run("audition", LINE, "-o", "casting", "--embed-limit", "0")
    assert "data:audio" not in sheet.read_text(encoding="utf-8")
    page = visitor.open(sheet)
    page.click(".play >> nth=0")
    until(page, "[...document.querySelectorAll('audio')].some(audio => audio.currentTime > 0.1)")
    house.run("audition", LINE, "-o", "casting")


@pytest.mark.pages
def test_of_thousands_only_those_are_drawn_that_are_near(tmp_path, visitor: Visitor):
    """Else each drawing lays out the whole page anew, and a large plan, as of a stranger, stops a browser."""
    write_tone(tmp_path / "take.wav")
    take = Take(region="us", voice_id="v", file=Path("take.wav"))
    parts = [Part(key=f"k{n}", name="N", locale="en-US", gender="male", takes=[take]) for n in range(300)]
    sheet = tmp_path / "index.html"
    sheet.write_text(audition_page("Hello.", parts, tmp_path, limit=0).html, encoding="utf-8")
    page = visitor.open(sheet)
    drawn = "[...document.querySelectorAll('canvas')].filter(it => it.width !== 300).length"
    until(page, f"{drawn} > 0")
    assert page.evaluate(drawn) < 50
    page.locator(".card >> nth=299").scroll_into_view_if_needed()
    until(page, "[...document.querySelectorAll('canvas')].at(-1).width !== 300")


def test_a_voice_that_is_not_there_is_named_and_the_others_speak(tmp_path, emulator):
    work = Workspace(tmp_path, emulator)
    work.settings["regions"]["us"]["base_websocket_url"] = emulator.websocket_url
    done = work_with(work, "ada", "bob").run("audition", "Hello.", code=1)
    assert "ddvoices apply" in done.stderr
    work.apply("-t", "ada")
    done = work.run("audition", "Hello.")
    assert "bob can't speak in us: there is none yet" in done.stderr
    page = (work.folder / "audition" / "index.html").read_text(encoding="utf-8")
    assert "there is none yet" in page


def test_where_one_can_not_be_spoken_the_page_says_why(tmp_path, emulator):
    work = Workspace(tmp_path, emulator)
    work.settings["regions"]["us"]["base_websocket_url"] = emulator.websocket_url
    work_with(work, "ada", "bob").apply()
    refused = {"method": "WS", "path": "/open/text-to-speech", "kind": "status", "status": 400, "count": 1}
    emulator.faults(work.key, [refused])
    done = work.run("audition", "Hello.", code=4)
    assert "1 failed" in done.stdout
    page = (work.folder / "audition" / "index.html").read_text(encoding="utf-8")
    assert page.count("<audio") == 1
    assert "Can’t be heard here" in page


def work_with(work: Workspace, *keys: str) -> Workspace:
    for key in keys:
        work.voice(key)
    return work


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ([], 64),
        ([""], 64),
        (["x", "-t", "nobody"], 64),
        (["x", "-r", "mars"], 64),
        (["x", "-o", "voices/all.yaml"], 64),
    ],
)
def test_what_is_wrong_is_said_before_anything_is_paid_for(house, arguments, code):
    before = spoken(house)
    house.run("audition", *arguments, code=code)
    assert spoken(house) == before


def spoken(work: Workspace) -> int:
    """Return for how many sockets the service was asked: each speaks."""
    asked = [call["method"] for key in work.keys.values() for call in work.emulator.requests(key)]
    return asked.count("WS")
