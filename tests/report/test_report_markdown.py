"""A plan as a comment: whatever a name holds, it comes out as that text, and the page stays the page."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from report.markdown_documents import LENGTHS, documents, page, shown, texts, written

from ddvoices.plan import read_document
from ddvoices.report.markdown import LIMIT, cell, code, marker, plan_markdown
from ddvoices.resources import read_schema

EXAMPLES = Path(__file__).parent.parent / "examples" / "markdown"
ALWAYS = {
    "h3",
    "h4",
    "p",
    "ul",
    "li",
    "strong",
    "code",
    "br",
    "table",
    "thead",
    "tbody",
    "tr",
    "th",
    "td",
} | {
    "details",
    "summary",
}


@given(documents())
def test_any_text_comes_out_as_that_text_and_nothing_else_changes(made: tuple[Any, dict[str, str]]) -> None:
    """Held against the page of the same plan with a plain word for each text."""
    document, meant = made
    plain, real = page(plan_markdown(document)), page(plan_markdown(written(document, meant)))
    assert {part.strip("</>") for part in plain.elements if part.startswith("<")} <= ALWAYS
    assert real.elements == plain.elements
    assert real.codes == [shown(word, meant) for word in plain.codes]
    assert len(real.comments) == 1


@settings(max_examples=20)
@given(documents())
def test_a_document_of_the_property_is_one_by_the_schema(made: tuple[Any, dict[str, str]]) -> None:
    document, meant = made
    Draft202012Validator(read_schema("plan")).validate(written(document, meant))


@given(texts, texts, texts)
def test_a_marker_is_one_hidden_line_and_of_one_owner_and_regions(owner: str, one: str, two: str) -> None:
    line = marker({"catalog": {"owner": owner}, "regions": {one: {}, two: {}}})
    assert "\n" not in line
    found = page(f"{line}\nafter\n")
    assert (found.elements, found.codes) == (["<p>", "after", "</p>"], [])
    assert line == marker({"catalog": {"owner": owner}, "regions": {two: {}, one: {}}})
    for other in (
        {"catalog": {"owner": owner + "x"}, "regions": {one: {}, two: {}}},
        {"catalog": {"owner": owner}, "regions": {one: {}, two: {}, one + two + "x": {}}},
    ):
        assert line != marker(other)


def test_the_marker_is_documented_as_it_is() -> None:
    document = {"catalog": {"owner": "acme-studio-7f3k"}, "regions": {"us": {}, "eu": {}}}
    assert marker(document) == "<!-- ddvoices plan acme-studio-7f3k eu,us -->"


@pytest.mark.parametrize("longest", sorted(set(LENGTHS.values())))
@given(st.text(st.characters(codec=None), max_size=400))
def test_a_code_span_is_one_code_span(longest: int, text: str) -> None:
    found = page(f"- {code(text, longest)}\n")
    assert len(found.codes) == bool(text)
    rows = page(f"| a |\n|---|\n| {cell(text, longest)} |\n")
    assert rows.codes == found.codes


@st.composite
def long_documents(draw: st.DrawFn) -> dict[str, Any]:
    """Plans that are often longer than a comment may be: the same changes many times."""
    document, meant = draw(documents(most=4))
    document = written(document, meant)
    times = draw(st.integers(1, 400))
    for region in document["regions"].values():
        region["changes"] *= times
        region["summary"] = {action: count * times for action, count in region["summary"].items()}
    document["summary"] = {
        action: sum(region["summary"][action] for region in document["regions"].values())
        for action in document["summary"]
    }
    document["warnings"] *= times
    return document


@settings(max_examples=20)  # each is long
@given(long_documents())
def test_a_long_plan_is_cut_to_what_a_comment_may_hold_and_counts_the_rest(document: dict[str, Any]) -> None:
    text = plan_markdown(document)
    assert len(text.encode("utf-16-le")) // 2 <= LIMIT
    found = page(text)
    assert {part.strip("</>") for part in found.elements if part.startswith("<")} <= ALWAYS
    rows = dict.fromkeys(document["summary"], 0)
    for before, word in zip(found.elements, found.elements[1:], strict=False):
        if before == "<strong>" and word in rows:
            rows[word] += 1
    said = next((part for part in found.elements if part.startswith("Not shown here")), "")
    for action, count in document["summary"].items():
        left_out = count - rows[action]
        words = {"create": "to create", "noop": "in sync"}.get(action, f"to {action}")
        assert (f"{left_out} {words}" in said) == (left_out > 0 and action != "noop"), (action, said)
    assert any(part.startswith("Voices of") for part in found.elements)


def change(action: str, number: int, **fields: Any) -> dict[str, Any]:
    name = {"path": "name", "before": "b" * 100, "after": "a" * 100}
    return {"action": action, "key": f"{action}-{number}", "reason": "orphaned", "id": f"id-{number}"} | {
        "fields": [name],
        **fields,
    }


def test_deletes_are_kept_and_what_is_left_out_is_counted() -> None:
    document = json.loads((EXAMPLES / "everything" / "plan.json").read_text(encoding="utf-8"))
    region = document["regions"]["us"]
    region["changes"] = [change("create", number) for number in range(900)]
    region["changes"] += [change("delete", number) for number in range(100)]
    text = plan_markdown(document)
    assert LIMIT - 2000 < len(text) <= LIMIT
    assert text.count("**delete**") == 100
    shown_creates = text.count("**create**")
    assert 100 < shown_creates < 900
    assert f"**Not shown here, for want of room: {900 - shown_creates} to create" in text
    assert text.index("**delete**") < text.index("**create**")


@pytest.mark.parametrize("example", sorted(EXAMPLES.iterdir()), ids=lambda path: path.name)
def test_the_page_of_an_example(example: Path) -> None:
    """To see a change of the page in review: the files are what it is."""
    document = read_document((example / "plan.json").read_text(encoding="utf-8"), name="plan.json")
    assert plan_markdown(document) == (example / "expected.md").read_text(encoding="utf-8")
