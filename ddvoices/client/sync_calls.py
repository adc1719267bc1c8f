"""Speech over ``/open`` for programs without an event loop: the same calls, on a loop in a thread."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import suppress
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any

from ddvoices.client.open_calls import OpenCalls

if TYPE_CHECKING:
    import asyncio


class SyncCalls(OpenCalls):
    """What is asynchronous, without ``await``."""

    def stream(self, text: str, voice_prompt_id: str | None = None, **options: Any) -> Iterator[bytes]:
        """Speak a text, and yield the audio as it comes; takes, and raises, what ``async_tts`` does.

        Each call has a connection of its own. Break off at any time; what still comes is dropped.
        """
        worker = _Worker(self, text, {"voice_prompt_id": voice_prompt_id, **options})
        try:
            while (piece := worker.pieces.get()) is not None:
                if isinstance(piece, BaseException):
                    raise piece
                yield piece
        finally:
            worker.stop()


class _Worker:
    """A thread with an event loop that speaks one text."""

    def __init__(self, client: OpenCalls, text: str, options: dict[str, Any]) -> None:
        self.pieces: SimpleQueue[bytes | BaseException | None] = SimpleQueue()
        self._client = client
        self._text = text
        self._options = options
        self._running: tuple[asyncio.AbstractEventLoop, asyncio.Task[None]] | None = None
        self._begun = threading.Event()
        self._thread = threading.Thread(target=self._run, name="ddvoices-stream", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End it, whatever it is doing."""
        self._begun.wait()
        if self._running is not None and self._thread.is_alive():
            loop, task = self._running
            with suppress(RuntimeError):  # the loop has just been closed: it is at its end anyway
                loop.call_soon_threadsafe(task.cancel)
        self._thread.join()

    def _run(self) -> None:
        """Speak, and hand over what comes of it: pieces, then None or what went wrong."""
        import asyncio

        end: BaseException | None = None
        try:
            asyncio.run(self._speak())
        except BaseException as error:  # noqa: BLE001 - it is raised where the pieces are taken
            end = error
        self._begun.set()
        self.pieces.put(end)

    async def _speak(self) -> None:
        """Put every piece into the queue."""
        import asyncio

        task = asyncio.current_task()
        if task is not None:
            self._running = (asyncio.get_running_loop(), task)
        self._begun.set()
        async with self._client.async_connect() as connection:
            async for piece in connection.async_tts(self._text, **self._options):
                self.pieces.put(piece)
