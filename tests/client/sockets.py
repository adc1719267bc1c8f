"""A WebSocket server that says what a test wants, and a client that talks to it."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any

from scripted import KEY
from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed

from ddvoices.client import DeepdubClient

Handler = Callable[[ServerConnection], Awaitable[None]]
PATIENCE_SECONDS = 20


def talk(
    handler: Handler,
    use: Callable[[DeepdubClient], Awaitable[Any]],
    *,
    options: dict[str, Any] | None = None,
    **extras: Any,
) -> Any:
    """Serve ``/open`` and ``/ws`` by ``handler``, let a client use it, and return what that returns.

    ``options`` are the server's; ``extras`` the client's.
    """

    async def main() -> Any:
        async def handle(socket: ServerConnection) -> None:
            with suppress(ConnectionClosed):
                await handler(socket)

        async with serve(handle, "127.0.0.1", 0, **(options or {})) as server:
            with client_of(server.sockets[0].getsockname()[1], **extras) as client:
                return await asyncio.wait_for(use(client), PATIENCE_SECONDS)

    return asyncio.run(main())


def client_of(port: int, **extras: Any) -> DeepdubClient:
    """Return a client of a server on this machine."""
    settings: dict[str, Any] = {
        "api_key": KEY,
        "environ": {},
        "sleep": lambda _: None,
        "timeout": 10,
        **extras,
    }
    origin = f"//127.0.0.1:{port}"
    return DeepdubClient(
        f"http:{origin}/api/v1", f"ws:{origin}/open", f"ws:{origin}/ws", **{**settings, **extras}
    )


def _never_wait(_seconds: float) -> None:
    """Wait not at all between attempts."""


async def heard(socket: ServerConnection) -> dict[str, Any]:
    """Return the next message of the client."""
    message: dict[str, Any] = json.loads(await socket.recv())
    return message


async def say(socket: ServerConnection, **fields: Any) -> None:
    """Say something to the client; ``data`` that is bytes becomes base64."""
    if isinstance(fields.get("data"), bytes):
        fields["data"] = base64.b64encode(fields["data"]).decode()
    await socket.send(json.dumps(fields))


async def speak(socket: ServerConnection, generation_id: str, *pieces: bytes) -> None:
    """Answer a generation on ``/open`` with these pieces, and end it."""
    for index, piece in enumerate(pieces):
        await say(socket, generationId=generation_id, index=index, data=piece, isFinished=False)
    await say(socket, generationId=generation_id, index=len(pieces), data="", isFinished=True)


async def all_of(pieces: Any) -> list[bytes]:
    """Return everything that an asynchronous iterator yields."""
    return [piece async for piece in pieces]
