"""Processes of the program that don't first take 0.2 s to import what it is made of.

One process has imported everything (``starter.py``), and starts the others: it forks, and the fork is what
``python -m ddvoices`` is, to the end of the interpreter: with arguments, variables, folder, pipes, signals
and exit code of its own. What a fork can't show is Python's own start, and the importing. So a process is
started anew where a test changes what Python reads at its start, or coverage is counted, as in CI; and so is
each that a test starts by ``command``, to end it, to take its pipes away, or on a terminal.
"""

from __future__ import annotations

import atexit
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from functools import cache
from pathlib import Path
from threading import Timer
from typing import BinaryIO

_LIMIT_BYTES = 64_000  # of one message
_PROGRAM = Path(__file__).with_name("starter.py")
# What Python reads while it starts, as it is nearly always.
USUAL = {
    **{name: os.environ[name] for name in ("LANG", "LC_ALL") if name in os.environ},
    "PYTHONPATH": str(Path(__file__).parents[2]),
    "PYTHONUTF8": "1",
    "PYTHONWARNINGS": "error",
}
_READ_AT_START = ("PYTHON", "LANG", "LC_", "COVERAGE")
_READ_LATER = "PYTHON_KEYRING_BACKEND"  # by keyring, which is imported where it is used


def run_warm(
    arguments: Sequence[str], *, env: Mapping[str, str], cwd: Path | str, data: bytes, timeout: float
) -> subprocess.CompletedProcess[bytes] | None:
    """Run the program to its end, as `subprocess.run` does; None: this one is to be started anew."""
    message = json.dumps([[*arguments], {**env}, str(cwd)]).encode()
    at_start = {name: env[name] for name in env if name.startswith(_READ_AT_START) and name != _READ_LATER}
    if at_start != USUAL or len(message) > _LIMIT_BYTES:
        return None
    with ExitStack() as stack:
        (stdin, write), (read_out, stdout), (read_err, stderr), (read, answer) = (os.pipe() for _ in range(4))
        given = stack.enter_context(os.fdopen(write, "wb"))
        out, err, told = (stack.enter_context(os.fdopen(end, "rb")) for end in (read_out, read_err, read))
        socket.send_fds(_starter(), [message], [stdin, stdout, stderr, answer])
        for end in (stdin, stdout, stderr, answer):
            os.close(end)
        killed = stack.enter_context(_killed_after(timeout, int(told.readline())))
        with ThreadPoolExecutor(2) as pool:
            pool.submit(_give, given, data)
            errors = pool.submit(err.read)
            said = out.read(), errors.result()
        code = int(told.readline())
    line = ["ddvoices", *arguments]
    if killed:
        raise subprocess.TimeoutExpired(line, timeout, *said)
    return subprocess.CompletedProcess(line, code, *said)


@cache
def _starter() -> socket.socket:
    """Return where the starter listens, which ends with this process."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with theirs:
        process = subprocess.Popen(
            [sys.executable, _PROGRAM, str(theirs.fileno())],
            env=USUAL,
            stdin=subprocess.PIPE,  # like those that it starts: Python makes its streams for what they are
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            pass_fds=[theirs.fileno()],
        )
    atexit.register(process.communicate)
    atexit.register(ours.close)  # what is registered last is done first
    return ours


@contextmanager
def _killed_after(seconds: float, process: int) -> Iterator[list[int]]:
    """Kill a process that takes longer; what is yielded holds it then."""
    killed: list[int] = []

    def kill() -> None:
        killed.append(process)
        os.kill(process, signal.SIGKILL)

    timer = Timer(seconds, kill)
    timer.start()
    try:
        yield killed
    finally:
        timer.cancel()


def _give(pipe: BinaryIO, data: bytes) -> None:
    """Write to a process's stdin; it may have gone, or never have read."""
    with suppress(BrokenPipeError), pipe:
        pipe.write(data)
