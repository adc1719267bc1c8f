"""A small service that keeps voices as they are sent and answers oddly: what the emulator never would."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Answer = tuple[int, Any]

NASTY = {
    "half a pair": "\ud800",
    "null": "a\x00b",
    "line": "a\nEVIL=1",
    "escape": "\x1b[31m",
    "slash": "../../tts",
    "dot": ".",
    "dots": "..",
    "space": " ",
    "question": "a?limit=1#x",
    "percent": "%2e%2e",
    "long": "x" * 5000,
    "turned": "a\u202eb",
}


class OddService:
    """Voices by id, in the wire's spelling; ``twist`` may change an answer before it is sent.

    ``next_id`` makes the id of a new voice. An answer that is bytes is sent as it is.
    """

    def __init__(self) -> None:
        self.voices: dict[str, dict[str, Any]] = {}
        self.calls: list[str] = []
        self.twist: Callable[[str, str, Answer], Answer] = lambda _method, _path, answer: answer
        self.next_id: Callable[[], str] = lambda: f"id-{len(self.calls)}"
        self.base_url = ""

    def posts(self) -> int:
        return sum(call == "POST /voice" for call in self.calls)

    def add(self, voice_id: str, **fields: Any) -> None:
        """Put a voice there by hand."""
        self.voices[voice_id] = {"id": voice_id, **fields}

    def answer(self, method: str, path: str, body: dict[str, Any]) -> Answer:
        """Do what is asked, and return status and document."""
        self.calls.append(f"{method} {path}")
        return self.twist(method, path, self._do(method, path, body))

    def _do(self, method: str, path: str, body: dict[str, Any]) -> Answer:
        voice_id = path.removeprefix("/voice").removeprefix("/")
        if method == "GET" and not voice_id:
            return 200, {"voicePrompts": list(self.voices.values())}
        if method == "POST":
            made = self.next_id()
            self.add(made, createdAt=f"2026-01-01T00:00:{len(self.calls) % 60:02}Z", **_spelled(body))
            return 200, {"response": {"voice_prompt_id": made}}
        known = self.voices.get(voice_id or str(body.get("id")))
        if known is None:
            return 404, {"success": False, "message": "no such voice"}
        if method == "PUT":
            known.update({name: body[name] for name in ("name", "locale", "gender") if name in body})
        if method == "DELETE":
            del self.voices[known["id"]]
            return 200, {"success": True}
        return 200, {"prompt": known}


def _spelled(body: dict[str, Any]) -> dict[str, Any]:
    renamed = {"speaker_id": "speakerId", "speaking_style": "speakingStyle"}
    kept = ("name", "title", "locale", "gender", "text", *renamed)
    return {renamed.get(name, name): body[name] for name in kept if name in body}


@contextmanager
def odd_service() -> Iterator[OddService]:
    """Serve on loopback until the end of the block."""
    service = OddService()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _serve(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length") or 0))
            path = self.path.removeprefix("/api/v1").partition("?")[0]
            status, answer = service.answer(self.command, path, json.loads(body or b"{}"))
            data = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        do_GET = do_POST = do_PUT = do_DELETE = _serve  # noqa: N815 - http.server's names

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    service.base_url = f"http://127.0.0.1:{server.server_address[1]}/api/v1"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield service
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
