"""Audio in pieces: cut, and each with the header that is wanted."""

from __future__ import annotations

import math
import struct

from ddvoices.emulator.settings import WavHeader

_SAMPLE = 2  # bytes: 16 bits, one channel
_PCM, _EXTENSIBLE = 1, 0xFFFE
_PCM_GUID = bytes.fromhex("0100000000001000800000aa00389b71")  # what an extensible header calls PCM


def cut_samples(pcm: bytes, rate: int, chunk_ms: int | None) -> list[bytes]:
    """Return samples in pieces that last ``chunk_ms`` each, the last one maybe less; None: one piece."""
    if chunk_ms is None:
        return [pcm]
    size = max(1, rate * chunk_ms // 1000) * _SAMPLE
    return [pcm[start : start + size] for start in range(0, len(pcm), size)]


def cut_evenly(data: bytes, seconds: float, chunk_ms: int | None) -> list[bytes]:
    """Return encoded audio that lasts ``seconds`` in pieces of as many bytes; they need not begin a frame."""
    count = 1 if chunk_ms is None else math.ceil(seconds * 1000 / chunk_ms)
    size = max(1, math.ceil(len(data) / max(1, count)))
    return [data[start : start + size] for start in range(0, len(data), size)]


def as_wav(pieces: list[bytes], rate: int, header: WavHeader) -> list[bytes]:
    """Return pieces of samples, each as a WAV of its own; with FIRST, all of them as one WAV in pieces."""
    if header is WavHeader.FIRST:
        first, *others = pieces
        size = sum(map(len, pieces))
        return [riff(size, rate, WavHeader.WIDE) + first, *others]
    return [riff(len(piece), rate, header) + piece for piece in pieces]


def riff(size: int, rate: int, header: WavHeader) -> bytes:
    """Return what stands before ``size`` bytes of samples."""
    wide = header is WavHeader.WIDE
    tag = _EXTENSIBLE if wide else _PCM
    form = struct.pack("<HHIIHH", tag, 1, rate, rate * _SAMPLE, _SAMPLE, 8 * _SAMPLE)
    if wide:
        form += struct.pack("<HHI", 22, 8 * _SAMPLE, 4) + _PCM_GUID  # 22 bytes more; the centre speaker
    chunks = _chunk(b"fmt ", form)
    if header is WavHeader.LIST:
        chunks += _chunk(b"LIST", b"INFO" + _chunk(b"ISFT", b"emulator\0"))
    chunks += struct.pack("<4sI", b"data", size)
    return struct.pack("<4sI4s", b"RIFF", 4 + len(chunks) + size, b"WAVE") + chunks


def _chunk(name: bytes, data: bytes) -> bytes:
    """Return a chunk; one of odd length is followed by a byte that its length leaves out."""
    return struct.pack("<4sI", name, len(data)) + data + bytes(len(data) % 2)
