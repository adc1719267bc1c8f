"""``ddvoices tts-batch``: a script of many lines, spoken into a file each."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ddvoices.cli import audio_output, options, speaking
from ddvoices.cli.session import Session
from ddvoices.errors import CatalogError, UsageError

if TYPE_CHECKING:
    from ddvoices.batch.run import BatchRun, RunOptions
    from ddvoices.batch.script import Cast, Line, ScriptFormat
    from ddvoices.batch.state import BatchState, Memory
    from ddvoices.batch.work import Around, Job, Settled, Treatment
    from ddvoices.client import DeepdubClient, Endpoints
    from ddvoices.model import BatchReport, Catalog, LineOutcome

STDIN = Path("-")
# what is lost with a socket that dies is what is under way on it, and Deepdub allows an address three at once
_GENERATIONS_A_SOCKET = 3
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
    from ddvoices.batch.run import RunOptions
    from ddvoices.batch.work import Treatment
    from ddvoices.cli.hearing import hear

    treatment = Treatment(force=force, keep_edited=keep_edited, only=only)
    how = RunOptions(
        parallelism=parallelism,
        connections=connections or -(-parallelism // _GENERATIONS_A_SOCKET),
    )
    hear(session)
    source = _Source(session, script, region=region)
    source.read(script_format, {**given, "format": audio_format})
    batch = _Batch(source, output or _folder_of(script), treatment)
    report = batch.foresee() if dry_run else batch.run(how)
    _print(session, report, output_format)
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


class _Source:
    """A script, and the catalog that its keys are of."""

    lines: Sequence[Line]
    endpoints: Endpoints
    catalog: Catalog | None = None

    def __init__(self, session: Session, path: Path, *, region: str | None) -> None:
        from ddvoices.catalog.files import shown_path
        from ddvoices.cli.direct import region_name

        self.session = session
        self.path = path
        self.name = "stdin" if path == STDIN else shown_path(path)
        self.region = region_name(region)

    def read(self, script_format: str | None, given: Mapping[str, Any]) -> None:
        """Read the script, and the catalog if a key of it is named; all that is wrong is raised."""
        from ddvoices.batch.script import open_script
        from ddvoices.catalog import load_catalog
        from ddvoices.cli.direct import region_endpoints

        script = open_script(self._bytes(), self.name, self._format(script_format), given)
        try:
            self.endpoints = region_endpoints(self.session, self.region)
            if script.voices:
                self.catalog = load_catalog(self.session.catalog_directory, read_git=False)
        except CatalogError:
            script.check()  # what is wrong with the script itself comes first
            raise
        self.lines = script.lines(self._cast())
        for warning in script.warning_lines():
            self.session.warn(warning)

    def _cast(self) -> Cast:
        """Return the catalog's keys, those for the region and the others."""
        from ddvoices.batch.script import Cast

        specs = self.catalog.voices if self.catalog is not None else ()
        return Cast(
            region=self.region,
            locales={spec.key: spec.locale for spec in specs if self.region in spec.regions},
            elsewhere={spec.key: spec.regions for spec in specs if self.region not in spec.regions},
        )

    def _format(self, named: str | None) -> ScriptFormat:
        from ddvoices.batch.script import ENDING_FORMATS, ScriptFormat

        if named is not None:
            return ScriptFormat(named)
        try:
            return ENDING_FORMATS[self.path.suffix.lower()]
        except KeyError:
            known = ", ".join(ENDING_FORMATS)
            raise UsageError(
                f"{self.name}: no script has this ending ({known}): say what it is by --script-format"
            ) from None

    def _bytes(self) -> bytes:
        from ddvoices.batch.script import MAX_SCRIPT_BYTES
        from ddvoices.files import read_bounded

        try:
            return read_bounded(sys.stdin.buffer if self.path == STDIN else self.path, MAX_SCRIPT_BYTES)
        except OSError as error:
            raise UsageError(
                f"{self.name}: can't be read: {error.strerror}: split it if it is long"
            ) from error


@dataclass(frozen=True, slots=True)
class _Speakers:
    """A client, and the voices that keys mean there."""

    client: DeepdubClient
    ids: Mapping[str, str]


class _Batch:
    """The lines of a source, and the directory that their files go to."""

    def __init__(self, source: _Source, folder: Path, treatment: Treatment) -> None:
        from ddvoices.batch.work import Service, choose_lines

        self._source = source
        self._folder = folder
        self._treatment = treatment
        self._endpoints = source.endpoints
        self._service = Service(region=source.region, endpoint=self._endpoints.websocket)
        choose_lines(source.lines, treatment.only)

    def foresee(self) -> BatchReport:
        """Return what a run would do; nothing is asked or written anywhere."""
        from ddvoices.batch.state import peek_state
        from ddvoices.batch.work import foresee

        memory, force = peek_state(self._folder), self._treatment.force
        around = self._look_around(memory)
        lines = self._source.lines
        settled = foresee(lines, around, self._folder, memory, self._service, force=force)
        moved = [move.source for move in settled.moves]
        left_over = self._left_over(memory, moved)
        return replace(self._report(settled.outcomes), dry_run=True, left_over=left_over)

    def run(self, how: RunOptions) -> BatchReport:
        """Speak what isn't spoken yet."""
        from ddvoices.batch.save import move_files
        from ddvoices.batch.state import hold_state
        from ddvoices.batch.work import make_jobs
        from ddvoices.cli.keys import key_for
        from ddvoices.client.endpoints import Surface

        self._endpoints.use(Surface.WEBSOCKET)
        key_for(self._endpoints)  # without one, nothing is made here
        with hold_state(self._folder) as state:
            around = self._look_around(state.memory)
            lines = [line for line in self._source.lines if line.out not in around.settled]
            with self._speakers(lines) as speakers:
                jobs = make_jobs(lines, speakers.ids, self._service)
                settled = self._settle(jobs, around, state.memory)
                move_files(settled.moves, self._folder, state)
                left_over = self._left_over(state.memory)
                left = [job for job in jobs if job.line.out not in settled.outcomes]
                report = self._speak(left, settled.outcomes, speakers.client, state, how)
        return replace(report, left_over=left_over)

    def _look_around(self, memory: Memory) -> Around:
        from ddvoices.batch.work import look_around

        lines, name = self._source.lines, self._source.name
        return look_around(lines, self._folder, memory, file=name, treatment=self._treatment)

    def _settle(self, jobs: Sequence[Job], around: Around, memory: Memory) -> Settled:
        from ddvoices.batch.work import Settled, settle

        if self._treatment.force:
            return Settled(outcomes=around.settled, moves=())
        by_out = {job.line.out: (job,) for job in jobs}
        lines = [job.line for job in jobs]
        return settle(lines, around, self._folder, memory, lambda line: by_out[line.out])

    def _left_over(self, memory: Memory, moved: Sequence[str] = ()) -> tuple[str, ...]:
        from ddvoices.batch.work import find_left_over

        return find_left_over(self._folder, memory, {*(line.out for line in self._source.lines), *moved})

    def _speak(
        self,
        jobs: Sequence[Job],
        known: Mapping[str, LineOutcome],
        client: DeepdubClient,
        state: BatchState,
        how: RunOptions,
    ) -> BatchReport:
        from ddvoices.batch.run import BatchRun
        from ddvoices.batch.save import save_audio
        from ddvoices.cli.progress import batch_progress
        from ddvoices.cli.running import run_async

        save = partial(save_audio, folder=self._folder, state=state)
        interrupted = False
        with batch_progress(self._source.session, self._source.name, len(jobs)) as tell:
            run = BatchRun(jobs, client.async_connect, save, replace(how, tell=tell))
            try:
                run_async(run.run())
            except KeyboardInterrupt:
                interrupted = True
        return self._finished(run, known, interrupted=interrupted)

    def _finished(self, run: BatchRun, known: Mapping[str, LineOutcome], *, interrupted: bool) -> BatchReport:
        outcomes = {**known, **run.outcomes}
        report = replace(self._report(outcomes), interrupted=interrupted)
        if run.stopped_by is None:
            return report
        return replace(report, stopped=str(run.stopped_by), stopped_code=run.stopped_by.exit_code)

    @contextmanager
    def _speakers(self, lines: Sequence[Line]) -> Iterator[_Speakers]:
        """Open the region, and find the voices of all keys that the lines name by one plan."""
        from ddvoices.cli.direct import open_client, open_keyed_voices

        session, catalog, region = self._source.session, self._source.catalog, self._source.region
        keys = {line.voice for line in lines if line.voice is not None}
        if catalog is not None and keys:
            with open_keyed_voices(session, catalog, keys, region) as found:
                yield _Speakers(found.client, found.ids)
        else:
            with open_client(session, region) as client:
                yield _Speakers(client, {})

    def _report(self, outcomes: Mapping[str, LineOutcome]) -> BatchReport:
        from ddvoices.model import BatchReport

        return BatchReport(
            script=self._source.name,
            directory=str(self._folder),
            region=self._source.region,
            outcomes=tuple(outcomes[line.out] for line in self._source.lines),
        )


def _print(session: Session, report: BatchReport, output_format: str) -> None:
    from ddvoices.report.batch import batch_document, batch_text

    if output_format == "json":
        session.print_json(batch_document(report))
        return
    colored = session.colored(sys.stdout)
    text = batch_text(report, color=colored, verbose=session.verbose)
    click.echo(text, nl=False, color=colored)
