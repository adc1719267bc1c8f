"""What became of the lines of a script."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from ddvoices.errors import ExitCode


class LineResult(StrEnum):
    """What became of a line; ``TO_SPEAK`` is what a dry run says of those that would be spoken.

    ``MOVED``: its speech was there under another name. ``KEPT``: in its place, a file that isn't ours.
    """

    SPOKEN = "spoken"
    UNCHANGED = "unchanged"
    MOVED = "moved"
    KEPT = "kept"
    NOT_CHOSEN = "not_chosen"
    TO_SPEAK = "to_speak"
    FAILED = "failed"
    SKIPPED = "skipped"


# with these, the line's file is there
_THERE = (LineResult.SPOKEN, LineResult.UNCHANGED, LineResult.MOVED, LineResult.KEPT)


@dataclass(frozen=True, slots=True, kw_only=True)
class LineOutcome:
    """A line's end: ``line`` is where it stands in the script, ``out`` its file below the directory.

    ``seconds`` are those of the audio, or an estimate where nothing was spoken; None if they can't be told.
    ``moved_from`` is the file's former name, ``note`` what the result depends on.
    """

    line: int
    out: str
    result: LineResult
    text: str = ""
    voice: str | None = None
    voice_id: str | None = None
    seconds: float | None = None
    size: int | None = None
    moved_from: str | None = None
    note: str | None = None
    error: str | None = None
    error_code: ExitCode = ExitCode.ERROR

    @property
    def is_there(self) -> bool:
        """Tell whether the line's file is there."""
        return self.result in _THERE


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchReport:
    """What a run did, line by line in the order of the script; ``stopped`` is why no more were started.

    ``left_over`` are the files of earlier runs that no line of the script wants.
    """

    script: str
    directory: str
    region: str
    outcomes: Sequence[LineOutcome]
    left_over: Sequence[str] = ()
    dry_run: bool = False
    interrupted: bool = False
    stopped: str | None = None
    stopped_code: ExitCode = ExitCode.ERROR

    @property
    def counts(self) -> Mapping[LineResult, int]:
        """Return the number of lines of each result."""
        return Counter(outcome.result for outcome in self.outcomes)

    def seconds(self, result: LineResult) -> float:
        """Return the seconds of speech of a result, as far as they are known."""
        return sum(o.seconds or 0.0 for o in self.outcomes if o.result is result)

    @property
    def exit_code(self) -> ExitCode:
        """Return what the run ends with: where nothing was spoken, the cause's own code."""
        if self.interrupted:
            return ExitCode.INTERRUPTED
        counts = self.counts
        if not counts[LineResult.FAILED] and not counts[LineResult.SKIPPED]:
            return ExitCode.OK
        if any(counts[result] for result in _THERE):
            return ExitCode.PARTIAL
        if self.stopped is not None:
            return self.stopped_code
        return next(o.error_code for o in self.outcomes if o.result is LineResult.FAILED)
