"""Where spoken audio goes, and in which format: a file that is named, a new one, or stdout."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ddvoices.errors import OutputError, UsageError

if TYPE_CHECKING:
    from ddvoices.cli.session import Session

STDOUT = Path("-")
FORMATS = ("mp3", "opus", "mulaw", "headerless-wav", "wav")
DEFAULT_FORMAT = "mp3"
# the first ending of a format is that of new files
ENDINGS = {
    ".mp3": "mp3",
    ".opus": "opus",
    ".ogg": "opus",
    ".ulaw": "mulaw",
    ".mulaw": "mulaw",
    ".pcm": "headerless-wav",
    ".raw": "headerless-wav",
    ".wav": "wav",
}
_LONGEST_STEM = 60
_MANY = 100_000

output = click.option(
    "-o",
    "--output",
    type=click.Path(dir_okay=False, allow_dash=True, path_type=Path),
    metavar="FILE",
    help="Where the audio goes; '-' is stdout.  [default: a new file here, whose name is printed]",
)
audio_format = click.option(
    "--format",
    "audio_format",
    type=click.Choice(FORMATS),
    help=f"The format of the audio.  [default: by the ending of --output, or {DEFAULT_FORMAT}]",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class AudioOutput:
    """A place for audio: ``path`` as it was named, None for a new file called after ``stem``."""

    path: Path | None
    format: str
    stem: str

    def save(self, make: Callable[[], bytes]) -> Path | None:
        """Make the audio and put it in its place; return the new file, if that is what it is.

        That it can be written there is tried before it is made, because making it costs money. A file
        appears whole or not at all, and a new one never takes the place of another.

        Raises:
            OutputError: it can't be written there.
        """
        if self.path == STDOUT:
            _write_stdout(make)
            return None
        if self.path is None:
            return _save_new(self.stem, _ending(self.format), make)
        _save_as(self.path, make)
        return None


def choose_output(session: Session, path: Path | None, audio_format: str | None, *, stem: str) -> AudioOutput:
    """Return where audio goes and in which format, the format by the ending if it isn't named.

    Raises:
        UsageError: stdout is a terminal, or the ending says nothing about the format.
    """
    if path == STDOUT and sys.stdout.isatty():
        raise UsageError("audio would garble this terminal: name a file by -o, or pipe it on")
    suffix = path.suffix.lower() if path is not None and path != STDOUT else ""
    if audio_format is None and suffix and suffix not in ENDINGS:
        known = ", ".join(ENDINGS)
        raise UsageError(f"{path}: no format has this ending ({known}): name the format by --format")
    implied = ENDINGS.get(suffix)
    if path is not None and audio_format and implied and implied != audio_format:
        session.warn(f"{path}: what is in it will be {audio_format}, whatever the ending says")
    return AudioOutput(path=path, format=audio_format or implied or DEFAULT_FORMAT, stem=stem)


def safe_stem(*parts: str) -> str:
    """Return a short name for a file, of plain letters, digits and single hyphens."""
    import re
    import unicodedata

    plain = unicodedata.normalize("NFKD", " ".join(parts)).encode("ascii", "ignore").decode().lower()
    words = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")
    if len(words) > _LONGEST_STEM:
        at_a_word = words[: _LONGEST_STEM + 1].rpartition("-")[0]
        words = at_a_word if len(at_a_word) > _LONGEST_STEM // 2 else words[:_LONGEST_STEM]
    return words or "speech"


def add_wav_header(samples: bytes, *, sample_rate: int) -> bytes:
    """Return 16-bit mono samples as a WAV file; what is one already stays as it is."""
    import io
    import wave

    if samples[:4] == b"RIFF" and samples[8:12] == b"WAVE":
        return samples
    whole = io.BytesIO()
    with wave.open(whole, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(sample_rate)
        file.writeframes(samples[: len(samples) // 2 * 2])
    return whole.getvalue()


def _ending(audio_format: str) -> str:
    return next(ending for ending, known in ENDINGS.items() if known == audio_format)


def _write_stdout(make: Callable[[], bytes]) -> None:
    audio = make()
    try:
        sys.stdout.buffer.write(audio)
        sys.stdout.buffer.flush()
    except BrokenPipeError:
        raise
    except OSError as error:
        raise OutputError(f"stdout: can't be written: {error.strerror}") from error


def _save_as(path: Path, make: Callable[[], bytes]) -> None:
    from ddvoices.files import is_special, write_special, write_whole

    special = is_special(path)
    if not special:
        _try_out(path)
    audio = make()
    if special:
        write_special(path, audio)
    else:
        write_whole(path, audio)


def _try_out(path: Path) -> None:
    """Find out whether a file can be written there, and leave no trace.

    Nothing is made in between: an error of the service is an OSError, too, and not one of the file.
    """
    from ddvoices.files import whole_file

    with suppress(_TriedError), whole_file(path):
        raise _TriedError


class _TriedError(Exception):
    """A file could be written."""


def _save_new(stem: str, ending: str, make: Callable[[], bytes]) -> Path:
    """Save under the first free name in the working directory."""
    from uuid import uuid4

    from ddvoices.files import write_whole

    part = Path(f".{stem}-{uuid4().hex}{ending}")
    try:
        _try_out(part)
    except OutputError as error:
        reason = getattr(error.__cause__, "strerror", "")
        raise OutputError(f"no file can be made here: {reason}: name one elsewhere by -o") from error
    audio = make()
    write_whole(part, audio)
    try:
        return _move_to_free(part, _names(stem, ending))
    finally:
        part.unlink(missing_ok=True)


def _names(stem: str, ending: str) -> Iterator[Path]:
    yield Path(stem + ending)
    for number in range(2, _MANY):
        yield Path(f"{stem}-{number}{ending}")


def _move_to_free(part: Path, names: Iterator[Path]) -> Path:
    """Move a file to the first name that is free, claimed first so that two runs never choose the same."""
    for path in names:
        try:
            path.open("xb").close()
        except FileExistsError:
            continue
        except OSError as error:
            raise OutputError(f"{path}: can't be written: {error.strerror}") from error
        return part.replace(path)
    raise OutputError(f"too many files are called {part.stem}")
