"""What may be asked of a synthesis; checked before anything is paid for."""

from __future__ import annotations

import logging
import math
from collections.abc import Collection, Mapping
from typing import Any
from uuid import UUID, uuid4

from ddvoices.client.errors import InvalidOptionError

DEFAULT_MODEL = "dd-etts-2.5"
"""The documentation's default; the official SDK has gone on to others since."""

DEFAULT_LOCALE = "en-US"
MODELS = frozenset(f"dd-etts-{version}" for version in ("1.1", "2.5", "3.0", "3.2", "3.3", "3.4", "3.5"))
REST_FORMATS = ("mp3", "headerless-wav", "opus", "mulaw")
SOCKET_FORMATS = ("wav", "headerless-wav", "mp3", "opus", "mulaw", "s16le")
NOT_STREAMED = (
    "temperature",
    "variance",
    "tempo",
    "prompt_boost",
    "accent_base_locale",
    "accent_locale",
    "accent_ratio",
)
"""What ``/ws`` has no field for, though the SDK's calls take it."""
SAMPLE_RATES = (8000, 16000, 22050, 24000, 32000, 36000, 44100, 48000)

_log = logging.getLogger("ddvoices.client")
_ACCENT = ("accent_base_locale", "accent_locale", "accent_ratio")
_RATIOS = ("temperature", "variance", "accent_ratio")


def check_voice(voice_prompt_id: str | None, reference: object) -> None:
    """Require a voice, or a reference to clone one from, and not both."""
    if (voice_prompt_id is None) == (reference is None):
        raise InvalidOptionError("give either voice_prompt_id or voice_reference")
    if voice_prompt_id is not None and not str(voice_prompt_id).strip():
        raise InvalidOptionError("voice_prompt_id is empty")


def check_speech(options: Mapping[str, Any], *, formats: Collection[str]) -> None:
    """Check the options of a synthesis, named as in the SDK; None is not given.

    Raises:
        InvalidOptionError: one is of a wrong type, out of its range, or excludes another.
    """
    given = {name: value for name, value in options.items() if value is not None}
    _check_unicode(given)
    for name in ("text", "model", "locale"):
        _check_text(name, given.get(name))
    _check_choice("format", given.get("format"), formats)
    _check_choice("sample_rate", given.get("sample_rate"), SAMPLE_RATES)
    for name in _RATIOS:
        _check_number(name, given.get(name), low=0, high=1)
    for name in ("tempo", "duration"):
        _check_number(name, given.get(name), low=math.ulp(0), high=math.inf)
    _check_exclusions(given)
    if isinstance(given.get("seed", 0), bool) or not isinstance(given.get("seed", 0), int):
        raise InvalidOptionError(f"seed: {given['seed']!r} is not a whole number", options=("seed",))
    _warn_of_model(given["model"])


def check_generation_id(value: object) -> str:
    """Return an id as text, or a new one if it is None.

    Raises:
        InvalidOptionError: it is no UUID.
    """
    if value is None:
        return str(uuid4())
    try:
        UUID(str(value))
    except ValueError:
        raise InvalidOptionError(f"generation_id: {value!r} is not a UUID") from None
    return str(value)


def check_seconds(name: str, value: object) -> None:
    """Require a time-out: a number of seconds greater than 0, or None."""
    _check_number(name, value, low=math.ulp(0), high=math.inf)


def check_stream(options: Mapping[str, Any]) -> None:
    """Check the settings of a stream, named as in the SDK; None is not given.

    Raises:
        InvalidOptionError: one is of a wrong type or out of its range.
    """
    _check_unicode(options)
    for name in ("model", "locale", "voice_prompt_id"):
        _check_text(name, options.get(name))
    _check_choice("format", options.get("format"), SOCKET_FORMATS)
    _check_choice("sample_rate", options.get("sample_rate"), SAMPLE_RATES)
    wait = options.get("first_audio_timeout")
    _check_number("first_audio_timeout", wait, low=0, high=math.inf)
    if wait is not None and wait != int(wait):
        raise InvalidOptionError(f"first_audio_timeout: {wait!r} is not a whole number of milliseconds")
    _warn_of_model(options["model"])


def _check_unicode(options: Mapping[str, Any]) -> None:
    """Refuse texts that no encoding can carry, such as bytes of a command line that aren't UTF-8."""
    for name, value in options.items():
        try:
            str(value).encode()
        except UnicodeEncodeError:
            raise InvalidOptionError(f"{name} is not UTF-8", options=(name,)) from None


def _check_text(name: str, value: object) -> None:
    """Require a text that says something."""
    if not isinstance(value, str) or not value.strip():
        raise InvalidOptionError(f"{name} is empty", options=(name,))


def _check_choice(name: str, value: object, choices: Collection[object]) -> None:
    """Require one of a few values."""
    if value is not None and (value not in choices or isinstance(value, bool)):
        known = ", ".join(map(str, choices))
        raise InvalidOptionError(f"{name}: {value!r} is not one of {known}", options=(name,))


def _check_number(name: str, value: object, *, low: float, high: float) -> None:
    """Require a finite number between two others."""
    if value is None:
        return
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise InvalidOptionError(f"{name}: {value!r} is not a number", options=(name,))
    if not low <= value <= high:
        said = f"from {low} to {high}" if high < math.inf else "greater than 0"
        raise InvalidOptionError(f"{name}: {value!r} is not {said}", options=(name,))


def _check_exclusions(given: Mapping[str, Any]) -> None:
    """Refuse options that contradict each other, and an accent in parts."""
    if {"tempo", "duration"} <= given.keys():
        raise InvalidOptionError("tempo and duration exclude each other", options=("tempo", "duration"))
    accent = [name for name in _ACCENT if name in given]
    if accent and len(accent) < len(_ACCENT):
        raise InvalidOptionError(f"an accent needs {', '.join(_ACCENT)}: all three or none", options=_ACCENT)


def _warn_of_model(model: str) -> None:
    """Say so if a model of Deepdub's own is not known; private ones have other names."""
    if model.startswith("dd-") and model not in MODELS:
        _log.warning("unknown model %r: known are %s", model, ", ".join(sorted(MODELS)))
