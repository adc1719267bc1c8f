"""``ddvoices tts-live``: text spoken while it is still being written."""

from __future__ import annotations

import asyncio
import codecs
import os
import sys
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ddvoices.audio.names import safe_stem
from ddvoices.cli import audio_output, options, speaking
from ddvoices.cli.session import Session
from ddvoices.errors import ExitCode, ServiceError, UsageError

if TYPE_CHECKING:
    from ddvoices.cli.audio_output import AudioOutput, Sink
    from ddvoices.cli.speaking import Speaker
    from ddvoices.client import DeepdubClient

_DEFAULT_FORMAT = "wav"
_DEFAULT_RATE = 16000
_PIECE = 4096
# seconds; twice the library's, since nobody is there who could ask for the rest
_SILENCE = 2.0
_LACKING = (
    "temperature",
    "variance",
    "tempo",
    "duration",
    "seed",
    "prompt-boost",
    "accent-base-locale",
    "accent-locale",
    "accent-ratio",
    "generation-id",
    "reference",
)


def _refuse(_context: click.Context, parameter: click.Parameter, value: Any) -> None:
    if value is not None:
        name = parameter.human_readable_name.replace("_", "-")
        raise UsageError(f"--{name}: not part of the streaming protocol: use tts-stream or tts")


def _refused(command: Callable[..., Any]) -> Callable[..., Any]:
    """Take the options that this protocol lacks, so that each is refused by its name."""
    for name in _LACKING:
        command = click.option(
            f"--{name}",
            hidden=True,
            expose_value=False,
            callback=_refuse,
            flag_value=True,
            is_flag=False,
            help="Not part of the streaming protocol.",
        )(command)
    return command


@click.command("tts-live")
@speaking.voice
@options.region
@audio_output.output
@audio_output.audio_format(*audio_output.SOCKET_FORMATS, default=_DEFAULT_FORMAT)
@speaking.sample_rate(str(_DEFAULT_RATE))
@speaking.language
@speaking.target_gender
@click.option(
    "--first-audio-timeout",
    type=click.IntRange(0),
    metavar="MS",
    help="The service's own limit for its first audio, in milliseconds.",
)
@click.option("--realtime/--no-realtime", default=None, help="The service's own real-time mode.")
@click.option("--accept-emojis", is_flag=True, help="Let the service read emojis.")
@click.option("--clean-audio/--no-clean-audio", default=None, help="Let the service clean the audio.")
@_refused
@click.pass_obj
def tts_live(
    session: Session,
    /,
    *,
    voice: str | None,
    voice_prompt_id: str | None,
    region: str | None,
    output: Path | None,
    audio_format: str | None,
    sample_rate: int | None,
    **settings: Any,
) -> int:
    """Speak what comes on stdin while it comes.

    Text goes to the service as it arrives, and with '-o -' audio goes to stdout as it is spoken; a file
    appears when stdin has ended and all is spoken. Tags such as <config locale="fr-FR"/> and [laughs] are
    passed through. What could not be spoken is said, left out, and makes the exit code 4. After Ctrl-C, or
    when the connection is lost, the file holds what was spoken until then.

    \b
    Examples:
      llm "Tell me a story" | ddvoices tts-live --voice ada -o - | ffplay -
      tail -f captions.txt | ddvoices tts-live --voice ada -o captions.wav
    """
    choice = speaking.VoiceChoice(key=voice, voice_id=voice_prompt_id, clones=False)
    stem = safe_stem(choice.label, "live")
    target = audio_output.choose_output(session, output, audio_format, stem=stem, default=_DEFAULT_FORMAT)
    asked = {**settings, "sample_rate": sample_rate or _DEFAULT_RATE, "format": target.format}
    with speaking.open_speaker(session, choice, region) as speaker:
        return _speak(session, speaker, target, speaker.options(asked))


def _speak(session: Session, speaker: Speaker, target: AudioOutput, asked: Mapping[str, Any]) -> int:
    """Speak into the target, and return the exit code.

    Nobody can type the same again, and what was spoken is paid for: it is kept, however it ends.
    """
    from ddvoices.cli.running import run_async

    typed = sys.stdin.isatty()
    if typed:
        session.say("type what is to be spoken, and end with Ctrl-D")
    shown = nullcontext(lambda _count: None) if typed else speaking.listening(session)
    end: BaseException | None = None
    with target.open(rate=asked["sample_rate"]) as sink, shown as heard:
        try:
            failed = run_async(_stream(session, speaker.client, asked, sink, heard))
        except (KeyboardInterrupt, ServiceError, UsageError) as error:
            if sink.size == 0 or target.path == audio_output.STDOUT:
                raise
            end = error
    audio_output.say_saved(session, target, sink)
    if end is not None:
        return _say_end(session, end, sink.saved or target.path)
    return ExitCode.PARTIAL if failed else ExitCode.OK


def _say_end(session: Session, end: BaseException, path: Path | None) -> int:
    """Say that not all was spoken, and return the exit code."""
    kept = f"what was spoken before is in {path}"
    if isinstance(end, KeyboardInterrupt):
        session.say_always(f"interrupted: {kept}")
        return ExitCode.INTERRUPTED
    session.error(f"{end}: {kept}")
    return ExitCode.USAGE if isinstance(end, UsageError) else ExitCode.PARTIAL


async def _stream(
    session: Session,
    client: DeepdubClient,
    asked: Mapping[str, Any],
    sink: Sink,
    heard: Callable[[int], None],
) -> int:
    """Stream stdin in and audio out, and return how many generations failed."""
    async with client.async_stream_connect(**asked) as connection:
        writing = asyncio.create_task(_write(connection))
        hearing = asyncio.create_task(_hear(session, connection, sink, heard))
        try:
            await asyncio.wait({writing, hearing}, return_when=asyncio.FIRST_EXCEPTION)
            for task in (writing, hearing):
                if task.done():
                    task.result()
            return await hearing
        finally:
            writing.cancel()
            hearing.cancel()
            await asyncio.gather(writing, hearing, return_exceptions=True)


async def _hear(session: Session, connection: DeepdubClient, sink: Sink, heard: Callable[[int], None]) -> int:
    """Write audio as it comes, to the end of the turn, and return how many generations failed."""
    from ddvoices.client import GenerationError

    failed = 0
    audio = connection.async_stream(silence=_SILENCE, headers=True)
    while True:
        try:
            async for piece in audio:
                await sink.write_when_ready(piece)
                heard(len(piece))
        except GenerationError as error:
            failed += 1
            session.error(f"not spoken: {error}")
        else:
            return failed


async def _write(connection: DeepdubClient) -> None:
    """Send stdin piece by piece, then say that it has ended."""
    empty = True
    async for text in _typed(sys.stdin.fileno()):
        empty = empty and not text.strip()
        await connection.async_stream_text(text)
    if empty:
        raise UsageError("nothing to speak: stdin is empty")
    await connection.async_stream_end()


async def _typed(descriptor: int) -> AsyncIterator[str]:
    """Yield text as it comes, whole characters only.

    Raises:
        UsageError: it isn't UTF-8, or can't be read.
    """
    decoder = codecs.getincrementaldecoder("utf-8-sig")()
    try:
        while data := await _read(descriptor):
            if text := decoder.decode(data):
                yield text
        decoder.decode(b"", final=True)
    except UnicodeDecodeError as error:
        raise UsageError(f"stdin: is not UTF-8 (byte 0x{error.object[error.start]:02x})") from error
    except OSError as error:
        raise UsageError(f"stdin: can't be read: {error.strerror}") from error


async def _read(descriptor: int) -> bytes:
    """Return what there is to read, as soon as there is something; nothing at the end.

    No thread waits for it, since none could be stopped.
    """
    from ddvoices.cli.running import until_ready

    await until_ready(descriptor, writing=False)
    return os.read(descriptor, _PIECE)
