"""The request log and the requests under way, for each account.

Used from the event loop only, so there are no locks.
"""

from __future__ import annotations

import json
from collections import defaultdict, deque
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from typing import Any

KEPT = 10_000
_SECRET_HEADERS = frozenset({"x-api-key", "authorization", "proxy-authorization", "cookie"})
_SECRET_QUERY = frozenset({"x-api-key"})
_AUDIO_FIELDS = frozenset({"data", "voiceReference", "audio", "audio_base64", "audio_url"})
_PAYLOADS = frozenset({"data", "config"})  # objects in the messages of /ws
_DEEPEST = 20


@dataclass(slots=True, kw_only=True)
class Entry:
    """One request in the log, or one message on a socket, with the method ``WS`` and no status.

    ``status`` is what went onto the wire, None while there is no answer or when none ever came;
    ``concurrency`` counts the account's requests that were under way when it arrived, itself included, and
    ``admitted`` says whether the account's limit let it in.
    """

    sequence: int
    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    concurrency: int
    admitted: bool
    status: int | None = None
    fault: str | None = None
    body: Any = None
    body_bytes: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """What something under way found when it came: how many there are with it, and whether it is let in."""

    concurrency: int
    admitted: bool


class Ledger:
    """The log of one account."""

    def __init__(self) -> None:
        self._entries: deque[Entry] = deque(maxlen=KEPT)
        self._sequence = 0
        self._under_way = 0
        self._admitted = 0
        self._peak = 0

    @contextmanager
    def request(
        self, method: str, path: str, query: Mapping[str, str], headers: Mapping[str, str], *, most: int
    ) -> Iterator[Entry]:
        """Log a request that has arrived, and count it as under way for as long as the block runs.

        It is admitted while fewer than ``most`` others are; what isn't takes nobody's place.
        """
        with self.under_way(most=most) as place:
            yield self._log(method, path, query, headers, place)

    def note(self, method: str, path: str, query: Mapping[str, str], headers: Mapping[str, str]) -> Entry:
        """Log what takes nobody's place."""
        return self._log(method, path, query, headers, Place(concurrency=self._under_way, admitted=True))

    @contextmanager
    def under_way(self, *, most: int) -> Iterator[Place]:
        """Count something as under way while the block runs, as ``request`` does, and log nothing."""
        self._under_way += 1
        self._peak = max(self._peak, self._under_way)
        place = Place(concurrency=self._under_way, admitted=self._admitted < most)
        self._admitted += place.admitted
        try:
            yield place
        finally:
            self._under_way -= 1
            self._admitted -= place.admitted

    def as_json(self) -> dict[str, Any]:
        """Return the log, oldest first, with the most requests ever under way at once."""
        return {"peak_concurrency": self._peak, "requests": [asdict(entry) for entry in self._entries]}

    def clear(self) -> None:
        """Forget what was logged; what is under way stays counted."""
        self._entries.clear()
        self._sequence = 0
        self._peak = self._under_way

    def _log(
        self, method: str, path: str, query: Mapping[str, str], headers: Mapping[str, str], place: Place
    ) -> Entry:
        self._sequence += 1
        entry = Entry(
            sequence=self._sequence,
            method=method,
            path=path,
            query=_redacted(query, _SECRET_QUERY),
            headers=_redacted(headers, _SECRET_HEADERS),
            concurrency=place.concurrency,
            admitted=place.admitted,
        )
        self._entries.append(entry)
        return entry


class Traffic:
    """The ledgers of all accounts."""

    def __init__(self) -> None:
        self._ledgers: dict[str, Ledger] = defaultdict(Ledger)

    def ledger(self, account: str) -> Ledger:
        """Return the account's ledger."""
        return self._ledgers[account]


def loggable(body: bytes) -> Any:
    """Return a JSON body without its audio, or None for anything else."""
    try:
        document = json.loads(body) if body else None
    except (ValueError, RecursionError):
        return None
    return without_audio(document)


def without_audio(document: Any) -> Any:
    """Return a JSON document without the strings that hold audio, also those in ``data`` and ``config``."""
    kept = _silenced(document)
    if isinstance(kept, dict):
        kept = {name: _silenced(value) if name in _PAYLOADS else value for name, value in kept.items()}
    return _trimmed(kept, _DEEPEST)


def _trimmed(document: Any, depth: int) -> Any:
    """Return a document without what is nested deeper than could be shown again."""
    if not isinstance(document, dict | list):
        return document
    if depth == 0:
        return "..."
    if isinstance(document, list):
        return [_trimmed(item, depth - 1) for item in document]
    return {name: _trimmed(value, depth - 1) for name, value in document.items()}


def _silenced(document: Any) -> Any:
    if not isinstance(document, dict):
        return document
    return {
        name: value
        for name, value in document.items()
        if not (name in _AUDIO_FIELDS and isinstance(value, str))
    }


def _redacted(pairs: Mapping[str, str], secret: frozenset[str]) -> dict[str, str]:
    return {name: "[redacted]" if name.lower() in secret else value for name, value in pairs.items()}
