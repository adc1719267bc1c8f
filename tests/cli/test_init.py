"""``init``: a catalog that is valid at once, and nothing of anybody's changed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from cli.program import run


def test_what_it_writes_is_a_valid_catalog(tmp_path: Path) -> None:
    done = run("init", "repo", "--owner", "Acme Studio!", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    catalog = tmp_path / "repo" / "voices"
    owner = done.stdout.split("owner ")[1].split(",")[0]
    assert owner.startswith("acme-studio-")
    assert len(owner) == len("acme-studio-") + 4
    checked = run("--catalog", catalog, "validate", "--format", "json", cwd=tmp_path)
    assert json.loads(checked.stdout) == {"valid": True, "voices": 1, "problems": [], "warnings": []}
    for file in ("catalog.yaml", "narrators.yaml"):
        header = (catalog / file).read_text().splitlines()[0]
        assert (catalog / header.partition("$schema=")[2]).is_file()


def test_it_says_how_a_key_is_stored(tmp_path: Path) -> None:
    assert "a key (`ddvoices auth login`, or DEEPDUB_API_KEY)" in run("init", cwd=tmp_path).stderr


def test_two_catalogs_of_one_name_have_two_owners(tmp_path: Path) -> None:
    owners = [run("init", name, "--owner", "acme", cwd=tmp_path).stdout for name in ("one", "two")]
    assert owners[0].split("owner ")[1] != owners[1].split("owner ")[1]


@pytest.mark.parametrize("before", [None, "", "node_modules/", "node_modules/\n", "voices/.ddvoices/\n"])
def test_the_journal_stays_out_of_git(tmp_path: Path, before: str | None) -> None:
    if before is not None:
        (tmp_path / ".gitignore").write_text(before)
    assert run("init", cwd=tmp_path).returncode == 0
    lines = (tmp_path / ".gitignore").read_text().splitlines()
    assert lines.count("/voices/.ddvoices/") == 1
    assert not before or before.splitlines()[0] in lines


def test_what_is_there_is_not_touched(tmp_path: Path) -> None:
    (tmp_path / "voices").mkdir()
    (tmp_path / "voices" / "mine.yaml").write_text("mine")
    done = run("init", cwd=tmp_path)
    assert done.returncode == 1
    assert "not empty" in done.stderr
    assert [path.name for path in (tmp_path / "voices").iterdir()] == ["mine.yaml"]
    assert not (tmp_path / ".gitignore").exists()


def test_a_place_that_can_not_be_made_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    done = run("init", "file/below", cwd=tmp_path)
    assert done.returncode == 1
    assert len(done.stderr.splitlines()) == 1
