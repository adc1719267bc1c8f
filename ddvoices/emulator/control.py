"""What tests may look at and turn, under ``/_emulator/``: no part of Deepdub's service.

All but ``health`` act on the account of the ``x-api-key`` that they are called with.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from dataclasses import asdict
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from ddvoices.emulator.exchange import Refusal, read_object
from ddvoices.emulator.faults import FaultsError, parse_rules
from ddvoices.emulator.service import Service
from ddvoices.emulator.settings import SettingsError
from ddvoices.emulator.wire import moment

CONTROL_ROOT = "/_emulator"

_Handler = Callable[[Request, str], Awaitable[Any]]


class Control:
    """The control routes of one service."""

    def __init__(self, service: Service) -> None:
        self._service = service

    def routes(self) -> list[Route]:
        """Return the routes, each without the root."""
        return [
            Route("/health", _health, methods=["GET"]),
            self._route("GET", "/settings", self._show_settings),
            self._route("PUT", "/settings", self._change_settings),
            self._route("GET", "/faults", self._show_faults),
            self._route("PUT", "/faults", self._set_faults),
            self._route("GET", "/voices", self._show_voices),
            self._route("GET", "/requests", self._show_requests),
            self._route("DELETE", "/requests", self._clear_requests),
            self._route("POST", "/reset", self._reset),
        ]

    def _route(self, method: str, path: str, handler: _Handler) -> Route:
        async def endpoint(request: Request) -> Response:
            account = self._service.accounts.of(request.headers.get("x-api-key"))
            if account is None:
                return _refused(401, "Unauthorized: invalid or missing API key")
            try:
                return _Document(await handler(request, account))
            except (SettingsError, FaultsError) as error:
                return _refused(400, str(error))
            except Refusal as refusal:
                return _refused(refusal.status, refusal.message)

        return Route(path, endpoint, methods=[method])

    async def _show_settings(self, _request: Request, account: str) -> Any:
        return self._service.settings(account).as_json()

    async def _change_settings(self, request: Request, account: str) -> Any:
        changes = read_object(await request.body())
        return self._service.change_settings(account, changes).as_json()

    async def _show_faults(self, _request: Request, account: str) -> Any:
        return self._service.faults(account).as_json()

    async def _set_faults(self, request: Request, account: str) -> Any:
        try:
            document = await request.json()
        except ValueError:
            raise FaultsError("the body is not valid JSON") from None
        return self._service.set_faults(account, parse_rules(document)).as_json()

    async def _show_voices(self, _request: Request, account: str) -> Any:
        return {"voices": [_inside(asdict(voice)) for voice in self._service.backend.store.voices(account)]}

    async def _show_requests(self, _request: Request, account: str) -> Any:
        return self._service.ledger(account).as_json()

    async def _clear_requests(self, _request: Request, account: str) -> Any:
        self._service.ledger(account).clear()
        return {"success": True}

    async def _reset(self, _request: Request, account: str) -> Any:
        self._service.reset(account)
        return {"success": True}


class _Document(JSONResponse):
    """JSON in ASCII: what was logged may hold half a surrogate pair, which no other encoding can."""

    def render(self, content: Any) -> bytes:
        return json.dumps(content).encode()


async def _health(_request: Request) -> Response:
    return JSONResponse({"status": "ok"})


def _refused(status: int, message: str) -> JSONResponse:
    return JSONResponse({"success": False, "message": message}, status)


def _inside(voice: dict[str, Any]) -> dict[str, Any]:
    """Return all that is stored about a voice, with its time as the service shows it."""
    return {**voice, "created_at": moment(voice.pop("created_us"))}
