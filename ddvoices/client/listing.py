"""Listing all voices of an account through a call that has a limit, but neither pages nor a total."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ddvoices.client.errors import BadRequestError, ListingIncompleteError

# Hardly an account has more: each time that a limit is filled, all is fetched anew.
FIRST_LIMIT = 100_000
_HIGHEST = 10_000_000


def list_whole(fetch: Callable[[int], list[Any]]) -> list[Any]:
    """Return all voices, asking with higher limits as long as the answer fills them.

    A limit that the service refuses (400) is lowered. A cap that it doesn't tell can't be seen from here.

    Raises:
        ListingIncompleteError: the highest limit that it takes is filled.
        BadRequestError: it takes no limit at all.
    """
    filled, refused = 0, _HIGHEST * 10
    limit = FIRST_LIMIT
    while True:
        try:
            voices = fetch(limit)
        except BadRequestError:
            if limit == 1:
                raise
            refused = limit
        else:
            if len(voices) < limit:
                return voices
            filled = limit
        limit = _next_limit(filled, refused)
        if not filled < limit < refused:
            raise ListingIncompleteError(
                f"the service lists at most {filled} voices, and there are as many or more: it can't be "
                "told what else the account holds"
            )


def _next_limit(filled: int, refused: int) -> int:
    """Return a limit between one that was filled and one that was refused."""
    if not filled:
        return refused // 10
    if refused > _HIGHEST:
        return min(filled * 10, _HIGHEST)
    return (filled + refused) // 2
