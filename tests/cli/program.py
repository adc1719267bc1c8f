"""The program as a process, in an environment that holds nothing of the tester's."""

from __future__ import annotations

import os
import pty
import select
import subprocess
import sys
import tempfile
import termios
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from cli.warm import USUAL, run_warm

_PASSED_ON = ("PATH", "TZ", "TMPDIR", "COVERAGE_PROCESS_START", "COVERAGE_PROCESS_CONFIG")
_PATIENCE_SECONDS = 120
CTRL_C = "\x03"


@contextmanager
def environment(extra: Mapping[str, str] | None = None) -> Iterator[dict[str, str]]:
    """A whole environment: a fresh home, no key, no proxy, no keyring; ``extra`` on top."""
    with tempfile.TemporaryDirectory() as home:
        yield {
            **{name: os.environ[name] for name in _PASSED_ON if name in os.environ},
            **USUAL,
            "HOME": home,
            "XDG_CACHE_HOME": str(Path(home, "cache")),
            "PYTHON_KEYRING_BACKEND": "keyring.backends.null.Keyring",
            **(extra or {}),
        }


def command(*args: str | Path) -> list[str]:
    """The command line that runs the program."""
    return [sys.executable, "-m", "ddvoices", *map(str, args)]


def run(
    *args: str | Path,
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    input: str | bytes | None = None,  # noqa: A002 - as subprocess.run calls it
) -> subprocess.CompletedProcess[str]:
    """Run the program to its end, without a terminal; without ``cwd`` in an empty directory.

    What it prints is text, without translated line ends; bytes that are not UTF-8 become surrogates, so
    ``stdout.encode("utf-8", "surrogateescape")`` gives back binary output.
    """
    data = input.encode() if isinstance(input, str) else input
    with environment(env) as variables:
        where = {"env": variables, "cwd": cwd or variables["HOME"], "timeout": _PATIENCE_SECONDS}
        done = run_warm([*map(str, args)], data=data or b"", **where) or subprocess.run(
            command(*args), input=data or b"", capture_output=True, check=False, **where
        )
    out, err = (stream.decode("utf-8", "surrogateescape") for stream in (done.stdout, done.stderr))
    return subprocess.CompletedProcess(done.args, done.returncode, out, err)


def keyed(emulator_url: str, key: str, **extra: str) -> dict[str, str]:
    """The variables that lead the default region to an emulator, with a key."""
    return {"DEEPDUB_BASE_URL": emulator_url, "DEEPDUB_API_KEY": key, **extra}


@contextmanager
def open_terminal(
    line: list[str], env: Mapping[str, str], cwd: str | Path
) -> Iterator[tuple[subprocess.Popen[bytes], int]]:
    """Run a command line on a terminal of its own; yield the process, and the end that a person has."""
    ours, theirs = pty.openpty()
    with subprocess.Popen(
        [sys.executable, "-c", TAKE_TERMINAL, *line],
        env=env,
        cwd=cwd,
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        start_new_session=True,
    ) as process:
        os.close(theirs)
        try:
            yield process, ours
        finally:
            process.kill()
            os.close(ours)


def on_terminal(
    *args: str | Path,
    asked: str = "",
    typed: str = "",
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
) -> tuple[int, str]:
    """Run the program on a terminal, and return its exit code and all that it showed.

    ``typed`` is typed once it shows ``asked``; Ctrl-C is ``CTRL_C``.
    """
    with environment(env) as variables:
        wide = {"COLUMNS": "200", **variables, "TERM": "xterm"}
        with open_terminal(command(*args), wide, cwd or variables["HOME"]) as (process, ours):
            shown = _read(ours, until=asked) if typed else ""
            os.write(ours, typed.encode())
            shown += _read(ours, again=typed if typed == CTRL_C else "")
            return process.wait(_PATIENCE_SECONDS), shown


def shown_at(
    width: int, *args: str | Path, env: Mapping[str, str] | None = None, cwd: Path | None = None
) -> list[str]:
    """Run the program with stdout alone on a terminal of ``width`` columns, and return its lines."""
    with environment(env) as variables:
        ours, theirs = pty.openpty()
        termios.tcsetwinsize(theirs, (50, width))
        with subprocess.Popen(
            command(*args),
            env={**variables, "TERM": "xterm"},
            cwd=cwd or variables["HOME"],
            stdin=subprocess.DEVNULL,
            stdout=theirs,
            stderr=subprocess.DEVNULL,
        ) as process:
            os.close(theirs)
            try:
                return _read(ours).replace("\r\n", "\n").splitlines()
            finally:
                process.kill()
                os.close(ours)


# Only the terminal that a session controls turns Ctrl-C into a signal.
TAKE_TERMINAL = """\
import fcntl, os, sys, termios
fcntl.ioctl(0, termios.TIOCSCTTY, 0)
os.execv(sys.argv[1], sys.argv[1:])
"""


def _read(terminal: int, *, until: str | None = None, again: str = "") -> str:
    """Return what is shown, to its end or until something is shown.

    ``again`` is typed whenever nothing happens for a while: a Ctrl-C in the moment between question and
    answer is noted by Python, and then waits for the answer.
    """
    shown = b""
    quiet = 0
    while (until is None or until.encode() not in shown) and quiet < _PATIENCE_SECONDS:
        if not select.select([terminal], [], [], 1)[0]:
            quiet += 1
            os.write(terminal, again.encode())
            continue
        try:
            chunk = os.read(terminal, 65536)
        except OSError:  # how Linux says that nobody is at the other end any more
            break
        if not chunk:
            break
        shown, quiet = shown + chunk, 0
    return shown.decode()
