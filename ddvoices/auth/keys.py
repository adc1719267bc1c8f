"""Which API key is for a region, and which account a key stands for."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from ddvoices.auth import vault
from ddvoices.errors import AuthError, KeyringError, MissingKeyError
from ddvoices.redact import remember

KEY_VARIABLE = "DEEPDUB_API_KEY"
KEYRING = "keyring"
"""The source of a key that is stored."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """A key that never shows itself; ``source`` says where it was found, as in ``DEEPDUB_API_KEY_EU``."""

    value: str = field(repr=False)
    source: str


def region_variable(region: str) -> str:
    """Return the variable whose key goes to this region only."""
    return f"{KEY_VARIABLE}_{re.sub(r'[^A-Z0-9]', '_', region.upper())}"


def find_key(region: str, *, environ: Mapping[str, str]) -> Key:
    """Return the key for a region: its own variable's, else the general one's, else the keyring's.

    What is empty or blank is not set.

    Raises:
        MissingKeyError: there is none; the message says what to do.
        AuthError: what is set holds characters that no key has.
    """
    name = variable_of(region, environ)
    return checked(environ[name].strip(), name) if name else _stored_key(region)


def variable_of(region: str, environ: Mapping[str, str]) -> str | None:
    """Return the variable that a region's key is taken from; None if that is up to the keyring."""
    names = (region_variable(region), KEY_VARIABLE)
    return next((name for name in names if environ.get(name, "").strip()), None)


def origin_of(key: Key, region: str) -> str:
    """Return where a key is from, for the error that it is refused: a stored one is replaced by a command."""
    if key.source != KEYRING:
        return key.source
    return f"the keyring: store another with `ddvoices auth login -r {region}`"


def account_of(key: str, endpoint: str) -> str:
    """Return 12 hex digits that stand for a key at an endpoint in plans and locks, and do not give it away.

    One key at two endpoints is two accounts: an emulator knows nothing of production's voices.
    """
    parts = (b"ddvoices account", endpoint.rstrip("/").encode(), key.strip().encode())
    return hashlib.sha256(b"\0".join(parts)).hexdigest()[:12]


def checked(value: str, source: str) -> Key:
    """Return a key that can stand in a header, and remember it as one that nothing may show.

    Raises:
        AuthError: it holds characters that no key has; the message shows none of it.
    """
    if what := _foreign(value):
        raise AuthError(f"{source} holds {what}, which no API key has: give the key alone")
    remember(value)
    return Key(value=value, source=source)


def _foreign(value: str) -> str | None:
    """Return what a value holds that can't stand in a key, None if there is nothing."""
    if not value.isascii():
        return "a character beyond ASCII"
    if not value.isprintable():
        return "a control character"
    return "a blank" if " " in value else None


def _stored_key(region: str) -> Key:
    """Return the key that the keyring holds.

    Raises:
        MissingKeyError: there is none, or it can't be asked.
    """
    try:
        value, otherwise = vault.read(region), f", or store it with `ddvoices auth login -r {region}`"
    except KeyringError as error:
        value, otherwise = None, f" ({error})"
    if value is None:
        raise MissingKeyError(
            f"no API key for region {region}: set {region_variable(region)} or {KEY_VARIABLE}{otherwise}"
        )
    return checked(value, KEYRING)
