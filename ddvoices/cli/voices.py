"""``ddvoices voices``: the voice API, directly."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ddvoices.cli import options
from ddvoices.cli.direct import check_recording, open_client
from ddvoices.cli.session import Session
from ddvoices.cli.telling import TellingGroup
from ddvoices.errors import DdvoicesError, ExitCode, UsageError

if TYPE_CHECKING:
    from rich.table import Table

    from ddvoices.model import ObservedVoice

_GENDERS = ("male", "female", "non_binary")
_gender = click.Choice(_GENDERS, case_sensitive=False)
_age = click.IntRange(0, 120)
_COLUMNS = {
    "id": "id",
    "name": "name",
    "locale": "locale",
    "gender": "gender",
    "speaking_style": "style",
    "title": "title",
    "text": "text",
    "created_at": "created",
    "speaker_id": "speaker",
}
_LISTED = tuple(_COLUMNS)[:5]
# narrower than these, nobody can copy an id or read a name
_WIDTHS = {"id": 36, "name": 12, "style": 8, "locale": 5, "gender": 6}


@click.group(cls=TellingGroup)
def voices() -> None:
    """Use the voice API directly, without a catalog.

    These commands bypass the catalog: what they add, it doesn't know, and what they change or delete of its
    voices, the next `ddvoices plan` shows. Of a catalog that is found they use the endpoints, nothing else.

    \b
    Examples:
      ddvoices voices list
      ddvoices voices add ada.wav --name Ada --gender female --locale en-GB
      ddvoices voices delete 5d3dc622-7a7e-4f0e-9d6a-6c0f2f1f7d11 -r eu
    """


@voices.command("list")
@options.region
@options.output_format("text", "json")
@click.pass_obj
def list_voices(session: Session, *, region: str | None, output_format: str) -> int:
    """List all voices of a region.

    JSON is what the service says, in its order; the table is sorted by name.

    \b
    Examples:
      ddvoices voices list
      ddvoices voices list -r eu --format json
    """
    with open_client(session, region) as client:
        answer = client.list_voices()
        where = client.region
    if output_format == "json":
        _print_json(answer)
    elif answer["voicePrompts"]:
        session.print_table(_listing(answer["voicePrompts"]))
    else:
        session.say(f"no voices in {where}")
    return ExitCode.OK


@voices.command("show")
@click.argument("voice_id", metavar="ID")
@options.region
@options.output_format("text", "json")
@click.pass_obj
def show_voice(session: Session, *, voice_id: str, region: str | None, output_format: str) -> int:
    """Show one voice.

    \b
    Examples:
      ddvoices voices show 5d3dc622-7a7e-4f0e-9d6a-6c0f2f1f7d11
      ddvoices voices show 5d3dc622-7a7e-4f0e-9d6a-6c0f2f1f7d11 --format json
    """
    with open_client(session, region) as client, _missing_named(voice_id, client.region):
        answer = client.get_voice(voice_id)
    _print_voice(session, answer, output_format)
    return ExitCode.OK


@voices.command("add")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--name", required=True, help="What the voice is called.")
@click.option("--gender", required=True, type=_gender, help="The speaker's gender.")
@click.option("--locale", required=True, help="What is spoken, such as en-GB.")
@click.option("--age", type=_age, help="The speaker's age in years.")
@click.option("--speaking-style", default="Neutral", show_default=True, help="How it is spoken.")
@click.option("--title", help="A title; the name if none is given.")
@click.option("--text", help="What is said in the sample.")
@click.option("--publish", is_flag=True, help="Let everyone use the voice.")
@options.region
@options.output_format("text", "json")
@click.pass_obj
def add_voice(
    session: Session, /, *, file: Path, region: str | None, output_format: str, **fields: Any
) -> int:
    """Make a voice of a recording, and print its id.

    The catalog doesn't know the voice: to manage it there, write it into the catalog and apply.

    \b
    Examples:
      ddvoices voices add ada.wav --name Ada --gender female --locale en-GB
      ddvoices voices add ada.mp3 --name Ada --gender female --locale en-GB --age 34 -r eu
    """
    from ddvoices.errors import OutcomeUnknownError

    _refuse_blank(fields)
    check_recording(file)
    with open_client(session, region) as client:
        try:
            answer = client.add_voice(file, **fields)
        except OutcomeUnknownError as error:
            look = f"ddvoices voices list -r {client.region}"
            raise DdvoicesError(
                f"{error}: look with `{look}` whether {fields['name']!r} is there before you try again"
            ) from error
    if output_format == "json":
        _print_json(answer)
    else:
        click.echo(_created_id(answer))
    return ExitCode.OK


@voices.command("update")
@click.argument("voice_id", metavar="ID")
@click.option("--name", help="A new name.")
@click.option("--gender", type=_gender, help="The speaker's gender.")
@click.option("--locale", help="What is spoken, such as en-GB.")
@click.option("--age", type=_age, help="The speaker's age in years.")
@options.region
@options.output_format("text", "json")
@click.pass_obj
def update_voice(
    session: Session, /, *, voice_id: str, region: str | None, output_format: str, **fields: Any
) -> int:
    """Change a voice in place, and show it.

    Nothing else can be changed: a new sample is a new voice. A voice of the catalog is changed in its file
    instead, or the next `ddvoices apply` changes it back.

    \b
    Examples:
      ddvoices voices update 5d3dc622-7a7e-4f0e-9d6a-6c0f2f1f7d11 --name "Ada (narrator)"
      ddvoices voices update 5d3dc622-7a7e-4f0e-9d6a-6c0f2f1f7d11 --locale en-GB --age 34 -r eu
    """
    if all(value is None for value in fields.values()):
        raise UsageError("nothing to update: give at least one of --name, --gender, --locale, --age")
    _refuse_blank(fields)
    with open_client(session, region) as client, _missing_named(voice_id, client.region):
        answer = client.update_voice(voice_id, **fields)
    _print_voice(session, answer, output_format)
    return ExitCode.OK


@voices.command("delete")
@click.argument("voice_id", metavar="ID")
@click.option("-y", "--yes", is_flag=True, help="Don't ask.")
@options.region
@click.pass_obj
def delete_voice(session: Session, *, voice_id: str, yes: bool, region: str | None) -> int:
    """Delete a voice, for good.

    It asks first, and where nobody can be asked it needs --yes. A voice of the catalog is removed from its
    file instead, or the next `ddvoices apply` makes it again; `protect` is not looked at here.

    \b
    Examples:
      ddvoices voices delete 5d3dc622-7a7e-4f0e-9d6a-6c0f2f1f7d11
      ddvoices voices delete 5d3dc622-7a7e-4f0e-9d6a-6c0f2f1f7d11 --yes -r eu
    """
    if not yes and not sys.stdin.isatty():
        raise UsageError("nobody can be asked here: use --yes")
    with open_client(session, region) as client, _missing_named(voice_id, client.region):
        question = "" if yes else _question(client.get_voice(voice_id), client.region)
        if question and not click.confirm(question, err=True):
            session.error("not deleted: the answer was no")
            return ExitCode.ERROR
        client.delete_voice(voice_id)
        session.say(f"deleted {voice_id} from {client.region}")
    return ExitCode.OK


@contextmanager
def _missing_named(voice_id: str, region: str) -> Iterator[None]:
    """Say in plain words that there is no such voice."""
    from ddvoices.client import NotFoundError

    try:
        yield
    except NotFoundError as error:
        raise DdvoicesError(
            f"no voice {voice_id} in region {region}: `ddvoices voices list -r {region}` lists all"
        ) from error


def _refuse_blank(fields: Mapping[str, Any]) -> None:
    for name, value in fields.items():
        if isinstance(value, str) and not value.strip():
            raise UsageError(f"--{name.replace('_', '-')} is empty")


def _question(answer: Mapping[str, Any], region: str) -> str:
    """Return what to ask before a voice is deleted: enough to see whether it is the right one."""
    from ddvoices.report.terminal import printable

    voice = _observed(answer["prompt"])
    said = ", ".join(filter(None, (voice.name or voice.title, voice.locale, voice.gender)))
    return printable(f"Delete {voice.id} ({said or 'without a name'}) from {region}?")


def _print_json(answer: Mapping[str, Any]) -> None:
    """Print an answer as it is; what could steer a terminal, or isn't Unicode, as JSON's own escapes."""
    import json

    text = json.dumps(answer, indent=2, ensure_ascii=False)
    click.echo("".join(c if c.isascii() or c.isprintable() else json.dumps(c)[1:-1] for c in text))


def _print_voice(session: Session, answer: Mapping[str, Any], output_format: str) -> None:
    if output_format == "json":
        _print_json(answer)
        return
    voice = _observed(answer["prompt"])
    table = _table(("field", "value"), fold="value", header=False)
    for name, shown in _COLUMNS.items():
        if getattr(voice, name):
            table.add_row(*_cells((shown, getattr(voice, name))))
    session.print_table(table)


def _listing(found: Sequence[Any]) -> Table:
    """Return the voices as a table, sorted by name."""
    table = _table([_COLUMNS[name] for name in _LISTED], fold="name style")
    for voice in sorted(map(_observed, found), key=lambda voice: ((voice.name or "").casefold(), voice.id)):
        table.add_row(*_cells([getattr(voice, name) for name in _LISTED]))
    return table


def _table(columns: Sequence[str], *, fold: str, header: bool = True) -> Table:
    from rich.table import Table

    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), show_header=header)
    for column in columns:
        table.add_column(
            column,
            no_wrap=column not in fold.split(),
            overflow="fold",
            min_width=_WIDTHS.get(column),
            ratio=1 if column in fold.split() else None,
        )
    return table


def _cells(values: Sequence[str | None]) -> list[Any]:
    from rich.text import Text

    from ddvoices.report.terminal import printable

    return [Text(printable(value or "")) for value in values]


def _observed(value: object) -> ObservedVoice:
    from ddvoices.client import parse_voice

    return parse_voice(value)


def _created_id(answer: object) -> str:
    from ddvoices.client.wire.rest import created_id
    from ddvoices.report.terminal import printable

    return printable(created_id(answer))
