"""Where spoken audio goes, and in which format: a file that is named, a new one, or stdout.

It is opened before anything is spoken, since that costs money, and written as it comes.
"""

from __future__ import annotations

import fcntl
import os
import select
import stat
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import click

from ddvoices.audio.names import ALIKE, ENDINGS, SPOKEN_FORMATS, ending_of
from ddvoices.cli.places import check_audio_place
from ddvoices.cli.streams import is_stdout_closed
from ddvoices.errors import DdvoicesError, OutputError, UsageError

if TYPE_CHECKING:
    from ddvoices.audio.join import WavJoiner
    from ddvoices.cli.session import Session

STDOUT = Path("-")
FORMATS = SPOKEN_FORMATS
SOCKET_FORMATS = (*FORMATS, "s16le")
_MANY = 100_000

output = click.option(
    "-o",
    "--output",
    type=click.Path(dir_okay=False, allow_dash=True, path_type=Path),
    metavar="FILE",
    help="Where the audio goes; '-' is stdout.  [default: a new file here, whose name is printed]",
)


def audio_format(*formats: str, default: str) -> Callable[[Any], Any]:
    """Return the option that names the format of the audio: ``audio_format``."""
    return click.option(
        "--format",
        "audio_format",
        type=click.Choice(formats),
        help=f"The format of the audio.  [default: by the ending of --output, or {default}]",
    )


class Sink:
    """An open place for audio, in one format; ``saved`` is the new file, once it has got its name.

    In wav it takes samples or WAVs, as many as there are, and makes one file with one header of them.
    """

    def __init__(self, file: IO[bytes], audio_format: str, *, rate: int | None) -> None:
        self.saved: Path | None = None
        self.size = 0
        self._file = file
        self._start = _position(file)
        self._joiner: WavJoiner | None = None
        if audio_format == "wav":
            from ddvoices.audio.join import WavJoiner

            self._joiner = WavJoiner(rate=rate)

    def write(self, piece: bytes) -> None:
        """Write a piece of audio, at once."""
        self._put(self._framed(piece))
        self._file.flush()

    async def write_when_ready(self, piece: bytes) -> None:
        """Write a piece of audio as fast as it is taken; whoever takes it slowly holds up nothing else.

        A pipe that is ready takes at least ``PIPE_BUF`` bytes; a file always does.
        """
        from ddvoices.cli.running import until_ready

        data = self._framed(piece)
        self.size += len(data)
        while data:
            if await until_ready(self._file.fileno(), writing=True):
                data = data[os.write(self._file.fileno(), data[: select.PIPE_BUF]) :]
            else:
                self._file.write(data)
                self._file.flush()
                return

    def finish(self) -> None:
        """Write what can only be known at the end: how long it was.

        Raises:
            InvalidResponseError: nothing has come.
        """
        from ddvoices.errors import InvalidResponseError

        if self.size == 0:
            raise InvalidResponseError("the service ended without any audio")
        if self._joiner is None:
            return
        self._put(self._joiner.padding)
        if self._start is not None:
            self._file.seek(self._start)
            self._file.write(self._joiner.header())
            self._file.seek(0, os.SEEK_END)
        self._file.flush()

    def _framed(self, piece: bytes) -> bytes:
        """Return a piece as it stands in the file, after the header where it is the first."""
        from ddvoices.audio import is_text
        from ddvoices.errors import InvalidResponseError

        if self.size == 0 and is_text(piece):
            raise InvalidResponseError("the service sent text in place of audio")
        if self._joiner is None:
            return piece
        samples = self._joiner.add(piece)
        return self._joiner.header(known=False) + samples if self.size == 0 and samples else samples

    def _put(self, data: bytes) -> None:
        self.size += self._file.write(data)


@dataclass(frozen=True, slots=True, kw_only=True)
class AudioOutput:
    """A place for audio: ``path`` as it was named, None for a new file called after ``stem``."""

    path: Path | None
    format: str
    stem: str

    @contextmanager
    def open(self, *, rate: int | None = None) -> Iterator[Sink]:
        """Open the place; a file appears at the end of the block, whole, or not at all.

        ``rate`` is that of 16-bit mono samples that come without a header, where the format is wav. A new
        file never takes the place of another.

        Raises:
            OutputError: it can't be written there.
        """
        place = _Place()
        if self.path == STDOUT:
            opened = _stdout()
        elif self.path is None:
            opened = _new_file(self.stem, ending_of(self.format), place)
        else:
            opened = _named_file(self.path)
        with opened as file:
            sink = Sink(file, self.format, rate=rate)
            yield sink
            sink.finish()
        sink.saved = place.path


def choose_output(
    session: Session, path: Path | None, audio_format: str | None, *, stem: str, default: str
) -> AudioOutput:
    """Return where audio goes and in which format, the format by the ending if it isn't named.

    Raises:
        UsageError: stdout is a terminal, a file of the catalog is in the way, or the ending says nothing
            about the format.
    """
    if path == STDOUT and is_stdout_closed():
        raise UsageError("stdout is closed, and the audio would be lost: name a file by -o")
    if path == STDOUT and sys.stdout.isatty():
        raise UsageError("audio would garble this terminal: name a file by -o, or pipe it on")
    check_audio_place(session.catalog_directory, path)
    suffix = path.suffix.lower() if path is not None and path != STDOUT else ""
    if audio_format is None and suffix and suffix not in ENDINGS:
        known = ", ".join(ENDINGS)
        raise UsageError(f"{path}: no format has this ending ({known}): name the format by --format")
    implied = ENDINGS.get(suffix)
    wanted = ALIKE.get(audio_format or "", audio_format)
    if path is not None and wanted and implied and implied != wanted:
        session.warn(f"{path}: what is in it will be {audio_format}, whatever the ending says")
    return AudioOutput(path=path, format=audio_format or implied or default, stem=stem)


def say_saved(session: Session, target: AudioOutput, sink: Sink) -> None:
    """Say where the audio is: the name of a new file on stdout, since nobody else knows it."""
    if sink.saved is not None:
        click.echo(str(sink.saved))
    elif target.path != STDOUT:
        session.say(f"saved to {target.path}")


@dataclass(slots=True)
class _Place:
    """The name that a new file has got."""

    path: Path | None = None


def _position(file: IO[bytes]) -> int | None:
    """Return where a file is written to, None if it can't be gone back to."""
    try:
        number = file.fileno()
        regular = stat.S_ISREG(os.fstat(number).st_mode)
        appends = fcntl.fcntl(number, fcntl.F_GETFL) & os.O_APPEND
        return file.tell() if regular and not appends else None
    except (OSError, ValueError):
        return None


@contextmanager
def _stdout() -> Iterator[IO[bytes]]:
    """Open stdout; that nobody reads it any more is for the program to know."""
    try:
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
    except (BrokenPipeError, DdvoicesError):
        raise
    except OSError as error:
        raise OutputError(f"stdout: can't be written: {error.strerror}") from error


@contextmanager
def _named_file(path: Path) -> Iterator[IO[bytes]]:
    """Open a file that is named; a device or a pipe stays what it is."""
    from ddvoices.files import is_special, special_file, whole_file

    with special_file(path) if is_special(path) else whole_file(path) as file:
        yield file


@contextmanager
def _new_file(stem: str, ending: str, place: _Place) -> Iterator[IO[bytes]]:
    """Open a file in the working directory that gets the first free name when it is whole."""
    from uuid import uuid4

    from ddvoices.files import whole_file

    part = Path(f".{stem}-{uuid4().hex}{ending}")
    try:
        with ExitStack() as stack:
            try:
                file = stack.enter_context(whole_file(part))
            except OutputError as error:
                reason = getattr(error.__cause__, "strerror", "")
                message = f"no file can be made here: {reason}: name one elsewhere by -o"
                raise OutputError(message) from error
            yield file
        place.path = _move_to_free(part, _names(stem, ending))
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
