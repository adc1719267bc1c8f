"""Plan files, locks, samples and streams that somebody has tampered with, or that break on the way."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import threading
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cli.program import command, environment, run
from in_process import apply_here
from workspace import Workspace

from ddvoices.apply import Event
from ddvoices.errors import ExitCode


def edited(workspace: Workspace, edit: Callable[[dict[str, Any]], None]) -> None:
    """Make a plan file, and change it."""
    workspace.run("plan", "-o", "plan.json")
    path = workspace.folder / "plan.json"
    document = json.loads(path.read_text())
    edit(document)
    path.write_text(json.dumps(document))


def count_anew(plan: dict[str, Any]) -> None:
    """Let a plan that was edited not contradict itself."""
    total: Counter[str] = Counter()
    for region in plan["regions"].values():
        region["summary"] = dict.fromkeys(region["summary"], 0)
        region["summary"].update(Counter(change["action"] for change in region["changes"]))
        total.update(region["summary"])
    plan["summary"] = dict(total)


def test_an_item_that_stands_twice_in_a_plan_is_one_item(workspace: Workspace) -> None:
    def repeat(plan: dict[str, Any]) -> None:
        plan["regions"]["us"]["changes"] *= 2
        count_anew(plan)

    workspace.voice("ada")
    edited(workspace, repeat)
    workspace.run("apply", "plan.json")
    assert len(workspace.there()) == 1


def test_another_endpoint_is_another_plan_even_if_nobody_answers_there(two_regions: Workspace) -> None:
    two_regions.voice("ada")
    two_regions.run("plan", "-o", "plan.json")
    two_regions.settings["regions"]["eu"]["base_url"] = "http://127.0.0.1:9/api/v1"
    two_regions.run("apply", "plan.json", code=5)
    assert two_regions.there("us") == []


def test_an_adoption_was_reviewed_with_its_sample(workspace: Workspace) -> None:
    """Else the new sample would be taken for the voice's, and never sent."""
    workspace.emulator.settings(workspace.key, echo_speaker_id="no")
    workspace.voice("ada")
    workspace.apply()
    workspace.lock.unlink()
    assert workspace.changes() == [("adopt", "ada", "natural_key")]
    workspace.run("plan", "-o", "plan.json")
    workspace.new_sample("ada", pitch=700)
    workspace.run("apply", "plan.json", code=5)


NUMBERS = ["NaN", "-Infinity", "1e999", "9" * 400, "9" * 5000]


@pytest.mark.parametrize("number", NUMBERS, ids=lambda number: number[:9])
def test_a_number_without_end_is_no_plan(workspace: Workspace, number: str) -> None:
    workspace.voice("ada", age=34)
    workspace.run("plan", "-o", "plan.json")
    path = workspace.folder / "plan.json"
    text = path.read_text()
    assert '"after": 34' in text
    path.write_text(text.replace('"after": 34', f'"after": {number}'))
    for arguments in (
        ["show", "plan.json"],
        ["show", "plan.json", "--format", "json"],
        ["apply", "plan.json"],
    ):
        done = workspace.run(*arguments, code=1)
        assert (done.stdout, len(done.stderr.splitlines())) == ("", 1)


EVIL = "\ud800\x1b[31m\n\u202e/../.."


def test_evil_text_everywhere_in_a_plan(workspace: Workspace) -> None:
    def spoil(plan: dict[str, Any]) -> None:
        region = plan["regions"]["us"]
        region.update(endpoint=EVIL, account=EVIL)
        region["errors"] = [{"key": EVIL, "reason": "ambiguous", "message": EVIL}]
        for change in region["changes"]:
            change.update(key=EVIL, id=EVIL, note=EVIL)
            change["sample"].update(path=EVIL, format=EVIL)
            for field in change["fields"]:
                field.update(before=EVIL, after=EVIL)
        plan["regions"] = {EVIL: region, "us": {**region, "error": EVIL, "changes": []}}
        count_anew(plan)
        plan.update(
            tool_version=EVIL,
            created_at=EVIL,
            warnings=[EVIL],
            refusals=[{"region": EVIL, "message": EVIL, "forceable": True}],
            targets=[EVIL],
            labels=[EVIL],
            complete=False,
        )

    workspace.voice("ada")
    edited(workspace, spoil)
    for color in ("never", "always"):
        done = workspace.run("--color", color, "show", "plan.json")
        assert "\x1b[31m\n" not in done.stdout + done.stderr
        assert "\u202e" not in done.stdout + done.stderr
    json.loads(workspace.run("show", "plan.json", "--format", "json").stdout)
    assert len(workspace.run("apply", "plan.json", code=5).stderr.splitlines()) == 1


SENT: list[dict[str, Any]] = [
    {"sent": {"sample": 3}},
    {"sent": {"sample": {"seconds": "abc", "sha256": [1], "sound": {}}}},
    {"sent": {"sample": {"seconds": 10**400, "sha256": None}}},
    {"sent": {"sample": {}, "age": [1], "title": {"a": 1}, "publish": "no", "text": EVIL}},
    {"sent": {"sample": {}, "age": 10**400, "speaking_style": 7}},
    {"sent": {"name": 5, "locale": None, "gender": []}, "reported": {"name": 5, "locale": [], "gender": {}}},
    {"sent": {"name": "Ada", "locale": "en-US"}, "reported": {"name": 5, "locale": {}}},
    {"fingerprint": "9999999999999999999999:00"},
    {"fingerprint": EVIL},
    {"fingerprint": "1:"},
    {"id": EVIL},
    {"id": ""},
    {"id": "."},
    {"origin": "adopted", "fingerprint": None},
]


@pytest.mark.parametrize(
    "evil",
    [each if at % 5 == 0 else pytest.param(each, marks=pytest.mark.proof) for at, each in enumerate(SENT)],
    ids=lambda evil: repr(evil)[:50],
)
def test_a_lock_that_holds_nonsense_deep_inside(workspace: Workspace, evil: dict[str, Any]) -> None:
    """An error, or a plan: never a traceback, and no document that isn't one."""
    workspace.emulator.settings(workspace.key, echo_speaker_id="no")
    workspace.voice("ada")
    workspace.apply()
    lock = json.loads(workspace.lock.read_text())
    [account] = lock["regions"]["us"].values()
    account["ada"]["voices"][0].update(evil)
    account[EVIL] = account["ada"]
    lock["regions"][EVIL] = {EVIL: account}
    workspace.lock.write_text(json.dumps(lock))
    [voice] = workspace.there()
    workspace.emulator.call(
        workspace.key, "PUT", "/voice", {"id": voice["id"], "name": "Eve", "locale": "de-DE"}
    )
    workspace.new_sample("ada", pitch=700)
    workspace.run("plan", code=None)
    done = workspace.run("plan", "--format", "json", "-o", "plan.json", code=None)
    if done.stdout:
        json.loads(done.stdout, parse_constant=pytest.fail)
        workspace.run("show", "plan.json")
        workspace.run("apply", "plan.json", code=None)


@pytest.mark.parametrize("name", ["ddvoices.lock.json", ".ddvoices/journal.jsonl"])
@pytest.mark.parametrize("target", ["/dev/zero", "fifo", ".", "hole", "elsewhere.json"])
def test_a_lock_or_journal_that_is_no_file_here(workspace: Workspace, name: str, target: str) -> None:
    workspace.voice("ada")
    workspace.save()
    path = workspace.root / name
    path.parent.mkdir(exist_ok=True)
    elsewhere = workspace.folder / "elsewhere.json"
    elsewhere.write_text('{"format_version": "of another file"}\n', encoding="utf-8")
    if target == "fifo":
        os.mkfifo(path)
    elif target == "hole":
        to_hole(path)
    else:
        path.symlink_to(elsewhere if target == elsewhere.name else target)
    for arguments in (["plan"], ["apply", "--yes"]):
        done = limited(workspace, "ulimit -v 2000000 -t 20; exec timeout 20", *arguments)
        assert done.returncode == 1, done.stderr
        assert len(done.stderr.splitlines()) == 1, done.stderr
        assert "of another file" not in done.stderr
    assert workspace.there() == []


def test_a_folder_of_the_journal_that_leads_elsewhere(workspace: Workspace) -> None:
    workspace.voice("ada")
    workspace.save()
    elsewhere = workspace.folder / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "journal.jsonl").write_text("of another file\n", encoding="utf-8")
    (workspace.root / ".ddvoices").symlink_to(elsewhere)
    for arguments in (["plan"], ["apply", "--yes"]):
        assert "is a link, and nothing is read" in workspace.run(*arguments, code=1).stderr
    assert workspace.there() == []


def limited(
    workspace: Workspace, shell: str, *arguments: str, after: str = "", **variables: str
) -> subprocess.CompletedProcess[str]:
    """Run the program behind some words of a shell."""
    workspace.save()
    with environment({**workspace.env, **variables}) as known:
        return subprocess.run(
            ["bash", "-c", f"{shell} {shlex.join(command(*arguments))} {after}"],
            env=known,
            cwd=workspace.folder,
            capture_output=True,
            text=True,
            errors="replace",
            check=False,
        )


def to_folder(path: Path) -> None:
    path.mkdir()


def to_endless(path: Path) -> None:
    path.symlink_to("/dev/zero")


def to_hole(path: Path) -> None:
    path.touch()
    os.truncate(path, 2**40)


@pytest.mark.parametrize("become", [to_folder, os.mkfifo, to_endless, to_hole])
def test_a_sample_that_becomes_something_else_while_others_are_sent(
    workspace: Workspace, become: Callable[[Path], None]
) -> None:
    workspace.voice("ada"), workspace.voice("bob")
    workspace.save()
    workspace.emulator.settings(workspace.key, latency_ms=300)
    thread = threading.Thread(target=swap_after_first_intent, args=(workspace, become))
    thread.start()
    report = workspace.apply(code=4)
    thread.join()
    assert {outcome["key"]: outcome["result"] for outcome in report["outcomes"]} == {
        "ada": "applied",
        "bob": "stale",
    }


def test_a_sample_that_is_recorded_anew_while_others_are_sent_is_not_even_announced(
    workspace: Workspace,
) -> None:
    """As long as before, to the byte; and no intent is left of it, were the run killed now."""
    workspace.voice("ada"), workspace.voice("bob")
    written: list[str] = []

    def edit(event: Event) -> None:
        if event.change.key == "bob" and event.outcome is None:
            workspace.new_sample("bob", pitch=700)
        elif event.change.key == "bob":
            written.append((workspace.root / ".ddvoices/journal.jsonl").read_text())

    report = apply_here(workspace, on_event=edit)
    assert [outcome.result for outcome in report.outcomes] == ["applied", "stale"]
    assert report.outcomes[1].error_code is ExitCode.STALE
    assert [("ada" in text, "bob" in text) for text in written] == [(True, False)]
    assert len(workspace.there()) == 1


def swap_after_first_intent(workspace: Workspace, become: Callable[[Path], None]) -> None:
    journal = workspace.root / ".ddvoices/journal.jsonl"
    for _ in range(1000):
        if journal.exists() and '"ada"' in journal.read_text():
            break
        time.sleep(0.01)
    sample = workspace.root / "samples/bob.wav"
    sample.unlink()
    become(sample)


@pytest.mark.parametrize(
    ("arguments", "after"),
    [
        (["plan"], ">/dev/full"),
        (["plan", "--format", "json"], ">/dev/full"),
        (["status"], ">/dev/full"),
        (["ids"], ">/dev/full"),
        (["apply", "--yes"], ">/dev/full"),
        (["apply", "--yes", "--format", "json"], ">/dev/full"),
        (["plan"], ">&-"),
        (["apply", "--yes"], ">&-"),
        (["apply"], "<&-"),
        (["plan"], "2>&-"),
        (["plan"], "2>/dev/full"),
    ],
    ids=lambda value: value if isinstance(value, str) else " ".join(value),
)
def test_streams_that_are_full_or_closed(workspace: Workspace, arguments: list[str], after: str) -> None:
    workspace.voice("ada")
    done = limited(workspace, "exec", *arguments, after=after)
    assert "Traceback" not in done.stderr, done.stderr
    assert len(done.stderr.splitlines()) <= 2
    if "full" in after and "2>" not in after:
        assert done.returncode == 1
        assert "No space left" in done.stderr
    assert len(workspace.there()) <= 1


@pytest.mark.parametrize("after", ["2>/dev/full", "2> >(exec true)"])
def test_who_follows_the_progress_may_leave(workspace: Workspace, after: str) -> None:
    """What can't be told is no reason to stop in the midst."""
    workspace.voice("ada"), workspace.voice("bob")
    workspace.emulator.settings(workspace.key, latency_ms=50)
    arguments = ("--log-format", "json", "-v", "apply", "--yes", "--format", "json")
    done = limited(workspace, "exec", *arguments, after=after)
    assert done.returncode == 0
    assert json.loads(done.stdout)["converged"]


@pytest.mark.parametrize("encoding", ["ascii", "latin-1"])
def test_a_terminal_that_can_not_show_a_name(workspace: Workspace, encoding: str) -> None:
    workspace.voice("ada", name="Адa é")
    for arguments in (
        ["plan"],
        ["plan", "--format", "json"],
        ["apply", "--yes", "--format", "json"],
        ["status"],
    ):
        done = limited(workspace, "exec", *arguments, PYTHONUTF8="0", PYTHONIOENCODING=encoding, after="")
        assert done.returncode == 0, done.stderr
        if "json" in arguments:
            json.loads(done.stdout)


def test_a_disk_that_is_full_when_the_lock_learns_what_the_service_says(workspace: Workspace) -> None:
    """The report comes all the same, and what could not be written down has failed."""
    workspace.emulator.settings(workspace.key, echo_speaker_id="own")
    for number in range(5):
        workspace.voice(f"key-{number}")
    errors = []
    for kilobytes in (7, 8, 9, 10):
        workspace.emulator.reset(workspace.key)
        workspace.emulator.settings(workspace.key, echo_speaker_id="own")
        workspace.lock.unlink(missing_ok=True)
        journal = workspace.root / ".ddvoices/journal.jsonl"
        journal.unlink(missing_ok=True)
        done = limited(workspace, f"ulimit -f {kilobytes}; exec", "apply", "--yes", "--format", "json")
        report = json.loads(done.stdout)
        errors += [outcome["error"] for outcome in report["outcomes"] if outcome["error"]]
        assert workspace.apply("--settle", "0.5")["converged"]
        assert len(workspace.there()) == 5
        assert workspace.changes() == []
    assert any("not verified" in error for error in errors), errors


def test_a_plan_is_written_to_a_pipe_which_stays_one(workspace: Workspace) -> None:
    workspace.voice("ada")
    workspace.save()
    pipe = workspace.folder / "pipe"
    os.mkfifo(pipe)
    with subprocess.Popen(["cat", pipe], stdout=subprocess.PIPE) as reader:
        workspace.run("plan", "-o", "pipe")
        assert reader.stdout
        assert json.load(reader.stdout)["format_version"] == "1.0"
    assert pipe.is_fifo()


def test_what_has_no_end_is_no_plan_and_no_text(workspace: Workspace) -> None:
    workspace.voice("ada")
    assert "over 256 MB" in workspace.run("show", "/dev/zero", code=1).stderr
    assert "over 10 MB" in workspace.run("tts", "-f", "/dev/zero", "--voice", "ada", code=64).stderr


@pytest.mark.parametrize("catalog", ["voices", ".", "#voices", "a/b"])
def test_git_never_sees_the_journal(workspace: Workspace, catalog: str) -> None:
    here = workspace.folder / "repository"
    here.mkdir()
    environment = {"DEEPDUB_BASE_URL": workspace.emulator.base_url, **workspace.env}
    for arguments in (["init"], ["apply", "--yes"]):
        assert run("--catalog", catalog, *arguments, cwd=here, env=environment).returncode == 0
    subprocess.run(["git", "init", "-q"], cwd=here, check=True)
    listed = subprocess.run(
        ["git", "status", "--porcelain", "-uall"], cwd=here, check=True, capture_output=True, text=True
    ).stdout
    assert "ddvoices.lock.json" in listed
    assert "journal" not in listed
