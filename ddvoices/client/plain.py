"""Calls that have no method of their own: any path, with the retries and the errors of the others."""

from __future__ import annotations

from typing import Any

import requests

from ddvoices.client.base import Calls
from ddvoices.client.errors import InvalidOptionError
from ddvoices.client.service import content_type, json_object
from ddvoices.errors import InvalidResponseError

_PASSED_ON = frozenset({"params", "data", "json", "headers", "files"})


class PlainCalls(Calls):
    """GET, POST, PUT and DELETE of a path below the base URL, such as ``/voice``.

    Each takes ``params``, ``data``, ``json``, ``headers``, ``files`` and ``timeout`` as requests does, and
    returns the JSON of the answer, or its bytes if it is something else.
    """

    def get(self, url: str, params: Any = None, **kwargs: Any) -> Any:
        """Get a path; repeated until there is an answer to believe."""
        return self._plain("GET", url, params=params, **kwargs)

    def post(self, url: str, data: Any = None, json: Any = None, **kwargs: Any) -> Any:
        """Post to a path; sent again only after 429, or where the service can't have got it."""
        return self._plain("POST", url, data=data, json=json, **kwargs)

    def put(self, url: str, data: Any = None, **kwargs: Any) -> Any:
        """Put to a path; repeated until there is an answer to believe."""
        return self._plain("PUT", url, data=data, **kwargs)

    def delete(self, url: str, **kwargs: Any) -> Any:
        """Delete a path; repeated until there is an answer to believe."""
        return self._plain("DELETE", url, **kwargs)

    def _plain(self, method: str, url: str, *, timeout: float | None = None, **options: Any) -> Any:
        """Make a call with arguments of requests."""
        unknown = options.keys() - _PASSED_ON
        if unknown:
            raise InvalidOptionError(f"{', '.join(sorted(unknown))}: not an option of {method.lower()}()")
        data: Any = options.get("data")
        if hasattr(data, "read"):
            # It may have to be sent twice, and can be read once.
            options["data"] = data.read()
        path = url if url.startswith("/") else f"/{url}"
        return self._call(method, path, _anything, timeout=timeout, **options)


def _anything(response: requests.Response) -> Any:
    """Believe an answer that is JSON or bytes; empty ones only where the status says so."""
    kind = content_type(response)
    if response.status_code in {204, 205}:
        return b""
    if kind.endswith("json"):
        return json_object(response)
    if not response.content or kind == "text/html":
        raise InvalidResponseError(f"an answer that is {kind or 'empty'}")
    return response.content
