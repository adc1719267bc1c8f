"""Everything that is told of a recording, from its bytes."""

from __future__ import annotations

import hashlib
import io
from dataclasses import dataclass

from ddvoices.audio.filebytes import Data, FileBytes, blocks
from ddvoices.audio.formats import sniff
from ddvoices.audio.levels import flat_tops, is_silent
from ddvoices.audio.sound import sound_hash
from ddvoices.audio.wav import Wave, read_roughly

_SHORT_SECONDS = 3.0
_TELEPHONE_HZ = 8000
_WEEK_SECONDS = 604_800
_FEW_FLAT_TOPS = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class AudioFacts:
    """A recording: hashes in hex, ``size`` in bytes, ``seconds`` None where it can't be told.

    ``warnings`` say what is legal but doubtful, each a whole sentence without place.
    """

    format: str
    sha256: str
    sound: str
    size: int
    seconds: float | None
    warnings: tuple[str, ...] = ()


def inspect(data: Data) -> AudioFacts | None:
    """Return what there is to know of a whole audio file; None if it is no audio that the service takes."""
    form = sniff(data)
    if form is None:
        return None
    wave = read_roughly(data)
    if form == "wav" and wave is None:
        return None
    seconds, rate = (wave.seconds, wave.rate) if wave else _measure(data)
    return AudioFacts(
        format=form,
        sha256=_sha256(data),
        sound=sound_hash(data),
        size=len(data),
        seconds=None if seconds is None else round(seconds, 3),
        warnings=(*_doubts(seconds, rate), *(_doubts_of_wave(wave) if wave else ())),
    )


def seconds_of(data: bytes) -> float | None:
    """Return the length of a whole audio file in seconds; None where it can't be told."""
    wave = read_roughly(data)
    return wave.seconds if wave else _measure(data)[0]


def _sha256(data: Data) -> str:
    state = hashlib.sha256()
    for block in blocks(data):
        state.update(block)
    return state.hexdigest()


def _measure(data: Data) -> tuple[float | None, int | None]:
    """Return length in seconds and samples per second, as far as the headers tell."""
    from tinytag import TinyTag, TinyTagException

    try:
        file = data.file if isinstance(data, FileBytes) else io.BytesIO(data)
        tag = TinyTag.get(file_obj=file, tags=False)
    except TinyTagException:
        return None, None
    duration = tag.duration
    known = duration is not None and 0 <= duration < _WEEK_SECONDS  # a broken header may say anything
    return duration if known else None, tag.samplerate


def _doubts(seconds: float | None, rate: int | None) -> list[str]:
    doubts = []
    if seconds is None:
        doubts.append("its length can't be told: does it play?")
    elif seconds < _SHORT_SECONDS:
        doubts.append(f"it is {seconds:.1f} s long: give at least {_SHORT_SECONDS:.0f} s of speech")
    if rate is not None and 0 < rate <= _TELEPHONE_HZ:
        doubts.append(f"its rate is {rate} Hz, as on the telephone: record at 16000 Hz or more")
    return doubts


def _doubts_of_wave(wave: Wave) -> list[str]:
    doubts = []
    if wave.missing:
        doubts.append(f"it is cut off: {wave.missing} bytes of its samples are missing")
    if is_silent(wave):
        doubts.append("it is silent")
    if (tops := flat_tops(wave) or 0) >= _FEW_FLAT_TOPS:
        doubts.append(f"it clips in {tops} places: record it at a lower level")
    return doubts
