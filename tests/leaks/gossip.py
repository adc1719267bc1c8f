"""A service that answers nothing but what it was asked with, key and all: on HTTP and on sockets."""

from __future__ import annotations

import html
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from client.scripted import Received, Scripted, Step, answer, raw
from leaks.spellings import said
from websockets.sync.server import ServerConnection
from websockets.sync.server import serve as serve_sockets

HEADER = "x-api-key"
Failure = Callable[[str], Step]


def _refused(status: int, **headers: str) -> Failure:
    return lambda key: answer({"success": False, "message": said(key)}, status=status, **headers)


def _page(status: int, escape: Callable[[str], str]) -> Failure:
    """Answer as a gateway does that shows the headers of the request on a page."""

    def failure(key: str) -> Step:
        page = f"<head><style>a {{}}</style></head><body><h1>No</h1>{HEADER}: {escape(said(key))}</body>"
        return answer(page.encode(), status=status, kind="text/html")

    return failure


def _line(text: str) -> Step:
    return raw(text.encode("latin-1") + b"\r\n\r\n")


# What is asked for again only after a while is left to `SLOW`.
ANSWERS: dict[str, Failure] = {
    "401": _refused(401),
    "402": _refused(402),
    "403": _refused(403),
    "400": _refused(400),
    "429": _refused(429, Retry_After="0.01"),
    "a page": _page(403, html.escape),
    "a page as it is": _page(400, str),
    "a title": lambda key: answer(
        f"<title>{html.escape(said(key))}</title>".encode(), status=404, kind="text/html"
    ),
    "plain text": lambda key: answer(said(key).encode(), status=409, kind="text/plain"),
    "ids": lambda key: answer({"message": "no"}, status=400, X_Request_Id=said(key)),
    "a redirect": lambda key: answer(status=302, Location=f"http://other.example/?key={said(key)}"),
    "a redirect to a path": lambda key: answer(status=307, Location=f"//{key}/{said(key)}"),
    "a broken header": lambda key: _line(
        f"HTTP/1.1 403 No\r\nContent-Length: 0\r\n{HEADER} {said(key)}\r\nServer: gateway"
    ),
    "a reason": lambda key: _line(f"HTTP/1.1 403 {said(key)}\r\nContent-Length: 0"),
}
SLOW: dict[str, Failure] = {
    "500": _refused(500),
    "503": _refused(503, Retry_After="0.01"),
    "a type": lambda key: answer(b"?", kind=said(key)),
    "a success that is none": _refused(200),
    "a page as a success": _page(200, html.escape),
    "another protocol": lambda key: _line(f"{HEADER}: {said(key)}"),
    "no protocol": lambda key: _line(said(key)),
    "a piece of audio": lambda key: _line(
        f"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nID3\r\n{said(key)}"
    ),
    "a wrong length": lambda key: _line(f"HTTP/1.1 200 OK\r\nContent-Length: {said(key)}"),
}


def _say(socket: ServerConnection, **fields: Any) -> None:
    asked = json.loads(socket.recv())
    socket.send(json.dumps({"generationId": asked.get("generationId"), **fields}))


TALKS: dict[str, Callable[[ServerConnection, str], None]] = {
    "a reason to close": lambda socket, key: socket.close(1008, key),
    "the same in base64": lambda socket, key: socket.close(1011, said(key)[-100:]),
    "an error": lambda socket, key: _say(socket, error=said(key)),
    "an error type": lambda socket, key: _say(socket, error=said(key), errorType=said(key)),
    "an error to all": lambda socket, key: _say(
        socket, error=said(key), errorType="InvalidInput", generationId=None
    ),
    "an error in an action": lambda socket, key: _say(socket, action="error", data={"error": said(key)}),
    "a gender": lambda socket, key: _say(socket, predicted_gender=said(key), confidence=0.5, more=said(key)),
    "nonsense": lambda socket, key: socket.send(said(key)),
}


@dataclass(kw_only=True)
class Gossip:
    """Where it serves; ``failure`` names how, ``lists`` tells whether it lists voices (none) all the same.

    ``text`` is told in place of the key.
    """

    base_url: str
    socket_url: str
    failure: str = "401"
    lists: bool = False
    text: str | None = None

    def answer(self, request: Received) -> Step:
        """Return the answer to a request: of what has no voices to add, the list of none."""
        if self.lists and request.method == "GET":
            return answer({"voicePrompts": []})
        return {**ANSWERS, **SLOW}[self.failure](self.told(request.headers.get(HEADER, "")))

    def told(self, key: str) -> str:
        """Return what there is to be told to whom has this key."""
        return key if self.text is None else self.text

    def variables(self) -> dict[str, str]:
        """Return what leads the program here."""
        socket = self.socket_url if self.failure in TALKS else self.base_url.replace("http:", "ws:")
        names = ("DEEPDUB_BASE_WEBSOCKET_URL", "DEEPDUB_BASE_WEBSOCKET_STREAMING_URL")
        return {"DEEPDUB_BASE_URL": self.base_url, **dict.fromkeys(names, socket)}


@contextmanager
def gossip() -> Iterator[Gossip]:
    """Serve until the end of the block."""

    def handle(socket: ServerConnection) -> None:
        request = socket.request
        TALKS[serving.failure](socket, serving.told(request.headers[HEADER] if request else ""))

    def step(connection: Any, request: Received) -> bool:
        return serving.answer(request)(connection, request)

    with Scripted(step) as rest, serve_sockets(handle, "127.0.0.1", 0) as sockets:
        port = sockets.socket.getsockname()[1]
        serving = Gossip(base_url=rest.base_url, socket_url=f"ws://127.0.0.1:{port}/open")
        thread = threading.Thread(target=sockets.serve_forever)
        thread.start()
        try:
            yield serving
        finally:
            sockets.shutdown()
            thread.join()
