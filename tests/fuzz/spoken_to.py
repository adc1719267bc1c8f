"""What must hold of a client on a real socket, whatever the service says there.

Whoever waits is told an end, by one of our errors or by all that was theirs; and the next call is served.
"""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import AsyncIterator, Coroutine, Sequence
from contextlib import suppress
from typing import Any

from client.scripted import KEY, WAV
from fuzz.socket_inputs import frame_of, object_of
from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed

from ddvoices.client import DeepdubClient
from ddvoices.errors import DdvoicesError, ServiceError

FIRST, SECOND, ASKED = (f"00000000-0000-4000-8000-00000000000{number}" for number in "abc")
_VOICE = {"model": "dd-etts-2.5", "locale": "en-US", "voice_prompt_id": "v", "format": "s16le"}
_BOUND_SECONDS = 30
"""Far more than anything here may take; every script ends with a closed connection."""
_LONGEST = 700
_PIECE = b"\1\2\3\4"


def check_channel(data: bytes) -> None:
    """Say each line of a script as a frame, once somebody asks; ``w`` waits for another to ask.

    Scripts that begin with ``/ws`` are said on that surface, all others on ``/open``.
    """
    lines = data.split(b"\n")
    work = _stream if lines[0] == b"/ws" else _open
    asyncio.run(_main(lines, work))


async def _main(lines: Sequence[bytes], work: Any) -> None:
    """Serve one client; no task may end by an exception that nobody takes."""
    unhandled: list[dict[str, Any]] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: unhandled.append(context))
    service = _Service(lines)
    async with serve(service, "127.0.0.1", 0, close_timeout=1) as server:
        with _client_of(server.sockets[0].getsockname()[1]) as client:
            await asyncio.wait_for(work(client, service), _BOUND_SECONDS)
    assert unhandled == []


def _client_of(port: int) -> DeepdubClient:
    origin = f"//127.0.0.1:{port}"
    urls = f"http:{origin}/api/v1", f"ws:{origin}/open", f"ws:{origin}/ws"
    return DeepdubClient(*urls, api_key=KEY, environ={}, sleep=lambda _: None, timeout=10, max_retries=0)


class _Service:
    """Says a script to the first who connects, and speaks to all others as it should."""

    def __init__(self, lines: Sequence[bytes]) -> None:
        self._lines = lines
        self.connections = 0

    async def __call__(self, socket: ServerConnection) -> None:
        self.connections += 1
        with suppress(ConnectionClosed):
            if self.connections == 1:
                await self._say_all(socket)
            else:
                await _speak(socket)

    async def _say_all(self, socket: ServerConnection) -> None:
        if _is_open(socket):  # on the other surface the service speaks first
            await socket.recv()
        for line in self._lines:
            frame = frame_of(line)
            if frame is not None:
                await socket.send(frame)
            elif line == b"w":
                with suppress(TimeoutError):
                    await asyncio.wait_for(socket.recv(), 0.01)


async def _speak(socket: ServerConnection) -> None:
    """Speak every text as the same piece."""
    if not _is_open(socket):
        await _say(socket, action="status", connectionId="c")
    async for text in socket:
        asked = json.loads(text)
        match asked.get("action"):
            case "end-stream":
                await _say(socket, generationId="g", isFinal=True)
            case "cancel":
                await _say(socket, isFinished=True, isCancelled=True)
            case "ping":
                await _say(socket, action="pong")
            case "gender-classify":
                await _say(socket, generationId=asked["generationId"], predicted_gender="female")
            case "text-to-speech" | "stream-text":
                name, piece = asked.get("generationId", "g"), base64.b64encode(_PIECE).decode()
                await _say(socket, generationId=name, index=0, data=piece)
                await _say(socket, generationId=name, isFinished=True)


async def _say(socket: ServerConnection, **fields: object) -> None:
    await socket.send(json.dumps(fields))


def _is_open(socket: ServerConnection) -> bool:
    return socket.request is not None and socket.request.path == "/open"


async def _open(client: DeepdubClient, service: _Service) -> None:
    async with client.async_connect() as connection:
        first, second, answer = await asyncio.gather(
            _heard(connection.async_tts("One.", "v", generation_id=FIRST, format="s16le")),
            _heard(connection.async_tts("Two.", "v", generation_id=SECOND, format="s16le")),
            _ends(connection.gender_classify(WAV, generation_id=ASKED)),
        )
        assert answer is None or "predicted_gender" in answer
        for name, heard in ((FIRST, first), (SECOND, second)):
            _is_theirs(name, heard, service._lines)
        again = await _heard(connection.async_tts("Three.", "v", format="s16le"))
    assert again == [_PIECE] or service.connections == 1


def _is_theirs(name: str, heard: list[bytes], lines: Sequence[bytes]) -> None:
    """Nobody hears what names another, nor what was not said."""
    said = [object_of(frame) for line in lines if (frame := frame_of(line)) is not None]
    theirs = [_sound_of(each) for each in said if each and _may_be_of(each, name)]
    assert set(heard) <= {*theirs, _PIECE}


def _sound_of(message: dict[str, Any]) -> bytes | None:
    try:
        return base64.b64decode(message.get("data") or "", validate=True)
    except (ValueError, TypeError):
        return None


def _may_be_of(message: dict[str, Any], name: str) -> bool:
    named = message.get("generationId")
    return not isinstance(named, str) or not named or named.lower() == name


async def _stream(client: DeepdubClient, service: _Service) -> None:
    with suppress(ServiceError):
        async with client.async_stream_connect(**_VOICE) as connection:
            asked = await _is_taken(connection.async_stream_text("One."))
            await _ends(connection.async_stream_ping())
            if await _is_taken(connection.async_stream_end()) and asked:  # else nothing is there to wait for
                await _heard(connection.async_stream(silence=0.01))
            await _ends(connection.async_stream_cancel())
    async with client.async_stream_connect(**_VOICE) as connection:
        await connection.async_stream_text("Two.")
        await connection.async_stream_end()
        assert [piece async for piece in connection.async_stream()] == [_PIECE]


async def _heard(pieces: AsyncIterator[bytes]) -> list[bytes]:
    """Return what is heard up to the end, whatever that is."""
    heard: list[bytes] = []
    with suppress(_Said):
        await _plainly(_collect(pieces, heard))
    return heard


async def _collect(pieces: AsyncIterator[bytes], heard: list[bytes]) -> None:
    async for piece in pieces:
        assert isinstance(piece, bytes)
        heard.append(piece)


async def _ends(call: Coroutine[Any, Any, Any]) -> Any:
    """Return what is answered; None where it is an error."""
    with suppress(_Said):
        return await _plainly(call)
    return None


async def _is_taken(call: Coroutine[Any, Any, None]) -> bool:
    """Tell whether a message was sent; an error says that it wasn't."""
    with suppress(_Said):
        await _plainly(call)
        return True
    return False


class _Said(Exception):  # noqa: N818 - it stands for an error that was one of ours, and said plainly
    pass


async def _plainly(call: Coroutine[Any, Any, Any]) -> Any:
    try:
        return await call
    except DdvoicesError as error:
        message = str(error)
    assert message.isprintable()
    assert len(message) <= _LONGEST
    assert KEY not in message
    raise _Said
