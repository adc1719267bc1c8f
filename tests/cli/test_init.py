"""``init``: a catalog that is valid at once, and nothing of anybody's changed."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest
from cli.program import run
from workspace import held


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


CI = {
    "github": [f".github/workflows/voices-{job}.yml" for job in ("apply", "drift", "plan")],
    "gitlab": [".gitlab-ci.yml", "voices.gitlab-ci.yml"],
    "none": [],
}


def files(folder: Path) -> list[str]:
    """Return what lies beside the catalog."""
    return sorted(
        path.relative_to(folder).as_posix()
        for path in folder.rglob("*")
        if path.is_file() and "voices" not in path.relative_to(folder).parts
    )


@pytest.mark.parametrize("ci", CI)
def test_files_for_ci_name_the_catalog(tmp_path: Path, ci: str) -> None:
    done = run("--catalog", "a/voices", "init", "--ci", ci, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    beside = sorted(path for path in tmp_path.rglob("*") if path.is_file() and "a" not in path.parts)
    assert [path.relative_to(tmp_path).as_posix() for path in beside] == sorted([".gitignore", *CI[ci]])
    text = "".join(path.read_text() for path in beside)
    assert ("a/voices/**" in text) == (ci != "none")
    assert "@CATALOG@" not in text


def test_nothing_for_ci_is_written_over_or_written_twice(tmp_path: Path) -> None:
    (tmp_path / ".gitlab-ci.yml").write_text("mine")
    (tmp_path / ".gitattributes").symlink_to("nothing")
    (tmp_path / ".pre-commit-config.yaml").write_text("mine")
    done = run("init", "--ci", "gitlab", "--pre-commit", "--lfs", cwd=tmp_path)
    assert done.returncode == 0
    assert done.stderr.count("is there already, and was left as it is") == 3
    assert (tmp_path / ".gitlab-ci.yml").read_text() == "mine"
    assert (tmp_path / ".pre-commit-config.yaml").read_text() == "mine"
    assert not (tmp_path / "nothing").exists()
    assert "voices.gitlab-ci.yml: written" in done.stdout


MORE = {
    "--ci github": CI["github"],
    "--ci gitlab": CI["gitlab"],
    "--pre-commit --lfs": [".gitattributes", ".pre-commit-config.yaml"],
}


@pytest.mark.parametrize("options", MORE)
def test_beside_a_catalog_that_is_there_only_files_for_git_and_ci_are_written(
    tmp_path: Path, options: str
) -> None:
    assert run("init", cwd=tmp_path).returncode == 0
    first = MORE[options][0]
    (tmp_path / first).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / first).write_text("mine")
    before = held(tmp_path)
    done = run("init", *options.split(), cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[0] == "voices: is a catalog already, and stays as it is"
    assert f"warning: {first}: is there already, and was left as it is" in done.stderr
    after = held(tmp_path)
    assert {name: after[name] for name in before} == before
    assert sorted(after.keys() - before.keys()) == sorted(MORE[options][1:])
    again = run("init", *options.split(), cwd=tmp_path)
    assert (again.returncode, again.stderr.count("was left as it is")) == (0, len(MORE[options]))
    assert held(tmp_path) == after


@pytest.mark.parametrize(
    ("held_there", "options", "code", "says"),
    [
        ("catalog.yaml", "", 1, "voices: is there already, and not empty"),
        ("mine.yaml", "--ci github", 1, "voices: is there already, and not empty"),
        ("catalog.yml", "--ci github --owner acme", 64, "voices: is a catalog already, with an owner"),
    ],
)
def test_what_would_need_a_new_catalog_is_refused_where_one_is(
    tmp_path: Path, held_there: str, options: str, code: int, says: str
) -> None:
    (tmp_path / "voices").mkdir()
    (tmp_path / "voices" / held_there).write_text("mine")
    before = held(tmp_path)
    done = run("init", *options.split(), cwd=tmp_path)
    assert (done.returncode, done.stdout) == (code, "")
    assert says in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert held(tmp_path) == before


def test_nothing_for_ci_is_written_through_a_folder_that_is_a_link(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "repo").mkdir()
    (tmp_path / "repo" / ".github").symlink_to(tmp_path / "elsewhere")
    done = run("init", "repo", "--ci", "github", cwd=tmp_path)
    assert done.returncode == 1
    assert "is a link: nothing is written through it" in done.stderr
    assert list((tmp_path / "elsewhere").iterdir()) == []


@pytest.mark.parametrize("catalog", ["../voices", "my voices", "a'b", "${{ x }}", "${x}", '"'])
def test_a_catalog_that_files_for_ci_cannot_name_is_refused_before_anything_is_written(
    tmp_path: Path, catalog: str
) -> None:
    (tmp_path / "repo").mkdir()
    done = run("--catalog", catalog, "init", "--ci", "github", cwd=tmp_path / "repo")
    assert done.returncode == 1
    assert len(done.stderr.splitlines()) == 1
    assert files(tmp_path) == []


@pytest.mark.parametrize("lfs", [False, True])
def test_samples_go_to_git_lfs_where_that_is_asked_for(tmp_path: Path, lfs: bool) -> None:
    assert run("init", "--ci", "github", *["--lfs"] * lfs, cwd=tmp_path).returncode == 0
    workflow = (tmp_path / ".github" / "workflows" / "voices-plan.yml").read_text()
    assert ("# lfs: true" in workflow) == (not lfs)
    assert (tmp_path / ".gitattributes").exists() == lfs
    if lfs:
        subprocess.run(["git", "init", "-q"], cwd=tmp_path, check=True)
        command = ["git", "check-attr", "filter", "voices/samples/deep/a.wav", "voices/a.yaml"]
        said = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True).stdout
        assert [line.rpartition(" ")[2] for line in said.splitlines()] == ["lfs", "unspecified"]


def test_a_place_steers_no_terminal(tmp_path: Path) -> None:
    done = run("init", "a\x1b[2J\u202e", cwd=tmp_path)
    assert done.returncode == 0
    assert "a\\x1b[2J\\u202e" in done.stdout
    assert "\x1b" not in done.stdout + done.stderr
