"""One request over kept connections, once: the key in a header, and no redirect to another origin."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.cookiejar import DefaultCookiePolicy
from typing import Any
from urllib.parse import urljoin, urlsplit

import requests
import urllib3

from ddvoices import __version__
from ddvoices.client import trust
from ddvoices.client.body import Body, WholeBody
from ddvoices.client.patience import PACKED, PatientAdapter
from ddvoices.client.retry import Kind, Repeat
from ddvoices.client.text import one_line, reason_of
from ddvoices.client.wire import rest as wire

_log = logging.getLogger("ddvoices.client")
_HOPS = 5
_CONNECT_TIMEOUT = 10.0
_CONNECTIONS = 64
_HIDDEN = "(hidden)"
_NO_CONNECTION = (
    requests.ConnectTimeout,
    requests.exceptions.ProxyError,
    requests.exceptions.InvalidProxyURL,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What is to be sent. ``path`` is below the base URL; ``body`` makes a new body for each attempt.

    ``options`` are further arguments of ``requests.Request``; ``timeout`` is in seconds. With ``stream`` only
    the head of the answer is read, and whoever believes it reads and closes the rest.
    """

    method: str
    path: str
    timeout: float
    body: Callable[[], Body] | None = None
    stream: bool = False
    options: Mapping[str, Any] = field(default_factory=dict)

    @property
    def call(self) -> str:
        """Return the method and path, as errors and logs show them."""
        return f"{self.method} {self.path}"

    @property
    def repeat(self) -> Repeat:
        """Return what it would do to send this twice."""
        if self.method != "POST":
            return Repeat.FREELY
        return Repeat.CREATE if self.path.rstrip("/") == wire.VOICE else Repeat.PAID


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """Why there is no answer to believe; ``received`` if the service may have got the whole request."""

    kind: Kind
    message: str
    received: bool
    response: requests.Response | None = None
    cause: Exception | None = None


class _Session(requests.Session):
    """Connections, without a mind of their own about redirects."""

    def get_redirect_target(self, resp: requests.Response) -> None:
        """Return none: else the next request, with the key, is made ready before anyone asks for it."""


class Transport:
    """Sends requests to one base URL with one key; may be shared by threads."""

    def __init__(self, base_url: str, key: str) -> None:
        self.base_url = base_url
        self._key = key
        self._session = _Session()
        self._session.headers["User-Agent"] = f"ddvoices/{__version__}"
        self._session.headers["Accept-Encoding"] = PACKED
        self._session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        adapter = PatientAdapter(pool_maxsize=_CONNECTIONS)
        self._session.mount("https://", adapter)
        self._session.mount("http://", adapter)

    def close(self) -> None:
        """Close the connections that are kept."""
        self._session.close()

    def send(self, request: Request) -> requests.Response | Failure:
        """Send a request once and return the answer, whatever its status, or why there is none."""
        url = self.base_url + request.path
        hops = 0
        while True:
            answer = self._send_to(url, request)
            if isinstance(answer, Failure) or not answer.is_redirect:
                return answer
            target = _target(url, answer)
            hops += 1
            if request.method != "GET" or hops > _HOPS or not trust.same_origin(target, url):
                return _redirected(one_line(target, key=self._key), answer)
            url = target

    def _send_to(self, url: str, request: Request) -> requests.Response | Failure:
        """Send a request to a URL, its body tracked."""
        prepared = self._prepare(url, request)
        body = prepared.body
        started = time.monotonic()
        try:
            answer = self._session.send(prepared, **self._settings(url, request))
        except (requests.RequestException, urllib3.exceptions.HTTPError, OSError) as error:
            _log_call(request, None, time.monotonic() - started)
            return _no_answer(error, body, key=self._key)
        finally:
            # Exceptions and answers keep the request: what handles them must not find the key there.
            prepared.headers[wire.KEY_HEADER] = _HIDDEN
        _log_call(request, answer.status_code, time.monotonic() - started)
        return answer

    def _prepare(self, url: str, request: Request) -> requests.PreparedRequest:
        """Return the request with its key and a body that is tracked."""
        options = dict(request.options)
        if request.body is not None:
            options["data"] = request.body()
            options["headers"] = {"Content-Type": "application/json", **(options.get("headers") or {})}
        # With an auth of ours, requests neither looks into ~/.netrc nor into the URL for another.
        prepared = self._session.prepare_request(
            requests.Request(request.method, url, auth=self._authorise, **options)
        )
        if isinstance(prepared.body, str | bytes):
            content = prepared.body if isinstance(prepared.body, bytes) else prepared.body.encode()
            prepared.body = WholeBody(content)  # type: ignore[assignment]  # requests takes any iterable
        return prepared

    def _authorise(self, prepared: requests.PreparedRequest) -> requests.PreparedRequest:
        """Put the key into the headers, never into the URL."""
        prepared.headers[wire.KEY_HEADER] = self._key
        return prepared

    def _settings(self, url: str, request: Request) -> dict[str, Any]:
        """Return proxies, certificates and time-outs for one request.

        Nothing goes to this machine by way of a proxy: it could not get there, and would read the key.
        """
        settings = dict(self._session.merge_environment_settings(url, {}, False, None, None))  # noqa: FBT003 - its own signature
        if trust.is_loopback(urlsplit(url).hostname or ""):
            settings["proxies"] = {}
        timeout = (min(request.timeout, _CONNECT_TIMEOUT), request.timeout)
        return {**settings, "timeout": timeout, "stream": request.stream, "allow_redirects": False}


def _log_call(request: Request, status: int | None, seconds: float) -> None:
    """Log a request and the status of its answer, None if there was none."""
    ms = round(seconds * 1000)
    details = {"event": "call", "method": request.method, "path": request.path, "status": status, "ms": ms}
    answer = "no answer" if status is None else status
    _log.debug("%s: %s, %d ms", request.call, answer, ms, extra={"details": details})


def _target(url: str, answer: requests.Response) -> str:
    """Return where an answer points, as it is where it makes no sense."""
    location = answer.headers["Location"]
    try:
        return urljoin(url, location)
    except ValueError:
        return location


def _redirected(target: str, answer: requests.Response) -> Failure:
    """Return the failure of an answer that points where the request must not go."""
    message = f"{answer.status_code}: redirected to {target[:200]!r}, which is not followed"
    return Failure(kind=Kind.REDIRECT, message=message, received=False, response=answer)


def _no_answer(error: Exception, body: object, *, key: str) -> Failure:
    """Say what an exception means: whether the service may have got the request."""
    reason = reason_of(error, key=key)
    if _before_sending(error, body):
        return Failure(kind=Kind.UNREACHABLE, message=reason, received=False, cause=error)
    if not getattr(body, "finished", True):
        message = f"{reason}, before the whole request was sent"
        return Failure(kind=Kind.UNREACHABLE, message=message, received=False, cause=error)
    kind = Kind.TIMEOUT if _was_too_slow(error) else Kind.LOST
    return Failure(kind=kind, message=reason, received=True, cause=error)


def _before_sending(error: Exception, body: object) -> bool:
    """Tell whether no connection was made."""
    if isinstance(error, _NO_CONNECTION):
        return True
    reason = getattr(error.args[0], "reason", None) if error.args else None
    if isinstance(error, requests.exceptions.SSLError):
        # TLS may also fail later; a certificate is refused before anything is sent.
        return not getattr(body, "finished", False) or "CERTIFICATE_VERIFY_FAILED" in repr(reason)
    return isinstance(reason, urllib3.exceptions.NewConnectionError)


def _was_too_slow(error: Exception) -> bool:
    """Tell whether time ran out; of an answer's body requests says so in another way."""
    inner = error.args[0] if error.args else None
    return isinstance(error, requests.Timeout) or isinstance(inner, urllib3.exceptions.ReadTimeoutError)
