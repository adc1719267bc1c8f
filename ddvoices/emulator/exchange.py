"""A request as the service sees it, and what it answers: no sockets here."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ddvoices.emulator.settings import Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One authenticated request; ``path`` is what follows ``/api/v1``, decoded.

    ``base_url`` is how the client calls the root of the API.
    """

    method: str
    path: str
    query: Mapping[str, str]
    body: bytes
    account: str
    settings: Settings
    base_url: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What goes back. ``chunked`` answers are sent without a length, as a stream is."""

    status: int = 200
    content_type: str = "application/json"
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    chunked: bool = False


class Refusal(Exception):  # noqa: N818 - an answer of the service, not a failure of ours
    """A request that the service turns down, with the status and message of its answer."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.message = message

    def answer(self) -> Answer:
        """Return the answer that says so."""
        return refuse(self.status, self.message)


def answer_json(document: Any, status: int = 200) -> Answer:
    """Return ``document`` as a JSON answer."""
    text = json.dumps(document, ensure_ascii=False, separators=(",", ":"))
    return Answer(status=status, body=text.encode())


def refuse(status: int, message: str, headers: Mapping[str, str] | None = None) -> Answer:
    """Return the documented envelope of an error."""
    envelope = answer_json({"success": False, "message": message}, status)
    return Answer(status=status, body=envelope.body, headers=headers or {})


def read_object(body: bytes) -> dict[str, Any]:
    """Return the JSON object that a body holds.

    Raises:
        Refusal: 400, where it holds none.
    """
    try:
        document = json.loads(body)
    except (ValueError, RecursionError):
        raise Refusal(400, "Invalid request: the body is not valid JSON") from None
    if not isinstance(document, dict):
        raise Refusal(400, "Invalid request: the body must be a JSON object")
    return document
