"""The formats that speech is asked for in, and the names of its files."""

from __future__ import annotations

import re
import unicodedata

SPOKEN_FORMATS = ("mp3", "opus", "mulaw", "headerless-wav", "wav")
# the first ending of a format is that of new files
ENDINGS = {
    ".mp3": "mp3",
    ".opus": "opus",
    ".ogg": "opus",
    ".ulaw": "mulaw",
    ".mulaw": "mulaw",
    ".pcm": "headerless-wav",
    ".raw": "headerless-wav",
    ".wav": "wav",
}
# samples alone have one ending, whatever the service calls them
ALIKE = {"s16le": "headerless-wav"}
# Deepdub names no rate of its own, and samples without a header must have a known one. Nothing is lost here.
PCM_SAMPLE_RATE = 44100
_LONGEST_STEM = 60


def ending_of(audio_format: str) -> str:
    """Return the ending that a new file of a format gets."""
    wanted = ALIKE.get(audio_format, audio_format)
    return next(ending for ending, known in ENDINGS.items() if known == wanted)


def safe_stem(*parts: str) -> str:
    """Return a short name for a file, of plain letters, digits and single hyphens."""
    plain = unicodedata.normalize("NFKD", " ".join(parts)).encode("ascii", "ignore").decode().lower()
    words = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")
    if len(words) > _LONGEST_STEM:
        at_a_word = words[: _LONGEST_STEM + 1].rpartition("-")[0]
        words = at_a_word if len(at_a_word) > _LONGEST_STEM // 2 else words[:_LONGEST_STEM]
    return words or "speech"
