"""The three standard streams, whatever state they were handed over in."""

from __future__ import annotations

import os
import sys
from typing import IO

_closed: set[str] = set()


def is_stdout_closed() -> bool:
    """Tell whether the caller has closed stdout, so that nobody will ever see what goes there."""
    return "stdout" in _closed


def take_streams() -> None:
    """Make sure that each stream is there, and that no character is one too many for it.

    One that the caller has closed is opened on nothing: else the next file would get its number, and what
    is printed would land there.
    """
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            _closed.add(name)
            nothing = os.open(os.devnull, os.O_RDWR)
            setattr(sys, name, os.fdopen(nothing, mode, encoding="utf-8", closefd=False))
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):  # what a test puts there has none
            stream.reconfigure(errors="backslashreplace")


def forget(stream: IO[str]) -> None:
    """Let what is printed go nowhere from now on, and Python not complain at exit that nobody takes it."""
    nothing = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nothing, stream.fileno())
    os.close(nothing)
