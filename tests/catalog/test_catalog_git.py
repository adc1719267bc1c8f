"""The commit that a catalog is at, and whether its files differ from it."""

import os
import shutil
from pathlib import Path

import pytest
from catalog_data import ADA
from repository import git

from ddvoices.catalog import load_catalog

pytestmark = pytest.mark.skipif(shutil.which("git") is None, reason="needs git")


@pytest.fixture
def commit(put, here: Path) -> str:
    """Commit a catalog and return the commit."""
    put("a.yaml", ADA)
    put(".gitignore", "*.tmp\n")
    git("init", "--quiet")
    git("add", "voices")
    git("commit", "--quiet", "-m", "x")
    return git("rev-parse", "HEAD")


def state() -> tuple[str, bool] | None:
    found = load_catalog().git
    return (found.commit, found.dirty) if found else None


def test_a_committed_catalog_is_clean(commit):
    assert state() == (commit, False)


@pytest.mark.parametrize(
    ("file", "dirty"),
    [
        ("voices/a.yaml", True),
        ("voices/new.yaml", True),
        ("voices/audio/ok.mp3", True),
        ("voices/ddvoices.lock.json", False),
        ("voices/.ddvoices/journal.jsonl", False),
        ("voices/x.tmp", False),
        ("README.md", False),  # not of the catalog
    ],
)
def test_changed_files_of_the_catalog_make_it_dirty(commit, here, file, dirty):
    path = here / file
    path.parent.mkdir(exist_ok=True)
    with path.open("ab") as stream:
        stream.write(b"\n")
    assert state() == (commit, dirty)


def test_a_staged_change_makes_it_dirty(commit, put):
    put("a.yaml", ADA.replace("Ada", "Bea"))
    git("add", "voices")
    assert state() == (commit, True)


def test_a_committed_lock_that_changed_is_not_dirty(commit, put):
    put("ddvoices.lock.json", "{}")
    git("add", "voices")
    git("commit", "--quiet", "-m", "y")
    put("ddvoices.lock.json", "{ }")
    assert state() == (git("rev-parse", "HEAD"), False)


def test_the_lookup_can_be_left_out(commit):
    assert load_catalog(read_git=False).git is None


def test_no_repository_and_no_commit_are_no_error(put):
    put("a.yaml", ADA)
    assert state() is None
    git("init", "--quiet")
    assert state() is None


def test_a_catalog_that_the_repository_ignores_has_no_commit(commit, here):
    shutil.copytree("voices", "drafts")
    (here / ".gitignore").write_text("drafts/\n", encoding="utf-8")
    assert load_catalog("drafts").git is None
    assert load_catalog("voices").git is not None


def test_no_git_is_no_error(commit, monkeypatch):
    monkeypatch.setenv("PATH", "/nowhere")
    assert state() is None


def test_a_broken_git_is_no_error(commit, here, monkeypatch):
    fake = here / "bin" / "git"
    fake.parent.mkdir()
    fake.write_text("#!/bin/sh\nexit 3\n", encoding="utf-8")
    fake.chmod(0o755)
    monkeypatch.setenv("PATH", str(fake.parent))
    assert state() is None


def test_variables_of_a_hook_do_not_mislead(commit, here, monkeypatch):
    """Git sets these while it runs a hook, such as pre-commit's."""
    monkeypatch.setenv("GIT_DIR", str(here / "nowhere"))
    monkeypatch.setenv("GIT_INDEX_FILE", str(here / "no-index"))
    assert state() == (commit, False)


def test_a_catalog_that_is_a_bare_repository_runs_nothing(here, put):
    """Its settings would come with a pull request, as any files do."""
    put("a.yaml", ADA)
    put(".gitattributes", "* filter=trap\n")
    git("init", "--quiet", "--bare", cwd=here / "voices")
    own = ("--git-dir=.", "--work-tree=.")
    git(*own, "add", "a.yaml", ".gitattributes", cwd=here / "voices")
    git(*own, "commit", "--quiet", "-m", "x", cwd=here / "voices")
    for name, value in (("bare", "false"), ("worktree", ".")):
        git("config", "--file", "config", f"core.{name}", value, cwd=here / "voices")
    git("config", "--file", "config", "filter.trap.clean", f"touch {here}/sprung; cat", cwd=here / "voices")
    touched = here / "voices" / "a.yaml"
    os.utime(touched, (1, 1))  # as it is, but maybe not: git reads it through the filter
    git("status", "--porcelain", cwd=here / "voices")
    assert (here / "sprung").exists()
    (here / "sprung").unlink()
    os.utime(touched, (2, 2))
    assert state() is None
    assert not (here / "sprung").exists()


def test_nothing_of_the_repository_is_run(commit, here):
    trap = here / "trap.sh"
    trap.write_text(f"#!/bin/sh\ntouch '{here}/sprung'\n", encoding="utf-8")
    trap.chmod(0o755)
    git("config", "core.fsmonitor", str(trap))
    git("config", "core.hooksPath", str(here / "hooks"))
    (here / "hooks").mkdir()
    for hook in ("post-index-change", "pre-commit", "fsmonitor-watchman", "post-checkout"):
        shutil.copy(trap, here / "hooks" / hook)
    os.utime(here / "voices" / "a.yaml")  # git would refresh its index, if it may
    index = (here / ".git" / "index").read_bytes()
    assert state() == (commit, False)
    assert not (here / "sprung").exists()
    assert (here / ".git" / "index").read_bytes() == index
