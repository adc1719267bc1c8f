"""How it looks: colour where it is wanted, escapes of others nowhere, data alone on stdout."""

from __future__ import annotations

import json
import os
import pty
import subprocess

import pytest
from cli.program import command, environment
from workspace import Workspace

EVIL = "Ada\x1b[31m\x07\u202e"
ESCAPE = "\x1b"


@pytest.mark.parametrize(
    ("arguments", "variables", "colored"),
    [
        ([], {}, False),
        (["--color", "always"], {}, True),
        (["--color", "always"], {"NO_COLOR": "1"}, True),
        ([], {"FORCE_COLOR": "1"}, True),
        ([], {"FORCE_COLOR": "1", "NO_COLOR": "1"}, False),
        (["--color", "never"], {"FORCE_COLOR": "1"}, False),
    ],
)
@pytest.mark.parametrize("subcommand", [["plan"], ["status"], ["apply", "--yes"]])
def test_colour(
    workspace: Workspace,
    arguments: list[str],
    variables: dict[str, str],
    colored: bool,
    subcommand: list[str],
) -> None:
    workspace.voice("ada")
    done = workspace.run(*arguments, *subcommand, env=variables)
    assert (ESCAPE in done.stdout) is colored


def stranger(workspace: Workspace, name: str) -> None:
    """Rename the one voice that is there, behind our back."""
    [voice] = workspace.there()
    status, _ = workspace.emulator.call(workspace.key, "PUT", "/voice", {"id": voice["id"], "name": name})
    assert status == 200


@pytest.mark.parametrize("subcommand", ["plan", "status"])
def test_escapes_in_the_services_names_are_shown_and_not_obeyed(
    workspace: Workspace, subcommand: str
) -> None:
    workspace.voice("ada")
    workspace.apply()
    stranger(workspace, EVIL)
    if subcommand == "status":
        workspace.voices = {}
    done = workspace.run(subcommand)
    assert "Ada\\x1b[31m\\x07\\u202e" in done.stdout
    assert not {ESCAPE, "\x07", "\u202e"} & set(done.stdout + done.stderr)


def test_json_holds_the_names_as_they_are(workspace: Workspace) -> None:
    workspace.voice("ada")
    workspace.apply()
    stranger(workspace, EVIL)
    [change] = workspace.plan()["regions"]["us"]["changes"]
    assert change["fields"] == [{"path": "name", "before": EVIL, "after": "Ada"}]


def test_progress_as_json_lines_on_stderr(workspace: Workspace) -> None:
    workspace.voice("ada"), workspace.voice("bob")
    done = workspace.run("--log-format", "json", "apply", "--yes", "--format", "json")
    lines = [json.loads(line) for line in done.stderr.splitlines()]
    assert [(line["key"], line["result"]) for line in lines] == [("ada", "applied"), ("bob", "applied")]
    assert json.loads(done.stdout)["converged"]


def test_a_bar_on_a_terminal_that_leaves_the_report_clean(workspace: Workspace) -> None:
    workspace.voice("ada"), workspace.voice("bob")
    workspace.save()
    ours, theirs = pty.openpty()
    with environment({**workspace.env, "TERM": "xterm", "COLUMNS": "80"}) as variables:
        done = subprocess.run(
            command("apply", "--yes"),
            env=variables,
            cwd=workspace.folder,
            stdout=subprocess.PIPE,
            stderr=theirs,
            text=True,
            check=False,
        )
    os.close(theirs)
    shown = os.read(ours, 65536).decode()
    os.close(ours)
    assert done.returncode == 0
    assert "2/2" in shown or "1/2" in shown
    assert ESCAPE not in done.stdout
    assert done.stdout.endswith("Apply: 2 applied.\n")


def test_quiet_says_only_what_is_wrong(workspace: Workspace) -> None:
    workspace.voice("ada")
    assert workspace.run("-q", "plan", "-o", "plan.json").stderr == ""


def test_verbose_says_what_is_asked_and_never_the_key(workspace: Workspace) -> None:
    workspace.voice("ada")
    done = workspace.run("-v", "apply", "--yes")
    assert "POST /voice" in done.stderr
    assert workspace.key not in done.stdout + done.stderr


def test_a_plan_of_a_choice_says_so(workspace: Workspace) -> None:
    workspace.voice("ada"), workspace.voice("bob")
    workspace.apply()
    assert workspace.run("plan", "-t", "a*").stdout == "No changes. 1 in sync, of those chosen by a*.\n"
    assert workspace.plan("-t", "a*")["targets"] == ["a*"]
