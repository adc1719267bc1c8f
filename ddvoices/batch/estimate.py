"""How long a text takes to say, roughly and offline. Pure."""

from __future__ import annotations

import re
import unicodedata

# Characters a second of speech at its natural pace, spaces not counted. A letter of an alphabet is about one
# sound; a character of Chinese or a block of Korean is a whole syllable; Japanese mixes both.
_LETTERS = 12.5
_SYLLABLES = {"zh": 4.3, "yue": 4.3, "ja": 6.0, "ko": 5.0}
_SYLLABLE = 4.8
_PAUSE_SECONDS = 0.35
_LEAST_SECONDS = 0.3
# what isn't spoken: `<config …/>` and `[emotion]`
_TAG = re.compile(r"<[^<>]*>|\[[^\[\]]*\]")
# begun nowhere but where a run of stops begins: else a long one would be tried again from each
_STOP = re.compile(r"(?<![.!?…।])[.!?…।]++(?=\s|$)|[\u3002\uff01\uff1f]+")


def estimate_seconds(
    text: str, *, locale: str, tempo: float | None = None, duration: float | None = None
) -> float:
    """Return about how many seconds a text takes to say: right to a third or so for ordinary prose."""
    if duration is not None:
        return duration
    said = _TAG.sub(" ", text)
    wide = sum(map(_is_syllable, said))
    narrow = sum(not c.isspace() and not _is_silent(c) for c in said) - wide
    language = re.split("[-_]", locale.lower(), maxsplit=1)[0]
    pauses = max(0, len(_STOP.findall(said.strip())) - 1)
    natural = wide / _SYLLABLES.get(language, _SYLLABLE) + narrow / _LETTERS + pauses * _PAUSE_SECONDS
    return round(max(natural / (tempo or 1.0), _LEAST_SECONDS), 1)


def _is_syllable(character: str) -> bool:
    return character.isalpha() and unicodedata.east_asian_width(character) in "WF"


def _is_silent(character: str) -> bool:
    """Tell whether a character is punctuation, a mark on another, or no part of speech at all."""
    return unicodedata.category(character)[0] in "PMCZ"
