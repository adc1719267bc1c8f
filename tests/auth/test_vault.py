"""Where keys are stored: one contract for what keeps them, and a clear sentence for what doesn't."""

from __future__ import annotations

import gc
from collections.abc import Callable
from pathlib import Path

import keyring.backends.chainer
import keyring.backends.fail
import keyring.backends.null
import keyring.backends.SecretService
import pytest
from keyring.backend import KeyringBackend
from keyrings.alt.file import PlaintextKeyring
from secret_service import SecretService

from ddvoices.auth import forget, read, store
from ddvoices.errors import ExitCode, KeyringError

KEY = "dd-abcdefghijklm"


class Memory(KeyringBackend):
    """A keyring that lasts as long as this process."""

    priority = 1

    def __init__(self) -> None:
        super().__init__()
        self.held: dict[tuple[str, str], str] = {}

    def get_password(self, service: str, username: str) -> str | None:
        return self.held.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self.held[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        del self.held[service, username]


class Faulty(Memory):
    """A keyring that raises what a system may say, in several lines and with the key in it."""

    def set_password(self, service: str, username: str, password: str) -> None:
        raise RuntimeError(f"no room\nfor {password} of {username} in {service}")


class Chain(keyring.backends.chainer.ChainerBackend):
    """A chain of those that a test names."""

    backends: tuple[KeyringBackend, ...] = ()


@pytest.mark.usefixtures("kept")
class Contract:
    """What a keyring does that keeps keys."""

    def test_what_is_stored_is_read(self):
        assert read("us") is None
        store("us", KEY)
        assert read("us") == KEY

    def test_another_key_takes_its_place(self):
        store("us", KEY)
        store("us", "dd-other-one-here")
        assert read("us") == "dd-other-one-here"

    def test_regions_are_apart(self):
        store("us", KEY)
        assert read("eu") is None
        store("eu", "dd-other-one-here")
        assert (forget("eu"), read("eu"), read("us")) == (True, None, KEY)

    def test_forgetting_tells_whether_there_was_one(self):
        assert forget("us") is False
        store("us", KEY)
        assert (forget("us"), forget("us"), read("us")) == (True, False, None)


class TestMemory(Contract):
    @pytest.fixture
    def kept(self, use):
        use(Memory())


class TestChain(Contract):
    """A file in the open stands first, and gets nothing."""

    @pytest.fixture
    def kept(self, use, tmp_path):
        chain, plain = Chain(), plaintext(tmp_path)
        chain.backends = (plain, Memory())
        use(chain)
        yield
        assert not Path(plain.file_path).exists()


class TestSecretService(Contract):
    @pytest.fixture
    def kept(self, use, service: SecretService, monkeypatch):
        monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", service.address)
        use(keyring.backends.SecretService.Keyring())

    def test_it_is_the_entry_that_the_keyring_command_knows(self, service: SecretService):
        store("us", KEY)
        assert service.stored() == {"us": KEY}


def plaintext(folder: Path) -> PlaintextKeyring:
    backend = PlaintextKeyring()
    backend.file_path = str(folder / "keyring.cfg")
    return backend


def open_chain(folder: Path) -> KeyringBackend:
    chain = Chain()
    chain.backends = (plaintext(folder),)
    return chain


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda _: keyring.backends.fail.Keyring(), "there is no keyring here"),
        (lambda _: keyring.backends.null.Keyring(), r"the keyring \(null Keyring\) keeps nothing: choose"),
        (plaintext, r"the keyring \(file PlaintextKeyring\) would keep the key in a plain file: choose"),
        (open_chain, r"the keyring \(.*Chain\) would keep the key in a plain file: choose"),
        (lambda _: Faulty(), r"the keyring can't be used: no room for \*\*\* of us in ddvoices$"),
    ],
    ids=["fail", "null", "plaintext", "chain", "faulty"],
)
def test_what_keeps_no_secret_gets_none(
    make: Callable[[Path], KeyringBackend], said: str, use, tmp_path: Path
):
    use(make(tmp_path))
    with pytest.raises(KeyringError, match=f"^{said}") as caught:
        store("us", KEY)
    assert caught.value.exit_code is ExitCode.KEY
    assert KEY not in str(caught.value)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_a_locked_one_whose_prompt_is_dismissed(use, service: SecretService, monkeypatch):
    monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", service.address)
    use(keyring.backends.SecretService.Keyring())
    store("us", KEY)
    service.lock()
    for ask in (lambda: read("us"), lambda: store("us", KEY), lambda: forget("us")):
        with pytest.raises(KeyringError, match=r"^the keyring is locked, and nobody answered its prompt"):
            ask()
    gc.collect()  # the backend leaves its connections open then: not for the next test to find
