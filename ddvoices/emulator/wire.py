"""The shapes and spellings of the voice API: camelCase out, snake_case in."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from ddvoices.emulator.exchange import Refusal
from ddvoices.emulator.settings import EchoSpeakerId, GenderCase, ListShape, NameOnPost, Settings, Unset
from ddvoices.emulator.sniff import is_audio
from ddvoices.emulator.state import NewVoice, Voice

_GENDERS = ("male", "female", "non_binary")


def show_voice(voice: Voice, settings: Settings) -> dict[str, Any]:
    """Return a ``VoicePrompt``: what the service tells about a voice."""
    gender = voice.gender
    if gender and settings.gender_case is GenderCase.UPPER:
        gender = gender.upper()
    prompt: dict[str, Any] = {
        "id": voice.id,
        "title": _unset(voice.title, settings),
        "name": _unset(voice.name, settings),
        "locale": _unset(voice.locale, settings),
        "text": _unset(voice.text, settings),
        "createdAt": moment(voice.created_us),
        "speakerId": _speaker(voice, settings),
        "gender": _unset(gender, settings),
        "speakingStyle": _unset(voice.speaking_style, settings),
    }
    return {name: value for name, value in prompt.items() if value is not _ABSENT}


def show_one(voice: Voice, settings: Settings) -> dict[str, Any]:
    """Return the answer that holds one voice."""
    prompt = show_voice(voice, settings)
    return prompt if settings.list_shape is ListShape.BARE else {"prompt": prompt}


def show_list(voices: list[Voice], settings: Settings) -> dict[str, Any] | list[dict[str, Any]]:
    """Return the answer that holds a listing."""
    prompts = [show_voice(voice, settings) for voice in voices]
    return prompts if settings.list_shape is ListShape.BARE else {"voicePrompts": prompts}


def show_created(voice: Voice, settings: Settings) -> dict[str, Any]:
    """Return the answer to an upload."""
    created = {"voice_prompt_id": voice.id}
    return created if settings.list_shape is ListShape.BARE else {"response": created}


def moment(created_us: int) -> str:
    """Return microseconds since 1970 as RFC 3339 in UTC."""
    seconds, micros = divmod(created_us, 1_000_000)
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%S}.{micros:06d}Z"


def read_new_voice(document: Mapping[str, Any], settings: Settings) -> tuple[NewVoice, bytes]:
    """Return the voice and the sample that an upload holds.

    Raises:
        Refusal: 400, naming the field that is missing or wrong.
    """
    filename = read_required(document, "filename")
    data = decode_audio(read_required(document, "data"), "data", most=settings.max_audio_bytes)
    name, title = read_text(document, "name"), read_text(document, "title")
    if name is None or settings.name_on_post is NameOnPost.IGNORED:
        name = title
    new = NewVoice(
        filename=filename,
        name=name,
        title=title,
        locale=read_text(document, "locale"),
        text=read_text(document, "text"),
        gender=read_gender(document, "gender"),
        age=_age(document),
        publish=read_flag(document, "publish") or False,
        speaking_style=read_text(document, "speaking_style"),
        speaker_id=read_text(document, "speaker_id"),
    )
    return new, data


def read_update(document: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
    """Return the id and the changes of an update; an empty field changes nothing.

    Raises:
        Refusal: 400, naming the field that is missing or wrong.
    """
    voice_id = read_text(document, "id")
    if voice_id is None:
        raise Refusal(400, "Invalid request: voice prompt ID is required (id)")
    changes = {
        "name": read_text(document, "name"),
        "locale": read_text(document, "locale"),
        "gender": read_gender(document, "gender"),
        "age": _age(document) or None,
    }
    return voice_id, {name: value for name, value in changes.items() if value is not None}


def read_text(document: Mapping[str, Any], name: str) -> str | None:
    """Return a string field, or None where it is missing, null or empty.

    It can be stored and sent: half a surrogate pair, which JSON can say and UTF-8 can't, is U+FFFD.
    """
    value = document.get(name)
    if value is not None and not isinstance(value, str):
        raise Refusal(400, f"Invalid request: field '{name}' must be a string")
    if value and not value.isascii():
        value = value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return value or None


def read_required(document: Mapping[str, Any], name: str) -> str:
    """Return a string field that must be there and not be empty."""
    value = read_text(document, name)
    if value is None:
        raise Refusal(400, f"Invalid request: missing required field '{name}'")
    return value


def read_flag(document: Mapping[str, Any], name: str) -> bool | None:
    """Return a boolean field, or None where it is missing or null."""
    value = document.get(name)
    if value is not None and not isinstance(value, bool):
        raise Refusal(400, f"Invalid request: field '{name}' must be true or false")
    return value


def read_gender(document: Mapping[str, Any], name: str) -> str | None:
    """Return a gender in lower case, or None where it is missing, null or empty; any case is taken."""
    gender = read_text(document, name)
    if gender is not None and gender.lower() not in _GENDERS:
        words = ", ".join(word.upper() for word in _GENDERS)
        raise Refusal(400, f"Invalid request: field '{name}' must be one of {words}")
    return gender and gender.lower()


def decode_audio(text: str, name: str, *, most: int) -> bytes:
    """Return the audio of a base64 field.

    Raises:
        Refusal: 400, where it is not base64, too large, or not audio by its content.
    """
    try:
        data = base64.b64decode(text.replace("\r", "").replace("\n", ""), validate=True)
    except (binascii.Error, ValueError):
        raise Refusal(400, f"Invalid request: field '{name}' is not valid base64") from None
    if len(data) > most:
        raise Refusal(400, too_large(most, name))
    if not is_audio(data):
        raise Refusal(400, f"Invalid request: field '{name}' is not a supported audio file")
    return data


def too_large(most: int, name: str) -> str:
    """Return the message for audio above the limit."""
    limit = f"{most >> 20} MB" if most % 2**20 == 0 else f"{most} bytes"
    return f"Audio data exceeds {limit} limit (field '{name}')"


_ABSENT = object()


def _unset(value: str | None, settings: Settings) -> Any:
    if value:
        return value
    return {Unset.EMPTY: "", Unset.ABSENT: _ABSENT, Unset.NULL: None}[settings.unset]


def _speaker(voice: Voice, settings: Settings) -> Any:
    match settings.echo_speaker_id:
        case EchoSpeakerId.YES:
            return _unset(voice.speaker_id, settings)
        case EchoSpeakerId.NO:
            return _ABSENT
        case EchoSpeakerId.OWN:
            return voice.own_speaker_id


def _age(document: Mapping[str, Any]) -> int | None:
    age = document.get("age")
    if age is None:
        return None
    if not isinstance(age, int) or isinstance(age, bool) or not 0 <= age < 2**31:
        raise Refusal(400, "Invalid request: field 'age' must be a whole number, 0 or more")
    return age
