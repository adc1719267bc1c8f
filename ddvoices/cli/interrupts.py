"""Ctrl-C and SIGTERM, which are taken alike. One is enough: a key that is held down sends thirty a second."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable
from types import FrameType

_SIGNALS = (signal.SIGINT, signal.SIGTERM)
_AT_ONCE = 0.5
_raised_at = [-_AT_ONCE]


def heed_interrupts() -> None:
    """Let both end the run by KeyboardInterrupt; what follows at once would only stop its cleaning up.

    What the system was told to ignore, as for a job in the background, stays ignored.
    """
    _call(_raise)


def ignore_interrupts() -> None:
    """Ignore both from now on, also while Python itself comes to its end."""
    _call(signal.SIG_IGN)


def call_at_interrupts(what: Callable[[], None]) -> None:
    """Call ``what`` at each of them from now on: the run comes to its own end."""
    _call(lambda _number, _frame: what())


def heeded() -> list[signal.Signals]:
    """Return those of both that the system wasn't told to ignore."""
    return [number for number in _SIGNALS if signal.getsignal(number) is not signal.SIG_IGN]


def _call(handler: Callable[[int, FrameType | None], None] | signal.Handlers) -> None:
    for number in heeded():
        signal.signal(number, handler)


def _raise(_number: int, _frame: FrameType | None) -> None:
    last, _raised_at[0] = _raised_at[0], time.monotonic()
    if _raised_at[0] - last >= _AT_ONCE:
        raise KeyboardInterrupt
