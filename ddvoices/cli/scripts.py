"""A script of lines, from its bytes to a file each: where it is spoken, and what becomes of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ddvoices.errors import CatalogError

if TYPE_CHECKING:
    from ddvoices.batch.run import BatchRun, RunOptions
    from ddvoices.batch.script import Cast, Line, ScriptFormat
    from ddvoices.batch.state import BatchState, Memory
    from ddvoices.batch.work import Around, Job, Settled, Treatment
    from ddvoices.cli.session import Session
    from ddvoices.client import DeepdubClient, Endpoints
    from ddvoices.model import BatchReport, Catalog, LineOutcome


# what is lost with a socket that dies is what is under way on it, and Deepdub allows an address three at once
_GENERATIONS_A_SOCKET = 3


def run_options(parallelism: int, connections: int | None = None) -> RunOptions:
    """Return how lines are spoken: so many at once, over so many sockets."""
    from ddvoices.batch.run import RunOptions

    return RunOptions(
        parallelism=parallelism, connections=connections or -(-parallelism // _GENERATIONS_A_SOCKET)
    )


class Source:
    """A script, where its lines are spoken, and the catalog that its keys are of."""

    lines: Sequence[Line]
    endpoints: Endpoints
    catalog: Catalog | None = None

    def __init__(self, session: Session, name: str, *, region: str) -> None:
        self.session, self.name, self.region = session, name, region

    def read(self, data: bytes, form: ScriptFormat, given: Mapping[str, Any]) -> None:
        """Read the script, and the catalog if a key of it is named.

        Raises:
            ScriptError: with all that is wrong with it.
        """
        from ddvoices.batch.script import open_script
        from ddvoices.catalog import load_catalog
        from ddvoices.cli.direct import region_endpoints

        script = open_script(data, self.name, form, given)
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


@dataclass(frozen=True, slots=True)
class _Speakers:
    """A client, and the voices that keys mean there."""

    client: DeepdubClient
    ids: Mapping[str, str]


class Batch:
    """The lines of a source, and the directory that their files go to."""

    def __init__(self, source: Source, folder: Path, treatment: Treatment) -> None:
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
