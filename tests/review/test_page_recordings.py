"""Which recordings a page lets people hear: exactly those of the plan, from the catalog and from git."""

from __future__ import annotations

import json
import os
import re
from base64 import b64decode
from html.parser import HTMLParser
from urllib.parse import unquote_to_bytes

import pytest
from cli.program import on_terminal
from repository import git
from rights import needs_modes
from visitor import Visitor, commit, until
from workspace import Workspace, held, write_tone


class Heard(HTMLParser):
    """Reads label → source of what can be heard, and label → why not of the rest."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.sources: dict[str, str] = {}
        self.missing: dict[str, str] = {}
        self.captions: dict[str, str] = {}
        self._label = self._tag = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = {name: value or "" for name, value in attrs}
        if tag == "figure":
            self._label = found["data-label"]
        if tag == "audio":
            self.sources[self._label] = found["src"]
        if tag == "code":
            self.handle_data("`")
        else:
            self._tag = "missing" if found.get("class") == "missing" else tag

    def handle_endtag(self, tag: str) -> None:
        if tag == "code":
            self.handle_data("`")
        elif tag == "p":
            self._tag = ""

    def handle_data(self, data: str) -> None:
        if self._tag == "missing":
            self.missing[self._label] = self.missing.get(self._label, "") + data
        if self._tag == "span" and self._label:
            self.captions[self._label] = self.captions.get(self._label, "") + data


def page(work: Workspace, *arguments: str) -> Heard:
    work.run("plan", "-o", "plan.json", *arguments)
    return show(work)


def show(work: Workspace, *arguments: str) -> Heard:
    return Heard(work.run("show", "plan.json", "--format", "html", *arguments).stdout)


def seconds(source: str) -> float:
    """Return how long an embedded recording is, whatever it was compressed to."""
    from ddvoices.audio import seconds_of

    found = seconds_of(b64decode(source.partition(",")[2]))
    assert found is not None
    return found


@pytest.fixture
def changed(repository: Workspace) -> Workspace:
    """A voice of 4 s that was applied and committed, and is 5 s long now."""
    repository.voice("ada")
    write_tone(repository.root / "samples/ada.wav", seconds=4)
    repository.apply()
    commit(repository)
    write_tone(repository.root / "samples/ada.wav", seconds=5, pitch=300)
    return repository


def test_both_are_there(changed):
    heard = page(changed)
    assert {label: round(seconds(source)) for label, source in heard.sources.items()} == {
        "Before: ada": 4,
        "New: ada": 5,
    }
    assert "what was applied last" in heard.captions["Before: ada"]


def test_a_length_that_stands_beside_the_recording_is_not_told_again(changed):
    changed.voice("bob")
    changed.run("plan", "-o", "plan.json")
    html = changed.run("show", "plan.json", "--format", "html").stdout
    assert html.count("4.0 s") == html.count("5.0 s") == 1
    assert ">length<" not in html


def test_plan_prints_the_same_page(changed):
    sources = page(changed).sources
    assert Heard(changed.run("plan", "--format", "html").stdout).sources == sources


@pytest.mark.parametrize("encoding", ["latin-1", "utf-16"])
def test_on_stdout_it_is_in_utf_8_whatever_the_terminal_has(changed, encoding):
    changed.run("plan", "-o", "plan.json")
    printed = changed.run("show", "plan.json", "--format", "html", env={"PYTHONIOENCODING": encoding}).stdout
    show(changed, "-o", "page.html")
    assert printed.encode("utf-8", "surrogateescape") == (changed.folder / "page.html").read_bytes()


@pytest.mark.parametrize("rate", [2**31, 2**32 - 1])
def test_a_rate_that_no_encoder_knows(repository, rate):
    repository.voice("ada")
    path = repository.root / "samples/ada.wav"
    data = path.read_bytes()
    path.write_bytes(data[:24] + rate.to_bytes(4, "little") + data[28:])
    source = page(repository).sources["New: ada"]
    assert b64decode(source.partition(",")[2]) == path.read_bytes()


@pytest.mark.parametrize("later", ["committed", "renamed", "many"])
def test_the_former_one_is_what_was_applied_and_not_what_git_had_last(changed, later):
    commit(changed)
    write_tone(changed.root / "samples/ada.wav", seconds=6, pitch=400)
    if later == "renamed":
        (changed.root / "samples/ada.wav").rename(changed.root / "samples/other.wav")
        changed.voice("ada", sample="samples/other.wav")
    if later != "committed":
        commit(changed)
    heard = page(changed)
    assert round(seconds(heard.sources["Before: ada"])) == 4


def test_one_that_was_never_committed_is_said_to_be_missing(repository):
    repository.voice("ada")
    repository.apply()
    repository.new_sample("ada", pitch=500)
    heard = page(repository)
    assert list(heard.sources) == ["New: ada"]
    assert "git has no commit of the catalog" in heard.missing["Before: ada"]
    commit(repository)
    assert "not found in this clone's git history" in show(repository).missing["Before: ada"]


def test_a_clone_without_history_is_said_to_be_one(changed, tmp_path):
    git("commit", "--quiet", "--all", "--message", "another", cwd=changed.folder)
    changed.run("plan", "-o", "plan.json")
    clone = tmp_path / "shallow"
    git("clone", "--quiet", "--depth=1", changed.folder.as_uri(), str(clone), cwd=tmp_path)
    html = changed.run("--catalog", str(clone / "voices"), "show", "plan.json", "--format", "html").stdout
    assert "`git fetch --unshallow`" in Heard(html).missing["Before: ada"]


def test_what_lies_in_lfs_elsewhere_is_said_to_do_so(changed):
    sample = changed.root / "samples/ada.wav"
    now = sample.read_bytes()
    pointer = f"version https://git-lfs.github.com/spec/v1\noid sha256:{'0' * 64}\nsize 9\n"
    git("checkout", "--quiet", "--orphan", "other", cwd=changed.folder)
    sample.write_text(pointer)
    git("commit", "--quiet", "--all", "--message", "pointers", cwd=changed.folder)
    sample.write_bytes(now)
    assert "`git lfs fetch --all`" in page(changed).missing["Before: ada"]


def test_without_git_the_page_says_so(changed):
    changed.run("plan", "-o", "plan.json")
    html = changed.run("show", "plan.json", "--format", "html", env={"PATH": "/nowhere"}).stdout
    assert "git isn't here to ask" in Heard(html).missing["Before: ada"]


def test_without_a_lock_the_merge_base_is_heard_and_named(changed):
    commit(changed)
    git("checkout", "-q", "-b", "side", cwd=changed.folder)
    changed.lock.unlink()
    write_tone(changed.root / "samples/ada.wav", seconds=6, pitch=400)
    heard = page(changed)
    assert round(seconds(heard.sources["Before: ada"])) == 5
    assert "where the branch began" in heard.captions["Before: ada"]


def test_what_a_prune_deletes_can_be_heard_once_more(changed):
    commit(changed)
    del changed.voices["ada"]
    changed.voice("bob")
    heard = page(changed, "--prune")
    assert round(seconds(heard.sources["Before: ada"])) == 4


def test_a_voice_that_is_only_updated_can_be_heard_too(repository):
    repository.voice("ada")
    write_tone(repository.root / "samples/ada.wav", seconds=4)
    repository.apply()
    repository.voice("ada", gender="male")
    heard = page(repository)
    assert round(seconds(heard.sources["Unchanged: ada"])) == 4
    assert "what was applied last" in heard.captions["Unchanged: ada"]
    (repository.root / "samples/ada.wav").unlink()
    assert show(repository).sources == show(repository).missing == {}


def test_what_is_sent_elsewhere_is_not_there_twice(repository):
    repository.voice("ada", regions=["us"])
    repository.apply()
    repository.voice("ada", name="Ada, the second", regions=["us", "eu"])
    assert list(page(repository).sources) == ["New: ada"]


def test_a_new_recording_is_that_of_the_plan(changed):
    changed.run("plan", "-o", "plan.json")
    write_tone(changed.root / "samples/ada.wav", seconds=7, pitch=600)
    heard = show(changed)
    why = heard.missing["New: ada"]
    assert why == "Can’t be heard here: its file holds another recording by now: plan again."
    assert "New: ada" not in heard.sources


@pytest.mark.parametrize("path", ["../secret.wav", "/etc/passwd", "samples/../../secret.wav", "link.wav"])
def test_a_plan_of_a_stranger_reads_nothing_else(changed, path):
    secret = write_tone(changed.folder / "secret.wav", seconds=3.5)
    (changed.root / "link.wav").symlink_to(secret)
    changed.run("plan", "-o", "plan.json")
    plan = json.loads((changed.folder / "plan.json").read_text())
    from hashlib import sha256

    for region in plan["regions"].values():
        for change in region["changes"]:
            change["sample"] |= {"path": path, "sha256": sha256(secret.read_bytes()).hexdigest()}
    (changed.folder / "plan.json").write_text(json.dumps(plan))
    assert "New: ada" not in show(changed).sources


def test_elsewhere_the_page_says_that_there_is_nothing_to_hear(changed, tmp_path):
    changed.run("plan", "-o", "plan.json")
    heard = Heard(changed.run("--catalog", "nowhere", "show", "plan.json", "--format", "html").stdout)
    assert heard.sources == {}
    assert all("the catalog" in why for why in heard.missing.values())
    assert len(heard.missing) == 2


@pytest.mark.pages
def test_what_has_no_room_lies_beside_the_page(changed, visitor: Visitor):
    done = changed.run("plan", "-o", "plan.json")
    assert done.returncode == 0
    (changed.folder / "out").mkdir()
    changed.run("show", "plan.json", "--format", "html", "-o", "out/a page.html", "--embed-limit", "0")
    heard = Heard((changed.folder / "out" / "a page.html").read_text(encoding="utf-8"))
    files = sorted(path.name for path in (changed.folder / "out" / "a page-media").iterdir())
    assert [re.sub("-[0-9a-f]{8}", "", name) for name in files] == ["ada-new.wav", "ada-old.wav"]
    assert all(source.startswith("a%20page-media/") for source in heard.sources.values())
    opened = visitor.open(changed.folder / "out" / "a page.html")
    opened.click(".play")
    until(opened, "[...document.querySelectorAll('audio')].some(audio => audio.currentTime > 0.2)")


def test_recordings_lie_beside_a_page_of_any_name(changed):
    changed.run("plan", "-o", "plan.json")
    show(changed, "--embed-limit", "0", "-o", "\udcff a%?#.html")
    heard = Heard((changed.folder / "\udcff a%?#.html").read_text(encoding="utf-8"))
    found = {os.fsdecode(unquote_to_bytes(source)) for source in heard.sources.values()}
    assert found == {
        path.relative_to(changed.folder).as_posix() for path in changed.folder.glob("*-media/*.wav")
    }
    assert len(found) == 2


def test_on_stdout_what_has_no_room_is_said(changed):
    changed.run("plan", "-o", "plan.json")
    heard = show(changed, "--embed-limit", "0")
    assert heard.sources == {}
    assert all("--format html -o" in why for why in heard.missing.values())


def test_a_page_takes_the_place_of_a_link_and_follows_none(changed):
    (changed.folder / "precious").write_text("mine")
    (changed.folder / "page.html").symlink_to("precious")
    changed.run("plan", "-o", "plan.json")
    changed.run("show", "plan.json", "--format", "html", "-o", "page.html")
    assert (changed.folder / "precious").read_text() == "mine"
    assert not (changed.folder / "page.html").is_symlink()


@pytest.mark.parametrize(
    "where", ["no/such/page.html", pytest.param("locked/page.html", marks=needs_modes), "."]
)
def test_a_place_that_can_not_be_written_to(changed, where):
    changed.run("plan", "-o", "plan.json")
    (changed.folder / "locked").mkdir(mode=0o500)
    done = changed.run("show", "plan.json", "--format", "html", "-o", where, code=None)
    assert done.returncode in {1, 64}
    assert len(done.stderr.strip().splitlines()) <= 3


def test_other_formats_have_no_page(changed):
    changed.run("plan", "-o", "plan.json")
    done = changed.run("show", "plan.json", "-o", "page.html", code=64)
    assert "--format html" in done.stderr


@pytest.mark.parametrize("page", ["plan.json", "./plan.json", "link.json"])
def test_a_page_does_not_take_the_place_of_its_plan(changed, page):
    changed.run("plan", "-o", "plan.json")
    (changed.folder / "link.json").hardlink_to(changed.folder / "plan.json")
    before = (changed.folder / "plan.json").read_bytes()
    done = changed.run("show", "plan.json", "--format", "html", "-o", page, code=64)
    assert f"{page.removeprefix('./')} is the plan itself" in done.stderr
    assert (changed.folder / "plan.json").read_bytes() == before


def test_a_plan_is_saved_and_its_page_written_by_one_command(changed):
    done = changed.run("plan", "-o", "plan.json", "--page", "out.html", "--embed-limit", "0")
    assert [line.partition(":")[0] for line in done.stderr.splitlines()] == [
        "saved to plan.json",
        "saved to out.html",
    ]
    assert "-/+ ada" in done.stdout
    assert len(list((changed.folder / "out-media").iterdir())) == 2
    show(changed, "-o", "shown.html", "--embed-limit", "0")
    written, shown = ((changed.folder / name).read_text("utf-8") for name in ("out.html", "shown.html"))
    assert written == shown.replace("shown-media", "out-media")


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("--format html -o review.html", "by `ddvoices plan -o PLAN --page review.html`"),
        ("-o plan.json --page ./plan.json", "plan.json is where the plan is saved"),
        ("--format html --page review.html", "take one of them"),
        ("--page -", "for stdout use --format html"),
        ("--page .", "is a directory"),
    ],
)
def test_plans_and_pages_are_not_mixed_up(changed, line, says):
    done = changed.run("plan", *line.split(), code=64)
    assert says in done.stderr
    assert done.stdout == ""
    assert not list(changed.folder.glob("*.html"))
    assert not (changed.folder / "plan.json").exists()


NO_PLACE = (
    "voices/catalog.yaml",
    "voices/new.YML",
    "voices/ddvoices.lock.json",
    "voices/samples/ada.wav",
    "here/samples/../all.yaml",
)


@pytest.mark.parametrize(
    ("command", "places"),
    [
        ("plan -o", (*NO_PLACE, "voices/DDVOICES.lock.json", "voices/v.schema.json", "voices/LICENCE")),
        ("plan --page", (*NO_PLACE, "voices/new", "voices/plan.json")),
        ("show plan.json --format html -o", (*NO_PLACE, "voices/new")),
    ],
)
def test_files_of_the_catalog_are_no_place_for_a_plan_or_a_page(changed, command, places):
    changed.run("plan", "-o", "plan.json")
    (changed.folder / "here").symlink_to("voices")
    (changed.root / "LICENCE").write_text("mine")
    before = held(changed.root)
    changed.emulator.clear_requests(changed.key)
    for place in places:
        done = changed.run(*command.split(), place, code=64)
        says = r": lies in the catalog, where a .* may only be .*: \w+ it outside, such as by `.*`\n"
        assert re.fullmatch(f"error: {re.escape(place)}{says}", done.stderr), done.stderr
        assert done.stdout == ""
    assert changed.emulator.requests(changed.key) == []
    assert held(changed.root) == before


def test_other_places_for_a_plan_or_a_page_are_the_user_s(changed):
    (changed.folder / "to-page.html").symlink_to("voices/all.yaml")
    changed.save()
    before = held(changed.root)
    changed.run("plan", "-o", "voices/plan.json")
    for line in (
        "plan -o voices/plan.json --page voices/review.html",  # takes the place of the one before
        "plan -o voices/plan --page page",
        "plan -o /dev/null --page to-page.html",
        "show voices/plan --format html -o voices/REVIEW.HTM",
        "show voices/plan --format html -o page.yaml",
    ):
        changed.run(*line.split())
        assert (changed.folder / line.split()[-1]).stat().st_size > 1000
    assert {name: held(changed.root)[name] for name in before} == before


@pytest.mark.parametrize(("command", "option"), [("plan", "--page"), ("show plan.json", "-o")])
def test_a_page_is_not_printed_on_a_terminal(changed, command, option):
    changed.run("plan", "-o", "plan.json")
    line = (*command.split(), "--format", "html")
    code, shown = on_terminal(*line, env=changed.env, cwd=changed.folder)
    assert code == 64
    assert f"write it to a file by {option} PAGE, or by `>`" in shown
    assert "<html" not in shown


def test_a_link_in_the_place_of_the_recordings_is_not_followed(changed):
    (changed.folder / "outside").mkdir()
    (changed.folder / "page-media").symlink_to("outside")
    changed.run("plan", "-o", "plan.json")
    line = ("show", "plan.json", "--format", "html", "-o", "page.html", "--embed-limit", "0")
    done = changed.run(*line, code=1)
    assert "page-media: is a link" in done.stderr
    assert list((changed.folder / "outside").iterdir()) == []
    assert not (changed.folder / "page.html").exists()


def test_a_lock_that_says_half_of_a_recording_is_no_trouble(changed):
    commit(changed)
    lock = json.loads(changed.lock.read_text())
    for section in (section for sections in lock["regions"].values() for section in sections.values()):
        del section["ada"]["voices"][0]["sent"]["sample"]["sha256"]
    changed.lock.write_text(json.dumps(lock))
    assert "New: ada" in page(changed).sources
