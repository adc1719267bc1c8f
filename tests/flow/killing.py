"""Kill the program while a request of its is under way."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Sequence

from cli.program import command, environment
from workspace import Workspace

APPLY = ("apply", "--yes", "--prune", "--settle", "0.3")


def kill_at_request(
    workspace: Workspace, number: int, when: str, *, region: str = "us", apply: Sequence[str] = APPLY
) -> None:
    """Apply, and be killed while the n-th request of a region is under way."""
    kill_at(workspace, {"skip": number}, when, region=region, apply=apply)


def kill_at(
    workspace: Workspace,
    which: dict[str, object],
    when: str,
    *,
    region: str = "us",
    apply: Sequence[str] = APPLY,
) -> None:
    """Apply, and be killed while the first request that fits is under way.

    Before: the service has done nothing; after: it has done it all, and nobody hears of it.
    """
    key = workspace.keys[region]
    workspace.emulator.faults(key, [{"kind": "hang", "count": 1, "when": when, **which}])
    with environment(workspace.env) as variables:
        process = subprocess.Popen(
            command(*apply), env=variables, cwd=workspace.folder, stdout=subprocess.DEVNULL
        )
        try:
            _wait_for_strike(workspace, key, process)
        finally:
            process.kill()
            process.wait()
    workspace.emulator.faults(key, [])


def _wait_for_strike(workspace: Workspace, key: str, process: subprocess.Popen[bytes]) -> None:
    for _ in range(3000):
        if workspace.emulator.fault_counts(key)[0]["struck"] or process.poll() is not None:
            return
        time.sleep(0.01)
    raise AssertionError("it never asked")
