"""What is drawn on a terminal while something happens; slow to import, so only where it is drawn."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from typing import Any

from rich.console import Console, OverflowMethod, RenderableType
from rich.constrain import Constrain
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    RenderableColumn,
    TextColumn,
    TimeElapsedColumn,
)
from rich.status import Status
from rich.table import Column
from rich.text import Text

from ddvoices.report.layout import held
from ddvoices.report.terminal import printable

# Columns: where ^C^C doesn't fit behind the bar, the terminal begins a line, and it stays.
_ROOM_FOR_CTRL_C = 6


class Now:
    """A text that says what is under way, and while there is a wait, why."""

    def __init__(self, console: Console, usual: str = "") -> None:
        self.console = console
        self.usual = usual
        self._wait = ""
        self._until = 0.0

    def wait(self, message: str, details: Mapping[str, Any]) -> None:
        """Show why there is a wait, as long as it lasts."""
        self._wait, self._until = message, time.monotonic() + details["seconds"]

    def print(self, text: str) -> None:
        """Print lines above what is drawn."""
        self.console.print(Text.from_ansi(text), soft_wrap=True)

    def __rich__(self) -> Text:
        """Return the text as it is now; rich asks whenever it draws."""
        shown = self._wait if time.monotonic() < self._until else self.usual
        overflow: OverflowMethod = "crop" if self.console.options.ascii_only else "ellipsis"
        return Text(held(printable(shown), self.console.encoding), no_wrap=True, overflow=overflow)


class Bar(Progress):
    """A bar with how much is done, how much has failed, how long it takes, and what is under way."""

    def __init__(self, now: Now) -> None:
        self._on = now.console  # it is drawn for the first time while it is being made
        failed = TextColumn(
            "{task.fields[failed]}", style="red", markup=False, table_column=Column(no_wrap=True)
        )
        rest = RenderableColumn(now, table_column=Column(no_wrap=True, ratio=1))  # takes what is left
        columns = (BarColumn(bar_width=20), MofNCompleteColumn(), failed, TimeElapsedColumn(), rest)
        super().__init__(*columns, console=now.console, transient=True, expand=True)

    def get_renderables(self) -> Iterable[RenderableType]:
        """Yield what is drawn: a line that isn't quite as wide as the terminal."""
        for drawn in super().get_renderables():
            yield Constrain(drawn, self._on.width - _ROOM_FOR_CTRL_C)


class Steps:
    """What a bar shows: how much is done, how much has failed, and what is under way."""

    def __init__(self, bar: Bar, total: int, now: Now) -> None:
        self._bar = bar
        self._task = bar.add_task("", total=total, failed="")
        self._now = now
        self._failed = 0
        self._under_way: dict[str, None] = {}

    def begin(self, what: str) -> None:
        """Show what is begun."""
        self._under_way[what] = None
        self._show()

    def end(self, what: str, *, done: bool, failed: bool) -> None:
        """Count what has ended; what has failed is counted beside the bar, and what was left out nowhere."""
        self._under_way.pop(what, None)
        self._failed += failed
        shown = f"{self._failed} failed" if self._failed else ""
        self._bar.update(self._task, advance=int(done), failed=shown)
        self._show()

    def _show(self) -> None:
        first, others = next(iter(self._under_way), ""), len(self._under_way) - 1
        self._now.usual = f"{first} and {others} more" if others > 0 else first


def spinner(now: Now) -> Status:
    """Return what shows a text that turns, while it is entered."""
    turning = "line" if now.console.options.ascii_only else "dots"
    return Status(now, console=now.console, spinner=turning)
