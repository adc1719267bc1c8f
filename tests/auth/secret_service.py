"""A Secret Service of its own for a test: gnome-keyring on a message bus that nobody else uses."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from typing import Any

import pytest

NEEDED = ("dbus-daemon", "gnome-keyring-daemon")


def need() -> None:
    """Skip where the programs are missing; fail in CI, which installs them."""
    missing = [name for name in NEEDED if shutil.which(name) is None]
    if missing:
        reason = f"not installed: {', '.join(missing)} (Debian: apt-get install dbus gnome-keyring)"
        pytest.fail(reason) if os.environ.get("CI") else pytest.skip(reason)


@dataclass(frozen=True, kw_only=True)
class SecretService:
    """A running one."""

    address: str

    @property
    def variables(self) -> dict[str, str]:
        """What leads a program to it."""
        return {
            "DBUS_SESSION_BUS_ADDRESS": self.address,
            "PYTHON_KEYRING_BACKEND": "keyring.backends.SecretService.Keyring",
        }

    def lock(self) -> None:
        """Lock it for good: there is no screen for its prompt, which so counts as dismissed."""
        with self._collection() as collection:
            collection.lock()

    def stored(self) -> dict[str, str]:
        """Return what it holds for ddvoices, by user name."""
        with self._collection() as collection:
            found = collection.search_items({"service": "ddvoices"})
            return {item.get_attributes()["username"]: item.get_secret().decode() for item in found}

    @contextmanager
    def _collection(self) -> Iterator[Any]:
        import secretstorage
        from jeepney.io.blocking import open_dbus_connection

        with closing(open_dbus_connection(bus=self.address)) as connection:
            yield secretstorage.get_default_collection(connection)


@contextmanager
def secret_service() -> Iterator[SecretService]:
    """Start one that is unlocked."""
    with tempfile.TemporaryDirectory() as home, ExitStack() as stack:
        place = {"PATH": os.environ["PATH"], "HOME": home, "XDG_RUNTIME_DIR": home}
        bus = stack.enter_context(
            _started(["dbus-daemon", "--session", "--nofork", "--print-address"], place)
        )
        address = bus.stdout.readline().strip()
        place["DBUS_SESSION_BUS_ADDRESS"] = address
        daemon = ["gnome-keyring-daemon", "--foreground", "--unlock", "--components=secrets"]
        stack.enter_context(_started(daemon, place, typed="a password"))
        service = SecretService(address=address)
        _wait_for(service)
        yield service


@contextmanager
def _started(
    arguments: list[str], place: Mapping[str, str], *, typed: str = ""
) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        arguments,
        env=place,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    with process:
        try:
            process.stdin.write(typed)
            process.stdin.close()
            yield process
        finally:
            process.terminate()


def _wait_for(service: SecretService) -> None:
    """Wait until the daemon is there; to ask for anything sooner would start another one, which is locked."""
    from jeepney import message_bus
    from jeepney.io.blocking import Proxy, open_dbus_connection

    with closing(open_dbus_connection(bus=service.address)) as connection:
        bus = Proxy(message_bus, connection)
        for _ in range(200):
            if bus.NameHasOwner("org.freedesktop.secrets")[0]:
                return
            time.sleep(0.05)
    raise AssertionError("the keyring did not start")
