"""Is this audio? Judged by content, never by a file's name."""

from __future__ import annotations

from collections.abc import Callable


def is_audio(data: bytes) -> bool:
    """Say whether ``data`` begins as a WAV, AIFF, MP3, AAC, FLAC, Ogg, MP4 or Matroska/WebM file does."""
    return any(looks_right(data) for looks_right in _SIGNATURES)


def _is_wave(data: bytes) -> bool:
    return data[:4] in (b"RIFF", b"RF64") and data[8:12] == b"WAVE" and b"fmt " in data[12:4096]


def _is_aiff(data: bytes) -> bool:
    return data[:4] == b"FORM" and data[8:12] in (b"AIFF", b"AIFC")


def _is_tagged_mp3(data: bytes) -> bool:
    return data[:3] == b"ID3" and len(data) > 10


def _is_mpeg_frame(data: bytes) -> bool:
    """See an MPEG audio frame: sync, then fields of which none may have its reserved value."""
    if len(data) < 4 or data[0] != 0xFF or data[1] & 0xE0 != 0xE0:
        return False
    version, layer = data[1] >> 3 & 3, data[1] >> 1 & 3
    if layer == 0:  # ADTS, which is AAC: the sync is one bit longer, and the rate is an index up to 12
        return data[1] & 0xF0 == 0xF0 and data[2] >> 2 & 15 <= 12
    return version != 1 and data[2] >> 4 != 15 and data[2] >> 2 & 3 != 3


def _is_flac(data: bytes) -> bool:
    return data[:4] == b"fLaC"


def _is_ogg(data: bytes) -> bool:
    return data[:4] == b"OggS"


def _is_mp4(data: bytes) -> bool:
    return data[4:8] == b"ftyp"


def _is_matroska(data: bytes) -> bool:
    return data[:4] == b"\x1aE\xdf\xa3"


_SIGNATURES: tuple[Callable[[bytes], bool], ...] = (
    _is_wave,
    _is_aiff,
    _is_tagged_mp3,
    _is_mpeg_frame,
    _is_flac,
    _is_ogg,
    _is_mp4,
    _is_matroska,
)
