"""The action, each of its scripts run as GitHub runs it, against the emulator and a fake of GitHub's API."""

from __future__ import annotations

import base64
import json
import os
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import pytest
from ci.fake_github import REPOSITORY, TOKEN, FakeGitHub, fake_github
from ci.runner import Runner
from service import Emulator
from workspace import Workspace

pytestmark = pytest.mark.ci

PLAN = {"command": "plan"}
APPLY = {"command": "apply"}


def git(folder: Path, *arguments: str) -> str:
    who = ["-c", "user.name=ada", "-c", "user.email=ada@example.org"]
    done = subprocess.run(["git", *who, *arguments], cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@pytest.fixture
def github() -> Iterator[FakeGitHub]:
    with fake_github() as fake:
        yield fake


@pytest.fixture
def workspace(tmp_path: Path, emulator: Emulator) -> Workspace:
    """A catalog with one voice, in a clone of a repository that can be pushed to."""
    git(tmp_path, "init", "--quiet", "--bare", "-b", "main", "origin")
    git(tmp_path, "clone", "--quiet", "origin", "clone")
    made = Workspace(tmp_path / "clone", emulator)
    made.voice("ada")
    return made


@pytest.fixture
def runner(workspace: Workspace, github: FakeGitHub, tmp_path: Path) -> Runner:
    runner = Runner(workspace.folder, github, workspace.env, tmp_path / "temp")
    commit(workspace)
    return runner


def commit(workspace: Workspace) -> None:
    workspace.save()
    git(workspace.folder, "add", "voices")
    git(workspace.folder, "commit", "--quiet", "--allow-empty", "-m", "voices")
    git(workspace.folder, "push", "--quiet", "origin", "HEAD:main")


def test_a_plan_with_changes_is_one_comment_and_the_next_takes_its_place(
    runner: Runner, workspace: Workspace, github: FakeGitHub
) -> None:
    for number in range(130):
        github.say(f"comment {number}")
    first = runner.act(PLAN, runner.pull_request())
    assert (first.code, first.outputs["changes"], first.outputs["exit-code"]) == (0, "1", "2"), first.log
    body = github.comments[-1]["body"]
    assert body.startswith("<!-- ddvoices plan tests-4mq7 us -->\n### Voices of `tests-4mq7`: 1 to create")
    assert first.summary == body
    assert "+ ada" in first.log
    workspace.voice("bob")
    workspace.save()
    assert runner.act(PLAN, runner.pull_request()).code == 0
    assert "2 to create" in github.comments[-1]["body"]
    assert github.calls == ["POST /issues/7/comments", "PATCH /issues/comments/230"]
    assert sorted(workspace.env) == ["DEEPDUB_API_KEY_US"]
    assert workspace.key not in first.log + body


def test_without_changes_none_is_posted_and_one_that_is_there_says_so(
    runner: Runner, workspace: Workspace, github: FakeGitHub
) -> None:
    runner.act(PLAN, runner.pull_request())
    workspace.apply()
    done = runner.act(PLAN, runner.pull_request())
    assert (done.code, done.outputs["changes"], done.outputs["exit-code"]) == (0, "0", "0")
    assert "no changes; 1 in sync" in github.comments[0]["body"]
    assert github.calls == ["POST /issues/7/comments", "PATCH /issues/comments/100"]
    github.comments.clear()
    runner.act(PLAN, runner.pull_request())
    assert github.comments == []


def test_a_comment_of_a_person_with_our_marker_is_let_alone(runner: Runner, github: FakeGitHub) -> None:
    theirs = github.say("<!-- ddvoices plan tests-4mq7 us -->\nlooks good")
    runner.act(PLAN, runner.pull_request())
    assert theirs["body"].endswith("looks good")
    assert github.calls == ["POST /issues/7/comments"]


def test_where_no_comment_may_be_written_the_plan_is_in_the_summary(
    runner: Runner, github: FakeGitHub
) -> None:
    github.allowed = False
    done = runner.act(PLAN, runner.pull_request())
    assert done.code == 0
    assert [line.split(" ")[0] for line in done.commands] == ["::warning"]
    assert "1 to create" in done.summary


@pytest.mark.parametrize("event", ["push", "no comment wanted"])
def test_without_a_pull_request_there_is_no_comment(runner: Runner, github: FakeGitHub, event: str) -> None:
    wanted = {"comment": "false"} if event != "push" else {}
    done = runner.act({**PLAN, **wanted}, {} if event == "push" else runner.pull_request())
    assert (done.code, done.outputs["changes"], github.calls) == (0, "1", [])


@pytest.mark.parametrize(
    ("repository", "env"),
    [("stranger/voices", {}), (None, {}), (REPOSITORY, {"GITHUB_ACTOR": "dependabot[bot]"})],
    ids=["fork", "deleted fork", "dependabot"],
)
def test_a_fork_is_asked_for_no_key_and_its_catalog_is_validated(
    runner: Runner, workspace: Workspace, github: FakeGitHub, repository: str | None, env: dict[str, str]
) -> None:
    runner.env = env
    workspace.emulator.clear_requests(workspace.key)
    planned = runner.act(PLAN, runner.pull_request(repository))
    assert (planned.code, planned.outputs["plan"]) == (0, "")
    assert [line.split(" ")[0] for line in planned.commands] == ["::notice"]
    assert (github.calls, github.artifacts) == ([], [])
    assert workspace.emulator.requests(workspace.key) == []
    validated = runner.act({"command": "validate"}, runner.pull_request(repository))
    assert (validated.code, validated.commands) == (0, [])
    assert "0 errors, 0 warnings" in validated.log


def test_without_a_key_in_an_own_pull_request_it_fails(runner: Runner, github: FakeGitHub) -> None:
    runner.env = {}
    done = runner.act(PLAN, runner.pull_request())
    assert (done.code, done.outputs["exit-code"], github.calls) == (7, "7", [])
    assert "no API key for region us" in done.log


def test_a_region_that_cannot_be_asked_fails_and_the_comment_says_so(
    runner: Runner, workspace: Workspace, github: FakeGitHub
) -> None:
    workspace.emulator.faults(
        workspace.key, [{"path": "/voice", "method": "GET", "kind": "status", "status": 403}]
    )
    done = runner.act(PLAN, runner.pull_request())
    assert done.code == int(done.outputs["exit-code"]) == 1, done.log
    assert "- **Error**: `us`: `" in github.comments[0]["body"]


@pytest.mark.parametrize("command", ["validate", "plan"])
def test_what_is_wrong_stands_beside_its_line(runner: Runner, workspace: Workspace, command: str) -> None:
    workspace.voice("ada", gender="x")
    workspace.save()
    done = runner.act({"command": command}, runner.pull_request())
    assert (done.code, done.outputs["exit-code"], done.outputs["plan"]) == (3, "3", "")
    assert [line.partition(",")[0] for line in done.commands] == ["::error file=voices/all.yaml"]


def test_no_name_is_taken_for_a_command_of_the_runner(runner: Runner, workspace: Workspace) -> None:
    workspace.voice("ada", name="##[error]x")
    workspace.voice("bob", title="::error::y")
    workspace.save()
    for command in ("plan", "validate"):
        done = runner.act({"command": command}, runner.pull_request())
        assert done.code == 0
        assert ("##[error]" in done.log) == (command == "plan")
        assert done.commands == []


def test_regions_are_chosen_and_have_a_comment_of_their_own(
    tmp_path: Path, emulator: Emulator, github: FakeGitHub
) -> None:
    both = Workspace(tmp_path / "clone", emulator, regions=("eu", "us"))
    both.voice("ada")
    both.save()
    runner = Runner(both.folder, github, both.env, tmp_path / "temp")
    for regions in ("us", "eu", "us, eu", ""):
        assert runner.act({**PLAN, "regions": regions}, runner.pull_request()).code == 0
    heads = [comment["body"].partition("\n")[0] for comment in github.comments]
    assert heads == [f"<!-- ddvoices plan tests-4mq7 {regions} -->" for regions in ("us", "eu", "eu,us")]


def reviewed(runner: Runner, github: FakeGitHub, **inputs: str) -> None:
    """Plan a pull request, and merge it."""
    runner.act({**PLAN, **inputs}, runner.pull_request())
    github.merge("c" * 40, runner.head)


def test_the_reviewed_plan_is_applied_and_the_lock_pushed(
    runner: Runner, workspace: Workspace, github: FakeGitHub
) -> None:
    reviewed(runner, github)
    workspace.voice("bob")  # came to the branch by another way
    commit(workspace)
    other = workspace.folder.parent / "other"
    git(workspace.folder.parent, "clone", "--quiet", "origin", "other")
    git(other, "commit", "--quiet", "--allow-empty", "-m", "while it was applied")
    git(other, "push", "--quiet", "origin", "HEAD:main")
    done = runner.act(APPLY)
    assert done.code == 0, done.log
    assert [voice["name"] for voice in workspace.there()] == ["Ada"]
    log = git(workspace.folder.parent / "origin", "log", "--format=%an: %s", "-2", "main").splitlines()
    assert log == ["github-actions[bot]: Lock the voices", "ada: while it was applied"]
    assert github.leaked == []
    again = runner.act(APPLY)
    assert (again.code, len(workspace.there())) == (0, 1)


def test_a_push_brings_the_token_and_where_it_is_refused_the_job_fails_and_says_why(
    runner: Runner, workspace: Workspace, github: FakeGitHub
) -> None:
    reviewed(runner, github)
    git(workspace.folder, "remote", "set-url", "origin", f"{github.url}/git/voices.git")
    header = f"http.{github.url}/.extraheader"
    git(workspace.folder, "config", header, "AUTHORIZATION: basic of-the-checkout")
    agent = {
        "GIT_CONFIG_COUNT": "1",
        "GIT_CONFIG_KEY_0": "http.userAgent",
        "GIT_CONFIG_VALUE_0": "the-jobs-own",
    }
    runner.env |= agent  # what a job sets for git stays
    done = runner.act(APPLY)
    assert (done.code, len(workspace.there())) == (1, 1)
    assert [line for line in done.commands if "The lock could not be pushed" in line]
    basic = base64.b64encode(f"x-access-token:{TOKEN}".encode()).decode()
    assert set(github.pushed) == {f"basic {basic}"}
    assert github.agents == {"the-jobs-own"}
    assert TOKEN not in done.log
    assert basic not in done.log


def test_a_stale_plan_is_5_and_said(runner: Runner, workspace: Workspace, github: FakeGitHub) -> None:
    reviewed(runner, github)
    workspace.voice("ada", name="Another")
    commit(workspace)
    done = runner.act(APPLY)
    assert (done.code, workspace.there()) == (5, [])
    assert [line for line in done.commands if "stale" in line]
    assert "stale" in done.log


def test_what_nobody_has_reviewed_is_not_applied(
    runner: Runner, workspace: Workspace, github: FakeGitHub
) -> None:
    """No pull request, no artifact, or only one that a fork's run has made."""
    assert runner.act(APPLY).code == 5
    github.merge("c" * 40, runner.head)
    assert runner.act(APPLY).code == 5
    runner.act({**PLAN, "artifact": ""}, runner.pull_request())
    github.upload("ddvoices-plan", runner.temp / "ddvoices-plan", runner.head, fork=True)
    done = runner.act(APPLY)
    assert (done.code, workspace.there()) == (5, [])
    assert [line for line in done.commands if "no plan was reviewed" in line]
    workspace.apply()
    assert runner.act(APPLY).code == 0


def test_a_plan_that_deletes_is_only_taken_where_that_is_said_twice(
    runner: Runner, workspace: Workspace, github: FakeGitHub
) -> None:
    workspace.apply()
    del workspace.voices["ada"]
    workspace.voice("bob")
    commit(workspace)
    reviewed(runner, github, prune="true")
    assert runner.act(APPLY).code == 6
    assert len(workspace.there()) == 1
    assert runner.act({**APPLY, "prune": "true"}).code == 0
    assert [voice["name"] for voice in workspace.there()] == ["Bob"]


@pytest.mark.parametrize(
    ("plan", "said"),
    [
        (None, "::error title=ddvoices::The reviewed plan could not be fetched: it can't be unpacked"),
        (b"no JSON", "not a plan file"),
    ],
)
def test_an_artifact_that_is_broken_is_said_in_a_line(
    runner: Runner, github: FakeGitHub, plan: bytes | None, said: str
) -> None:
    runner.act(PLAN, runner.pull_request())
    packed = BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("plan.json", plan or b"")
    github.files = dict.fromkeys(github.files, b"no archive" if plan is None else packed.getvalue())
    github.merge("c" * 40, runner.head)
    done = runner.act(APPLY)
    assert done.code == 1
    assert said in done.log
    assert "Traceback" not in done.log


def test_a_page_that_cannot_be_made_is_said_and_the_plan_is_there(
    runner: Runner, github: FakeGitHub, tmp_path: Path
) -> None:
    program, real = tmp_path / "bin" / "ddvoices", Path(sys.executable).parent
    program.parent.mkdir()
    program.write_text(
        f'#!/bin/sh\ncase "$*" in *" html "*) echo no room >&2; exit 1;; esac\nexec {real}/ddvoices "$@"\n',
        encoding="utf-8",
    )
    program.chmod(0o755)
    runner.env["PATH"] = f"{program.parent}:{os.environ['PATH']}"
    done = runner.act(PLAN, runner.pull_request())
    assert (done.code, done.outputs["changes"], len(github.comments)) == (0, "1", 1)
    assert "no room" in done.log


def test_drift_fails_with_2(runner: Runner, workspace: Workspace, github: FakeGitHub) -> None:
    nightly = {**PLAN, "fail-on-changes": "true"}
    done = runner.act(nightly)
    assert (done.code, done.outputs["changes"], github.calls) == (2, "1", [])
    workspace.apply()
    assert runner.act(nightly).code == 0


def test_an_artifact_holds_the_plan_file_that_apply_takes(
    runner: Runner, workspace: Workspace, github: FakeGitHub
) -> None:
    done = runner.act(PLAN, runner.pull_request())
    assert [artifact["name"] for artifact in github.artifacts] == ["ddvoices-plan"]
    document = json.loads(Path(done.outputs["plan"]).read_text(encoding="utf-8"))
    assert document["summary"]["create"] == 1
    with zipfile.ZipFile(BytesIO(github.files[1])) as archive:
        assert sorted(archive.namelist()) == ["plan.html", "plan.json", "plan.md"]
        assert b"<html" in archive.read("plan.html")
    saved = workspace.folder.parent / "plan.json"
    saved.write_bytes(Path(done.outputs["plan"]).read_bytes())
    assert runner.act({**APPLY, "plan": str(saved), "push": "false"}).code == 0
    assert len(workspace.there()) == 1
    assert git(workspace.folder, "log", "--format=%s") == "voices"


def test_another_command_is_refused(runner: Runner) -> None:
    assert runner.act({"command": "delete; echo"}).code == 64


@pytest.mark.proof
def test_it_installs_itself_and_runs_what_it_has_installed(runner: Runner) -> None:
    done = runner.act({"command": "validate"}, install=True)
    assert done.code == 0, done.log
    assert "0 errors, 0 warnings" in done.log
    assert runner.path == [str(runner.temp / "ddvoices-venv" / "bin")]
