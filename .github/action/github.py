"""GitHub's REST API, as far as the action needs it, by the standard library alone."""

from __future__ import annotations

import http.client
import json
import os
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

_PER_PAGE = 100
_MOST_PAGES = 30
_TIMEOUT_SECONDS = 30
_MOST_BYTES = 256 * 2**20


class ApiError(Exception):
    """A call was refused, not heard, or answered by nonsense; the message holds nothing of the answer."""


def event() -> dict[str, Any]:
    """Return what started the workflow."""
    document: dict[str, Any] = json.loads(Path(os.environ["GITHUB_EVENT_PATH"]).read_text(encoding="utf-8"))
    return document


def call(method: str, path: str, document: Any = None) -> Any:
    """Call a path below the repository and return its JSON."""
    try:
        return json.loads(_send(method, f"{_repository()}{path}", document))
    except ValueError as error:
        raise ApiError("GitHub answered something else than JSON") from error


def pages(path: str, name: str | None = None) -> Iterator[dict[str, Any]]:
    """Yield the items of a list, of all its pages; ``name`` is where the list stands in each."""
    sign = "&" if "?" in path else "?"
    for number in range(1, _MOST_PAGES + 1):
        answer = call("GET", f"{path}{sign}per_page={_PER_PAGE}&page={number}")
        items = answer[name] if name else answer
        yield from items
        if len(items) < _PER_PAGE:
            return


def download(path: str) -> bytes:
    """Return a file; the token goes to the API alone, and not to where it is kept."""
    return _send("GET", f"{_repository()}{path}")


def tell(level: str, message: str) -> None:
    """Print a line of ours as an annotation."""
    print(f"::{level} title=ddvoices::{message}")


def output(name: str, value: str) -> None:
    """Set an output of the step."""
    with Path(os.environ["GITHUB_OUTPUT"]).open("a", encoding="utf-8") as file:
        file.write(f"{name}={value}\n")


def _repository() -> str:
    return f"{os.environ['GITHUB_API_URL']}/repos/{os.environ['GITHUB_REPOSITORY']}"


def _send(method: str, url: str, document: Any = None) -> bytes:
    data = None if document is None else json.dumps(document).encode()
    request = urllib.request.Request(url, method=method, data=data)  # noqa: S310 - the runner says which
    request.add_header("Accept", "application/vnd.github+json")
    request.add_header("X-GitHub-Api-Version", "2022-11-28")
    request.add_unredirected_header("Authorization", f"Bearer {os.environ['INPUT_TOKEN']}")
    try:
        with urllib.request.urlopen(request, timeout=_TIMEOUT_SECONDS) as answer:  # noqa: S310 - the same
            body: bytes = answer.read(_MOST_BYTES)
            return body
    except urllib.error.HTTPError as error:
        error.close()
        raise ApiError(f"GitHub answered {error.code}") from error
    except (OSError, http.client.HTTPException) as error:  # the second: an answer that is cut off
        raise ApiError("GitHub could not be reached") from error
