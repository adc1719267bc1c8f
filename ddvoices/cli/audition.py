"""``ddvoices audition``: one line spoken by every voice, as a page to listen to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ddvoices.cli import options, speaking
from ddvoices.cli.session import Session
from ddvoices.errors import DdvoicesError, ExitCode

if TYPE_CHECKING:
    from ddvoices.batch.run import RunOptions
    from ddvoices.model import BatchReport, Catalog, LineOutcome, RegionPlan, VoiceSpec
    from ddvoices.review import Part, Take

_FOLDER = Path("audition")
_PAGE = "index.html"
_FORMATS = ("mp3", "opus", "wav")


@click.command
@speaking.text
@speaking.text_file
@options.regions
@options.with_targets("Only the voice of this key; a glob such as 'ada-*' works; may be repeated.")
@options.with_labels("Only voices with this label; may be repeated.")
@click.option(
    "-o",
    "--output",
    type=click.Path(file_okay=False, path_type=Path),
    metavar="DIR",
    help=f"Where the page and the takes go.  [default: {_FOLDER}]",
)
@click.option(
    "--format",
    "audio_format",
    type=click.Choice(_FORMATS),
    default="mp3",
    show_default=True,
    help="The format of the takes.",
)
@speaking.manner_of_each
@options.parallelism("How many generations may be under way at once.")
@options.embed_limit
@click.option("--dry-run", is_flag=True, help="Show what would be spoken, by which voices.")
@click.option("--force", is_flag=True, help="Speak all takes again.")
@click.pass_obj
def audition(
    session: Session,
    /,
    *,
    text: str | None,
    file: Path | None,
    regions: tuple[str, ...],
    targets: tuple[str, ...],
    labels: tuple[tuple[str, str], ...],
    output: Path | None,
    audio_format: str,
    parallelism: int,
    embed_limit: int,
    dry_run: bool,
    force: bool,
    **manner: Any,
) -> int:
    """Have one line spoken by every voice, as a page to listen to.

    DIR/index.html plays all takes at the same loudness, filters them, and marks favourites, which it exports
    as JSON. The takes are beside it, a directory for each region. Each take costs credits; what was spoken
    before by the same voice in the same manner is not spoken again.

    \b
    Examples:
      ddvoices audition "Call me Ishmael."
      ddvoices audition -f line.txt -t 'ada-*' -r us -o casting
    """
    from ddvoices.cli.hearing import hear
    from ddvoices.cli.planning import plan_now, tell_errors
    from ddvoices.cli.scripts import run_options
    from ddvoices.model import PlanOptions

    line = speaking.read_text(text, file)
    folder = _folder(output)
    hear(session)
    choice = PlanOptions(targets=targets, labels=labels)
    catalog, plan = plan_now(session, regions, choice)
    tell_errors(session, plan)
    stages = [_Stage(region, _chosen(catalog, choice, region.region)) for region in plan.regions]
    if not any(stage.ids for stage in stages):
        raise DdvoicesError("no voice is there to speak: run `ddvoices plan`, and `ddvoices apply`")
    asked = {**manner, "format": audio_format}
    show = _Show(session, line, folder, asked, force=force)
    for stage in stages:
        show.play(stage, run_options(parallelism), dry_run=dry_run)
    if dry_run:
        return ExitCode.OK
    show.write_page(stages, embed_limit)
    return show.exit_code(complete=plan.complete)


def _folder(output: Path | None) -> Path:
    """Return where the page goes; the default isn't one that somebody else chose by a link.

    Raises:
        OutputError: it is such a link.
    """
    from ddvoices.files import check_file, check_folder

    if output is None:
        check_folder(_FOLDER)
    folder = output or _FOLDER
    check_file(folder / _PAGE)
    return folder


def _chosen(catalog: Catalog, choice: Any, region: str) -> list[VoiceSpec]:
    from ddvoices.plan import is_chosen

    return [spec for spec in catalog.wanted_in(region) if is_chosen(spec, choice)]


class _Stage:
    """A region: the voices that speak there, and those that can't."""

    def __init__(self, plan: RegionPlan, specs: Sequence[VoiceSpec]) -> None:
        from ddvoices.model import Action

        self.region, self.specs = plan.region, specs
        self.missing = {problem.key: problem.message for problem in plan.errors}
        if plan.error is not None:
            self.missing = dict.fromkeys((spec.key for spec in specs), plan.error)
        there = {change.key: change for change in plan.changes if change.key is not None and change.id}
        self.ids = {spec.key: str(there[spec.key].id) for spec in specs if spec.key in there}
        replaced = {change.key for change in plan.changes if change.action is Action.REPLACE}
        self.notes = dict.fromkeys(self.ids.keys() & replaced, "the voice before, until `ddvoices apply`")

    def why_missing(self, key: str) -> str:
        """Return why a voice can't speak."""
        return self.missing.get(key, "there is none yet: run `ddvoices apply`")


class _Show:
    """Takes of one line, region after region, and the page that they are on."""

    def __init__(
        self, session: Session, line: str, folder: Path, asked: Mapping[str, Any], *, force: bool
    ) -> None:
        self.session, self.line, self.folder, self.asked, self.force = session, line, folder, asked, force
        self.reports: list[BatchReport] = []
        self.outcomes: dict[tuple[str, str], LineOutcome] = {}  # by region and file

    def play(self, stage: _Stage, how: RunOptions, *, dry_run: bool) -> None:
        """Speak the line in a region, as a script of which each line is another voice's."""
        from ddvoices.batch.script import ScriptFormat
        from ddvoices.batch.work import Treatment
        from ddvoices.cli.batch import print_report
        from ddvoices.cli.scripts import Batch, Source
        from ddvoices.files import check_folder

        for key in (spec.key for spec in stage.specs if spec.key not in stage.ids):
            self.session.warn(f"{key} can't speak in {stage.region}: {stage.why_missing(key)}")
        if not stage.ids or self.interrupted:
            return
        check_folder(self.folder / stage.region)
        source = Source(self.session, f"audition in {stage.region}", region=stage.region)
        source.read(self._script(stage), ScriptFormat.JSONL, self.asked)
        batch = Batch(source, self.folder / stage.region, Treatment(force=self.force))
        report = batch.foresee() if dry_run else batch.run(how)
        print_report(self.session, report, "text")
        self.reports.append(report)
        self.outcomes |= {(stage.region, outcome.out): outcome for outcome in report.outcomes}

    @property
    def interrupted(self) -> bool:
        """Tell whether a person has ended it."""
        return any(report.interrupted for report in self.reports)

    def _out(self, key: str) -> str:
        """Return the name of a voice's take."""
        return f"{key}.{self.asked['format']}"

    def _script(self, stage: _Stage) -> bytes:
        """Return JSON Lines, one for each voice; in the language of the voice if none is asked for."""
        import json

        lines = (
            {
                "text": self.line,
                "voice_prompt_id": stage.ids[spec.key],
                "out": self._out(spec.key),
                "locale": self.asked.get("locale") or spec.locale,
            }
            for spec in stage.specs
            if spec.key in stage.ids
        )
        return "".join(f"{json.dumps(line)}\n" for line in lines).encode()

    def write_page(self, stages: Sequence[_Stage], embed_limit: int) -> None:
        """Write the page of all takes that are there."""
        from ddvoices.cli.pages import write_page
        from ddvoices.review import audition_page

        try:
            page = audition_page(self.line, self._parts(stages), self.folder, limit=embed_limit * 10**6)
        except OSError as error:
            raise DdvoicesError(f"{error.filename}: can't be read: {error.strerror}") from error
        write_page(self.session, page, self.folder / _PAGE, named=False)

    def _parts(self, stages: Sequence[_Stage]) -> list[Part]:
        from ddvoices.review import Part

        specs = {spec.key: spec for stage in stages for spec in stage.specs}
        return [
            Part(
                key=key,
                name=spec.name,
                locale=spec.locale,
                gender=str(spec.gender),
                takes=[self._take(stage, key) for stage in stages if stage.region in spec.regions],
            )
            for key, spec in sorted(specs.items())
        ]

    def _take(self, stage: _Stage, key: str) -> Take:
        from ddvoices.review import Take

        out = self._out(key)
        outcome = self.outcomes.get((stage.region, out))
        if key not in stage.ids:
            return Take(region=stage.region, missing=stage.why_missing(key))
        if outcome is None or not outcome.is_there:
            why = outcome.error if outcome is not None and outcome.error else "not spoken"
            return Take(region=stage.region, voice_id=stage.ids[key], missing=why)
        return Take(
            region=stage.region,
            voice_id=stage.ids[key],
            file=Path(stage.region, out),
            note=stage.notes.get(key, ""),
        )

    def exit_code(self, *, complete: bool) -> ExitCode:
        """Return what the run ends with: where something is there and something isn't, in part."""
        codes = [report.exit_code for report in self.reports]
        if ExitCode.INTERRUPTED in codes:
            return ExitCode.INTERRUPTED
        if complete and not any(codes):
            return ExitCode.OK
        there = any(outcome.is_there for outcome in self.outcomes.values())
        return ExitCode.PARTIAL if there else next(filter(None, codes), ExitCode.ERROR)
