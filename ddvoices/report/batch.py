"""What became of a script's lines, as text and as a versioned JSON document."""

from __future__ import annotations

from typing import Any

from click import style, unstyle

from ddvoices.model import BatchReport, LineOutcome, LineResult
from ddvoices.report.terminal import printable
from ddvoices.report.words import seconds_words

FORMAT_VERSION = "1.0"
_COUNTED = {result: str(result).replace("_", " ") for result in LineResult}


def batch_document(report: BatchReport) -> dict[str, Any]:
    """Return what a batch did as JSON values."""
    return {
        "format_version": FORMAT_VERSION,
        "script": report.script,
        "directory": report.directory,
        "region": report.region,
        "dry_run": report.dry_run,
        "lines": [_line_document(outcome) for outcome in report.outcomes],
        "summary": {str(result): report.counts[result] for result in LineResult},
        "seconds": round(_total(report), 3),
        "interrupted": report.interrupted,
        "stopped": report.stopped,
    }


def _line_document(outcome: LineOutcome) -> dict[str, Any]:
    return {
        "line": outcome.line,
        "out": outcome.out,
        "result": str(outcome.result),
        "voice": outcome.voice,
        "voice_prompt_id": outcome.voice_id,
        "seconds": outcome.seconds,
        "bytes": outcome.size,
        "note": outcome.note,
        "error": outcome.error,
    }


def batch_text(report: BatchReport, *, color: bool = False) -> str:
    """Return each failure in a line (in a dry run each line of the script), and a last line that counts."""
    lines = []
    if report.stopped is not None:
        lines.append(f"stopped: {printable(report.stopped)}")
    for outcome in report.outcomes:
        if report.dry_run:
            lines.append(_foreseen(outcome))
        elif outcome.result is LineResult.FAILED:
            lines.append(line_text(report.script, outcome))
    counted = ", ".join(f"{report.counts[r]} {_COUNTED[r]}" for r in LineResult if report.counts[r])
    about = "about " if report.dry_run else ""
    last = f"Batch: {counted or 'nothing to do'}; {about}{length_words(_total(report))} of speech"
    if report.interrupted:
        last += "; interrupted"
    text = "\n".join([*lines, style(last, bold=True)]) + "\n"
    return text if color else unstyle(text)


def line_text(script: str, outcome: LineOutcome) -> str:
    """Return one outcome in one line: ``script.yaml:12: 012-hello.wav: why``."""
    said = outcome.error or _COUNTED[outcome.result]
    return f"{printable(script)}:{outcome.line}: {printable(outcome.out)}: {printable(said)}"


def _foreseen(outcome: LineOutcome) -> str:
    line = f"{_COUNTED[outcome.result]:9}  {seconds_words(outcome.seconds):>7}  {printable(outcome.out)}"
    return f"{line}  ({printable(outcome.note)})" if outcome.note else line


def length_words(seconds: float) -> str:
    """Return a length of time as people say it: ``41 min 3 s``."""
    if round(seconds, 1) < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min {rest} s"


def _total(report: BatchReport) -> float:
    """Return the seconds that were spoken, or would be."""
    return report.seconds(LineResult.TO_SPEAK if report.dry_run else LineResult.SPOKEN)
