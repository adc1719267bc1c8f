"""Which API key is for a region, and which account a key stands for."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from ddvoices.errors import AuthError, MissingKeyError

KEY_VARIABLE = "DEEPDUB_API_KEY"
KEYRING_SERVICE = "ddvoices"


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """A key that never shows itself; ``source`` says where it was found, as in ``DEEPDUB_API_KEY_EU``."""

    value: str = field(repr=False)
    source: str


def region_variable(region: str) -> str:
    """Return the variable whose key goes to this region only."""
    return f"{KEY_VARIABLE}_{re.sub(r'[^A-Z0-9]', '_', region.upper())}"


def find_key(region: str, *, environ: Mapping[str, str], keyring: bool = True) -> Key:
    """Return the key for a region: its own variable's, else the general one's, else the keyring's.

    What is empty or blank is not set.

    Raises:
        MissingKeyError: there is none; the message says what to do.
        AuthError: what is set holds characters that no key has.
    """
    own = region_variable(region)
    for name in (own, KEY_VARIABLE):
        value = environ.get(name, "").strip()
        if value:
            return _checked(value, name)
    stored, hint = _from_keyring(region) if keyring else ("", "")
    if stored:
        return _checked(stored, f"keyring ({KEYRING_SERVICE}, {region})")
    raise MissingKeyError(
        f"no API key for region {region}: set {own} or {KEY_VARIABLE}, or store it with "
        f"`keyring set {KEYRING_SERVICE} {region}`{hint}"
    )


def account_of(key: str, endpoint: str) -> str:
    """Return 12 hex digits that stand for a key at an endpoint in plans and locks, and do not give it away.

    One key at two endpoints is two accounts: an emulator knows nothing of production's voices.
    """
    parts = (b"ddvoices account", endpoint.rstrip("/").encode(), key.strip().encode())
    return hashlib.sha256(b"\0".join(parts)).hexdigest()[:12]


def _checked(value: str, source: str) -> Key:
    """Return a key that can stand in a header."""
    if not value.isascii() or not value.isprintable() or " " in value:
        raise AuthError(f"{source} holds characters that no API key has")
    return Key(value=value, source=source)


def _from_keyring(region: str) -> tuple[str, str]:
    """Return the key that the system keyring holds, and a hint where there is no keyring to ask."""
    try:
        import keyring

        return (keyring.get_password(KEYRING_SERVICE, region) or "").strip(), ""
    except Exception as error:  # noqa: BLE001 - backends raise whatever their system does: it is just not there
        if type(error).__name__ == "NoKeyringError":
            return "", " (there is no keyring here)"
        said = " ".join(str(error).split())[:200] or type(error).__name__
        return "", f" (the keyring can't be used: {said})"
