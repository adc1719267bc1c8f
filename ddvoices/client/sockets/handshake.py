"""Opening a socket: the key in a header to the one host that it is for, and failures with a type."""

from __future__ import annotations

import asyncio
import logging
import os
import random
import ssl
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TypeVar
from urllib.parse import urlsplit

import requests
from requests.structures import CaseInsensitiveDict
from requests.utils import DEFAULT_CA_BUNDLE_PATH
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import (
    ConnectionClosed,
    InvalidHandshake,
    InvalidMessage,
    InvalidProxy,
    InvalidStatus,
    InvalidURI,
)

from ddvoices import __version__
from ddvoices.client import trust
from ddvoices.client.errors import (
    ConnectionLostError,
    NoAnswerError,
    NoConnectionError,
    RedirectRefusedError,
    StatusError,
)
from ddvoices.client.retry import Kind, Repeat, Trouble, decide
from ddvoices.client.service import retry_after_of, status_error
from ddvoices.client.text import message_of, one_line, reason_of, where_to_look
from ddvoices.client.waits import Waits
from ddvoices.client.wire import rest as wire
from ddvoices.errors import InvalidResponseError, ServiceError

T = TypeVar("T")

_OPEN_SECONDS = 10.0
_CLOSE_SECONDS = 2.0
_KEEPALIVE_FAILED = 1011  # what websockets closes with when its pings aren't answered
_LARGEST_MESSAGE = 256 * 2**20
"""Bytes; what is longer is no audio message, but a service that never stops."""

_MOST_UNREAD = 2**17
"""Messages, more than hours of speech have. With few, who takes its time would keep pings from being seen,
and lose the connection; without a limit, empty ones would fill the memory, of which each takes far more than
it has bytes."""
USELESS = 9
"""For how many times as long as silence is suffered, messages that hold nothing are."""

# websockets logs the headers that it sends, and one of them is the key.
_silent = logging.Logger("ddvoices.websockets", level=logging.CRITICAL + 1)  # noqa: LOG001 - out of everyone's reach


@dataclass(frozen=True, slots=True, kw_only=True)
class Door:
    """Where a socket is opened, and with which key; ``sleep`` gets every wait in seconds."""

    url: str
    key: str
    region: str
    timeout: float
    max_retries: int
    sleep: Callable[[float], Awaitable[object]]

    def __repr__(self) -> str:
        """Return the URL, never the key."""
        return f"{type(self).__name__}({self.url!r})"


class _Connect(connect):
    """A connection that goes where it was told and nowhere else: the next host would get the key."""

    def process_redirect(self, exc: Exception) -> Exception | str:
        """Return the error itself: no redirect is followed."""
        return exc


async def open_socket(door: Door) -> ClientConnection:
    """Open a socket, again after a while where that does no harm: nothing was asked for yet.

    Raises:
        NoConnectionError: there is no connection to be had.
        StatusError: the service refuses it, such as for its key.
        RedirectRefusedError: it points elsewhere.
        InvalidResponseError: whoever answers doesn't speak the protocol.
    """
    attempt, certificates, waits = 0, _certificates_of(door), Waits(door.region)
    while True:
        try:
            return await _connect(door, certificates)
        except (OSError, InvalidHandshake, InvalidProxy, InvalidURI, ImportError, UnicodeError) as error:
            trouble = _trouble(door, error)
            wait = _wait(door, trouble, attempt) if trouble is not None else None
            if trouble is None or wait is None:
                raise _failure(door, error) from error
            waits.tell(trouble, wait, attempt=attempt, max_retries=door.max_retries)
        await door.sleep(wait)
        attempt += 1


async def send(socket: ClientConnection, text: str, *, seconds: float, key: str) -> None:
    """Send a message.

    Raises:
        ConnectionLostError: the connection has ended, before or while it was sent.
        NoAnswerError: the service hasn't taken it after so many seconds; the connection is given up.
    """
    try:
        async with asyncio.timeout(seconds):
            await socket.send(text)
    except TimeoutError as error:
        socket.transport.abort()
        raise NoAnswerError(f"the service takes nothing: not sent after {seconds:g} s") from error
    except (ConnectionClosed, OSError) as error:
        raise lost(error, key=key) from error


async def close_socket(socket: ClientConnection, code: int = 1000) -> None:
    """Close a socket, politely if the other side takes part in it, else at once."""
    with suppress(TimeoutError):
        try:
            async with asyncio.timeout(2 * _CLOSE_SECONDS):
                await socket.close(code)
        finally:
            socket.transport.abort()  # also where who waits is cancelled; nothing where it is closed


def lost(error: BaseException, *, key: str = "") -> ConnectionLostError:
    """Return the error of a connection that has ended, with the reason that the other side gave."""
    if not isinstance(error, ConnectionClosed):
        return ConnectionLostError(f"the connection was lost: {reason_of(error, key=key)}")
    closed = error.rcvd
    if closed is None and error.sent is not None and error.sent.code == _KEEPALIVE_FAILED:
        return ConnectionLostError("the connection was lost: the service no longer answers pings")
    if closed is None:
        return ConnectionLostError("the connection was lost: the other side is gone")
    said = f": {one_line(closed.reason, key=key)}" if closed.reason else ""
    return ConnectionLostError(f"the connection was closed by the service ({closed.code}{said})")


async def _connect(door: Door, certificates: ssl.SSLContext | None) -> ClientConnection:
    """Open a socket once. Nothing goes to this machine by way of a proxy, which would read the key."""
    parts = urlsplit(door.url)
    return await _Connect(
        door.url,
        additional_headers={wire.KEY_HEADER: door.key},
        user_agent_header=f"ddvoices/{__version__}",
        compression=None,  # audio in base64 hardly shrinks, and it would cost us its time
        proxy=None if trust.is_loopback(parts.hostname or "") else True,
        ssl=certificates,
        open_timeout=min(door.timeout, _OPEN_SECONDS),
        close_timeout=_CLOSE_SECONDS,
        max_size=_LARGEST_MESSAGE,
        max_queue=_MOST_UNREAD,
        logger=_silent,
    )


def _certificates_of(door: Door) -> ssl.SSLContext | None:
    """Return what is trusted at a door: the bundle that the environment names, as for requests, else its own.

    Raises:
        NoConnectionError: the bundle can't be read.
    """
    if urlsplit(door.url).scheme != "wss":
        return None
    named = os.environ.get("REQUESTS_CA_BUNDLE") or os.environ.get("CURL_CA_BUNDLE")
    try:
        return _certificates(named)
    except OSError as error:
        reason = reason_of(error, key=door.key)
        raise NoConnectionError(f"{named}: can't be read as certificates: {reason}") from error


@lru_cache(maxsize=4)
def _certificates(named: str | None) -> ssl.SSLContext:
    """Return a bundle, which takes longer to read than a socket to open."""
    if named:
        if Path(named).is_dir():
            return ssl.create_default_context(capath=named)
        return ssl.create_default_context(cafile=named)
    context = ssl.create_default_context()
    context.load_verify_locations(DEFAULT_CA_BUNDLE_PATH)
    return context


def _was_dropped(error: Exception) -> bool:
    """Tell whether the connection ended while it was opened, which may go better the next time."""
    return isinstance(error, InvalidMessage) and isinstance(error.__cause__, EOFError)


def _trouble(door: Door, error: Exception) -> Trouble | None:
    """Return as much of an error as deciding what to do about it needs; None if nothing can help."""
    if isinstance(error, InvalidStatus):
        response = _response(error, door.url)
        return Trouble(kind=Kind.STATUS, status=response.status_code, retry_after=retry_after_of(response))
    if _was_dropped(error) or (isinstance(error, OSError) and not isinstance(error, ssl.SSLError)):
        return Trouble(kind=Kind.UNREACHABLE)
    return None


def _wait(door: Door, trouble: Trouble, attempt: int) -> float | None:
    """Return how long to wait before the next attempt, None if there is to be none."""
    jitter = random.random()  # noqa: S311 - spreads requests, hides nothing
    return decide(Repeat.FREELY, trouble, attempt=attempt, max_retries=door.max_retries, jitter=jitter)


def _failure(door: Door, error: Exception) -> ServiceError:
    """Return the typed error of a socket that could not be opened."""
    if isinstance(error, InvalidStatus):
        return _refused(door, error)
    if isinstance(error, TimeoutError | asyncio.TimeoutError):
        return NoConnectionError(f"{door.url}: no connection in time")
    if _was_dropped(error):
        return NoConnectionError(f"{door.url}: the connection ended while it was opened")
    if isinstance(error, UnicodeError):
        return NoConnectionError(f"{door.url}: no host can have this name")
    reason = reason_of(error, key=door.key)
    if isinstance(error, OSError | InvalidProxy | ImportError) or "Proxy" in type(error).__name__:
        return NoConnectionError(f"{door.url}: {reason}{where_to_look(door.url, error)}")
    return InvalidResponseError(f"{door.url}: whoever answers there doesn't speak WebSocket: {reason}")


def _refused(door: Door, error: InvalidStatus) -> StatusError | RedirectRefusedError:
    """Return the error of a handshake that was answered by a status."""
    response = _response(error, door.url)
    headers = response.headers
    if 300 <= response.status_code < 400 and "Location" in headers:
        target = one_line(headers["Location"], key=door.key)[:200]
        return RedirectRefusedError(
            f"{door.url}: {response.status_code}: redirected to {target!r}, which is not followed"
        )
    message = message_of(response, key=door.key)
    return status_error(response, message, call=door.url, region=door.region, key=door.key)


def _response(error: InvalidStatus, url: str) -> requests.Response:
    """Return the answer to a handshake as one of requests; of headers that are repeated the last counts."""
    answer = error.response
    response = requests.Response()
    response.status_code = answer.status_code
    response.reason = answer.reason_phrase
    response.headers = CaseInsensitiveDict(answer.headers.raw_items())
    response._content = bytes(answer.body or b"")  # noqa: SLF001 - requests has no other way to make one
    response.url = url
    return response
