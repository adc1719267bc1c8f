"""The program, run as a reader would, and what differs from run to run made the same."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import NAMESPACE_URL, uuid5

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = [sys.executable, "-m", "ddvoices"]
PORT = 8089

_UUID = re.compile(r"\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b")
_LOOPBACK = re.compile(r"127\.0\.0\.1:\d+")
# `ddvoices init` makes the end of an owner up
_OWNER = re.compile(r"\bacme-studio-[0-9a-z]{4}\b")
# the emulator's voices are faster or slower by their ids
_SPOKEN = re.compile(r"\b(\d+) spoken(.*?); \d+\.\d s of speech")
_TIME = re.compile(r"\b\d{4}-\d\d-\d\d([T ])\d\d:\d\d:\d\d\b")


def environment(folder: Path) -> dict[str, str]:
    """Return an environment that holds nothing of whoever runs this."""
    return {
        "PATH": os.environ.get("PATH", ""),
        "PYTHONPATH": str(ROOT),
        "PYTHONUTF8": "1",
        "HOME": str(folder),
        "DDVOICES_CACHE_DIR": str(folder / ".cache"),
        "COLUMNS": "100",
    }


@contextmanager
def emulator() -> Iterator[str]:
    """Run an emulator and yield its endpoint."""
    command = [*PROGRAM, "emulator", "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, encoding="utf-8") as process:
        try:
            line = process.stdout.readline() if process.stdout else ""
            yield line.strip().removeprefix("DEEPDUB_BASE_URL=")
        finally:
            process.terminate()
            process.wait(10)


def stable(text: str) -> str:
    """Return what a program printed, with what differs from run to run made the same."""
    known: dict[str, str] = {}

    def renamed(match: re.Match[str]) -> str:
        return known.setdefault(match[0], str(uuid5(NAMESPACE_URL, f"voice {len(known)}")))

    def lasting(match: re.Match[str]) -> str:
        return f"{match[1]} spoken{match[2]}; {0.8 * int(match[1]):.1f} s of speech"

    text = _SPOKEN.sub(lasting, text)
    text = _OWNER.sub("acme-studio-7f3k", _LOOPBACK.sub(f"127.0.0.1:{PORT}", text))
    return _UUID.sub(renamed, _TIME.sub(r"2026-01-31\g<1>12:00:00", text))
