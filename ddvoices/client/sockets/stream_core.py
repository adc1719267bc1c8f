"""``/ws`` without a socket: what is said to the service, what it says, and where in a turn both are.

A turn is text that is streamed in, up to ``end-stream``, and all the generations that the service makes of
it. It ends with ``isFinal``, with the answer to ``cancel``, or, for services that never say ``isFinal``, with
silence after the last generation has finished.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from ddvoices.client.body import encode
from ddvoices.client.errors import SessionError
from ddvoices.client.text import one_line
from ddvoices.client.wire import sockets as wire
from ddvoices.client.wire.sockets import StreamMessage
from ddvoices.errors import ServiceError

_REMEMBERED = 256


class StreamCore:
    """One session of ``/ws``; the key is kept out of what errors say."""

    def __init__(self, *, key: str = "") -> None:
        self._key = key
        self._config: str | None = None
        self._says_final = False
        self._dead: deque[str] = deque(maxlen=_REMEMBERED)  # what isn't heard any more
        self._cut: deque[str] = deque(maxlen=_REMEMBERED)  # that of it which a cancel has surely met
        self.cancels = 0
        self.reset()

    def reset(self) -> None:
        """Forget every turn, as after a cancel or on a new connection."""
        self._texted = False  # in the turn that is still being written
        self._asked = False  # in those that were ended
        self._spoken = False
        self._ends = 0
        self._speaking: set[str] = set()
        self._cancelling = False

    @property
    def in_turn(self) -> bool:
        """Tell whether text was sent whose speech hasn't come to an end."""
        return self._texted or self._ends > 0 or bool(self._speaking)

    @property
    def ending(self) -> bool:
        """Tell whether the service is expected to end a turn, since it was asked to."""
        return self._ends > 0 or (self._cancelling and not self._texted)

    @property
    def may_have_ended(self) -> bool:
        """Tell whether nothing more may come: all is spoken, and the service has never said ``isFinal``."""
        answered = self._spoken or not self._asked
        return self.ending and answered and not self._speaking and not self._says_final

    @property
    def last_config(self) -> str | None:
        """Return the message with the session's settings, to be said again on a new connection."""
        return self._config

    def config(self, options: Mapping[str, Any]) -> str:
        """Return the message that settles voice, language and format; it is remembered."""
        self._config = encode(wire.stream_config(options)).decode()
        return self._config

    def text(self, text: str) -> str:
        """Return the message with a piece of text."""
        message = encode(wire.stream_text(text)).decode()
        self._texted = True
        return message

    def end(self) -> str:
        """Return the message that ends the text of this turn."""
        self._ends += 1
        self._asked, self._texted = self._asked or self._texted, False
        return encode(wire.END_STREAM).decode()

    def cancel(self) -> str:
        """Return the message that stops everything; what still comes of it is dropped.

        Where there is nothing to stop, some services don't answer: then nothing is waited for.
        """
        self._dead.extend(self._speaking)
        self._cut.extend(self._speaking)
        stops = self.in_turn
        self.reset()
        self._cancelling = stops
        self.cancels += 1
        return encode(wire.CANCEL).decode()

    def settle(self) -> None:
        """Wait no longer for the answer to a cancel: what comes from now on is of the next turn."""
        self._cancelling = False

    def ping(self) -> str:
        """Return the message that asks for a pong."""
        return encode(wire.PING).decode()

    def receive(self, frame: str | bytes) -> StreamMessage | None:
        """Return what a message says; None for speech that was cancelled.

        Raises:
            InvalidResponseError: it is none of this protocol.
        """
        message = self._without_what_was_cancelled(wire.parse_stream(wire.parse_frame(frame)))
        if message is None:
            return None
        if message.cancelled:
            self._cancelled(message)
            return message
        if message.final and not self._ends and not self._cancelling:
            # It ends a turn only after the turn's text has ended; more text may follow here.
            message = replace(message, final=False, finished=True)
        if message.final:
            self._end()
            return message
        if message.generation_id is not None and not self._note(message, message.generation_id):
            return None
        return message

    def error_of(self, message: StreamMessage) -> ServiceError:
        """Return the error that a message tells of: of one generation, or of the session."""
        said = one_line(message.error or "", key=self._key)
        if message.generation_id is None and message.error_type is None:
            return SessionError(said)
        kind = one_line(str(message.error_type), key=self._key) if message.error_type else None
        return wire.error_class(kind)(said, error_type=kind, generation_id=message.generation_id)

    def _without_what_was_cancelled(self, message: StreamMessage) -> StreamMessage | None:
        """Return a message without audio that was cancelled; None where nothing else is in it."""
        if not self._cancelling and message.generation_id not in self._cut:
            return message
        if message.final and not message.cancelled and (self._texted or self._ends):
            return None  # the next turn has begun since
        told = message.generation_id or message.error or message.final or message.cancelled
        return replace(message, data=None) if told or not message.data else None

    def _end(self) -> None:
        """Note the end of a turn; the text of the next may have been begun."""
        self._ends = max(self._ends - 1, 0)
        self._asked = self._asked and self._ends > 0
        self._spoken = self._cancelling = False
        self._speaking.clear()
        self._says_final = True

    def _cancelled(self, message: StreamMessage) -> None:
        """Note the answer to a cancel: the turn was ended when that was sent, and the next may have begun."""
        self._cancelling = False
        if message.generation_id in self._speaking:
            self._speaking.remove(message.generation_id)
            self._spoken = True

    def _note(self, message: StreamMessage, generation_id: str) -> bool:
        """Note what a generation has come to; tell whether anyone wants to know."""
        if self._cancelling and generation_id not in self._dead:
            self._dead.append(generation_id)
        if generation_id in self._dead:
            return False
        if message.finished or message.error is not None:
            self._speaking.discard(generation_id)
            self._spoken = True
        else:
            self._speaking.add(generation_id)
        return True
