"""Connections whose answers may come slowly and be long, but neither for ever.

A time-out of a socket is one of silence: a service, or a proxy before it, that sends a byte now and then
would never run into it. And what is read whole, unpacked too, must fit into the memory.
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

BYTES_A_SECOND = 100  # far less than any speech, even where it comes while it is spoken


class PatientReader(io.RawIOBase):
    """Reads an answer for as long as its time-out, and longer while enough of it comes.

    Only time that is spent waiting counts, and the wait for the first byte has a time-out of its own.

    Raises:
        TimeoutError: at a read, once the time is over.
    """

    def __init__(self, connection: socket.socket, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._raw = connection.makefile("rb", buffering=0)
        self._timeout = connection.gettimeout()
        self._clock = clock
        self._waited = 0.0
        self._received = 0

    def readable(self) -> bool:
        """Return True."""
        return True

    def readinto(self, buffer: Any) -> int | None:
        """Read what is there into ``buffer``, as much as fits."""
        if self._timeout is not None and self._waited > self._timeout + self._received / BYTES_A_SECOND:
            raise TimeoutError("timed out")
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

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection

    def makefile(self, _mode: str) -> io.BufferedReader:
        return io.BufferedReader(PatientReader(self._connection))


class _Response(http.client.HTTPResponse):
    def __init__(self, sock: socket.socket, *args: Any, **options: Any) -> None:
        super().__init__(_Readable(sock), *args, **options)  # type: ignore[arg-type]  # it needs no more


class _Connection(HTTPConnection):
    response_class = _Response


class _SecureConnection(HTTPSConnection):
    response_class = _Response


class _Pool(HTTPConnectionPool):
    ConnectionCls = _Connection


class _SecurePool(HTTPSConnectionPool):
    ConnectionCls = _SecureConnection


_POOLS = {"http": _Pool, "https": _SecurePool}


def _bounded(answer: requests.Response) -> Callable[..., Iterator[bytes]]:
    """Return what reads an answer, up to as much as there may be."""
    read = answer.iter_content

    def pieces(*args: Any, **options: Any) -> Iterator[bytes]:
        size = 0
        for piece in read(*args, **options):
            size += len(piece)
            if size > MOST_IN_MEMORY:
                answer.close()
                raise requests.exceptions.ContentDecodingError(
                    f"an answer of more than {MOST_IN_MEMORY // 2**20} MiB"
                )
            yield piece

    return pieces


class PatientAdapter(HTTPAdapter):
    """Sends the requests of a session over such connections."""

    def send(self, *args: Any, **options: Any) -> requests.Response:
        """Send a request; only a success that is to be streamed may be of any length."""
        answer = super().send(*args, **options)
        if not (answer.ok and options.get("stream")):
            answer.iter_content = _bounded(answer)  # type: ignore[method-assign]  # by it `content` is read
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
