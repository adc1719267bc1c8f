"""The process that speaks: one job a line on stdin, audio on stdout.

It is a process of its own because there are texts that make espeak-ng abort, which must not take the service
along; and so that a long text can be given up.
"""

from __future__ import annotations

import json
import signal
import struct
import sys
from typing import Any

from ddvoices.emulator.encode import FORMATS
from ddvoices.emulator.espeak import RATE, list_languages, synthesize
from ddvoices.emulator.resample import resample

_SLOWEST, _FASTEST = 80, 450  # words a minute; beyond these espeak-ng no longer follows
_SHORTEST = 0.05  # seconds
_SILENCE = bytes(2 * RATE // 4)  # where a text has nothing that can be spoken


def main() -> None:
    """Do jobs until stdin ends: the arguments of ``render`` for audio, ``{}`` for the voices.

    Each answer is its length in eight bytes, then the audio, or JSON of voices by language tag.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the service, which then ends us
    for line in sys.stdin.buffer:
        job = json.loads(line)
        answer = render(**job) if job else json.dumps(list_languages()).encode()
        sys.stdout.buffer.write(struct.pack(">Q", len(answer)) + answer)
        sys.stdout.buffer.flush()


def render(
    *,
    speech: dict[str, Any],
    words: float,
    seconds: float | None,
    pause: float,
    target: str,
    sample_rate: int,
) -> bytes:
    """Return ``speech`` in the format ``target``: at ``words`` a minute, or lasting about ``seconds``.

    ``speech`` is what ``synthesize`` takes besides its rate. ``pause`` are seconds of silence before it, and
    count among the ``seconds``, too.
    """
    pcm = _speak(speech, words)
    if seconds is not None:
        pcm = _speak(speech, words * len(pcm) / 2 / RATE / max(seconds - pause, _SHORTEST))
    form = FORMATS[target]
    rate = form.rate(sample_rate)
    return form.pack(resample(bytes(2 * round(pause * RATE)) + pcm, RATE, rate), rate)


def _speak(speech: dict[str, Any], words: float) -> bytes:
    rate = min(max(round(words), _SLOWEST), _FASTEST)
    return synthesize(rate=rate, **speech) or _SILENCE


if __name__ == "__main__":
    main()
