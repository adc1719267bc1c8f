"""``ddvoices tts``: a text spoken into an audio file, in one call."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ddvoices.cli import audio_output, options, speaking
from ddvoices.cli.session import Session
from ddvoices.errors import ExitCode

if TYPE_CHECKING:
    from ddvoices.cli.audio_output import AudioOutput
    from ddvoices.cli.speaking import Speaker

# Deepdub names no default, and a header must say the rate: so it is asked for. Nothing is lost at this one.
WAV_SAMPLE_RATE = 44100


@click.command
@speaking.text
@speaking.text_file
@speaking.voice
@options.region
@audio_output.output
@audio_output.audio_format
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
    stem = audio_output.safe_stem(choice.label, spoken)
    target = audio_output.choose_output(session, output, audio_format, stem=stem)
    with speaking.open_speaker(session, choice, region) as speaker:
        saved = target.save(lambda: _speak(speaker, spoken, target, speech))
    if saved is not None:
        click.echo(str(saved))
    elif output != audio_output.STDOUT:
        session.say(f"saved to {output}")
    return ExitCode.OK


def _speak(speaker: Speaker, text: str, target: AudioOutput, speech: Mapping[str, Any]) -> bytes:
    """Return the audio; a WAV file is made here, since the service gives its samples alone."""
    asked: dict[str, Any] = {**speaker.voice, **_spelled(speech)}
    if speech["locale"] is None:
        asked["locale"] = speaker.locale
    if target.format not in ("wav", "headerless-wav"):
        return speaker.client.tts(text, **asked, format=target.format)
    asked["sample_rate"] = speech["sample_rate"] or WAV_SAMPLE_RATE
    samples = speaker.client.tts(text, **asked, format="headerless-wav")
    if target.format == "headerless-wav":
        return samples
    return audio_output.add_wav_header(samples, sample_rate=asked["sample_rate"])


def _spelled(speech: Mapping[str, Any]) -> dict[str, Any]:
    """Return the options with those that the SDK's call has no argument for as they stand on the wire."""
    from ddvoices.client.wire import wire_gender

    asked = dict(speech)
    generation_id, gender = asked.pop("generation_id"), asked.pop("target_gender")
    if generation_id is not None:
        asked["generationId"] = str(generation_id)
    if gender is not None:
        asked["targetGender"] = wire_gender(gender)
    return asked
