"""Which lines are to be spoken: what is there already, and what must not be overwritten."""

from __future__ import annotations

import fnmatch
import glob
import shlex
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path

from ddvoices.batch.estimate import estimate_seconds
from ddvoices.batch.moves import Move, match_files, natural_order, put_in_order
from ddvoices.batch.places import Standing, find_standing, find_takes
from ddvoices.batch.script import Line
from ddvoices.batch.state import Made, Memory, request_digest
from ddvoices.catalog.findings import did_you_mean
from ddvoices.errors import InTheWayError, Problem, ScriptError, UsageError
from ddvoices.model import LineOutcome, LineResult

_BLOCKED: Mapping[Standing, str] = {
    Standing.OUTSIDE: "a link leads out of the output directory: choose another path, or another -o",
    Standing.BLOCKED: "can't be made: a folder or a device has this name, or a folder's name is a file's",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """A line to be spoken, by which voice, and the digest of all that was asked for."""

    line: Line
    voice_id: str
    digest: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """Who speaks: a region, and the URL there."""

    region: str
    endpoint: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Treatment:
    """How a run treats what is there: ``only`` are patterns of the files that are its business."""

    force: bool = False
    keep_edited: bool = False
    only: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Around:
    """What is there, by file: how those that are ours were made, and the lines with which nothing is done."""

    ours: Mapping[str, Sequence[Made]]
    settled: Mapping[str, LineOutcome]


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled:
    """The lines that need not be spoken, by file; the files that are renamed for some of them, in order."""

    outcomes: Mapping[str, LineOutcome]
    moves: Sequence[Move]


def choose_lines(lines: Sequence[Line], patterns: Sequence[str]) -> frozenset[str]:
    """Return the files that are chosen by patterns, all of them if there is none.

    Raises:
        UsageError: a pattern chooses none.
    """
    outs = [line.out for line in lines]
    chosen = [fnmatch.filter(outs, pattern) for pattern in patterns]
    for pattern, found in zip(patterns, chosen, strict=True):
        if not found:
            raise UsageError(f"--only {pattern}: no line has such a file{did_you_mean(pattern, outs)}")
    return frozenset(chain.from_iterable(chosen) if patterns else outs)


def look_around(
    lines: Sequence[Line], folder: Path, memory: Memory, *, file: str, treatment: Treatment
) -> Around:
    """Return what is there already.

    Raises:
        UsageError: a pattern chooses no line.
        ScriptError: a file can't be where its line wants it.
        InTheWayError: files of somebody else would be overwritten, and that wasn't asked for.
    """
    chosen = choose_lines(lines, treatment.only)
    blocked, foreign, ours, settled = [], [], {}, {}
    for line in lines:
        if line.out not in chosen:
            settled[line.out] = line_outcome(line, LineResult.NOT_CHOSEN)
            continue
        standing, facts = find_standing(folder, line.out, memory)
        at = (file, line.at.line, line.at.column, "out")
        if standing in _BLOCKED:
            blocked.append(Problem(*at, f"{folder / line.out}: {_BLOCKED[standing]}"))
        elif standing is Standing.FOREIGN and treatment.keep_edited:
            settled[line.out] = line_outcome(line, LineResult.KEPT)
        elif standing is Standing.FOREIGN and not treatment.force:
            foreign.append(Problem(*at, f"{folder / line.out}: {_in_the_way(line.out)}"))
        elif facts is not None:
            ours[line.out] = memory.takes(line.out, facts.sha256)
    if blocked:
        raise ScriptError(blocked)
    if foreign:
        raise InTheWayError(foreign)
    return Around(ours=ours, settled=settled)


def _in_the_way(out: str) -> str:
    pattern = shlex.quote(glob.escape(out))
    return (
        "is there, and not as a batch has written it: --keep-edited leaves it alone, "
        f"--force --only {pattern} overwrites it (--force alone speaks every line again)"
    )


def make_jobs(lines: Sequence[Line], ids: Mapping[str, str], service: Service) -> list[Job]:
    """Return the lines with the voices that speak them; ``ids`` are what the catalog's keys mean now."""
    return [_job(line, line.voice_id or ids[line.voice or ""], service) for line in lines]


def _job(line: Line, voice_id: str, service: Service) -> Job:
    digest = request_digest(
        text=line.text,
        voice_id=voice_id,
        speech=line.speech,
        region=service.region,
        endpoint=service.endpoint,
    )
    return Job(line=line, voice_id=voice_id, digest=digest)


def settle(
    lines: Sequence[Line],
    around: Around,
    folder: Path,
    memory: Memory,
    possible: Callable[[Line], Iterable[Job]],
) -> Settled:
    """Return which lines are spoken already, exactly so, where they should be or under another name.

    ``possible`` tells what a line may ask for: one job, or more where it isn't known what its key means.
    """
    outcomes, left = dict(around.settled), []
    for line in lines:
        if line.out not in outcomes:
            made = _same(possible(line), around.ours.get(line.out, ()))
            if made is None:
                left.append(line)
            else:
                outcomes[line.out] = _found(line, LineResult.UNCHANGED, made)
    wanted = {line.out: [job.digest for job in possible(line)] for line in left}
    digests = frozenset(chain.from_iterable(wanted.values()))
    moves = match_files(wanted.items(), _unwanted_files(folder, memory, around, outcomes, digests))
    by_out = {line.out: line for line in left}
    for move in moves:
        found = _found(by_out[move.target], LineResult.MOVED, move.made)
        outcomes[move.target] = replace(found, moved_from=move.source)
    names = {*memory.records, *outcomes, *by_out}
    return Settled(outcomes=outcomes, moves=put_in_order(moves, names))


def _unwanted_files(
    folder: Path, memory: Memory, around: Around, wanted: Collection[str], digests: Collection[str]
) -> dict[str, Sequence[Made]]:
    """Return how files of ours were made that no line wants where they are; only those with these digests."""
    found: dict[str, Sequence[Made]] = {}
    for out, records in memory.records.items():
        if out not in wanted and any(made.digest in digests for made in records):
            found[out] = around.ours[out] if out in around.ours else find_takes(folder, out, memory)
    return found


def _same(jobs: Iterable[Job], takes: Sequence[Made]) -> Made | None:
    """Return how a file was made, if it is what one of the jobs asks for."""
    if not takes:
        return None
    return next((made for job in jobs for made in takes if made.digest == job.digest), None)


def find_left_over(folder: Path, memory: Memory, wanted: Collection[str]) -> tuple[str, ...]:
    """Return the files of earlier runs, as those have made them, that are not ``wanted``."""
    others = sorted(memory.records.keys() - wanted, key=natural_order)
    return tuple(out for out in others if find_takes(folder, out, memory))


def foresee(
    lines: Sequence[Line], around: Around, folder: Path, memory: Memory, service: Service, *, force: bool
) -> Settled:
    """Return what a run would do, told offline: which voice a key means is only remembered."""

    def possible(line: Line) -> Iterator[Job]:
        own = (made.voice_id for made in around.ours.get(line.out, ()))
        remembered = dict.fromkeys((*own, *memory.voice_ids))
        for voice_id in [line.voice_id] if line.voice_id else remembered:
            yield _job(line, voice_id, service)

    if force:
        settled = Settled(outcomes=around.settled, moves=())
    else:
        settled = settle(lines, around, folder, memory, possible)
    outcomes = {line.out: _foreseen(line, settled.outcomes.get(line.out)) for line in lines}
    return replace(settled, outcomes=outcomes)


def _foreseen(line: Line, outcome: LineOutcome | None) -> LineOutcome:
    if outcome is None:
        return replace(line_outcome(line, LineResult.TO_SPEAK), seconds=estimate(line))
    if line.voice_id is None and outcome.voice_id is not None:
        return replace(outcome, note=f"if {line.voice} still means {outcome.voice_id}")
    return outcome


def estimate(line: Line) -> float:
    """Return about how many seconds a line takes to say."""
    return estimate_seconds(
        line.text,
        locale=line.speech["locale"],
        tempo=line.speech.get("tempo"),
        duration=line.speech.get("duration"),
    )


def line_outcome(line: Line, result: LineResult) -> LineOutcome:
    """Return what became of a line, as far as the line tells."""
    return LineOutcome(
        line=line.at.line,
        out=line.out,
        result=result,
        text=line.text,
        voice=line.voice,
        voice_id=line.voice_id,
    )


def _found(line: Line, result: LineResult, made: Made) -> LineOutcome:
    outcome = line_outcome(line, result)
    return replace(outcome, voice_id=made.voice_id, seconds=made.seconds, size=made.size)


Tell = Callable[[LineOutcome | Job], None]
"""Called with a job when it is started, and with its outcome when it has ended."""
