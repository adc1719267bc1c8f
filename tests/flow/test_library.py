"""The engine as a library, as docs/engine.md shows it."""

from __future__ import annotations

import os
import re
import signal
import threading
from pathlib import Path

import pytest
from in_process import apply_here
from workspace import Workspace

from ddvoices import DeepdubClient
from ddvoices.apply import Event

DOCUMENT = Path(__file__).parents[2] / "docs" / "engine.md"


def test_the_example_of_the_document_works(workspace: Workspace, capsys: pytest.CaptureFixture[str]) -> None:
    example = re.search(r"```python\n(.*?)```", DOCUMENT.read_text(encoding="utf-8"), flags=re.DOTALL)
    assert example
    names: dict[str, object] = {}
    exec(example[1], names)  # noqa: S102 - our own document
    converge = names["converge"]
    assert callable(converge)
    workspace.voice("ada")
    workspace.save()
    with DeepdubClient(base_url=workspace.emulator.base_url, api_key=workspace.key) as client:
        assert converge(str(workspace.root), client, region="us") is True
        assert capsys.readouterr().out == "create ada not_in_region\n"
        assert converge(str(workspace.root), client, region="us") is True
        assert capsys.readouterr().out == ""
    assert len(workspace.there()) == 1


@pytest.mark.proof
def test_the_engine_sends_nothing_again_that_was_never_answered(workspace: Workspace) -> None:
    """Whoever plans without knowing of it is held back where it is sent."""
    names: dict[str, object] = {}
    example = re.search(r"```python\n(.*?)```", DOCUMENT.read_text(encoding="utf-8"), flags=re.DOTALL)
    assert example
    exec(example[1].replace("settle=10", "settle=0"), names)  # noqa: S102 - our own document
    converge = names["converge"]
    assert callable(converge)
    workspace.emulator.settings(workspace.key, published_hidden=True)
    rule = {"method": "POST", "path": "/voice", "when": "after", "kind": "reset", "count": 1}
    workspace.emulator.faults(workspace.key, [rule])
    workspace.voice("ada", publish=True)
    workspace.save()
    with DeepdubClient(base_url=workspace.emulator.base_url, api_key=workspace.key) as client:
        for _ in range(2):
            assert converge(str(workspace.root), client, region="us") is False
    assert len(workspace.there()) == 1


@pytest.mark.proof
def test_what_breaks_off_an_apply_is_for_the_next_as_a_kill_is(workspace: Workspace) -> None:
    """A voice that was made and didn't show up yet is not taken for gone."""
    workspace.voice("ada"), workspace.voice("bob")
    workspace.emulator.settings(workspace.key, visible_after_ms=60_000)

    def tell(event: Event) -> None:
        if event.outcome is not None:
            raise RuntimeError("the program's own")

    with pytest.raises(RuntimeError, match="the program's own"):
        apply_here(workspace, settle=0.0, on_event=tell)
    assert len(workspace.there()) == 1
    workspace.apply("--settle", "0.3", code=4)
    workspace.emulator.settings(workspace.key, visible_after_ms=0)
    assert workspace.apply()["converged"]
    assert len(workspace.there()) == 2


def test_ctrl_c_in_a_program_of_ones_own_lets_what_is_under_way_end(workspace: Workspace) -> None:
    """Where nobody heeds the signal it is an exception, and what has been done is reported all the same."""
    workspace.voice("ada"), workspace.voice("bob")
    stop, told = threading.Event(), list[bool]()

    def interrupt(event: Event) -> None:
        if event.outcome is not None and not stop.is_set():
            os.kill(os.getpid(), signal.SIGINT)
            assert stop.wait(30)

    report = apply_here(workspace, on_event=interrupt, on_interrupt=lambda: told.append(True), stop=stop)
    assert report.interrupted
    assert not report.converged
    assert [outcome.result for outcome in report.outcomes] == ["applied", "skipped"]
    assert told == [True]
    assert len(workspace.there()) == 1
    assert apply_here(workspace, on_interrupt=lambda: told.append(False)).converged
    assert told == [True]
