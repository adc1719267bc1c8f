"""What an audition has spoken: one line by the voices of a region, each of them a line of a script."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ddvoices.errors import ExitCode

if TYPE_CHECKING:
    from ddvoices.batch.run import RunOptions
    from ddvoices.cli.session import Session
    from ddvoices.model import BatchReport, LineOutcome, RegionPlan, VoiceSpec


class Stage:
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


class Takes:
    """Takes of one line, spoken region after region."""

    def __init__(
        self, session: Session, line: str, folder: Path, asked: Mapping[str, Any], *, force: bool
    ) -> None:
        self.session, self.line, self.folder, self.asked, self.force = session, line, folder, asked, force
        self.reports: list[BatchReport] = []
        self.outcomes: dict[tuple[str, str], LineOutcome] = {}  # by region and file

    def speak(self, stage: Stage, how: RunOptions, *, dry_run: bool) -> None:
        """Speak the line in a region, as a script of which each line is another voice's."""
        from ddvoices.batch.script import ScriptFormat
        from ddvoices.batch.work import Treatment
        from ddvoices.cli.batch import print_report
        from ddvoices.cli.scripts import Batch, Source
        from ddvoices.files import check_folder

        for key in (spec.key for spec in stage.specs if spec.key not in stage.ids):
            self.session.warn(f"{key} can't speak in {stage.region}: {stage.why_missing(key)}")
        for key, note in stage.notes.items():
            self.session.say(f"{key} speaks in {stage.region} by {note}")
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

    def out(self, key: str) -> str:
        """Return the name of a voice's take."""
        return f"{key}.{self.asked['format']}"

    def _script(self, stage: Stage) -> bytes:
        """Return JSON Lines, one for each voice; in the language of the voice if none is asked for."""
        import json

        lines = (
            {
                "text": self.line,
                "voice_prompt_id": stage.ids[spec.key],
                "out": self.out(spec.key),
                "locale": self.asked.get("locale") or spec.locale,
            }
            for spec in stage.specs
            if spec.key in stage.ids
        )
        return "".join(f"{json.dumps(line)}\n" for line in lines).encode()

    def exit_code(self, *, complete: bool) -> ExitCode:
        """Return what the run ends with: where something is there and something isn't, in part."""
        codes = [report.exit_code for report in self.reports]
        if ExitCode.INTERRUPTED in codes:
            return ExitCode.INTERRUPTED
        if complete and not any(codes):
            return ExitCode.OK
        there = any(outcome.is_there for outcome in self.outcomes.values())
        return ExitCode.PARTIAL if there else next(filter(None, codes), ExitCode.ERROR)
