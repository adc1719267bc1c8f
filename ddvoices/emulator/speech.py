"""Words into audio: who speaks how, and the process that does it (``worker``)."""

from __future__ import annotations

import hashlib
import json
import os
import re
import struct
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

from ddvoices.emulator.languages import find_language
from ddvoices.emulator.take import Take

_PATIENCE_SECONDS = 300  # for one utterance, which is far above an hour of speech
_KEYS = "DEEPDUB_API_KEY"  # and those of regions: who speaks needs none
_WORDS_PER_MINUTE = 175  # espeak-ng's own default, so tempo 1
_LONGEST_WORD = re.compile(r"\S{80}")  # espeak-ng has aborted on words of 380 letters

# For each gender: timbres that sound right, the middle of the pitch (0 to 99), and how far voices are spread
# around it. Men stay below 115 Hz and women above 155 Hz, takes that differ included or nearly so, so that
# nobody is mistaken.
_TIMBRES = {
    "female": (("+f1", "+f2", "+f3", "+f4", "+f5"), 50, 12),
    "male": (("+m1", "+m2", "+m3", "+m4", "+m5", "+m6", "+m7", "+m8"), 45, 12),
    "non_binary": (("",), 80, 9),
}


class SpeechError(Exception):
    """espeak-ng broke down over an utterance."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Utterance:
    """What to say, and how.

    ``timbre`` is any text that stands for the speaker, ``tempo`` 1 is natural; with ``seconds`` it is said at
    the tempo that makes it last about as long. ``format`` is one of ``encode.FORMATS``, and ``take`` how it
    differs from the voice's own way.
    """

    text: str
    locale: str
    timbre: str
    format: str
    sample_rate: int
    gender: str | None = None
    tempo: float = 1.0
    seconds: float | None = None
    take: Take = field(default_factory=Take)


class Speaker:
    """Speaks one utterance at a time, from any thread; the process starts when it is first needed."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._languages: dict[str, str] = {}
        self._closed = False

    def speaks(self, locale: str) -> bool:
        """Say whether there is a voice for a locale."""
        return find_language(locale, self._known()) is not None

    def speak(self, utterance: Utterance) -> bytes:
        """Return the audio; the locale must be one that it ``speaks``.

        The same utterance always gives the same bytes.

        Raises:
            SpeechError: espeak-ng can't say it, or the speaker is closed.
        """
        return self._ask(_job(utterance, self._known()))

    def close(self) -> None:
        """End the process, whatever it is doing: who waits for it gets a SpeechError."""
        self._closed = True
        process = self._process
        if process is None:
            return
        if not self._lock.acquire(blocking=False):
            process.kill()
            return
        try:
            self._process = None
            _dismiss(process)
        finally:
            self._lock.release()

    def _known(self) -> Mapping[str, str]:
        if not self._languages:
            self._languages = json.loads(self._ask({}))
        return self._languages

    def _ask(self, job: dict[str, Any]) -> bytes:
        with self._lock:
            if self._closed:
                raise SpeechError
            process = self._process = self._process or _start()
            with _killed_after(process, _PATIENCE_SECONDS):
                answer = _exchange(process, json.dumps(job).encode() + b"\n")
            if answer is None:
                self._process = None
                _dismiss(process)
                raise SpeechError
            return answer


def _start() -> subprocess.Popen[bytes]:
    # The same modules as ours, wherever they were found, and nothing of the working directory before them.
    path = os.pathsep.join(entry or os.getcwd() for entry in sys.path)  # noqa: PTH109 - a string is wanted
    kept = {name: value for name, value in os.environ.items() if not name.startswith(_KEYS)}
    return subprocess.Popen(
        [sys.executable, "-P", "-m", "ddvoices.emulator.worker"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env={**kept, "PYTHONPATH": path},
    )


def _dismiss(process: subprocess.Popen[bytes]) -> None:
    """End a process: at the end of its input, or by force where it is at work and won't see that."""
    for pipe in (process.stdin, process.stdout):
        if pipe is not None:
            with suppress(OSError):  # what was not written to the dead
                pipe.close()
    try:
        process.wait(timeout=1)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _exchange(process: subprocess.Popen[bytes], job: bytes) -> bytes | None:
    """Send a job and return the answer, or None where the process died over it."""
    if process.stdin is None or process.stdout is None:
        return None
    try:
        process.stdin.write(job)
        process.stdin.flush()
        head = process.stdout.read(8)
        size = struct.unpack(">Q", head)[0] if len(head) == 8 else 0
        answer = process.stdout.read(size)
    except OSError:
        return None
    return answer if len(head) == 8 and len(answer) == size else None


@contextmanager
def _killed_after(process: subprocess.Popen[bytes], seconds: float) -> Iterator[None]:
    timer = threading.Timer(seconds, process.kill)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def _job(utterance: Utterance, known: Mapping[str, str]) -> dict[str, Any]:
    """Return the job for an utterance: a speaker is a variant and a pitch, stable and seldom another's."""
    digest = hashlib.sha256(utterance.timbre.encode()).digest()
    variants, middle, spread = _TIMBRES[utterance.gender or "non_binary"]
    take = utterance.take
    return {
        "speech": {
            "text": _LONGEST_WORD.sub(r"\g<0> ", utterance.text),
            "voice": f"{find_language(utterance.locale, known)}{variants[digest[0] % len(variants)]}",
            "pitch": middle + digest[1] % (2 * spread + 1) - spread + take.pitch,
            "span": take.span,
        },
        "words": _WORDS_PER_MINUTE * utterance.tempo * take.pace,
        "seconds": utterance.seconds,
        "pause": take.pause,
        "target": utterance.format,
        "sample_rate": utterance.sample_rate,
    }
