"""WAV in pieces: joined into one file with one right header, whatever headers the pieces had."""

from __future__ import annotations

import io
import struct
import wave

import pytest

from ddvoices import join_wav
from ddvoices.audio import sniff
from ddvoices.audio.join import make_wav, wav_samples
from ddvoices.audio.wav import read_surely
from ddvoices.errors import InvalidResponseError

SLOWER = struct.pack("<HHIIHH", 1, 1, 8000, 16000, 2, 16)
EXTENSIBLE = struct.pack("<HHIIHHHHIH14s", 0xFFFE, 1, 16000, 32000, 2, 16, 22, 16, 4, 1, bytes(14))


def chunk(
    samples: bytes, *, fmt: bytes | None = None, extra: bytes = b"", length: int | None = None
) -> bytes:
    """Return a WAV with any ``fmt ``, other chunks before its samples, and any stated length."""
    fmt = fmt or struct.pack("<HHIIHH", 1, 1, 16000, 32000, 2, 16)
    stated = len(samples) if length is None else length
    body = b"WAVEfmt " + struct.pack("<I", len(fmt)) + fmt + extra + b"data" + struct.pack("<I", stated)
    return b"RIFF" + struct.pack("<I", len(body) + len(samples)) + body + samples


HEADERS = {
    "44 bytes": {},
    "68 bytes": {"fmt": EXTENSIBLE},
    "another chunk": {"extra": b"LIST\x03\0\0\0abc\0"},
    "length unknown": {"length": 0xFFFFFFFF},
    "length 0, as of a stream": {"length": 0},
    "length of the whole": {"length": 1000},
}


@pytest.mark.parametrize("form", HEADERS.values(), ids=HEADERS)
def test_pieces_become_one_file_that_every_reader_reads_whole(form):
    pieces = [chunk(bytes([n, 0]) * 50, **form) for n in range(4)]
    whole = join_wav(iter(pieces))
    expected = b"".join(bytes([n, 0]) * 50 for n in range(4))
    found = read_surely(whole)
    assert found is not None
    assert bytes(found.data) == expected
    assert (found.rate, found.channels, found.bits) == (16000, 1, 16)
    assert [wav_samples(each) for each in pieces] == [bytes([n, 0]) * 50 for n in range(4)]
    assert whole.count(b"RIFF") == 1
    with wave.open(io.BytesIO(whole)) as file:  # which knows the plain header only
        assert file.readframes(999) == expected


def test_pieces_with_different_headers_of_the_same_sound_are_joined():
    pieces = [chunk(b"\1\0"), chunk(b"\2\0", fmt=EXTENSIBLE), b"\3\0"]
    with wave.open(io.BytesIO(join_wav(pieces))) as file:
        assert file.readframes(9) == b"\1\0\2\0\3\0"


@pytest.mark.parametrize(
    ("pieces", "message"),
    [
        ([], "no audio"),
        ([b""], "no audio"),
        ([b"\1\0"], "no WAV header"),
        (
            [chunk(b"\1\0"), chunk(b"\1\0").replace(struct.pack("<I", 16000), struct.pack("<I", 8000))],
            "different rates",
        ),
        ([chunk(b"\1\0"), chunk(b"\1\0")[:30]], "header is cut off"),
        ([chunk(b"\1\0", fmt=struct.pack("<HHIIHH", 1, 0, 8000, 16000, 2, 16))], "without channels"),
        ([chunk(b"\1\0", fmt=struct.pack("<HHIIHH", 1, 1, 0, 0, 2, 16))], "0 samples a second"),
    ],
)
def test_what_can_not_be_one_file(pieces, message):
    with pytest.raises(InvalidResponseError, match=message):
        join_wav(pieces)


@pytest.mark.parametrize("samples", [b"", b"\1", b"\1\0", b"\1\0\2", bytes(1001)])
def test_samples_get_a_header_with_right_lengths(samples):
    whole = make_wav(samples, rate=8000)
    with wave.open(io.BytesIO(whole)) as file:
        assert (file.getframerate(), file.getnframes()) == (8000, len(samples) // 2)
    assert sniff(whole) == "wav"
    assert struct.unpack("<I", whole[4:8])[0] == len(whole) - 8


def test_a_header_that_lies_about_the_size_of_a_frame_loses_no_samples():
    lying = struct.pack("<HHIIHH", 1, 1, 8000, 16000, 65535, 16)
    samples = bytes(1000)
    found = read_surely(join_wav([chunk(samples, fmt=lying)]))
    assert found is not None
    assert bytes(found.data) == samples


def test_an_odd_number_of_bytes_is_padded():
    eight_bits = struct.pack("<HHIIHH", 1, 1, 8000, 8000, 1, 8)
    whole = join_wav([chunk(b"abc", fmt=eight_bits)])
    assert len(whole) % 2 == 0
    with wave.open(io.BytesIO(whole)) as file:
        assert file.readframes(9) == b"abc"
