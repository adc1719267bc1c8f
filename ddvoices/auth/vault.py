"""The system's keyring, the one place where a key is stored: nothing here falls back to a file.

Each entry has the service ``ddvoices`` and the name of its region, as `keyring get ddvoices us` shows.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from ddvoices.errors import KeyringError
from ddvoices.redact import hidden

if TYPE_CHECKING:
    from keyring.backend import KeyringBackend

SERVICE = "ddvoices"
BACKEND_VARIABLE = "PYTHON_KEYRING_BACKEND"

_NONE = "there is no keyring here: a key can be in the environment only"
_LOCKED = "the keyring is locked, and nobody answered its prompt: unlock it and try again"
# by the name of the exception, of the backend or of the library that it uses: no backend has to be imported
_SAID = {
    "NoKeyringError": _NONE,
    "KeyringLocked": _LOCKED,
    "LockedException": _LOCKED,
    "PromptDismissedException": _LOCKED,
}
_DISMISSED = "dismissed"  # of a keyring's making, too, which is an InitError like any other


def prepare(region: str) -> None:
    """Find out whether a region's key can be stored, and have the keyring unlocked, before anybody types one.

    Raises:
        KeyringError: it can't; the message says why.
    """
    with _in_one_line():
        backend = _safest(_backend())
        if type(backend).__module__ == "keyring.backends.null":  # it says nothing, and forgets
            raise _keeps_nothing(backend)
        backend.get_password(SERVICE, region)


def read(region: str) -> str | None:
    """Return the key that is stored for a region, None if there is none.

    Raises:
        KeyringError: the keyring can't be asked; the message says why.
    """
    with _in_one_line():
        return (_backend().get_password(SERVICE, region) or "").strip() or None


def store(region: str, value: str) -> None:
    """Store a region's key in place of another.

    Raises:
        KeyringError: the keyring can't keep it, or would keep it where anyone can read it.
    """
    with _in_one_line(value):
        backend = _safest(_backend())
        backend.set_password(SERVICE, region, value)
        if backend.get_password(SERVICE, region) != value:
            raise _keeps_nothing(backend)


def forget(region: str) -> bool:
    """Delete a region's key, and tell whether there was one.

    Raises:
        KeyringError: the keyring can't be asked, or keeps it all the same.
    """
    with _in_one_line():
        holding = [link for link in _links(_backend()) if link.get_password(SERVICE, region) is not None]
        for link in holding:
            link.delete_password(SERVICE, region)
            if link.get_password(SERVICE, region) is not None:
                raise KeyringError(f"the keyring ({link.name}) keeps the key for {region}: delete it there")
        return bool(holding)


def _backend() -> KeyringBackend:
    """Return the backend that the environment, keyring's settings or the system choose."""
    named = os.environ.get(BACKEND_VARIABLE)
    if named is not None and not named.strip():
        raise KeyringError(f"{BACKEND_VARIABLE} is empty: unset it, or name a backend")
    import keyring

    try:
        return keyring.get_keyring()
    except Exception as error:  # noqa: BLE001 - whatever an import may raise
        source = f"{BACKEND_VARIABLE}={named}" if named else "the backend in keyringrc.cfg"
        next_ = "unset it, or name another" if named else "mend that file"
        raise KeyringError(f"{source} can't be loaded: {_line(error)}: {next_}") from None


def _safest(backend: KeyringBackend) -> KeyringBackend:
    """Return what a key may be stored in: of a chain its first that keeps no open file.

    Raises:
        KeyringError: all of them do.
    """
    for link in _links(backend):
        if not _is_open(link):
            return link
    raise KeyringError(
        f"the keyring ({backend.name}) would keep the key in a plain file: "
        f"choose the system's own by {BACKEND_VARIABLE}, or keep the key in the environment"
    )


def _keeps_nothing(backend: KeyringBackend) -> KeyringError:
    return KeyringError(f"the keyring ({backend.name}) keeps nothing: choose another by {BACKEND_VARIABLE}")


def _links(backend: KeyringBackend) -> Sequence[KeyringBackend]:
    """Return the keyrings that a chain asks in turn; one that is no chain is its only link."""
    chain: Sequence[KeyringBackend] = getattr(backend, "backends", ())
    return chain or [backend]


def _is_open(backend: KeyringBackend) -> bool:
    """Tell whether a backend is of keyrings.alt, whose own documentation calls them not secure."""
    return any(kind.__module__.split(".")[:2] == ["keyrings", "alt"] for kind in type(backend).__mro__)


@contextmanager
def _in_one_line(secret: str = "") -> Iterator[None]:
    """Turn what a backend raises into one sentence, without the secret."""
    try:
        yield
    except KeyringError:
        raise
    except Exception as error:  # noqa: BLE001 - backends raise whatever their system does
        raise KeyringError(hidden(_sentence(error), secret)) from None


def _sentence(error: Exception) -> str:
    known = (_SAID.get(kind.__name__) for kind in type(error).__mro__)
    if sentence := next(filter(None, known), None):
        return sentence
    line = _line(error)
    return _LOCKED if _DISMISSED in line else f"the keyring can't be used: {line}"


def _line(error: Exception) -> str:
    return " ".join(str(error).split())[:200] or type(error).__name__
