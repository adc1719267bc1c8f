"""Whatever a plan holds is text on its page: it makes no element, no attribute, and is read as it was."""

from __future__ import annotations

import copy
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

from hypothesis import example, given
from hypothesis import strategies as st

from ddvoices.report.terminal import printable
from ddvoices.review import plan_page

MARK = "plain words"
NASTY = (
    "</script><script>alert(1)</script>",
    "\"'><img src=x onerror=alert(1)>",
    "{{ 7 * 7 }}{% raw %}",
    "<!--",
    "]]>",
    "&lt;b&gt;",
    "javascript:alert(1)",
    "\x00\x1b[31m\u202e\ud800",
)


def field(path: str, before: str | None, after: str | None) -> dict[str, Any]:
    return {"path": path, "before": before, "after": after}


def plan(text: str) -> dict[str, Any]:
    """Return a plan that holds a text wherever one can stand as a whole."""
    sample = {"path": text, "sha256": "0" * 64, "sound": "0" * 64, "bytes": 1, "seconds": 1.0, "format": text}
    change = {
        "action": "replace",
        "key": text,
        "name": text,
        "reason": "content_differs",
        "id": text,
        "fields": [
            field("name", text, text),
            field("title", f"{text} with a word", f"{text} with another word"),
            field("text", None, text),
            field("sample", None, "0" * 64),
        ],
        "sample": sample,
        "note": text,
    }
    observed = dict.fromkeys(("total", "managed", "unmanaged", "superseded", "duplicate", "orphaned"), 0)
    region = {
        "endpoint": text,
        "account": text,
        "observed": observed,
        "changes": [change, {**change, "action": "adopt"}, {**change, "action": "delete", "key": None}],
        "summary": dict.fromkeys(("create", "update", "replace", "adopt", "delete", "noop"), 1),
        "errors": [{"key": text, "reason": "ambiguous", "message": text}],
        "error": None,
    }
    return {
        "created_at": text,
        "prune": True,
        "targets": [text],
        "labels": [text],
        "catalog": {"owner": text, "digest": "", "git": None},
        "regions": {"us": region, text: {**copy.deepcopy(region), "error": text}},
        "summary": region["summary"],
        "warnings": [text],
        "refusals": [{"region": text, "message": text, "forceable": True}],
        "complete": False,
        "applyable": True,
    }


class Structure(HTMLParser):
    """Notes elements and the names of their attributes, and the text beside."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[tuple[str, ...]] = []
        self.texts: list[str] = []
        self.comments = 0
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, *(name for name, _ in attrs)))
        self.texts += [value or "" for name, value in attrs if name in {"data-label", "aria-label"}]

    def handle_data(self, data: str) -> None:
        self.texts.append(data.strip())

    def handle_comment(self, _data: str) -> None:
        self.comments += 1


def structure(text: str) -> Structure:
    return Structure(plan_page(plan(text), Path("nowhere"), limit=0).html)


EXPECTED = structure(MARK)


@given(text=st.text(st.characters(codec=None), min_size=1).filter(lambda text: text != "us"))
@example(text=NASTY[0])
@example(text=NASTY[1])
@example(text=NASTY[2])
@example(text=NASTY[3])
@example(text=NASTY[4])
@example(text=NASTY[5])
@example(text=NASTY[6])
@example(text=NASTY[7])
def test_any_text_is_text(text):
    found = structure(text)
    assert found.elements == EXPECTED.elements
    assert found.comments == 0
    expected = "".join(EXPECTED.texts).replace(MARK, printable(text))
    assert spaceless("".join(found.texts)) == spaceless(expected)


def spaceless(text: str) -> str:
    """Return a text without spaces; in fields a line's end is a sign of its own."""
    return re.sub("plan[0-9a-f]{8}", "", "".join(text.replace(printable("\n"), "↵").split()))  # its digest
