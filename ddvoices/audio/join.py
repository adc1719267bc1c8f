"""WAV in pieces: each with a header of its own, made into one file with one right header."""

from __future__ import annotations

import struct
from collections.abc import Iterable

from ddvoices.audio.wav import is_wave, read_roughly
from ddvoices.errors import InvalidResponseError

_PCM = 1
_LARGEST = 0xFFFFFFFF


def join_wav(chunks: Iterable[bytes]) -> bytes:
    """Return one WAV of chunks that are each a WAV of its own, whatever the size of their headers.

    A chunk without a header goes on with the samples of the one before.

    Raises:
        InvalidResponseError: there is no header, or there are two that contradict each other.
    """
    fmt, samples = b"", bytearray()
    for chunk in chunks:
        wave = read_roughly(chunk)
        if wave is None:
            samples += _headless(chunk)
            continue
        if fmt and _essence(wave.fmt) != _essence(fmt):
            raise InvalidResponseError("WAV chunks of different rates, channels or sample sizes")
        fmt = fmt or wave.fmt
        samples += wave.data
    if not fmt:
        raise InvalidResponseError("no WAV header in any chunk" if samples else "no audio")
    return _file(fmt, samples)


def wav_samples(chunk: bytes) -> bytes:
    """Return the samples of a WAV without its header; a chunk that has none stays as it is."""
    wave = read_roughly(chunk)
    return _headless(chunk) if wave is None else bytes(wave.data)


def make_wav(samples: bytes | bytearray, *, rate: int, channels: int = 1, bits: int = 16) -> bytes:
    """Return integer samples, little-endian, as a WAV; half a sample at the end is left out."""
    frame = channels * bits // 8
    fmt = struct.pack("<HHIIHH", _PCM, channels, rate, rate * frame, frame, bits)
    return _file(fmt, samples[: len(samples) // frame * frame])


def _headless(chunk: bytes) -> bytes:
    """Return a chunk without a header.

    Raises:
        InvalidResponseError: it has half of one, and would be heard as noise.
    """
    if is_wave(chunk):
        raise InvalidResponseError("a WAV chunk whose header is cut off")
    return chunk


def _essence(fmt: bytes) -> bytes:
    """Return what two chunks must share: channels, rate and size of a sample."""
    return fmt[2:8] + fmt[14:16]


def _file(fmt: bytes, samples: bytes | bytearray) -> bytes:
    """Return a whole file; lengths are even, as RIFF wants them."""
    body = b"WAVEfmt " + struct.pack("<I", len(fmt)) + fmt + bytes(len(fmt) % 2)
    size = len(body) + 8 + len(samples) + len(samples) % 2
    if size > _LARGEST:
        raise InvalidResponseError("over 4 GB of audio, which no WAV can hold")
    head = b"RIFF" + struct.pack("<I", size) + body + b"data" + struct.pack("<I", len(samples))
    return b"".join((head, samples, bytes(len(samples) % 2)))
