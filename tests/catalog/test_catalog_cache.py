"""What is known of files is kept, so that a second run reads no audio and no YAML; and it is never wrong."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
from catalog_data import ADA, RECORDINGS

from ddvoices.audio import inspect
from ddvoices.catalog import load_catalog
from ddvoices.catalog.cache import SampleCache, default_cache_dir

LOGS_OPENED_AUDIO = """
import sys
def log(event, arguments):
    if event == "open" and str(arguments[0]).endswith(".mp3"):
        print("opened", arguments[0])
sys.addaudithook(log)
from ddvoices.catalog import load_catalog
voices = load_catalog().voices
if "yaml" in sys.modules:
    print("parsed")
for spec in voices:
    print(spec.key, spec.sample.sha256, spec.sample.sound, spec.sample.seconds)
"""


HOUR = 3600.0


def run() -> list[str]:
    command = [sys.executable, "-c", LOGS_OPENED_AUDIO]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=True).stdout.splitlines()


def wait_until_old(file: Path) -> None:
    """Wait the two seconds within which a change might go unseen; nothing can set a ctime back."""
    while time.time() - file.stat().st_ctime < 2.1:
        time.sleep(0.1)


def test_a_second_run_reads_no_audio_and_says_the_same(put, here):
    put("a.yaml", ADA)
    audio = here / "voices" / "audio" / "ok.mp3"
    os.utime(audio, (time.time() + HOUR,) * 2)  # young for as long as this takes
    opened, parsed, *young = run()
    assert (opened, parsed) == (f"opened {audio}", "parsed")
    assert run() == [f"opened {audio}", *young], "a file younger than two seconds is read again"
    os.utime(audio, (1, 1))
    wait_until_old(audio)
    assert run() == [f"opened {audio}", *young], "nothing was stored of the young file"
    assert run() == young, "the file is known now"
    put("audio/ok.mp3", RECORDINGS["ok.wav"])
    assert run()[0] == f"opened {audio}"
    put("a.yaml", ADA.replace("ada", "bea"))
    assert "parsed" in run()


FACTS = inspect(RECORDINGS["short.wav"])


@pytest.fixture
def audio(here: Path) -> Path:
    path = here / "x.wav"
    path.write_bytes(RECORDINGS["short.wav"])
    return path


def cache(here: Path, *, later: float = HOUR, directory: Path | None = None) -> SampleCache:
    return SampleCache(directory or here / "cache", here, clock=lambda: time.time() + later)


def stored(here: Path, audio: Path) -> None:
    first = cache(here)
    first.put(str(audio), audio.stat(), FACTS)
    first.save()


def test_what_is_stored_is_known_again(here, audio):
    stored(here, audio)
    assert cache(here).get(str(audio), audio.stat()) == FACTS


def test_nothing_is_believed_of_a_young_file(here, audio):
    stored(here, audio)
    assert cache(here, later=1.0).get(str(audio), audio.stat()) is None


def test_nothing_is_stored_of_a_young_file(here, audio):
    first = cache(here, later=1.0)
    first.put(str(audio), audio.stat(), FACTS)
    first.save()
    assert cache(here).get(str(audio), audio.stat()) is None


def test_a_file_with_a_time_to_come_is_young(here, audio):
    os.utime(audio, (time.time() + 2 * HOUR,) * 2)
    stored(here, audio)
    assert cache(here).get(str(audio), audio.stat()) is None


@pytest.mark.parametrize(
    "change",
    [
        lambda path: path.write_bytes(RECORDINGS["ok.wav"]),
        lambda path: os.utime(path, ns=(0, path.stat().st_mtime_ns + 1)),
        lambda path: path.chmod(0o640),
        lambda path: (path.rename(path.with_name("y")), path.write_bytes(RECORDINGS["short.wav"])),
    ],
    ids=["content", "mtime", "ctime", "inode"],
)
def test_a_changed_file_is_not_known(here, audio, change):
    stored(here, audio)
    change(audio)
    assert cache(here).get(str(audio), audio.stat()) is None


def test_a_file_elsewhere_is_not_known(here, audio):
    stored(here, audio)
    assert cache(here).get(str(audio.with_name("other.wav")), audio.stat()) is None


def test_catalogs_have_caches_of_their_own(here, audio):
    stored(here, audio)
    other = SampleCache(here / "cache", here / "other", clock=lambda: time.time() + HOUR)
    assert other.get(str(audio), audio.stat()) is None


def test_samples_that_are_used_no_more_are_forgotten(here, audio):
    stored(here, audio)
    other = audio.with_name("other.wav")
    other.write_bytes(RECORDINGS["ok.wav"])
    second = cache(here)
    second.put(str(other), other.stat(), FACTS)
    second.save()
    assert cache(here).get(str(audio), audio.stat()) is None


def the_file(here: Path) -> Path:
    (file,) = (here / "cache").iterdir()
    return file


BROKEN_FILES = {"empty": "", "cut": "{", "a list": "[]", "deep": "[" * 100_000, "binary": "\0"}


def replace_facts(data: dict, **change: object) -> None:
    for entry in data.values():
        entry["facts"] |= change


BROKEN_DATA = {
    "nothing in it": lambda data: data.clear(),
    "no entries": lambda data: data.update(dict.fromkeys(data, 7)),
    "a field too many": lambda data: replace_facts(data, more=1),
    "a wrong hash": lambda data: replace_facts(data, sha256=7),
    "a wrong length": lambda data: replace_facts(data, seconds="3"),
    "wrong warnings": lambda data: replace_facts(data, warnings="none"),
}


def spoiled(file: Path, kind: str) -> str:
    if kind in BROKEN_FILES:
        return BROKEN_FILES[kind]
    seal, _, body = file.read_text(encoding="utf-8").partition("\n")
    data = json.loads(body)
    BROKEN_DATA[kind](data)
    return f"{seal}\n{json.dumps(data)}"


@pytest.mark.parametrize("kind", [*BROKEN_FILES, *BROKEN_DATA])
def test_a_broken_cache_is_left_aside(here, audio, kind):
    stored(here, audio)
    file = the_file(here)
    file.write_text(spoiled(file, kind), encoding="utf-8")
    assert cache(here).get(str(audio), audio.stat()) is None
    stored(here, audio)
    assert cache(here).get(str(audio), audio.stat()) == FACTS


@pytest.mark.parametrize("broken", ["a file", "a link to nowhere", "not writable"])
def test_a_cache_that_can_t_be_written_is_no_error(put, here, broken):
    put("a.yaml", ADA)
    directory = here / "no-cache"
    if broken == "a file":
        directory.write_text("", encoding="utf-8")
    elif broken == "a link to nowhere":
        directory.symlink_to("nowhere/at/all")
    else:
        directory = Path("/proc/nothing")
    assert load_catalog(cache_dir=directory).voices
    stored_there = cache(here, directory=directory)
    stored_there.put(str(here), here.stat(), FACTS)
    stored_there.save()


@pytest.mark.parametrize("make", [Path.mkdir, os.mkfifo, lambda path: path.symlink_to("/dev/zero")])
def test_a_cache_that_is_no_file_is_no_error(here, audio, make):
    stored(here, audio)
    file = the_file(here)
    file.unlink()
    make(file)
    assert cache(here).get(str(audio), audio.stat()) is None
    stored(here, audio)


def test_nothing_is_left_behind(here, audio):
    stored(here, audio)
    stored(here, audio)
    assert len(list((here / "cache").iterdir())) == 1
    assert the_file(here).stat().st_mode & 0o077 == 0


@pytest.mark.parametrize(
    ("environ", "expected"),
    [
        ({"DDVOICES_CACHE_DIR": "/a", "XDG_CACHE_HOME": "/b"}, Path("/a")),
        ({"DDVOICES_CACHE_DIR": "", "XDG_CACHE_HOME": "/b"}, Path("/b/ddvoices")),
        ({"XDG_CACHE_HOME": "relative"}, Path.home() / ".cache" / "ddvoices"),
        ({}, Path.home() / ".cache" / "ddvoices"),
    ],
)
def test_where_the_cache_is(environ, expected):
    assert default_cache_dir(environ) == expected
