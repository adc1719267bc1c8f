"""The way into the sockets: keys, faults and the log, around each handshake."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import MutableMapping
from typing import Any
from urllib.parse import parse_qsl

from ddvoices.emulator.exchange import refuse
from ddvoices.emulator.faults import SOCKETS, Rule, When
from ddvoices.emulator.gate import UNAUTHORIZED
from ddvoices.emulator.service import Service
from ddvoices.emulator.sockets.channel import GOING_AWAY, Channel
from ddvoices.emulator.sockets.open import OpenSession
from ddvoices.emulator.sockets.session import Session
from ddvoices.emulator.sockets.streaming import StreamingSession
from ddvoices.emulator.spoil import Wire, status_of
from ddvoices.emulator.traffic import Entry

_log = logging.getLogger(__name__)
_SESSIONS: dict[str, type[Session]] = {session.path: session for session in (OpenSession, StreamingSession)}
_END_SECONDS = 0.5


class Sockets:
    """The ASGI application for WebSockets, on every path: those that have none answer 404."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._channels: set[Channel] = set()

    async def __call__(self, scope: MutableMapping[str, Any], receive: Any, send: Any) -> None:
        """Serve one connection from its handshake to its end."""
        await receive()  # always websocket.connect
        wire = _before_accept(receive, send, scope["state"]["transport"])
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        query = dict(parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True))
        path = scope["path"]
        account = self._service.accounts.of(headers.get("x-api-key") or query.get("x-api-key"))
        if path not in SOCKETS:
            await wire.deliver(refuse(404, f"Not found: no WebSocket at {path}"))
            return
        if account is None:
            await wire.deliver(UNAUTHORIZED)
            return
        entry = self._service.ledger(account).note("GET", path, query, headers)
        rule = self._service.faults(account).strike("GET", path)
        if rule is not None and rule.when is When.BEFORE:
            entry.fault, entry.status = rule.kind, status_of(rule, None)
            await wire.spoil(rule, None)
            return
        await asyncio.sleep(self._service.settings(account).latency_ms / 1000)
        await self._serve(Channel(receive, send, wire.transport), entry, account, rule)

    async def end(self) -> None:
        """Close all connections as a server does that goes away; who doesn't read in time is left."""
        closing = [asyncio.create_task(channel.close(GOING_AWAY)) for channel in self._channels]
        if closing:
            await asyncio.wait(closing, timeout=_END_SECONDS)

    async def _serve(self, channel: Channel, entry: Entry, account: str, rule: Rule | None) -> None:
        entry.status = 101
        session = _SESSIONS[entry.path](self._service, account, channel)
        self._channels.add(channel)
        try:
            await channel.accept()
            _log.info("GET %s %s", entry.path, 101)
            if rule is not None:
                entry.fault = rule.kind
                await session.strike_greeting(rule)
            await session.run(greet=rule is None)
        finally:
            self._channels.discard(channel)


def _before_accept(receive: Any, send: Any, transport: asyncio.Transport) -> Wire:
    """Return the wire of a handshake, on which answers go out as they do to any request."""

    async def next_event() -> MutableMapping[str, Any]:
        message = await receive()
        kind = message["type"].replace("websocket.disconnect", "http.disconnect")
        return {**message, "type": kind}

    async def answer(message: MutableMapping[str, Any]) -> None:
        await send({**message, "type": f"websocket.{message['type']}"})

    return Wire(receive=next_event, send=answer, transport=transport)
