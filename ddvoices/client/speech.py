"""Synthesis in one call."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import ExitStack
from typing import Any

import requests

from ddvoices.client import wire
from ddvoices.client.base import Calls
from ddvoices.client.body import Body, SampleBody, WholeBody, encode
from ddvoices.client.options import DEFAULT_MODEL, REST_FORMATS, check_speech, check_voice
from ddvoices.client.service import content_type
from ddvoices.client.sources import AudioInput, open_source
from ddvoices.client.text import parse_json
from ddvoices.errors import InvalidResponseError

_PATIENCE = 4
"""A synthesis is made while we wait, and is lost and paid if we don't: its time-out is longer by this."""


class SpeechCalls(Calls):
    """Speech over REST."""

    def tts(  # noqa: PLR0913, PLR0917 - the SDK's signature
        self,
        text: str,
        voice_reference: AudioInput | None = None,
        voice_prompt_id: str | None = None,
        model: str = DEFAULT_MODEL,
        locale: str = "en-US",
        temperature: float | None = None,
        variance: float | None = None,
        duration: float | None = None,
        tempo: float | None = None,
        seed: int | None = None,
        prompt_boost: bool | None = None,  # noqa: FBT001 - the SDK's signature
        accent_base_locale: str | None = None,
        accent_locale: str | None = None,
        accent_ratio: float | None = None,
        sample_rate: int | None = None,
        format: str = "mp3",  # noqa: A002 - the SDK's signature
        **kwargs: Any,
    ) -> bytes:
        """Speak a text with a voice of the account, or one cloned from a reference, and return the audio.

        ``format`` is mp3, headerless-wav, opus or mulaw; ``duration`` is in seconds. Other keywords go onto
        the wire as they are. A generation costs credits, so it is sent again only after 429, or where the
        service can't have got it; not after 503, which a gateway may answer for a generation that goes on.

        Raises:
            InvalidOptionError: an option is out of its range, or excludes another.
            PaymentRequiredError: the account has no credits left.
            OutcomeUnknownError: it was sent, and no audio came back.
        """
        options = {name: value for name, value in locals().items() if name not in _NOT_OPTIONS}
        check_voice(voice_prompt_id, voice_reference)
        check_speech(options, formats=REST_FORMATS)
        return self._speak(wire.tts_body(options, kwargs), voice_reference)

    def _speak(self, fields: Mapping[str, Any], reference: AudioInput | None) -> bytes:
        """Send a generation, the reference streamed."""
        with ExitStack() as stack:
            body: Callable[[], Body] = lambda: WholeBody(encode(fields))  # noqa: E731 - one of two
            if reference is not None:
                source = stack.enter_context(open_source(reference))
                body = lambda: SampleBody(  # noqa: E731 - the other
                    fields, wire.REFERENCE_FIELD, source.file, size=source.size, sha256=source.sha256
                )
            return self._call("POST", wire.TTS, audio, body=body, timeout=self.timeout * _PATIENCE)


_NOT_OPTIONS = {"self", "kwargs", "voice_reference"}


def audio(response: requests.Response) -> bytes:
    """Believe an answer that is audio.

    Raises:
        InvalidResponseError: it is text, JSON or empty.
    """
    kind = content_type(response)
    if kind.endswith("json") or kind.startswith("text/") or parse_json(response) is not None:
        said = wire.server_message(parse_json(response)) or kind
        raise InvalidResponseError(f"an answer without audio: {said}")
    if not response.content:
        raise InvalidResponseError("an answer without audio: it is empty")
    return response.content
