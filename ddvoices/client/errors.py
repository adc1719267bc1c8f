"""What the service, or the way to it, answered instead of what was asked for.

ServiceError                            (ddvoices.errors)
├── RateLimitError                      too many at once, whichever surface says so
├── InsufficientCreditsError            the account has no credits left
├── InvalidInputError                   the service can't make what was asked for
├── PlanExceededError                   more than the account's plan allows
├── StatusError                         any unexpected status; also a requests.HTTPError
│   ├── BadRequestError                 400; also an InvalidInputError
│   ├── UnauthorizedError               401; also an AuthError
│   ├── PaymentRequiredError            402; also an InsufficientCreditsError
│   ├── ForbiddenError                  403
│   ├── NotFoundError                   404
│   ├── ConflictError                   409
│   ├── RateLimitedError                429; also a RateLimitError
│   └── ServerError                     5xx
│       └── UnconfirmedServerError      5xx to POST /voice; also an OutcomeUnknownError
├── GenerationError                     a socket: the service turns a generation down
│   ├── GenerationRateLimitError        also a RateLimitError
│   ├── GenerationCreditsError          also an InsufficientCreditsError
│   ├── GenerationInputError            also an InvalidInputError
│   └── GenerationPlanError             also a PlanExceededError
├── SessionError                        /ws: the service turns down a message of the session
├── ConnectionLostError                 connected, but no whole answer came; also a requests.ConnectionError
│   └── NoAnswerError                   none in time; also a TimeoutError
├── RedirectRefusedError                an answer that points to another origin
├── ListingIncompleteError              the voices can't be listed whole
├── SampleChangedError                  a sample changed while it was sent; the request was cut
├── ServiceUnreachableError             (ddvoices.errors)
│   └── NoConnectionError               the class that is raised; also a requests.ConnectionError
├── OutcomeUnknownError                 (ddvoices.errors)
└── InvalidResponseError                (ddvoices.errors)
InvalidOptionError                      a wrong argument; a UsageError and a ValueError
InvalidKeyError                         no key, or a text that is none; a MissingKeyError and a ValueError
"""

from __future__ import annotations

import requests

from ddvoices.errors import (
    AuthError,
    ExitCode,
    MissingKeyError,
    OutcomeUnknownError,
    ServiceError,
    ServiceUnreachableError,
    UsageError,
)


class RateLimitError(ServiceError):
    """Too many requests or generations at once."""


class InsufficientCreditsError(ServiceError):
    """The account has no credits left."""


class InvalidInputError(ServiceError):
    """The service can't make what was asked for."""


class PlanExceededError(ServiceError):
    """More was asked for than the account's plan allows."""


class StatusError(ServiceError, requests.HTTPError):
    """The service answered with a status that is no success.

    ``message`` is the service's own, on one line; ``call`` is as in ``POST /voice``; ``retry_after`` is in
    seconds. ``response`` is the answer itself; the key is no longer in its request's headers.
    """

    def __init__(
        self,
        message: str,
        *,
        status: int,
        call: str,
        response: requests.Response,
        region: str | None = None,
        request_id: str | None = None,
        retry_after: float | None = None,
    ) -> None:
        self.message = message
        self.status = status
        self.call = call
        self.region = region
        self.request_id = request_id
        self.retry_after = retry_after
        super().__init__(f"{call}: {status}: {message}", response=response)

    def __str__(self) -> str:
        """Return the call, the status and the service's message in one line."""
        return f"{self.call}: {self.status}: {self.message}"


class BadRequestError(StatusError, InvalidInputError):
    """The service can't make sense of the request (400)."""


class UnauthorizedError(StatusError, AuthError):
    """The service refuses the key (401)."""

    exit_code = ExitCode.KEY


class PaymentRequiredError(StatusError, InsufficientCreditsError):
    """The account has no credits left (402)."""


class ForbiddenError(StatusError):
    """The account may not do this; for ``POST /voice``: it holds as many voices as it may (403)."""


class NotFoundError(StatusError):
    """There is no such thing in this account (404)."""


class ConflictError(StatusError):
    """The request contradicts what is there (409)."""


class RateLimitedError(StatusError, RateLimitError):
    """Too many requests at once, even after waiting (429)."""


class ServerError(StatusError):
    """The service failed (5xx)."""


class UnconfirmedServerError(ServerError, OutcomeUnknownError):
    """The service failed, and may have made the voice all the same."""


class GenerationError(ServiceError):
    """The service turns a generation on a socket down; the others go on.

    ``message`` and ``error_type`` are the service's own. ``generation_id`` is None where it named none, and
    the error then concerns every generation that was waiting.
    """

    def __init__(
        self, message: str, *, error_type: str | None = None, generation_id: str | None = None
    ) -> None:
        self.message = message
        self.error_type = error_type
        self.generation_id = generation_id
        super().__init__(f"{error_type}: {message}" if error_type and error_type not in message else message)


class GenerationRateLimitError(GenerationError, RateLimitError):
    """Too many generations at once: this one was not made (RateLimit)."""


class GenerationCreditsError(GenerationError, InsufficientCreditsError):
    """The account has no credits left for this generation (InsufficientCredits)."""


class GenerationInputError(GenerationError, InvalidInputError):
    """A generation can't be made as it was asked for (InvalidInput)."""


class GenerationPlanError(GenerationError, PlanExceededError):
    """A generation asks for more than the account's plan allows (MaxExceeded)."""


class SessionError(ServiceError):
    """The service turns down a message of a streaming session; the session goes on."""


class ConnectionLostError(ServiceError, requests.ConnectionError):
    """The connection ended, or time ran out, before a whole answer came."""


class NoAnswerError(ConnectionLostError, TimeoutError):
    """Time ran out before a whole answer came."""


class NoConnectionError(ServiceUnreachableError, requests.ConnectionError):
    """No connection could be made, so the service has received nothing."""


class RedirectRefusedError(ServiceError):
    """An answer points to another origin, or asks for something to be sent again elsewhere."""


class ListingIncompleteError(ServiceError):
    """The service lists fewer voices than there are, whatever limit it is asked with."""


class SampleChangedError(ServiceError):
    """A sample was not what it should be while it was sent, so the request was cut: nothing was made."""


class InvalidOptionError(UsageError, ValueError):
    """An argument has a value that the service does not take; ``options`` names those that it is about."""

    def __init__(self, message: str, *, options: tuple[str, ...] = ()) -> None:
        self.options = options
        super().__init__(message)


class InvalidKeyError(MissingKeyError, ValueError):
    """There is no key, or it holds characters that no key has."""


_BY_STATUS: dict[int, type[StatusError]] = {
    400: BadRequestError,
    401: UnauthorizedError,
    402: PaymentRequiredError,
    403: ForbiddenError,
    404: NotFoundError,
    409: ConflictError,
    429: RateLimitedError,
}


def status_error_class(status: int) -> type[StatusError]:
    """Return the class of error for a status."""
    return _BY_STATUS.get(status, ServerError if status >= 500 else StatusError)
