"""``new``: from a recording to a voice of the catalog, and nothing of anybody's changed."""

from __future__ import annotations

import os
import resource
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import pytest
import yaml
from cli.program import CTRL_C, command, environment, on_terminal, run
from rights import needs_modes
from service import Emulator
from workspace import Workspace, write_tone

from ddvoices.catalog import load_catalog
from ddvoices.model import VoiceSpec

SETTINGS = "version: 1\nowner: tests-4mq7\nregions: {us: {}}\n"
SCHEMA = "# yaml-language-server: $schema=.schemas/voices.schema.json\n"
SHORTEST = f"""\
{SCHEMA}voices:
  ada-narrator:
    name: Ada narrator
    sample: samples/ada-narrator.wav
    gender: female
    locale: en-GB
"""
BOB = {"name": "Bob", "sample": "samples/eve.wav", "gender": "male"}
FEMALE = ("--gender", "female")
MINE = "voices:\n    eve:   # by hand\n        {name: Eve, sample: samples/eve.wav, gender: female}\n"


class Studio:
    """A folder with a catalog of one voice, and recordings beside it."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.root = folder, folder / "voices"
        write_tone(self.root / "samples" / "eve.wav", pitch=300)
        (self.root / "catalog.yaml").write_text(SETTINGS)
        (self.root / "mine.yaml").write_text(MINE)
        self.ada = write_tone(folder / "ada.wav")

    def new(self, *arguments: str | Path, code: int = 0, **options: Any) -> CompletedProcess[str]:
        """Run it; what fails prints one line and leaves everything as it was."""
        before = self.held()
        done = run("new", *arguments, **{"cwd": self.folder, **options})
        assert done.returncode == code, f"{done.returncode}\n{done.stdout}\n{done.stderr}"
        if code:
            errors = [line for line in done.stderr.splitlines() if not line.startswith("warning: ")]
            assert (done.stdout, len(errors)) == ("", 1), done.stderr
            assert self.held() == before
        return done

    def held(self) -> dict[str, bytes | str | None]:
        """Return all that is in the catalog; of a link where it leads."""
        paths = sorted(self.root.rglob("*"))
        return {
            str(path.relative_to(self.root)): (
                str(path.readlink()) if path.is_symlink() else path.read_bytes() if path.is_file() else None
            )
            for path in paths
        }

    def voices(self) -> dict[str, VoiceSpec]:
        return {spec.key: spec for spec in load_catalog(self.root, read_git=False).voices}


@pytest.fixture
def studio(tmp_path: Path) -> Studio:
    return Studio(tmp_path)


def test_the_shortest_way(tmp_path: Path) -> None:
    """From nothing: a catalog by init, a recording, a valid voice; it is told what was chosen, and why."""
    assert run("init", cwd=tmp_path).returncode == 0
    recording = write_tone(tmp_path / "ada-narrator-en-GB.wav")
    done = run("new", recording.name, *FEMALE, cwd=tmp_path)
    assert (done.returncode, done.stdout) == (
        0,
        SHORTEST,
    )
    assert done.stderr.splitlines() == [
        "key ada-narrator: from the file's name (--key)",
        'name "Ada narrator": from the file\'s name (--name)',
        "locale en-GB: from the file's name (--locale)",
        "sample voices/samples/ada-narrator.wav: a copy of ada-narrator-en-GB.wav",
        "written to voices/ada-narrator.yaml",
        "next: `ddvoices validate` offline, `ddvoices plan` with a key",
    ]
    assert (tmp_path / "voices" / "ada-narrator.yaml").read_text() == done.stdout
    assert (tmp_path / "voices" / "samples" / "ada-narrator.wav").read_bytes() == recording.read_bytes()
    assert "valid: 2 voices" in run("validate", cwd=tmp_path).stdout


@pytest.mark.parametrize(
    ("file", "proposed"),
    [
        ("operator-ru.wav", "ru-RU"),
        ("Anna_fr.wav", "fr-FR"),
        ("ada.ja.wav", "ja-JP"),
        ("ada-pt take-it.wav", "it-IT"),
        ("ada-xx.wav", None),
        ("ru.wav", None),
        ("ada-en.wav", None),
        ("take-it-002.wav", None),
        ("ada-fr-CA.wav", None),
    ],
)
def test_a_file_s_name_that_ends_with_another_language_than_the_default_s_is_told(
    studio: Studio, file: str, proposed: str | None
) -> None:
    studio.ada.rename(studio.folder / file)
    told = [line for line in studio.new(file, *FEMALE, "--dry-run").stderr.splitlines() if "warning" in line]
    assert len(told) == (proposed is not None)
    for line in told:
        assert line.startswith(
            f"warning: {file}: its name ends with the language {file[-6:-4]}, and the locale is en-US"
        )
        assert line.endswith(f"or say `--locale {proposed}`")
    assert "warning" not in studio.new(file, *FEMALE, "--locale", "en-GB").stderr


def test_a_language_that_is_the_default_s_is_no_doubt(studio: Studio) -> None:
    (studio.root / "catalog.yaml").write_text(f"{SETTINGS}defaults: {{locale: ru-RU}}\n")
    studio.ada.rename(studio.folder / "operator-ru.wav")
    assert "warning" not in studio.new("operator-ru.wav", *FEMALE).stderr


def test_everything_that_can_be_said(studio: Studio) -> None:
    said = ("--key", "bob.2", "--name", " Bob ", "--gender", "non_binary", "--age", "0")
    more = (
        "--locale",
        "es-419",
        "--speaking-style",
        "Reading",
        "--publish",
        "--text",
        "No.\nYes: no",
        "--title",
        "~",
    )
    where = ("-r", "us", "-r", "eu", "-r", "us", "-l", "show=moby-dick", "--label", "take=1")
    done = studio.new("ada.wav", *said, *more, *where)
    assert yaml.safe_load(done.stdout)["voices"]["bob.2"] == {
        "name": "Bob",
        "sample": "samples/bob.2.wav",
        "gender": "non_binary",
        "locale": "es-419",
        "age": 0,
        "speaking_style": "Reading",
        "publish": True,
        "text": "No.\nYes: no",
        "title": "~",
        "regions": ["us", "eu"],
        "labels": {"show": "moby-dick", "take": "1"},
    }
    assert studio.voices()["bob.2"].regions == ("eu", "us")
    assert "(--" not in done.stderr, "nothing was chosen"


@pytest.mark.parametrize(
    ("file", "key", "name", "locale"),
    [
        ("Ada Narrator.WAV", "ada-narrator", "Ada Narrator", "en-US"),
        ("ada_es-419.wav", "ada", "Ada", "es-419"),
        ("ada.zh-Hant-TW.wav", "ada", "Ada", "zh-Hant-TW"),
        ("ada_pt_BR.wav", "ada", "Ada", "pt-BR"),
        ("de-DE.wav", "de-de", "De DE", "de-DE"),
        ("cat-on-it.wav", "cat-on-it", "Cat on it", "en-US"),
        ("take-it-002.wav", "take-it-002", "Take it 002", "en-US"),
        ("no.wav", "no", "No", "en-US"),
        ("1e3.wav", "1e3", "1e3", "en-US"),
        ("0o17", "0o17", "0o17", "en-US"),
        ("~.wav", "voice", "~", "en-US"),
        ("yes: x.wav", "yes-x", "Yes: x", "en-US"),
        ("- {a # b.wav", "a-b", "{a # b", "en-US"),
        ("2024-01-01.wav", "2024-01-01", "2024 01 01", "en-US"),
        ("Zoë Ångström.wav", "zoe-angstrom", "Zoë Ångström", "en-US"),
        ("Zoe\u0308.wav", "zoe", "Zoë", "en-US"),
        ("王.wav", "voice", "王", "en-US"),
        ("---.wav", "voice", "Voice", "en-US"),
        ("a\nvoices: {}.wav", "a-voices", "A voices: {}", "en-US"),
        ("a\x1b[31m\u202eb.wav", "a-31mb", "A [31m b", "en-US"),
        (os.fsdecode(b"b\xffob.wav"), "b-ob", "B ob", "en-US"),
        ("catalog.wav", "catalog", "Catalog", "en-US"),
        ("mine.wav", "mine", "Mine", "en-US"),
        ("eve.wav", "eve-2", "Eve", "en-US"),
        ("word-" * 49 + ".wav", "word-word-word-word-word-word-word-word", "Word" + " word" * 39, "en-US"),
    ],
)
def test_what_the_name_of_a_file_tells(studio: Studio, file: str, key: str, name: str, locale: str) -> None:
    (studio.folder / "ada.wav").rename(studio.folder / file)
    before = studio.held()
    done = studio.new(studio.folder / file, *FEMALE)
    assert all(line.isprintable() for line in done.stdout.splitlines())
    assert list(yaml.safe_load(done.stdout)["voices"]) == [key], "another reader finds the same"
    spec = studio.voices()[key]
    assert (spec.name, spec.locale, set(studio.voices())) == (name, locale, {"eve", key})
    after = studio.held()
    assert {path: after[path] for path in before} == before
    assert len(after) == len(before) + 2
    assert spec.sample is not None
    assert spec.sample.path == f"samples/{key}.wav"


def test_text_is_appended_to_a_file_and_nothing_of_it_rewritten(studio: Studio) -> None:
    tried = studio.new("ada.wav", *FEMALE, "--into", "mine.yaml", "--dry-run")
    assert "nothing is written: without --dry-run this goes to voices/mine.yaml" in tried.stderr
    assert (studio.root / "mine.yaml").read_text() == MINE
    assert not (studio.root / "samples" / "ada.wav").exists()
    done = studio.new("ada.wav", *FEMALE, "--into", "mine.yaml")
    assert done.stdout == tried.stdout
    assert (studio.root / "mine.yaml").read_text() == MINE + done.stdout
    assert done.stdout.startswith("\n    ada:\n"), "as deep as what is there"
    assert set(studio.voices()) == {"ada", "eve"}


def test_the_same_recording_is_not_copied_twice(studio: Studio) -> None:
    studio.new("ada.wav", *FEMALE)
    again = studio.new("ada.wav", *FEMALE)
    assert (
        "warning: ada.wav: is the sound of ada, a voice of the catalog already: is it the right file?"
        in again.stderr
    )
    assert "key ada-2: from the file's name; ada is taken (--key)" in again.stderr
    assert "sample voices/samples/ada.wav: there already" in again.stderr
    assert studio.voices()["ada-2"].sample == studio.voices()["ada"].sample
    (studio.root / "ada.yaml").unlink(), (studio.root / "ada-2.yaml").unlink()
    left = studio.new("ada.wav", *FEMALE)
    assert "sample voices/samples/ada.wav: there already" in left.stderr, "though no voice names it"


def test_another_recording_of_the_name_is_not_written_over(studio: Studio) -> None:
    other = write_tone(studio.root / "samples" / "ada.wav", pitch=500).read_bytes()
    (studio.root / "samples" / "ada-2.wav").symlink_to("nowhere")
    (studio.root / "samples" / "ada-3.wav").symlink_to("../../ada.wav")
    done = studio.new("ada.wav", *FEMALE)
    assert "sample: samples/ada-4.wav" in done.stdout
    assert (studio.root / "samples" / "ada.wav").read_bytes() == other
    assert (studio.root / "samples" / "ada-2.wav").is_symlink()


@pytest.mark.parametrize("way", ["itself", "a link from outside"])
def test_a_recording_in_the_catalog_stays_where_it_is(studio: Studio, way: str) -> None:
    recording = write_tone(studio.root / "takes" / "Take 1.wav", pitch=700)
    if way != "itself":
        (studio.folder / "link.wav").symlink_to(recording)
        recording = studio.folder / "link.wav"
    before = studio.held()
    done = studio.new(recording, *FEMALE, "--key", "bob")
    assert "sample: takes/Take 1.wav" in done.stdout
    assert set(studio.held()) - set(before) == {"bob.yaml"}


def test_a_link_is_read_where_it_leads(studio: Studio) -> None:
    (studio.folder / "bob.wav").symlink_to("ada.wav")
    studio.new("bob.wav", *FEMALE)
    copy = studio.root / "samples" / "bob.wav"
    assert not copy.is_symlink()
    assert copy.read_bytes() == studio.ada.read_bytes()


def test_what_is_doubtful_is_told_with_its_place(studio: Studio) -> None:
    write_tone(studio.folder / "short.wav", seconds=0.5, rate=8000)
    done = studio.new("short.wav", *FEMALE)
    told = [line for line in done.stderr.splitlines() if line.startswith("warning: ")]
    assert all(
        line.startswith("warning: voices/short.yaml:4:13: voices.short.sample: its") for line in told[1:]
    )
    assert ["0.5 s long" in told[0], "8000 Hz" in told[1]] == [True, True]
    assert told == run("validate", cwd=studio.folder).stderr.splitlines()


def _lfs(path: Path) -> None:
    path.write_text("version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n")


def _large(path: Path) -> None:
    with path.open("wb") as file:
        file.truncate(20 * 2**20 + 1)


BAD_FILES: dict[str, tuple[Callable[[Path], object], str]] = {
    "nothing": (lambda _: None, "No such file"),
    "a folder": (Path.mkdir, "is not a regular file"),
    "a pipe": (os.mkfifo, "is not a regular file"),
    "a loop of links": (lambda path: path.symlink_to(path), "symbolic links"),
    "an empty file": (Path.touch, "is an empty file"),
    "a pointer": (_lfs, "git lfs pull"),
    "text": (lambda path: path.write_text("<html>"), "is not audio by its content"),
    "too much": (_large, "is over 20 MB"),
}


@pytest.mark.parametrize("what", BAD_FILES)
def test_what_is_no_recording_is_refused(studio: Studio, what: str) -> None:
    make, said = BAD_FILES[what]
    make(studio.folder / "bad.wav")
    done = studio.new("bad.wav", *FEMALE, code=64)
    assert done.stderr.startswith("error: bad.wav: ")
    assert said in done.stderr


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((), "nobody can be asked here whose voice it is: give --gender female|male|non_binary"),
        (("--gender", "womanly"), "'womanly' is not one of"),
        ((*FEMALE, "--key", "Ada"), "--key: 'Ada' is not a key"),
        ((*FEMALE, "--key", ""), "--key: '' is not a key"),
        ((*FEMALE, "--key", "../../ada"), "--key: '../../ada' is not a key"),
        ((*FEMALE, "--key", "eve"), "has the key eve already, at voices/mine.yaml:2: eve-2 is free"),
        ((*FEMALE, "--name", " "), "--name: is empty"),
        ((*FEMALE, "--name", "x" * 201), "--name: "),
        ((*FEMALE, "--name", b"b\xffob"), "--name: is not UTF-8"),
        ((*FEMALE, "--locale", "english"), "--locale: 'english' is not a locale"),
        ((*FEMALE, "--age", "121"), "121 is not in the range"),
        ((*FEMALE, "--text", ""), "--text: is empty"),
        ((*FEMALE, "-r", "uss"), "no region 'uss' in the catalog; did you mean 'us'?"),
        ((*FEMALE, "-l", "show"), "'show' is not LABEL=VALUE"),
        ((*FEMALE, "-l", "a b=c"), "--label: "),
    ],
)
def test_what_can_not_be_said_is_64(studio: Studio, arguments: tuple[Any, ...], said: str) -> None:
    assert said in studio.new("ada.wav", *map(os.fsdecode, arguments), code=64).stderr


@pytest.mark.parametrize("into", ["../x.yaml", "catalog.yaml", "x.json", "nowhere/x.yaml", "flow.yaml"])
def test_where_nothing_can_be_written_nothing_is(studio: Studio, into: str) -> None:
    (studio.root / "flow.yaml").write_text(
        "voices: {bob: {name: B, sample: samples/eve.wav, gender: male}}\n"
    )
    assert into in studio.new("ada.wav", *FEMALE, "--into", into, code=1).stderr


@pytest.mark.parametrize("samples", ["a file", "a link that leads out"])
def test_samples_that_are_no_folder_of_the_catalog(studio: Studio, samples: str) -> None:
    shutil.rmtree(studio.root / "samples")
    (studio.root / "mine.yaml").write_text("voices:\n")
    if samples == "a file":
        (studio.root / "samples").touch()
    else:
        (studio.root / "samples").symlink_to(studio.folder)
    before = studio.held(), set(studio.folder.iterdir())
    assert "voices/samples: is no folder in the catalog" in studio.new("ada.wav", *FEMALE, code=1).stderr
    assert (studio.held(), set(studio.folder.iterdir())) == before


def test_the_folder_of_samples_is_made(studio: Studio) -> None:
    shutil.rmtree(studio.root / "samples")
    (studio.root / "mine.yaml").write_text("")
    studio.new("ada.wav", *FEMALE)
    assert set(studio.voices()) == {"ada"}


@pytest.mark.parametrize("gender", [(), FEMALE], ids=["to be asked", "given"])
def test_no_catalog_or_a_broken_one_is_3(studio: Studio, gender: tuple[str, ...]) -> None:
    (studio.root / "mine.yaml").write_text("voices: [")
    assert "voices/mine.yaml:1:" in studio.new("ada.wav", *gender, code=3).stderr
    shutil.rmtree(studio.root)
    assert "no catalog here" in studio.new("ada.wav", *gender, code=3).stderr


@needs_modes
@pytest.mark.parametrize("shut", [".", "samples"])
def test_a_catalog_that_can_not_be_written(studio: Studio, shut: str) -> None:
    (studio.root / shut).chmod(0o555)
    try:
        assert "can't be written: Permission denied" in studio.new("ada.wav", *FEMALE, code=1).stderr
    finally:
        (studio.root / shut).chmod(0o755)


@pytest.mark.parametrize("full", ["for the recording", "for the entry"])
def test_where_the_disk_is_full_nothing_is_left(studio: Studio, full: str) -> None:
    """The entry's file is longer than the recording, so that only its own limit stops it."""
    with (studio.root / "mine.yaml").open("a") as file:
        file.write(f"# {'x' * 100}\n" * 2_000)
    limit = 50_000 if full == "for the recording" else 150_000
    before = studio.held()
    with environment({"PYTHONDONTWRITEBYTECODE": "1"}) as variables:
        done = subprocess.run(
            command("new", "ada.wav", *FEMALE, "--into", "mine.yaml"),
            cwd=studio.folder,
            env=variables,
            capture_output=True,
            text=True,
            check=False,
            preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit)),
        )
    file = "samples/ada.wav" if full == "for the recording" else "mine.yaml"
    assert (done.returncode, done.stdout) == (1, "")
    assert f"{file}: can't be written: File too large" in done.stderr
    assert studio.held() == before


def test_two_at_once_are_two_voices(studio: Studio) -> None:
    with environment() as variables, ExitStack() as stack:
        running = [
            stack.enter_context(
                subprocess.Popen(command("new", "ada.wav", *FEMALE), cwd=studio.folder, env=variables)
            )
            for _ in range(3)
        ]
        assert [process.wait(60) for process in running] == [0, 0, 0]
    assert set(studio.voices()) == {"ada", "ada-2", "ada-3", "eve"}
    assert sorted(path.name for path in (studio.root / "samples").iterdir()) == ["ada.wav", "eve.wav"]


def test_of_two_at_once_for_one_key_one_is_told(studio: Studio) -> None:
    write_tone(studio.folder / "other.wav", pitch=900)
    files, pipe = ("ada.wav", "other.wav"), subprocess.PIPE
    with environment() as variables, ExitStack() as stack:
        running = [
            stack.enter_context(
                subprocess.Popen(
                    command("new", file, *FEMALE, "--key", "x"), cwd=studio.folder, env=variables, stderr=pipe
                )
            )
            for file in files
        ]
        said = [process.communicate(timeout=60)[1] for process in running]
    assert sorted(process.returncode for process in running) == [0, 64]
    assert any(b"has the key x already" in each for each in said)
    assert set(studio.voices()) == {"eve", "x"}
    assert len(list((studio.root / "samples").iterdir())) == 2


def test_on_a_terminal_the_gender_is_asked_for(studio: Studio) -> None:
    code, shown = on_terminal("new", "ada.wav", asked="non_binary", typed="male\n", cwd=studio.folder)
    assert code == 0, shown
    assert "Whose voice is it? (female, male, non_binary)" in shown
    assert studio.voices()["ada"].gender == "male"


def test_whoever_answers_by_ctrl_c_has_changed_nothing(studio: Studio) -> None:
    before = studio.held()
    code, shown = on_terminal("new", "ada.wav", asked="non_binary", typed=CTRL_C, cwd=studio.folder)
    assert (code, "interrupted" in shown, studio.held()) == (130, True, before)


# Ctrl-C at each call of the operating system that puts something into the catalog, before it and behind it.
_INTERRUPT = """\
import os, signal, sys
before, wanted = sys.argv[1] == "before", int(sys.argv[2])
seen = 0
def interrupting(name, call):
    def called(*args, **kwargs):
        global seen
        seen += 1
        here = seen == wanted
        if here and before:
            os.kill(os.getpid(), signal.SIGINT)
        try:
            return call(*args, **kwargs)
        finally:
            if here and not before:
                os.kill(os.getpid(), signal.SIGINT)
    return called
for name in ("mkdir", "link", "replace"):
    setattr(os, name, interrupting(name, getattr(os, name)))
from ddvoices.cli import main
code = main(sys.argv[3:])
print(seen, file=sys.stderr)
sys.exit(code)
"""


def _interrupted(studio: Studio, when: str, number: int, *arguments: str) -> tuple[int, int]:
    """Return the exit code and how many calls there were."""
    with environment({"DDVOICES_CACHE_DIR": "/dev/null/none"}) as variables:
        line = [sys.executable, "-c", _INTERRUPT, when, str(number), "new", "ada.wav", *FEMALE, *arguments]
        done = subprocess.run(
            line, cwd=studio.folder, env=variables, capture_output=True, text=True, check=False
        )
    assert "Traceback" not in done.stderr, done.stderr
    return done.returncode, int(done.stderr.split()[-1])


@pytest.mark.proof
@pytest.mark.parametrize("when", ["before", "behind"])
@pytest.mark.parametrize("into", [(), ("--into", "mine.yaml")], ids=["a new file", "appended"])
def test_interrupted_anywhere_it_is_whole_or_not_at_all(
    tmp_path: Path, when: str, into: tuple[str, ...]
) -> None:
    outcomes = set()
    for number, studio in enumerate(_studios(tmp_path), 1):
        before = studio.held()
        code, calls = _interrupted(studio, when, number, *into)
        if number > calls:
            assert code == 0
            break
        assert code == 130
        whole = "ada" in studio.voices()
        outcomes.add(whole)
        if whole:
            assert (studio.root / "samples" / "ada.wav").read_bytes() == studio.ada.read_bytes()
        else:
            assert studio.held() == before
    assert outcomes == ({False} if when == "before" else {False, True})


def _studios(folder: Path) -> Iterator[Studio]:
    """Yield studios without a folder for samples, which is made then."""
    for number in range(40):
        studio = Studio(folder / str(number))
        shutil.rmtree(studio.root / "samples")
        write_tone(studio.root / "eve.wav", pitch=300)
        (studio.root / "mine.yaml").write_text(MINE.replace("samples/eve", "eve"))
        yield studio


def test_a_key_that_was_applied_before_is_not_proposed(tmp_path: Path, emulator: Emulator) -> None:
    """In the account it still means its voice, which this one would be taken for."""
    workspace = Workspace(tmp_path, emulator)
    workspace.voice("ada")
    workspace.apply()
    workspace.voices.clear()
    recording = write_tone(tmp_path / "ada.wav", pitch=700)
    done = workspace.run("new", str(recording), *FEMALE)
    assert "key ada-2: from the file's name; ada is taken (--key)" in done.stderr
    assert workspace.changes() == [("create", "ada-2", "not_in_region")]
