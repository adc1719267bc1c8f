"""A keyring that the system has, and one that this process uses."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import keyring
import pytest
from keyring.backend import KeyringBackend
from secret_service import SecretService, need, secret_service


@pytest.fixture
def service() -> Iterator[SecretService]:
    """A Secret Service that holds nothing and is unlocked."""
    need()
    with secret_service() as running:
        yield running


@pytest.fixture
def use() -> Iterator[Callable[[KeyringBackend], None]]:
    """Have this process use a backend until the test is over."""
    before = keyring.get_keyring()
    yield keyring.set_keyring
    keyring.set_keyring(before)
