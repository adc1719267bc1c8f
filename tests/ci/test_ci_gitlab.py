"""The scripts of the GitLab pipeline that `init` writes, run as GitLab does it, against the emulator."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from ci.runner import PATIENCE_SECONDS
from ci.test_ci_action import git
from cli.program import environment, run
from service import Emulator
from workspace import Workspace

pytestmark = pytest.mark.ci


@pytest.fixture(scope="module")
def pipeline(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What is included by the file that GitLab reads."""
    folder = tmp_path_factory.mktemp("repository")
    assert run("init", "--ci", "gitlab", cwd=folder).returncode == 0
    named = yaml.safe_load((folder / ".gitlab-ci.yml").read_text())["include"][0]["local"]
    document: dict[str, Any] = yaml.safe_load((folder / named).read_text())
    return document


@pytest.fixture
def workspace(tmp_path: Path, emulator: Emulator) -> Workspace:
    """A catalog with one voice, in a clone whose origin GitLab would name by `CI_PROJECT_URL`.git."""
    git(tmp_path, "init", "--quiet", "--bare", "-b", "main", "project.git")
    git(tmp_path / "project.git", "config", "receive.advertisePushOptions", "true")
    git(tmp_path, "clone", "--quiet", "project.git", "clone")
    git(tmp_path / "clone", "remote", "rename", "origin", "nowhere")
    made = Workspace(tmp_path / "clone", emulator)
    made.voice("ada")
    made.save()
    git(made.folder, "add", "voices")
    git(made.folder, "commit", "--quiet", "-m", "voices")
    git(made.folder, "push", "--quiet", "nowhere", "HEAD:main")
    return made


def job(pipeline: dict[str, Any], workspace: Workspace, name: str, code: int = 0, **env: str) -> str:
    """Run the script of a job, line by line in one shell that ends at the first error."""
    lines = pipeline[name]["script"]
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    project = str(workspace.folder.parent / "project")
    with environment({**workspace.env, "PATH": path, **env}) as variables:
        variables |= {
            **pipeline[".voices"]["variables"],
            "CI_COMMIT_BRANCH": "main",
            "CI_PROJECT_URL": project,
            "CI_SERVER_URL": "https://gitlab.example",
            "VOICES_PUSH_TOKEN": "glpat-secret",
        }
        done = subprocess.run(
            ["bash", "-e", "-o", "pipefail", "-c", "\n".join(lines)],
            cwd=workspace.folder,
            env=variables,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=PATIENCE_SECONDS,
            check=False,
        )
    assert done.returncode == code, done.stdout
    assert "glpat-secret" not in done.stdout
    return done.stdout


def test_a_plan_is_made_reviewed_and_applied_and_the_lock_pushed(
    pipeline: dict[str, Any], workspace: Workspace
) -> None:
    job(pipeline, workspace, "voices-validate", DEEPDUB_API_KEY_US="")
    job(pipeline, workspace, "voices-drift", code=2)
    job(pipeline, workspace, "voices-plan")
    named = pipeline["voices-plan"]["artifacts"]["paths"]
    assert all((workspace.folder / name).exists() for name in named)
    assert (workspace.folder / "plan.md").read_text().startswith("<!-- ddvoices plan tests-4mq7 us -->")
    assert workspace.there() == []
    job(pipeline, workspace, "voices-apply")
    assert len(workspace.there()) == 1
    log = git(workspace.folder.parent / "project.git", "log", "--format=%an: %s", "main").splitlines()
    assert log == ["ddvoices: Lock the voices", "ada: voices"]
    job(pipeline, workspace, "voices-drift")
    job(pipeline, workspace, "voices-apply")


def test_a_stale_plan_is_5_and_a_plan_that_fails_fails(
    pipeline: dict[str, Any], workspace: Workspace
) -> None:
    job(pipeline, workspace, "voices-plan")
    workspace.voice("ada", name="Another")
    workspace.save()
    assert "stale" in job(pipeline, workspace, "voices-apply", code=5)
    assert workspace.there() == []
    job(pipeline, workspace, "voices-plan", code=7, DEEPDUB_API_KEY_US="")


def test_what_is_installed_must_be_said(pipeline: dict[str, Any], workspace: Workspace) -> None:
    first = pipeline[".voices"]["before_script"][0]
    done = subprocess.run(["bash", "-ec", first], capture_output=True, text=True, env={}, check=False)
    assert (done.returncode, done.stdout) == (1, "set VOICES_SOURCE to what pip is to install\n")


def test_applies_never_overlap_and_take_the_plan_of_their_own_pipeline(pipeline: dict[str, Any]) -> None:
    applied = pipeline["voices-apply"]
    assert applied["resource_group"]
    assert applied["needs"] == ["voices-plan"]
    assert [rule["when"] for rule in applied["rules"]] == ["manual"]
