"""What is wrong with a catalog as commands of GitHub's runner, which shows each beside its line."""

from __future__ import annotations

from collections.abc import Sequence

from ddvoices.errors import Problem
from ddvoices.report.terminal import printable

# GitHub shows so many of each level for a step, and leaves the others to the log
SHOWN_BESIDE_FILES = 10


def annotation(level: str, problem: Problem) -> str:
    """Return a workflow command of ``level``, ``error`` or ``warning``; it is one line, and one command."""
    place = {"file": problem.file}
    if problem.line:
        place |= {"line": str(problem.line), "col": str(problem.column)}
    title = ": ".join(filter(None, ("ddvoices", problem.path)))
    named = (*((name, value) for name, value in place.items() if value), ("title", title))
    properties = ",".join(f"{name}={_property(value)}" for name, value in named)
    return f"::{level} {properties}::{_data(problem.message)}"


def counted(errors: Sequence[Problem], warnings: Sequence[Problem]) -> str:
    """Return the last line: how many there are, and where those are that GitHub doesn't show."""
    line = f"{_plural(len(errors), 'error')}, {_plural(len(warnings), 'warning')}"
    more = max(len(errors), len(warnings)) > SHOWN_BESIDE_FILES
    beside = f"; GitHub shows {SHOWN_BESIDE_FILES} of each beside the files, all of them are above"
    return line + (beside if more else "")


def _plural(count: int, word: str) -> str:
    return f"{count} {word}" if count == 1 else f"{count} {word}s"


def _data(text: str) -> str:
    return printable(text).replace("%", "%25")  # ends of lines are escapes by now


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
