"""A little service on ``/open`` that speaks silence and does what a test wants, and a batch run on it."""

from __future__ import annotations

import asyncio
import base64
import json
import wave
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from typing import Any

from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed

from ddvoices.batch.run import BatchRun, RunOptions
from ddvoices.batch.save import save_audio
from ddvoices.batch.script import Cast, ScriptFormat, open_script
from ddvoices.batch.state import hold_state
from ddvoices.batch.work import Job, Service, make_jobs
from ddvoices.client import DeepdubClient

PATIENCE_SECONDS = 30
RATE = 8000


def sound(seconds: float) -> bytes:
    """Return a WAV of silence."""
    whole = BytesIO()
    with wave.open(whole, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(bytes(int(seconds * RATE) * 2))
    return whole.getvalue()


class Speaker:
    """The service: ``answer`` decides about each generation, by its text and how many are under way.

    It returns an error type, or None for speech of two pieces; it may also close the socket or never end.
    """

    def __init__(self, answer: Callable[[Speaker, ServerConnection, str], Awaitable[str | None]]) -> None:
        self.answer = answer
        self.texts: list[str] = []
        self.sockets = 0
        self.under_way = self.most = 0
        self.ids = True

    async def serve(self, socket: ServerConnection) -> None:
        self.sockets += 1
        tasks = [asyncio.create_task(self._speak(socket, json.loads(each))) async for each in socket]
        for task in tasks:  # nobody listens any more
            task.cancel()

    async def _speak(self, socket: ServerConnection, asked: dict[str, Any]) -> None:
        self.texts.append(asked["targetText"])
        self.under_way += 1
        self.most = max(self.most, self.under_way)
        named = {"generationId": asked["generationId"]}
        try:
            error = await self.answer(self, socket, asked["targetText"])
        finally:
            self.under_way -= 1
        with suppress(ConnectionClosed):
            if error:
                told = {"error": "no", "errorType": error, **(named if self.ids else {})}
                await socket.send(json.dumps(told))
                return
            for index, piece in enumerate((sound(0.25), sound(0.5))):
                data = base64.b64encode(piece).decode()
                await socket.send(json.dumps({**named, "index": index, "data": data, "isFinished": False}))
            await socket.send(json.dumps({**named, "index": 2, "data": "", "isFinished": True}))


def jobs(count: int, **fields: Any) -> list[Job]:
    """Return lines called a, b, c…"""
    lines = [{"text": chr(ord("a") + n), "voice_prompt_id": "v", **fields} for n in range(count)]
    text = "\n".join(map(json.dumps, lines))
    script = open_script(text.encode(), "script.jsonl", ScriptFormat.JSONL, {"model": "dd-etts-2.5"})
    return make_jobs(script.lines(Cast()), {}, Service(region="us", endpoint="ws://here"))


def run(
    speaker: Speaker,
    work: list[Job],
    folder: Path,
    *,
    cancel_when: Callable[[], bool] = lambda: False,
    refuse: int | None = None,
    **options: Any,
) -> BatchRun:
    """Speak the jobs and return the run; waits between attempts are short, and each is over 0."""

    async def main() -> BatchRun:
        def process(_connection: ServerConnection, _request: Any) -> Any:
            return _connection.respond(refuse, "no\n") if refuse else None

        async with serve(speaker.serve, "127.0.0.1", 0, process_request=process) as server:
            port = server.sockets[0].getsockname()[1]
            client = DeepdubClient(
                f"http://127.0.0.1:{port}",
                f"ws://127.0.0.1:{port}",
                api_key="dd-x",
                environ={},
                max_retries=0,
                timeout=10,
            )
            with client, hold_state(folder) as state:
                how = RunOptions(random=lambda: -0.98, **options)  # waits of a hundredth
                save = lambda job, chunks: save_audio(job, chunks, folder, state)  # noqa: E731 - as partial
                batch = BatchRun(work, client.async_connect, save, replace(how))
                running = asyncio.ensure_future(batch.run())
                while not running.done():
                    if cancel_when():
                        running.cancel()
                    await asyncio.wait([running], timeout=0.01)
                with suppress(asyncio.CancelledError):
                    await running
                return batch

    return asyncio.run(asyncio.wait_for(main(), PATIENCE_SECONDS))
