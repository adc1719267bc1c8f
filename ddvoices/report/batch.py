"""What became of a script's lines, as text and as a versioned JSON document."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from click import style, unstyle
from rich.cells import cell_len, set_cell_size

from ddvoices.model import BatchReport, LineOutcome, LineResult
from ddvoices.report.terminal import printable
from ddvoices.report.words import seconds_words

FORMAT_VERSION = "1.0"
WIDTH = 80
_FILE_WIDTH, _VOICE_WIDTH = 26, 10
_NAMED_AT_MOST = 5
_COUNTED = {result: str(result).replace("_", " ") for result in LineResult}
_FORESEEN = _COUNTED | {LineResult.MOVED: "to move", LineResult.KEPT: "to keep"}


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
        "left_over": list(report.left_over),
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
        "moved_from": outcome.moved_from,
        "note": outcome.note,
        "error": outcome.error,
    }


def batch_text(report: BatchReport, *, color: bool = False, verbose: bool = False) -> str:
    """Return what isn't as it was (in a dry run each line that is chosen), and a last line that counts.

    Of files that were moved or are left over, some are named, ``verbose`` all.
    """
    shown = len(report.outcomes) + len(report.left_over) if verbose else _NAMED_AT_MOST
    lines = [f"stopped: {printable(report.stopped)}"] if report.stopped is not None else []
    lines += _foreseen(report) if report.dry_run else _told(report, shown)
    if report.left_over:
        counted = _files(len(report.left_over))
        lines += _some(f"Left over: {counted} of earlier runs that no line wants", report.left_over, shown)
    text = "\n".join([*lines, style(_last(report), bold=True)]) + "\n"
    return text if color else unstyle(text)


def _last(report: BatchReport) -> str:
    counted = ", ".join(f"{report.counts[r]} {_COUNTED[r]}" for r in LineResult if report.counts[r])
    about = "about " if report.dry_run else ""
    length = length_words(_total(report))
    end = "; interrupted" if report.interrupted else ""
    folder = printable(report.directory.rstrip("/"))
    return f"Batch: {counted or 'nothing to do'}; {about}{length} of speech; in {folder}/{end}"


def _told(report: BatchReport, shown: int) -> list[str]:
    """Return the lines of what has moved, and of each failure."""
    moved = [f"{o.out}  from {o.moved_from}" for o in report.outcomes if o.result is LineResult.MOVED]
    lines = _some(f"Moved: {_files(len(moved))} to where the lines are now", moved, shown) if moved else []
    failed = (outcome for outcome in report.outcomes if outcome.result is LineResult.FAILED)
    return lines + [line_text(report.script, outcome) for outcome in failed]


def _some(title: str, names: Sequence[str], shown: int) -> list[str]:
    """Return a title with the first names below it."""
    lines = [f"{title}:", *(f"  {printable(name)}" for name in names[:shown])]
    more = len(names) - shown
    return [*lines, f"  and {more} more: `ddvoices -v` names all"] if more > 0 else lines


def _files(count: int) -> str:
    return f"{count} file" if count == 1 else f"{count} files"


def line_text(script: str, outcome: LineOutcome) -> str:
    """Return one outcome in one line: ``script.yaml:12: 012-hello.wav: why``."""
    said = outcome.error or _COUNTED[outcome.result]
    return f"{printable(script)}:{outcome.line}: {printable(outcome.out)}: {printable(said)}"


def _foreseen(report: BatchReport) -> list[str]:
    """Return a line for each of the script's that is chosen, and what they depend on."""
    rows = [
        (
            f"{_FORESEEN[o.result]:10}  {seconds_words(o.seconds):>7}",
            printable(o.out),
            printable(o.voice or o.voice_id or ""),
            printable(f"from {o.moved_from}" if o.moved_from else " ".join(o.text.split())),
        )
        for o in report.outcomes
        if o.result is not LineResult.NOT_CHOSEN
    ]
    file_width = min(max((cell_len(row[1]) for row in rows), default=0), _FILE_WIDTH)
    voice_width = min(max((cell_len(row[2]) for row in rows), default=0), _VOICE_WIDTH)
    lines = []
    for start, out, voice, text in rows:
        line = f"{start}  {_fitted(out, file_width, middle=True)}  {_fitted(voice, voice_width)}  "
        lines.append((line + cut(text, WIDTH - cell_len(line))).rstrip())
    notes = dict.fromkeys(outcome.note for outcome in report.outcomes if outcome.note)
    return [*lines, *(f"({printable(note)})" for note in notes)]


def _fitted(text: str, width: int, *, middle: bool = False) -> str:
    return set_cell_size(cut(text, width, middle=middle), width)


def cut(text: str, width: int, *, middle: bool = False) -> str:
    """Return a text that takes at most ``width`` columns of a terminal, cut at its end or in its middle."""
    text = text[: 4 * width] + text[-4 * width :] if len(text) > 8 * width else text
    if cell_len(text) <= width:
        return text
    tail = ""
    while middle and cell_len(tail) < width // 2:
        tail = text[-len(tail) - 1 :]
    return set_cell_size(text, width - 1 - cell_len(tail)).rstrip() + "…" + tail


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
