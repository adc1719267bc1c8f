"""``/open``: each message is a whole text, any number at once, and their audio interleaves."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncIterator, Mapping
from typing import Any

from ddvoices.emulator.exchange import Refusal
from ddvoices.emulator.faults import MESSAGE, Rule, When
from ddvoices.emulator.settings import ErrorIds, LastChunk, Settings
from ddvoices.emulator.sockets.generation import (
    CREDITS,
    INVALID,
    TOO_MANY,
    TOO_MUCH,
    Speech,
    encoded,
    make_speech,
    rate_limited,
)
from ddvoices.emulator.sockets.recording import classify
from ddvoices.emulator.sockets.session import Message, Session
from ddvoices.emulator.sockets.strike import message_of
from ddvoices.emulator.wire import read_text

_ERROR_TYPES = {
    INVALID: "InvalidInput",
    CREDITS: "InsufficientCredits",
    TOO_MUCH: "MaxExceeded",
    TOO_MANY: "RateLimit",
}


class OpenSession(Session):
    """One connection to ``/open``."""

    path = "/open"

    async def greet(self) -> None:
        """Say nothing: the client speaks first."""

    async def take(self, message: Message) -> None:
        """Start what a message asks for."""
        self.start(self._generate(message) if message.action == "text-to-speech" else self._classify(message))

    def error(self, refusal: Refusal) -> dict[str, Any]:
        """Return an error that belongs to no generation."""
        return show_error(refusal, None, self.settings)

    async def _generate(self, message: Message) -> None:
        with self.ledger.request(MESSAGE, message.path, {}, {}, most=self.settings.max_concurrent) as entry:
            self.fill(entry, message)
            try:
                generation_id = _generation_id(message.fields)
            except Refusal as refusal:
                await self.say(self.error(refusal))
                return
            if not entry.admitted:
                await self.say(show_error(rate_limited(), generation_id, self.settings))
                return
            rule = self.struck(message, entry)
            if rule is None or rule.when is When.AFTER:
                await asyncio.sleep(self.settings.latency_ms / 1000)
                await self._carry_out(message, generation_id, rule)
            else:
                await self._strike(rule, generation_id)

    async def _classify(self, message: Message) -> None:
        """Say who speaks in a recording; this takes nobody's place, as speech does."""
        entry = self.ledger.note(MESSAGE, message.path, {}, {})
        self.fill(entry, message)
        try:
            generation_id = _generation_id(message.fields)
        except Refusal as refusal:
            await self.say(self.error(refusal))
            return
        rule = self.struck(message, entry)
        if rule is None or rule.when is When.AFTER:
            answer = await self._classified(message, generation_id)
            if rule is None:
                await self.say(answer)
                return
        await self._strike(rule, generation_id)

    async def _classified(self, message: Message, generation_id: str) -> dict[str, Any]:
        settings = self.settings
        await asyncio.sleep((settings.latency_ms + settings.gender_delay_ms) / 1000)
        try:
            answer = await asyncio.to_thread(classify, message.fields, settings)
        except Refusal as refusal:
            return show_error(refusal, generation_id, settings)
        return {"generationId": generation_id, **answer} if settings.gender_echo else answer

    async def _carry_out(self, message: Message, generation_id: str, rule: Rule | None) -> None:
        """Answer; a fault strikes in place of what would follow the first audio, or in place of an error."""
        backend = self._service.backend
        try:
            speech = await asyncio.to_thread(make_speech, message.fields, self.call(message), backend)
        except Refusal as refusal:
            if rule is None:
                await self.say(show_error(refusal, generation_id, self.settings))
        else:
            async for answer in _answers(speech, generation_id, self.settings):
                await self.say(answer)
                if rule is not None and answer["data"]:
                    break
        if rule is not None:
            await self._strike(rule, generation_id)

    async def _strike(self, rule: Rule, generation_id: str) -> None:
        refusal = Refusal(rule.status or 500, message_of(rule))
        await self.strike(rule, show_error(refusal, generation_id, self.settings))


async def _answers(speech: Speech, generation_id: str, settings: Settings) -> AsyncIterator[dict[str, Any]]:
    """Yield the messages of a generation, each when it is time for it."""
    if settings.ack:
        yield {"generationId": generation_id, "data": ""}
    index, last = 0, len(speech.pieces) - 1
    with_audio = settings.last_chunk is LastChunk.AUDIO
    async for piece in speech.paced(settings):
        yield _chunk(index, generation_id, piece, finished=with_audio and index == last)
        index += 1
    if not with_audio:
        yield _chunk(index, generation_id, b"", finished=True)


def _chunk(index: int, generation_id: str, piece: bytes, *, finished: bool) -> dict[str, Any]:
    return {
        "index": index,
        "generationId": generation_id,
        "data": encoded(piece),
        "isFinished": finished,
    }


def show_error(refusal: Refusal, generation_id: str | None, settings: Settings) -> dict[str, Any]:
    """Return the message about an error, with those of its ids that the settings leave it."""
    shown = {"error": refusal.message}
    if settings.error_ids in (ErrorIds.BOTH, ErrorIds.NO_ID) and refusal.status in _ERROR_TYPES:
        shown["errorType"] = _ERROR_TYPES[refusal.status]
    if settings.error_ids in (ErrorIds.BOTH, ErrorIds.NO_TYPE) and generation_id is not None:
        shown["generationId"] = generation_id
    return shown


def _generation_id(fields: Mapping[str, Any]) -> str:
    """Return the id that was sent, or a new one."""
    given = read_text(fields, "generationId")
    if given is not None and len(given) > 128:
        raise Refusal(INVALID, "Invalid request: field 'generationId' is not a valid ID")
    return given or str(uuid.uuid4())
