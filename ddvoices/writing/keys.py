"""Keys for voices that have none yet. Pure."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from itertools import count

_LONGEST_KEY = 40
"""Characters; a catalog may hold up to 100, but people type these."""


def key_of(text: str) -> str:
    """Return a text as a key may be written, at most 40 characters; empty where nothing of it may."""
    letters = unicodedata.normalize("NFKD", text.casefold()).encode("ascii", "ignore").decode().lower()
    return _shortened(re.sub(r"[^a-z0-9._]+", "-", letters).strip("-._"))


def numbered(name: str, *, start: int = 1) -> Iterator[str]:
    """Yield a name, and then the name with each number behind it: ``ada``, ``ada-2`` and so on."""
    for number in count(start):
        yield name if number == 1 else f"{name}-{number}"


def _shortened(slug: str) -> str:
    """Return a key of a length that can be typed, cut between words where it has some."""
    if len(slug) <= _LONGEST_KEY:
        return slug
    words = slug[: _LONGEST_KEY + 1].rpartition("-")[0]
    return (words if len(words) > _LONGEST_KEY // 2 else slug[:_LONGEST_KEY]).rstrip("-._")
