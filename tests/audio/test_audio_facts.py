"""What is told of a recording: its format by its content, its length, and what is doubtful."""

import io
import struct

import pytest
import recordings as rec
from hypothesis import given
from hypothesis import strategies as st

from ddvoices.audio import FORMATS, AudioFacts, FileBytes, inspect, is_lfs_pointer, sniff
from ddvoices.audio.filebytes import BLOCK
from ddvoices.audio.levels import flat_tops, is_silent
from ddvoices.audio.wav import read_roughly

RECORDINGS = {
    "wav": rec.wav(rec.tone()),
    "mp3": rec.mp3(),
    "flac": rec.flac(),
    "ogg": rec.vorbis(),
    "opus": rec.opus(),
    "m4a": rec.m4a(),
}


def inspected(data: bytes) -> AudioFacts | None:
    """Return what is told of a recording, the same whether it is held whole or read from its file."""
    facts = inspect(data)
    assert inspect(FileBytes(io.BytesIO(data), len(data))) == facts
    return facts


def test_every_format_has_a_recording_here():
    assert tuple(RECORDINGS) == FORMATS


@pytest.mark.parametrize(("name", "data"), RECORDINGS.items())
def test_format_and_length_are_told_and_nothing_is_doubtful(name, data):
    facts = inspected(data)
    assert facts is not None
    assert (facts.format, facts.size, facts.warnings) == (name, len(data), ())
    assert facts.seconds == pytest.approx(3.2, abs=0.04)


@pytest.mark.parametrize(
    ("data", "name"),
    [
        (rec.id3v2() + rec.mp3(), "mp3"),
        (rec.id3v2(footer=True) + rec.id3v2() + rec.mp3() + rec.ape() + rec.id3v1(), "mp3"),
        (rec.mp3()[7:], "mp3"),  # cut out of a stream in the middle of a frame
        (rec.id3v2() + bytes(300) + rec.mp3(), "mp3"),  # padding that the tag doesn't count
        (rec.mp3_frame(), "mp3"),
        (rec.id3v2() + rec.flac(), "flac"),
        (rec.riff(rec.fmt(), rec.chunk(b"data", b"ab"), magic=b"RF64"), "wav"),
        (rec.m4a(tracks=(b"soun", b"vide"), brand=b"M4B "), "m4a"),  # an audio book with a cover
        (rec.m4a(tracks=(b"soun", b"vide"), brand=b"isom"), None),  # a film
        (rec.m4a(tracks=(b"vide",)), None),
        (rec.m4a()[:40], None),
        (rec.box(b"ftyp", b"heic"), None),
        (b"\xff\xf1\x50\x80" * 20, None),  # AAC without a container
        (rec.png(), None),
        (rec.LFS_POINTER, None),
        (b"RIFF\0\0\0\0AVI ", None),
        (b"OggS" + bytes(23) + b"\x80theora", None),
        (b"OggS", None),
        (b"<html>not found</html>", None),
        (b"", None),
    ],
)
def test_the_format_is_what_the_content_says(data, name):
    assert sniff(data) == name


@pytest.mark.parametrize(
    "data", [rec.riff(rec.fmt()), rec.riff(rec.chunk(b"data", b"ab")), b"RIFF\4\0\0\0WAVE"]
)
def test_a_wav_without_form_or_samples_is_no_audio(data):
    assert sniff(data) == "wav"
    assert inspected(data) is None


def wider(samples: bytes, bits: int) -> bytes:
    """Return 16-bit samples in 24 or 32 bits."""
    low = bits // 8 - 2
    return b"".join(b"\xff" * low + samples[i : i + 2] for i in range(0, len(samples), 2))


FLAT = struct.pack("<4h", *[32767] * 4) + rec.tone(0.01)
FLAT_BELOW = struct.pack("<4h", *[-32768] * 4) + rec.tone(0.01)
PEAKS = struct.pack("<2h", 32767, -32768) + rec.tone(0.01)


def interleaved(left: bytes, right: bytes) -> bytes:
    return b"".join(left[i : i + 2] + right[i : i + 2] for i in range(0, len(left), 2))


SHORT, TELEPHONE, SILENT, CLIPS = "it is ", "its rate is 8000 Hz", "it is silent", "it clips in "


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (rec.wav(rec.tone(2.9)), ["it is 2.9 s long: give at least 3 s of speech"]),
        (rec.wav(rec.tone(3.0)), []),
        (rec.mp3(1), [SHORT]),
        (rec.flac(1), [SHORT]),
        (rec.opus(1), [SHORT]),
        (rec.vorbis(1), [SHORT]),
        (rec.m4a(1), [SHORT]),
        (rec.wav(rec.tone(4, rate=8000), rate=8000), [TELEPHONE]),
        (rec.flac(rate=8000), [TELEPHONE]),
        (rec.wav(rec.tone(4, rate=8001), rate=8001), []),
        (rec.wav(bytes(100_000)), [SILENT]),
        (rec.wav(struct.pack("<h", 20) * 50_000), [SILENT]),
        (rec.wav(bytes(200_000) + struct.pack("<h", -5000) + bytes(200_000)), []),  # one click is no silence
        (rec.wav(wider(bytes(100_000), 24), bits=24), [SILENT]),
        (rec.wav(wider(bytes(100_000), 32), bits=32), [SILENT]),
        (rec.wav(b"\x80" * 60_000, bits=8), []),  # 8 bits aren't looked at
        (rec.wav(b"\xff\x7f" * 60_000, tag=3, bits=16), []),  # nor is anything that isn't PCM
        (rec.wav(FLAT * 3 + rec.tone()), ["it clips in 3 places: record it at a lower level"]),
        (rec.wav(FLAT * 2 + rec.tone()), []),
        (rec.wav(FLAT_BELOW * 3 + rec.tone()), [CLIPS]),
        (rec.wav(PEAKS * 30 + rec.tone()), []),  # peaks that stand alone are no clipping
        (rec.wav(interleaved(FLAT, rec.tone(len(FLAT) / 32_000)) * 3 + rec.tone(7), channels=2), [CLIPS]),
        (rec.wav(wider(FLAT, 24) * 3 + wider(rec.tone(), 24), bits=24), [CLIPS]),
        (rec.wav(wider(FLAT, 32) * 3 + wider(rec.tone(), 32), bits=32), [CLIPS]),
        (rec.wav(rec.tone(4))[:-10_000], ["it is cut off: 10000 bytes of its samples are missing"]),
        (rec.riff(rec.fmt(), b"data\xff\xff\xff\xff" + rec.tone(), size=0xFFFFFFFF), []),  # it was streamed
        (rec.riff(rec.fmt(), b"data\0\0\0\0" + rec.tone(), size=0), []),
        (rec.riff(rec.fmt(rate=0), rec.chunk(b"data", rec.tone())), ["its length can't be told"]),
        (rec.flac()[:20], ["its length can't be told"]),
    ],
)
def test_what_is_doubtful_is_told(data, expected):
    facts = inspected(data)
    assert facts is not None
    assert len(facts.warnings) == len(expected)
    for warning, beginning in zip(facts.warnings, expected, strict=True):
        assert warning.startswith(beginning)


@pytest.mark.parametrize(("channels", "bits", "length"), [(1, 16, 2), (1, 16, 4), (2, 16, 3), (3, 24, 3)])
def test_a_flat_top_is_counted_once_wherever_it_lies(channels, bits, length):
    """Long recordings are looked at block by block, and it may begin in one and end in the next."""
    width, low = channels * bits // 8, bytes(bits // 8 - 2)
    quiet = bytes(width)
    loud = low + b"\xff\x7f" + bytes(width - bits // 8)
    block = BLOCK // width
    for first in range(block - length - 1, block + 2):
        frames = quiet * first + loud * length + quiet * (block + 10 - first)
        wave = read_roughly(rec.wav(frames, channels=channels, bits=bits))
        assert flat_tops(wave) == int(length > 2), first
        assert is_silent(wave) is False


def test_an_extensible_wav_is_pcm_by_its_subformat():
    extension = struct.pack("<HHI", 22, 16, 4) + b"\1\0\0\0\0\0\x10\0\x80\0\0\xaa\0\x38\x9b\x71"
    silent = inspect(rec.riff(rec.fmt(tag=0xFFFE, extra=extension), rec.chunk(b"data", bytes(100_000))))
    assert silent is not None
    assert silent.warnings == ("it is silent",)


@pytest.mark.parametrize(
    ("data", "expected"),
    [(rec.LFS_POINTER, True), (rec.LFS_POINTER + bytes(2000), False), (b"version 1\n", False), (b"", False)],
)
def test_a_git_lfs_pointer_is_known(data, expected):
    assert is_lfs_pointer(data) is expected


MAGIC = st.sampled_from(
    [
        b"RIFF\4\0\0\0WAVEfmt \x10\0\0\0",
        b"OggS\0\2",
        b"fLaC",
        b"ID3\4\0\0",
        b"\xff\xfb\x90\0",
        b"\0\0\0\x08ftyp",
    ]
)


@given(data=st.tuples(MAGIC, st.binary(max_size=200)).map(b"".join))
def test_broken_recordings_do_no_harm(data):
    facts = inspected(data)
    assert facts is None or facts.size == len(data)


@given(
    kind=st.sampled_from(FORMATS),
    place=st.integers(0, 300),
    value=st.integers(0, 255),
    cut=st.integers(0, 300),
)
def test_damaged_recordings_do_no_harm(kind, place, value, cut):
    data = bytearray(RECORDINGS[kind][:400])
    data[place % len(data)] = value
    inspected(bytes(data[: max(0, len(data) - cut)]))
