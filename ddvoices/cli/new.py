"""``ddvoices new``: from a recording to a voice of the catalog."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING, Any

import click

from ddvoices.cli import completing, options
from ddvoices.cli.session import Session
from ddvoices.errors import ExitCode, UsageError

if TYPE_CHECKING:
    from ddvoices.writing import Addition

_FROM_NAME = "from the file's name"
_GENDERS = ("female", "male", "non_binary")  # those of the model, which `--help` doesn't import


@click.command("new")
@click.argument("sample", metavar="SAMPLE", type=click.Path(path_type=Path))
@click.option("--key", metavar="KEY", help="What commands call the voice; else from the file's name.")
@click.option("--name", metavar="NAME", help="What people see; else from the file's name.")
@click.option("--gender", type=click.Choice(_GENDERS), help="Whose voice it is; asked for on a terminal.")
@click.option(
    "--locale", metavar="LOCALE", help="Such as en-GB; else as the file's name ends, or the default."
)
@click.option("--age", type=click.IntRange(0, 120), metavar="YEARS", help="The speaker's age.")
@click.option("--speaking-style", metavar="STYLE", help="How the voice speaks, such as Reading.")
@click.option("--publish", is_flag=True, help="Let everybody use the voice.")
@click.option("--text", metavar="TEXT", help="What is said in the recording, word for word.")
@click.option("--title", metavar="TITLE", help="A title beside the name.")
@options.of_regions("The region that the voice is for; may be repeated. Else the catalog's default.")
@options.with_labels("A label of the voice; may be repeated.")
@click.option(
    "--into",
    metavar="FILE",
    shell_complete=completing.voice_files,
    help="Append to this file of the catalog, or begin it; else a new KEY.yaml is made.",
)
@click.option("--dry-run", is_flag=True, help="Print what would be written, and write nothing.")
@click.pass_obj
def new(
    session: Session,
    /,
    *,
    sample: Path,
    key: str | None,
    into: str | None,
    dry_run: bool,
    publish: bool,
    regions: tuple[str, ...],
    labels: tuple[tuple[str, str], ...],
    **given: Any,
) -> int:
    """Put a recording into the catalog.

    SAMPLE is checked by its content, and copied into the catalog's samples/ unless it lies in the
    catalog already. Its entry goes to a new file, or is appended to one, and is proven before. All of it is
    offline, and without a key: the next apply makes the voice.

    \b
    Examples:
      ddvoices new ada-narrator-en-GB.wav --gender female
      ddvoices new take-7.wav --key bob --gender male --age 41 --dry-run
      ddvoices new eve.mp3 --gender female -r us -r eu --label show=moby-dick --into narrators.yaml
    """
    from ddvoices.catalog.files import open_root
    from ddvoices.files import alone_in
    from ddvoices.writing import prepare, read_recording

    recording = read_recording(sample)
    more = {"publish": publish or None, "regions": list(dict.fromkeys(regions)), "labels": dict(labels)}
    fields = {name: value for name, value in _stripped({**given, **more}) if value not in (None, [], {})}
    fields["gender"] = fields.get("gender") or _ask_for_gender(session)
    with alone_in(open_root(session.catalog_directory).real):  # the second of two finds the first one's key
        addition = prepare(session.catalog_directory, recording, key=key, fields=fields, into=into)
        _tell_doubts(session, addition)
        if not dry_run:
            addition.save()
    _tell(session, addition, key=key, fields=fields, dry_run=dry_run)
    return ExitCode.OK


def _stripped(given: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Yield what was given, texts as catalogs have them.

    Raises:
        UsageError: one isn't text.
    """
    for name, value in given.items():
        try:
            str(value).encode()
        except UnicodeEncodeError:
            raise UsageError(f"--{name.replace('_', '-')}: is not UTF-8") from None
        yield name, value.strip() if isinstance(value, str) else value


def _ask_for_gender(session: Session) -> str:
    """Return what is chosen at a prompt; a catalog that is broken is told before."""
    from ddvoices.catalog import load_catalog

    load_catalog(session.catalog_directory, read_git=False)
    if not sys.stdin.isatty():
        raise UsageError(f"nobody can be asked here whose voice it is: give --gender {'|'.join(_GENDERS)}")
    chosen: str = click.prompt("Whose voice is it?", type=click.Choice(_GENDERS), err=True)
    return chosen


def _tell_doubts(session: Session, addition: Addition) -> None:
    from ddvoices.writing.languages import usual_locale

    for warning in addition.warnings:
        session.warn(warning)
    if addition.alike:
        others = ", ".join(addition.alike)
        session.warn(
            f"{addition.recording.shown}: is the sound of {others}, a voice of the catalog already: is it the"
            " right file?"
        )
    if addition.language is not None:
        session.warn(
            f"{addition.recording.shown}: its name ends with the language {addition.language}, and the locale"
            f" is {addition.spec.locale}, the default: if that is wrong, set it in the entry, or say"
            f" `--locale {usual_locale(addition.language)}`"
        )


def _tell(
    session: Session, addition: Addition, *, key: str | None, fields: Mapping[str, Any], dry_run: bool
) -> None:
    """Print the entry, what was chosen for it and why, and what next."""
    click.echo(addition.entry, nl=False)
    for choice in _choices(addition, key, fields):
        session.say(choice)
    if dry_run:
        session.say(f"nothing is written: without --dry-run this goes to {addition.target.shown}")
        return
    session.say(f"written to {addition.target.shown}")
    directory = session.catalog_directory
    named = "" if directory == Path("voices") else f" --catalog {quote(str(directory))}"
    session.say(f"next: `ddvoices{named} validate` offline, `ddvoices{named} plan` with a key")


def _choices(addition: Addition, key: str | None, fields: Mapping[str, Any]) -> Iterator[str]:
    """Yield what a person hasn't said, and how it was chosen."""
    spec, guess = addition.spec, addition.guess
    if key is None:
        why = _FROM_NAME if guess.named else "the file's name has nothing that a key may hold"
        taken = f"; {guess.key} is taken" if spec.key != guess.key else ""
        yield f"key {spec.key}: {why}{taken} (--key)"
    if "name" not in fields:
        yield f'name "{spec.name}": {_FROM_NAME} (--name)'
    if "locale" not in fields:
        default = "the catalog's default" if spec.locale_set else "the usual one, as the catalog has none"
        yield f"locale {spec.locale}: {_FROM_NAME if guess.locale else default} (--locale)"
    where = addition.root.shown(addition.place.path)
    copied = f"a copy of {addition.recording.shown}" if addition.place.is_new else "there already"
    yield f"sample {where}: {copied}"
