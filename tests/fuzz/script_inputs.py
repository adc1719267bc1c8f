"""Scripts for a batch: the project's own, lines of any fields in each format, and all of them damaged."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

from fuzz.edits import damaged
from fuzz.yaml_inputs import ANY_YAML, VALUES, dumped
from hypothesis import strategies as st

from ddvoices.batch.script import ENDING_FORMATS
from ddvoices.resources import read_schema

_EXAMPLES = Path(__file__).resolve().parents[1] / "examples" / "batch"
_FILES = [
    ENDING_FORMATS[path.suffix].encode() + b"\n" + path.read_bytes()
    for path in sorted(_EXAMPLES.rglob("script.*"))
]
_NAMES = [*read_schema("batch")["$defs"]["line"]["properties"], "x-mine", "Text", "file", "nonsense"]
_TEXT = st.sampled_from(["Hello.", "Call me Ishmael.", "é\u2028\x85", "\x1b[2J", 'say "yes"', "a, b; c"])
_NUMBER = st.sampled_from([0, 1, 0.5, 1e22, 1e-7, -1, 10**30, "1,5", "1e400"]) | st.floats()
_OUT = st.sampled_from(["a.wav", "A.wav", "a.wav/b.wav", "b/../a.wav", "x.mp3", "x", "../x.wav", "c/é.opus"])
_PLAIN = st.none() | st.booleans() | st.lists(st.text(max_size=3), max_size=2)
_LINE = st.fixed_dictionaries(
    {"text": _TEXT | _TEXT | st.text(max_size=5)},
    optional={
        "voice": st.sampled_from(["ada", "bob", "abroad", "nobody", "Ada"]),
        "voice_prompt_id": st.sampled_from(["v-1", " v ", "\u2028"]) | st.text(max_size=3),
        "out": _OUT | _OUT | st.text(max_size=5),
        "format": st.sampled_from(["wav", "mp3", "opus", "headerless-wav", "WAV"]),
        "sample_rate": st.sampled_from([8000, 44100, 44100.0, 1, True]),
        "tempo": _NUMBER,
        "variance": _NUMBER,
        "seed": _NUMBER | st.integers(),
        "prompt_boost": st.booleans() | st.just("TRUE"),
        "note": _PLAIN,
        "locale": st.sampled_from(["de-DE", " ", "en-US\n"]),
    },
)
_SPOKEN = st.fixed_dictionaries(
    {"text": _TEXT},
    optional={
        "voice": st.sampled_from(["ada", "bob"]),
        "out": st.text("ab/é", min_size=1, max_size=4).map(lambda name: f"c{name}.wav"),
        "tempo": st.floats(0.1, 9) | st.just(1),
        "seed": st.integers() | st.just(3.0),
        "note": st.text(max_size=4),
    },
).map(lambda line: {"voice_prompt_id": "v", **line} if "voice" not in line else line)
_GOOD = st.lists(_SPOKEN, min_size=1, max_size=3, unique_by=lambda line: line.get("out", repr(line)))
_LINES = _GOOD | st.lists(_SPOKEN | _LINE, min_size=1, max_size=4)
_SCRIPT = st.one_of(
    _LINES,
    st.fixed_dictionaries(
        {"version": st.just(1) | VALUES, "lines": _LINES | VALUES}, optional={"defaults": _LINE | VALUES}
    ),
)


def _in_json_lines(lines: list[Any]) -> bytes:
    return "\n".join(map(json.dumps, lines)).encode("utf-8", "replace")


def _in_a_table(lines: list[dict[str, Any]], delimiter: str, columns: list[str]) -> bytes:
    names = list(dict.fromkeys([*(name for line in lines for name in line), *columns]))
    file = io.StringIO(newline="")
    writer = csv.writer(file, delimiter=delimiter)
    writer.writerow(names)
    writer.writerows([line.get(name, "") for name in names] for line in lines)
    return file.getvalue().encode("utf-8", "replace")


_TABLES = st.builds(
    _in_a_table,
    _LINES,
    st.sampled_from(",;\t"),
    st.just([]) | st.lists(st.sampled_from(_NAMES), max_size=2),
)
_STRUNG = st.lists(
    st.sampled_from([*_NAMES, *',;\t\n"{}[]: ', "\r", "\r\n", '""', "1", "\x85", '{"text": "a"}', "\u2028"]),
    max_size=25,
).map(lambda tokens: "".join(tokens).encode())
_WORDS = (
    b'"',
    b",",
    b";",
    b"\n",
    b"\r\n",
    b"\t",
    b"{",
    b"\xff",
    b"\0",
    b"\\ud800",
    b"\xef\xbb\xbf",
    b"\xc2\x85",
)


_IN_ANY_FORMAT = (
    ("yaml", dumped(_GOOD) | dumped(_SCRIPT)),
    ("jsonl", _LINES.map(_in_json_lines)),
    ("csv", _TABLES),
)


def _said_to_be(form: str, content: st.SearchStrategy[bytes]) -> st.SearchStrategy[bytes]:
    return content.map(f"{form}\n".encode().__add__)


ANY_SCRIPT = st.one_of(
    damaged(st.sampled_from(_FILES), _WORDS, most=2),
    *(_said_to_be(form, content) for form, content in _IN_ANY_FORMAT),
    *(_said_to_be(form, damaged(content, _WORDS, most=2)) for form, content in _IN_ANY_FORMAT),
    st.sampled_from(["csv", "jsonl"]).flatmap(lambda form: _said_to_be(form, _STRUNG)),
    _said_to_be("yaml", ANY_YAML),
    st.binary(max_size=40),
)
