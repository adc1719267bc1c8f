"""YAML: the project's own files, any values, any words of it strung together, and all of them damaged."""

from __future__ import annotations

from pathlib import Path

import yaml
from fuzz.edits import damaged
from hypothesis import strategies as st

from ddvoices.resources import read_schema

_ROOT = Path(__file__).resolve().parents[2]
_FILES = [
    path.read_bytes()
    for folder in ("tests/examples", "voices")
    for path in sorted((_ROOT / folder).rglob("*.y*ml"))
    if path.stat().st_size < 3000
]
_SETTINGS = [path.read_bytes() for path in sorted((_ROOT / "tests/examples").rglob("catalog.y*ml"))]
# Strung together, they come near to YAML, and to a catalog.
_TOKENS = (
    *"[]{}'\"|>#~\\\t\n\x85\u2028é:,-?&*!",
    *("voices", "ada", "name", "gender", "female", "12", "<<", "...", "---", "%YAML", "&a", "*a"),
    *(": ", "- ", "? ", ", ", " ", "\n  ", "\n    ", "\r\n", "---\n", "&a ", "*a ", "!!str ", "\n- ", "|\n "),
)
_FIELDS = {**read_schema("catalog")["properties"], **read_schema("voices")["$defs"]["voice"]["properties"]}
WORDS = st.sampled_from(
    [*_FIELDS, "base_url", "us", "audio/ok.mp3", "../x", "female", "en-GB", "http://[", "ada"]
)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | st.dates() | WORDS,
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(WORDS | st.text(max_size=4), inner, max_size=5)
    ),
    max_leaves=25,
)


def _one_of_files(number: int) -> bytes:
    return _FILES[number]


def _one_of_settings(number: int) -> bytes:
    return _SETTINGS[number]


def dumped(values: st.SearchStrategy[object]) -> st.SearchStrategy[bytes]:
    """Return values as YAML, written in any way."""

    def dump(data: object, style: str | None, flow: bool | None, width: int) -> bytes:
        options = {"default_style": style, "default_flow_style": flow, "width": width}
        return yaml.dump(data, allow_unicode=True, encoding="utf-8", **options)

    styles = st.sampled_from([None, None, '"', "'", "|", ">"])
    return st.builds(dump, values, styles, st.sampled_from([False, True, None]), st.sampled_from([80, 5]))


def _in_brackets(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    """Return lists and mappings in one line."""
    pairs = st.tuples(st.sampled_from("abcd"), inner).map(": ".join)
    return st.one_of(
        st.lists(inner, max_size=3).map(lambda items: f"[{', '.join(items)}]"),
        st.lists(pairs, max_size=3).map(lambda items: f"{{{', '.join(items)}}}"),
        inner.map("&{} ".format("a").__add__),
    )


_ANCHORED = st.recursive(
    st.sampled_from(["*a", "*b", "&b x", "1", "'q'", '"q"', "&a 1", "", "~", "2024-01-01", "word " * 30]),
    _in_brackets,
    max_leaves=12,
)
_BEGINNINGS = st.sampled_from(["- ", "  - ", "k: ", "l: ", "  k: ", "? "])
_LINES = st.lists(st.tuples(_BEGINNINGS, _ANCHORED).map("".join)).map("\n".join)


def _chained(count: int, depth: int, width: int) -> str:
    """Return lists in lists, each of which holds the one before it: what is small, and stands for much."""
    links = (f"- &{n} {'[' * depth}{', '.join([f'*{n - 1}'] * width)}{']' * depth}" for n in range(1, count))
    return "\n".join(("- &0 x", *links))


_CHAINED = st.builds(_chained, st.integers(1, 20), st.integers(1, 20), st.integers(1, 9))
_STRUNG = st.lists(st.sampled_from(_TOKENS), max_size=40).map("".join)
_EDGES = (*(token.encode() for token in _TOKENS), b"\xff", b"\0", b"\xef\xbb\xbf", b"\xe2\x80")
FILES = st.integers(0, len(_FILES) - 1).map(_one_of_files)
SETTINGS = damaged(st.integers(0, len(_SETTINGS) - 1).map(_one_of_settings), _EDGES, most=2)
_VOICE = st.fixed_dictionaries(
    {"name": WORDS, "gender": st.sampled_from(["female", "male", "x"]), "sample": st.just("audio/ok.mp3")},
    optional={
        "locale": st.sampled_from(["en-GB", "en-GB\n", "e"]),
        "age": st.integers(-1, 121) | st.floats() | st.booleans(),
        "regions": st.lists(WORDS | st.none(), max_size=3),
        "labels": st.dictionaries(WORDS, WORDS | st.integers(), max_size=2),
        "ids": st.dictionaries(WORDS, st.text(max_size=3) | VALUES, max_size=2),
        "moved_from": st.lists(st.sampled_from(["ada", "bea", "old"]), max_size=2),
        "protect": st.booleans(),
        "title": st.text(max_size=5),
    },
)
_KEYS = st.sampled_from(["ada", "bea", "0", "Ada"]) | st.text(max_size=3)
VOICES = st.dictionaries(_KEYS, _VOICE | VALUES, max_size=4).map(lambda voices: {"voices": voices})
ANY_SETTINGS = st.one_of(
    st.just(b"version: 1\nowner: acme"),
    SETTINGS,
    dumped(VALUES.map(lambda value: {"version": 1, "owner": "acme", "regions": value, "defaults": value})),
)
ANY_VOICES = damaged(st.one_of(dumped(VOICES), dumped(VOICES), FILES), _EDGES, most=1)
ANY_YAML = st.one_of(
    damaged(st.one_of(FILES, dumped(VALUES), (_LINES | _CHAINED).map(str.encode)), _EDGES),
    (_STRUNG | _STRUNG.map("voices:\n  ".__add__)).map(str.encode),
    st.binary(max_size=60),
)
