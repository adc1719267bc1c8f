"""The sound hash: the same whatever is written around the sound, another for any change of it; for ever."""

import hashlib
import io
import re
import struct
from pathlib import Path

import pytest
import recordings as rec
from hypothesis import assume, example, given
from hypothesis import strategies as st

from ddvoices.audio import FileBytes, sniff, sound_hash

DOCS = Path(__file__).resolve().parents[2] / "docs" / "identity.md"
PCM = struct.pack("<8h", 0, 100, -100, 32767, -32768, 1, 2, 3)
MP3 = rec.mp3(0.18)
FACT = rec.chunk(b"fact", struct.pack("<I", 8))


def documented() -> list[tuple[str, bytes, str]]:
    """Return the test vectors of the docs: what, the file's bytes, the hash."""
    row = re.compile(r"^\| (.+) \| `([0-9a-f* ]+)` \| `([0-9a-f]{64})` \|$", re.MULTILINE)
    rows = row.findall(DOCS.read_text(encoding="utf-8"))
    return [(what, _bytes(shown), expected) for what, shown, expected in rows]


def _bytes(shown: str) -> bytes:
    parts = (part.partition("*") for part in shown.split())
    return b"".join(bytes.fromhex(digits) * int(times or 1) for digits, _, times in parts)


def test_there_are_documented_vectors():
    assert len(documented()) == 7


@pytest.mark.parametrize(("what", "data", "expected"), documented())
def test_a_documented_vector_holds(what, data, expected):
    assert sound_hash(data) == expected


def rule(kind: str, *parts: bytes) -> str:
    """Hash as docs/identity.md words it, once more by hand."""
    framed = b"".join(len(part).to_bytes(8, "big") + part for part in parts)
    return hashlib.sha256(b"ddvoices sound/1 " + kind.encode() + b"\0" + framed).hexdigest()


def test_the_hash_is_what_the_rule_says():
    assert sound_hash(rec.wav(PCM)) == rule("wav", rec.fmt()[8:], PCM)
    assert sound_hash(MP3) == rule("mp3", MP3)
    assert sound_hash(rec.flac()) == rule("file", rec.flac())


# WAV

OTHER_CHUNKS = st.lists(
    st.tuples(
        st.sampled_from([b"LIST", b"bext", b"id3 ", b"fact", b"JUNK", b"cue "]), st.binary(max_size=40)
    ),
    max_size=4,
).map(lambda pairs: [rec.chunk(name, body) for name, body in pairs])
SAMPLES = st.binary(min_size=1, max_size=60)


@given(samples=SAMPLES, before=OTHER_CHUNKS, between=OTHER_CHUNKS, after=OTHER_CHUNKS)
def test_other_chunks_never_change_a_wav(samples, before, between, after):
    data = rec.chunk(b"data", samples)
    changed = rec.riff(*before, rec.fmt(), *between, data, *after)
    assert sound_hash(changed) == sound_hash(rec.wav(samples))


@given(samples=SAMPLES, others=OTHER_CHUNKS, place=st.integers(0, 59), bit=st.integers(0, 7))
def test_one_changed_bit_always_changes_a_wav(samples, others, place, bit):
    assume(place < len(samples))
    changed = bytearray(samples)
    changed[place] ^= 1 << bit
    assert sound_hash(rec.riff(rec.fmt(), rec.chunk(b"data", bytes(changed)), *others)) != sound_hash(
        rec.wav(samples)
    )


@given(samples=SAMPLES)
def test_the_form_of_the_samples_is_part_of_a_wav(samples):
    hashes = {
        sound_hash(rec.wav(samples, **form))
        for form in ({}, {"rate": 8000}, {"channels": 2}, {"bits": 8}, {"tag": 0xFFFE})
    }
    assert len(hashes) == 5


@given(left=SAMPLES, right=SAMPLES)
def test_a_byte_that_moves_between_fmt_and_data_changes_a_wav(left, right):
    def parted(at: int) -> bytes:
        both = left + right
        return rec.riff(rec.fmt(extra=both[:at]), rec.chunk(b"data", both[at:] or b"x"))

    assert sound_hash(parted(0)) != sound_hash(parted(len(left)))


GOOD_FMT, GOOD_DATA = rec.fmt(), rec.chunk(b"data", b"abc")  # an odd length, so that it is padded
UNSURE = {
    "cut off in the samples": rec.wav(PCM)[:-2],
    "cut off in a later chunk": rec.riff(GOOD_FMT, GOOD_DATA, rec.chunk(b"LIST", b"12345678"))[:-3],
    "a later chunk's head is cut off": rec.riff(GOOD_FMT, GOOD_DATA) + b"LIS",
    "streamed: both lengths unknown": rec.riff(GOOD_FMT, b"data\xff\xff\xff\xff" + PCM, size=0xFFFFFFFF),
    "streamed: both lengths zero": rec.riff(GOOD_FMT, b"data\0\0\0\0" + PCM, size=0),
    "RIFF is longer than the file": rec.riff(GOOD_FMT, GOOD_DATA, size=999),
    "RIFF is shorter than the file": rec.wav(PCM) + b"TAG" + bytes(125),
    "the pad byte isn't zero": rec.riff(GOOD_FMT, rec.chunk(b"data", b"abc", pad=b"!"), FACT),
    "no pad byte before a chunk": rec.riff(GOOD_FMT, rec.chunk(b"data", b"abc", pad=b""), FACT),
    "two fmt": rec.riff(GOOD_FMT, GOOD_FMT, GOOD_DATA),
    "two data": rec.riff(GOOD_FMT, GOOD_DATA, GOOD_DATA),
    "data before fmt": rec.riff(GOOD_DATA, GOOD_FMT),
    "no data": rec.riff(GOOD_FMT, FACT),
    "no samples": rec.riff(GOOD_FMT, rec.chunk(b"data", b"")),
    "no fmt": rec.riff(GOOD_DATA),
    "a short fmt": rec.riff(rec.chunk(b"fmt ", bytes(12)), GOOD_DATA),
    "a chunk name that isn't text": rec.riff(GOOD_FMT, GOOD_DATA, rec.chunk(b"\0\1\2\3", b"")),
    "RF64": rec.riff(GOOD_FMT, GOOD_DATA, magic=b"RF64"),
}


@pytest.mark.parametrize("data", UNSURE.values(), ids=UNSURE)
def test_a_wav_that_is_odd_is_hashed_whole(data):
    assert sound_hash(data) == rule("file", data)


@pytest.mark.parametrize("size", [None, 12 + 24 + 8 + 3 - 8])
def test_the_last_pad_byte_may_be_missing(size):
    """Python's own wave module writes none, and counts none."""
    unpadded = rec.riff(rec.fmt(), rec.chunk(b"data", b"abc", pad=b""), size=size)
    assert sound_hash(unpadded) == sound_hash(rec.riff(rec.fmt(), rec.chunk(b"data", b"abc")))


def test_a_missing_pad_byte_may_be_counted():
    padded = rec.riff(rec.fmt(), rec.chunk(b"data", b"abc"))
    assert sound_hash(padded[:-1]) == sound_hash(padded)


# MP3

LEADING = st.lists(
    st.one_of(
        st.builds(
            rec.id3v2, st.binary(max_size=200), footer=st.booleans(), version=st.sampled_from([2, 3, 4])
        ),
        st.builds(rec.ape, st.binary(max_size=40)),
    ),
    max_size=3,
).map(b"".join)
TRAILING = st.lists(
    st.one_of(
        st.builds(rec.id3v1, plus=st.booleans()),
        st.builds(
            rec.ape,
            st.binary(max_size=40),
            version=st.sampled_from([1000, 2000]),
            header=st.just(value=False),
        ),
        st.builds(rec.ape, st.binary(max_size=40)),
        st.builds(rec.id3v2, st.binary(max_size=200), footer=st.just(value=True)),
    ),
    max_size=3,
).map(b"".join)
FRAMES = st.lists(st.integers(0, 254), min_size=1, max_size=4).map(
    lambda fills: b"".join(map(rec.mp3_frame, fills))
)


@given(frames=FRAMES, leading=LEADING, trailing=TRAILING)
@example(frames=rec.mp3_frame(0), leading=b"", trailing=rec.ape(bytes(67)))  # its header looks like ID3v1
@example(frames=rec.mp3_frame(0), leading=b"", trailing=rec.ape(bytes(1)) + rec.ape(bytes(2)))
@example(frames=rec.mp3_frame(0), leading=b"", trailing=rec.ape(bytes(39)) + rec.id3v2(bytes(8), footer=True))
def test_tags_never_change_an_mp3(frames, leading, trailing):
    assert sound_hash(leading + frames + trailing) == sound_hash(frames)


@given(frames=FRAMES, leading=LEADING, trailing=TRAILING, place=st.integers(4, 35))
def test_one_changed_byte_always_changes_an_mp3(frames, leading, trailing, place):
    changed = bytearray(frames)
    changed[place] ^= 1
    assert sound_hash(leading + bytes(changed) + trailing) != sound_hash(frames)


NOT_SURELY_MP3 = {
    "a tag that is longer than the file": b"ID3\4\0\0\0\0\x7f\x7f" + MP3,
    "something between the tag and the audio": rec.id3v2() + bytes(9) + MP3,
    "nothing but tags": rec.id3v2() + rec.id3v1(),
    "layer II": b"\xff\xf5" + MP3[2:],
    "not audio": b"hello",
    "nothing": b"",
    "flac with ID3": rec.id3v2() + rec.flac(),
}


@pytest.mark.parametrize("data", NOT_SURELY_MP3.values(), ids=NOT_SURELY_MP3)
def test_what_is_not_surely_mp3_is_hashed_whole(data):
    assert sound_hash(data) == rule("file", data)


# all


@given(data=st.binary(max_size=300))
def test_any_bytes_have_a_hash_and_perhaps_a_format(data):
    stored = FileBytes(io.BytesIO(data), len(data))
    assert len(sound_hash(data)) == 64
    assert (sound_hash(stored), sniff(stored)) == (sound_hash(data), sniff(data))
