"""Recordings and their parts, made by code: each is tiny, and the same on every machine."""

from __future__ import annotations

import math
import struct
import zlib


def chunk(name: bytes, payload: bytes, *, pad: bytes = b"\0") -> bytes:
    return name + struct.pack("<I", len(payload)) + payload + (pad if len(payload) % 2 else b"")


def riff(*chunks: bytes, size: int | None = None, magic: bytes = b"RIFF") -> bytes:
    body = b"WAVE" + b"".join(chunks)
    return magic + struct.pack("<I", len(body) if size is None else size) + body


def fmt(*, rate: int = 16_000, channels: int = 1, bits: int = 16, tag: int = 1, extra: bytes = b"") -> bytes:
    align = channels * bits // 8
    return chunk(b"fmt ", struct.pack("<HHIIHH", tag, channels, rate, rate * align, align, bits) + extra)


def wav(samples: bytes, **form: int) -> bytes:
    return riff(fmt(**form), chunk(b"data", samples))


def tone(seconds: float = 3.2, *, rate: int = 16_000, peak: int = 8_000) -> bytes:
    """Return 16-bit samples of a low tone that never stands at its peak."""
    count = int(seconds * rate)
    return struct.pack(f"<{count}h", *(int(peak * math.sin(0.05 * i)) for i in range(count)))


def id3v2(
    body: bytes = b"\0" * 20, *, footer: bool = False, version: int = 4, magic: bytes = b"ID3"
) -> bytes:
    size = bytes(len(body) >> shift & 0x7F for shift in (21, 14, 7, 0))
    head = bytes([version, 0, 0x10 if footer else 0]) + size
    return magic + head + body + (b"3DI" + head if footer else b"")


def id3v1(*, plus: bool = False) -> bytes:
    return (b"TAG+" + bytes(223) if plus else b"") + b"TAG" + bytes(125)


def ape(body: bytes = b"item", *, version: int = 2000, header: bool = True) -> bytes:
    def frame(flags: int) -> bytes:
        return b"APETAGEX" + struct.pack("<IIII8x", version, len(body) + 32, 1, flags)

    has_header = 0x80000000 if header else 0
    return (frame(has_header | 0x20000000) if header else b"") + body + frame(has_header)


def mp3_frame(fill: int = 0) -> bytes:
    """Return a frame of MPEG-2 layer III: 8 kbit/s, 16 kHz, 36 bytes, 36 ms."""
    return b"\xff\xf3\x18\xc0" + bytes([fill % 255]) * 32


def mp3(seconds: float = 3.2) -> bytes:
    return b"".join(mp3_frame(i) for i in range(round(seconds / 0.036)))


def flac(seconds: float = 3.2, *, rate: int = 16_000) -> bytes:
    """Return a FLAC file of which only the header is there, which is where its length stands."""
    bits = (rate << 44) | (0 << 41) | (15 << 36) | int(seconds * rate)
    info = struct.pack(">HH", 4096, 4096) + bytes(6) + bits.to_bytes(8, "big") + bytes(16)
    return b"fLaC" + b"\x80" + len(info).to_bytes(3, "big") + info + b"\xff\xf8" + bytes(64)


def opus(seconds: float = 3.2) -> bytes:
    head = b"OpusHead" + struct.pack("<BBHIhB", 1, 1, 0, 16_000, 0, 0)
    tags = b"OpusTags" + struct.pack("<II", 0, 0)
    return (
        _ogg_page(head, 0, 0, 2)
        + _ogg_page(tags, 1, 0, 0)
        + _ogg_page(b"\x08" * 50, 2, int(seconds * 48_000), 4)
    )


def vorbis(seconds: float = 3.2, *, rate: int = 16_000) -> bytes:
    head = b"\x01vorbis" + struct.pack("<IBIiiiBB", 0, 1, rate, 0, 0, 0, 0xB8, 1)
    comment = b"\x03vorbis" + struct.pack("<II", 0, 0) + b"\x01"
    return (
        _ogg_page(head, 0, 0, 2)
        + _ogg_page(comment, 1, 0, 0)
        + _ogg_page(b"\0" * 50, 2, int(seconds * rate), 4)
    )


def _ogg_page(packet: bytes, sequence: int, granule: int, flags: int) -> bytes:
    head = b"OggS" + struct.pack("<BBqIIIBB", 0, flags, granule, 7, sequence, 0, 1, len(packet))
    return head + packet


def m4a(
    seconds: float = 3.2,
    *,
    rate: int = 16_000,
    brand: bytes = b"M4A ",
    tracks: tuple[bytes, ...] = (b"soun",),
) -> bytes:
    return box(b"ftyp", brand + bytes(4) + b"isom") + box(
        b"moov",
        box(b"mvhd", struct.pack(">IIIII80x", 0, 0, 0, 1000, int(seconds * 1000))),
        *(_track(kind, seconds, rate) for kind in tracks),
    )


def _track(kind: bytes, seconds: float, rate: int) -> bytes:
    sound = struct.pack(">6xH8xHHHHI", 1, 1, 16, 0, 0, rate << 16)
    decoder = b"\x04\x0d\x40\x15" + bytes(11)  # AAC
    stream = box(b"esds", bytes(4) + b"\x03\x12\0\0\0" + decoder)
    table = box(b"stsd", struct.pack(">II", 0, 1), box(b"mp4a", sound, stream))
    head = box(b"mdhd", struct.pack(">IIIIIHH", 0, 0, 0, rate, int(seconds * rate), 0, 0))
    handler = box(b"hdlr", bytes(8) + kind + bytes(13))
    return box(b"trak", box(b"mdia", head, handler, box(b"minf", box(b"stbl", table))))


def box(kind: bytes, *payload: bytes) -> bytes:
    body = b"".join(payload)
    return struct.pack(">I", len(body) + 8) + kind + body


def png() -> bytes:
    def part(name: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))

    return (
        b"\x89PNG\r\n\x1a\n"
        + part(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0))
        + part(b"IEND", b"")
    )


LFS_POINTER = (
    b"version https://git-lfs.github.com/spec/v1\n"
    b"oid sha256:4d7a214614ab2935c943f9e0ff69d22eadbb8f32b1258daaa5e2ca24d17e2393\nsize 12345\n"
)
