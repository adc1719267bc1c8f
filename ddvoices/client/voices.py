"""The voice calls."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, BinaryIO
from uuid import uuid4

import requests

from ddvoices.client.base import Calls
from ddvoices.client.body import SampleBody, WholeBody, encode
from ddvoices.client.errors import InvalidOptionError, NotFoundError
from ddvoices.client.listing import list_whole
from ddvoices.client.service import json_object
from ddvoices.client.sources import AudioInput, open_source
from ddvoices.client.wire import rest as wire
from ddvoices.client.wire.rest import NewVoice
from ddvoices.errors import InvalidResponseError
from ddvoices.model import ObservedVoice


class VoiceCalls(Calls):
    """Voices: list, show, add, update, delete."""

    def list_voices(self, *, limit: int | None = None) -> dict[str, Any]:
        """List the account's private voices as ``{"voicePrompts": [...]}``; all of them without a limit.

        Raises:
            ListingIncompleteError: the service can't be made to list them all.
        """
        if limit is None:
            return wire.listing_answer(list_whole(self._list))
        if isinstance(limit, bool) or not isinstance(limit, int) or limit < 1:
            raise InvalidOptionError(f"limit: {limit!r} is not a number from 1")
        return wire.listing_answer(self._list(limit))

    def observe_voices(self) -> tuple[ObservedVoice, ...]:
        """List all voices, read; each id once, in the service's order.

        Raises:
            ListingIncompleteError: the service can't be made to list them all.
            InvalidResponseError: a voice has no id.
        """
        voices: dict[str, ObservedVoice] = {}
        for listed in list_whole(self._list):
            voice = wire.parse_voice(listed)
            voices.setdefault(voice.id, voice)
        return tuple(voices.values())

    def get_voice(self, voice_id: str) -> dict[str, Any]:
        """Return one voice as ``{"prompt": {...}}``.

        Raises:
            NotFoundError: there is none with this id.
        """
        return self._call("GET", wire.voice_path(voice_id), _one_voice)

    def observe_voice(self, voice_id: str) -> ObservedVoice | None:
        """Return one voice, read, or None if the service has no voice with this id.

        An id that can't be asked for counts as none. ``listed`` is false, since this says nothing about the
        listing.

        Raises:
            BadRequestError: the service takes the id for malformed, or is in trouble.
        """
        try:
            voice = wire.parse_voice(wire.voice_in(self.get_voice(voice_id)))
        except (NotFoundError, InvalidOptionError):
            return None
        return replace(voice, listed=False)

    def add_voice(  # noqa: PLR0913 - the SDK's signature, and a few
        self,
        data: AudioInput,
        name: str,
        gender: str,
        locale: str,
        publish: bool = False,  # noqa: FBT001, FBT002 - the SDK's signature
        speaking_style: str = "Neutral",
        age: int = 0,
        *,
        title: str | None = None,
        text: str | None = None,
        speaker_id: str | None = None,
        filename: str | None = None,
    ) -> dict[str, Any]:
        """Make a voice of a sample and return the service's answer, ``{"response": {"voice_prompt_id": …}}``.

        ``data`` is a Path, bytes or base64 text; ``gender`` is male, female or non_binary. Never sent again
        once the service may have it.

        Raises:
            InvalidOptionError: an argument is empty, of a wrong type, or none that a voice can have.
            OutcomeUnknownError: the voice may have been made: look for its ``speaker_id`` in the listing.
            ForbiddenError: the account holds as many voices as it may.
        """
        _check_fields(name=name, locale=locale, speaking_style=speaking_style, publish=publish, age=age)
        with open_source(data, filename) as source:
            voice = NewVoice(
                name=name,
                gender=gender,
                locale=locale,
                publish=publish,
                speaking_style=speaking_style,
                age=age,
                title=title,
                text=text,
                speaker_id=speaker_id or str(uuid4()),
                filename=source.filename,
            )
            return self._create(voice, source.file, size=source.size, sha256=source.sha256)

    def create_voice(  # noqa: PLR0913 - what a voice has
        self,
        sample: BinaryIO,
        *,
        size: int,
        sha256: str,
        filename: str,
        name: str,
        gender: str,
        locale: str,
        publish: bool = False,
        speaking_style: str = "Neutral",
        age: int | None = None,
        title: str | None = None,
        text: str | None = None,
        speaker_id: str | None = None,
    ) -> str:
        """Make a voice of an open file and return its id.

        The file is read from its beginning, in blocks, and hashed while it is sent. ``size`` is in bytes,
        ``sha256`` in hex. What is None is not sent, but for ``title``: then the name is.

        Raises:
            SampleChangedError: the file is not what was promised; the request was cut, and nothing was made.
            OutcomeUnknownError: the voice may have been made.
        """
        voice = NewVoice(
            name=name,
            gender=gender,
            locale=locale,
            publish=publish,
            speaking_style=speaking_style,
            age=age,
            title=title,
            text=text,
            speaker_id=speaker_id,
            filename=filename,
        )
        return wire.created_id(self._create(voice, sample, size=size, sha256=sha256))

    def update_voice(
        self,
        voice_id: str,
        *,
        name: str | None = None,
        locale: str | None = None,
        gender: str | None = None,
        age: int | None = None,
    ) -> dict[str, Any]:
        """Change a voice in place and return it as ``{"prompt": {...}}``; what is None stays."""
        fields = wire.update_body(voice_id, name=name, locale=locale, gender=gender, age=age)
        return self._call("PUT", wire.VOICE, _one_voice, body=lambda: WholeBody(encode(fields)))

    def delete_voice(self, voice_id: str) -> dict[str, Any]:
        """Delete a voice and return the service's answer.

        Raises:
            NotFoundError: there is none with this id, perhaps because an earlier attempt, whose answer was
                lost, has deleted it.
        """
        return self._call("DELETE", wire.voice_path(voice_id), _object)

    def _list(self, limit: int) -> list[Any]:
        """List voices once."""
        return self._call(
            "GET", wire.VOICE, lambda answer: wire.listing(json_object(answer)), params={wire.LIMIT: limit}
        )

    def _create(self, voice: NewVoice, sample: BinaryIO, *, size: int, sha256: str) -> dict[str, Any]:
        """Send a new voice, the sample streamed."""
        fields = wire.voice_body(voice)

        def body() -> SampleBody:
            return SampleBody(fields, wire.SAMPLE_FIELD, sample, size=size, sha256=sha256)

        return self._call("POST", wire.VOICE, created_answer, body=body)


def _check_fields(*, publish: object, age: object, **texts: object) -> None:
    """Check what a voice is made with, before its sample is sent.

    Raises:
        InvalidOptionError: see ``add_voice``.
    """
    for field, value in texts.items():
        if not isinstance(value, str) or not value.strip():
            raise InvalidOptionError(f"{field}: {value!r} is no text that says something")
    if not isinstance(publish, bool):
        raise InvalidOptionError(f"publish: {publish!r} is neither True nor False")
    if age is not None and (isinstance(age, bool) or not isinstance(age, int) or age < 0):
        raise InvalidOptionError(f"age: {age!r} is not a number of years")


def created_answer(response: requests.Response) -> dict[str, Any]:
    """Believe the answer of ``POST /voice``: it names the new voice."""
    answer = _object(response)
    wire.created_id(answer)
    return answer


def _one_voice(response: requests.Response) -> dict[str, Any]:
    """Believe an answer that holds one voice."""
    return wire.voice_answer(json_object(response))


def _object(response: requests.Response) -> dict[str, Any]:
    """Believe an answer that is an object."""
    answer = json_object(response)
    if not isinstance(answer, dict):
        raise InvalidResponseError("a list where an object was expected")
    return answer
