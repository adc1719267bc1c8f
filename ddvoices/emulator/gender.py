"""Who speaks in a recording, a woman or a man: judged by the pitch and the third formant of the voice.

This is far simpler than what the service does, but it is a measurement. Pitch tells most people apart, but
not a man who speaks with much expression; the third formant, which goes by the length of the throat, does.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median, quantiles
from typing import Any

from ddvoices.emulator.formants import third_formant
from ddvoices.emulator.pitch import VoicedPart, find_voiced
from ddvoices.emulator.wav import WavError, read_wav

FEMALE, MALE, UNKNOWN = "female", "male", "unknown"

# Between women and men: a pitch, a third formant, and what an octave above or below each of them weighs.
# Their voices differ by most of an octave in pitch, and by a sixth of one in the formant.
_BORDER_HERTZ, _PITCH_WEIGHT = 145, 5.0
_BORDER_FORMANT, _FORMANT_WEIGHT = 2775, 40.0
_SPEECH_PARTS = 60  # so many hold enough different vowels for the formant to count in full

_MOST_SECONDS = 30.0
_LEAST_VOICED = 5  # parts, that is a tenth of a second
_LEAST_VOICED_SHARE = 0.2  # of the parts that aren't quiet
_WIDEST_OCTAVES = 1.0  # between the quarters of all pitches: a voice moves less, noise more


class NotAudioError(Exception):
    """The recording can't be read; the message says why, and what can be."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Detection:
    """Who speaks: ``female``, ``male`` or ``unknown``, how sure that is, and the two probabilities.

    ``confidence`` is the higher of the two, or 0 where nobody is heard. ``seconds`` is how long the whole
    recording lasts.
    """

    predicted_gender: str
    confidence: float
    female: float
    male: float
    seconds: float

    def as_json(self) -> dict[str, Any]:
        """Return it as the service says it."""
        return {
            "predicted_gender": self.predicted_gender,
            "confidence": round(self.confidence, 4),
            "prediction": {"female": round(self.female, 4), "male": round(self.male, 4)},
            "duration_seconds": round(self.seconds, 3),
        }


def detect(data: bytes) -> Detection:
    """Return who speaks in the first half minute of a WAV file.

    Raises:
        NotAudioError: it is no WAV with PCM or floating point samples.
    """
    try:
        sound = read_wav(data, most_seconds=_MOST_SECONDS)
    except WavError as error:
        raise NotAudioError(f"{error}; the emulator takes WAV with PCM or floating point samples") from None
    voiced, loud = find_voiced(sound)
    if not _is_voice(voiced, loud):
        return Detection(
            predicted_gender=UNKNOWN, confidence=0.0, female=0.5, male=0.5, seconds=sound.seconds
        )
    female = 1 / (1 + math.exp(-_womanliness(voiced)))
    return Detection(
        predicted_gender=FEMALE if female >= 0.5 else MALE,
        confidence=max(female, 1 - female),
        female=female,
        male=1 - female,
        seconds=sound.seconds,
    )


def _is_voice(voiced: Sequence[VoicedPart], loud: int) -> bool:
    if len(voiced) < max(_LEAST_VOICED, _LEAST_VOICED_SHARE * loud):
        return False
    lower, _, upper = quantiles(part.hertz for part in voiced)
    return math.log2(upper / lower) <= _WIDEST_OCTAVES


def _womanliness(voiced: Sequence[VoicedPart]) -> float:
    """Return log-odds: above 0 for a woman."""
    hertz = median(part.hertz for part in voiced)
    score = _PITCH_WEIGHT * math.log2(hertz / _BORDER_HERTZ)
    formants = [formant for part in voiced if (formant := third_formant(part.samples, part.rate))]
    if formants:
        trust = min(1.0, len(formants) / _SPEECH_PARTS) ** 2
        score += trust * _FORMANT_WEIGHT * math.log2(median(formants) / _BORDER_FORMANT)
    return score
