"""Plan documents in which any text may stand wherever a text may, and the page that GitHub makes of them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from html.parser import HTMLParser
from typing import Any, NamedTuple

import cmarkgfm
from cmarkgfm.cmark import Options
from hypothesis import strategies as st

from ddvoices.identity import written_gender
from ddvoices.model import Action, Kept
from ddvoices.report.terminal import printable
from ddvoices.resources import read_schema

# how much of a text of each kind is shown: keys and names, messages, values, paths
LENGTHS = {"k": 100, "m": 300, "v": 200, "g": 200, "p": 200}
_EVIL = (
    "@octocat",
    "#123",
    "https://evil.example/x",
    "www.evil.example",
    "me@evil.example",
    "<script>alert(1)</script>",
    "<img src=x onerror=y>",
    "</summary></details>",
    "-->",
    "--",
    "<!--",
    "|",
    "\\|",
    "\\",
    "`",
    "```",
    "`" * 21,
    "`" * 81,
    "[a](https://evil.example)",
    "![a](https://evil.example)",
    "**b**",
    "&#64;",
    "&lt;",
    "\n\n# big\n",
    "\r",
    "\0",
    "\u202e",
    "\u2028",
    "\ud800",
    "\U000e0041",
    " ",
    "$x$",
    ":tada:",
    "::error::",
    "/close",
)
texts = st.lists(st.sampled_from(_EVIL) | st.text(st.characters(codec=None), max_size=9), max_size=5).map(
    "".join
)
_CHANGE = read_schema("plan")["$defs"]["change"]["properties"]
_PATHS = _CHANGE["fields"]["items"]["properties"]["path"]["enum"]
_REASONS = _CHANGE["reason"]["enum"]
_ACTIONS = [str(action) for action in Action if action is not Action.NOOP]


class _Tokens:
    """Hands out words that stand for texts: the first letter is the kind."""

    def __init__(self) -> None:
        self.given: list[str] = []

    def __call__(self, kind: str) -> str:
        self.given.append(f"{kind}{len(self.given):04}")
        return self.given[-1]


@st.composite
def documents(draw: st.DrawFn, most: int = 3) -> tuple[dict[str, Any], dict[str, str]]:
    """Return a document with a word for each text, and the text that each word stands for."""
    token = _Tokens()
    regions = {token("k"): _region(draw, token, most) for _ in range(draw(st.integers(0, 2)))}
    document = {
        "format_version": "1.0",
        "tool_version": token("k"),
        "created_at": token("k"),
        "prune": draw(st.booleans()),
        "targets": [token("k") for _ in range(draw(st.integers(0, 2)))],
        "labels": [],
        "catalog": {
            "owner": token("k"),
            "digest": "",
            "git": draw(st.sampled_from([None, {"commit": token("k"), "dirty": True}])),
        },
        "regions": regions,
        "summary": _summed(regions),
        "warnings": [token("m") for _ in range(draw(st.integers(0, most)))],
        "refusals": [
            {"region": token("k"), "message": token("m"), "forceable": draw(st.booleans())}
            for _ in range(draw(st.integers(0, most)))
        ],
        "complete": draw(st.booleans()),
        "applyable": True,
    }
    meant = {word: draw(texts if word[0] in "vg" else texts.filter(bool)) for word in token.given}
    return document, _in_order(meant, list(regions))


def _in_order(meant: dict[str, str], regions: list[str]) -> dict[str, str]:
    """Give the regions' texts to their words so that both are sorted alike, and no two are one."""
    names = sorted({f"{meant[word]}{number}" for number, word in enumerate(regions)})
    return {**meant, **dict(zip(regions, names, strict=True))}


def _region(draw: st.DrawFn, token: _Tokens, most: int) -> dict[str, Any]:
    changes = [_change(draw, token) for _ in range(draw(st.integers(0, most)))]
    problem = {"key": token("k"), "reason": "foreign", "message": token("m")}
    return {
        "endpoint": token("k"),
        "account": token("k"),
        "observed": dict.fromkeys(
            ("total", "managed", "unmanaged", "superseded", "duplicate", "orphaned"), draw(st.integers(0, 2))
        ),
        "changes": changes,
        "summary": {str(action): sum(change["action"] == action for change in changes) for action in Action},
        "errors": [problem] * draw(st.integers(0, 1)),
        "error": draw(st.sampled_from([None, token("m")])),
    }


def _change(draw: st.DrawFn, token: _Tokens) -> dict[str, Any]:
    change: dict[str, Any] = {
        "action": draw(st.sampled_from(_ACTIONS)),
        "key": draw(st.sampled_from([None, token("k")])),
        "reason": draw(st.sampled_from(_REASONS)),
        "id": draw(st.sampled_from([None, token("k")])),
        "fields": [_field(draw, token) for _ in range(draw(st.integers(0, 3)))],
    }
    if draw(st.booleans()):
        change["sample"] = {
            "path": token("p"),
            "sha256": "0" * 64,
            "sound": "0" * 64,
            "bytes": draw(st.integers(0, 10**8)),
            "seconds": draw(st.sampled_from([None, 3.25])),
            "format": token("k"),
        }
    if draw(st.booleans()):
        change["note"] = token("m")
    if draw(st.booleans()):
        change["protected"] = True
    if change["action"] == "replace" and draw(st.booleans()):
        change["kept"] = str(Kept.ADOPTED)
    return change


def _field(draw: st.DrawFn, token: _Tokens) -> dict[str, Any]:
    path = draw(st.sampled_from(_PATHS))
    kind = "g" if path == "gender" else "v"
    sides = [draw(st.sampled_from([None, True, 34, 2.5, token(kind), token(kind)])) for _ in range(2)]
    return {"path": path, "before": sides[0], "after": sides[1]}


def _summed(regions: Mapping[str, Any]) -> dict[str, int]:
    return {str(action): sum(region["summary"][action] for region in regions.values()) for action in Action}


def written(document: Any, meant: Mapping[str, str]) -> Any:
    """Return the document with the texts in place of their words."""
    if isinstance(document, dict):
        return {written(key, meant): written(value, meant) for key, value in document.items()}
    if isinstance(document, list):
        return [written(value, meant) for value in document]
    return meant.get(document, document) if isinstance(document, str) else document


def shown(word: str, meant: Mapping[str, str]) -> str:
    """Return what must stand in a code span where the words' page has ``word``, in quotes or not."""
    bare = word.strip('"')
    if bare not in meant:
        return word
    kind, text = bare[0], meant[bare]
    if kind == "g":
        text = written_gender(text)
    text = printable(text)
    text = text if len(text) <= LENGTHS[kind] else text[: LENGTHS[kind] - 1] + "…"
    text = f'"{text}"' if word.startswith('"') else text
    return text.replace("`", "\\x60") if "`" * 21 in text else text


class Page(NamedTuple):
    """What GitHub's parser makes of Markdown.

    ``elements`` are begins and ends with all attributes, and the text that is in no ``<code>``; ``codes`` the
    text of each ``<code>``; ``comments`` what is hidden.
    """

    elements: list[str]
    codes: list[str]
    comments: list[str]


def page(markdown: str) -> Page:
    """Parse Markdown as GitHub does, and its HTML."""
    reader = _Reader()
    reader.feed(
        cmarkgfm.github_flavored_markdown_to_html(
            markdown, options=Options.CMARK_OPT_UNSAFE | Options.CMARK_OPT_FOOTNOTES
        )
    )
    reader.close()
    return Page(reader.elements, reader.codes, reader.comments)


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[str] = []
        self.codes: list[str] = []
        self.comments: list[str] = []
        self._coded = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append(f"<{tag}{json.dumps(attrs) if attrs else ''}>")
        if tag == "code":
            self._coded = True
            self.codes.append("")

    def handle_endtag(self, tag: str) -> None:
        self.elements.append(f"</{tag}>")
        self._coded = self._coded and tag != "code"

    def handle_data(self, data: str) -> None:
        if self._coded:
            self.codes[-1] += data
        elif data.strip():
            self.elements.append(data.strip())

    def handle_comment(self, data: str) -> None:
        self.comments.append(data)
