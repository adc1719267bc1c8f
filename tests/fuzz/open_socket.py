"""What must hold of ``/open``, whatever is asked for, given up and said.

Each who waits is told one end, and nothing after it, and hears what is theirs, whole and in its order.
"""

from __future__ import annotations

import base64
from typing import Any

from fuzz.socket_inputs import IDS, KEY, frame_of, object_of

from ddvoices.client import ConnectionLostError
from ddvoices.client.errors import InvalidOptionError
from ddvoices.client.sockets.open_core import Answer, Audio, Event, Failed, Finished, Heard, OpenCore
from ddvoices.errors import InvalidResponseError

ASKED = {"text": "Hello", "model": "m", "locale": "en-US", "voice_prompt_id": "v", "format": "wav"}
ACTS = (*(f"{act}{number}".encode() for act in "ssgf" for number in range(len(IDS))), b"l")
"""Speak, speak, detect a gender, forget, each under an id; and the connection is lost."""

_SPEECH, _GENDER = "speech", "gender"


def check_open(data: bytes) -> None:
    """Run a script."""
    talk = _Talk()
    for line in data.split(b"\n"):
        frame = frame_of(line)
        if frame is None:
            talk.act(line[:1], line[1:2])
        else:
            talk.hear(frame)
        assert talk.core.waiting == len(talk.open)
        assert KEY not in talk.core.last_words
        assert talk.core.last_words.isprintable()
    talk.lose()
    assert talk.core.waiting == 0


class _Talk:
    """One connection: who waits for what by now, and what was given up and may still be answered."""

    def __init__(self) -> None:
        self.core = OpenCore(key=KEY)
        self.open: dict[str, str] = {}
        self.given_up: dict[str, str] = {}

    def act(self, act: bytes, number: bytes) -> None:
        """Do what a caller does."""
        named = IDS[number[0] % len(IDS)] if number else IDS[0]
        if act in {b"s", b"g"}:
            self._ask(named, _SPEECH if act == b"s" else _GENDER)
        elif act == b"f":
            self.core.forget(named.upper())
            self._give_up(named.lower())
        elif act == b"l":
            self.lose()

    def _ask(self, named: str, what: str) -> None:
        try:
            if what is _SPEECH:
                self.core.speak(named, ASKED, {})
            else:
                self.core.classify(named, "UklG", 16_000)
        except InvalidOptionError:
            assert named.lower() in self.open
        else:
            assert named.lower() not in self.open
            self.open[named.lower()] = what

    def _give_up(self, waiter: str) -> None:
        if waiter in self.open:
            self.given_up[waiter] = self.open.pop(waiter)

    def lose(self) -> None:
        """Lose the connection: each who waits is told, once."""
        error = ConnectionLostError("gone")
        assert self.core.lost(error) == [(waiter, Failed(error)) for waiter in self.open]
        self.given_up |= self.open
        self.open.clear()

    def hear(self, frame: str | bytes) -> None:
        """Hear a frame; a connection whose frame can't be believed is lost."""
        said = object_of(frame)
        try:
            told = self.core.receive(frame)
        except InvalidResponseError:
            assert said is None or (_name(said) is None and _SPEECH in self.open.values())
            self.lose()
            return
        assert said is not None
        self._is_all_of_it(said, [event for waiter, event in told if waiter == _name(said)])
        before = dict(self.open)
        for waiter, event in told:
            assert waiter in self.open, "nobody is told anything after the end"
            self._is_theirs(waiter, event, said, before)
        self._note_ends(said, before)

    def _is_all_of_it(self, said: dict[str, Any], told: list[Event]) -> None:
        """Nothing that names one who waits is lost."""
        if _name(said) not in self.open or "error" in said or said.get("action") == "error":
            return
        if said.get("predicted_gender") is not None and self.open[_name(said)] is _GENDER:
            assert told == [Answer(said)]
            return
        audio = _audio_of(said)
        if said.get("data") and audio is None:
            assert [type(event) for event in told] == [Failed]
        elif "predicted_gender" not in said:
            expected = [Audio(audio)] * bool(audio is not None) + [Finished()] * bool(said.get("isFinished"))
            assert told == (expected or [Heard()])

    def _is_theirs(self, waiter: str, event: Event, said: dict[str, Any], before: dict[str, str]) -> None:
        if isinstance(event, Failed):
            assert _name(said) in {waiter, None}
            assert KEY not in str(event.error)
            assert str(event.error).isprintable()
        elif isinstance(event, Answer):
            assert before[waiter] is _GENDER
            assert event.document == said
        elif isinstance(event, Audio):
            assert event.data == _audio_of(said)
        elif isinstance(event, Finished):
            assert said["isFinished"]
        if _name(said) is None and not isinstance(event, Failed):
            kind = before[waiter]
            alike = [each for each, what in (*before.items(), *self.given_up.items()) if what is kind]
            assert alike == [waiter], "it may as well be of another"
        if isinstance(event, Failed | Answer | Finished):
            del self.open[waiter]

    def _note_ends(self, said: dict[str, Any], before: dict[str, str]) -> None:
        """Note what may not be answered any more, and what may be, since nobody knows whom an error meant."""
        if _name(said) is None:
            self.given_up |= {
                each: what for each, what in before.items() if each not in self.open and _fails(said)
            }
            ended = _GENDER if "predicted_gender" in said else _SPEECH
            some = [each for each, what in self.given_up.items() if what is ended]
            if some and not _fails(said) and before == self.open:
                self.given_up.pop(some[0])
        else:
            self.given_up.pop(str(_name(said)), None)


def _fails(said: dict[str, Any]) -> bool:
    return bool(said.get("error")) or said.get("action") == "error"


def _name(said: dict[str, Any]) -> str | None:
    name = said.get("generationId")
    return name.lower() if isinstance(name, str) and name else None


def _audio_of(said: dict[str, Any]) -> bytes | None:
    try:
        return base64.b64decode(said["data"], validate=True) if said.get("data") else None
    except (ValueError, TypeError):
        return None
