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
