"""Recordings on a page: compressed, embedded as long as there is room, and laid beside it from there on."""

from __future__ import annotations

import os
from base64 import b64encode
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any
from urllib.parse import quote

from ddvoices.audio import sniff
from ddvoices.audio.names import safe_stem
from ddvoices.audio.pcm import sixteen_bits
from ddvoices.audio.wav import read_surely

MIME_TYPES = {
    "wav": "audio/wav",
    "mp3": "audio/mpeg",
    "flac": "audio/flac",
    "ogg": "audio/ogg",
    "opus": "audio/ogg",
    "m4a": "audio/mp4",
}
_KILOBITS_A_CHANNEL = 64
_CHANNELS = (1, 2)
_QUICK = 5  # more than twice as fast as LAME's best, and speech sounds the same
_MOST_COMPRESSED = 50  # what can't fit in any case isn't tried


class Shelf:
    """Gives recordings their place: in the page up to ``limit`` bytes altogether, else in ``folder``.

    ``folder`` is relative to the page; without one, what has no room has no place.
    """

    def __init__(self, *, limit: int, folder: Path | None = None) -> None:
        self._room, self._folder = limit, folder
        self._packed: dict[str, tuple[bytes, str]] = {}
        self._files: dict[str, tuple[Path, bytes]] = {}

    def place(self, data: bytes, name: str, *, there: Path | None = None) -> str | None:
        """Return where a page finds a recording; None if there is no room for it.

        If it needs a file, that is called ``name``, if it isn't ``there`` already, relative to the page. One
        that is embedded takes its room each time.
        """
        digest = sha256(data).hexdigest()
        embedded = self._embedded(data, digest)
        if embedded is not None or (there is None and self._folder is None):
            return embedded
        if there is not None:
            return _link(there)
        if digest not in self._files:
            path = Path(self._folder or "", f"{safe_stem(name)}-{digest[:8]}.{sniff(data)}")
            self._files[digest] = path, data
        return _link(self._files[digest][0])

    def _embedded(self, data: bytes, digest: str) -> str | None:
        if len(data) > self._room * _MOST_COMPRESSED:
            return None
        if digest not in self._packed:
            self._packed[digest] = compressed(data)
        packed, audio_format = self._packed[digest]
        if len(packed) > self._room:
            return None
        self._room -= len(packed)
        return f"data:{MIME_TYPES[audio_format]};base64,{b64encode(packed).decode()}"

    @property
    def files(self) -> list[tuple[Path, bytes]]:
        """Return what is to be written beside the page."""
        return list(self._files.values())


def _link(path: Path) -> str:
    """Return how a page names a file beside it, whatever bytes the name is of."""
    return quote(os.fsencode(path.as_posix()))


def compressed(data: bytes) -> tuple[bytes, str]:
    """Return a recording as MP3 if it is a WAV and there is an encoder, else as it is; and its format."""
    audio_format = str(sniff(data))
    made = _as_mp3(data) if audio_format == "wav" and _lameenc() is not None else None
    return (made, "mp3") if made is not None and len(made) < len(data) else (data, audio_format)


@cache
def _lameenc() -> Any:
    """Return the encoder of the extra ``page``, None where it isn't installed."""
    try:
        import lameenc
    except ImportError:
        return None
    return lameenc


def _as_mp3(data: bytes) -> bytes | None:
    """Return a WAV of integers as MP3; None where it isn't one that can be."""
    wave = read_surely(data)
    if wave is None or wave.channels not in _CHANNELS:
        return None
    samples = sixteen_bits(wave)
    if samples is None:
        return None
    encoder = _lameenc().Encoder()
    encoder.silence()
    encoder.set_bit_rate(_KILOBITS_A_CHANNEL * wave.channels)
    encoder.set_channels(wave.channels)
    encoder.set_quality(_QUICK)
    try:
        encoder.set_in_sample_rate(wave.rate)
        return b"".join([*(bytes(encoder.encode(block)) for block in samples), bytes(encoder.flush())])
    except (RuntimeError, OverflowError):  # a rate that it doesn't know, or that no C int holds
        return None
