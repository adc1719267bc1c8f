"""WAV in pieces: each with a header of its own, made into one file with one right header."""

from __future__ import annotations

import struct
from collections.abc import Iterable

from ddvoices.audio.wav import is_wave, read_roughly
from ddvoices.errors import InvalidResponseError

_PCM = 1
_INTEGER = b"\x01\x00"
_EXTENDED = b"\xfe\xff"
_LARGEST = 0xFFFFFFFF


class WavJoiner:
    """Takes WAV chunks one by one and gives their samples; ``fmt`` is None until the first header has come.

    A chunk without a header goes on with the samples of the one before.
    """

    def __init__(self, *, rate: int | None = None) -> None:
        """Expect 16-bit mono samples at ``rate`` without any header, or headers if it is None."""
        self.fmt = None if rate is None else _pcm_format(rate)
        self._stated = rate is not None
        self._held = b""
        self.size = 0

    def add(self, chunk: bytes) -> bytes:
        """Return the samples of a chunk; half of one is kept for the next chunk, and left out at the end.

        Raises:
            InvalidResponseError: its header is cut off, or contradicts the one before.
        """
        wave = read_roughly(chunk)
        samples = self._held + (_headless(chunk) if wave is None else bytes(wave.data))
        if wave is not None:
            self._settle(wave.fmt)
        elif self.fmt is None and samples:
            raise InvalidResponseError("no WAV header in any chunk: make_wav(samples, rate=…) writes one")
        whole = len(samples) - len(samples) % self._frame
        self._held = samples[whole:]
        self.size += whole
        return samples[:whole]

    def header(self, *, known: bool = True) -> bytes:
        """Return the header for the samples so far; if their number isn't ``known`` yet, it says so."""
        fmt = _plain(self.fmt or b"")
        body = b"WAVEfmt " + struct.pack("<I", len(fmt)) + fmt + bytes(len(fmt) % 2)
        size, whole = self.size, len(body) + 8 + self.size + self.size % 2
        if known and whole > _LARGEST:
            raise InvalidResponseError("over 4 GB of audio, which no WAV can hold")
        if not known:
            size = whole = _LARGEST
        return b"RIFF" + struct.pack("<I", whole) + body + b"data" + struct.pack("<I", size)

    @property
    def padding(self) -> bytes:
        """Return what makes the samples so far even in number, as RIFF wants them."""
        return bytes(self.size % 2)

    @property
    def _frame(self) -> int:
        """Return the bytes that belong together; 1 where that can't be told."""
        fmt = self.fmt or b""
        if fmt[:2] not in (_INTEGER, _EXTENDED):
            return 1
        channels, bits = int.from_bytes(fmt[2:4], "little"), int.from_bytes(fmt[14:16], "little")
        return max(1, channels * -(-bits // 8))

    def _settle(self, fmt: bytes) -> None:
        """Take a format, or compare it with the one that was taken."""
        if not _essential(fmt):
            raise InvalidResponseError("a WAV header without channels, or of 0 samples a second")
        if self.fmt is None or self._stated:
            self.fmt, self._stated = fmt, False
        elif _essence(fmt) != _essence(self.fmt):
            raise InvalidResponseError("WAV chunks of different rates, channels or sample sizes")


def join_wav(chunks: Iterable[bytes]) -> bytes:
    """Return one WAV of chunks that are each a WAV of its own, whatever the size of their headers.

    Raises:
        InvalidResponseError: there is no header, or there are two that contradict each other.
    """
    joiner = WavJoiner()
    samples = b"".join(map(joiner.add, chunks))
    if joiner.fmt is None:
        raise InvalidResponseError("no audio")
    return b"".join((joiner.header(), samples, joiner.padding))


def wav_samples(chunk: bytes) -> bytes:
    """Return the samples of a WAV without its header; a chunk that has none stays as it is."""
    wave = read_roughly(chunk)
    return _headless(chunk) if wave is None else bytes(wave.data)


def make_wav(samples: bytes | bytearray, *, rate: int) -> bytes:
    """Return 16-bit mono samples, little-endian, as a WAV; half a sample at the end is left out."""
    joiner = WavJoiner(rate=rate)
    joiner.size = len(samples) // 2 * 2
    return joiner.header() + samples[: joiner.size]  # whatever they begin with


def _essential(fmt: bytes) -> bool:
    """Tell whether a format says how its samples are heard."""
    return any(fmt[2:4]) and any(fmt[4:8])


def _plain(fmt: bytes) -> bytes:
    """Return a format as it is written for up to two channels of 16 bits: not every reader knows another."""
    channels, bits = int.from_bytes(fmt[2:4], "little"), int.from_bytes(fmt[14:16], "little")
    is_integer = fmt[:2] == _EXTENDED and fmt[24:26] == _INTEGER
    return _INTEGER + fmt[2:16] if is_integer and channels <= 2 and bits <= 16 else fmt


def _pcm_format(rate: int) -> bytes:
    """Return what a WAV says of 16-bit mono samples."""
    return struct.pack("<HHIIHH", _PCM, 1, rate, rate * 2, 2, 16)


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
