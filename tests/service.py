"""The emulator as a process, for tests that go through the front door."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import urllib.error
import urllib.request
from collections.abc import Sequence
from typing import Any, Self

# Loopback never goes through a proxy, whatever the environment says.
_OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))
_READY = ("DEEPDUB_BASE_URL", "DEEPDUB_BASE_WEBSOCKET_URL", "DEEPDUB_BASE_WEBSOCKET_STREAMING_URL")


class Emulator:
    """A running emulator, with what its control routes offer for the account of a key.

    >>> with Emulator.start(["--max-voices", "3"]) as emulator:
    ...     emulator.settings("dd-mine", list_cap=2)
    """

    def __init__(
        self,
        process: subprocess.Popen[str],
        stderr: Any,
        base_url: str,
        websocket_url: str,
        streaming_url: str,
    ) -> None:
        self.process = process
        self.base_url = base_url
        self.websocket_url = websocket_url
        self.streaming_url = streaming_url
        self._stderr = stderr

    @classmethod
    def start(cls, extra_args: Sequence[str] = ()) -> Self:
        """Start one on a free port and wait until it is ready."""
        stderr = tempfile.TemporaryFile("w+", encoding="utf-8")  # noqa: SIM115 - closed by stop
        process = subprocess.Popen(
            [sys.executable, "-m", "ddvoices.emulator", "--port", "0", *extra_args],
            stdout=subprocess.PIPE,
            stderr=stderr,
            text=True,
            encoding="utf-8",
        )
        lines = [process.stdout.readline() if process.stdout else "" for _ in _READY]
        said = dict(line.rstrip("\n").partition("=")[::2] for line in lines)
        emulator = cls(process, stderr, *(said.get(name, "") for name in _READY))
        if tuple(said) != _READY:
            code, said = emulator.stop(), emulator.said
            raise RuntimeError(f"the emulator did not start (exit code {code}): {said}")
        return emulator

    def stop(self) -> int:
        """End it with SIGTERM and return its exit code; what it wrote to stderr is then in ``said``."""
        if self.process.poll() is None:
            self.process.terminate()
        code = self.process.wait(timeout=30)
        if self.process.stdout:
            self.process.stdout.close()
        if not self._stderr.closed:
            self._stderr.seek(0)
            self.said = self._stderr.read()
            self._stderr.close()
        return code

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def origin(self) -> str:
        """Scheme, host and port."""
        return self.base_url.removesuffix("/api/v1")

    def settings(self, key: str, **changes: Any) -> dict[str, Any]:
        """Change settings of the key's account and return them all."""
        return self.control(key, "PUT" if changes else "GET", "/settings", changes or None)

    def faults(self, key: str, rules: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
        """Replace the faults of the key's account."""
        return self.control(key, "PUT", "/faults", list(rules))

    def fault_counts(self, key: str) -> list[dict[str, Any]]:
        """Return the rules with the number of requests that each has ``seen`` and ``struck``."""
        return self.control(key, "GET", "/faults")

    def voices(self, key: str) -> list[dict[str, Any]]:
        """Return all that is stored about the account's voices, oldest first."""
        return self.control(key, "GET", "/voices")["voices"]

    def requests(self, key: str) -> list[dict[str, Any]]:
        """Return the account's request log, oldest first."""
        return self.control(key, "GET", "/requests")["requests"]

    def peak_concurrency(self, key: str) -> int:
        """Return the most requests that were ever under way at once in the account."""
        return self.control(key, "GET", "/requests")["peak_concurrency"]

    def clear_requests(self, key: str) -> None:
        """Empty the account's request log."""
        self.control(key, "DELETE", "/requests")

    def reset(self, key: str) -> None:
        """Make the account as if it had never been used."""
        self.control(key, "POST", "/reset")

    def control(self, key: str, method: str, path: str, document: Any = None) -> Any:
        """Call a control route and return its JSON; anything but 200 raises AssertionError."""
        status, answer = self.call(key, method, f"{self.origin}/_emulator{path}", document)
        assert status == 200, answer
        return answer

    def call(self, key: str | None, method: str, url: str, document: Any = None) -> tuple[int, Any]:
        """Send one request, a URL or a path under the base, and return its status and its JSON."""
        request = urllib.request.Request(  # noqa: S310 - loopback, http
            url if url.startswith("http") else self.base_url + url,
            method=method,
            data=None if document is None else json.dumps(document).encode(),
            headers={"content-type": "application/json", **({"x-api-key": key} if key else {})},
        )
        try:
            with _OPENER.open(request, timeout=30) as response:
                return response.status, json.load(response)
        except urllib.error.HTTPError as error:
            with error:
                return error.code, json.load(error)
