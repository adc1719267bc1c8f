"""The official clients and ours, driven in interpreters of their own against the emulator."""

from __future__ import annotations

import base64
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from cli.program import environment
from service import Emulator

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
SAMPLES = ROOT / "voices" / "samples"
MAN = SAMPLES / "austen-narrator.wav"
MODEL = "dd-etts-2.5"
PATIENCE = 30.0
BRIEF = 3.0
"""Seconds after which who waits for ever is seen to wait."""

_RUNS_MAX = 120


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What came of a scenario: one of three."""

    result: Any = None
    error: dict[str, Any] | None = None
    waiting: bool = False

    @property
    def value(self) -> Any:
        """Return the result of a scenario that went well."""
        assert self.error is None
        assert not self.waiting
        return self.result

    @property
    def kind(self) -> str | None:
        """Return the type of the error, None if there was none."""
        return self.error["types"][0] if self.error else None


def drive(
    who: str,
    scenario: str,
    emulator: Emulator,
    key: str,
    *,
    patience: float = PATIENCE,
    flags: tuple[str, ...] = (),
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    **arguments: Any,
) -> Outcome:
    """Run a scenario of the driver by a client, ``official`` or ``ours``."""
    where = {**variables(emulator, key), **warnings_of(who), **(env or {})}
    with environment(where) as everything:
        done = subprocess.run(
            [
                interpreter(who),
                *flags,
                HERE / "driver.py",
                who,
                scenario,
                json.dumps(arguments),
                str(patience),
            ],
            env=everything,
            cwd=cwd or everything["HOME"],
            capture_output=True,
            text=True,
            encoding="utf-8",
            timeout=_RUNS_MAX,
            check=False,
        )
    assert done.returncode == 0, done.stderr
    return Outcome(**json.loads(done.stdout, object_hook=_bytes))


def variables(emulator: Emulator, key: str) -> dict[str, str]:
    """Return the environment that leads a client to an emulator."""
    return {
        "DEEPDUB_BASE_URL": emulator.base_url,
        "DEEPDUB_BASE_WEBSOCKET_URL": emulator.websocket_url,
        "DEEPDUB_BASE_WEBSOCKET_STREAMING_URL": emulator.streaming_url,
        "DEEPDUB_API_KEY": key,
    }


def warnings_of(who: str) -> dict[str, str]:
    """Return what a client may be warned of: ours of nothing."""
    return {} if who == "ours" else {"PYTHONWARNINGS": "ignore"}


def interpreter(who: str) -> str:
    """Return the Python that a client is installed for."""
    if who == "ours":
        return sys.executable
    require(ROOT / ".peers" / ".ready")
    return str(ROOT / ".peers" / "bin" / "python")


def node() -> str:
    """Return the Node that the official client is installed for."""
    found = shutil.which("node")
    if found is None:
        _missing("node is not installed")
    require(ROOT / ".peers-node" / ".ready")
    return str(found)


def require(stamp: Path) -> None:
    """Leave a test out whose official client could not be installed."""
    if not stamp.exists():
        _missing(f"`make {stamp.relative_to(ROOT)}` has not installed it")


def _missing(reason: str) -> None:
    """Skip, or fail in CI, where nothing may be missing."""
    (pytest.fail if os.environ.get("CI") else pytest.skip)(reason)


def _bytes(document: dict[str, Any]) -> Any:
    """Return the bytes that an object stands for, or the object."""
    return base64.b64decode(document["base64"]) if document.keys() == {"base64"} else document
