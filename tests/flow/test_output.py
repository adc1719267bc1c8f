"""How it looks: colour where it is wanted, escapes of others nowhere, data alone on stdout."""

from __future__ import annotations

import json
import os
import pty
import subprocess
from datetime import datetime, timedelta

import pytest
from cli.program import command, environment, on_terminal, shown_at
from click import unstyle
from killing import kill_at
from rich.cells import cell_len
from workspace import Workspace, write_tone

EVIL = "Ada\x1b[31m\x07\u202e"
ESCAPE = "\x1b"
BUSY = {"kind": "status", "status": 429, "retry_after": 1, "count": 1}


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


TALE = "It is a truth universally acknowledged, that a man in possession of a good fortune must want"
LONG = "Robert, who builds whatever can be built by anybody, sooner"
FORM: dict[str, dict[str, str]] = {
    "ada": {},
    "bob-the-builder": {},
    "kana": {"name": "語り手 ☕ (ナレーター)"},
    "of-a-long-name-that-goes-on-and-on-until-nobody-wants-to-read-it-any-more": {},
    "tale": {"text": TALE},
}


@pytest.fixture
def motley(two_regions: Workspace) -> Workspace:
    """Return two regions where nearly everything differs that can."""
    for key, fields in FORM.items():
        two_regions.voice(key, **fields)
    two_regions.voice("gone")
    two_regions.stranger(title="声 of a stranger, whose name is longer than a terminal would like")
    two_regions.apply()
    del two_regions.voices["gone"]
    write_tone(two_regions.root / "samples" / "ada.wav", pitch=333, seconds=5)
    two_regions.voice("bob-the-builder", name=LONG, locale="en-GB")
    two_regions.voice("kana", name="語り手 ☕ (ナレーター二号)")
    two_regions.voice("tale", text=f"{TALE} a wife")
    two_regions.voice("new", regions=["us"], title="A title", age=34)
    two_regions.run("plan", "-o", "plan.json")
    return two_regions


@pytest.mark.parametrize("width", [24, 80])
def test_a_terminals_lines_fit_and_hold_what_a_pipe_gets(motley: Workspace, width: int) -> None:
    """On a narrow terminal ``status`` has words in the place of columns."""
    for arguments in (["plan", "--prune"], ["show", "plan.json"], ["status"], ["status", "--only-differing"]):
        lines = shown_at(width, *arguments, env=motley.env, cwd=motley.folder)
        plain = [unstyle(line) for line in lines]
        assert all(cell_len(line) <= width for line in plain)
        assert any(ESCAPE in line for line in lines)
        if width >= 60 or "status" not in arguments:
            piped = motley.run(*arguments).stdout
            assert "".join("".join(plain).split()) == "".join(piped.split())
    applied = shown_at(width, "apply", "--yes", "--force", env=motley.env, cwd=motley.folder)
    assert all(cell_len(unstyle(line)) <= width for line in applied)
    assert any("Apply: " in line for line in applied)


def test_a_pipe_gets_a_line_for_each_thing_however_long_it_is(motley: Workspace) -> None:
    matrix = motley.run("status").stdout.splitlines()[: len(motley.voices) + 1]
    assert [line.split()[0] for line in matrix] == ["voice", "≠", "≠", "≠", "+", "=", "≠"]
    assert len({line.rindex("  ") for line in matrix}) == 1
    assert f'        name: "Bob-The-Builder" → "{LONG}"' in motley.run("plan").stdout.splitlines()


def test_a_message_is_folded_and_a_command_in_it_stays_whole(workspace: Workspace) -> None:
    env = {**workspace.env, "COLUMNS": "60"}
    code, shown = on_terminal("--color", "never", "plan", env=env, cwd=workspace.folder)
    assert code == 3
    first, *rest = shown.splitlines()
    assert first.startswith("error: voices: no catalog here")
    assert all(line.startswith("  ") and len(line) <= 60 for line in rest)
    assert "`ddvoices init`" in shown


ASCII = {"PYTHONUTF8": "0", "LC_ALL": "C", "PYTHONCOERCECLOCALE": "0", "PYTHONIOENCODING": "ascii"}


def test_where_only_ascii_can_be_shown_nothing_else_is(motley: Workspace) -> None:
    def shown(*arguments: str) -> str:
        done = motley.run(*arguments, env=ASCII)
        assert (done.stdout + done.stderr).isascii()
        return done.stdout

    for arguments in (["plan", "--prune"], ["show", "plan.json"]):
        plan = shown(*arguments)
        assert '"\\u8a9e\\u308a\\u624b \\u2615 (' in plan
        assert "3.2 s -> 5.0 s, wav, 102 kB -> 160 kB" in plan
    status = shown("status")
    assert "\n!= ada " in status
    assert "\\u58f0 of a stranger" in status
    assert "Apply: " in shown("apply", "--yes", "--force")


def test_what_turns_while_there_is_a_wait_is_ascii_where_nothing_else_can_be_shown(
    workspace: Workspace,
) -> None:
    workspace.voice("ada")
    workspace.save()
    workspace.emulator.faults(
        workspace.key, [{"method": method, "path": "/voice", **BUSY} for method in ("GET", "POST")]
    )
    env = {**workspace.env, **ASCII, "COLUMNS": "40"}
    code, shown = on_terminal("apply", "--yes", env=env, cwd=workspace.folder)
    assert code == 0
    assert "us: too many requests" in shown
    assert shown.isascii()
    assert "\\u" not in shown


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
    rule = {"method": "POST", "path": "/voice", "kind": "status", "status": 400, "skip": 1}
    workspace.emulator.faults(workspace.key, [rule])
    done = workspace.run("--log-format", "json", "-v", "apply", "--yes", "--format", "json", code=4)
    lines = [json.loads(line) for line in done.stderr.splitlines()]
    report = json.loads(done.stdout)
    calls, told = [
        [line for line in lines if (line["event"] == "call") is is_call] for is_call in (True, False)
    ]
    assert [line["event"] for line in told] == ["start", "change", "change", "summary"]
    for line, outcome in zip(told[1:3], report["outcomes"], strict=True):
        assert line.items() >= outcome.items()
        assert "  " not in line["message"]
    assert [(line["level"], line["done"], line["total"]) for line in told[1:3]] == [
        ("info", 1, 2),
        ("error", 2, 2),
    ]
    assert told[-1]["summary"] == report["summary"]
    assert {(line["method"], line["path"], line["status"]) for line in calls} >= {("POST", "/voice", 400)}
    assert all(datetime.fromisoformat(line["time"]).utcoffset() == timedelta(0) for line in lines)


def test_a_bar_on_a_terminal_that_leaves_the_report_clean(workspace: Workspace) -> None:
    workspace.voice("ada"), workspace.voice("bob")
    workspace.save()
    busy = [{"method": method, "path": "/voice", **BUSY} for method in ("GET", "POST")]
    workspace.emulator.faults(workspace.key, busy)
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
    asking, _, applying = shown.partition("0/2")
    assert all("us: too many requests: waiting 1 s" in part for part in (asking, applying))
    assert "0:00:01" in shown
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


def busy(workspace: Workspace, method: str, status: int, **more: int) -> None:
    """Let the service say from now on that it is asked too much."""
    rule = {"method": method, "path": "/voice", "kind": "status", "status": status, **more}
    workspace.emulator.faults(workspace.key, [rule])


def test_waits_are_said_once_for_all_that_wait(workspace: Workspace) -> None:
    for key in ("ada", "bob", "cleo", "dora"):
        workspace.voice(key)
    busy(workspace, "POST", 429, retry_after=1, skip=1, count=3)
    said = workspace.run("--log-format", "json", "apply", "--yes").stderr.splitlines()
    waits = [line for line in map(json.loads, said) if line.get("event") == "wait"]
    assert waits[0]["message"] == "us: too many requests: waiting 1 s before try 2 of 6"
    fields = {"region": "us", "status": 429, "seconds": 1.0, "try": 2, "tries": 6}
    assert waits[0].items() >= fields.items()
    assert len(waits) < 3
    busy(workspace, "GET", 503, retry_after=1, count=1)
    assert workspace.run("status").stderr == "us: busy (503): waiting 1 s before try 2 of 6\n"


def test_what_a_killed_run_left_open_is_said(workspace: Workspace) -> None:
    workspace.voice("ada")
    workspace.save()
    kill_at(workspace, {"method": "POST"}, "before")
    left = "us: an apply was interrupted, or is still at work: ada was sent and not answered; "
    assert left in workspace.run("status").stderr
    done = workspace.run("apply", "--yes", "--settle", "0.1")
    assert done.stderr == "us: an earlier run was interrupted: looking for ada (up to 0.1 s)\n"


def test_what_is_given_up_says_after_how_long_and_what_may_help(workspace: Workspace) -> None:
    workspace.voice("ada")
    busy(workspace, "POST", 429, retry_after="0.01")
    error = workspace.apply(code=1)["outcomes"][0]["error"]
    assert error.endswith("(after 6 tries in 0 s): try again later, or with a lower --parallelism")
    busy(workspace, "GET", 429, retry_after="0.01")
    assert "(after 6 tries in 0 s): try again later\n" in workspace.run("-q", "plan", code=1).stdout
