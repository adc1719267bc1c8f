"""The bytes of a file, read where and when they are asked for: a long recording is never held whole."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count
from typing import BinaryIO, cast

BLOCK = 2**20
"""Bytes that are looked at at once: more than four frames of the most channels that a WAV may have."""

MOST_SLICES = 200_000  # an MPEG-4 file in fragments takes three for each
MOST_READS = 500_000  # Opus takes one for each packet, of which an hour has 180,000


class InPiecesError(Exception):
    """A file is cut into so many pieces that whoever walks through them would take too long."""


class FileBytes:
    """So much of an open file as bytes are: it has a length, and slices that are bytes.

    Nobody else moves in the file meanwhile. Where it is shorter than was said, slices are. What takes more
    than ``MOST_SLICES`` slices, or more than ``MOST_READS`` of ``file``, raises InPiecesError: of 20 MB,
    millions of empty chunks can be made, but no recording is.
    """

    def __init__(self, file: BinaryIO, size: int, *, start: int = 0) -> None:
        self._file, self._size, self._start = file, size, start
        self._sliced = count(1)

    def __len__(self) -> int:
        """Return how many bytes there are."""
        return self._size

    def __getitem__(self, wanted: slice) -> bytes:
        """Read some of the bytes."""
        start, end, _ = wanted.indices(self._size)
        if next(self._sliced) > MOST_SLICES:
            raise InPiecesError
        self._file.seek(self._start + start)
        return self._file.read(max(0, end - start))

    def __bytes__(self) -> bytes:
        """Read them all."""
        return self[:]

    def part(self, start: int, end: int) -> FileBytes:
        """Return some of the bytes without reading them."""
        first, last, _ = slice(start, end).indices(self._size)
        part = FileBytes(self._file, max(0, last - first), start=self._start + first)
        part._sliced = self._sliced
        return part

    @property
    def file(self) -> BinaryIO:
        """Return the whole file, at its beginning, to be read and no more."""
        self._file.seek(0)
        return cast("BinaryIO", _Spared(self._file))


class _Spared:
    """As much of a file as a reader of tags needs, to be read so often and no more."""

    def __init__(self, file: BinaryIO) -> None:
        self._file, self._reads = file, count(1)
        self.seek, self.tell = file.seek, file.tell

    def read(self, size: int = -1) -> bytes:
        """Read some of the bytes."""
        if next(self._reads) > MOST_READS:
            raise InPiecesError
        return self._file.read(size)


Data = bytes | FileBytes
Part = bytes | memoryview | FileBytes


def part_of(data: Data, start: int, end: int) -> memoryview | FileBytes:
    """Return some of the bytes, neither read nor copied."""
    return data.part(start, end) if isinstance(data, FileBytes) else memoryview(data)[start:end]


def blocks(part: Part, size: int = BLOCK) -> Iterator[bytes | memoryview]:
    """Yield the bytes one after the other, so many at once."""
    for start in range(0, len(part), size):
        yield part[start : start + size]
