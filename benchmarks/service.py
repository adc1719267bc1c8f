"""The emulator as a process of its own, for measurements."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

_VARIABLES = 3


@contextmanager
def emulator(*options: str) -> Iterator[dict[str, str]]:
    """Run an emulator, and yield the variables that lead to it."""
    command = [sys.executable, "-m", "ddvoices", "emulator", "--port", "0", *options]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, encoding="utf-8") as process:
        try:
            lines = [process.stdout.readline().strip() for _ in range(_VARIABLES)] if process.stdout else []
            yield dict(line.split("=", 1) for line in lines)
        finally:
            process.terminate()
            process.wait(10)
