"""Which hosts a key may be sent to.

Neither a catalog nor a plan file can widen this, only the environment of the process can. What is not a
plain URL is refused before it is parsed, so that no two parsers can read it differently.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Mapping
from urllib.parse import SplitResult, urlsplit

from ddvoices.errors import UntrustedEndpointError

TRUSTED_HOSTS = "DDVOICES_TRUSTED_HOSTS"
"""Hosts that a key may go to over https and wss; each is ``host`` (any port) or ``host:port``."""

HOME = "deepdub.ai"
_HOST = r"(?:https?|wss?)://(?:\[[0-9a-f:.]+\]|[a-z0-9.-]+)(?::[0-9]{1,5})?"
_PLAIN_URL = re.compile(_HOST + r"(?:/[!-~]*)?", re.IGNORECASE | re.ASCII)
_PLAIN_ORIGIN = re.compile(_HOST + r"(?:[/?#]|$)", re.IGNORECASE | re.ASCII)
_NOT_IN_A_PATH = re.compile(r"[\\?#@]")
_SECURE = {"https": 443, "wss": 443}
_OPEN = {"http": 80, "ws": 80}


def check_trusted(url: str, environ: Mapping[str, str]) -> None:
    """Refuse a URL that a key must not be sent to.

    Trusted are https and wss under deepdub.ai and to the hosts in DDVOICES_TRUSTED_HOSTS, and anything on
    loopback (there, also http and ws).

    Raises:
        UntrustedEndpointError: for all else, before anything is sent.
    """
    parts = _split(url)
    host = (parts.hostname or "").lower()
    if is_loopback(host):
        return
    if parts.scheme not in _SECURE:
        raise UntrustedEndpointError(
            f"{_origin(parts)}: a key goes over {parts.scheme} to this machine only: use {parts.scheme}s"
        )
    if not is_trusted_host(url, environ):
        raise UntrustedEndpointError(
            f"{_origin(parts)}: not a host that a key may go to: if you trust it, set {TRUSTED_HOSTS}={host}"
        )


def is_trusted_host(url: str, environ: Mapping[str, str]) -> bool:
    """Tell whether a URL's host is under deepdub.ai, or in DDVOICES_TRUSTED_HOSTS."""
    parts = _split(url)
    host = (parts.hostname or "").lower()
    if host == HOME or host.endswith("." + HOME):
        return True
    return bool({host, f"{host}:{port_of(parts)}"} & _listed(environ))


def port_of(parts: SplitResult) -> int | None:
    """Return the port of a URL, the scheme's own where it names none."""
    return parts.port or (_SECURE | _OPEN).get(parts.scheme)


def is_loopback(host: str) -> bool:
    """Tell whether a host name is this machine's own."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def same_origin(url: str, trusted: str) -> bool:
    """Tell whether a URL leads to the same scheme, host and port as one that is trusted."""
    try:
        return _PLAIN_ORIGIN.match(url) is not None and _triple(url) == _triple(trusted)
    except ValueError:
        return False


def _triple(url: str) -> tuple[str, str | None, int | None]:
    """Return scheme, host and port, the port filled in."""
    parts = urlsplit(url)
    return parts.scheme, parts.hostname, port_of(parts)


def _split(url: str) -> SplitResult:
    """Return the parts of a URL that everyone reads alike."""
    match = _PLAIN_URL.fullmatch(url)
    if match is None or _NOT_IN_A_PATH.search(url):
        raise UntrustedEndpointError(
            f"{url[:200]!a}: not an endpoint: write scheme://host[:port]/path, in plain ASCII and "
            "without user name, query or fragment"
        )
    parts = urlsplit(url)
    try:
        parts.port  # noqa: B018 - the property raises if the number is none
    except ValueError as error:
        raise UntrustedEndpointError(f"{url}: {error}") from None
    return parts


def _listed(environ: Mapping[str, str]) -> set[str]:
    """Return the hosts that the environment trusts, in lower case and without brackets."""
    entries = (entry.strip().lower() for entry in environ.get(TRUSTED_HOSTS, "").split(","))
    return {entry.replace("[", "").replace("]", "") for entry in entries if entry}


def _origin(parts: SplitResult) -> str:
    """Return the URL without its path, to be shown."""
    return f"{parts.scheme}://{parts.netloc}"
