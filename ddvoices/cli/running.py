"""Running what is asynchronous: to its end, or until someone interrupts."""

from __future__ import annotations

import asyncio
import signal
import threading
from collections.abc import Coroutine
from contextlib import suppress
from typing import Any, TypeVar

from ddvoices.cli.interrupts import heeded

T = TypeVar("T")


def run_async(work: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine and return what it returns; Ctrl-C and SIGTERM cancel it, so that it can clean up.

    Raises:
        KeyboardInterrupt: it was interrupted.
    """
    if threading.current_thread() is not threading.main_thread():
        return asyncio.run(work)  # signals are for the main thread
    before = {number: signal.getsignal(number) for number in heeded()}
    try:
        return asyncio.run(_interruptible(work))
    finally:
        for number, handler in before.items():  # asyncio leaves them at the system's own
            signal.signal(number, handler)


async def until_ready(descriptor: int, *, writing: bool) -> bool:
    """Wait until a pipe or a terminal can be read or written; False for a file, which always can be."""
    loop, ready = asyncio.get_running_loop(), asyncio.Event()
    add, remove = (loop.add_writer, loop.remove_writer) if writing else (loop.add_reader, loop.remove_reader)
    try:
        add(descriptor, ready.set)
    except PermissionError:  # what epoll says of files
        return False
    try:
        await ready.wait()
    finally:
        remove(descriptor)
    return True


async def _interruptible(work: Coroutine[Any, Any, T]) -> T:
    loop, task = asyncio.get_running_loop(), asyncio.current_task()
    interrupted = False

    def interrupt() -> None:
        nonlocal interrupted
        interrupted = True
        if task is not None:
            task.cancel()

    with suppress(NotImplementedError):  # on systems without signals
        for number in heeded():
            loop.add_signal_handler(number, interrupt)
    try:
        return await work
    except asyncio.CancelledError:
        if interrupted:
            raise KeyboardInterrupt from None
        raise
