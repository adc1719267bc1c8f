"""What is where a line's file would go, and whose it is."""

from __future__ import annotations

import hashlib
import os
import stat
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from ddvoices.batch.state import Made, Memory

_BLOCK = 2**20


class Standing(StrEnum):
    """What stands in the place of a file."""

    FREE = "free"
    OURS = "ours"
    FOREIGN = "foreign"  # made or edited by somebody else
    BLOCKED = "blocked"  # no file, and nothing that a file could replace
    OUTSIDE = "outside"  # a link leads out of the directory


@dataclass(frozen=True, slots=True, kw_only=True)
class FileFacts:
    """A file's content."""

    sha256: str
    size: int


def find_standing(folder: Path, out: str, memory: Memory) -> tuple[Standing, FileFacts | None]:
    """Return what is at ``out`` below ``folder``, and its content if it is a file of ours."""
    path = folder / out
    if not _is_below(path.parent, folder):
        return Standing.OUTSIDE, None
    try:
        there = path.lstat()
    except FileNotFoundError:
        return Standing.FREE, None
    except OSError:  # what should be a folder is a file
        return Standing.BLOCKED, None
    is_file = stat.S_ISREG(there.st_mode)
    if not is_file and not stat.S_ISLNK(there.st_mode):
        return Standing.BLOCKED, None
    may_be_ours = is_file and memory.had_size(out, there.st_size)  # a link is replaced, never followed
    facts = measure_file(path) if may_be_ours else None
    is_ours = facts is not None and memory.is_ours(out, facts.sha256)
    return (Standing.OURS, facts) if is_ours else (Standing.FOREIGN, None)


def find_takes(folder: Path, out: str, memory: Memory) -> list[Made]:
    """Return how a file of ours may have been made, newest first; nothing if none is there."""
    standing, facts = find_standing(folder, out, memory)
    return memory.takes(out, facts.sha256) if standing is Standing.OURS and facts is not None else []


def measure_file(path: Path) -> FileFacts | None:
    """Return what a regular file holds; None if it can't be read."""
    state, size = hashlib.sha256(), 0
    try:
        with path.open("rb") as file:
            while block := file.read(_BLOCK):
                state.update(block)
                size += len(block)
    except OSError:
        return None
    return FileFacts(sha256=state.hexdigest(), size=size)


def _is_below(folder: Path, root: Path) -> bool:
    real, real_root = os.path.realpath(folder), os.path.realpath(root)
    return real == real_root or real.startswith(real_root.rstrip("/") + "/")
