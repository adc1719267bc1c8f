"""The Deepdub client: the official SDK's surface over connections that can be trusted.

The names are imported on first use: whoever only asks for endpoints does not pay for requests.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ddvoices.audio.join import join_wav, make_wav
    from ddvoices.client.endpoints import Endpoints, default_region, named_by_environment, resolve_endpoints
    from ddvoices.client.errors import (
        BadRequestError,
        ConflictError,
        ConnectionLostError,
        ForbiddenError,
        GenerationCreditsError,
        GenerationError,
        GenerationInputError,
        GenerationPlanError,
        GenerationRateLimitError,
        InvalidKeyError,
        InvalidOptionError,
        ListingIncompleteError,
        NoAnswerError,
        NoConnectionError,
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
    from ddvoices.client.wire.rest import parse_voice

__all__ = [
    "BadRequestError",
    "ConflictError",
    "ConnectionLostError",
    "DeepdubClient",
    "Endpoints",
    "ForbiddenError",
    "GenerationCreditsError",
    "GenerationError",
    "GenerationInputError",
    "GenerationPlanError",
    "GenerationRateLimitError",
    "InsufficientCreditsError",
    "InvalidInputError",
    "InvalidKeyError",
    "InvalidOptionError",
    "ListingIncompleteError",
    "NoAnswerError",
    "NoConnectionError",
    "NotFoundError",
    "PaymentRequiredError",
    "PlanExceededError",
    "RateLimitError",
    "RateLimitedError",
    "RedirectRefusedError",
    "SampleChangedError",
    "ServerError",
    "SessionError",
    "StatusError",
    "UnauthorizedError",
    "UnconfirmedServerError",
    "check_trusted",
    "default_region",
    "join_wav",
    "make_wav",
    "named_by_environment",
    "parse_voice",
    "resolve_endpoints",
]

_HOMES = {
    "DeepdubClient": f"{__name__}.facade",
    "Endpoints": f"{__name__}.endpoints",
    "check_trusted": f"{__name__}.trust",
    "default_region": f"{__name__}.endpoints",
    "named_by_environment": f"{__name__}.endpoints",
    "join_wav": "ddvoices.audio.join",
    "make_wav": "ddvoices.audio.join",
    "parse_voice": f"{__name__}.wire.rest",
    "resolve_endpoints": f"{__name__}.endpoints",
}


def __getattr__(name: str) -> object:
    """Import a public name from its home; errors are where the others are not."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    home = _HOMES.get(name, f"{__name__}.errors")
    return getattr(import_module(home), name)
