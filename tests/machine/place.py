"""Where the service is: the emulator's own answers without a socket, or the emulator as a process.

Both offer what ``service.Emulator`` does, as far as it is used here, and the adapter that carries a request.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Protocol, assert_never
from unittest.mock import patch
from urllib.parse import parse_qsl, unquote, urlsplit
from uuid import UUID

import requests
from machine.clock import Clock
from requests.adapters import HTTPAdapter
from requests.structures import CaseInsensitiveDict
from service import Emulator
from urllib3.exceptions import ProtocolError

from ddvoices.emulator.accounts import Accounts
from ddvoices.emulator.backend import Backend
from ddvoices.emulator.exchange import Answer, Call
from ddvoices.emulator.faults import Kind, Rule, When, parse_rules
from ddvoices.emulator.rest import API_ROOT, answer
from ddvoices.emulator.service import Service
from ddvoices.emulator.settings import Settings
from ddvoices.emulator.speech import Speaker
from ddvoices.emulator.spoil import _replacement, head_fields  # what a fault says is the emulator's affair
from ddvoices.emulator.state import Store

# two keys for each account: keys are rotated
KEYS = {"us": ("dd-us-1", "dd-us-2"), "eu": ("dd-eu-1", "dd-eu-2")}
_ACCOUNTS = {key: account for account, keys in KEYS.items() for key in keys}


class Place(Protocol):
    """What is asked of the service besides the engine's own requests."""

    base_url: str
    patience: float  # seconds that a client waits for an answer

    def begin(self, clock: Clock) -> None:
        """Forget everything; from now on this is the time."""

    def adapter(self) -> HTTPAdapter: ...
    def settings(self, key: str, **changes: Any) -> dict[str, Any]: ...
    def faults(self, key: str, rules: Sequence[dict[str, Any]]) -> Any: ...
    def voices(self, key: str) -> list[dict[str, Any]]: ...
    def call(self, key: str, method: str, url: str, document: Any = None) -> tuple[int, Any]: ...


class Inside:
    """The emulator's answers, faults and state in this process; ids and times come from the world's clock."""

    base_url = "http://127.0.0.1:9" + API_ROOT
    patience = 30.0

    def __init__(self, folder: Path) -> None:
        self._clock = Clock()
        self._backend = Backend(store=Store(folder), speaker=Speaker())
        self._born = 0

    def begin(self, clock: Clock) -> None:
        self._clock, self._born = clock, 0
        self._service = Service(
            accounts=Accounts(keys=_ACCOUNTS), backend=self._backend, defaults=Settings(), rules=(), seed=0
        )
        for keys in KEYS.values():
            self._service.reset(self._account(keys[0]))

    def close(self) -> None:
        self._backend.close()

    def adapter(self) -> HTTPAdapter:
        return _Adapter(self)

    def settings(self, key: str, **changes: Any) -> dict[str, Any]:
        return self._service.change_settings(self._account(key), changes).as_json()

    def faults(self, key: str, rules: Sequence[dict[str, Any]]) -> None:
        self._service.set_faults(self._account(key), parse_rules(list(rules)))

    def voices(self, key: str) -> list[dict[str, Any]]:
        return [asdict(voice) for voice in self._backend.store.voices(self._account(key))]

    def call(self, key: str, method: str, url: str, document: Any = None) -> tuple[int, Any]:
        body = b"" if document is None else json.dumps(document).encode()
        found = self._answer(key, method, url, {}, body)
        return found.status, json.loads(found.body)

    def carry(self, request: requests.PreparedRequest) -> requests.Response:
        """Answer a request as the process would, its fault included."""
        parts = urlsplit(str(request.url))
        path = unquote(parts.path.removeprefix(API_ROOT))
        key = request.headers["x-api-key"]
        rule = self._service.faults(self._account(key)).strike(str(request.method), path)
        found = Answer()
        if rule is None or rule.when is When.AFTER:
            found = self._answer(
                key, str(request.method), path, dict(parse_qsl(parts.query)), _bytes(request)
            )
        return _response(request, found) if rule is None else self._spoiled(request, rule)

    def _spoiled(self, request: requests.PreparedRequest, rule: Rule) -> requests.Response:
        match rule.kind:
            case Kind.RESET:
                lost = ProtocolError("Connection aborted.", ConnectionResetError(104, "reset by peer"))
                raise requests.ConnectionError(lost, request=request)
            case Kind.HANG:
                self._clock.sleep(30)
                raise requests.ReadTimeout("Read timed out.", request=request)
            case Kind.CUT:
                raise requests.exceptions.ChunkedEncodingError(ProtocolError("Connection broken"))
            case Kind.HEAD:
                return _response(request, Answer(), headless=True)
            case Kind.EMPTY | Kind.HTML | Kind.STATUS:
                return _response(request, _replacement(rule))
            case Kind.CLOSE:
                raise AssertionError("no request is closed as a socket")
            case _:
                assert_never(rule.kind)

    def _answer(self, key: str, method: str, path: str, query: dict[str, str], body: bytes) -> Answer:
        account = self._account(key)
        settings = self._service.settings(account)
        call = Call(method=method, path=path, query=query, body=body, account=account, settings=settings)
        with self._steady():
            return answer(call, self._backend)

    @contextmanager
    def _steady(self) -> Iterator[None]:
        """Give the service this world's time, and ids that are the same in every replay."""
        time = SimpleNamespace(time_ns=self._clock.time_ns)
        with (
            patch("ddvoices.emulator.state.time", time),
            patch("ddvoices.emulator.voices.time", time),
            patch("ddvoices.emulator.state.uuid", SimpleNamespace(uuid4=self._next_id)),
        ):
            yield

    def _next_id(self) -> UUID:
        self._born += 1
        return UUID(bytes=hashlib.sha256(b"%d" % self._born).digest()[:16], version=4)

    def _account(self, key: str) -> str:
        account = self._service.accounts.of(key)
        assert account is not None
        return account


class _Adapter(HTTPAdapter):
    """Carries requests to where no socket leads."""

    def __init__(self, inside: Inside) -> None:
        super().__init__()
        self._inside = inside

    def send(self, request: requests.PreparedRequest, *_: Any, **__: Any) -> requests.Response:
        return self._inside.carry(request)


class Outside(Emulator):
    """The emulator as a process; its time is the real one."""

    patience = 0.3

    @classmethod
    def begun(cls) -> Outside:
        keys = [f"--api-key={key}={account}" for key, account in _ACCOUNTS.items()]
        return cls.start(keys)

    def begin(self, clock: Clock) -> None:  # noqa: ARG002 - a process has the real time
        for keys in KEYS.values():
            self.reset(keys[0])

    def adapter(self) -> HTTPAdapter:
        return HTTPAdapter()


def _bytes(request: requests.PreparedRequest) -> bytes:
    assert request.body is None or isinstance(request.body, bytes)
    return request.body or b""


def _response(
    request: requests.PreparedRequest, found: Answer, *, headless: bool = False
) -> requests.Response:
    """Return an answer as requests has it once it is read."""
    response = requests.Response()
    response.status_code, response.reason = found.status, ""
    response.headers = CaseInsensitiveDict({} if headless else dict(head_fields(found)))
    response._content, response._content_consumed = found.body, True
    response.url, response.request, response.encoding = str(request.url), request, "utf-8"
    return response
