"""Synthesis over REST: in one call, whole or as it comes, or made now to be fetched later."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Mapping
from contextlib import ExitStack, closing, nullcontext
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO, TypeVar
from urllib.parse import urljoin
from uuid import UUID

import requests
import urllib3

from ddvoices.audio import is_text
from ddvoices.client import trust
from ddvoices.client.base import Calls
from ddvoices.client.body import Body, SampleBody, WholeBody, encode
from ddvoices.client.errors import InvalidOptionError, NotFoundError
from ddvoices.client.options import (
    DEFAULT_LOCALE,
    DEFAULT_MODEL,
    REST_FORMATS,
    check_generation_id,
    check_seconds,
    check_speech,
    check_voice,
)
from ddvoices.client.service import Service, content_type, json_object
from ddvoices.client.sources import AudioInput, open_source
from ddvoices.client.wire import rest as wire
from ddvoices.client.wire.sockets import parse_frame
from ddvoices.errors import InvalidResponseError, OutcomeUnknownError, UntrustedEndpointError

T = TypeVar("T")
ReasonOf = Callable[[BaseException], str]

_PATIENCE = 4
"""A synthesis is made while we wait, and is lost and paid if we don't: its time-out is longer by this."""

_PIECE = 64 * 1024
_POLL_SECONDS = (0.5, 1.0, 2.0, 3.0, 5.0)
"""Waits before a retroactive generation is asked for again; the last one goes on."""


class SpeechCalls(Calls):
    """Speech over REST."""

    def tts(  # noqa: PLR0913, PLR0917 - the SDK's signature
        self,
        text: str,
        voice_reference: AudioInput | None = None,
        voice_prompt_id: str | None = None,
        model: str = DEFAULT_MODEL,
        locale: str = DEFAULT_LOCALE,
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
        *,
        generation_id: str | UUID | None = None,
        target_gender: str | None = None,
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
        return self._speak(wire.TTS, options, kwargs, voice_reference, audio)

    def tts_iter(self, text: str, **options: Any) -> Generator[bytes, None, None]:
        """Speak a text, and return its audio as it comes, in pieces of up to 64 KiB.

        ``options`` are those of ``tts``.

        Raises what ``tts`` does, at once; and while it is read:
            OutcomeUnknownError: the audio is cut off.
        """
        reference = options.pop("voice_reference", None)
        known, unknown = _sorted_out(options)
        known = {"model": DEFAULT_MODEL, "locale": DEFAULT_LOCALE, "format": REST_FORMATS[0], **known}
        believe = partial(_pieces, reason_of=self._rest().reason_of)
        return self._speak(wire.TTS, {**known, "text": text}, unknown, reference, believe, stream=True)

    def tts_to(self, output: Path | BinaryIO, text: str, **options: Any) -> int:
        """Speak a text into a file, and return the number of bytes.

        A file at a Path appears whole or not at all. ``options`` are those of ``tts``.

        Raises what ``tts`` does, and:
            OutputError: the file can't be written.
        """
        from ddvoices.files import whole_file

        if not isinstance(output, Path) and not hasattr(output, "write"):
            raise InvalidOptionError(f"output: pass Path({output!r}), or a file that is open for bytes")
        opened = whole_file(output) if isinstance(output, Path) else nullcontext(output)
        # in this order: a place that can't be written costs nothing
        with opened as file, closing(self.tts_iter(text, **options)) as pieces:
            return sum(file.write(piece) for piece in pieces)

    def tts_retro(
        self,
        text: str,
        voice_prompt_id: str | None,
        model: str = DEFAULT_MODEL,
        locale: str = DEFAULT_LOCALE,
        *,
        voice_reference: AudioInput | None = None,
        generation_id: str | UUID | None = None,
        **options: Any,
    ) -> dict[str, Any]:
        """Have a text spoken, to be fetched later, and return the service's answer, ``{"url": …}``.

        ``options`` are those of ``tts``. Fetch the audio by ``tts_retro_get``.

        Raises:
            InvalidOptionError: an option is out of its range, or excludes another.
            OutcomeUnknownError: it was sent, and no place came back.
        """
        known, unknown = _sorted_out(options)
        known |= {"text": text, "voice_prompt_id": voice_prompt_id, "model": model, "locale": locale}
        known["generation_id"] = generation_id
        return self._speak(wire.RETRO, known, unknown, voice_reference, _promise)

    def tts_retro_get(self, url: str, *, wait: float | None = None) -> bytes:
        """Return the audio of a retroactive generation, an MP3; ``url`` is what ``tts_retro`` answered.

        ``wait`` is for how many seconds to ask again while it isn't there.

        Raises:
            NotFoundError: it isn't there, be it not yet or never: the service doesn't say which.
            UntrustedEndpointError: the URL leads to another host, which must not get the key.
        """
        check_seconds("wait", wait)
        path = _path_below(url, self._rest())
        waited, attempt, began = 0.0, 0, time.monotonic()
        while True:
            try:
                return self._call("GET", path, audio, timeout=self.timeout * _PATIENCE)
            except NotFoundError:
                waited = max(waited, time.monotonic() - began)
                if waited >= (wait or 0):
                    raise
            pause = min(_POLL_SECONDS[min(attempt, len(_POLL_SECONDS) - 1)], (wait or 0) - waited)
            self._sleep(pause)
            waited += pause
            attempt += 1

    def _speak(
        self,
        path: str,
        options: dict[str, Any],
        unknown: Mapping[str, Any],
        reference: AudioInput | None,
        believe: Callable[[requests.Response], T],
        *,
        stream: bool = False,
    ) -> T:
        """Send a generation, the reference streamed."""
        check_voice(options.get("voice_prompt_id"), reference)
        check_speech(options, formats=REST_FORMATS)
        if options.get("generation_id") is not None:
            options["generation_id"] = check_generation_id(options["generation_id"])
        fields = wire.tts_body(options, unknown)
        with ExitStack() as stack:
            body: Callable[[], Body] = lambda: WholeBody(encode(fields))  # noqa: E731 - one of two
            if reference is not None:
                source = stack.enter_context(open_source(reference))
                body = lambda: SampleBody(  # noqa: E731 - the other
                    fields, wire.REFERENCE_FIELD, source.file, size=source.size, sha256=source.sha256
                )
            seconds = self.timeout * _PATIENCE
            return self._call("POST", path, believe, body=body, timeout=seconds, stream=stream)


_NOT_OPTIONS = {"self", "kwargs", "voice_reference"}


def _sorted_out(options: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the options that are known, and those that go onto the wire as they are."""
    known = {name: value for name, value in options.items() if name in wire.SPEECH_OPTIONS}
    return known, {name: value for name, value in options.items() if name not in known}


def audio(response: requests.Response) -> bytes:
    """Believe an answer that is audio.

    Raises:
        InvalidResponseError: it is text, JSON or empty.
    """
    _check_audio(response, response.content)
    return response.content


def _check_audio(response: requests.Response, beginning: bytes) -> None:
    """Refuse an answer that begins as no audio does; samples may well begin with a brace."""
    kind = content_type(response)
    said = _said(beginning)
    if said is not None or kind.endswith("json") or kind.startswith("text/") or is_text(beginning):
        raise InvalidResponseError(f"an answer without audio: {said or kind}")
    if not beginning:
        raise InvalidResponseError("an answer without audio: it is empty")


def _said(content: bytes) -> str | None:
    """Return what an object of JSON says; None if it is none."""
    try:
        return wire.server_message(parse_frame(content)) or ""
    except InvalidResponseError:
        return None


def _pieces(response: requests.Response, reason_of: ReasonOf) -> Generator[bytes, None, None]:
    """Believe an answer whose beginning is audio, and return all of it as it comes."""
    rest = _read(response, reason_of)
    first = next(rest, b"")
    try:
        _check_audio(response, first)
    except InvalidResponseError:
        rest.close()
        raise
    return _joined(first, rest)


def _read(response: requests.Response, reason_of: ReasonOf) -> Generator[bytes, None, None]:
    """Yield the content of an answer; that it ends too early is an error."""
    count = 0
    try:
        for piece in response.iter_content(_PIECE):
            count += len(piece)
            yield piece
    except (requests.RequestException, urllib3.exceptions.HTTPError, OSError) as error:
        reason = reason_of(error)
        raise OutcomeUnknownError(
            f"POST {wire.TTS}: the audio was cut off after {count} bytes ({reason}), and was paid for"
        ) from error
    finally:
        response.close()


def _joined(first: bytes, rest: Generator[bytes, None, None]) -> Generator[bytes, None, None]:
    """Yield a first piece, then the others; the answer is let go of at the end."""
    with closing(rest):
        yield first
        yield from rest


def _promise(response: requests.Response) -> dict[str, Any]:
    """Believe an answer that says where audio will be."""
    return wire.retro_answer(json_object(response))


def _path_below(url: str, service: Service) -> str:
    """Return the path of a URL below the base URL: the key goes nowhere else.

    Raises:
        InvalidOptionError: it is no URL of a retroactive generation.
        UntrustedEndpointError: it leads to another host.
    """
    if not isinstance(url, str) or not url.strip():
        raise InvalidOptionError(f"{url!r} is not the URL of a retroactive generation")
    base_url, shown = service.base_url, service.shown(url)[:200]
    try:
        whole = urljoin(base_url + "/", url.strip())
    except ValueError:
        whole = ""
    if not whole or not whole.isprintable() or service.key_is_in(whole):  # a path is told and logged
        raise InvalidOptionError(f"{shown} is not the URL of a retroactive generation")
    if not trust.same_origin(whole, base_url):
        raise UntrustedEndpointError(f"{shown}: not of {base_url}, so the key is not sent there")
    if not whole.startswith(base_url + "/"):
        raise InvalidOptionError(f"{shown}: not below {base_url}")
    return whole.removeprefix(base_url)
