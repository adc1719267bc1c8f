"""``ddvoices tts-stream``: a text spoken over a socket, the audio written as it comes."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ddvoices.audio.names import safe_stem
from ddvoices.cli import audio_output, options, speaking
from ddvoices.cli.session import Session
from ddvoices.errors import ExitCode

if TYPE_CHECKING:
    from ddvoices.cli.audio_output import AudioOutput
    from ddvoices.cli.speaking import Speaker

_DEFAULT_FORMAT = "wav"


@click.command("tts-stream")
@speaking.text
@speaking.text_file
@speaking.voice
@options.region
@audio_output.output
@audio_output.audio_format(*audio_output.SOCKET_FORMATS, default=_DEFAULT_FORMAT)
@speaking.sample_rate("the service's")
@speaking.speech
@click.pass_obj
def tts_stream(
    session: Session,
    /,
    *,
    text: str | None,
    file: Path | None,
    voice: str | None,
    voice_prompt_id: str | None,
    region: str | None,
    output: Path | None,
    audio_format: str | None,
    **speech: Any,
) -> int:
    """Speak a text over a socket, as fast as it comes.

    The text is TEXT, or what stands in --file, or on stdin ('-'). With '-o -' the audio is written to stdout
    while it is still being spoken; a file appears when it is whole. A generation that breaks off is not sent
    again, since it costs credits.

    \b
    Examples:
      ddvoices tts-stream "Call me Ishmael." --voice ada-narrator -o - | ffplay -nodisp -
      ddvoices tts-stream -f chapter.txt --voice ada-narrator -o chapter.wav
    """
    spoken = speaking.read_text(text, file)
    choice = speaking.VoiceChoice(key=voice, voice_id=voice_prompt_id, clones=False)
    stem = safe_stem(choice.label, spoken)
    target = audio_output.choose_output(session, output, audio_format, stem=stem, default=_DEFAULT_FORMAT)
    with speaking.open_speaker(session, choice, region) as speaker:
        _speak(session, speaker, spoken, target, speech)
    return ExitCode.OK


def _speak(
    session: Session, speaker: Speaker, text: str, target: AudioOutput, speech: Mapping[str, Any]
) -> None:
    """Speak into the target."""
    from ddvoices.cli.running import run_async

    asked = {**speaker.options(speech), "format": target.format}
    with target.open() as sink, speaking.listening(session) as heard:

        async def work() -> None:
            async with speaker.client.async_connect() as connection:
                async for piece in connection.async_tts(text, **asked):
                    await sink.write_when_ready(piece)
                    heard(len(piece))

        run_async(work())
    audio_output.say_saved(session, target, sink)
