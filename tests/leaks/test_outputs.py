"""Files that commands write: never through a link that somebody has put there, with the user's own mode."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import pytest
from leaks.place import Place
from rights import needs_modes

TEXT = "Call me Ishmael."
APPLY = ("apply", "--yes")
SPEAK = ("--voice-prompt-id", "{id}", "-o", "out.wav")


@dataclass(frozen=True, kw_only=True)
class Writer:
    """A command and one of the files that it writes; ``named``: by its user, on the command line.

    ``first`` is what must have been run before.
    """

    line: tuple[str, ...]
    target: str
    input: str = ""
    named: bool = True
    mode: int = 0o666
    first: tuple[str, ...] = ()


WRITERS = {
    "plan": Writer(line=("plan", "-o", "out.json"), target="out.json"),
    "the page of a plan": Writer(line=("plan", "--page", "out.html"), target="out.html"),
    "tts": Writer(line=("tts", TEXT, *SPEAK[:3], "out.mp3"), target="out.mp3"),
    "tts-stream": Writer(line=("tts-stream", TEXT, *SPEAK), target="out.wav"),
    "tts-live": Writer(line=("tts-live", *SPEAK), target="out.wav", input=f"{TEXT}\n"),
    "tts-retro": Writer(line=("tts-retro", TEXT, "--wait", *SPEAK[:3], "out.mp3"), target="out.mp3"),
    "the page of an audition": Writer(
        line=("audition", TEXT, "-t", "ada", "-r", "us"),
        target="audition/index.html",
        named=False,
        first=APPLY,
    ),
    "a take of an audition": Writer(
        line=("audition", TEXT, "-t", "ada", "-r", "us", "-o", "."),
        target="us/ada.mp3",
        named=False,
        first=APPLY,
    ),
    "tts-batch": Writer(
        line=("tts-batch", "lines.jsonl", "--force", *SPEAK[:2]),
        target="lines/ago.mp3",
        named=False,
    ),
    "what tts-batch remembers": Writer(
        line=("tts-batch", "lines.jsonl", "--force", *SPEAK[:2]),
        target="lines/.ddvoices-batch.jsonl",
        named=False,
        mode=0o644,
    ),
    "import --into": Writer(
        line=("import", "--all", "--into", "new.yaml"), target="voices/new.yaml", named=False
    ),
    "import": Writer(line=("import", "--all"), target="voices/imported.yaml", named=False),
    "the lock": Writer(line=("apply", "--yes"), target="voices/ddvoices.lock.json", named=False),
    "the journal": Writer(
        line=("apply", "--yes"), target="voices/.ddvoices/journal.jsonl", named=False, mode=0o600
    ),
    "the journal's .gitignore": Writer(
        line=("apply", "--yes"), target="voices/.ddvoices/.gitignore", named=False
    ),
    "init's .gitignore": Writer(line=("--catalog", "other", "init", "."), target=".gitignore", named=False),
    "init": Writer(line=("--catalog", "other", "init", "."), target="other/catalog.yaml", named=False),
}


def run(place: Place, writer: Writer, **options: Any) -> CompletedProcess[str]:
    if writer.first:
        assert place.run(*writer.first).returncode == 0
    line = [word.replace("{id}", place.stranger) for word in writer.line]
    done = place.run(*line, input=writer.input, **options)
    assert "Traceback" not in done.stderr
    return done


def state_of(path: Path) -> tuple[bytes, int, int]:
    status = path.stat()
    return path.read_bytes(), status.st_mtime_ns, status.st_mode


@pytest.mark.parametrize("name", WRITERS)
def test_nothing_is_written_through_a_link_at_its_name(place: Place, name: str) -> None:
    """What a user names is replaced; what else is a link is replaced, left alone, or an error."""
    writer, victim = WRITERS[name], place.folder / "theirs"
    target = place.folder / writer.target
    victim.write_bytes(b"theirs\n")
    before = state_of(victim)
    target.parent.mkdir(exist_ok=True)
    target.symlink_to(victim)
    done = run(place, writer)
    assert state_of(victim) == before
    if writer.named:
        assert (done.returncode, target.is_symlink()) == (0, False), done.stderr


@pytest.mark.parametrize("name", [name for name, writer in WRITERS.items() if not writer.named])
def test_nor_through_a_link_to_nothing_or_into_another_folder(place: Place, name: str) -> None:
    """A folder that a command chooses itself, and no user, may be a link of whoever made the repository."""
    writer, outside = WRITERS[name], place.folder / "outside"
    outside.mkdir()
    folder = (place.folder / writer.target).parent
    if folder.name in {"voices", "other", place.folder.name}:  # the catalog, or where the user stands
        folder.mkdir(exist_ok=True)
        (place.folder / writer.target).symlink_to(outside / "nothing")
    else:
        folder.symlink_to(outside)
    done = run(place, writer)
    assert list(outside.iterdir()) == [], done.stderr
    assert not (done.returncode and len(done.stderr.splitlines()) > 2), done.stderr


@pytest.mark.proof
@pytest.mark.parametrize("name", WRITERS)
@pytest.mark.parametrize("make", [Path.mkdir, os.mkfifo], ids=["folder", "pipe"])
def test_what_is_no_file_stays_and_nobody_waits_for_it(
    place: Place, name: str, make: Callable[[Path], None]
) -> None:
    """But for a pipe that a user has named: somebody will read from it."""
    writer = WRITERS[name]
    target = place.folder / writer.target
    target.parent.mkdir(exist_ok=True)
    make(target)
    kind = stat.S_IFMT(target.lstat().st_mode)
    if not (writer.named and make is os.mkfifo):
        done = run(place, writer)
        assert done.stderr.count("\n") <= 2, done.stderr
    assert stat.S_IFMT(target.lstat().st_mode) == kind


@pytest.mark.proof
@pytest.mark.parametrize("name", WRITERS)
@pytest.mark.parametrize("umask", [0o000, 0o077], ids=oct)
def test_a_new_file_has_the_mode_that_is_usual_for_its_user(place: Place, name: str, umask: int) -> None:
    """But for the journal, which only they may read."""
    writer = WRITERS[name]
    done = run(place, writer, umask=umask)
    assert done.returncode == 0, done.stderr
    found = (place.folder / writer.target).lstat().st_mode
    assert stat.S_IMODE(found) == writer.mode & ~umask


@pytest.mark.proof
@needs_modes
@pytest.mark.parametrize("name", WRITERS)
def test_a_folder_that_can_not_be_written_is_one_line(place: Place, name: str) -> None:
    writer = WRITERS[name]
    folder = (place.folder / writer.target).parent
    folder.mkdir(exist_ok=True)
    folder.chmod(0o500)
    try:
        done = run(place, writer)
    finally:
        folder.chmod(0o700)
    assert done.returncode == 1
    assert not (place.folder / writer.target).exists()
