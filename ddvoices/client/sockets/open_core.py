"""``/open`` without a socket: messages in, events out.

Any number of generations and gender detections run on one connection. The service is trusted with nothing:
a message may lack its id, its type or its end, and what can't be told apart fails aloud.
"""

from __future__ import annotations

import base64
import binascii
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, NamedTuple

from ddvoices.client.body import encode
from ddvoices.client.errors import InvalidOptionError
from ddvoices.client.text import one_line, without_key
from ddvoices.client.wire import sockets as wire
from ddvoices.client.wire.rest import server_message
from ddvoices.errors import InvalidResponseError, ServiceError
from ddvoices.redact import may_hold

_log = logging.getLogger("ddvoices.client")


class Wants(StrEnum):
    """What is waited for under an id."""

    SPEECH = "speech"
    GENDER = "gender"


@dataclass(frozen=True, slots=True)
class Heard:
    """The service said something about it that holds nothing; it is alive."""


class Audio(NamedTuple):
    """A piece of speech, as it came; a tuple, since there are many."""

    data: bytes


@dataclass(frozen=True, slots=True)
class Finished:
    """All of it has come; nothing more is expected under this id."""


@dataclass(frozen=True, slots=True)
class Answer:
    """The answer of a gender detection; nothing more is expected under this id."""

    document: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Failed:
    """It failed; nothing more is expected under this id."""

    error: ServiceError


Event = Heard | Audio | Finished | Answer | Failed
Told = tuple[str, Event]
"""Whom an event is for (the id under which it waits), and the event."""

# a number of more digits than Python writes is no place in a row
_MOST_PIECES = 2**53

_HEARD, _FINISHED = Heard(), Finished()


class OpenCore:
    """What is waited for on one connection of ``/open``; the key is kept out of what errors say."""

    def __init__(self, *, key: str = "") -> None:
        self._key = key
        self._waiting: dict[str, Wants] = {}
        self._next_index: dict[str, int] = {}
        self._orphans: dict[str, Wants] = {}  # what was given up, and may still be answered
        self.last_words = ""

    @property
    def waiting(self) -> int:
        """Return how many generations and detections are waited for."""
        return len(self._waiting)

    @property
    def mixes_up_detections(self) -> bool:
        """Tell whether the answer to a detection that was given up may still come, and name no id."""
        return Wants.GENDER in {*self._orphans.values(), *self._waiting.values()}

    def speak(self, generation_id: str, options: Mapping[str, Any], unknown: Mapping[str, Any]) -> str:
        """Begin to wait for a generation, and return the message that asks for it.

        Raises:
            InvalidOptionError: an option can't be sent, or the id is in use.
        """
        return self._begin(generation_id, Wants.SPEECH, wire.speech_message(generation_id, options, unknown))

    def classify(self, generation_id: str, audio: str, sample_rate: int) -> str:
        """Begin to wait for a gender detection, and return the message that asks for it."""
        message = wire.classify_message(generation_id, audio, sample_rate)
        return self._begin(generation_id, Wants.GENDER, message)

    def forget(self, generation_id: str) -> None:
        """Wait no longer; what still comes under this id is dropped."""
        waiter = generation_id.lower()
        wants = self._end(waiter)
        if wants is not None:
            self._orphans[waiter] = wants

    def lost(self, error: ServiceError) -> list[Told]:
        """Return the failure of everything that is waited for."""
        failed = [(waiter, Failed(error)) for waiter in self._waiting]
        self._orphans |= self._waiting
        self._waiting.clear()
        self._next_index.clear()
        return list(failed)

    def receive(self, frame: str | bytes) -> list[Told]:
        """Return what a message means, and for whom.

        Raises:
            InvalidResponseError: it is none of this protocol, so that nothing after it can be believed.
        """
        message = wire.parse_open(wire.parse_frame(frame))
        if message.error is not None:
            return self._failed(message)
        waiter = self._waiter(message)
        if waiter is None:
            return self._unaddressed(message)
        if message.gender and self._waiting[waiter] is Wants.GENDER:
            self._end(waiter)
            may = may_hold(frame if isinstance(frame, str) else frame.decode("utf-8", "replace"), self._key)
            answer = without_key(message.document, key=self._key) if may else message.document
            return [(waiter, Answer(answer))]
        return self._spoken(waiter, message)

    def _begin(self, generation_id: str, wants: Wants, message: Mapping[str, Any]) -> str:
        """Note what is waited for; ids are compared without case."""
        waiter = generation_id.lower()
        if waiter in self._waiting:
            raise InvalidOptionError(f"generation_id: {generation_id} is in use on this connection")
        text = encode(message).decode()
        self._waiting[waiter] = wants
        return text

    def _end(self, waiter: str) -> Wants | None:
        """Forget all about an id."""
        self._next_index.pop(waiter, None)
        return self._waiting.pop(waiter, None)

    def _waiter(self, message: wire.OpenMessage) -> str | None:
        """Return whom a message is for: whoever it names, else the only one whom it can be for."""
        if message.generation_id is not None:
            waiter = message.generation_id.lower()
            return waiter if waiter in self._waiting else None
        wants = Wants.GENDER if message.gender else Wants.SPEECH
        alike = [waiter for waiter, each in self._waiting.items() if each is wants]
        told = message.gender or message.data or message.finished
        return alike[0] if len(alike) == 1 and told and wants not in self._orphans.values() else None

    def _unaddressed(self, message: wire.OpenMessage) -> list[Told]:
        """Take a message that nobody waits for: left over from what was given up, or a word to all.

        Raises:
            InvalidResponseError: it is speech for one of several, and doesn't say for whom.
        """
        if message.generation_id is not None:
            if message.finished or message.gender:
                self._orphans.pop(message.generation_id.lower(), None)
        elif message.gender:
            self._found(Wants.GENDER)
        elif message.data or message.finished:
            if Wants.SPEECH in self._waiting.values():
                raise InvalidResponseError("a message that doesn't say of which generation it is")
            if message.finished:
                self._found(Wants.SPEECH)
        else:
            self.last_words = one_line(server_message(message.document) or "", key=self._key)
        return []

    def _found(self, wants: Wants) -> None:
        """Note that one of what was given up has come to its end, whichever it is."""
        alike = [waiter for waiter, each in self._orphans.items() if each is wants]
        if alike:
            del self._orphans[alike[0]]

    def _failed(self, message: wire.OpenMessage) -> list[Told]:
        """Fail the one that an error names, or all if it names none."""
        named = message.generation_id
        if named is not None and named.lower() not in self._waiting:
            self._orphans.pop(named.lower(), None)
            return []
        error = wire.error_class(message.error_type)(
            one_line(message.error or "", key=self._key),
            error_type=one_line(str(message.error_type), key=self._key) if message.error_type else None,
            generation_id=named,
        )
        if named is None:
            return self.lost(error)
        self._end(named.lower())
        return [(named.lower(), Failed(error))]

    def _spoken(self, waiter: str, message: wire.OpenMessage) -> list[Told]:
        """Return the audio and the end that a message holds; the last one may hold both."""
        told: list[Told] = []
        if message.data:
            try:
                told.append((waiter, Audio(decode_audio(message.data))))
            except InvalidResponseError as error:
                self._end(waiter)
                return [(waiter, Failed(error))]
            self._count(waiter, message.index)
        if message.finished:
            self._end(waiter)
            told.append((waiter, _FINISHED))
        return told or [(waiter, _HEARD)]

    def _count(self, waiter: str, index: Any) -> None:
        """Warn where pieces seem to be missing; that they are numbered without gaps is seen, not promised."""
        if not isinstance(index, int) or not 0 <= index < _MOST_PIECES:
            return
        expected = self._next_index.get(waiter)
        if expected is not None and index != expected:
            _log.warning("generation %s: piece %d came where %d was expected", waiter, index, expected)
        self._next_index[waiter] = index + 1


def decode_audio(data: Any) -> bytes:
    """Return what base64 text stands for.

    Raises:
        InvalidResponseError: it is none.
    """
    try:
        return base64.b64decode(data, validate=True)
    except (binascii.Error, ValueError, TypeError) as error:
        raise InvalidResponseError("a message whose audio is not base64") from error
