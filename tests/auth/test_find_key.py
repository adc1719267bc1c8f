"""Which key is for a region."""

from __future__ import annotations

import os
import subprocess
import sys

import keyring
import keyring.backend
import keyring.backends.fail
import keyring.backends.null
import pytest

from ddvoices.auth import Key, account_of, find_key
from ddvoices.errors import AuthError, ExitCode, MissingKeyError


class Stored(keyring.backend.KeyringBackend):
    """A keyring that holds one key."""

    priority = 1

    def get_password(self, service: str, username: str) -> str | None:
        return "dd-stored\n" if (service, username) == ("ddvoices", "eu") else None

    def set_password(self, service: str, username: str, password: str) -> None:
        raise NotImplementedError


class Broken(Stored):
    """A keyring whose system does not answer."""

    def get_password(self, *_: str) -> str | None:
        raise RuntimeError("no D-Bus\nhere")


@pytest.mark.parametrize(
    ("region", "environ", "value", "source"),
    [
        ("eu", {"DEEPDUB_API_KEY_EU": "dd-eu", "DEEPDUB_API_KEY": "dd-all"}, "dd-eu", "DEEPDUB_API_KEY_EU"),
        ("us", {"DEEPDUB_API_KEY_EU": "dd-eu", "DEEPDUB_API_KEY": "dd-all"}, "dd-all", "DEEPDUB_API_KEY"),
        ("eu", {"DEEPDUB_API_KEY_EU": " \n", "DEEPDUB_API_KEY": " dd-all\n"}, "dd-all", "DEEPDUB_API_KEY"),
        ("eu-west", {"DEEPDUB_API_KEY_EU_WEST": "dd-w"}, "dd-w", "DEEPDUB_API_KEY_EU_WEST"),
        ("eu", {"DEEPDUB_API_KEY_US": "dd-us"}, "dd-stored", "keyring"),
        ("eu", {"DEEPDUB_API_KEY": ""}, "dd-stored", "keyring"),
    ],
)
def test_the_order(region, environ, value, source, use):
    use(Stored())
    found = find_key(region, environ=environ)
    assert (found.value, found.source) == (value, source)


@pytest.mark.parametrize(
    ("backend", "what_next"),
    [
        (Stored, ", or store it with `ddvoices auth login -r us`"),
        (keyring.backends.null.Keyring, ", or store it with `ddvoices auth login -r us`"),
        (keyring.backends.fail.Keyring, " (there is no keyring here: a key can be in the environment only)"),
    ],
)
def test_a_key_of_another_region_is_never_used(backend, what_next, use):
    use(backend())
    with pytest.raises(MissingKeyError) as caught:
        find_key("us", environ={"DEEPDUB_API_KEY_EU": "dd-eu"})
    assert str(caught.value) == (
        f"no API key for region us: set DEEPDUB_API_KEY_US or DEEPDUB_API_KEY{what_next}"
    )
    assert caught.value.exit_code is ExitCode.KEY


def test_a_keyring_that_fails_is_just_not_there(use):
    use(Broken())
    assert find_key("us", environ={"DEEPDUB_API_KEY": "dd-1"}).value == "dd-1"
    with pytest.raises(MissingKeyError, match=r"\(the keyring can't be used: no D-Bus here\)$"):
        find_key("us", environ={})


def test_the_keyring_is_not_even_imported_where_a_variable_is_set():
    code = (
        "import sys; from ddvoices.auth import find_key; import os;"
        "print(find_key('us', environ=os.environ).source, 'keyring' in sys.modules)"
    )
    said = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "DEEPDUB_API_KEY": "dd-1"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert said.stdout.strip() == "DEEPDUB_API_KEY False"


@pytest.mark.parametrize(
    ("value", "what"),
    [
        ("dd-1 2", "a blank"),
        ("dd-\x07", "a control character"),
        ("dd-1\r\nX: 1", "a control character"),
        ("dd-é", "a character beyond ASCII"),
    ],
)
def test_what_cannot_be_a_key_names_its_source_only(value, what):
    said = rf"^DEEPDUB_API_KEY_US holds {what}, which no API key has: give the key alone$"
    with pytest.raises(AuthError, match=said) as caught:
        find_key("us", environ={"DEEPDUB_API_KEY_US": value})
    assert value not in str(caught.value)


def test_a_key_never_shows_itself():
    key = Key(value="dd-secret", source="DEEPDUB_API_KEY")
    assert "dd-secret" not in f"{key} {key!r}"


def test_an_account_stands_for_a_key():
    account = account_of("dd-1", "http://one/api")
    assert account == account_of(" dd-1\n", "http://one/api/")
    assert account != account_of("dd-2", "http://one/api")
    assert account != account_of("dd-1", "http://two/api")
    assert len(account) == 12
    assert int(account, 16) >= 0
