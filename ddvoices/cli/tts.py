"""``ddvoices tts``: a text spoken into an audio file, in one call."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ddvoices.audio.names import PCM_SAMPLE_RATE, safe_stem
from ddvoices.cli import audio_output, options, speaking
from ddvoices.cli.session import Session
from ddvoices.errors import ExitCode

if TYPE_CHECKING:
    from ddvoices.cli.audio_output import AudioOutput
    from ddvoices.cli.speaking import Speaker

_DEFAULT_FORMAT = "mp3"
_SAMPLES = ("wav", "headerless-wav")


@click.command
@speaking.text
@speaking.text_file
@speaking.voice
@speaking.reference
@options.region
@audio_output.output
@audio_output.audio_format(*audio_output.FORMATS, default=_DEFAULT_FORMAT)
@speaking.sample_rate("44100 for wav and headerless-wav, else the service's")
@speaking.speech
@click.pass_obj
def tts(
    session: Session,
    /,
    *,
    text: str | None,
    file: Path | None,
    voice: str | None,
    voice_prompt_id: str | None,
    reference: Path | None,
    region: str | None,
    output: Path | None,
    audio_format: str | None,
    **speech: Any,
) -> int:
    """Speak a text into an audio file.

    The text is TEXT, or what stands in --file, or on stdin ('-'). With --voice, the catalog says which voice
    that is in the region now; nothing else needs a catalog. Each call costs credits: a file that can't be
    written and a wrong option are found before.

    \b
    Examples:
      ddvoices tts "Call me Ishmael." --voice ada-narrator
      ddvoices tts -f chapter.txt --voice ada-narrator -r eu -o chapter.wav
      ddvoices tts "Hello" --reference me.wav --tempo 1.1 -o - | ffplay -nodisp -
    """
    spoken = speaking.read_text(text, file)
    choice = speaking.VoiceChoice(key=voice, voice_id=voice_prompt_id, reference=reference)
    stem = safe_stem(choice.label, spoken)
    target = audio_output.choose_output(session, output, audio_format, stem=stem, default=_DEFAULT_FORMAT)
    with speaking.open_speaker(session, choice, region) as speaker:
        _speak(session, speaker, spoken, target, speech)
    return ExitCode.OK


def _speak(
    session: Session, speaker: Speaker, text: str, target: AudioOutput, speech: Mapping[str, Any]
) -> None:
    """Speak into the target; a WAV file is made here, since the service gives its samples alone."""
    asked = speaker.options(speech)
    wire_format = target.format
    if target.format in _SAMPLES:
        asked["sample_rate"] = speech["sample_rate"] or PCM_SAMPLE_RATE
        wire_format = "headerless-wav"
    with target.open(rate=asked["sample_rate"]) as sink, speaking.listening(session) as heard:
        for piece in speaker.client.tts_iter(text, **asked, format=wire_format):
            sink.write(piece)
            heard(len(piece))
    audio_output.say_saved(session, target, sink)
