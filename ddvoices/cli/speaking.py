"""What the commands that speak have in common: the text, the voice, the options of a synthesis."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from ddvoices.cli import completing
from ddvoices.cli.direct import check_recording, open_client, open_keyed_voice
from ddvoices.errors import UsageError

if TYPE_CHECKING:
    from ddvoices.cli.session import Session
    from ddvoices.client import DeepdubClient

F = TypeVar("F", bound=Callable[..., Any])

DEFAULT_LOCALE = "en-US"
_MAX_TEXT_BYTES = 10 * 2**20
# the client's own, held so by a test: asking the client for them would slow --help down
DEFAULT_MODEL = "dd-etts-2.5"
SAMPLE_RATES = (8000, 16000, 22050, 24000, 32000, 36000, 44100, 48000)

text = click.argument("text", required=False)
text_file = click.option(
    "-f",
    "--file",
    type=click.Path(exists=True, dir_okay=False, allow_dash=True, path_type=Path),
    metavar="FILE",
    help="Speak what stands in this file, in UTF-8; '-' is stdin.",
)

_VOICE = (
    click.option(
        "--voice",
        metavar="KEY",
        shell_complete=completing.keys,
        help="Speak with the catalog's voice of this key.",
    ),
    click.option("--voice-prompt-id", metavar="ID", help="Speak with the voice of this id."),
)
reference = click.option(
    "--reference",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Speak with a voice cloned from this recording, once.",
)


def _language(locale: str) -> tuple[Callable[[Any], Any], ...]:
    """Return ``model``, and the option of a ``locale`` that by default is as said."""
    return (
        click.option("--model", default=DEFAULT_MODEL, show_default=True, help="The model that speaks."),
        click.option("--locale", help=f"The language of the text.  [default: {locale}]"),
    )


_LANGUAGE = _language(f"the voice's with --voice, or {DEFAULT_LOCALE}")
target_gender = click.option(
    "--target-gender",
    type=click.Choice(["male", "female", "non_binary"], case_sensitive=False),
    help="The gender to speak in.",
)
_WAY = (
    click.option("--temperature", type=click.FloatRange(0, 1), help="How freely it is spoken."),
    click.option("--variance", type=click.FloatRange(0, 1), help="How much it varies."),
    click.option("--tempo", type=float, help="How fast it is spoken; 1 is natural. Not with --duration."),
    click.option("--duration", type=float, metavar="SECONDS", help="How long it takes to say."),
    click.option("--seed", type=int, help="The same seed gives the same take."),
    click.option("--prompt-boost/--no-prompt-boost", default=None, help="Keep closer to the sample."),
    click.option("--accent-base-locale", help="With the next two: the accent to start from."),
    click.option("--accent-locale", help="The accent to go to."),
    click.option("--accent-ratio", type=click.FloatRange(0, 1), help="How far to go there."),
    target_gender,
)
_MANNER = (*_LANGUAGE, *_WAY)
_SPEECH = (
    *_MANNER,
    click.option("--generation-id", type=click.UUID, help="An id of your own for the generation."),
)


def voice(command: F) -> F:
    """Add the options that choose a voice of the account: ``voice`` and ``voice_prompt_id``."""
    return _all(_VOICE, command)


def language(command: F) -> F:
    """Add ``model`` and ``locale``."""
    return _all(_LANGUAGE, command)


def sample_rate(default: str) -> Callable[[F], F]:
    """Return the option that says how many samples a second has: ``sample_rate``."""
    return click.option(
        "--sample-rate",
        type=click.Choice([str(rate) for rate in SAMPLE_RATES]),
        callback=lambda _ctx, _param, rate: rate and int(rate),
        metavar="HERTZ",
        help=f"Samples a second: {', '.join(map(str, SAMPLE_RATES))}.  [default: {default}]",
    )


def speech(command: F) -> F:
    """Add the options of a synthesis, named as the client's arguments; what isn't given is None."""
    return _all(_SPEECH, command)


def manner(command: F) -> F:
    """Add the options of a synthesis that any number of generations can share."""
    return _all(_MANNER, command)


def manner_of_each(command: F) -> F:
    """Add the same, where each voice speaks in its own language."""
    return _all((*_language("each voice's own"), *_WAY), command)


def _all(added: tuple[Callable[[Any], Any], ...], command: F) -> F:
    for option in reversed(added):
        command = option(command)
    return command


@dataclass(frozen=True, slots=True, kw_only=True)
class VoiceChoice:
    """The one voice to speak with: of a key of the catalog, of an id, or like a recording.

    ``reference`` is left at None where a command can't speak like one.
    """

    key: str | None
    voice_id: str | None
    reference: Path | None = None
    clones: bool = True

    def __post_init__(self) -> None:
        """Require exactly one of them."""
        given = [each for each in (self.key, self.voice_id, self.reference) if each is not None]
        if len(given) != 1:
            names = (
                "--voice, --voice-prompt-id and --reference"
                if self.clones
                else "--voice and --voice-prompt-id"
            )
            raise UsageError(f"give one of {names}")
        if not str(given[0]).strip():
            raise UsageError("the voice to speak with is empty")
        if self.reference is not None:
            check_recording(self.reference)

    @property
    def label(self) -> str:
        """Return what stands for the voice in the name of a file."""
        if self.reference is not None:
            return self.reference.stem
        return self.key or str(self.voice_id)[:8]


@dataclass(frozen=True, slots=True, kw_only=True)
class Speaker:
    """A client, and the arguments that choose the voice in it; ``locale`` is the voice's own, if known."""

    client: DeepdubClient
    voice: dict[str, Any]
    locale: str

    def options(self, speech: Mapping[str, Any]) -> dict[str, Any]:
        """Return the arguments of a call: the voice, and what was asked on the command line."""
        from ddvoices.client.options import check_speech

        locale = self.locale if speech["locale"] is None else speech["locale"]
        asked = {**self.voice, **speech, "locale": locale}
        check_speech({**asked, "text": "checked before", "format": None}, formats=())
        return asked


@contextmanager
def open_speaker(session: Session, choice: VoiceChoice, region: str | None) -> Iterator[Speaker]:
    """Open the region and find the voice there; raises what `direct` does."""
    if choice.key is not None:
        with open_keyed_voice(session, choice.key, region) as found, _options_named():
            yield Speaker(client=found.client, voice={"voice_prompt_id": found.id}, locale=found.locale)
        return
    chosen: dict[str, Any] = {"voice_prompt_id": choice.voice_id}
    if choice.reference is not None:
        chosen["voice_reference"] = choice.reference
    with open_client(session, region) as client, _options_named():
        yield Speaker(client=client, voice=chosen, locale=DEFAULT_LOCALE)


@contextmanager
def _options_named() -> Iterator[None]:
    """Call arguments of the client by the options that they were given as."""
    from ddvoices.client.errors import InvalidOptionError

    try:
        yield
    except InvalidOptionError as error:
        named = {param.name: param.opts[-1] for param in click.get_current_context().command.params}
        words = re.split(r"\b([a-z]+(?:_[a-z]+)*)\b", str(error))
        raise UsageError("".join(named.get(word, word) for word in words)) from error


def read_text(given: str | None, file: Path | None) -> str:
    """Return the text to speak: the argument, else what the file or stdin (``-``) holds, trimmed.

    Raises:
        UsageError: there is none, there are two, or it isn't UTF-8.
    """
    if given is not None and file is not None:
        raise UsageError("give either TEXT or --file, not both")
    if given == "-":
        given, file = None, Path("-")
    if given is None and file is None and sys.stdin.isatty():
        raise UsageError("nothing to speak: give TEXT, --file, or text on stdin")
    found = given if given is not None else _decoded(file)
    try:
        found.encode()
    except UnicodeEncodeError as error:
        raise UsageError("the text is not UTF-8") from error
    if not found.strip():
        raise UsageError("nothing to speak: the text is empty")
    return found.strip()


@contextmanager
def listening(session: Session) -> Iterator[Callable[[int], None]]:
    """Yield what is told of the bytes of audio that have come; on a terminal their number is shown."""
    if not sys.stderr.isatty() or session.quiet or session.log_format == "json":
        yield lambda _count: None
        return
    from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    columns = (SpinnerColumn(), TextColumn("{task.description}", markup=False), TimeElapsedColumn())
    with Progress(*columns, console=session.console(sys.stderr), transient=True) as bar:
        task, come = bar.add_task("waiting for speech", total=None), 0

        def tell(count: int) -> None:
            nonlocal come
            come += count
            bar.update(task, description=f"{come / 1000:.0f} kB of speech")

        yield tell


def _decoded(file: Path | None) -> str:
    """Return what stands in a file, or on stdin."""
    from ddvoices.files import read_bounded

    is_stdin = file is None or file == Path("-")
    name = "stdin" if is_stdin else str(file)
    try:
        data = read_bounded(sys.stdin.buffer if is_stdin or file is None else file, _MAX_TEXT_BYTES)
        return data.decode("utf-8-sig")
    except OSError as error:
        raise UsageError(f"{name}: can't be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise UsageError(
            f"{name}: is not UTF-8 (byte 0x{data[error.start]:02x}): save it as UTF-8"
        ) from error
