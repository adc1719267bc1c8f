"""What the rooms of the client share."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import requests

from ddvoices.client.body import Body
from ddvoices.client.service import Service
from ddvoices.client.transport import Request

T = TypeVar("T")


class Calls:
    """A part of the client that makes REST calls."""

    timeout: float

    def _rest(self) -> Service:
        """Return the way to the REST surface."""
        raise NotImplementedError

    def _call(
        self,
        method: str,
        path: str,
        believe: Callable[[requests.Response], T],
        *,
        body: Callable[[], Body] | None = None,
        timeout: float | None = None,
        **options: Any,
    ) -> T:
        """Make one call; ``options`` are those of ``requests.Request``."""
        request = Request(
            method=method, path=path, timeout=timeout or self.timeout, body=body, options=options
        )
        return self._rest().call(request, believe)
