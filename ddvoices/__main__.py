"""``python -m ddvoices``, and what the installed program begins with."""

from __future__ import annotations

import os
import signal
import sys
from contextlib import suppress
from types import FrameType
from typing import NoReturn

_INTERRUPTED = 130


def run() -> int:
    """Run the command line; whoever interrupts it while it is still being imported sees no traceback."""
    for number in (signal.SIGINT, signal.SIGTERM):
        if signal.getsignal(number) is not signal.SIG_IGN:  # as for a job in the background
            signal.signal(number, _leave)
    from ddvoices.cli import main
    from ddvoices.cli.crashes import take_crashes

    take_crashes()
    code = main()
    if code == _INTERRUPTED:
        _leave()  # threads may wait for answers that nobody wants, and Python may end by the signal instead
    return code


def _leave(_number: int = 0, _frame: FrameType | None = None) -> NoReturn:
    for stream in filter(None, (sys.stdout, sys.stderr)):
        with suppress(Exception):  # nobody takes it, or the signal came in the midst of a line
            stream.flush()
    os._exit(_INTERRUPTED)


if __name__ == "__main__":
    sys.exit(run())
