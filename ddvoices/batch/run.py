"""Speaking many lines over few sockets: at most so many at once, fewer where the service says so.

A generation is sent again only where nothing was spoken: after a refusal for too many at once, and where no
connection could be made. What may have been paid for is left to the next run. Cancelling ends a run: what is
under way is abandoned, what is being written to disk is finished.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections import Counter, deque
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from dataclasses import dataclass, field, replace
from types import TracebackType
from typing import Any, Protocol

from ddvoices.batch.state import Made
from ddvoices.batch.work import Job, Tell, line_outcome
from ddvoices.client.errors import (
    ConnectionLostError,
    GenerationRateLimitError,
    InsufficientCreditsError,
    PlanExceededError,
    RateLimitedError,
    RateLimitError,
    ServerError,
    StatusError,
)
from ddvoices.client.pace import Pace, backoff
from ddvoices.errors import (
    AuthError,
    BatchStateError,
    DdvoicesError,
    OutputError,
    ServiceError,
    ServiceUnreachableError,
)
from ddvoices.model import LineOutcome, LineResult

# no connection was made; the client has tried more than once
_UNCONNECTED = (ServiceUnreachableError, RateLimitedError, ServerError)
# no line that follows would fare better, and some would be paid for and lost
_FATAL = (
    *_UNCONNECTED,
    RateLimitError,
    InsufficientCreditsError,
    StatusError,
    AuthError,
    OutputError,
    BatchStateError,
)
# one text may be more than the plan allows, or all that follow; one connection may break, or each of them,
# and every line be paid for and lost
_MOST_IN_A_ROW: Mapping[type[DdvoicesError], int] = {PlanExceededError: 3, ConnectionLostError: 10}
_INTERRUPTED = "interrupted while it was spoken: it may have been paid for, and the next run speaks it"


class Connection(Protocol):
    """One WebSocket of the client."""

    def async_tts(self, text: str, **options: Any) -> AsyncIterator[bytes]:
        """Speak a text and yield its audio."""
        ...


Connect = Callable[[], AbstractAsyncContextManager[Connection]]
Save = Callable[[Job, Sequence[bytes]], Made]


@dataclass(frozen=True, slots=True, kw_only=True)
class RunOptions:
    """How a run goes: at most ``parallelism`` generations under way, over ``connections`` sockets.

    ``too_many_attempts`` and ``connect_attempts`` are how often a line is sent that the service refuses for
    too many at once, or that no connection can be made for.
    """

    parallelism: int = 3
    connections: int = 1
    too_many_attempts: int = 9
    connect_attempts: int = 3
    tell: Tell = lambda _: None
    clock: Callable[[], float] = time.monotonic
    random: Callable[[], float] = random.random


class BatchRun:
    """One run over the jobs; ``outcomes`` (by file) fill while it runs, and are whole when it has ended."""

    def __init__(self, jobs: Sequence[Job], connect: Connect, save: Save, options: RunOptions) -> None:
        self._jobs = jobs
        self._connect = connect
        self._save = save
        self._options = options
        self._pending = deque(jobs)
        self._pace = Pace(options.parallelism, clock=options.clock)
        self._sent: set[str] = set()
        self._outcomes: dict[str, LineOutcome] = {}
        self._in_a_row: Counter[type[DdvoicesError]] = Counter()
        self.stopped_by: DdvoicesError | None = None

    async def run(self) -> None:
        """Speak the lines; errors of single lines and of the service are in the outcomes."""
        async with AsyncExitStack() as stack:
            connections = await self._open(stack)
            gate = _Gate(self._pace)
            # twice as many, so that the service isn't idle while files are written: the gate counts
            workers = min(2 * self._options.parallelism, len(self._jobs)) if connections else 0
            async with asyncio.TaskGroup() as group:
                for number in range(workers):
                    group.create_task(self._work(connections[number % len(connections)], gate))

    @property
    def outcomes(self) -> Mapping[str, LineOutcome]:
        """Return what became of each job by now; those that were never sent are skipped."""
        why = f"not started: {self.stopped_by}" if self.stopped_by else "interrupted before it was started"
        return {
            job.line.out: self._outcomes.get(job.line.out) or self._unfinished(job, why) for job in self._jobs
        }

    def _unfinished(self, job: Job, why: str) -> LineOutcome:
        if job.line.out in self._sent:
            return replace(_outcome(job, LineResult.FAILED), error=_INTERRUPTED)
        return replace(_outcome(job, LineResult.SKIPPED), error=why)

    async def _open(self, stack: AsyncExitStack) -> list[_Socket]:
        """Open the sockets; fewer than were asked for will do, none stops the run."""
        opened: list[_Socket] = []
        wanted = min(self._options.connections, len(self._jobs))
        attempt = 0
        while len(opened) < wanted:
            try:
                opened.append(_Socket(await stack.enter_async_context(self._connect())))
            except DdvoicesError as error:
                attempt += 1
                if opened:
                    break  # those that are there need not stand idle
                if not self._may_try_again(error, attempt):
                    self.stopped_by = error
                    break
                await self._wait(attempt)
        return opened

    async def _work(self, socket: _Socket, gate: _Gate) -> None:
        while self._pending and self.stopped_by is None:
            await self._speak(self._pending.popleft(), socket, gate)

    async def _speak(self, job: Job, socket: _Socket, gate: _Gate) -> None:
        """Speak one line, sent again as often as that may help and costs nothing."""
        attempts: Counter[str] = Counter()
        while self.stopped_by is None:
            try:
                chunks = await self._generate(job, socket, gate)
                if chunks is not None:
                    await self._keep(job, chunks)
            except DdvoicesError as error:
                kind = "refused" if isinstance(error, GenerationRateLimitError) else "unconnected"
                attempts[kind] += 1
                if not self._may_try_again(error, attempts[kind]):
                    self._fail(job, error)
                    return
                self._sent.discard(job.line.out)
                await self._wait(attempts[kind])
            else:
                return

    async def _generate(self, job: Job, socket: _Socket, gate: _Gate) -> list[bytes] | None:
        """Return the audio of one generation; None if the run was stopped while it waited for its turn."""
        async with gate:
            if self.stopped_by is not None:
                return None
            self._options.tell(job)
            self._sent.add(job.line.out)
            started = self._pace.start()
            try:
                chunks = await socket.speak(job)
            except (RateLimitError, _DoubtfulError):
                self._pace.refused(started)
                raise
            self._pace.succeeded()
            self._in_a_row.clear()
            return chunks

    async def _wait(self, attempt: int) -> None:
        await asyncio.sleep(backoff(attempt - 1, random=self._options.random))

    async def _keep(self, job: Job, chunks: list[bytes]) -> None:
        """Write the audio, to the end even where the run is cancelled meanwhile."""
        saving = asyncio.ensure_future(asyncio.to_thread(self._saved, job, chunks))
        try:
            made = await asyncio.shield(saving)
        except asyncio.CancelledError:
            await asyncio.wait([saving])
            if saving.exception() is None:
                self._note(_spoken(job, saving.result()))
            raise
        self._note(_spoken(job, made))

    def _saved(self, job: Job, chunks: list[bytes]) -> Made:
        """Write the audio; whatever goes wrong is this line's failure, so that the report comes."""
        try:
            return self._save(job, chunks)
        except DdvoicesError:
            raise
        except Exception as error:
            raise OutputError(f"{job.line.out}: can't be written: {error}") from error

    def _may_try_again(self, error: DdvoicesError, attempt: int) -> bool:
        """Tell whether to send again after ``attempt`` attempts: nothing was spoken, and it may help."""
        if isinstance(error, GenerationRateLimitError):
            return attempt < self._options.too_many_attempts
        return isinstance(error, _UNCONNECTED) and attempt < self._options.connect_attempts

    def _fail(self, job: Job, error: DdvoicesError) -> None:
        too_often = False
        for kind, most in _MOST_IN_A_ROW.items():
            self._in_a_row[kind] += isinstance(error, kind)
            too_often = too_often or self._in_a_row[kind] >= most
        if (too_often or isinstance(error, _FATAL)) and self.stopped_by is None:
            self.stopped_by = error
        failed = _outcome(job, LineResult.FAILED)
        self._note(replace(failed, error=str(error), error_code=error.exit_code))

    def _note(self, outcome: LineOutcome) -> None:
        self._outcomes[outcome.out] = outcome
        self._options.tell(outcome)


class _DoubtfulError(ServiceError):
    """The service has refused one of several generations, and doesn't say which."""


@dataclass(slots=True, eq=False)
class _Attempt:
    """A generation under way: whether it is alone on its socket, and what has come of it."""

    alone: bool = True
    chunks: list[bytes] = field(default_factory=list)


class _Socket:
    """A connection, and the generations that are under way on it."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._attempts: list[_Attempt] = []

    async def speak(self, job: Job) -> list[bytes]:
        """Return the audio of a line.

        Raises:
            RateLimitError: it was too many at once, and surely this one wasn't made.
            _DoubtfulError: it may have been this one or another; sent again, it might be paid for twice.
            ServiceError: as the client's call.
        """
        attempt = _Attempt(alone=not self._attempts)
        for other in self._attempts:
            other.alone = False
        self._attempts.append(attempt)
        try:
            asked = {"voice_prompt_id": job.voice_id, **job.line.speech}
            async for chunk in self._connection.async_tts(job.line.text, **asked):
                attempt.chunks.append(chunk)
        except GenerationRateLimitError as error:
            if attempt.chunks or (error.generation_id is None and not attempt.alone):
                raise _DoubtfulError(
                    f"{error}: the service doesn't say of which line, so this one may have been paid for"
                ) from error
            raise
        finally:
            self._attempts.remove(attempt)
        return attempt.chunks


class _Gate:
    """Lets through as many at once as the pace allows."""

    def __init__(self, pace: Pace) -> None:
        self._pace = pace
        self._under_way = 0
        self._changed = asyncio.Condition()

    async def __aenter__(self) -> None:
        async with self._changed:
            await self._changed.wait_for(lambda: self._under_way < self._pace.allowed)
            self._under_way += 1

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._under_way -= 1
        async with self._changed:
            self._changed.notify_all()


def _outcome(job: Job, result: LineResult) -> LineOutcome:
    return replace(line_outcome(job.line, result), voice_id=job.voice_id)


def _spoken(job: Job, made: Made) -> LineOutcome:
    return replace(_outcome(job, LineResult.SPOKEN), seconds=made.seconds, size=made.size)
