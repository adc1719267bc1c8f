"""Recordings: right ones of every format from their parts, the heads of real ones, and both damaged."""

from __future__ import annotations

import struct
from pathlib import Path

from audio import recordings as rec
from fuzz.edits import damaged
from hypothesis import strategies as st

_SAMPLES = Path(__file__).resolve().parents[2] / "voices" / "samples"
_HEADS = [path.read_bytes()[:2000] for path in sorted(_SAMPLES.iterdir())]
_WORDS = (
    *(b"RIFF", b"WAVE", b"RF64", b"fmt ", b"data", b"LIST\4\0\0\0abcd", b"data\xff\xff\xff\xff"),
    *(b"ID3\4\0\0\0\0\0\1", b"ID3\4\0\x10\0\0\0\1", b"3DI\4\0\x10\0\0\0\1", b"TAG", b"TAG+", b"APETAGEX"),
    *(b"OggS\0\2", b"\x01vorbis", b"OpusHead", b"fLaC", b"\xff\xf3\x18\xc0", b"\xff\xfb\x90\0", b"Xing"),
    *(
        b"\0\0\0\x08moov",
        b"\0\0\0\1trak\0\0\0\0\0\0\0\x10",
        b"\0\0\0\0mdia",
        b"\0\0\0\x14hdlr",
        b"\0\0\0\x24ftyp",
    ),
)
_SECONDS = st.sampled_from([0.0, 0.01, 0.036, 0.1, 3.2, 700_000.0])
_RATES = st.sampled_from([16_000, 1, 0, 8000, 44_100])
_SAMPLE = st.sampled_from([b"\xff\x7f", b"\0\x80", b"\0\0", b"\x20\0", b"\xe0\xff", b"\x34\x12"])
_RUNS = st.builds(bytes.__mul__, _SAMPLE, st.integers(1, 9))
_SAMPLES_OF_ANY = st.binary(max_size=40) | st.lists(_RUNS, max_size=20).map(b"".join)
_TAGS = st.sampled_from(
    [
        b"",
        rec.id3v2(),
        rec.id3v2(footer=True),
        rec.id3v1(),
        rec.id3v1(plus=True),
        rec.ape(),
        rec.ape(bytes(67)),
        rec.ape(header=False),
    ]
)


def _head(number: int) -> bytes:
    """Return the beginning of one that was really spoken."""
    return _HEADS[number]


def _form(tag: int, channels: int, rate: int, bits: int, extra: bytes) -> bytes:
    """Return what a WAV says of its samples, right or not."""
    align = channels * bits // 8
    numbers = tag, channels, rate, rate * align % 2**32, align % 2**16, bits
    return rec.chunk(b"fmt ", struct.pack("<HHIIHH", *numbers) + extra)


_EXTENSION = struct.pack("<HHI", 22, 16, 4) + b"\1\0\0\0\0\0\x10\0\x80\0\0\xaa\0\x38\x9b\x71"
_FORMS = st.one_of(
    st.builds(
        _form,
        st.sampled_from([1, 1, 3, 0xFFFE]),
        st.sampled_from([1, 1, 2, 0, 3, 65535]),
        _RATES,
        st.sampled_from([16, 16, 8, 24, 32, 0, 7, 65535]),
        st.sampled_from([b"", b"", b"\0\0", _EXTENSION]),
    ),
    st.builds(rec.chunk, st.just(b"fmt "), st.binary(max_size=20)),
)
_CHUNKS = st.one_of(
    _FORMS,
    st.builds(rec.chunk, st.just(b"data"), _SAMPLES_OF_ANY),
    st.builds(rec.chunk, st.sampled_from([b"LIST", b"fact", b"\0\0\0\0"]), st.binary(max_size=5)),
)
WAVS = st.one_of(
    st.builds(
        lambda form, samples, more: rec.riff(form, rec.chunk(b"data", samples), *more),
        _FORMS,
        _SAMPLES_OF_ANY,
        st.lists(_CHUNKS, max_size=2),
    ),
    st.builds(
        lambda chunks, size: rec.riff(*chunks, size=size),
        st.lists(_CHUNKS, max_size=4),
        st.sampled_from([None, None, 0, 0xFFFFFFFF]),
    ),
)
_MP3S = st.builds(
    lambda tags, frames, behind: b"".join((*tags, *map(rec.mp3_frame, frames), *behind)),
    st.lists(_TAGS, max_size=3),
    st.lists(st.integers(0, 254), max_size=4),
    st.lists(_TAGS, max_size=3),
)
_OTHERS = st.one_of(
    st.builds(lambda tag, data: tag + data, _TAGS, st.builds(rec.flac, _SECONDS, rate=_RATES)),
    st.builds(rec.opus, _SECONDS),
    st.builds(rec.vorbis, _SECONDS, rate=_RATES),
    st.builds(
        rec.m4a,
        st.sampled_from([0.0, 3.2]),
        rate=st.sampled_from([8000, 44_100]),
        brand=st.sampled_from([b"M4A ", b"M4B ", b"isom"]),
        tracks=st.sampled_from([(b"soun",), (b"soun", b"vide"), (b"vide",), ()]),
    ),
)
RECORDINGS = st.one_of(WAVS, _MP3S, _OTHERS, st.integers(0, len(_HEADS) - 1).map(_head))
ANY_RECORDING = damaged(RECORDINGS, _WORDS) | st.binary(max_size=40)
ANY_WAV = damaged(WAVS, _WORDS, most=2)
