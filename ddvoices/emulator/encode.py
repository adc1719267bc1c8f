"""Samples into the formats that can be asked for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import lameenc

from ddvoices.emulator.mulaw import encode_mulaw
from ddvoices.emulator.opus import RATES as OPUS_RATES
from ddvoices.emulator.opus import encode_opus

SAMPLE_RATES = (8000, 16000, 22050, 24000, 32000, 36000, 44100, 48000)

# MPEG audio has no 36 kHz: such a request gets the next higher rate that it has, which loses nothing.
_MP3_RATES = {36000: 44100}


@dataclass(frozen=True, slots=True, kw_only=True)
class Format:
    """A format: its media type, the rate that it uses for one that is asked for, and how samples get into it.

    ``pack`` takes 16-bit mono little-endian samples and their rate.
    """

    content_type: str
    rate: Callable[[int], int]
    pack: Callable[[bytes, int], bytes]


def _mp3(pcm: bytes, rate: int) -> bytes:
    encoder = lameenc.Encoder()
    encoder.silence()  # or it writes to stdout
    encoder.set_channels(1)
    encoder.set_in_sample_rate(rate)
    encoder.set_out_sample_rate(rate)
    encoder.set_bit_rate(128 if rate > 24000 else 64)
    encoder.set_quality(5)
    return bytes(encoder.encode(pcm)) + bytes(encoder.flush())


FORMATS = {
    "mp3": Format(content_type="audio/mpeg", rate=lambda rate: _MP3_RATES.get(rate, rate), pack=_mp3),
    "opus": Format(
        content_type="audio/ogg", rate=lambda rate: rate if rate in OPUS_RATES else 48000, pack=encode_opus
    ),
    "mulaw": Format(
        content_type="audio/basic", rate=lambda rate: rate, pack=lambda pcm, _rate: encode_mulaw(pcm)
    ),
    "headerless-wav": Format(content_type="audio/pcm", rate=lambda rate: rate, pack=lambda pcm, _rate: pcm),
}
