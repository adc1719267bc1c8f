"""Pages whose sessions are run: what a page shows is what the program did.

A page is its own script, carried out from top to bottom in one shell and one new folder:

- a block ``console`` is run, command by command (`$ …`), and what they print is put below each;
- a block whose first line names a file (`# voices/voices.yaml`) is written to that file;
- a comment ``<!-- setup … -->`` is run, and nothing of it is shown: ``studio.sh`` has what it may call.

A block behind ``<!-- not run -->`` is left alone. A command that fails must be followed by ``$ echo $?``.
"""

from __future__ import annotations

import os
import re
import shlex
import signal
import socket
import subprocess
import sys
import tempfile
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from quoting.running import PORT, ROOT, environment, stable

_PART = re.compile(
    r"(?P<left><!-- not run -->\n```.*?^```$)"
    r"|<!-- setup\n(?P<setup>.*?)-->"
    r"|^```console\n(?P<console>.*?)^```$"
    r"|^```\w+\n(?P<file># (?P<name>\S+\.\w+)(?:[:;,][^\n]*)?\n.*?)^```$",
    re.DOTALL | re.MULTILINE,
)
_MARK = "\x1e"
_PRELUDE = Path(__file__).with_name("studio.sh").read_text(encoding="utf-8")


@dataclass(frozen=True, slots=True)
class Step:
    """A command of a page, and what is shown of it."""

    run: str
    shown: str = ""


def with_sessions(text: str) -> str:
    """Return a page with what its commands print, run anew."""
    parts = list(_PART.finditer(text))
    steps = [steps_of(part) for part in parts]
    printed = iter(run([step for each in steps for step in each]))
    pieces, end = [], 0
    for part, each in zip(parts, steps, strict=True):
        outputs = [next(printed) for _ in each]
        pieces.append(text[end : part.start()])
        pieces.append(console(each, outputs) if part["console"] else part[0])
        end = part.end()
    return stable("".join([*pieces, text[end:]]))


def steps_of(part: re.Match[str]) -> list[Step]:
    """Return what is to be run for a part of a page."""
    if part["console"]:
        return commands_in(part["console"])
    if part["setup"]:
        return [Step(part["setup"])]
    if part["file"]:
        name = shlex.quote(part["name"])
        return [
            Step(f"mkdir -p $(dirname {name})\ncat > {name} <<'END_OF_FILE'\n{part['file']}END_OF_FILE\n")
        ]
    return []


def commands_in(block: str) -> list[Step]:
    """Return the commands of a session, each with the comments before it; what they printed is left out."""
    steps, shown, fresh, going = [], "", True, False
    for line in block.splitlines(keepends=True):
        if going or line.startswith("$ "):
            shown += line
            going = line.rstrip("\n").endswith("\\")
            if not going:
                run = re.sub(r"^# .*\n", "", shown, flags=re.MULTILINE).removeprefix("$ ")
                steps.append(Step(run, shown))
                shown = ""
        elif fresh and line.startswith("# "):
            shown += line
        fresh = line == "\n" or bool(shown)
    return steps


def console(steps: list[Step], outputs: list[str]) -> str:
    """Return a session as a block of Markdown."""
    text = ""
    for step, output in zip(steps, outputs, strict=True):
        text += step.shown + output + ("\n" if output else "")
    return f"```console\n{text.rstrip()}\n```"


def run(steps: list[Step]) -> list[str]:
    """Run commands in one shell and return what each printed."""
    with tempfile.TemporaryDirectory() as folder, socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
        free.close()
        script = _PRELUDE + "".join(f"{step.run.rstrip()}\nended\n" for step in steps)
        printed = shell(script.replace(f":{PORT}", f":{port}"), Path(folder), port)
    *parts, rest = re.split(rf"\n{_MARK}(\d+)\n", printed)
    outputs, codes = parts[::2], [int(code) for code in parts[1::2]]
    if len(outputs) != len(steps):
        raise SystemExit(f"the shell ended early:\n{printed}")
    for step, after, output, code in zip(steps, [*steps[1:], Step("")], outputs, codes, strict=True):
        if code and after.run.strip() != "echo $?":
            raise SystemExit(f"{step.run}ended with {code}:\n{output}{rest}")
    return ["".join(f"{line.rstrip()}\n" for line in output.splitlines()) for output in outputs]


def shell(script: str, folder: Path, port: int) -> str:
    """Run a script and return what it prints; what it has started ends with it."""
    names = {"EXAMPLES": str(ROOT / "voices" / "samples"), "PORT": str(port), "PYTHON": sys.executable}
    process = subprocess.Popen(
        ["bash", "-c", script],
        cwd=folder,
        env=environment(folder) | names,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        encoding="utf-8",
        start_new_session=True,
    )
    try:
        # an emulator keeps no pipe of ours open: it prints into a file
        return process.communicate(timeout=120)[0]
    finally:
        with suppress(ProcessLookupError):  # nothing was started that still runs
            os.killpg(process.pid, signal.SIGTERM)
