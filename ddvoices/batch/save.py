"""Chunks of audio → a whole file, remembered."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ddvoices.audio import seconds_of
from ddvoices.batch.state import BatchState, Made
from ddvoices.batch.work import Job
from ddvoices.client import join_wav
from ddvoices.errors import InvalidResponseError, OutputError
from ddvoices.files import write_whole

_BYTES_A_SAMPLE = {"headerless-wav": 2, "mulaw": 1}


def save_audio(job: Job, chunks: Sequence[bytes], folder: Path, state: BatchState) -> Made:
    """Write a line's audio and return the record of it; blocks until all of it is on disk.

    Raises:
        InvalidResponseError: there is no sound in it.
        OutputError, BatchStateError: it can't be written.
    """
    audio = _joined(chunks, job.line.speech)
    seconds = _seconds(audio, job.line.speech)
    if not audio or seconds == 0:
        raise InvalidResponseError("the generation has finished without any audio")
    made = Made(
        out=job.line.out,
        digest=job.digest,
        voice_id=job.voice_id,
        sha256=hashlib.sha256(audio).hexdigest(),
        size=len(audio),
        seconds=None if seconds is None else round(seconds, 3),
    )
    path = folder / job.line.out
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"{path.parent}: can't be made: {error.strerror}") from error
    state.append(made)  # first: so no file of ours is ever without its record
    write_whole(path, audio)
    return made


def _joined(chunks: Sequence[bytes], speech: Mapping[str, Any]) -> bytes:
    """Return one file of the chunks, each of which is a WAV of its own in ``wav``."""
    if speech["format"] == "wav" and any(chunks):
        return join_wav(chunk for chunk in chunks if chunk)
    return b"".join(chunks)


def _seconds(audio: bytes, speech: Mapping[str, Any]) -> float | None:
    """Return the length of the audio; None where nothing tells it."""
    width, rate = _BYTES_A_SAMPLE.get(speech["format"]), speech.get("sample_rate")
    if width is not None:
        return len(audio) / width / rate if rate else None
    return seconds_of(audio)
