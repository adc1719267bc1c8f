"""Saved plans: one with every action in it, parts of it, odd values in any place, and all of it damaged."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

from fuzz.edits import damaged
from fuzz.json_values import LONG_NUMBER, with_odd_values
from fuzz.plan_files import whole_plan
from hypothesis import strategies as st

from ddvoices.model import Action

_ITEMS = 7


def _part(numbers: list[int], kept: list[str]) -> str:
    """Return the plan with so many of its items, some perhaps twice, and the regions of these names."""
    document = json.loads(whole_plan())
    items = document["regions"]["us"]["changes"]
    document["regions"]["us"]["changes"] = [items[number % len(items)] for number in numbers]
    document["regions"] = dict.fromkeys(kept, document["regions"]["us"])
    _count(document)
    return json.dumps(document)


def _count(document: dict[str, Any]) -> None:
    """Set the summaries to what stands there: a plan that contradicts itself is read no further."""
    for region in document["regions"].values():
        counts = Counter(item["action"] for item in region["changes"])
        region["summary"] |= {action: counts[action] for action in Action if action is not Action.NOOP}
    summaries = [region["summary"] for region in document["regions"].values()]
    document["summary"] = {action: sum(counts[action] for counts in summaries) for action in Action}


_PARTS = st.builds(
    _part,
    st.lists(st.integers(0, _ITEMS), max_size=4),
    st.sampled_from([["us"], ["us"], ["us"], ["eu"], ["us", "eu"], [], ["\n"]]),
)
_PLANS = st.builds(whole_plan) | _PARTS
_DEEP = [b"[" * depth + b"]" * depth for depth in (60, 400, 900, 100_000)]
_WORDS = (
    *(b"{", b"}", b",", b"null", b"1e999", b"1.0", b"\xff", b"\n", b'"x": 1,', b"\\u001b", b"\\ud800"),
    *(LONG_NUMBER.encode(), *_DEEP, b'"git": ' + _DEEP[2] + b","),
)


def _nested(depth: int, name: str) -> bytes:
    """Return the plan in which something lies that deep."""
    deep = "[" * depth + "]" * depth
    return whole_plan().replace(f'"{name}": ', f'"{name}": {deep}, "x": ', 1).encode()


ANY_PLAN = st.one_of(
    _PLANS.map(str.encode),
    with_odd_values(_PLANS, most=1).map(str.encode),
    with_odd_values(_PLANS).map(str.encode),
    damaged(_PLANS.map(str.encode), _WORDS, most=2),
    st.builds(_nested, st.integers(1, 1200), st.sampled_from(["git", "regions", "warnings", "before"])),
    st.binary(max_size=30),
)
