"""A server that answers byte for byte what a test says: also what no server should."""

from __future__ import annotations

import io
import json
import socket
import struct
import threading
import time
import wave
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Self

KEY = "dd-0123456789abcdef"


def _tone() -> bytes:
    """Return a tenth of a second of a square wave."""
    file = io.BytesIO()
    with wave.open(file, "wb") as writer:
        writer.setnchannels(1)
        writer.setsampwidth(2)
        writer.setframerate(16000)
        writer.writeframes((b"\x00\x20" * 20 + b"\x00\xe0" * 20) * 40)
    return file.getvalue()


WAV = _tone()
Step = Callable[[socket.socket, "Received"], bool]
"""Answers one request; tells whether the connection is kept."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Received:
    """One request as it came; ``whole`` if its body had the length that was promised."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes
    whole: bool
    connection: int

    @property
    def json(self) -> Any:
        return json.loads(self.body)


class Scripted:
    """Serves steps in turn, one a request; the last is repeated. Every request is kept in ``received``."""

    def __init__(self, *steps: Step) -> None:
        self.steps = list(steps)
        self.received: list[Received] = []
        self._changed = threading.Condition()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._connections: list[socket.socket] = []
        self._threads = [threading.Thread(target=self._accept)]
        self._threads[0].start()

    @property
    def port(self) -> int:
        return int(self._listener.getsockname()[1])

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self.port}/api/v1"

    @property
    def connections(self) -> int:
        return len(self._connections)

    def calls(self) -> list[str]:
        """Return method and path of all requests."""
        return [f"{each.method} {each.target.removeprefix('/api/v1')}" for each in self.received]

    def wait_for(self, count: int) -> list[Received]:
        """Return what was received, once it is so much."""
        with self._changed:
            assert self._changed.wait_for(lambda: len(self.received) >= count, timeout=30)
            return list(self.received)

    def close(self) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for connection in self._connections:
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self._connections.append(connection)
            thread = threading.Thread(target=self._serve, args=(connection, len(self._connections)))
            self._threads.append(thread)
            thread.start()

    def _serve(self, connection: socket.socket, number: int) -> None:
        with connection, connection.makefile("rb") as reader:
            try:
                while request := _read(reader, number):
                    with self._changed:
                        self.received.append(request)
                        self._changed.notify_all()
                        step = self.steps.pop(0) if len(self.steps) > 1 else self.steps[0]
                    if not step(connection, request):
                        return
            except OSError:
                return


def _read(reader: Any, number: int) -> Received | None:
    line = reader.readline().decode("latin-1").split()
    if len(line) != 3:
        return None
    headers = {}
    while (head := reader.readline().decode("latin-1").strip()) != "":
        name, _, value = head.partition(":")
        headers[name.lower()] = value.strip()
    length = int(headers.get("content-length", 0))
    body = reader.read(length)
    return Received(
        method=line[0],
        target=line[1],
        headers=headers,
        body=body,
        whole=len(body) == length,
        connection=number,
    )


def answer(
    content: object = b"", *, status: int = 200, kind: str | None = "application/json", **headers: str
) -> Step:
    """Answer well formed; what isn't bytes is sent as JSON. ``Retry_After`` stands for ``Retry-After``."""
    body = content if isinstance(content, bytes) else json.dumps(content).encode()
    lines = [f"HTTP/1.1 {status} Said", f"Content-Length: {len(body)}"]
    lines += [f"Content-Type: {kind}"] if kind else []
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return raw("\r\n".join(lines).encode() + b"\r\n\r\n" + body, keep=True)


def raw(content: bytes, *, keep: bool = False) -> Step:
    """Answer with bytes, then close unless ``keep``."""

    def step(connection: socket.socket, _: Received) -> bool:
        connection.sendall(content)
        return keep

    return step


def cut_body(connection: socket.socket, _: Received) -> bool:
    """Promise more than is sent."""
    connection.sendall(
        b'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 99\r\n\r\n{"voi'
    )
    return False


def cut_head(connection: socket.socket, _: Received) -> bool:
    """End in the middle of a header."""
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Ty")
    return False


def reset(connection: socket.socket, _: Received) -> bool:
    """End the connection at once, without a word."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    return False


def hang(connection: socket.socket, _: Received) -> bool:
    """Say nothing until the other side gives up, or the test ends."""
    with suppress(OSError):
        connection.recv(1)
    return False


def drip(content: bytes, *, seconds: float) -> Step:
    """Say something, then spaces, one after the other, until nobody listens."""

    def step(connection: socket.socket, _: Received) -> bool:
        connection.sendall(content)
        while True:
            time.sleep(seconds)
            connection.sendall(b" ")

    return step
