"""``ddvoices tts-retro``: a text spoken now, and fetched now or later."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING, Any

import click

from ddvoices.audio.names import safe_stem
from ddvoices.cli import audio_output, options, speaking
from ddvoices.cli.direct import open_client
from ddvoices.cli.session import Session
from ddvoices.cli.streams import is_stdout_closed
from ddvoices.errors import DdvoicesError, ExitCode, ServiceError, UsageError

if TYPE_CHECKING:
    from ddvoices.cli.audio_output import AudioOutput
    from ddvoices.cli.speaking import Speaker
    from ddvoices.client import DeepdubClient

_FORMAT = "mp3"  # the only one that the service keeps


@click.command("tts-retro")
@speaking.text
@speaking.text_file
@speaking.voice
@options.region
@audio_output.output
@click.option("--wait", is_flag=True, help="Wait until it can be fetched, and save it.")
@click.option(
    "--timeout",
    type=click.FloatRange(0, min_open=True),
    default=300.0,
    show_default=True,
    metavar="SECONDS",
    help="How long to wait, with --wait.",
)
@click.option("--fetch", metavar="URL", help="Save what was made earlier, instead of making anything.")
@speaking.sample_rate("the service's")
@speaking.speech
@click.pass_obj
def tts_retro(
    session: Session,
    /,
    *,
    text: str | None,
    file: Path | None,
    voice: str | None,
    voice_prompt_id: str | None,
    region: str | None,
    output: Path | None,
    wait: bool,
    timeout: float,
    fetch: str | None,
    **speech: Any,
) -> int:
    """Have a text spoken, and print where the audio will be.

    The service speaks on its own, and keeps an MP3 that is fetched with your key: at once with --wait, or
    later with --fetch (and --wait). It can't say whether an audio isn't ready yet or doesn't exist.

    \b
    Examples:
      ddvoices tts-retro "Call me Ishmael." --voice ada-narrator
      ddvoices tts-retro -f chapter.txt --voice ada-narrator --wait -o chapter.mp3
      ddvoices tts-retro --fetch https://.../tts/retroactive/4f1c -o chapter.mp3
    """
    from ddvoices.client.wire.rest import retro_url

    if fetch is not None:
        _check_alone(text, file, voice, voice_prompt_id)
        stem = safe_stem(fetch.rstrip("/").rpartition("/")[2][:8])
        target = audio_output.choose_output(session, output, _FORMAT, stem=stem, default=_FORMAT)
        with open_client(session, region) as client:
            _save(session, client, lambda: fetch, target, timeout if wait else None)
        return ExitCode.OK
    if output is not None and not wait:
        raise UsageError("--output needs --wait: without it nothing is fetched")
    if not wait and is_stdout_closed():
        raise UsageError("stdout is closed, and the URL would be lost: use --wait -o FILE")
    spoken = speaking.read_text(text, file)
    choice = speaking.VoiceChoice(key=voice, voice_id=voice_prompt_id, clones=False)
    stem = safe_stem(choice.label, spoken)
    target = audio_output.choose_output(session, output, _FORMAT, stem=stem, default=_FORMAT)
    with speaking.open_speaker(session, choice, region) as speaker:
        asked = speaker.options(speech)
        if not wait:
            _print(session, retro_url(speaker.client.tts_retro(spoken, **asked)))
        else:
            _save(session, speaker.client, lambda: _made(session, speaker, spoken, asked), target, timeout)
    return ExitCode.OK


def _print(session: Session, url: str) -> None:
    """Print a URL, on stderr if stdout doesn't take it: it is paid for."""
    from ddvoices.report.terminal import printable

    try:
        click.echo(printable(url))
        sys.stdout.flush()
    except OSError:
        session.say_always(f"made at {url}")
        raise


def _made(session: Session, speaker: Speaker, text: str, asked: dict[str, Any]) -> str:
    """Have it made, and return the URL, which is said in case of an interrupt."""
    from ddvoices.client.wire.rest import retro_url

    url = retro_url(speaker.client.tts_retro(text, **asked))
    session.say(f"made at {url}")
    return url


def _check_alone(*others: object) -> None:
    """Refuse what asks for a new generation beside an old one."""
    if any(other is not None for other in others):
        raise UsageError("--fetch takes no text and no voice: it saves what was made earlier")


def _save(
    session: Session,
    client: DeepdubClient,
    url_of: Callable[[], str],
    target: AudioOutput,
    seconds: float | None,
) -> None:
    """Save what lies, or will lie, at a URL; the target is opened before the URL is asked for.

    Raises:
        DdvoicesError: it isn't there in time; the message says how to fetch it later.
    """
    from ddvoices.client import NotFoundError

    with target.open() as sink:
        url = url_of()
        try:
            with speaking.listening(session):
                sink.write(client.tts_retro_get(url, wait=seconds))
        except NotFoundError as error:
            after = f" after {seconds:g} s" if seconds else ""
            message = f"nothing there{after}, be it not yet or never: wait for it by `{_again(url)}`"
            raise DdvoicesError(message) from error
        except (ServiceError, KeyboardInterrupt):
            session.say_always(f"it is fetched by `{_again(url)}`")
            raise
    audio_output.say_saved(session, target, sink)


def _again(url: str) -> str:
    """Return the command that fetches it, to be pasted; the service may have called the place anything."""
    return f"ddvoices tts-retro --wait --fetch {quote(url)}"
