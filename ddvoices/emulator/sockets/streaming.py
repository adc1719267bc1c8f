"""``/ws``: text streamed in, spoken sentence by sentence; a turn ends with ``end-stream``."""

from __future__ import annotations

import asyncio
import base64
import uuid
from collections import deque
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from typing import Any

from ddvoices.emulator.exchange import Refusal
from ddvoices.emulator.faults import MESSAGE, Kind, Rule, When
from ddvoices.emulator.settings import Greeting, Settings, WavHeader
from ddvoices.emulator.sockets.generation import (
    INVALID,
    Speech,
    encoded,
    make_speech,
    rate_limited,
    read_request,
)
from ddvoices.emulator.sockets.pieces import riff
from ddvoices.emulator.sockets.script import BadTag, Part, Script, Sentence, Switch
from ddvoices.emulator.sockets.session import Message, Session
from ddvoices.emulator.sockets.strike import message_of
from ddvoices.emulator.wire import read_flag, read_required

_STREAMED = ("stream-text", "end-stream")  # what is answered by speech, if at all
# Options of /open that this protocol lacks.
_FOREIGN = (
    "temperature",
    "tempo",
    "variance",
    "promptBoost",
    "accentControl",
    "accentBaseLocale",
    "accentLocale",
    "accentRatio",
)
# A config needs neither of these. Who names no voice gets one of the service's own: that of this recording.
_DEFAULTS = {"locale": "en-US", "sampleRate": 16000}
_HOUSE_VOICE = base64.b64encode(riff(0, 16000, WavHeader.PLAIN)).decode()


@dataclass(frozen=True, slots=True, kw_only=True)
class Say:
    """A sentence to speak, as a request."""

    document: dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Fail:
    """A generation that can't be made."""

    refusal: Refusal


@dataclass(frozen=True, slots=True, kw_only=True)
class End:
    """The end of a turn."""


Job = Say | Fail | End


class StreamingSession(Session):
    """One connection to ``/ws``."""

    path = "/ws"

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self._config: dict[str, Any] | None = None
        self._script = Script()
        self._jobs: deque[Job] = deque()
        self._worker: asyncio.Task[None] | None = None
        self._speaking: str | None = None  # the generation that is under way
        self._last: str | None = None  # the newest generation of the turn
        self._armed: Rule | None = None  # a fault that waits for the next audio

    async def greet(self) -> None:
        """Say hello, or what the settings have instead."""
        match self.settings.greeting:
            case Greeting.STATUS:
                await self.say(
                    {"action": "status", "connectionId": str(uuid.uuid4()), "message": "connected"}
                )
            case Greeting.ERROR:
                await self.say(self.error(Refusal(500, "Connection failed: no capacity")))
            case Greeting.NONE:
                pass

    def error(self, refusal: Refusal) -> dict[str, Any]:
        """Return an error of the session, which stays open."""
        return {"action": "error", "message": refusal.message}

    async def take(self, message: Message) -> None:
        """Act on a message, and answer it where its action has an answer of its own."""
        entry = self.ledger.note(MESSAGE, message.path, {}, {})
        self.fill(entry, message)
        rule = self.struck(message, entry)
        if rule is None or rule.when is When.AFTER:
            answer = await self._answer(message)
            if rule is None:
                if answer is not None:
                    await self.say(answer)
                return
            if message.action in _STREAMED and answer is None:
                self._armed = rule
                self._work()
                return
        await self._strike_message(rule, message)

    async def _answer(self, message: Message) -> dict[str, Any] | None:
        payload = _payload(message.fields)
        try:
            match message.action:
                case "stream-config":
                    await self._configure(payload, message)
                case "stream-text":
                    await self._take_text(payload, message)
                case "end-stream":
                    await self._end(message)
                case "cancel":
                    return self._cancel()
                case "ping":
                    return {"action": "pong"}
        except Refusal as refusal:
            return self.error(refusal)
        return None

    async def _configure(self, payload: Mapping[str, Any], message: Message) -> None:
        config = _read_config(payload)
        await self._check(config, message)
        self._config = config

    async def _take_text(self, payload: Mapping[str, Any], message: Message) -> None:
        self._need_config()
        text = payload.get("text")
        if not isinstance(text, str):
            raise Refusal(INVALID, "Invalid request: field 'text' must be a string")
        for part in self._script.feed(text):
            await self._put(part, message)
        self._work()

    async def _end(self, message: Message) -> None:
        self._need_config()
        for part in self._script.finish():
            await self._put(part, message)
        self._jobs.append(End())
        self._work()

    def _cancel(self) -> dict[str, Any]:
        """Drop the turn, and return what says so."""
        stopped = self._speaking
        if self._worker is not None:
            self._worker.cancel()
        self._worker = self._speaking = self._last = self._armed = None
        self._script = Script()
        self._jobs.clear()
        return {"generationId": stopped, "isFinished": True, "isCancelled": True}

    def _need_config(self) -> dict[str, Any]:
        if self._config is None:
            raise Refusal(INVALID, "Invalid request: send stream-config first")
        return self._config

    async def _put(self, part: Part, message: Message) -> None:
        """Queue what a part of the text asks for, as the config is now."""
        config = self._need_config()
        match part:
            case Sentence(text):
                self._jobs.append(Say(document={**config, "targetText": text}))
            case Switch(fields):
                await self._switch(_with_voice({**config, **fields}), message)
            case BadTag(text):
                self._jobs.append(Fail(refusal=Refusal(INVALID, f"Invalid request: bad tag {text}")))

    async def _switch(self, config: dict[str, Any], message: Message) -> None:
        """Go on with another voice or locale, unless there is none such."""
        try:
            await self._check(config, message)
        except Refusal as refusal:
            self._jobs.append(Fail(refusal=refusal))
        else:
            self._config = config

    async def _check(self, config: dict[str, Any], message: Message) -> None:
        """Raise the Refusal of a config that no text could be spoken with."""
        document = {**config, "targetText": "-"}
        await asyncio.to_thread(read_request, document, self.call(message), self._service.backend)

    def _work(self) -> None:
        if self._worker is None or self._worker.done():
            self._worker = self.start(self._do_jobs())

    async def _do_jobs(self) -> None:
        while self._jobs:
            await self._do(self._jobs.popleft())

    async def _do(self, job: Job) -> None:
        match job:
            case Say(document=document):
                await self._speak(document)
            case Fail(refusal=refusal):
                self._last = str(uuid.uuid4())
                await self.say(_failed(self._last, refusal))
            case End():
                await self._finish()

    async def _finish(self) -> None:
        last, self._last = self._last, None
        if self._armed is not None:
            await self._strike_speech(last)
        elif self.settings.is_final:
            await self.say({"generationId": last, "isFinal": True})

    async def _speak(self, document: dict[str, Any]) -> None:
        self._speaking = self._last = str(uuid.uuid4())
        with self.ledger.under_way(most=self.settings.max_concurrent) as place:
            try:
                if not place.admitted:
                    raise rate_limited()
                await self._deliver(document, self._speaking)
            except Refusal as refusal:
                await self.say(_failed(self._speaking, refusal))
        self._speaking = None

    async def _deliver(self, document: dict[str, Any], generation_id: str) -> None:
        await asyncio.sleep(self.settings.latency_ms / 1000)
        call = self.call(Message(path=self.path, action="", fields={}, size=0))
        speech = await asyncio.to_thread(make_speech, document, call, self._service.backend)
        async for answer in _answers(speech, generation_id, self.settings):
            await self.say(answer)
            if self._armed is not None and "data" in answer:
                await self._strike_speech(generation_id)
                return

    async def _strike_speech(self, generation_id: str | None) -> None:
        rule, self._armed = self._armed, None
        if rule is not None:
            await self.strike(rule, _failed(generation_id, Refusal(500, message_of(rule))))

    async def _strike_message(self, rule: Rule, message: Message) -> None:
        """Do what a fault wants in place of the answer to a message; one that hangs is not acted on."""
        if rule.kind is Kind.HANG:
            return
        refusal = Refusal(500, message_of(rule))
        of_speech = message.action in _STREAMED
        await self.strike(rule, _failed(str(uuid.uuid4()), refusal) if of_speech else self.error(refusal))


async def _answers(speech: Speech, generation_id: str, settings: Settings) -> AsyncIterator[dict[str, Any]]:
    """Yield the messages of a generation, each when it is time for it."""
    action = {"action": "stream-audio"} if settings.stream_actions else {}
    index = 0
    async for piece in speech.paced(settings):
        chunk = {"generationId": generation_id, "index": index, "data": encoded(piece), "isFinished": False}
        yield {**action, **chunk}
        index += 1
    yield {"generationId": generation_id, "isFinished": True}


def _failed(generation_id: str | None, refusal: Refusal) -> dict[str, Any]:
    return {"generationId": generation_id, "error": refusal.message}


def _payload(fields: dict[str, Any]) -> dict[str, Any]:
    """Return what a message says: under ``config``, under ``data``, or beside its action."""
    for name in ("config", "data"):
        if isinstance(fields.get(name), dict):
            return dict(fields[name])
    return fields


def _read_config(payload: Mapping[str, Any]) -> dict[str, Any]:
    """Return a config as the fields of a request.

    Raises:
        Refusal: 400, naming what is missing, wrong, or not a part of this protocol.
    """
    foreign = [name for name in _FOREIGN if payload.get(name) is not None]
    if foreign:
        raise Refusal(INVALID, f"Invalid request: not supported on this socket: {', '.join(foreign)}")
    read_required(payload, "model")
    read_flag(payload, "acceptEmojis")
    timeout = payload.get("firstAudioTimeout")
    if timeout is not None and (not isinstance(timeout, int) or isinstance(timeout, bool) or timeout < 0):
        raise Refusal(INVALID, "Invalid request: field 'firstAudioTimeout' must be a whole number, 0 or more")
    return _with_voice({**_DEFAULTS, **{name: value for name, value in payload.items() if value is not None}})


def _with_voice(config: dict[str, Any]) -> dict[str, Any]:
    """Return a config with one voice: a stored one, or else a recording."""
    if config.get("voicePromptId"):
        return {name: value for name, value in config.items() if name != "voiceReference"}
    return {"voiceReference": _HOUSE_VOICE, **config}
