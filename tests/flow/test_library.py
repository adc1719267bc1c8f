"""The engine as a library, as docs/engine.md shows it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from workspace import Workspace

from ddvoices import DeepdubClient

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
