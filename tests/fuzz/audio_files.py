"""What must hold of any bytes that are taken for a recording."""

from __future__ import annotations

import hashlib
import io
import struct
import wave
from contextlib import suppress
from unittest.mock import patch

from audio import recordings as rec
from counting import calls_of

from ddvoices.audio import (
    FORMATS,
    AudioFacts,
    FileBytes,
    inspect,
    is_lfs_pointer,
    is_text,
    seconds_of,
    sniff,
    sound_hash,
)
from ddvoices.audio.filebytes import blocks
from ddvoices.audio.join import WavJoiner, join_wav, make_wav, wav_samples
from ddvoices.audio.levels import flat_tops, is_silent
from ddvoices.audio.mpeg import audio_extent, frame_length
from ddvoices.audio.pcm import cut_wav
from ddvoices.audio.wav import Wave, read_roughly, read_surely
from ddvoices.errors import InvalidResponseError

WEEK_SECONDS = 604_800
PARTED = b"<parted>"
"""Stands between two pieces of one stream of WAVs."""


def check_audio(data: bytes) -> None:
    """Whatever a file holds, it is told what it is, the same however it is read, or that it is no audio."""
    facts = inspect(data)
    _agrees_with_a_file(data, facts)
    _looks_at_each_byte_a_few_times(data)
    is_text(data)
    is_lfs_pointer(data)
    if facts is None:
        assert sniff(data) not in set(FORMATS) - {"wav"}
        return
    assert facts.format == sniff(data)
    assert facts.format in FORMATS
    assert (facts.size, facts.sha256) == (len(data), hashlib.sha256(data).hexdigest())
    assert facts.seconds is None or 0 <= facts.seconds < WEEK_SECONDS
    assert all(each.isprintable() for each in facts.warnings)
    seconds = seconds_of(data)
    assert facts.seconds == (None if seconds is None else round(seconds, 3))
    _keeps_its_sound_in_other_tags(data, facts)


def _agrees_with_a_file(data: bytes, facts: AudioFacts | None) -> None:
    """Read the same from a file, which is never held whole."""
    with io.BufferedReader(io.BytesIO(data), buffer_size=16) as file:
        stored = FileBytes(file, len(data))
        assert inspect(stored) == facts
        assert sniff(stored) == sniff(data)
        assert sound_hash(stored) == sound_hash(data)
        assert b"".join(blocks(stored, 7)) == data
        assert bytes(stored.part(2, 40).part(1, 9)) == data[2:40][1:9]


def _looks_at_each_byte_a_few_times(data: bytes) -> None:
    """Nobody's file takes longer than others of its size."""
    assert calls_of(lambda: inspect(data)) <= 4_000 + 40 * len(data)


def _keeps_its_sound_in_other_tags(data: bytes, facts: AudioFacts) -> None:
    """Put tags around an MP3 that is surely one: it sounds the same, and is one still."""
    start, _ = audio_extent(data)
    # three letters in the audio's end make an older tag of what an ID3v1 is put behind
    if facts.format != "mp3" or not frame_length(data, start) or b"TAG+" in data[-rec_plus() :]:
        return
    leading = rec.id3v2(), rec.id3v2(footer=True), rec.ape()
    trailing = rec.id3v1(), rec.id3v2(footer=True), rec.ape(), rec.ape(header=False)
    for tagged in (*(tag + data for tag in leading), *(data + tag for tag in trailing)):
        assert sound_hash(tagged) == facts.sound
        assert sniff(tagged) == "mp3"


def rec_plus() -> int:
    """Return the length of the older tag before an ID3v1."""
    return len(rec.id3v1(plus=True)) - len(rec.id3v1())


def check_wav(data: bytes) -> None:
    """Whatever pieces come: what is read of each lies in it, and what is made of them is a WAV."""
    pieces = data.split(PARTED)
    for piece in pieces:
        _reads(piece)
    _joins(pieces)
    _makes(data)


def _reads(piece: bytes) -> None:
    sure, rough = read_surely(piece), read_roughly(piece)
    stored = FileBytes(io.BytesIO(piece), len(piece))
    assert _told(read_surely(stored)) == _told(sure)
    assert _told(read_roughly(stored)) == _told(rough)
    if sure is not None:
        assert _told(rough) == _told(sure)
        _is_what_another_reader_reads(piece, sure)
    _misses_nothing_that_another_reader_finds(piece, rough)
    if rough is not None:
        assert rough.fmt in piece
        assert bytes(rough.data) in piece
        assert rough.missing == 0 or piece.endswith(bytes(rough.data))
        _is_heard_the_same_in_small_blocks(rough)
        _is_cut(piece)


def _told(found: Wave | None) -> tuple[bytes, bytes, int] | None:
    return None if found is None else (bytes(found.fmt), bytes(found.data), found.missing)


def _is_what_another_reader_reads(piece: bytes, sure: Wave) -> None:
    """Python's own reader takes plain integers only."""
    if sure.fmt[:2] != b"\1\0" or len(sure.fmt) < 16 or not sure.channels or not sure.bits:
        return
    with wave.open(io.BytesIO(piece)) as file:
        assert (file.getnchannels(), file.getframerate()) == (sure.channels, sure.rate)
        whole = len(sure.data) - len(sure.data) % (file.getsampwidth() * file.getnchannels())
        assert file.readframes(file.getnframes()) == bytes(sure.data)[:whole]


def _misses_nothing_that_another_reader_finds(piece: bytes, rough: Wave | None) -> None:
    """Python's own reader is stricter."""
    try:
        file = wave.open(io.BytesIO(piece))  # noqa: SIM115 - it holds nothing open
    except (wave.Error, EOFError, struct.error, RuntimeError):
        return
    assert rough is not None
    assert (file.getnchannels(), file.getframerate()) == (rough.channels, rough.rate)
    assert bytes(rough.data).startswith(file.readframes(file.getnframes()))


def _is_heard_the_same_in_small_blocks(rough: Wave) -> None:
    """The longest frame sets how small they may be."""
    frame = max(1, rough.channels) * max(1, rough.bits // 8)
    told = is_silent(rough), flat_tops(rough)
    with patch("ddvoices.audio.pcm.BLOCK", 4 * frame):
        assert (is_silent(rough), flat_tops(rough)) == told


def _is_cut(piece: bytes) -> None:
    cut = cut_wav(piece, seconds=0.01, rate=8000)
    if cut is not None:
        found = read_roughly(cut)
        assert found is not None
        assert (found.rate, found.channels, found.bits) == (8000, 1, 16)
        assert len(found.data) <= 8000 * 0.01 * 2 + 2 * 8000  # a frame of a very slow one is a second


def _joins(pieces: list[bytes]) -> None:
    """Nothing is lost or added between them, and one that is joined is joined already."""
    try:
        whole = join_wav(pieces)
    except InvalidResponseError:
        return
    found, samples = read_roughly(whole), b"".join(map(wav_samples, pieces))
    assert found is not None
    assert int.from_bytes(whole[4:8], "little") == len(whole) - 8
    assert samples.startswith(bytes(found.data))
    lost = len(samples) - len(found.data)
    assert lost < max(1, found.channels * -(-found.bits // 8))
    assert join_wav([whole]) == whole
    if found.data:
        assert _told(read_surely(whole)) == _told(found)
    _is_joined_while_it_comes(pieces, whole)


def _is_joined_while_it_comes(pieces: list[bytes], whole: bytes) -> None:
    """Where the length isn't known yet, the header says so, and readers take what there is."""
    joiner = WavJoiner()
    samples = [joiner.add(piece) for piece in pieces]
    streamed = joiner.header(known=False) + b"".join(samples)
    found, expected = read_roughly(streamed), read_roughly(whole)
    assert found is not None
    assert expected is not None
    assert (found.fmt, bytes(found.data)) == (expected.fmt, bytes(expected.data))


def _makes(samples: bytes) -> None:
    """Any samples get a header, whatever they look like."""
    whole = make_wav(samples, rate=16_000)
    found = read_roughly(whole)
    assert found is not None
    assert bytes(found.data) == samples[: len(samples) // 2 * 2]
    if found.data:
        assert _told(read_surely(whole)) == _told(found)
    with suppress(InvalidResponseError):
        assert wav_samples(samples) == samples or read_roughly(samples) is not None
