"""Recordings by their hash: as they lie in a catalog, and as git remembers them."""

from __future__ import annotations

import os
import shutil
from hashlib import sha256
from pathlib import Path

import pytest
from catalog_data import ADA
from repository import git

from ddvoices.catalog.files import open_root
from ddvoices.catalog.recordings import Recordings
from ddvoices.catalog.samples import SampleError

pytestmark = pytest.mark.skipif(shutil.which("git") is None, reason="needs git")
PATH = "audio/ok.mp3"


def hash_of(data: bytes) -> str:
    return sha256(data).hexdigest()


@pytest.fixture
def first(put, here: Path) -> bytes:
    """Commit a catalog, and return its recording."""
    put("a.yaml", ADA)
    git("init", "--quiet", "--initial-branch=main")
    git("add", "voices")
    git("commit", "--quiet", "-m", "first")
    return (here / "voices" / PATH).read_bytes()


def change(here: Path, data: bytes, *, commit: bool = True) -> bytes:
    (here / "voices" / PATH).write_bytes(data)
    if commit:
        git("commit", "--quiet", "--all", "-m", "another")
    return data


def recordings() -> Recordings:
    return Recordings(open_root("voices"))


def test_what_lies_there_is_read(first):
    assert recordings().now(PATH, hash_of(first)) == first


@pytest.mark.parametrize("path", ["../outside.mp3", "/etc/passwd", "audio/none.mp3", "link.mp3"])
def test_nothing_else_is(first, here, path):
    (here / "outside.mp3").write_bytes(first)
    (here / "voices" / "link.mp3").symlink_to(here / "outside.mp3")
    with pytest.raises(SampleError):
        recordings().now(path, hash_of(first))


def test_what_has_changed_is_not_what_was_asked_for(first, here):
    change(here, first + first, commit=False)
    with pytest.raises(SampleError, match="another recording by now"):
        recordings().now(PATH, hash_of(first))


@pytest.mark.parametrize("later", [0, 1, 3])
@pytest.mark.parametrize("committed", [True, False])
def test_a_former_one_is_found_however_often_it_has_changed(first, here, later, committed):
    for number in range(later):
        change(here, first * (number + 2), commit=committed or number < later - 1)
    assert recordings().former(PATH, hash_of(first)) == first


def test_git_reads_the_history_once_for_all_that_is_foreseen(first, here, monkeypatch):
    """A walk through a long history takes seconds, for one path as for many."""
    others = [f"audio/{name}.mp3" for name in ("ünder way", "[a-z]*", "none")]
    for number, path in enumerate(others[:2]):
        (here / "voices" / path).write_bytes(first * (number + 2))
    git("add", "voices")
    git("commit", "--quiet", "-m", "others")
    for path in (PATH, *others[:2]):
        (here / "voices" / path).unlink()
    git("commit", "--quiet", "--all", "-m", "gone")
    trace = here / "trace"
    found = recordings()
    with monkeypatch.context() as patched:
        patched.setenv("PATH", tracing(here, trace), prepend=os.pathsep)
        found.foresee([PATH, *others, "../outside.mp3", "--output=x"])
        read = [
            found.former(path, hash_of(first * times)) for times, path in enumerate((PATH, *others), start=1)
        ]
    assert read == [first, first * 2, first * 3, None]
    assert [line.split()[0] for line in trace.read_text().splitlines()].count("log") == 1
    assert not (here / "x").exists()


def test_git_is_not_asked_for_ever_for_what_is_foreseen(first, here, monkeypatch):
    times = iter([0.0, 1.0, 1000.0, 1000.0])
    found = Recordings(open_root("voices"), clock=lambda: next(times))
    trace = here / "trace"
    with monkeypatch.context() as patched:
        patched.setenv("PATH", tracing(here, trace), prepend=os.pathsep)
        found.foresee(f"audio/{number}.mp3" for number in range(1000))
    assert trace.read_text().splitlines().count("log") == 1


def test_of_a_shallow_clone_git_is_asked_once_for_all_that_is_missing(first, here, monkeypatch):
    git("clone", "--quiet", "--depth=1", here.as_uri(), "shallow")
    found = Recordings(open_root("shallow/voices"))
    found.foresee(["audio/1.mp3", "audio/2.mp3"])
    trace = here / "trace"
    with monkeypatch.context() as patched:
        patched.setenv("PATH", tracing(here, trace), prepend=os.pathsep)
        said = {found.why_missing(f"audio/{number}.mp3") for number in (1, 2)}
    assert said == {"this clone is without its history: `git fetch --unshallow`"}
    assert trace.read_text().splitlines() == ["rev-parse"]


def tracing(here: Path, trace: Path) -> str:
    """Return a folder with a git that notes which of its commands are run."""
    folder = here / "bin"
    folder.mkdir()
    words = 'for word; do case $word in log | cat-file | rev-parse) echo "$word"; break;; esac; done'
    script = f'#!/bin/sh\n{words} >>{trace}\nexec {shutil.which("git")} "$@"\n'
    (folder / "git").write_text(script)
    (folder / "git").chmod(0o755)
    return str(folder)


def test_a_former_one_is_found_after_its_file_is_gone(first, here):
    git("rm", "--quiet", f"voices/{PATH}")
    git("commit", "--quiet", "-m", "gone")
    assert recordings().former(PATH, hash_of(first)) == first


def test_a_former_one_is_found_behind_a_merge(first, here):
    git("checkout", "--quiet", "-b", "side")
    second = change(here, first * 2)
    git("checkout", "--quiet", "main")
    (here / "README").write_text("x")
    git("add", "README")
    git("commit", "--quiet", "-m", "main goes on")
    git("merge", "--quiet", "--no-edit", "side")
    change(here, first * 3)
    assert recordings().former(PATH, hash_of(second)) == second


def test_what_git_does_not_know_is_not_made_up(first):
    assert recordings().former(PATH, hash_of(b"never there")) is None


def test_what_is_no_audio_is_none(first, here):
    text = change(here, b"no audio at all")
    change(here, first)
    assert recordings().former(PATH, hash_of(text)) is None


@pytest.mark.parametrize("path", ["../x", "/x", "--output=x", "a\nb", "", "audio/../../x"])
def test_paths_of_strangers_are_not_asked_for(first, path):
    found = recordings()
    assert (found.former(path, hash_of(first)), found.at_merge_base(path)) == (None, None)


def test_a_pointer_of_lfs_stands_for_what_it_names(first, here):
    second = first * 2
    pointer = (
        f"version https://git-lfs.github.com/spec/v1\noid sha256:{hash_of(second)}\nsize {len(second)}\n"
    )
    change(here, pointer.encode())
    assert recordings().former(PATH, hash_of(second)) is None
    stored = here / ".git" / "lfs" / "objects" / hash_of(second)[:2] / hash_of(second)[2:4] / hash_of(second)
    stored.parent.mkdir(parents=True)
    stored.write_bytes(second)
    assert recordings().former(PATH, hash_of(second)) == second


def test_what_is_stored_for_a_pointer_is_what_it_names(first, here):
    name = hash_of(first * 2)
    pointer = f"version https://git-lfs.github.com/spec/v1\noid sha256:{name}\nsize 1\n".encode()
    change(here, pointer)
    stored = here / ".git" / "lfs" / "objects" / name[:2] / name[2:4] / name
    stored.parent.mkdir(parents=True)
    stored.write_bytes(first * 3)
    assert recordings().at_merge_base(PATH) is None


def test_the_merge_base_is_where_the_branch_left_main(first, here):
    base = git("rev-parse", "HEAD")
    git("checkout", "--quiet", "-b", "side")
    change(here, first * 2)
    change(here, first * 3)
    assert recordings().at_merge_base(PATH) == (first, base)


def test_without_a_repository_nothing_is_remembered(put, here):
    put("a.yaml", ADA)
    found = recordings()
    assert (found.former(PATH, "0" * 64), found.at_merge_base(PATH)) == (None, None)


@pytest.mark.parametrize("allowed", ["ext", "file"])
def test_what_a_partial_clone_lacks_is_not_fetched(first, here, allowed):
    """Not even where the repository's own settings say that a remote is a program, and may be one."""
    remote = here / "remote.git"
    git("clone", "--quiet", "--bare", ".", str(remote))
    git("config", "core.repositoryFormatVersion", "1")
    git("config", "extensions.partialClone", "origin")
    git("config", "remote.origin.promisor", "true")
    url = f"ext::sh -c touch% {here}/sprung" if allowed == "ext" else remote.as_uri()
    git("config", "remote.origin.url", url)
    git("config", f"protocol.{allowed}.allow", "always")
    blob = git("rev-parse", f"HEAD:voices/{PATH}")
    (here / ".git" / "objects" / blob[:2] / blob[2:]).unlink()
    found = recordings()
    assert (found.former(PATH, hash_of(first)), found.at_merge_base(PATH)) == (None, None)
    assert not (here / "sprung").exists()


def test_what_replaces_an_object_is_not_taken_for_it(first, here):
    base = git("rev-parse", "HEAD")
    (here / "other").write_bytes(first * 2)
    git("replace", git("rev-parse", f"HEAD:voices/{PATH}"), git("hash-object", "-w", "other"))
    assert recordings().at_merge_base(PATH) == (first, base)


def test_git_is_not_asked_for_ever(first, here):
    change(here, first * 2)
    times = iter([0.0, 1.0, 1000.0])
    found = Recordings(open_root("voices"), clock=lambda: next(times))
    assert found.former(PATH, hash_of(first)) == first
    assert found.former(PATH, hash_of(first)) is None
