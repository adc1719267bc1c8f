"""Languages that recordings are named by, and the locale that each is proposed as. Pure."""

from __future__ import annotations

# a language whose first country has its name
_SAME = frozenset("bg de es fi fr hr hu id is it lt lv nl no pl pt ro ru sk th tr".split())  # noqa: SIM905 - a list is 20 lines
_OTHERS = {
    "ar": "ar-SA",
    "bn": "bn-BD",
    "ca": "ca-ES",
    "cs": "cs-CZ",
    "da": "da-DK",
    "el": "el-GR",
    "en": "en-US",
    "et": "et-EE",
    "fa": "fa-IR",
    "he": "he-IL",
    "hi": "hi-IN",
    "ja": "ja-JP",
    "ko": "ko-KR",
    "ms": "ms-MY",
    "nb": "nb-NO",
    "sl": "sl-SI",
    "sr": "sr-RS",
    "sv": "sv-SE",
    "ta": "ta-IN",
    "te": "te-IN",
    "uk": "uk-UA",
    "ur": "ur-PK",
    "vi": "vi-VN",
    "zh": "zh-CN",
}


def usual_locale(language: str) -> str | None:
    """Return the locale to propose for a language of two letters; None for what isn't known as one."""
    return f"{language}-{language.upper()}" if language in _SAME else _OTHERS.get(language)
