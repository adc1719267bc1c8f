"""What stops a run, whole or in part: what is under way ends, the rest goes on or is said to be left."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest
from cli.program import command, environment, run
from rights import needs_modes
from service import Emulator
from workspace import Workspace
from world import PENDING, finish, make_world, untouchable

pytestmark = pytest.mark.proof

POST = {"method": "POST", "path": "/voice", "kind": "status"}
AT_ONCE = 3  # creates of one region that may be under way when the first is refused


@pytest.mark.parametrize("status", [401, 402, 403])
def test_a_refused_create_stops_the_creates_and_the_rest_goes_on(
    tmp_path: Path, emulator: Emulator, status: int
) -> None:
    """In its region; the other doesn't hear of it. A refused key stops all that comes after it."""
    world = make_world(tmp_path / "world", emulator)
    workspace = world.copy(tmp_path / "copy", emulator, regions=("us", "eu"))
    for key in ("many", "more", "most"):
        workspace.voice(key)
    there = untouchable(workspace)
    emulator.faults(workspace.key, [{**POST, "status": status}])
    report = workspace.apply("--prune", code=4)
    outcomes = [outcome for outcome in report["outcomes"] if outcome["region"] == "us"]
    assert Counter(o["action"] for o in outcomes) == PENDING | {"create": PENDING["create"] + 3}
    uploads = [outcome for outcome in outcomes if outcome["action"] in ("create", "replace")]
    assert {outcome["result"] for outcome in uploads} == {"failed", "skipped"}
    assert all(str(status) in outcome["error"] for outcome in uploads)
    assert 1 <= workspace.calls().count("POST /voice") <= AT_ONCE
    rest = {outcome["result"] for outcome in outcomes if outcome["action"] in ("update", "adopt")}
    assert rest == {"applied", "adopted"} or status == 401
    assert {o["result"] for o in report["outcomes"] if o["region"] == "eu"} == {"applied", "adopted"}
    emulator.faults(workspace.key, [])
    finish(workspace, there)


def started(workspace: Workspace, *arguments: str, until: str = "intent") -> subprocess.Popen[str]:
    """Start an apply, and return when it has begun to send, or has written down what it waits for."""
    workspace.save()
    with environment(workspace.env) as variables:
        process = subprocess.Popen(
            command("apply", "--yes", *arguments),
            env=variables,
            cwd=workspace.folder,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        journal = workspace.root / ".ddvoices" / "journal.jsonl"
        for _ in range(600):
            if journal.exists() and f'"op":"{until}"' in journal.read_text():
                return process
            time.sleep(0.02)
    process.kill()
    raise AssertionError("it never began")


@pytest.mark.parametrize("form", ["text", "json"])
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=["int", "term"])
def test_130_at_a_signal_what_is_under_way_ends_and_the_report_comes(
    workspace: Workspace, number: signal.Signals, form: str
) -> None:
    keys = [f"voice-{n}" for n in range(8)]
    for key in keys:
        workspace.voice(key)
    workspace.emulator.settings(workspace.key, latency_ms=500)
    process = started(workspace, "--format", form)
    process.send_signal(number)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 130, err
    assert "interrupted: what is under way is finished" in err
    made = {voice["name"] for voice in workspace.there()}
    assert 0 < len(made) <= AT_ONCE
    if form == "json":
        report = json.loads(out)
        results = {outcome["key"].title(): outcome["result"] for outcome in report["outcomes"]}
        assert {name for name, result in results.items() if result == "applied"} == made
        assert set(results.values()) == {"applied", "skipped"}
        assert (len(results), report["pending"]) == (len(keys), len(keys) - len(made))
    else:
        assert f"{len(made)} applied" in out
        assert f"Interrupted: {len(keys) - len(made)} not begun; run the same command again." in out
    workspace.emulator.settings(workspace.key, latency_ms=0)
    assert workspace.apply()["converged"]
    assert len(workspace.there()) == len(keys)


def test_the_report_comes_though_nobody_takes_the_messages(workspace: Workspace) -> None:
    """What is read of them ends before the run does, as by ``2>&1 >report.json | head``."""
    for key in ("ada", "bob", "cleo"):
        workspace.voice(key)
    workspace.save()
    ours, theirs = os.pipe()
    os.close(ours)
    with environment(workspace.env) as variables:
        done = subprocess.run(
            command("--log-format", "json", "--verbose", "apply", "--yes", "--format", "json"),
            env=variables,
            cwd=workspace.folder,
            stdout=subprocess.PIPE,
            stderr=theirs,
            timeout=60,
            check=False,
        )
    os.close(theirs)
    assert done.returncode == 0
    assert json.loads(done.stdout)["converged"]
    assert len(workspace.there()) == 3


def test_what_a_killed_run_has_made_outlives_a_run_of_another_region(two_regions: Workspace) -> None:
    """Which can't look for it: it may show up later, and is not gone."""
    two_regions.voice("ada")
    two_regions.emulator.settings(two_regions.keys["eu"], visible_after_ms=60_000)
    process = started(two_regions, "-r", "eu", "--settle", "60", until="voice")
    process.kill()
    process.communicate()
    two_regions.apply("-r", "us")
    assert two_regions.apply("-r", "eu", "--settle", "0.3", code=1)["outcomes"] == []
    two_regions.emulator.settings(two_regions.keys["eu"], visible_after_ms=0)
    assert two_regions.apply()["converged"]
    assert [len(two_regions.there(region)) for region in two_regions.keys] == [1, 1]


@pytest.mark.parametrize("form", ["text", "json"])
def test_130_a_key_that_is_held_down_neither_stops_the_report_nor_leaves_anything_behind(
    two_regions: Workspace, form: str
) -> None:
    workspace = two_regions
    for number in range(12):
        workspace.voice(f"voice-{number:02}")
    for key in workspace.keys.values():
        workspace.emulator.settings(key, latency_ms=200)
    process = started(workspace, "--format", form)
    while process.poll() is None:
        process.send_signal(signal.SIGINT)
        time.sleep(0.01)
    out, err = process.communicate()
    assert process.returncode == 130, err
    assert err.splitlines() == ["interrupted: what is under way is finished, and then reported"]
    assert json.loads(out)["summary"]["skipped"] if form == "json" else "Interrupted: " in out
    assert {path.name for path in workspace.root.glob(".*")} == {".ddvoices"}
    assert workspace.apply()["converged"]
    assert [len(workspace.there(region)) for region in workspace.keys] == [12, 12]


@pytest.mark.parametrize("arguments", [("plan",), ("apply", "--yes"), ("import", "--all")], ids=" ".join)
def test_130_nobody_waits_for_services_that_do_not_answer(
    two_regions: Workspace, arguments: tuple[str, ...]
) -> None:
    """While it is planned nothing is under way that must come to its end."""
    workspace = two_regions
    workspace.voice("ada")
    workspace.save()
    for key in workspace.keys.values():
        workspace.emulator.faults(key, [{"kind": "hang"}])
    with environment(workspace.env) as variables:
        process = subprocess.Popen(
            command(*arguments), env=variables, cwd=workspace.folder, stderr=subprocess.PIPE, text=True
        )
        while not all(workspace.emulator.fault_counts(k)[0]["struck"] for k in workspace.keys.values()):
            time.sleep(0.05)
        process.send_signal(signal.SIGINT)
        try:
            _, err = process.communicate(timeout=15)  # one time-out is twice as long
        finally:
            process.kill()
    assert (process.returncode, err.strip()) == (130, "interrupted")


def test_the_second_of_two_waits_for_the_first_and_finds_it_all_done(workspace: Workspace) -> None:
    for key in ("ada", "bob", "cleo"):
        workspace.voice(key)
    workspace.emulator.settings(workspace.key, latency_ms=300)
    first = started(workspace)
    assert workspace.apply("--lock-timeout", "60")["outcomes"] == []
    assert first.wait(timeout=1) == 0
    first.communicate()
    assert workspace.calls() == ["POST /voice"] * 3


def test_the_second_of_two_goes_on_where_the_first_was_killed(workspace: Workspace) -> None:
    """It waits while the first lives, and not a moment longer."""
    workspace.voice("ada"), workspace.voice("bob")
    rule = {"method": "POST", "path": "/voice", "kind": "hang", "when": "after", "count": 1}
    workspace.emulator.faults(workspace.key, [rule])
    first = started(workspace)
    try:
        with environment(workspace.env) as variables:
            second = subprocess.Popen(
                command("apply", "--yes", "--lock-timeout", "60"),
                env=variables,
                cwd=workspace.folder,
                stdout=subprocess.DEVNULL,
            )
            time.sleep(1.5)
            assert second.poll() is None
            first.kill()
            assert second.wait(timeout=30) == 0
    finally:
        first.kill()
        first.communicate()
    assert len(workspace.there()) == 2
    assert workspace.changes() == []


def journal_text(text: str) -> Callable[[Workspace], None]:
    def write(workspace: Workspace) -> None:
        path = workspace.root / ".ddvoices" / "journal.jsonl"
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)

    return write


BROKEN = {
    "cut in the middle": (journal_text('{"op": "intent", "id"\n{"op": "folded"}\n'), "then delete it"),
    "newer": (journal_text('{"op": "journal", "format_version": "1.1"}\n'), "upgrade ddvoices"),
    "older": (journal_text('{"op": "journal", "format_version": "0.9"}\n'), "then delete it"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_1_a_broken_journal_stops_before_anything_is_sent(workspace: Workspace, name: str) -> None:
    spoil, said = BROKEN[name]
    workspace.voice("ada")
    workspace.save()
    spoil(workspace)
    for arguments in (["plan"], ["apply", "--yes"]):
        done = workspace.run(*arguments, code=1)
        [line] = done.stderr.splitlines()
        assert "journal.jsonl" in line
        assert said in line
    assert workspace.there() == []
    (workspace.root / ".ddvoices" / "journal.jsonl").unlink()
    assert workspace.apply()["converged"]


@needs_modes
def test_1_a_catalog_that_may_only_be_read_applies_nothing(workspace: Workspace) -> None:
    workspace.voice("ada")
    workspace.save()
    workspace.root.chmod(0o555)
    done = run("apply", "--yes", env=workspace.env, cwd=workspace.folder)
    workspace.root.chmod(0o755)
    assert (done.returncode, workspace.there()) == (1, [])
    assert "apply needs to write there" in done.stderr
