"""JSON with a value in the wrong place: missing, of another type, or out of all bounds."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from typing import Any

from hypothesis import strategies as st

LONG_NUMBER = "9" * 5000
"""More digits than Python makes a number of."""

ODD_VALUES = st.sampled_from(
    [
        *(None, True, False, 0, -1, 1.5, 10**30, 1e300, float("nan"), float("inf")),
        *("", "x", "\ud800", "\x1b[2J\n", "\u2028", "\u202e", "é" * 300, "1", LONG_NUMBER),
        *([], {}, [[]], [None], ["v1"], {"x": 1}, {"id": "v1"}, {"\n": {}}, [[[[[]]]]]),
    ]
)
_MISSING = "missing"


def with_odd_values(texts: st.SearchStrategy[str], *, most: int = 2) -> st.SearchStrategy[str]:
    """Return JSON documents of which up to so many values, in any place, are odd ones, or aren't there."""
    changes = st.lists(
        st.tuples(st.integers(0, 200), ODD_VALUES | st.just(_MISSING)), min_size=1, max_size=most
    )
    return st.builds(_changed, texts, changes)


def _changed(text: str, changes: list[tuple[int, Any]]) -> str:
    document = [json.loads(text)]
    for number, value in changes:
        places = list(_places(document))
        holder, step = places[number % len(places)]
        if value is _MISSING:
            del holder[step]
        else:
            holder[step] = copy.deepcopy(value)
        if not document:
            return ""
    return json.dumps(document[0], indent=2)


def _places(value: Any) -> Iterator[tuple[Any, Any]]:
    """Yield each place of a value in a document, outermost first."""
    steps = value if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ()
    for step in list(steps):
        yield value, step
        yield from _places(value[step])
