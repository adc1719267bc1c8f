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
_AUDIO_FIELDS = frozenset({"data", "voiceReference", "audio_base64", "audio_url"})


@dataclass(slots=True, kw_only=True)
class Entry:
    """One request in the log.

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
        self._sequence += 1
        self._under_way += 1
        self._peak = max(self._peak, self._under_way)
        entry = Entry(
            sequence=self._sequence,
            method=method,
            path=path,
            query=_redacted(query, _SECRET_QUERY),
            headers=_redacted(headers, _SECRET_HEADERS),
            concurrency=self._under_way,
            admitted=self._admitted < most,
        )
        self._entries.append(entry)
        self._admitted += entry.admitted
        try:
            yield entry
        finally:
            self._under_way -= 1
            self._admitted -= entry.admitted

    def as_json(self) -> dict[str, Any]:
        """Return the log, oldest first, with the most requests ever under way at once."""
        return {"peak_concurrency": self._peak, "requests": [asdict(entry) for entry in self._entries]}

    def clear(self) -> None:
        """Forget what was logged; what is under way stays counted."""
        self._entries.clear()
        self._sequence = 0
        self._peak = self._under_way


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
    if isinstance(document, dict):
        return {name: value for name, value in document.items() if name not in _AUDIO_FIELDS}
    return document


def _redacted(pairs: Mapping[str, str], secret: frozenset[str]) -> dict[str, str]:
    return {name: "[redacted]" if name.lower() in secret else value for name, value in pairs.items()}
