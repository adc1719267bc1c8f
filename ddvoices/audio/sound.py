"""The sound hash: the same for two files that sound the same by their bytes, whatever is written around it.

Frozen for ever: markers in people's accounts are made of it. ``docs/identity.md`` states the rule and test
vectors; a new rule would be a new scheme of the marker.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

from ddvoices.audio.filebytes import Data, Part, blocks, part_of
from ddvoices.audio.mpeg import audio_extent, frame_length
from ddvoices.audio.wav import read_surely


def sound_hash(data: Data) -> str:
    """Return the SHA-256 in hex over what is heard of an audio file.

    WAV: the payloads of ``fmt `` and ``data``. MP3: without ID3 and APE tags. Everything else, and what can't
    be read for sure: the whole file.
    """
    wave = read_surely(data)
    if wave is not None:
        return _hash("wav", (wave.fmt, wave.data))
    start, end = audio_extent(data)
    if end - start >= 4 and frame_length(data, start):
        return _hash("mp3", (part_of(data, start, end),))
    return _hash("file", (data,))


def _hash(kind: str, parts: Iterable[Part]) -> str:
    """Hash parts, each behind its length, under the tag of their kind."""
    state = hashlib.sha256(f"ddvoices sound/1 {kind}\0".encode())
    for part in parts:
        state.update(len(part).to_bytes(8, "big"))
        for block in blocks(part):
            state.update(block)
    return state.hexdigest()
