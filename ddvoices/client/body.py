"""Request bodies that know how far they were sent, and JSON with a sample that is never held whole."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterator, Mapping
from typing import Any, BinaryIO, Protocol

from ddvoices.client.errors import InvalidOptionError, SampleChangedError

BLOCK = 48 * 1024
"""Bytes of a sample at a time; a multiple of 3, so that each block's base64 has no padding."""


class Body(Protocol):
    """What is sent: its length is the Content-Length; ``finished`` once its last bytes were handed out."""

    finished: bool

    def __len__(self) -> int:
        """Return the length in bytes."""
        ...

    def __iter__(self) -> Iterator[bytes]:
        """Hand it out."""
        ...


class WholeBody:
    """A small body."""

    def __init__(self, content: bytes) -> None:
        self._content = content
        self.finished = False

    def __len__(self) -> int:
        """Return the length in bytes."""
        return len(self._content)

    def __iter__(self) -> Iterator[bytes]:
        """Hand it out."""
        self.finished = True
        yield self._content


class SampleBody:
    """A JSON object with a file's content in base64 as its last field.

    The file is hashed while it is sent. If it isn't what was promised, ``SampleChangedError`` comes instead
    of the last block: no server can take what arrived for the whole.
    """

    def __init__(
        self, fields: Mapping[str, Any], field: str, file: BinaryIO, *, size: int, sha256: str
    ) -> None:
        self._head = encode(fields)[:-1] + f'{", " if fields else ""}"{field}": "'.encode()
        self._file = file
        self._size = size
        self._sha256 = sha256.lower()
        self.finished = False

    def __len__(self) -> int:
        """Return the length in bytes."""
        return len(self._head) + (self._size + 2) // 3 * 4 + len(_TAIL)

    def __iter__(self) -> Iterator[bytes]:
        """Hand it out block by block, from the beginning of the file."""
        yield self._head
        digest = hashlib.sha256()
        held = b""
        for block in self._blocks():
            if held:
                yield base64.b64encode(held)
            digest.update(block)
            held = block
        if digest.hexdigest() != self._sha256:
            raise SampleChangedError("the sample changed while it was sent: nothing was made of it")
        self.finished = True
        yield base64.b64encode(held) + _TAIL

    def _blocks(self) -> Iterator[bytes]:
        """Read exactly the promised bytes, in blocks that are full but for the last."""
        left = self._size
        try:
            self._file.seek(0)
            while left and (block := self._read(min(left, BLOCK))):
                left -= len(block)
                yield block
            more = self._file.read(1)
        except OSError as error:
            # It must not look like a failure of the connection.
            raise SampleChangedError(
                f"the sample can't be read any more: {error.strerror or error}"
            ) from error
        if left or more:
            raise SampleChangedError("the sample's length changed while it was sent: nothing was made of it")

    def _read(self, count: int) -> bytes:
        """Read ``count`` bytes, fewer only at the end of the file; one read may give less."""
        parts = []
        while count and (part := self._file.read(count)):
            parts.append(part)
            count -= len(part)
        return b"".join(parts)


_TAIL = b'"}'


def encode(value: object) -> bytes:
    """Return ``value`` as JSON, in ASCII.

    Raises:
        InvalidOptionError: JSON can't hold it.
    """
    try:
        return json.dumps(value, allow_nan=False).encode("ascii")
    except (TypeError, ValueError, RecursionError) as error:
        raise InvalidOptionError(f"an option can't be sent: {error}") from error
