"""Killed anywhere, once and again, and on two machines at once: nothing lost, nothing twice."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from cli.program import command, environment
from killing import APPLY, kill_at_request
from service import Emulator
from workspace import Workspace
from world import World, finish, make_world, untouchable

pytestmark = pytest.mark.proof

# Loaded by the interpreter before the program: kills it at the n-th of these calls, before or after that is
# done, or ("torn") when half of the n-th line has been written; counts them where nothing is to be killed.
_KILLER = """\
import atexit, itertools, os, signal
_at, _when = int(os.environ["KILL_AT"]), os.environ["KILL"]
_numbers = itertools.count(1)
def _die():
    os.kill(os.getpid(), signal.SIGKILL)
def _mortal(call):
    def wrapped(*args, **named):
        last = next(_numbers) == _at
        if last and _when == "before":
            _die()
        if last and _when == "torn":
            call(args[0], args[1][: len(args[1]) // 2])
            _die()
        result = call(*args, **named)
        if last:
            _die()
        return result
    return wrapped
for _name in ["write"] if _when == "torn" else ["fsync", "replace", "ftruncate"]:
    setattr(os, _name, _mortal(getattr(os, _name)))
if not _at:
    @atexit.register
    def _tell():
        with open(os.environ["COUNTED"], "w") as file:
            file.write(str(next(_numbers) - 1))
"""
REPOSITORY = Path(__file__).parents[2]
PARTS = 3  # so that two workers share the work evenly

Copy = Callable[..., Workspace]


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory, emulator: Emulator) -> World:
    return make_world(tmp_path_factory.mktemp("world"), emulator)


@pytest.fixture
def copies(tmp_path: Path, world: World, emulator: Emulator) -> Copy:
    """Return what makes another copy of the world."""

    def make(**options: object) -> Workspace:
        return world.copy(tmp_path / str(len(list(tmp_path.iterdir()))), emulator, **options)

    return make


def requests_of_a_clean_run(copies: Copy, **options: object) -> list[int]:
    """Return the numbers of the requests that each region of a whole apply sends."""
    workspace = copies(**options)
    workspace.run(*APPLY)
    return [len(workspace.emulator.requests(key)) for key in workspace.keys.values()]


def writes_of_a_clean_run(copies: Copy, when: str, **options: object) -> int:
    """Return how many writes to disk a whole apply does."""
    workspace = copies(**options)
    assert run_until_killed(workspace, 0, when) == 0
    return int((workspace.folder / "counted").read_text())


def run_until_killed(workspace: Workspace, number: int, when: str) -> int:
    """Apply, be killed at a write to disk, and return the exit code."""
    hooks = workspace.folder / "hooks"
    hooks.mkdir(exist_ok=True)
    (hooks / "sitecustomize.py").write_text(_KILLER)
    extra = {
        "PYTHONPATH": f"{hooks}{os.pathsep}{REPOSITORY}",
        "KILL_AT": str(number),
        "KILL": when,
        "COUNTED": str(workspace.folder / "counted"),
    }
    with environment({**workspace.env, **extra}) as variables:
        done = subprocess.run(
            command(*APPLY), env=variables, cwd=workspace.folder, capture_output=True, check=False
        )
    assert done.returncode in (0, -signal.SIGKILL), done.stderr
    return done.returncode


@pytest.mark.parametrize("part", range(PARTS))
@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("echo", ["yes", "no"])
def test_killed_at_every_request(copies: Copy, echo: str, when: str, part: int) -> None:
    [count] = requests_of_a_clean_run(copies, echo_speaker_id=echo)
    for number in range(count)[part::PARTS]:
        workspace = copies(echo_speaker_id=echo)
        there = untouchable(workspace)
        kill_at_request(workspace, number, when)
        finish(workspace, there)


@pytest.mark.parametrize("part", range(PARTS))
@pytest.mark.parametrize("when", ["before", "after", "torn"])
@pytest.mark.parametrize("echo", ["yes", "no"])
def test_killed_at_every_write_to_disk(copies: Copy, echo: str, when: str, part: int) -> None:
    count = writes_of_a_clean_run(copies, when, echo_speaker_id=echo)
    assert count > 5
    for number in range(1, count + 1)[part::PARTS]:
        workspace = copies(echo_speaker_id=echo)
        there = untouchable(workspace)
        run_until_killed(workspace, number, when)
        finish(workspace, there)


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("echo", ["yes", "no"])
def test_killed_again_and_again_each_time_a_request_later(copies: Copy, echo: str, when: str) -> None:
    """Each run finishes what the one before has left, and is killed in the midst of that."""
    [count] = requests_of_a_clean_run(copies, echo_speaker_id=echo)
    for first in range(3):
        workspace = copies(echo_speaker_id=echo)
        there = untouchable(workspace)
        for number in range(first, count, 3):
            kill_at_request(workspace, number, when)
        finish(workspace, there)


@pytest.mark.parametrize("when", ["before", "after", "torn"])
@pytest.mark.parametrize("echo", ["yes", "no"])
def test_killed_again_and_again_each_time_a_write_later(copies: Copy, echo: str, when: str) -> None:
    workspace = copies(echo_speaker_id=echo)
    there = untouchable(workspace)
    number = 1
    while run_until_killed(workspace, number, when) and number < 60:
        number += 1
    finish(workspace, there)


@pytest.mark.parametrize("when", ["before", "after"])
def test_killed_with_two_regions_side_by_side(copies: Copy, when: str) -> None:
    """A kill in one finds the other anywhere."""
    regions = ("us", "eu")
    for number in range(0, requests_of_a_clean_run(copies, regions=regions)[0], 2):
        workspace = copies(regions=regions)
        there = untouchable(workspace)
        kill_at_request(workspace, number, when, region=regions[number // 2 % 2])
        finish(workspace, there)


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_saved_plan_is_finished_by_itself(copies: Copy, when: str) -> None:
    """Killed at a request, and applied again: what is done is `already`, the rest is run."""
    [count] = requests_of_a_clean_run(copies)
    for number in range(1, count, 2):
        workspace = copies()
        there = untouchable(workspace)
        workspace.run("plan", "--prune", "-o", "plan.json")
        workspace.emulator.clear_requests(workspace.key)
        kill_at_request(workspace, number, when, apply=("apply", "plan.json", "--settle", "0.3"))
        done = workspace.run("apply", "plan.json", "--format", "json", "--settle", "0.3")
        results = {outcome["result"] for outcome in json.loads(done.stdout)["outcomes"]}
        assert results <= {"applied", "adopted", "already"}
        finish(workspace, there)


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
