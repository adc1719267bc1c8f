"""The way into the service: keys, concurrency, latency, faults and the log, around each request."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, MutableMapping
from typing import Any
from urllib.parse import parse_qsl

from starlette.concurrency import run_in_threadpool

from ddvoices.emulator import classify, rest
from ddvoices.emulator.exchange import Answer, Call, refuse
from ddvoices.emulator.faults import Rule, When
from ddvoices.emulator.service import Service
from ddvoices.emulator.spoil import Wire, status_of
from ddvoices.emulator.traffic import Entry, loggable
from ddvoices.emulator.wire import too_large

_log = logging.getLogger(__name__)
_INLINE = 64 * 1024

UNAUTHORIZED = refuse(401, "Unauthorized: invalid or missing API key")


class Gate:
    """The ASGI application under ``/api/v1``."""

    def __init__(self, service: Service) -> None:
        self._service = service

    async def __call__(self, scope: MutableMapping[str, Any], receive: Any, send: Any) -> None:
        """Serve one request from its head to the last byte of its answer."""
        wire = Wire(receive=receive, send=send, transport=scope["state"]["transport"])
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        method, path = scope["method"], scope["path"].removeprefix(rest.API_ROOT)
        account = self._service.accounts.of(headers.get("x-api-key"))
        if account is None:
            # Read to the end first: a client that is still sending could miss the answer.
            if await _read_body(wire, most=0) is not None:
                await wire.deliver(classify.UNAUTHORIZED if classify.is_here(path) else UNAUTHORIZED)
            return
        query = dict(parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True))
        settings = self._service.settings(account)
        ledger = self._service.ledger(account)
        with ledger.request(method, path, query, headers, most=settings.max_concurrent) as entry:
            await self._serve(wire, entry, query, account)
            _log.info("%s %s%s %s", method, rest.API_ROOT, path, entry.fault or entry.status)

    async def _serve(self, wire: Wire, entry: Entry, query: dict[str, str], account: str) -> None:
        settings = self._service.settings(account)
        # Base64 takes four bytes for three; the rest is room for the other fields.
        most = settings.max_audio_bytes * 4 // 3 + 2**20
        body = await _read_body(wire, most=most)
        if body is None:
            return
        if not entry.admitted:
            await _deliver(wire, entry, refuse(429, "RateLimit: concurrent request limit exceeded"))
            return
        if len(body) > most:
            await _deliver(wire, entry, refuse(400, too_large(settings.max_audio_bytes, "data")))
            return
        entry.body_bytes = len(body)
        entry.body = await _aside(loggable, body)
        call = Call(
            method=entry.method,
            path=entry.path,
            query=query,
            body=body,
            account=account,
            settings=settings,
            base_url=f"http://{entry.headers.get('host', '')}{rest.API_ROOT}",
        )
        await self._carry_out(wire, entry, call)

    async def _carry_out(self, wire: Wire, entry: Entry, call: Call) -> None:
        rule = self._service.faults(call.account).strike(call.method, call.path)
        if rule is not None and rule.when is When.BEFORE:
            await _spoil(wire, entry, rule, None)
            return
        await asyncio.sleep(call.settings.latency_ms / 1000)
        answer = await run_in_threadpool(rest.answer, call, self._service.backend)
        if rule is not None:
            await _spoil(wire, entry, rule, answer)
        else:
            await _deliver(wire, entry, answer)


async def _deliver(wire: Wire, entry: Entry, answer: Answer) -> None:
    entry.status = answer.status  # first, so that whoever has the answer finds it in the log
    await wire.deliver(answer)


async def _spoil(wire: Wire, entry: Entry, rule: Rule, answer: Answer | None) -> None:
    entry.fault = rule.kind
    entry.status = status_of(rule, answer)
    await wire.spoil(rule, answer)


async def _read_body(wire: Wire, *, most: int) -> bytes | None:
    """Read a body to its end; None if the client left before.

    Of more than ``most`` bytes only the first are kept: such a body is never valid.
    """
    body = bytearray()
    more = True
    while more:
        message = await wire.receive()
        if message["type"] == "http.disconnect":
            return None
        body += message["body"][: max(0, most + 1 - len(body))]
        more = message["more_body"]
    return bytes(body)


async def _aside(work: Callable[[bytes], Any], body: bytes) -> Any:
    """Do work on a body, in a thread where it is large enough to hold up the others."""
    return work(body) if len(body) < _INLINE else await run_in_threadpool(work, body)
