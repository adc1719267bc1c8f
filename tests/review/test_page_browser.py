"""The page of a plan in a real browser: seen, heard, filtered, by keyboard, without scripts."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page
from service import Emulator
from visitor import Visitor, commit, in_git, until
from workspace import Workspace, write_tone

pytestmark = pytest.mark.pages

EVIL = "\"><img src=x onerror=alert(1)></script><script>alert(2)</script>'{{7*7}}\u202e&amp;"
ACTIONS = ("create", "update", "replace", "adopt", "delete")
READY = "document.querySelectorAll('.sound.ready').length > 0"


@pytest.fixture(scope="module")
def plan(tmp_path_factory: pytest.TempPathFactory, emulator: Emulator) -> Path:
    """A page on which something of every kind happens."""
    work = in_git(Workspace(tmp_path_factory.mktemp("plan"), emulator, regions=("us", "eu")))
    for key in ("ada", "bob", "cleo", "dora"):
        work.voice(key)
    work.apply()
    commit(work)
    work.new_sample("ada", pitch=997.0)
    work.voice("bob", name=EVIL)
    work.voice("cleo", age=40)
    del work.voices["dora"]
    work.voice("eve", title=EVIL, text=EVIL, regions=["us"])
    work.run("plan", "--prune", "-o", "plan.json")
    work.run("show", "plan.json", "--format", "html", "-o", "page.html")
    return work.folder / "page.html"


def shown(page: Page) -> list[str]:
    """Return the keys on the cards; what a card far down says is no "inner text" before it is painted."""
    return page.locator("[data-card]:visible .key").all_text_contents()


def here(page: Page) -> str | None:
    return page.locator(".here .key").text_content()


def player(page: Page, key: str, side: str) -> str:
    return f"[id='voice-{key}'] .sound[data-side={side}]"


def state(page: Page, selector: str) -> tuple[bool, float, float]:
    found = page.eval_on_selector(
        f"{selector} audio", "audio => [!audio.paused, audio.currentTime, audio.volume]"
    )
    return found[0], found[1], found[2]


def wait_until_read(page: Page, selector: str) -> float:
    page.wait_for_selector(f"{selector}[data-loudness]", state="attached")
    return float(page.get_attribute(selector, "data-loudness") or "nan")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [380, 1200])
@pytest.mark.parametrize("scripts", [True, False])
def test_it_can_be_read_by_everybody(plan, visitor: Visitor, scheme, width, scripts):
    page = visitor.open(plan, width=width, color_scheme=scheme, java_script_enabled=scripts, bypass_csp=True)
    if scripts:
        until(page, READY)
        found = Axe().run(page)
        assert found.violations_count == 0, found.generate_report()
        assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.inner_text("h1") == "1 to create, 2 to update, 4 to replace, 2 to delete; 0 in sync."


def test_what_asks_for_care_comes_first(plan, visitor: Visitor):
    assert shown(visitor.open(plan)) == ["dora", "ada", "cleo", "eve", "bob"]


def test_it_plays_one_at_a_time_and_shows_the_wave(plan, visitor: Visitor):
    page = visitor.open(plan)
    old, new = player(page, "ada", "old"), player(page, "ada", "new")
    wait_until_read(page, new)
    page.click(f"{new} .play")
    until(page, f'document.querySelector("{new} audio").currentTime > 0.1')
    page.click(f"{old} .play")
    until(page, f'document.querySelector("{old} audio").currentTime > 0.1')
    assert (state(page, new)[0], state(page, old)[0]) == (False, True)
    drawn = page.eval_on_selector(
        f"{new} canvas",
        "it => it.getContext('2d').getImageData(0, 0, it.width, it.height).data.some(Boolean)",
    )
    assert drawn


def test_the_other_recording_goes_on_at_the_same_place(plan, visitor: Visitor):
    page = visitor.open(plan)
    old, new = player(page, "ada", "old"), player(page, "ada", "new")
    page.click(f"{new} .play")
    until(page, f'document.querySelector("{new} audio").currentTime > 1')
    page.click("[id='voice-ada'] .compare button")
    until(page, f'!document.querySelector("{old} audio").paused')
    assert state(page, old)[1] >= 1
    assert not state(page, new)[0]


def test_the_louder_one_comes_down_to_the_quieter(repository: Workspace, visitor: Visitor):
    work = repository
    work.voice("ada")
    write_tone(work.root / "samples/ada.wav", pitch=997.0)
    work.apply()
    commit(work)
    sample = work.root / "samples/ada.wav"
    data = sample.read_bytes()
    quiet = b"".join(
        (int.from_bytes(data[at : at + 2], "little", signed=True) // 4).to_bytes(2, "little", signed=True)
        for at in range(44, len(data), 2)
    )
    sample.write_bytes(data[:44] + quiet)
    (work.folder / "page.html").write_text(work.run("plan", "--format", "html").stdout, encoding="utf-8")
    page = visitor.open(work.folder / "page.html")
    old, new = player(page, "ada", "old"), player(page, "ada", "new")
    loud, soft = wait_until_read(page, old), wait_until_read(page, new)
    # ITU-R BS.1770: a full-scale sine of 997 Hz in one channel is -3.01 LUFS
    assert loud == pytest.approx(-3.01 + 20 * math.log10(8000 / 32768), abs=1)  # LAME takes away 0.5
    assert loud - soft == pytest.approx(20 * math.log10(4), abs=0.3)
    page.click(f"{old} .play")
    until(page, f'document.querySelector("{old} audio").volume < 1')
    assert state(page, old)[2] == pytest.approx(0.25, abs=0.02)
    assert state(page, new)[2] == 1
    page.uncheck("#match")
    assert state(page, old)[2] == 1
    assert "quieter than before" in (page.text_content("[id='voice-ada'] .compare") or "")


@pytest.mark.parametrize(
    ("words", "keys"),
    [("ada", ["ada"]), ("ADA  us", ["ada"]), ("delete", ["dora"]), ("no such thing", []), ("", None)],
)
def test_search(plan, visitor: Visitor, words, keys):
    page = visitor.open(plan)
    everything = shown(page)
    page.fill("#search", words)
    assert shown(page) == (everything if keys is None else keys)
    assert page.locator("#none").is_visible() == (keys == [])


def test_filters_narrow_each_other(plan, visitor: Visitor):
    page = visitor.open(plan)
    page.click("[data-value=create]")
    assert shown(page) == ["eve"]
    page.click("[data-value=replace]")
    assert shown(page) == ["ada", "cleo", "eve"]
    page.click("[data-value=eu]")
    assert shown(page) == ["ada", "cleo"]
    assert page.inner_text("#shown") == "2 of 5"
    for value in ("create", "replace", "eu"):
        page.click(f"[data-value={value}]")
    assert len(shown(page)) == 5


def test_a_link_leads_to_a_voice(plan, visitor: Visitor):
    page = visitor.open(plan, "#voice-bob")
    assert here(page) == "bob"
    until(page, "document.getElementById('voice-bob').getBoundingClientRect().top < innerHeight")


@pytest.mark.parametrize("place", ["#%", "#voice-%zz", "#%E0%A4", "#shown", "#nowhere"])
def test_a_link_that_leads_nowhere_is_no_error(plan, visitor: Visitor, place):
    page = visitor.open(plan, place)
    page.evaluate("place => { location.hash = ''; location.hash = place; }", place)
    page.keyboard.press("j")
    assert page.locator(".here").count() == 1


def test_the_keyboard_does_it_all(plan, visitor: Visitor):
    page = visitor.open(plan)
    until(page, READY)
    for key in ("j", "j", "j", "k"):
        page.keyboard.press(key)
    assert here(page) == "ada"
    page.keyboard.press("Space")
    until(page, "[...document.querySelectorAll('audio')].some(audio => !audio.paused)")
    page.keyboard.press("x")
    old = player(page, "ada", "old")
    until(page, f'!document.querySelector("{old} audio").paused')
    page.keyboard.press("Space")
    until(page, "[...document.querySelectorAll('audio')].every(audio => audio.paused)")
    page.keyboard.press("/")
    page.keyboard.type("eve j")
    assert shown(page) == []
    page.keyboard.press("Escape")
    assert len(shown(page)) == 5
    page.keyboard.press("?")
    assert page.locator("#help").is_visible()


def test_everything_is_played_in_turn(plan, visitor: Visitor):
    page = visitor.open(plan)
    until(page, READY)
    page.evaluate("for (const audio of document.querySelectorAll('audio')) audio.playbackRate = 8")
    page.click("#play-all")
    until(
        page,
        '[...document.querySelectorAll(".sound:not([data-side=old]) audio")].every(audio => audio.ended)',
    )


def test_where_there_are_only_old_recordings_these_are_played(repository: Workspace, visitor: Visitor):
    work = repository
    for key in ("ada", "bob"):
        work.voice(key)
    work.apply()
    commit(work)
    work.voices.clear()
    work.voice("cleo")
    work.apply()
    (work.folder / "page.html").write_text(
        work.run("plan", "--prune", "--format", "html").stdout, encoding="utf-8"
    )
    page = visitor.open(work.folder / "page.html")
    until(page, READY)
    page.evaluate("for (const audio of document.querySelectorAll('audio')) audio.playbackRate = 8")
    page.click("#play-all")
    until(page, "[...document.querySelectorAll('audio')].length === 2")
    until(page, "[...document.querySelectorAll('audio')].every(audio => audio.ended)")


def test_a_long_text_takes_little_room_and_can_be_read_by_keys(repository: Workspace, visitor: Visitor):
    repository.voice("ada", text="It was the best of times, it was the worst of times. " * 70)
    repository.voice("bob", name="שרה (take 2)", title="A title", regions=["us"])
    (repository.folder / "page.html").write_text(
        repository.run("plan", "--format", "html").stdout, encoding="utf-8"
    )
    page = visitor.open(repository.folder / "page.html", width=380, bypass_csp=True)
    until(page, READY)
    assert page.evaluate("document.getElementById('voice-ada').offsetHeight") < 900
    text = page.locator("[id='voice-ada'] ins").filter(has_text="the worst")
    text.focus()
    page.keyboard.press("End")
    until(page, "document.activeElement.scrollTop > 0")
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()


def test_each_text_runs_in_its_own_direction(repository: Workspace, visitor: Visitor):
    repository.voice("ada", name="שרה (take 2)", title="A title")
    (repository.folder / "page.html").write_text(
        repository.run("plan", "--format", "html").stdout, encoding="utf-8"
    )
    page = visitor.open(repository.folder / "page.html")
    directions = page.eval_on_selector_all(
        ".name, ins", "all => all.map(it => [it.textContent, getComputedStyle(it).direction])"
    )
    assert {words for words, direction in directions if direction == "rtl"} == {"שרה (take 2)"}
    assert ["A title", "ltr"] in directions


def test_the_help_has_a_word_for_all_that_can_happen(plan, visitor: Visitor):
    page = visitor.open(plan)
    page.get_by_role("button", name="Help").click()
    assert page.locator("#help .badge").all_inner_texts() == [*ACTIONS]


def test_the_page_says_what_comes_after_it(plan, repository: Workspace, visitor: Visitor):
    assert "ddvoices apply" in visitor.open(plan).inner_text(".next")
    repository.voice("ada")
    repository.apply()
    (repository.folder / "page.html").write_text(
        repository.run("plan", "--format", "html").stdout, encoding="utf-8"
    )
    assert visitor.open(repository.folder / "page.html").locator(".next").count() == 0


def test_objections_are_kept_and_saved_as_a_text(plan, visitor: Visitor):
    page = visitor.open(plan)
    until(page, READY)
    page.keyboard.press("j")
    page.keyboard.press("j")
    page.keyboard.press("o")
    page.keyboard.type("too much j in the room")
    page.keyboard.press("Escape")
    page.keyboard.press("j")
    assert here(page) == "cleo"
    page.reload()
    assert page.get_by_label("Objection to ada").input_value() == "too much j in the room"
    with page.expect_download() as download:
        page.click("#save-review")
    assert download.value.suggested_filename == "review.txt"
    said = Path(download.value.path()).read_text(encoding="utf-8").splitlines()
    assert said[0].startswith("Review of the plan of tests-4mq7, made 20")
    assert said[1:] == [
        "- ada: too much j in the room",
        "No objection to the other 4 voices.",
        "Played: none of 6 recordings.",
    ]
    page.click(f"{player(page, 'ada', 'new')} .play")
    until(page, "[...document.querySelectorAll('audio')].some(audio => audio.currentTime > 0.1)")
    page.reload()
    page.get_by_label("Objection to ada").fill("  ")
    page.get_by_label("Objection to cleo").fill("one\ntwo")
    with page.expect_download() as download:
        page.click("#save-review")
    assert Path(download.value.path()).read_text(encoding="utf-8").splitlines()[1:] == [
        "- cleo: one",
        "  two",
        "No objection to the other 4 voices.",
        "Played: 1 of 6 recordings.",
    ]


def test_an_objection_outlives_a_reload_where_the_browser_loses_what_it_keeps_for_the_file(
    plan, visitor: Visitor
):
    page = visitor.open(plan)
    page.get_by_label("Objection to ada").fill("too quiet")
    assert page.evaluate("localStorage.length") == 1  # for another day; Chromium loses it where much goes on
    page.evaluate("localStorage.clear()")
    page.reload()
    assert page.get_by_label("Objection to ada").input_value() == "too quiet"


def test_a_click_on_compare_leaves_space_to_pause(plan, visitor: Visitor):
    page = visitor.open(plan)
    page.click("[id='voice-ada'] .compare button")
    until(page, "[...document.querySelectorAll('audio')].some(audio => audio.currentTime > 0.1)")
    page.keyboard.press("Space")
    until(page, "[...document.querySelectorAll('audio')].every(audio => audio.paused)")
    assert page.locator("[id='voice-ada'] .sound.chosen").get_attribute("data-side") == "new"


def test_chips_count_the_voices_that_they_show(plan, visitor: Visitor):
    page = visitor.open(plan)
    for chip in page.locator(".chip[data-filter=actions]").all():
        chip.click()
        assert len(shown(page)) == int(chip.locator("b").inner_text())
        chip.click()


def test_many_warnings_keep_nobody_from_the_voices(repository: Workspace, visitor: Visitor):
    for number in range(6):
        repository.voice(f"voice-{number}")
        write_tone(repository.root / f"samples/voice-{number}.wav", rate=8000)
    repository.run("plan", "--page", "page.html")
    page = visitor.open(repository.folder / "page.html")
    warned = page.locator(".alerts p")
    assert warned.count() > page.locator(".alerts p:visible").count() == 3
    page.click("summary")
    assert page.locator(".alerts p:visible").count() == warned.count()


def test_what_lies_beside_the_page_is_said_not_to_be_matched(repository: Workspace, visitor: Visitor):
    repository.voice("ada")
    repository.apply()
    commit(repository)
    repository.new_sample("ada", pitch=500)
    repository.run("plan", "--page", "page.html", "--embed-limit", "0")
    page = visitor.open(repository.folder / "page.html")
    assert page.locator("#match").is_disabled()
    until(page, "document.querySelector('.compare span').textContent.includes('isn’t measured')")


def test_without_scripts_the_browsers_own_players_are_there(plan, visitor: Visitor):
    page = visitor.open(plan, java_script_enabled=False)
    assert page.locator("audio:visible").count() == page.locator("audio").count() == 6
    assert page.locator(".tools:visible").count() == 0


def test_names_are_shown_as_they_are_and_do_nothing(plan, visitor: Visitor):
    page = visitor.open(plan)
    assert EVIL.replace("\u202e", "\\u202e") in (page.text_content("[id='voice-bob'] ins") or "")
    assert page.locator("img").count() == 0
    assert page.locator("script").count() == 1


def test_nothing_else_can_be_run(plan, visitor: Visitor):
    page = visitor.open(plan)
    with pytest.raises(Exception, match="Content Security Policy"):
        page.add_script_tag(content="window.ran = true")
    assert page.evaluate("window.ran") is None
    visitor.complaints.clear()
