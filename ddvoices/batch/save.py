"""Chunks of audio → a whole file, remembered; and files of before under other names."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ddvoices.audio import is_text, seconds_of
from ddvoices.batch.moves import Move
from ddvoices.batch.places import Standing, find_standing
from ddvoices.batch.state import BatchState, Made
from ddvoices.batch.work import Job
from ddvoices.client import join_wav
from ddvoices.errors import InvalidResponseError, OutputError
from ddvoices.files import make_folder, sync_folder, write_whole

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
    if is_text(audio):
        raise InvalidResponseError("the generation is text, and no audio")
    made = Made(
        out=job.line.out,
        digest=job.digest,
        voice_id=job.voice_id,
        sha256=hashlib.sha256(audio).hexdigest(),
        size=len(audio),
        seconds=None if seconds is None else round(seconds, 3),
    )
    path = folder / job.line.out
    make_folder(path.parent)
    state.append(made)  # first: so no file of ours is ever without its record
    write_whole(path, audio)
    return made


def move_files(moves: Sequence[Move], folder: Path, state: BatchState) -> None:
    """Give files their new names, one after the other; killed in between, all are still known.

    Only what a batch wrote, and no line wants where it is, gives way to a file that is moved.

    Raises:
        OutputError: one can't be moved; those before it are.
        BatchStateError: the new names can't be remembered; nothing was moved.
    """
    if not moves:
        return
    for move in moves:
        make_folder((folder / move.target).parent)
    state.append(*(move.made for move in moves))  # first: so no file of ours is ever without its record
    for move in moves:
        _move(folder, move, state)
    for each in {(folder / out).parent for move in moves for out in (move.source, move.target)}:
        sync_folder(each)


def _move(folder: Path, move: Move, state: BatchState) -> None:
    old, new = folder / move.source, folder / move.target
    standing, _ = find_standing(folder, move.target, state.memory)
    try:
        if standing is Standing.OURS:
            old.replace(new)
        else:
            _rename(old, new)
    except OSError as error:
        raise OutputError(f"{old}: can't be renamed to {new}: {error.strerror}") from error


def _rename(old: Path, new: Path) -> None:
    """Rename a file; what appears at its new name in this moment is not overwritten."""
    try:
        new.hardlink_to(old)
    except OSError:
        if os.path.lexists(new):
            raise
        old.rename(new)  # not every file system has links
    else:
        old.unlink()


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
