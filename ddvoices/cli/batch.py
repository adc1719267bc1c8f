"""``ddvoices tts-batch``: a script of many lines, spoken into a file each."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ddvoices.cli import audio_output, options, speaking
from ddvoices.cli.session import Session
from ddvoices.errors import UsageError

if TYPE_CHECKING:
    from ddvoices.batch.script import ScriptFormat
    from ddvoices.model import BatchReport

STDIN = Path("-")
SCRIPT_FORMATS = ("yaml", "csv", "jsonl")


@click.command(name="tts-batch")
@click.argument("script", type=click.Path(exists=True, dir_okay=False, allow_dash=True, path_type=Path))
@click.option(
    "--script-format",
    type=click.Choice(SCRIPT_FORMATS),
    help="What SCRIPT is written in.  [default: by its ending]",
)
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="Where the files go.  [default: a directory here with the script's name, without its ending]",
)
@options.region
@speaking.voice
@click.option(
    "--format",
    "audio_format",
    type=click.Choice(audio_output.FORMATS),
    help="The format of the audio.  [default: by the ending of a line's 'out', or wav]",
)
@speaking.sample_rate("44100 for headerless-wav, else the service's")
@speaking.manner
@options.parallelism(
    "How many generations may be under way at once; fewer while the service says it is too many."
)
@click.option(
    "--connections",
    type=click.IntRange(1, options.MOST_AT_ONCE),
    metavar="N",
    help="How many connections they share.  [default: one for every three generations]",
)
@click.option("--dry-run", is_flag=True, help="Show what would be spoken, offline and without a key.")
@click.option(
    "--only",
    multiple=True,
    metavar="OUT",
    help="Do nothing but the lines with such a file, as in 'ch1/003*' (repeatable).",
)
@click.option(
    "--keep-edited",
    is_flag=True,
    help="Leave files alone that are in the way and not as a batch wrote them; speak the other lines.",
)
@click.option(
    "--force",
    is_flag=True,
    help="Speak all lines again (or all that --only chooses), and overwrite files in the way.",
)
@click.option(
    "--output-format",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
    help="How to print the report.",
)
@click.pass_obj
def tts_batch(
    session: Session,
    /,
    *,
    script: Path,
    script_format: str | None,
    output: Path | None,
    region: str | None,
    parallelism: int,
    connections: int | None,
    dry_run: bool,
    only: tuple[str, ...],
    keep_edited: bool,
    force: bool,
    output_format: str,
    audio_format: str | None,
    **given: Any,
) -> int:
    """Speak a script of many lines, each into a file.

    SCRIPT is YAML, CSV or JSON Lines ('-' is stdin); `ddvoices schema batch` has its fields. The options of
    speech are for lines that don't say otherwise. What was spoken before, by the same voice and with the same
    options, is not spoken again. Each generation costs credits: all that is wrong with a script is found
    before the first.

    \b
    Examples:
      ddvoices tts-batch script.yaml
      ddvoices tts-batch lines.csv --voice ada-narrator -o audio --dry-run
      ddvoices tts-batch script.yaml --force --only 'chapter-1/003*'
    """
    from ddvoices.batch.work import Treatment
    from ddvoices.catalog.files import shown_path
    from ddvoices.cli.direct import region_name
    from ddvoices.cli.hearing import hear
    from ddvoices.cli.scripts import Batch, Source, run_options

    treatment = Treatment(force=force, keep_edited=keep_edited, only=only)
    how = run_options(parallelism, connections)
    hear(session)
    name = "stdin" if script == STDIN else shown_path(script)
    source = Source(session, name, region=region_name(region))
    form = _format_of(script, name, script_format)
    source.read(_bytes_of(script, name), form, {**given, "format": audio_format})
    batch = Batch(source, output or _folder_of(script), treatment)
    report = batch.foresee() if dry_run else batch.run(how)
    print_report(session, report, output_format)
    return report.exit_code


def _folder_of(script: Path) -> Path:
    """Return the directory that is called like the script, or like what came from stdin.

    Raises:
        UsageError: somebody has made it a link, such as whoever wrote the script.
    """
    folder = Path(script.stem if script != STDIN else "speech")
    if folder.is_symlink():
        raise UsageError(f"{folder}: is a link: say by -o in which directory the audio goes")
    return folder


def _format_of(path: Path, name: str, named: str | None) -> ScriptFormat:
    """Return what a script is written in: as named, else by its ending."""
    from ddvoices.batch.script import ENDING_FORMATS, ScriptFormat

    if named is not None:
        return ScriptFormat(named)
    try:
        return ENDING_FORMATS[path.suffix.lower()]
    except KeyError:
        known = ", ".join(ENDING_FORMATS)
        raise UsageError(
            f"{name}: no script has this ending ({known}): say what it is by --script-format"
        ) from None


def _bytes_of(path: Path, name: str) -> bytes:
    from ddvoices.batch.script import MAX_SCRIPT_BYTES
    from ddvoices.files import read_bounded

    try:
        return read_bounded(sys.stdin.buffer if path == STDIN else path, MAX_SCRIPT_BYTES)
    except OSError as error:
        raise UsageError(f"{name}: can't be read: {error.strerror}: split it if it is long") from error


def print_report(session: Session, report: BatchReport, output_format: str) -> None:
    """Print what became of the lines."""
    from ddvoices.report.batch import batch_document, batch_text

    if output_format == "json":
        session.print_json(batch_document(report))
        return
    colored = session.colored(sys.stdout)
    text = batch_text(report, color=colored, verbose=session.verbose)
    click.echo(text, nl=False, color=colored)
