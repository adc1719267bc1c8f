"""What is said about failures: one line, nothing that a terminal obeys, never the key."""

from __future__ import annotations

import json
import os
import re
import socket
import ssl
from collections.abc import Iterator
from typing import TypeVar
from urllib.parse import urlsplit

import requests

from ddvoices.client.trust import is_loopback
from ddvoices.client.wire import rest as wire
from ddvoices.errors import InvalidResponseError
from ddvoices.redact import hidden, hidden_in, may_hold

T = TypeVar("T")

_LONGEST = 500
_MOST_READ = 20_000
# Neither looks behind where the next begins: a page may be made of nothing but beginnings.
_TITLE = re.compile(r"<title[^<>]*>([^<]*)</title", re.IGNORECASE)
_TAG = re.compile(r"<(script|style)\b.*?(?:</\1\s*>|\Z)|<[^<>]*>", re.IGNORECASE | re.DOTALL)


def one_line(text: str, *, key: str = "") -> str:
    """Return a stranger's text as it may be shown: on one line, printable, bounded, without the key."""
    line = " ".join(hidden(text, key).split())
    safe = "".join(char if char.isprintable() else f"\\u{ord(char):04x}" for char in line[: _LONGEST + 1])
    return safe if len(safe) <= _LONGEST else safe[: _LONGEST - 1] + "…"


def message_of(response: requests.Response, *, key: str) -> str:
    """Return what the service says in an answer, else what its status is called."""
    said = _said(response, key)
    return one_line(said or response.reason or "no message", key=key)


def _said(response: requests.Response, key: str) -> str | None:
    """Return the message in an answer, whatever it is written in; of a page, what is not markup."""
    answer = parse_json(response)
    if answer is not None:
        return wire.server_message(answer)
    # before tags are taken out: a key may look like one
    text = hidden(response.content[:_MOST_READ].decode("utf-8", "replace"), key).strip()
    if "<" not in text:
        return text or None
    title = _TITLE.search(text)
    return _TAG.sub(" ", title[1] if title else text).strip() or None


def parse_json(response: requests.Response) -> object:
    """Return the JSON value of an answer, None if it holds none."""
    try:
        value: object = json.loads(response.content)
    except (ValueError, RecursionError):
        return None
    return value


def hide_key(response: requests.Response, *, key: str) -> None:
    """Take the key out of the JSON of an answer: as a name, an id or a URL it would go into files and logs.

    Raises:
        InvalidResponseError: it is nested too deeply to look.
    """
    content = response.content
    if content.lstrip()[:1] not in (b"{", b"[") or not may_hold(content.decode("utf-8", "replace"), key):
        return
    value = parse_json(response)
    clean = without_key(value, key=key)
    if clean != value:
        response._content = json.dumps(clean).encode()  # noqa: SLF001 - requests has no other way to make one


def without_key(value: T, *, key: str) -> T:
    """Return JSON values without the key.

    Raises:
        InvalidResponseError: they are nested too deeply to look.
    """
    try:
        clean: T = hidden_in(value, key)
    except RecursionError:
        raise InvalidResponseError("an answer that is nested too deeply") from None
    return clean


def where_to_look(url: str, error: BaseException | None) -> str:
    """Return what may help where nothing can be reached; nothing where whoever answers isn't trusted."""
    if isinstance(error, requests.exceptions.SSLError | ssl.SSLError):
        return ""
    if is_loopback(urlsplit(url).hostname or ""):
        return ": is the emulator running there?"
    return ": check the network, or DEEPDUB_BASE_URL"


def reason_of(error: BaseException, *, key: str) -> str:
    """Say in a few words why a connection failed: what the innermost exception says, without the key.

    What the other side sent in place of a protocol is in it.
    """
    known = list(_inside(error))
    if any("NameResolution" in type(each).__name__ for each in known):
        return "the host's name can't be found"
    late = [type(each).__name__ for each in known if "Timeout" in type(each).__name__]
    if late:
        return "no connection in time" if any("Connect" in name for name in late) else "no answer in time"
    last = known[-1]
    if isinstance(last, OSError) and last.errno and not isinstance(last, ssl.SSLError | socket.gaierror):
        return os.strerror(last.errno)  # asyncio puts addresses into its own
    return one_line(getattr(last, "strerror", None) or str(last) or type(last).__name__, key=key)


def _inside(error: BaseException) -> Iterator[BaseException]:
    """Yield an exception and those that it was made of, outermost first."""
    seen: set[int] = set()
    current: BaseException | None = error
    while current is not None and id(current) not in seen:
        seen.add(id(current))
        yield current
        inner = [
            getattr(current, "reason", None),
            *reversed(current.args),
            current.__cause__,
            current.__context__,
        ]
        current = next((each for each in inner if isinstance(each, BaseException)), None)
