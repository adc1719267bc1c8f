"""What must hold of a file that is taken for a saved plan, whatever is in it."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

from click import unstyle
from counting import calls_of
from plan.little_service import LittleService, Machine
from plan.makers import catalog, sample, voice
from rich.cells import cell_len

from ddvoices.cli.show import read_plan_file
from ddvoices.errors import PlanFileError, PlanStaleError
from ddvoices.model import Plan
from ddvoices.plan import plan_document, read_document, select
from ddvoices.plan.document import change_document
from ddvoices.report.layout import Look
from ddvoices.report.markdown import LIMIT, plan_markdown
from ddvoices.report.terminal import json_text, printable
from ddvoices.report.text import plan_text
from ddvoices.review import plan_page

_BERT, _CLEO, _DORA = voice("bert", sound="b"), voice("cleo", sound="c"), voice("dora", sound="d")
_BEFORE = catalog(replace(_BERT, sample=sample("b0")), _CLEO, _DORA, voice("gone", sound="g"))
_WANTED = catalog(voice("ada", age=34), _BERT, _CLEO, _DORA, voice("eva", sound="e"))


@cache
def plan_now() -> Plan:
    """Return a plan with every action in it."""
    machine = Machine(service=LittleService())
    machine.apply(_BEFORE)
    machine.apply(catalog(*_BEFORE.voices[:2], replace(_DORA, sample=sample("d1")), _BEFORE.voices[3]))
    cleo = next(i for i, v in machine.service.voices.items() if v["name"] == _CLEO.name)
    machine.service.put(cleo, {"name": "Edited"})
    machine.service.post(name="eva the voice", locale="en-GB", gender="female", speaking_style="Neutral")
    return machine.plan(_WANTED, prune=True)


def check_plan(data: bytes) -> None:
    """Whatever a file holds, it is shown and run as far as it is true now, or it is no plan of today's."""
    document = _read(data)
    if document is None:
        return
    assert read_document(json_text(document), name="again") == document
    assert calls_of(lambda: _read(data)) <= 100_000 + 200 * len(data)
    _is_shown_plainly(document)
    _is_run_as_far_as_it_is_true(document)


def _read(data: bytes) -> dict[str, Any] | None:
    """Return the plan in a file; None where it is none, which is said in one line."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "plan.json")
        path.write_bytes(data)
        try:
            return read_plan_file(path)
        except PlanFileError as error:
            said = str(error)
    assert said.isprintable(), said
    return None


def _is_shown_plainly(document: Mapping[str, Any]) -> None:
    """Nothing in it steers a terminal, and neither colours nor its width change a word."""
    shown = plan_text(document)
    assert all(line.isprintable() or "\u200c" in line or "\u200d" in line for line in shown.split("\n"))
    assert unstyle(plan_text(document, Look(color=True))) == shown
    folded = unstyle(plan_text(document, Look(color=True, width=40)))
    assert "".join(folded.split()) == "".join(shown.split())
    assert all(cell_len(line) <= 40 for line in folded.split("\n"))
    comment = plan_markdown(document)
    assert len(comment.encode("utf-16-le")) // 2 <= LIMIT
    assert all(line.isprintable() or printable(line) == line for line in comment.split("\n"))
    page = plan_page(document, Path("nowhere"), limit=0).html
    assert all(line.isprintable() or printable(line) == line for line in page.split("\n"))


def _is_run_as_far_as_it_is_true(document: Mapping[str, Any]) -> None:
    """What is run stands in both plans unchanged, and of everything else it is said why not."""
    now = plan_now()
    try:
        chosen, verdicts = select(document, now)
    except PlanStaleError as error:
        said = str(error)
        assert said.isprintable(), said
        return
    items = {_told(item) for region in document["regions"].values() for item in region["changes"]}
    run = [change for region in chosen.regions for change in region.changes]
    assert all(change in now.regions[0].pending for change in run)
    assert {_told(change_document(change)) for change in run} <= items
    assert len(run) + len(verdicts) == len(items)
    assert all(verdict.error is None or verdict.error.isprintable() for verdict in verdicts)


def _told(item: Mapping[str, Any]) -> str:
    """Return what a reviewer of an item agrees to."""
    fields = [(field["path"], field["before"], field["after"]) for field in item["fields"]]
    sha256 = item["sample"]["sha256"] if "sample" in item else None
    return json.dumps([item["action"], item["key"], item["id"], fields, sha256])


def whole_plan() -> str:
    """Return the plan as a file."""
    return json_text(plan_document(plan_now()))
