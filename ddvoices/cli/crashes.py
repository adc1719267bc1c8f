"""What is said where the program itself breaks down: where and how, and no key with it."""

from __future__ import annotations

import sys
from types import TracebackType

import click


def take_crashes() -> None:
    """Have every exception that nobody takes printed without the keys that this process has had.

    What a library says of a request that it can't send may well hold the headers.
    """
    import threading

    sys.excepthook = _crashed
    threading.excepthook = lambda told: _crashed(told.exc_type, told.exc_value, told.exc_traceback)
    sys.unraisablehook = lambda told: _crashed(told.exc_type, told.exc_value, told.exc_traceback)


def _crashed(kind: type[BaseException], error: BaseException | None, place: TracebackType | None) -> None:
    """Print an exception on stderr as Python does, with nothing that a terminal obeys."""
    import traceback

    from ddvoices.redact import without_keys
    from ddvoices.report.terminal import printable

    text = without_keys("".join(traceback.format_exception(kind, error, place)))
    click.echo("\n".join(map(printable, text.split("\n"))), nl=False, err=True)
