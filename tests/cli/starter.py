"""A process that has imported what the program is made of, and forks for whoever asks by its socket.

It is asked with arguments, variables, a folder and four pipes: stdin, stdout, stderr, and one for the answer,
which is a line with the id of the process and, at its end, one with its exit code.
"""

from __future__ import annotations

import gc
import importlib
import json
import os
import runpy
import socket
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import NoReturn

_ROOT = Path(__file__).parents[2]
_LIMIT_BYTES = 1 << 17
_BESIDE = ("jsonschema", "rich.live", "websockets.asyncio.client")  # imported where they are used


def serve(asked: socket.socket) -> None:
    """Start processes until nobody can ask any more."""
    while True:
        message, pipes, *_ = socket.recv_fds(asked, _LIMIT_BYTES, 4)
        if not message:
            break
        if os.fork() == 0:
            asked.close()
            _run(*json.loads(message), *pipes)
        for pipe in pipes:
            os.close(pipe)
        _take_leave(os.WNOHANG)
    _take_leave()


def _take_leave(options: int = 0) -> None:
    """Wait for those that have ended, so that what they have cost counts."""
    with suppress(ChildProcessError):
        while os.waitpid(-1, options)[0]:
            pass


def _run(arguments: list[str], variables: dict[str, str], folder: str, *pipes: int) -> None:
    """Fork once more, wait for it and tell its end; whoever returns from here is the program."""
    *standard, answer = pipes
    process = os.fork()
    if process == 0:
        os.close(answer)
        _become(arguments, variables, folder, standard)
    for pipe in standard:
        os.close(pipe)
    os.write(answer, b"%d\n" % process)
    os.write(answer, b"%d\n" % os.waitstatus_to_exitcode(os.waitpid(process, 0)[1]))
    os._exit(0)


def _become(arguments: list[str], variables: dict[str, str], folder: str, standard: list[int]) -> NoReturn:
    """Do what ``python -m ddvoices`` does; the interpreter ends as it always does."""
    for number, pipe in enumerate(standard):
        os.dup2(pipe, number)
        os.close(pipe)
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(variables)
    time.tzset()
    sys.path[0] = folder
    sys.argv[1:] = arguments
    runpy.run_module("ddvoices", run_name="__main__", alter_sys=True)
    sys.exit()


def prepare() -> None:
    """Import what the commands import; the emulator is started by itself."""
    files = (path.relative_to(_ROOT) for path in sorted(_ROOT.glob("ddvoices/**/[!_]*.py")))
    modules = [".".join(path.with_suffix("").parts) for path in files if "emulator" not in path.parts]
    for name in (*modules, *_BESIDE):
        importlib.import_module(name)
    assert "keyring" not in sys.modules, "it reads a variable when it is imported"
    gc.freeze()  # what is never collected is never copied


if __name__ == "__main__":
    prepare()
    with socket.socket(fileno=int(sys.argv[1])) as asked:
        serve(asked)
