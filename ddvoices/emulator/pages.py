"""Keeping pages of the web out: a browser on this machine runs them, and reaches what listens here alone.

A page opens WebSockets wherever it likes, and says by ``Origin`` from where it is. For requests it has its
own name lead to this machine once it is loaded; that name then stands in ``Host``.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from urllib.parse import urlsplit

_SERVICE = "deepdub.ai"  # clients whose addresses are fixed are led here with their own
MESSAGE = "Forbidden: the emulator answers this machine alone: name another host by --host"


def is_page(headers: Mapping[str, str], own: str) -> bool:
    """Tell whether a request comes from a page of another host; ``own`` is what the emulator was told to be.

    Names of headers are in lower case. What isn't a browser says no origin, and names whom it means.
    """
    host, origin = headers.get("host"), headers.get("origin")
    if origin is not None and not _is_here(_host_of(origin), own):
        return True
    return bool(host) and not _is_here(_host_of(f"//{host}"), own)


def _host_of(url: str) -> str:
    """Return the host of a URL; nothing where there is none to be read."""
    try:
        return (urlsplit(url).hostname or "").rstrip(".")
    except ValueError:
        return ""


def _is_here(host: str, own: str) -> bool:
    if host in ("localhost", own.lower(), _SERVICE) or host.endswith((".localhost", f".{_SERVICE}")):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
