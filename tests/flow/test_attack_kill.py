"""Killed anywhere, on two machines at once, or with every kind of fault: nothing lost, nothing twice."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import pytest
from cli.program import command, environment
from workspace import Workspace

pytestmark = pytest.mark.proof

# Loaded by the interpreter before the program: kills it at the n-th fsync, before or after that is done.
_KILLER = """\
import os, signal
_fsync, _left = os.fsync, int(os.environ["KILL_AT"])
def fsync(descriptor):
    global _left
    _left -= 1
    if _left == 0 and os.environ["KILL"] == "before":
        os.kill(os.getpid(), signal.SIGKILL)
    _fsync(descriptor)
    if _left == 0:
        os.kill(os.getpid(), signal.SIGKILL)
os.fsync = fsync
"""
REPOSITORY = Path(__file__).parents[2]
MUCH = ["created", "updated", "replaced", "renamed"]


def much_to_do(workspace: Workspace) -> None:
    """Leave a create, an update, a replace, an adopt and two deletes to be done."""
    for key in (*MUCH[1:], "orphan"):
        workspace.voice(key)
    workspace.apply()
    workspace.new_sample("replaced", pitch=700)
    workspace.apply()
    del workspace.voices["orphan"]
    workspace.voice("created")
    workspace.voice("updated", name="Another")
    workspace.voices["renamed-2"] = workspace.voices.pop("renamed")
    workspace.new_sample("replaced", pitch=800)
    actions = Counter(action for action, *_ in workspace.changes("--prune"))
    assert actions == {"create": 1, "update": 1, "replace": 1, "adopt": 1, "delete": 2}


def is_done(workspace: Workspace, *arguments: str) -> None:
    """Run an apply to its end, and hold the service against the catalog."""
    assert workspace.apply("--settle", "0.5", *arguments)["converged"]
    workspace.apply("--settle", "0.5", *arguments)  # what was replaced just now is superseded only now
    assert workspace.changes(*arguments) == []
    markers = Counter(voice["speaker_id"] for voice in workspace.there())
    assert max(markers.values()) == 1
    ids = json.loads(workspace.run("ids").stdout)
    there = {voice["id"]: voice for voice in workspace.there()}
    names = {key: there[regions["us"]]["name"] for key, regions in ids.items()}
    assert names == {key: voice["name"] for key, voice in workspace.voices.items()}
    if "--prune" in arguments:
        assert len(there) == len(workspace.voices)


def killed_at_write(workspace: Workspace, number: int, when: str) -> bool:
    """Apply, be killed at a write to disk, and tell whether there were so many."""
    workspace.save()
    hooks = workspace.folder / "hooks"
    hooks.mkdir(exist_ok=True)
    (hooks / "sitecustomize.py").write_text(_KILLER)
    extra = {"PYTHONPATH": f"{hooks}{os.pathsep}{REPOSITORY}", "KILL_AT": str(number), "KILL": when}
    with environment({**workspace.env, **extra}) as variables:
        done = subprocess.run(
            command("apply", "--yes", "--prune", "--settle", "0.3"),
            env=variables,
            cwd=workspace.folder,
            capture_output=True,
            check=False,
        )
    assert done.returncode in (0, -signal.SIGKILL), done.stderr
    return done.returncode != 0


@pytest.mark.parametrize("echo", ["yes", "no"])
@pytest.mark.parametrize("when", ["before", "after"])
def test_killed_at_every_other_write_of_one_apply_after_another(
    workspace: Workspace, when: str, echo: str
) -> None:
    """Each run is killed one write later than the one before, and goes on where that one was."""
    workspace.emulator.settings(workspace.key, echo_speaker_id=echo)
    much_to_do(workspace)
    number = 1
    while killed_at_write(workspace, number, when) and number < 12:
        number += 2
    is_done(workspace, "--prune")


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("request_number", range(0, 10, 2))
def test_killed_at_a_request(workspace: Workspace, request_number: int, when: str) -> None:
    much_to_do(workspace)
    rule = {"kind": "hang", "skip": request_number, "count": 1, "when": when}
    workspace.emulator.faults(workspace.key, [rule])
    workspace.save()
    with environment(workspace.env) as variables:
        process = subprocess.Popen(command("apply", "--yes", "--prune"), env=variables, cwd=workspace.folder)
        try:
            wait_for_strike(workspace, process)
        finally:
            process.kill()
            process.wait()
    workspace.emulator.faults(workspace.key, [])
    is_done(workspace, "--prune")


def wait_for_strike(workspace: Workspace, process: subprocess.Popen[bytes]) -> None:
    for _ in range(400):
        if workspace.emulator.fault_counts(workspace.key)[0]["struck"] or process.poll() is not None:
            return
        time.sleep(0.02)
    raise AssertionError("it never asked")


KINDS = ["reset", "html", "cut", "empty", "head"]
CALLS = [
    ("GET", "/voice"),
    ("POST", "/voice"),
    ("PUT", "/voice"),
    ("DELETE", "/voice/*"),
    ("GET", "/voice/*"),
]


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("kind", KINDS)
def test_one_fault_of_a_kind_in_every_call(workspace: Workspace, kind: str, when: str) -> None:
    much_to_do(workspace)
    rules = [
        {"kind": kind, "when": when, "method": method, "path": path, "count": 1, "skip": int(method == "GET")}
        for method, path in CALLS
    ]
    workspace.emulator.faults(workspace.key, rules)
    report = workspace.apply("--prune", "--settle", "2", code=None)
    assert all(outcome["result"] in ("applied", "adopted", "already") for outcome in report["outcomes"]), (
        report
    )
    workspace.emulator.faults(workspace.key, [])
    is_done(workspace, "--prune")


@pytest.mark.parametrize("status", [400, 401, 402, 403, 404, 409, 418])
def test_a_status_in_every_write_is_an_honest_failure(workspace: Workspace, status: int) -> None:
    much_to_do(workspace)
    rules = [
        {"kind": "status", "status": status, "when": "after", "method": method, "count": 1}
        for method in ("POST", "PUT", "DELETE")
    ]
    workspace.emulator.faults(workspace.key, rules)
    done = workspace.run("apply", "--yes", "--prune", "--format", "json", "--settle", "0.5", code=None)
    assert done.returncode in (1, 4, 7)
    assert json.loads(done.stdout)["summary"]["failed"] > 0
    workspace.emulator.faults(workspace.key, [])
    is_done(workspace, "--prune")


def test_two_machines_at_once_converge_and_prune_leaves_one(workspace: Workspace) -> None:
    """Both see nothing, and both make it: the copies are named, and both machines choose the same."""
    keys = ("ada", "bob")
    for key in keys:
        workspace.voice(key)
    workspace.save()
    workspace.emulator.settings(workspace.key, latency_ms=150)
    second = workspace.folder / "second"
    shutil.copytree(workspace.root, second / "voices")
    codes = at_once(workspace, [workspace.folder, second])
    workspace.emulator.settings(workspace.key, latency_ms=0)
    assert codes == [0, 0]
    there = workspace.there()
    status = json.loads(workspace.run("status", "--format", "json").stdout)
    others = status["regions"]["us"]["others"]
    assert [other["standing"] for other in others] == ["duplicate"] * (len(there) - len(keys))
    for _ in range(2):
        assert set(at_once(workspace, [workspace.folder])) | set(at_once(workspace, [second])) == {0}
    workspace.apply("--prune")
    at_once(workspace, [second])
    assert len(workspace.there()) == len(keys)
    assert workspace.changes("--prune") == []
    assert (second / "voices/ddvoices.lock.json").read_text() == workspace.lock.read_text()


def at_once(workspace: Workspace, folders: Sequence[Path]) -> list[int]:
    with environment(workspace.env) as variables:
        running = [
            subprocess.Popen(command("apply", "--yes"), env=variables, cwd=folder, stdout=subprocess.DEVNULL)
            for folder in folders
        ]
        return [process.wait() for process in running]
