"""What the rooms of the client share."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import TYPE_CHECKING, Any, Self, TypeVar

import requests

from ddvoices.client.body import Body
from ddvoices.client.endpoints import Surface
from ddvoices.client.service import Service
from ddvoices.client.transport import Request

if TYPE_CHECKING:
    from websockets.asyncio.client import ClientConnection

    from ddvoices.client.sockets.handshake import Door

T = TypeVar("T")


class Calls:
    """A part of the client that makes REST calls."""

    timeout: float
    _sleep: Callable[[float], object]

    def _rest(self) -> Service:
        """Return the way to the REST surface."""
        raise NotImplementedError

    def _call(
        self,
        method: str,
        path: str,
        believe: Callable[[requests.Response], T],
        *,
        body: Callable[[], Body] | None = None,
        timeout: float | None = None,
        stream: bool = False,
        **options: Any,
    ) -> T:
        """Make one call; ``options`` are those of ``requests.Request``."""
        request = Request(
            method=method,
            path=path,
            timeout=timeout or self.timeout,
            body=body,
            stream=stream,
            options=options,
        )
        return self._rest().call(request, believe)


class SocketCalls(Calls):
    """A part of the client that talks over a socket; each call is bound to a client that is connected."""

    def _door(self, surface: Surface, *, use: bool = True) -> Door:
        """Return where a socket is opened; ``use`` asks whether it may be, and is left out if nothing is."""
        raise NotImplementedError

    def _check_unconnected(self) -> None:
        """Require that this client isn't one that is connected."""
        raise NotImplementedError

    def _open_socket(self) -> ClientConnection | None:
        """Return the socket to ``/open``, if it is open."""
        raise NotImplementedError

    def _stream(self) -> AbstractAsyncContextManager[Self]:
        """Open a streaming session without settings."""
        raise NotImplementedError
