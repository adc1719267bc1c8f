"""The Deepdub client: the official SDK's surface over connections that can be trusted.

The names are imported on first use: whoever only asks for endpoints does not pay for requests.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ddvoices.client.endpoints import Endpoints, default_region, resolve_endpoints
    from ddvoices.client.errors import (
        BadRequestError,
        ConflictError,
        ConnectionLostError,
        ForbiddenError,
        InvalidKeyError,
        InvalidOptionError,
        ListingIncompleteError,
        NotFoundError,
        PaymentRequiredError,
        RateLimitedError,
        RedirectRefusedError,
        SampleChangedError,
        ServerError,
        StatusError,
        UnauthorizedError,
        UnconfirmedServerError,
    )
    from ddvoices.client.facade import DeepdubClient
    from ddvoices.client.trust import check_trusted
    from ddvoices.client.wire import parse_voice

__all__ = [
    "BadRequestError",
    "ConflictError",
    "ConnectionLostError",
    "DeepdubClient",
    "Endpoints",
    "ForbiddenError",
    "InvalidKeyError",
    "InvalidOptionError",
    "ListingIncompleteError",
    "NotFoundError",
    "PaymentRequiredError",
    "RateLimitedError",
    "RedirectRefusedError",
    "SampleChangedError",
    "ServerError",
    "StatusError",
    "UnauthorizedError",
    "UnconfirmedServerError",
    "check_trusted",
    "default_region",
    "parse_voice",
    "resolve_endpoints",
]

_HOMES = {
    "DeepdubClient": "facade",
    "Endpoints": "endpoints",
    "check_trusted": "trust",
    "default_region": "endpoints",
    "parse_voice": "wire",
    "resolve_endpoints": "endpoints",
}


def __getattr__(name: str) -> object:
    """Import a public name from its home; errors are where the others are not."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES.get(name, 'errors')}"), name)
