"""Which lines are to be spoken: what is there already, and what must not be overwritten."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from ddvoices.batch.estimate import estimate_seconds
from ddvoices.batch.places import FileFacts, Standing, find_standing
from ddvoices.batch.script import Line
from ddvoices.batch.state import Made, Memory, request_digest
from ddvoices.errors import InTheWayError, Problem, ScriptError
from ddvoices.model import LineOutcome, LineResult

_BLOCKED: Mapping[Standing, str] = {
    Standing.OUTSIDE: "a link leads out of the output directory: choose another path, or another -o",
    Standing.BLOCKED: "can't be made: a folder or a device has this name, or a folder's name is a file's",
}
_FOREIGN = "is there, and not as a batch has written it: move it away, or let it be overwritten by --force"


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


def look_around(
    lines: Sequence[Line], folder: Path, memory: Memory, *, file: str, force: bool
) -> dict[str, FileFacts]:
    """Return what the files hold that are there already and ours.

    Raises:
        ScriptError: a file can't be where its line wants it.
        InTheWayError: files of somebody else would be overwritten, and that wasn't asked for.
    """
    blocked, foreign, ours = [], [], {}
    for line in lines:
        standing, facts = find_standing(folder, line.out, memory)
        at = (file, line.at.line, line.at.column, "out")
        if standing in _BLOCKED:
            blocked.append(Problem(*at, f"{folder / line.out}: {_BLOCKED[standing]}"))
        elif standing is Standing.FOREIGN and not force:
            foreign.append(Problem(*at, f"{folder / line.out}: {_FOREIGN}"))
        elif standing is Standing.OURS and facts is not None:
            ours[line.out] = facts
    if blocked:
        raise ScriptError(blocked)
    if foreign:
        raise InTheWayError(foreign)
    return ours


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


def find_unchanged(job: Job, facts: FileFacts | None, memory: Memory) -> LineOutcome | None:
    """Return the outcome of a line that is spoken already, exactly so; None if it isn't."""
    made = memory.last.get(job.line.out)
    if made is None or facts is None or made.digest != job.digest or made.sha256 != facts.sha256:
        return None
    return _unchanged(job.line, made)


def foresee(
    lines: Sequence[Line], ours: Mapping[str, FileFacts], memory: Memory, service: Service, *, force: bool
) -> list[LineOutcome]:
    """Return what a run would do, told offline: which voice a key means is only remembered."""
    return [_foreseen(line, ours.get(line.out), memory, service, force=force) for line in lines]


def _foreseen(
    line: Line, facts: FileFacts | None, memory: Memory, service: Service, *, force: bool
) -> LineOutcome:
    made = memory.last.get(line.out)
    voice_id = line.voice_id or (made.voice_id if made else None)
    if voice_id is not None and not force:
        outcome = find_unchanged(_job(line, voice_id, service), facts, memory)
        if outcome is not None:
            note = f"if {line.voice} still means {voice_id}" if line.voice_id is None else None
            return _unchanged(line, memory.last[line.out], note=note)
    return LineOutcome(
        line=line.at.line,
        out=line.out,
        result=LineResult.TO_SPEAK,
        voice=line.voice,
        voice_id=line.voice_id,
        seconds=estimate(line),
    )


def estimate(line: Line) -> float:
    """Return about how many seconds a line takes to say."""
    return estimate_seconds(
        line.text,
        locale=line.speech["locale"],
        tempo=line.speech.get("tempo"),
        duration=line.speech.get("duration"),
    )


def _unchanged(line: Line, made: Made, *, note: str | None = None) -> LineOutcome:
    return LineOutcome(
        line=line.at.line,
        out=line.out,
        result=LineResult.UNCHANGED,
        voice=line.voice,
        voice_id=made.voice_id,
        seconds=made.seconds,
        size=made.size,
        note=note,
    )


Tell = Callable[[LineOutcome | Job], None]
"""Called with a job when it is started, and with its outcome when it has ended."""
