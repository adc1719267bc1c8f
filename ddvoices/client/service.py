"""A call to the service: sent, believed or not, sent again where that does no harm, failed with a type."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import TypeVar

import requests

from ddvoices.client.errors import (
    ConnectionLostError,
    NoAnswerError,
    NoConnectionError,
    RedirectRefusedError,
    ServerError,
    StatusError,
    UnconfirmedServerError,
    status_error_class,
)
from ddvoices.client.gate import Gate
from ddvoices.client.retry import (
    TOO_MANY,
    Kind,
    Repeat,
    Trouble,
    decide,
    parse_date,
    parse_retry_after,
)
from ddvoices.client.text import hide_key, message_of, one_line, parse_json, reason_of, where_to_look
from ddvoices.client.transport import Failure, Request, Transport
from ddvoices.client.waits import Waits
from ddvoices.client.wire import rest as wire
from ddvoices.errors import (
    InvalidResponseError,
    OutcomeUnknownError,
    ServiceError,
)
from ddvoices.redact import hidden

T = TypeVar("T")
Believe = Callable[[requests.Response], T]


class Service:
    """Calls one region's REST surface; may be shared by threads.

    At most ``max_concurrent`` requests are under way at once, fewer while the service says it is too many.
    ``sleep`` gets every wait in seconds; what it raises ends the call.
    """

    def __init__(
        self,
        transport: Transport,
        *,
        key: str,
        region: str,
        max_retries: int,
        max_concurrent: int | None = None,
        sleep: Callable[[float], object] = time.sleep,
    ) -> None:
        self._transport = transport
        self._gate = Gate(max_concurrent, sleep=sleep)
        self._waits = Waits(region)
        self.base_url = transport.base_url
        self._key = key
        self._region = region
        self._max_retries = max_retries
        self._sleep = sleep

    def call(self, request: Request, believe: Believe[T]) -> T:
        """Send a request until there is an answer to believe, and return what ``believe`` makes of that.

        ``believe`` raises InvalidResponseError for a success that isn't what the call answers with.

        Raises:
            StatusError: the service says no.
            ServiceUnreachableError: it can't have got the request.
            ConnectionLostError: nothing came back, and nothing was to change.
            OutcomeUnknownError: nothing believable came back, and the request may have been carried out.
            InvalidResponseError: the answer is none of this call.
        """
        attempt, started = 0, time.monotonic()
        while True:
            outcome = self._attempt(request, believe)
            if not isinstance(outcome, Failure):
                return outcome
            trouble = _trouble(outcome)
            wait = self._wait(request, trouble, attempt)
            if wait is None:
                failure = _summed_up(outcome, trouble, tries=attempt + 1, seconds=time.monotonic() - started)
                raise self._error(request, failure) from outcome.cause
            self._waits.tell(trouble, wait, attempt=attempt, max_retries=self._max_retries)
            if trouble.asks_to_wait:
                self._gate.close_for(wait)
            else:
                self._sleep(wait)
            attempt += 1

    def reason_of(self, error: BaseException) -> str:
        """Say in a few words why a connection failed, without the key."""
        return reason_of(error, key=self._key)

    def shown(self, text: str) -> str:
        """Return a stranger's text on one line, printable, bounded and without the key."""
        return one_line(text, key=self._key)

    def key_is_in(self, text: str) -> bool:
        """Tell whether a text holds the key, however it is spelled there."""
        return hidden(text, self._key) != text

    def _attempt(self, request: Request, believe: Believe[T]) -> T | Failure:
        """Send a request once."""
        answer = self._sent(request)
        if isinstance(answer, Failure):
            return answer
        if not answer.ok or answer.status_code >= 300:
            message = message_of(answer, key=self._key)
            return Failure(kind=Kind.STATUS, message=message, received=True, response=answer)
        try:
            if not request.stream:
                hide_key(answer, key=self._key)
            return believe(answer)
        except InvalidResponseError as error:
            return Failure(
                kind=Kind.UNBELIEVABLE,
                message=one_line(str(error), key=self._key),
                received=True,
                response=answer,
            )

    def _sent(self, request: Request) -> requests.Response | Failure:
        """Send a request when there is room for it, and learn from the answer how much room there is."""
        with self._gate.passing() as started:
            answer = self._transport.send(request)
        if isinstance(answer, Failure):
            return answer
        if answer.status_code in TOO_MANY:
            self._gate.refused(started)
        else:
            self._gate.succeeded()
        return answer

    def _wait(self, request: Request, trouble: Trouble, attempt: int) -> float | None:
        """Return how long to wait before the next attempt, None if there is to be none."""
        jitter = random.random()  # noqa: S311 - spreads requests, hides nothing
        return decide(request.repeat, trouble, attempt=attempt, max_retries=self._max_retries, jitter=jitter)

    def _error(self, request: Request, failure: Failure) -> ServiceError:
        """Return the typed error of a request that is given up."""
        text = f"{request.call}: {failure.message}"
        match failure.kind:
            case Kind.STATUS if failure.response is not None:
                return self._status_error(request, failure.response, failure.message)
            case Kind.REDIRECT:
                return RedirectRefusedError(text)
            case Kind.UNREACHABLE:
                url = self._transport.base_url
                return NoConnectionError(f"{url}: {text}{where_to_look(url, failure.cause)}")
            case Kind.UNBELIEVABLE if request.repeat is not Repeat.CREATE:
                return InvalidResponseError(text)
            case kind if request.method == "GET":
                return (NoAnswerError if kind is Kind.TIMEOUT else ConnectionLostError)(text)
            case _:
                return OutcomeUnknownError(f"{text}: it may have been carried out all the same")

    def _status_error(self, request: Request, response: requests.Response, message: str) -> StatusError:
        """Return the error of a status."""
        kind = status_error_class(response.status_code)
        if request.repeat is Repeat.CREATE and issubclass(kind, ServerError):
            kind = UnconfirmedServerError
        if response.status_code == 404 and request.path in (wire.VOICE, wire.TTS, wire.RETRO):
            base = self._transport.base_url
            message += f": is {base} the whole endpoint? Deepdub's ends in /api/v1"
        return status_error(
            response, message, call=request.call, region=self._region, key=self._key, kind=kind
        )


def _summed_up(failure: Failure, trouble: Trouble, *, tries: int, seconds: float) -> Failure:
    """Return a failure that says how long it was tried, and what may help."""
    if tries == 1:
        return failure
    advice = ": try again later" if trouble.status in TOO_MANY else ""
    return replace(failure, message=f"{failure.message} (after {tries} tries in {seconds:.0f} s){advice}")


def _trouble(failure: Failure) -> Trouble:
    """Return as much of a failure as deciding what to do about it needs."""
    status = failure.response.status_code if failure.response is not None else None
    return Trouble(kind=failure.kind, status=status, retry_after=retry_after_of(failure.response))


def status_error(
    response: requests.Response,
    message: str,
    *,
    call: str,
    region: str,
    key: str,
    kind: type[StatusError] | None = None,
) -> StatusError:
    """Return the error of a status that is no success, of the class ``kind`` or of the status's own."""
    ids = (response.headers.get(name) for name in wire.REQUEST_ID_HEADERS)
    return (kind or status_error_class(response.status_code))(
        message,
        status=response.status_code,
        call=call,
        response=response,
        region=region,
        request_id=next((one_line(value, key=key) for value in ids if value), None),
        retry_after=retry_after_of(response),
    )


def json_object(response: requests.Response) -> object:
    """Return the JSON that an answer holds: an object or, as older ones did, a list.

    An answer whose head was cut off looks like a success without type and content.

    Raises:
        InvalidResponseError: it is of another type, cut, empty, or says that it is no success.
    """
    kind = content_type(response)
    if not kind.endswith("json"):
        raise InvalidResponseError(f"an answer in {kind or 'nothing'} where JSON was expected")
    value = parse_json(response)
    if not isinstance(value, dict | list):
        raise InvalidResponseError("an answer whose JSON is cut or empty")
    against = wire.refusal(value)
    if against is not None:
        raise InvalidResponseError(f"a success that says: {against}")
    return value


def content_type(response: requests.Response) -> str:
    """Return an answer's type, in lower case and without parameters; empty if it names none."""
    return str(response.headers.get("Content-Type", "")).partition(";")[0].strip().lower()


def retry_after_of(response: requests.Response | None) -> float | None:
    """Return the seconds that an answer asks to wait; a date is held against the service's own clock."""
    if response is None:
        return None
    now = parse_date(response.headers.get(wire.DATE, "")) or datetime.now(UTC)
    return parse_retry_after(response.headers.get(wire.RETRY_AFTER), now=now)
