"""How answers reach the socket: as they should, or spoiled as a fault wants it."""

from __future__ import annotations

import asyncio
import socket
import struct
from collections.abc import Awaitable, Callable, Iterator, MutableMapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, assert_never

from ddvoices.emulator.exchange import Answer, answer_json, refuse
from ddvoices.emulator.faults import Kind, Rule

_PIECE = 16 * 1024
HTML = b"<!DOCTYPE html>\n<html><title>Bad Gateway</title><body><h1>Bad Gateway</h1></body></html>\n"
_STAND_IN = answer_json({"success": True, "message": "This answer was never meant to arrive whole"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Wire:
    """The two directions of one request, and the transport below them."""

    receive: Callable[[], Awaitable[MutableMapping[str, Any]]]
    send: Callable[[MutableMapping[str, Any]], Awaitable[None]]
    transport: asyncio.Transport

    async def deliver(self, answer: Answer) -> None:
        """Send an answer whole."""
        headers = [(name.encode(), value.encode()) for name, value in head_fields(answer)]
        await self.send({"type": "http.response.start", "status": answer.status, "headers": headers})
        for piece in _pieces(answer.body):
            await self.send({"type": "http.response.body", "body": piece, "more_body": True})
        await self.send({"type": "http.response.body", "body": b"", "more_body": False})

    async def gone(self) -> None:
        """Wait until the client has left or the connection is down."""
        while (await self.receive())["type"] != "http.disconnect":
            pass

    async def spoil(self, rule: Rule, answer: Answer | None) -> None:
        """Answer as the fault wants it; ``answer`` is what would have been said, if anything was done."""
        match rule.kind:
            case Kind.RESET:
                await self._reset()
            case Kind.HANG:
                await self.gone()
            case Kind.CUT:
                await self._raw(_cut(answer or _STAND_IN))
            case Kind.HEAD:
                await self._raw(_head(answer or _STAND_IN)[:24])
            case Kind.EMPTY | Kind.HTML | Kind.STATUS:
                await self.deliver(_replacement(rule))
            case Kind.CLOSE:
                raise AssertionError("this rule matches no request")  # see Rule.matches
            case _:
                assert_never(rule.kind)

    async def _reset(self) -> None:
        reset(self.transport)
        await self.gone()

    async def _raw(self, data: bytes) -> None:
        """Write past the web server, which would never let a broken message out, and close."""
        self.transport.write(data)
        self.transport.close()
        await self.gone()


def reset(transport: asyncio.Transport) -> None:
    """Close so that the peer sees RST: linger of zero, then abort."""
    linger = struct.pack("ii", 1, 0)
    transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
    transport.abort()


def status_of(rule: Rule, answer: Answer | None) -> int | None:
    """Return the status that a spoiled answer shows on the wire; None where no answer comes."""
    if rule.kind in (Kind.RESET, Kind.HANG):
        return None
    if rule.kind in (Kind.CUT, Kind.HEAD):
        return (answer or _STAND_IN).status
    return _replacement(rule).status


def _replacement(rule: Rule) -> Answer:
    """Return the well-formed answer that a fault puts in place of the true one."""
    headers = {} if rule.retry_after is None else {"retry-after": str(rule.retry_after)}
    if rule.kind is Kind.EMPTY:
        return Answer()
    if rule.kind is Kind.HTML:
        return Answer(
            status=rule.status or 502, content_type="text/html; charset=utf-8", body=HTML, headers=headers
        )
    status = rule.status or 500
    return refuse(status, phrase(status), headers)


def head_fields(answer: Answer) -> Iterator[tuple[str, str]]:
    """Yield the header fields of an answer; without a length it is sent in chunks."""
    yield "content-type", answer.content_type
    if not answer.chunked:
        yield "content-length", str(len(answer.body))
    yield from answer.headers.items()


def _head(answer: Answer) -> bytes:
    fields = [*head_fields(answer), *([("transfer-encoding", "chunked")] if answer.chunked else [])]
    lines = [f"HTTP/1.1 {answer.status} {phrase(answer.status)}"]
    lines += [f"{name}: {value}" for name, value in fields]
    return "\r\n".join([*lines, "", ""]).encode()


def _cut(answer: Answer) -> bytes:
    """Return the whole head and half of the body: what follows never comes."""
    half = answer.body[: len(answer.body) // 2]
    if answer.chunked:
        return _head(answer) + f"{len(answer.body):x}\r\n".encode() + half
    return _head(answer) + half


def phrase(status: int) -> str:
    """Return what a status is called."""
    return HTTPStatus(status).phrase if status in HTTPStatus._value2member_map_ else "Error"


def _pieces(body: bytes) -> Iterator[bytes]:
    for start in range(0, len(body), _PIECE):
        yield body[start : start + _PIECE]
