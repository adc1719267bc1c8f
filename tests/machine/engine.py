"""The real engine with the real client, between a run that watches and a place that answers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from concurrent.futures import Executor, Future
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any
from unittest.mock import patch

from machine.clock import Clock
from machine.place import KEYS, Place
from machine.run import CrashError, Run
from plan.makers import checked_plan

from ddvoices.apply import ApplyOptions, Work, apply_plan, plan_now, prepare
from ddvoices.auth import account_of
from ddvoices.client import DeepdubClient
from ddvoices.errors import PlanStaleError, RefusedError
from ddvoices.lockfile import hold_journal
from ddvoices.model import Plan, PlanOptions, Report
from ddvoices.observe import OpenRegions

SETTLE = 10.0
_ROOMS = ("apply.engine", "apply.region", "observe")  # those with pools of threads


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What is asked of an apply."""

    prune: bool = False
    force: bool = False
    resend: bool = False
    targets: tuple[str, ...] = ()
    regions: tuple[str, ...] = tuple(KEYS)
    reviewed: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Ran:
    """What came of one apply; without a report it was refused, stale or killed."""

    run: Run
    work: Work | None = None
    report: Report | None = None
    error: Exception | None = None


class Engine:
    """Plans and applies. With ``threads`` requests are side by side, and no two runs are the same."""

    def __init__(self, place: Place, clock: Clock, *, threads: bool) -> None:
        self._place, self._clock = place, clock
        self._at_once = 3 if threads else 1

    def plan(self, run: Run, keys: Mapping[str, str], *, prune: bool) -> Plan:
        """Plan, and see that nothing is written anywhere."""
        before = run.checkout.snapshot()
        with self._watched(run), self._open(run, keys) as regions:
            plan = plan_now(regions, run.catalog, PlanOptions(prune=prune))
        assert run.checkout.snapshot() == before
        assert run.writes == []
        return plan

    def apply(self, run: Run, keys: Mapping[str, str], wish: Wish) -> Ran:
        """Apply; what a run may end with is told, and whatever else comes is raised."""
        work = None
        try:
            with (
                self._watched(run),
                self._open(run, keys) as regions,
                hold_journal(run.checkout.root) as journal,
            ):
                choice = PlanOptions(prune=wish.prune, targets=wish.targets)
                options = self._options(run, wish)
                work = prepare(regions, run.catalog, journal, choice, options, reviewed=wish.reviewed)
                _check_plan(work, wish)
                return Ran(run=run, work=work, report=apply_plan(work, options))
        except CrashError:
            return Ran(run=run, work=work)
        except (RefusedError, PlanStaleError) as error:
            return Ran(run=run, work=work, error=error)

    def _options(self, run: Run, wish: Wish) -> ApplyOptions:
        return ApplyOptions(
            parallelism=self._at_once,
            settle=SETTLE,
            force=wish.force,
            resend=wish.resend,
            sleep=self._clock.sleep,
            clock=self._clock.monotonic,
            stop=run.stop,
        )

    @contextmanager
    def _watched(self, run: Run) -> Iterator[None]:
        """Watch the disk; without threads everything takes its turn."""
        with ExitStack() as stack:
            stack.enter_context(run.on_disk())
            for room in _ROOMS if self._at_once == 1 else ():
                stack.enter_context(patch(f"ddvoices.{room}.ThreadPoolExecutor", _InTurn))
            yield

    @contextmanager
    def _open(self, run: Run, keys: Mapping[str, str]) -> Iterator[OpenRegions]:
        with ExitStack() as stack:
            yield OpenRegions(
                clients={
                    name: stack.enter_context(self._client(run, name, key)) for name, key in keys.items()
                },
                accounts={name: account_of(key, self._place.base_url) for name, key in keys.items()},
            )

    def _client(self, run: Run, region: str, key: str) -> DeepdubClient:
        client = DeepdubClient(
            self._place.base_url,
            api_key=key,
            sleep=self._clock.sleep,
            environ={},
            timeout=self._place.patience,
        )
        client._transport._session.mount("http://", run.adapter(self._place.adapter(), region))
        return client


class _InTurn(Executor):
    """Does what it is given at once, so that a run is the same in every replay."""

    def __init__(self, *_: Any, **__: Any) -> None: ...

    def submit(self, work: Any, /, *args: Any, **kwargs: Any) -> Future[Any]:
        future: Future[Any] = Future()
        try:
            future.set_result(work(*args, **kwargs))
        except BaseException as error:  # noqa: BLE001 - as a thread does
            future.set_exception(error)
        return future


def _check_plan(work: Work, wish: Wish) -> None:
    """Plans are deterministic; what is withheld is known inside only, so where there is no open create."""
    if not work.journal.open_intents():
        again = checked_plan(work.desired, work.observed, work.lock, prune=wish.prune)
        assert again == work.whole
