"""``POST /tts``: a text spoken by a voice."""

from __future__ import annotations

import hashlib
import re
import uuid
from collections.abc import Mapping
from typing import Any

from ddvoices.emulator.backend import Backend
from ddvoices.emulator.encode import FORMATS, SAMPLE_RATES
from ddvoices.emulator.exchange import Answer, Call, Refusal, read_object
from ddvoices.emulator.speech import Utterance
from ddvoices.emulator.take import find_take
from ddvoices.emulator.wire import decode_audio, read_flag, read_gender, read_required, read_text

DEFAULT_FORMAT = "mp3"
DEFAULT_SAMPLE_RATE = 22050

_FLAGS = ("promptBoost", "superStretch", "realtime", "cleanAudio", "autoGain", "publish")
_RANGES = {"variance": (0, 1), "temperature": (0, 1), "tempo": (0.5, 2), "targetDuration": (0.1, 600)}
_ACCENT = ("accentBaseLocale", "accentLocale", "accentRatio")
_ACCENT_HEARD = 0.5  # from this ratio on the accent's language is spoken: espeak-ng can't mix two


def generate(call: Call, backend: Backend) -> Answer:
    """Answer ``POST /tts``."""
    document = read_object(call.body)
    generation_id = read_generation_id(document)
    utterance = read_utterance(document, call, backend)
    return Answer(
        content_type=FORMATS[utterance.format].content_type,
        body=speak(utterance, call, backend),
        headers={"x-generation-id": generation_id},
        chunked=True,
    )


def speak(utterance: Utterance, call: Call, backend: Backend) -> bytes:
    """Return the audio, for one credit.

    Raises:
        Refusal: 402, where none is left.
        SpeechError: it can't be spoken.
    """
    if not backend.store.spend(call.account, most=call.settings.credits):
        raise Refusal(402, "InsufficientCredits: your account has no remaining credits")
    return backend.speaker.speak(utterance)


def read_utterance(document: Mapping[str, Any], call: Call, backend: Backend) -> Utterance:
    """Return what a request asks for.

    Raises:
        Refusal: 400, naming the field that is missing or wrong.
    """
    read_required(document, "model")
    numbers = _numbers(document)
    _check_unheard(document, call, backend)
    take = find_take(
        seed=_seed(document), temperature=numbers.get("temperature"), variance=numbers.get("variance")
    )
    timbre, gender = _speaker(document, call, backend)
    return Utterance(
        text=_text(document),
        locale=_spoken_locale(document, backend),
        timbre=timbre,
        gender=read_gender(document, "targetGender") or gender,
        tempo=numbers.get("tempo", 1.0),
        seconds=numbers.get("targetDuration"),
        format=_format(document),
        sample_rate=_sample_rate(document),
        take=take,
    )


def _text(document: Mapping[str, Any]) -> str:
    text = read_required(document, "targetText")
    if not text.strip():
        raise Refusal(400, "Invalid request: field 'targetText' is empty")
    return text


def _spoken_locale(document: Mapping[str, Any], backend: Backend) -> str:
    """Return the locale whose sounds are spoken: an accent's, where there is one."""
    locale = _known_locale(document, "locale", backend)
    accent = document.get("accentControl")
    if accent is None:
        return locale
    if not isinstance(accent, dict):
        raise Refusal(400, "Invalid request: field 'accentControl' must be an object")
    given = [name for name in _ACCENT if accent.get(name) is not None]
    if not given:
        return locale
    if len(given) < len(_ACCENT):
        raise Refusal(400, f"Invalid request: 'accentControl' needs all of {', '.join(_ACCENT)}")
    base, other = (_known_locale(accent, name, backend) for name in _ACCENT[:2])
    return other if _number(accent["accentRatio"], "accentRatio", 0, 1) >= _ACCENT_HEARD else base


def _known_locale(document: Mapping[str, Any], name: str, backend: Backend) -> str:
    locale = read_required(document, name)
    if not backend.speaker.speaks(locale):
        raise Refusal(400, f"Invalid request: locale '{locale}' is not supported (field '{name}')")
    return locale


def _speaker(document: Mapping[str, Any], call: Call, backend: Backend) -> tuple[str, str | None]:
    """Return what stands for the speaker, and the gender where it is known."""
    voice_id, reference = read_text(document, "voicePromptId"), read_text(document, "voiceReference")
    if (voice_id is None) == (reference is None):
        raise Refusal(400, "Invalid request: give one of 'voicePromptId' and 'voiceReference'")
    if reference is not None:
        data = decode_audio(reference, "voiceReference", most=call.settings.max_audio_bytes)
        return hashlib.sha256(data).hexdigest(), None
    voice = backend.store.voice(call.account, voice_id or "")
    if voice is None:
        raise Refusal(400, f"Invalid request: unknown voice '{voice_id}' (voicePromptId)")
    return voice.id, voice.gender


def _format(document: Mapping[str, Any]) -> str:
    name = read_text(document, "format") or DEFAULT_FORMAT
    if name not in FORMATS:
        raise Refusal(400, f"Invalid request: format '{name}' is not one of {', '.join(FORMATS)}")
    return name


def _sample_rate(document: Mapping[str, Any]) -> int:
    rate = document.get("sampleRate")
    if rate is None:
        return DEFAULT_SAMPLE_RATE
    if not isinstance(rate, int) or rate not in SAMPLE_RATES:
        rates = ", ".join(map(str, SAMPLE_RATES))
        raise Refusal(400, f"Invalid request: sampleRate must be one of {rates}")
    return rate


def read_generation_id(document: Mapping[str, Any]) -> str:
    """Return the id that was sent, or a new one.

    Raises:
        Refusal: 400, where it could be no header.
    """
    given = read_text(document, "generationId")
    if given is not None and not re.fullmatch(r"[A-Za-z0-9._-]{1,128}", given):
        raise Refusal(400, "Invalid request: field 'generationId' is not a valid ID")
    return given or str(uuid.uuid4())


def _numbers(document: Mapping[str, Any]) -> dict[str, float]:
    """Return the numbers that are set; ``duration`` is what the official SDK calls ``targetDuration``."""
    named = {**document, "targetDuration": document.get("targetDuration", document.get("duration"))}
    numbers = {
        name: _number(named[name], name, *limits)
        for name, limits in _RANGES.items()
        if named.get(name) is not None
    }
    if {"tempo", "targetDuration"} <= numbers.keys():
        raise Refusal(400, "Invalid request: 'tempo' and 'targetDuration' exclude each other")
    return numbers


def _number(value: Any, name: str, least: float, most: float) -> float:
    if not isinstance(value, int | float) or isinstance(value, bool) or not least <= value <= most:
        raise Refusal(400, f"Invalid request: field '{name}' must be a number from {least} to {most}")
    return float(value)


def _check_unheard(document: Mapping[str, Any], call: Call, backend: Backend) -> None:
    """Check the options that have no effect here, so that a wrong one is found all the same."""
    for name in _FLAGS:
        read_flag(document, name)
    performance = read_text(document, "performanceReferencePromptId")
    if performance is not None and backend.store.voice(call.account, performance) is None:
        raise Refusal(400, f"Invalid request: unknown voice '{performance}' (performanceReferencePromptId)")


def _seed(document: Mapping[str, Any]) -> int | None:
    seed = document.get("seed")
    if seed is not None and (not isinstance(seed, int) or isinstance(seed, bool)):
        raise Refusal(400, "Invalid request: field 'seed' must be a whole number")
    return seed
