"""Connections whose answers may come slowly and be long, but neither for ever.

A time-out of a socket is one of silence: a service, or a proxy before it, that sends a byte now and then
would never run into it. What is read whole, unpacked too, must fit into the memory. And what goes on without
ever being content (answers that announce the answer, what follows after its end) is no answer.
"""

from __future__ import annotations

import http.client
import io
import socket
import time
from collections.abc import Callable, Iterator
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

MOST_IN_MEMORY = 256 * 2**20
"""Bytes, unpacked; a listing of 100,000 voices has a fifth of it, and an hour of speech less than half."""

PACKED = "gzip, deflate"
"""What answers may be packed in: both at most a thousand times smaller, so that a piece is soon counted."""

_MOST_IN_HEAD = 2**20  # bytes, more than any server or proxy lets pass
_MARGIN = 2**20  # bytes, more than are read at once: what is content is counted first, and refused as such
_ENCODINGS = frozenset({"", "identity", "gzip", "x-gzip", "deflate"})

BYTES_A_SECOND = 100  # far less than any speech, even where it comes while it is spoken


class PatientReader(io.RawIOBase):
    """Reads an answer for as long as its time-out, and longer while enough of it comes.

    Only time that is spent waiting counts, and the wait for the first byte has a time-out of its own.

    Raises:
        TimeoutError: at a read, once the time is over.
        OSError: at a read, once more has come than was allowed; at first that is as much as a head may have.
    """

    def __init__(self, connection: socket.socket, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._raw = connection.makefile("rb", buffering=0)
        self._timeout = connection.gettimeout()
        self._clock = clock
        self._waited = 0.0
        self._received = 0
        self._most = _MOST_IN_HEAD

    def allow(self, size: int) -> None:
        """Let so many bytes more come."""
        self._most = self._received + size

    def readable(self) -> bool:
        """Return True."""
        return True

    def readinto(self, buffer: Any) -> int | None:
        """Read what is there into ``buffer``, as much as fits."""
        if self._timeout is not None and self._waited > self._timeout + self._received / BYTES_A_SECOND:
            raise TimeoutError("timed out")
        if self._received > self._most:
            raise OSError(f"an answer that goes on after {self._received} bytes without an end")
        began = self._clock()
        count: int | None = self._raw.readinto(buffer)
        if self._received:
            self._waited += self._clock() - began
        self._received += count or 0
        return count

    def close(self) -> None:
        """Let go of the connection."""
        self._raw.close()
        super().close()


class _Readable:
    """As much of a connection as an answer needs."""

    def __init__(self, reader: PatientReader) -> None:
        self._reader = reader

    def makefile(self, _mode: str) -> io.BufferedReader:
        return io.BufferedReader(self._reader)


class _Response(http.client.HTTPResponse):
    def __init__(self, sock: socket.socket, *args: Any, **options: Any) -> None:
        self.reader = PatientReader(sock)
        super().__init__(_Readable(self.reader), *args, **options)  # type: ignore[arg-type]  # it needs no more


class _Connection(HTTPConnection):
    response_class = _Response


class _SecureConnection(HTTPSConnection):
    response_class = _Response


class _Pool(HTTPConnectionPool):
    ConnectionCls = _Connection


class _SecurePool(HTTPSConnectionPool):
    ConnectionCls = _SecureConnection


_POOLS = {"http": _Pool, "https": _SecurePool}


def _allow(answer: requests.Response) -> None:
    """Let as much of an answer come as fits into the memory; by way of SOCKS nobody counts."""
    reader = getattr(getattr(answer.raw, "_original_response", None), "reader", None)
    if reader is not None:
        reader.allow(MOST_IN_MEMORY + _MARGIN)


def _bounded(answer: requests.Response, *, streamed: bool) -> Callable[..., Iterator[bytes]]:
    """Return what reads an answer: whole, up to as much as there may be, or as long as content comes."""
    read = answer.iter_content

    def pieces(*args: Any, **options: Any) -> Iterator[bytes]:
        size = 0
        try:
            for piece in read(*args, **options):
                size += len(piece)
                _allow(answer) if streamed else _check_size(size)
                yield piece
        except BaseException:
            answer.close()  # whoever reads it whole never gets it to close it, as where it is packed wrongly
            raise

    return pieces


def _check_size(size: int) -> None:
    if size > MOST_IN_MEMORY:
        raise requests.exceptions.ContentDecodingError(
            f"an answer of more than {MOST_IN_MEMORY // 2**20} MiB"
        )


def _check_packed(answer: requests.Response) -> None:
    """Refuse what is packed in a way that wasn't asked for, such as twice."""
    encoding = answer.headers.get("Content-Encoding", "").strip().lower()
    if encoding not in _ENCODINGS:
        answer.close()
        raise requests.exceptions.ContentDecodingError(f"an answer packed as {encoding[:40]!r}")


class PatientAdapter(HTTPAdapter):
    """Sends the requests of a session over such connections."""

    def send(self, *args: Any, **options: Any) -> requests.Response:
        """Send a request; only a success that is to be streamed may be of any length."""
        answer = super().send(*args, **options)
        _check_packed(answer)
        _allow(answer)
        streamed = bool(answer.ok and options.get("stream"))
        answer.iter_content = _bounded(answer, streamed=streamed)  # type: ignore[method-assign]  # `content` is read by it
        return answer

    def init_poolmanager(self, *args: Any, **options: Any) -> None:
        """Make the connections of direct requests."""
        super().init_poolmanager(*args, **options)
        self.poolmanager.pool_classes_by_scheme = _POOLS

    def proxy_manager_for(self, proxy: str, **options: Any) -> Any:
        """Make those by way of a proxy; SOCKS has connections of its own."""
        manager: Any = super().proxy_manager_for(proxy, **options)
        if not proxy.lower().startswith("socks"):
            manager.pool_classes_by_scheme = _POOLS
        return manager
