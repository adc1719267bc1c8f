"""One apply, watched: its requests, its writes to disk, and the moment at which it is to be killed.

A crash is an exception that nobody catches, and all that the run still does is undone: what is on disk is
what the moment of the crash would have left. Moments are before a request arrives, before its answer comes
back, before an fsync and before a rename.
"""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from unittest.mock import patch
from urllib.parse import unquote

import requests
from machine.checkout import Checkout, Snapshot
from requests.adapters import HTTPAdapter

from ddvoices.model import Catalog

Json = dict[str, Any]


class CrashError(BaseException):
    """The machine is off."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Script:
    """What happens to a run, counted in moments and in requests from 1; None: it doesn't.

    ``torn`` is how much of what was not on disk for sure a loss of power takes; 0 is a kill, which takes
    nothing. ``stop`` is Ctrl-C, ``race`` what another does in the middle.
    """

    crash: int | None = None
    torn: int = 0
    stop: int | None = None
    race: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Write:
    """A POST, PUT or DELETE: the voice's id, or the fields that were sent."""

    method: str
    region: str
    id: str | None = None
    fields: Json = field(default_factory=dict)


class Run:
    """The course of one apply.

    ``judge`` sees every write before the service does, ``tell`` whether it was answered. It ``began`` at a
    time in ns; ``guarded`` are the keys that are protected, ``cut`` the regions whose listing lacks what the
    lock holds. ``targets`` are the keys that were chosen, ``reviewed``: only what a saved plan holds is done.
    """

    def __init__(
        self,
        checkout: Checkout,
        script: Script,
        *,
        judge: Callable[[Run, Write], None],
        others: Callable[[], None],
        tell: Callable[[Run, Write, bool], None],
    ) -> None:
        self.checkout = checkout
        self.catalog: Catalog = checkout.catalog
        self.script = script
        self.began = 0
        self.guarded: set[str] = set()
        self.cut: set[str] = set()
        self.targets: tuple[str, ...] = ()
        self.reviewed = False
        self.stop = threading.Event()
        self.writes: list[Write] = []
        self.left: Snapshot | None = None
        self._judge, self._others, self._tell = judge, others, tell
        self._turn = threading.RLock()
        self._moments = self._requests = 0
        self._synced = checkout.snapshot()[checkout.journal]

    @property
    def crashed(self) -> bool:
        return self.left is not None

    def adapter(self, inner: HTTPAdapter, region: str) -> HTTPAdapter:
        """Return an adapter that shows every request to this run."""
        return _Watched(self, inner, region)

    def carry(self, send: Callable[[], requests.Response], write: Write | None) -> requests.Response:
        """Have one request carried out, as the script will have it."""
        with self._turn:
            self._requests += 1
            if self._requests == self.script.race:
                self._others()
            if self._requests == self.script.stop:
                self.stop.set()
            self.moment()
            if write is not None:
                self._judge(self, write)
                self.writes.append(write)
            answered = False
            try:
                response = send()
                self._arrives(response)
                answered = response.ok and response.content != b""
            finally:
                if write is not None:
                    self._tell(self, write, answered)
            return response

    def _arrives(self, response: requests.Response) -> None:
        """Let the moment pass in which an answer comes back; one that never does leaves no socket open."""
        try:
            self.moment()
        except CrashError:
            response.close()
            raise

    def moment(self) -> None:
        """Let a moment pass, or be the last."""
        if self.left is not None:
            raise CrashError
        self._moments += 1
        if self._moments == self.script.crash:
            self.left = self._remains()
            raise CrashError

    @contextmanager
    def on_disk(self) -> Iterator[None]:
        """Watch what is written to disk; nothing waits for a real one."""
        with patch("os.fsync", self._fsync), patch("os.replace", self._replacing(os.replace)):
            yield

    def _fsync(self, _descriptor: int) -> None:
        with self._turn:
            self.moment()
            self._synced = self.checkout.snapshot()[self.checkout.journal]

    def _replacing(self, replace: Callable[..., None]) -> Callable[..., None]:
        def watched(*args: Any, **kwargs: Any) -> None:
            with self._turn:
                self.moment()
                replace(*args, **kwargs)

        return watched

    def _remains(self) -> Snapshot:
        """Return what is on disk after a kill, or after a loss of power."""
        found = self.checkout.snapshot()
        if self.script.torn:
            written, synced = found[self.checkout.journal] or b"", self._synced or b""
            grown = written.startswith(synced)
            found[self.checkout.journal] = written[: -self.script.torn] if grown else synced
            if len(found[self.checkout.journal] or b"") < len(synced):
                found[self.checkout.journal] = synced
        return found


class _Watched(HTTPAdapter):
    """Reads a request to its end, as the socket would, and passes it on."""

    def __init__(self, run: Run, inner: HTTPAdapter, region: str) -> None:
        super().__init__()
        self._run, self._inner, self._region = run, inner, region

    def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> requests.Response:
        if request.body is not None and not isinstance(request.body, bytes):
            request.body = b"".join(request.body)
        write = _write(request, self._region) if request.method != "GET" else None
        return self._run.carry(lambda: self._inner.send(request, *args, **kwargs), write)


def _write(request: requests.PreparedRequest, region: str) -> Write:
    fields = json.loads(request.body) if request.body else {}
    if request.method == "DELETE":
        return Write(method="DELETE", region=region, id=unquote(str(request.url).rpartition("/")[2]))
    return Write(method=str(request.method), region=region, id=fields.get("id"), fields=fields)
