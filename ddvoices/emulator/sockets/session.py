"""One connection of a client: its messages one by one, and the work that they start."""

from __future__ import annotations

import asyncio
import json
import logging
from abc import ABC, abstractmethod
from collections.abc import Coroutine
from dataclasses import dataclass
from typing import Any

from ddvoices.emulator.exchange import Call, Refusal
from ddvoices.emulator.faults import MESSAGE, SOCKETS, Kind, Rule
from ddvoices.emulator.service import Service
from ddvoices.emulator.settings import Settings
from ddvoices.emulator.sockets.channel import GOING_AWAY, Channel
from ddvoices.emulator.sockets.strike import strike
from ddvoices.emulator.traffic import Entry, Ledger, without_audio

_log = logging.getLogger(__name__)
_INLINE = 64 * 1024  # a larger message is read in a thread, so that the others aren't held up


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """A message of the client; ``action`` is empty where it has none that its socket knows."""

    path: str
    action: str
    fields: dict[str, Any]
    size: int


class Session(ABC):
    """What the two sockets have in common."""

    path: str

    def __init__(self, service: Service, account: str, channel: Channel) -> None:
        self._service = service
        self._account = account
        self._channel = channel
        self._tasks: set[asyncio.Task[None]] = set()

    async def run(self, *, greet: bool) -> None:
        """Serve the client until the connection is closed, then drop what is under way."""
        async with asyncio.TaskGroup() as self._group:
            try:
                if greet:
                    await self.greet()
                while (raw := await self._next()) is not None:
                    await self._take(raw)
            finally:
                for task in self._tasks:
                    task.cancel()

    @abstractmethod
    async def greet(self) -> None:
        """Say what comes before the client's first message."""

    @abstractmethod
    async def take(self, message: Message) -> None:
        """Act on a message; what takes time is ``start``ed."""

    @abstractmethod
    def error(self, refusal: Refusal) -> dict[str, Any]:
        """Return the message about an error that concerns the connection as a whole."""

    @property
    def busy(self) -> bool:
        """Whether work is under way."""
        return bool(self._tasks)

    @property
    def settings(self) -> Settings:
        """The account's settings as they are now."""
        return self._service.settings(self._account)

    @property
    def ledger(self) -> Ledger:
        """The account's log."""
        return self._service.ledger(self._account)

    def start(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """Do work beside the messages that follow."""
        task = self._group.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def say(self, document: dict[str, Any]) -> None:
        """Send a document."""
        await self._channel.say(document, self.settings.frames)

    async def strike(self, rule: Rule, error: dict[str, Any]) -> None:
        """Do what a fault wants in place of an answer."""
        await strike(self._channel, rule, error, self.settings.frames)

    async def strike_greeting(self, rule: Rule) -> None:
        """Do what a fault wants right after the handshake; one that hangs takes messages and never acts."""
        if rule.kind is not Kind.HANG:
            await self.strike(rule, self.error(Refusal(rule.status or 500, "Internal server error")))
            return
        while await self._channel.receive() is not None:
            pass

    def call(self, message: Message) -> Call:
        """Return a message as what the handlers of requests take."""
        return Call(
            method=MESSAGE,
            path=message.path,
            query={},
            body=b"",
            account=self._account,
            settings=self.settings,
        )

    def struck(self, message: Message, entry: Entry) -> Rule | None:
        """Count a message, and return the fault that strikes it."""
        rule = self._service.faults(self._account).strike(MESSAGE, message.path)
        entry.fault = rule.kind if rule else None
        return rule

    def fill(self, entry: Entry, message: Message) -> None:
        """Log what a message held."""
        entry.body = without_audio(message.fields)
        entry.body_bytes = message.size
        _log.info("%s %s", MESSAGE, message.path)

    async def _next(self) -> str | bytes | None:
        """Return the next message; where none comes for too long the connection is closed."""
        while (idle := self.settings.idle_close_ms) is not None:
            try:
                return await asyncio.wait_for(self._channel.receive(), idle / 1000)
            except TimeoutError:
                if not self.busy:
                    await self._channel.close(GOING_AWAY)
                    return None
        return await self._channel.receive()

    async def _take(self, raw: str | bytes) -> None:
        try:
            document = await asyncio.to_thread(json.loads, raw) if len(raw) > _INLINE else json.loads(raw)
        except (ValueError, RecursionError):
            await self._refuse({}, raw, "the message is not valid JSON")
            return
        if not isinstance(document, dict):
            await self._refuse({}, raw, "the message must be a JSON object")
            return
        action = document.get("action")
        if action not in SOCKETS[self.path]:
            words = ", ".join(SOCKETS[self.path])
            await self._refuse(document, raw, f"unknown action {action!r}; there are {words}")
            return
        fields = {name: value for name, value in document.items() if name != "action"}
        await self.take(Message(path=f"{self.path}/{action}", action=action, fields=fields, size=len(raw)))

    async def _refuse(self, fields: dict[str, Any], raw: str | bytes, reason: str) -> None:
        """Log a message that can't be acted on, and say why."""
        message = Message(path=self.path, action="", fields=fields, size=len(raw))
        entry = self.ledger.note(MESSAGE, self.path, {}, {})
        self.fill(entry, message)
        error = self.error(Refusal(400, f"Invalid request: {reason}"))
        rule = self.struck(message, entry)
        if rule is None:
            await self.say(error)
        elif rule.kind is not Kind.HANG:
            await self.strike(rule, error)
