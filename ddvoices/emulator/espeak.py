"""espeak-ng, which comes with espeakng-loader, called through ctypes; for one thread at a time.

The library is loaded anew for each call, since what it said before changes what it says next; this takes a
third of a millisecond and makes equal calls give equal bytes.
"""

from __future__ import annotations

import _ctypes
import ctypes
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import espeakng_loader

RATE = 22050  # samples per second, of every voice that it brings

_SEED = 1  # of the breath in some voices, for which it takes the time of day otherwise
_SYNCHRONOUS = 2  # AUDIO_OUTPUT_SYNCHRONOUS: samples go to the callback, within the call
_DONT_EXIT = 0x8000  # espeakINITIALIZE_DONT_EXIT: errors are returned
_UTF8 = 1  # espeakCHARS_UTF8
_PARAMETER_RATE, _PARAMETER_PITCH, _PARAMETER_RANGE = 1, 3, 4

_WORDLESS = frozenset({"art/xex", "gmq/fo", "trk/kaa"})  # listed, but the package has no dictionary for them

_Callback = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_int, ctypes.c_void_p)


class _VoiceInfo(ctypes.Structure):
    """The head of ``espeak_VOICE``; ``languages`` is a list of (priority byte, text, NUL), ended by NUL."""

    _fields_ = (
        ("name", ctypes.c_char_p),
        ("languages", ctypes.POINTER(ctypes.c_char)),
        ("identifier", ctypes.c_char_p),
    )


def synthesize(*, voice: str, rate: int, pitch: int, span: int, text: str) -> bytes:
    """Return 16-bit mono samples at ``RATE``.

    ``rate`` is in words a minute, ``pitch`` from 0 to 99; ``span`` is how far the pitch moves, from 0 to 100,
    and 50 is usual.
    """
    samples = bytearray()

    def take(wave: int | None, count: int, _events: int | None) -> int:
        if wave and count > 0:
            samples.extend(ctypes.string_at(wave, 2 * count))
        return 0

    callback = _Callback(take)  # must outlive the calls below
    words = text.encode("utf-8", "replace").replace(b"\0", b" ") + b"\0"
    with _library() as library:
        library.espeak_SetSynthCallback(callback)
        library.espeak_SetVoiceByName(voice.encode())
        library.espeak_SetParameter(_PARAMETER_RATE, rate, 0)
        library.espeak_SetParameter(_PARAMETER_PITCH, pitch, 0)
        library.espeak_SetParameter(_PARAMETER_RANGE, span, 0)
        library.espeak_Synth(words, ctypes.c_size_t(len(words)), 0, 0, 0, _UTF8, None, None)
        library.espeak_Synchronize()
    return bytes(samples)


def list_languages() -> dict[str, str]:
    """Return the voices by language tag in lower case; of several, the one that espeak-ng ranks first."""
    ranked: dict[str, tuple[int, str]] = {}
    with _library() as library:
        library.espeak_ListVoices.restype = ctypes.POINTER(ctypes.POINTER(_VoiceInfo))
        for info in _until_null(library.espeak_ListVoices(None)):
            identifier = info.identifier.decode()
            for rank, tag in _tags(info.languages):
                if tag not in ranked or rank < ranked[tag][0]:
                    ranked[tag] = (rank, identifier)
    return {tag: identifier for tag, (_, identifier) in ranked.items() if identifier not in _WORDLESS}


@contextmanager
def _library() -> Iterator[ctypes.CDLL]:
    library = ctypes.CDLL(espeakng_loader.get_library_path())
    data = espeakng_loader.get_data_path().encode()
    library.espeak_Initialize(_SYNCHRONOUS, 0, data, _DONT_EXIT)
    library.espeak_ng_SetRandSeed(ctypes.c_long(_SEED))
    yield library
    library.espeak_Terminate()
    _ctypes.dlclose(library._handle)  # noqa: SLF001 - ctypes has no other way to unload


def _until_null(pointers: Any) -> Iterator[Any]:
    index = 0
    while pointers[index]:
        yield pointers[index].contents
        index += 1


def _tags(languages: Any) -> Iterator[tuple[int, str]]:
    at = 0
    while (rank := languages[at]) != b"\0":
        end = at + 1
        while languages[end] != b"\0":
            end += 1
        yield rank[0], languages[at + 1 : end].decode().lower()
        at = end + 1
