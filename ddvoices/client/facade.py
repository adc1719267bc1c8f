"""The client, with the names, order and defaults of the official SDK 0.1.29."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from ddvoices.client.endpoints import Endpoints, Surface, choose_endpoints
from ddvoices.client.errors import InvalidKeyError, InvalidOptionError
from ddvoices.client.plain import PlainCalls
from ddvoices.client.service import Service
from ddvoices.client.speech import SpeechCalls
from ddvoices.client.stream_calls import StreamCalls
from ddvoices.client.sync_calls import SyncCalls
from ddvoices.client.transport import Transport
from ddvoices.client.voices import VoiceCalls
from ddvoices.client.wire import rest as wire
from ddvoices.errors import UsageError

if TYPE_CHECKING:
    from websockets.asyncio.client import ClientConnection

    from ddvoices.client.sockets.handshake import Door

KEY_VARIABLE = "DEEPDUB_API_KEY"


class DeepdubClient(SyncCalls, StreamCalls, VoiceCalls, SpeechCalls, PlainCalls):
    """A client of one region of the Deepdub API.

    Arguments win over the environment (DEEPDUB_API_KEY, DEEPDUB_BASE_URL and its fellows, DD_EU). It may be
    shared by threads and used under ``with``; connections are kept until it is closed. ``timeout`` is in
    seconds (for each read; four times as long for a synthesis). ``max_concurrent`` REST requests may be under
    way at once. ``sleep`` is called for every wait.
    ``endpoints`` takes the place of the three URLs and ``eu``.

    Raises:
        InvalidKeyError: there is no key.
        UntrustedEndpointError: an endpoint is none that a key may be sent to.
        InvalidOptionError: arguments contradict each other.
    """

    def __init__(  # noqa: PLR0913 - the SDK's signature, and a few
        self,
        base_url: str | None = None,
        base_websocket_url: str | None = None,
        base_websocket_streaming_url: str | None = None,
        api_key: str | None = None,
        eu: bool | None = None,  # noqa: FBT001 - the SDK's signature
        *,
        timeout: float = 30.0,
        max_retries: int = 5,
        max_concurrent: int | None = None,
        sleep: Callable[[float], object] = time.sleep,
        environ: Mapping[str, str] | None = None,
        endpoints: Endpoints | None = None,
    ) -> None:
        environ = os.environ if environ is None else environ
        urls = {
            Surface.REST: base_url,
            Surface.WEBSOCKET: base_websocket_url,
            Surface.STREAMING: base_websocket_streaming_url,
        }
        if endpoints is not None and (any(urls.values()) or eu is not None):
            raise InvalidOptionError("endpoints takes the place of the URLs and of eu")
        if timeout <= 0 or max_retries < 0:
            raise InvalidOptionError("timeout must be greater than 0, and max_retries not less")
        if max_concurrent is not None and max_concurrent < 1:
            raise InvalidOptionError("max_concurrent must be 1 or more")
        self._endpoints = endpoints or choose_endpoints(urls, eu=eu, environ=environ)
        self.timeout = timeout
        self._sleep = sleep
        self.max_concurrent = max_concurrent
        self._max_retries = max_retries
        self._key = _clean_key(api_key or environ.get(KEY_VARIABLE))
        self._transport = Transport(self._endpoints.rest, self._key)
        self._service = Service(
            self._transport,
            key=self._key,
            region=self._endpoints.region,
            max_retries=max_retries,
            max_concurrent=max_concurrent,
            sleep=sleep,
        )

    @classmethod
    def for_endpoints(cls, endpoints: Endpoints, api_key: str, **extras: Any) -> Self:
        """Return a client of endpoints that were resolved before; ``extras`` are the constructor's own."""
        return cls(api_key=api_key, endpoints=endpoints, **extras)

    @property
    def region(self) -> str:
        """Return the region that this client talks to."""
        return self._endpoints.region

    @property
    def base_url(self) -> str:
        """Return the URL of the REST surface."""
        return self._endpoints.rest

    @property
    def base_websocket_url(self) -> str:
        """Return the URL of ``/open``."""
        return self._endpoints.websocket

    @property
    def base_websocket_streaming_url(self) -> str:
        """Return the URL of ``/ws``."""
        return self._endpoints.streaming

    @property
    def api_key(self) -> str:
        """Return the key."""
        return self._key

    @property
    def headers(self) -> dict[str, str]:
        """Return what the official SDK sends with each request; it holds the key."""
        return {"Content-Type": "application/json", wire.KEY_HEADER: self._key}

    def close(self) -> None:
        """Close the connections that are kept."""
        self._transport.close()

    def __enter__(self) -> Self:
        """Return the client, to be closed at the end."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the connections that are kept."""
        self.close()

    async def __aenter__(self) -> Self:
        """Return the client, to be closed at the end."""
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the connections that are kept."""
        self.close()

    def __repr__(self) -> str:
        """Return region and URL, never the key."""
        return f"{type(self).__name__}(region={self.region!r}, base_url={self.base_url!r})"

    def _rest(self) -> Service:
        """Return the way to the REST surface, unless that is refused."""
        self._endpoints.use(Surface.REST)
        return self._service

    def _door(self, surface: Surface, *, use: bool = True) -> Door:
        """Return where a socket is opened, unless that is refused."""
        from ddvoices.client.sockets.handshake import Door

        return Door(
            url=self._endpoints.use(surface) if use else self._endpoints.url(surface),
            key=self._key,
            region=self._endpoints.region,
            timeout=self.timeout,
            max_retries=self._max_retries,
            sleep=self._sleep_aside,
        )

    async def _sleep_aside(self, seconds: float) -> None:
        """Wait without holding up the event loop; a ``sleep`` of the caller's own is called for it."""
        import asyncio  # not at the top: who never connects doesn't pay for it

        if self._sleep is time.sleep:
            await asyncio.sleep(seconds)
        else:
            await asyncio.to_thread(self._sleep, seconds)

    def _check_unconnected(self) -> None:
        """Require that this client isn't one that is connected."""
        if self._channel is not None or self._session is not None:
            raise UsageError("already connected: connect with the client that this one was made from")

    def _open_socket(self) -> ClientConnection | None:
        """Return the socket to ``/open``, if it is open."""
        return self._channel.socket if self._channel is not None else None


def _clean_key(value: str | None) -> str:
    """Return a key without what a copy from a file leaves around it.

    Keys start with ``dd-``, but that is the service's to judge.
    """
    key = (value or "").strip()
    if not key:
        raise InvalidKeyError(f"no API key: pass api_key or set {KEY_VARIABLE}")
    if not key.isascii() or not key.isprintable() or " " in key:
        raise InvalidKeyError("the API key holds characters that no key has")
    return key
