"""The spellings of the REST surface: paths, headers, and the fields of what is sent and answered.

Lists and objects may come without the envelope that today's documentation shows (older documentation did
without).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from ddvoices.client.errors import InvalidOptionError
from ddvoices.errors import InvalidResponseError
from ddvoices.model import Gender, ObservedVoice

KEY_HEADER = "x-api-key"
RETRY_AFTER = "Retry-After"
DATE = "Date"
REQUEST_ID_HEADERS = ("x-request-id", "x-amzn-requestid", "x-amz-cf-id", "cf-ray")

VOICE = "/voice"
TTS = "/tts"
RETRO = "/tts/retroactive"
GENDER = "/gender-detection/classify"
LIMIT = "limit"

SAMPLE_FIELD = "data"
REFERENCE_FIELD = "voiceReference"
GENDER_FIELD = "audio_base64"
_LISTING = "voicePrompts"
_VOICE = "prompt"
_CREATED = ("response", "voice_prompt_id")

_SPEECH = {
    "text": "targetText",
    "model": "model",
    "voice_prompt_id": "voicePromptId",
    "locale": "locale",
    "temperature": "temperature",
    "variance": "variance",
    "duration": "targetDuration",  # the SDK sends `duration`, which the service does not document
    "tempo": "tempo",
    "seed": "seed",
    "prompt_boost": "promptBoost",
    "sample_rate": "sampleRate",
    "format": "format",
    "generation_id": "generationId",
}
_ACCENT = {
    "accent_base_locale": "accentBaseLocale",
    "accent_locale": "accentLocale",
    "accent_ratio": "accentRatio",
}
SPEECH_OPTIONS = frozenset({*_SPEECH, *_ACCENT, "target_gender"})
"""The SDK's names of what has a field of its own in a synthesis."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewVoice:
    """What a voice is created with, besides its sample; ``gender`` in any case, ``age`` in years.

    What is None is not sent; without a ``title`` the name is sent as one.
    """

    name: str
    gender: str
    locale: str
    filename: str
    speaking_style: str = "Neutral"
    publish: bool = False
    age: int | None = None
    title: str | None = None
    text: str | None = None
    speaker_id: str | None = None


def voice_path(voice_id: str) -> str:
    """Return the path of one voice.

    Raises:
        InvalidOptionError: the id is empty, or would lead to another path.
    """
    if not isinstance(voice_id, str) or not voice_id.strip() or set(voice_id) <= {"."}:
        raise InvalidOptionError(f"{voice_id!r} is not the id of a voice")
    try:
        return f"{VOICE}/{quote(voice_id, safe='')}"
    except UnicodeEncodeError:  # half of a surrogate pair
        raise InvalidOptionError(f"{voice_id!a} is not the id of a voice") from None


def wire_gender(gender: str) -> str:
    """Return a gender as documented: in upper case.

    Raises:
        InvalidOptionError: it is none of the three.
    """
    spelled = re.sub(r"[\s-]+", "_", str(gender).strip()).lower()
    if spelled not in set(Gender):
        raise InvalidOptionError(f"gender: {gender!r} is not one of {', '.join(Gender)}")
    return spelled.upper()


def voice_body(voice: NewVoice) -> dict[str, Any]:
    """Return the fields of ``POST /voice``, all but the sample.

    The documentation knows ``title`` only, the official SDK sends ``name`` too: both are sent.
    """
    fields = {
        "name": voice.name,
        "title": voice.title if voice.title is not None else voice.name,
        "text": voice.text,
        "locale": voice.locale,
        "gender": wire_gender(voice.gender),
        "age": voice.age,
        "speaking_style": voice.speaking_style,
        "speaker_id": voice.speaker_id,
        "publish": voice.publish,
        "filename": voice.filename,
    }
    return {name: value for name, value in fields.items() if value is not None}


def update_body(
    voice_id: str, *, name: str | None, locale: str | None, gender: str | None, age: int | None
) -> dict[str, Any]:
    """Return the body of ``PUT /voice``.

    Raises:
        InvalidOptionError: nothing is to change, or a field is empty (the service would ignore it).
    """
    voice_path(voice_id)
    fields = {"name": name, "locale": locale, "gender": gender and wire_gender(gender), "age": age}
    wanted = {field: value for field, value in fields.items() if value is not None}
    if not wanted:
        raise InvalidOptionError("nothing to update: give at least one of name, locale, gender, age")
    empty = [field for field, value in wanted.items() if isinstance(value, str) and not value.strip()]
    if empty:
        raise InvalidOptionError(
            f"{', '.join(empty)}: the service ignores empty values, so none can be cleared"
        )
    return {"id": voice_id, **wanted}


def tts_body(options: Mapping[str, Any], unknown: Mapping[str, Any]) -> dict[str, Any]:
    """Return the body of ``POST /tts``, all but a reference; what is None is left out.

    ``options`` has the SDK's names; ``unknown`` goes onto the wire as it is, over them.
    """
    body = {_SPEECH[name]: value for name, value in options.items() if name in _SPEECH and value is not None}
    accent = {spelled: options.get(name) for name, spelled in _ACCENT.items()}
    if None not in accent.values():
        body["accentControl"] = accent
    if options.get("target_gender") is not None:
        body["targetGender"] = wire_gender(options["target_gender"])
    return {**body, **unknown}


def retro_url(answer: Mapping[str, Any]) -> str:
    """Return the place in an answer that ``retro_answer`` made."""
    return str(answer["url"])


def retro_answer(answer: object) -> dict[str, Any]:
    """Return the answer of a retroactive generation, whose ``url`` is where the audio will lie.

    Raises:
        InvalidResponseError: it names no place.
    """
    if not isinstance(answer, Mapping) or not _text(answer.get("url")):
        raise InvalidResponseError("no url in the answer")
    return dict(answer)


def gender_answer(answer: object) -> dict[str, Any]:
    """Return the answer of a gender detection.

    Raises:
        InvalidResponseError: it says nothing of a gender.
    """
    if not isinstance(answer, Mapping) or not is_gender(answer):
        raise InvalidResponseError("no predicted_gender in the answer")
    return dict(answer)


def gender_found(answer: Mapping[str, Any]) -> tuple[str, float | None]:
    """Return the gender in an answer, and how sure the service is, from 0 to 1, if it says so."""
    found, confidence = _text(answer.get("predicted_gender")) or "unknown", answer.get("confidence")
    if isinstance(confidence, bool) or not isinstance(confidence, int | float) or not 0 <= confidence <= 1:
        return found, None
    return found, float(confidence)


def is_gender(answer: Mapping[str, Any]) -> bool:
    """Tell whether an object is the answer of a gender detection."""
    return "predicted_gender" in answer


def parse_voice(value: object) -> ObservedVoice:
    """Read one voice; fields that are absent, null or no scalar are None.

    Raises:
        InvalidResponseError: it isn't an object, or has no id.
    """
    fields = value if isinstance(value, Mapping) else {}
    voice_id = _text(fields.get("id"))
    if not voice_id:
        raise InvalidResponseError("a voice without an id")
    return ObservedVoice(
        id=voice_id,
        name=_text(fields.get("name")),
        title=_text(fields.get("title")),
        locale=_text(fields.get("locale")),
        gender=_text(fields.get("gender")),
        speaking_style=_text(fields.get("speakingStyle")),
        text=_text(fields.get("text")),
        created_at=_text(fields.get("createdAt")),
        speaker_id=_text(fields.get("speakerId")),
    )


def listing(answer: object) -> list[Any]:
    """Return the voices in the answer of ``GET /voice``.

    Raises:
        InvalidResponseError: it holds no list.
    """
    voices = answer.get(_LISTING) if isinstance(answer, Mapping) else answer
    if voices is None and isinstance(answer, Mapping) and _LISTING in answer:
        return []  # how some servers write an empty list
    if not isinstance(voices, Sequence) or isinstance(voices, str):
        raise InvalidResponseError(f"no list of voices under {_LISTING}")
    return list(voices)


def listing_answer(voices: list[Any]) -> dict[str, Any]:
    """Return voices in the documented envelope."""
    return {_LISTING: voices}


def voice_answer(answer: object) -> dict[str, Any]:
    """Return the answer of ``GET`` or ``PUT`` for one voice, in the documented envelope.

    Raises:
        InvalidResponseError: it holds no voice.
    """
    if isinstance(answer, Mapping):
        voice = answer.get(_VOICE, answer)
        parse_voice(voice)
        return {**answer, _VOICE: voice} if _VOICE in answer else {_VOICE: voice}
    raise InvalidResponseError("no voice in the answer")


def voice_in(answer: Mapping[str, Any]) -> Any:
    """Return the voice in an answer that ``voice_answer`` made."""
    return answer[_VOICE]


def created_id(answer: object) -> str:
    """Return the id of a voice that was just made.

    Raises:
        InvalidResponseError: the answer names none.
    """
    envelope, field = _CREATED
    inner = answer.get(envelope, answer) if isinstance(answer, Mapping) else None
    voice_id = _text(inner.get(field)) if isinstance(inner, Mapping) else None
    if not voice_id:
        raise InvalidResponseError(f"no {envelope}.{field} in the answer")
    return voice_id


def refusal(answer: object) -> str | None:
    """Return what an answer that came as a success says against it, else None."""
    if isinstance(answer, Mapping) and answer.get("success") is False:
        return server_message(answer) or "the service says that it did not succeed"
    return None


def server_message(answer: object, *, depth: int = 3) -> str | None:
    """Return the message in an error's envelope, whichever of the known ones it is; else None.

    Envelopes may lie in envelopes, up to ``depth`` of them.
    """
    if isinstance(answer, str):
        return answer
    if not isinstance(answer, Mapping) or not depth:
        return None
    found = [server_message(answer.get(field), depth=depth - 1) for field in ("message", "error", "detail")]
    return ": ".join(dict.fromkeys(text for text in found if text)) or None


def _text(value: object) -> str | None:
    """Return a scalar as text; None for null and for what can't be a field's value."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return str(value)
