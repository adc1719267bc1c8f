"""The bytes of a file, read where and when they are asked for: a long recording is never held whole."""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO

BLOCK = 2**20
"""Bytes that are looked at at once: more than four frames of the most channels that a WAV may have."""


class FileBytes:
    """So much of an open file as bytes are: it has a length, and slices that are bytes.

    Nobody else moves in the file meanwhile. Where it is shorter than was said, slices are.
    """

    def __init__(self, file: BinaryIO, size: int, *, start: int = 0) -> None:
        self._file, self._size, self._start = file, size, start

    def __len__(self) -> int:
        """Return how many bytes there are."""
        return self._size

    def __getitem__(self, wanted: slice) -> bytes:
        """Read some of the bytes."""
        start, end, _ = wanted.indices(self._size)
        self._file.seek(self._start + start)
        return self._file.read(max(0, end - start))

    def __bytes__(self) -> bytes:
        """Read them all."""
        return self[:]

    def part(self, start: int, end: int) -> FileBytes:
        """Return some of the bytes without reading them."""
        first, last, _ = slice(start, end).indices(self._size)
        return FileBytes(self._file, max(0, last - first), start=self._start + first)

    @property
    def file(self) -> BinaryIO:
        """Return the whole file, at its beginning."""
        self._file.seek(0)
        return self._file


Data = bytes | FileBytes
Part = bytes | memoryview | FileBytes


def part_of(data: Data, start: int, end: int) -> memoryview | FileBytes:
    """Return some of the bytes, neither read nor copied."""
    return data.part(start, end) if isinstance(data, FileBytes) else memoryview(data)[start:end]


def blocks(part: Part, size: int = BLOCK) -> Iterator[bytes | memoryview]:
    """Yield the bytes one after the other, so many at once."""
    for start in range(0, len(part), size):
        yield part[start : start + size]
