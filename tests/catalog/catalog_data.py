"""What the tests put into a catalog: settings, a voice, recordings."""

import recordings as rec

FLAT_TOP = b"\xff\x7f" * 4 + b"\0\0"
RECORDINGS = {
    "ok.wav": rec.wav(rec.tone()),
    "ok.mp3": rec.mp3(),
    "ok.flac": rec.flac(),
    "ok.ogg": rec.vorbis(),
    "ok.opus": rec.opus(),
    "ok.m4a": rec.m4a(),
    "short.wav": rec.wav(rec.tone(1)),
    "telephone.wav": rec.wav(rec.tone(4, rate=8000), rate=8000),
    "silent.wav": rec.wav(bytes(100_000)),
    "clipping.wav": rec.wav(FLAT_TOP * 5 + rec.tone()),
    "renamed.wav": rec.mp3(),
    "picture.wav": rec.png(),
    "pointer.wav": rec.LFS_POINTER,
    "empty.wav": b"",
}
SETTINGS = "version: 1\nowner: acme\n"
ADA = "voices:\n  ada: {name: Ada, gender: female, sample: audio/ok.mp3}\n"
