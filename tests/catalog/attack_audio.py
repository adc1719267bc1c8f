"""Files of 20 MB that look like recordings, and are made of as many pieces as can be."""

from __future__ import annotations

import struct
from collections.abc import Callable

SIZE = 20 * 2**20
_ROOM = 2000  # for what is around the pieces
_FMT = b"fmt " + struct.pack("<IHHIIHH", 16, 1, 1, 16000, 32000, 2, 16)
_SOUND = b"data" + struct.pack("<I", 400) + b"\1\2" * 200
_TO_THE_END = b"data" + b"\xff" * 4
_FRAME = b"\xff\xfb\x90\x00" + bytes(413)
_APE = b"APETAGEX" + struct.pack("<IIII", 2000, 32, 0, 0) + bytes(8)
_RATE = b"\x03\xe8\x00\xf0\0\0\xfa\0"
_STREAMINFO = b"\0\0\0\x22" + struct.pack(">HH", 4096, 4096) + bytes(6) + _RATE + bytes(16)
_OPUS = b"OpusHead\x01\x01\0\0" + struct.pack("<I", 16000) + bytes(3)


def _many(piece: bytes) -> bytes:
    return piece * ((SIZE - _ROOM) // len(piece))


def _riff(body: bytes) -> bytes:
    return b"RIFF" + struct.pack("<I", 4 + len(body)) + b"WAVE" + body


def _box(kind: bytes, payload: bytes = b"") -> bytes:
    return struct.pack(">I", 8 + len(payload)) + kind + payload


def _nested(kind: bytes) -> bytes:
    depth = (SIZE - _ROOM) // 8
    return b"".join(struct.pack(">I", 8 * left) + kind for left in range(depth, 0, -1))


def _page(first: bool, body: bytes, segments: bytes) -> bytes:
    return b"OggS\0" + struct.pack("<BqIIIB", 2 * first, 960, 1, 0, 0, len(segments)) + segments + body


_TRACK = _box(b"trak", _box(b"mdia", _box(b"hdlr", bytes(8) + b"soun" + bytes(12))))
_M4A = _box(b"ftyp", b"M4A \0\0\0\0")
_HEAD = _page(True, _OPUS, bytes([len(_OPUS)]))

PLAIN = _riff(_FMT + b"data" + struct.pack("<I", SIZE - _ROOM) + b"\x10\x27\xf0\xd8" * ((SIZE - _ROOM) // 4))
ATTACKS: dict[str, Callable[[], bytes]] = {
    "wav: empty chunks": lambda: _riff(_FMT + _many(b"junk\0\0\0\0") + _SOUND),
    "wav: empty chunks behind": lambda: _riff(_FMT + _SOUND + _many(b"junk\0\0\0\0")),
    "wav: formats": lambda: _riff(_many(_FMT) + _SOUND),
    "wav: samples": lambda: _riff(_FMT + _many(b"data\2\0\0\0ab")),
    "wav: clipped": lambda: _riff(_FMT + _TO_THE_END + _many(b"\xff\x7f" * 3 + b"\0\0")),
    "id3": lambda: _many(b"ID3\4\0\0\0\0\0\0"),
    "id3: before frames": lambda: _many(b"ID3\4\0\0\0\0\0\0") + _FRAME * 3,
    "id3: fields": lambda: b"ID3\4\0\0\x09\x7f\x70\0" + _many(b"TXXX\0\0\0\1\0\0\3") + _FRAME * 3,
    "id3v1: behind": lambda: _FRAME * 3 + _many(b"TAG" + bytes(125)),
    "ape: behind": lambda: _FRAME * 3 + _many(_APE),
    "lyrics": lambda: _FRAME * 3 + _many(b"000000000LYRICS200"),
    "mp3: frames": lambda: _many(_FRAME),
    "mp3: beginnings": lambda: _FRAME + _many(b"\xff\xfb"),
    "m4a: boxes": lambda: _M4A + _box(b"moov", _TRACK) + _many(_box(b"free")),
    "m4a: movies": lambda: _M4A + _many(_box(b"moov")) + _box(b"moov", _TRACK),
    "m4a: tracks": lambda: _M4A + _box(b"moov", _many(_TRACK)),
    "m4a: in each other": lambda: _M4A + _box(b"moov", _TRACK + _nested(b"moov")),
    "m4a: data in each other": lambda: _M4A + _box(b"moov", _TRACK + _box(b"udta", _nested(b"meta"))),
    "opus: pages": lambda: _HEAD + _many(_page(False, b"", b"")),
    "opus: empty packets": lambda: _HEAD + _many(_page(False, b"", bytes(255))),
    "opus: packets": lambda: _HEAD + _many(_page(False, b"a" * 255, b"\1" * 255)),
    "flac: blocks": lambda: b"fLaC" + _STREAMINFO + _many(b"\1\0\0\0"),
    "flac: comments": lambda: b"fLaC" + _STREAMINFO + _many(b"\4\0\0\0"),
    "flac: formats": lambda: b"fLaC" + _many(_STREAMINFO),
}
