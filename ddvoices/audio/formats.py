"""Which format a recording is in, by its content and never by its name."""

from __future__ import annotations

from collections.abc import Iterator

from ddvoices.audio.filebytes import Data
from ddvoices.audio.mpeg import audio_extent, is_mp3
from ddvoices.audio.wav import is_wave

FORMATS = ("wav", "mp3", "flac", "ogg", "opus", "m4a")
_MARKUP = (b"<!doctype", b"<html", b"<?xml")
_NESTING = (b"moov", b"trak", b"mdia")
_AUDIO_BRANDS = {b"M4A ", b"M4B "}


def sniff(data: Data) -> str | None:
    """Return the format of a whole file: one of ``FORMATS``, or None if it is none of these."""
    if is_wave(data):
        return "wav"
    if data[:4] == b"OggS":
        return _ogg_codec(data)
    if data[4:8] == b"ftyp":
        return "m4a" if _is_m4a(data) else None
    start, _ = audio_extent(data)
    if data[start : start + 4] == b"fLaC":
        return "flac"
    return "mp3" if is_mp3(data) else None


def is_text(data: bytes) -> bool:
    """Tell whether what should be audio begins as HTML or XML does, as a page of a gateway would."""
    return data[:64].lstrip().lower().startswith(_MARKUP)


def is_lfs_pointer(data: Data) -> bool:
    """Tell whether this is what Git LFS leaves in place of a file that it hasn't fetched."""
    return len(data) < 1024 and data[:1024].startswith(b"version https://git-lfs.github.com/spec/")


def _ogg_codec(data: Data) -> str | None:
    """Name the codec by the first packet of the first page."""
    start = 27 + int.from_bytes(data[26:27])
    packet = data[start : start + 8]
    if packet[:7] == b"\x01vorbis":
        return "ogg"
    return "opus" if packet == b"OpusHead" else None


def _is_m4a(data: Data) -> bool:
    """Tell whether an MPEG-4 file has a track of sound, and none of pictures unless it says it is audio."""
    handlers = set(_handlers(data, 0, len(data), _NESTING))
    return b"soun" in handlers and (b"vide" not in handlers or data[8:12] in _AUDIO_BRANDS)


def _handlers(data: Data, start: int, end: int, nesting: tuple[bytes, ...]) -> Iterator[bytes]:
    """Yield the handler type of each track; ``nesting`` names the boxes still to open, outermost first."""
    for kind, first, last in _boxes(data, start, end):
        if nesting and kind == nesting[0]:
            yield from _handlers(data, first, last, nesting[1:])
        elif not nesting and kind == b"hdlr":
            yield data[first + 8 : first + 12]


def _boxes(data: Data, start: int, end: int) -> Iterator[tuple[bytes, int, int]]:
    """Yield each box's type and the extent of its payload; ends at the first that doesn't fit."""
    while start + 8 <= end:
        size, head = int.from_bytes(data[start : start + 4], "big"), 8
        if size == 1:
            size, head = int.from_bytes(data[start + 8 : start + 16], "big"), 16
        last = end if size == 0 else start + size
        if last > end or last < start + head:
            return
        yield data[start + 4 : start + 8], start + head, last
        start = last
