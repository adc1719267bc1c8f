"""Which uploads may be under way at once: none that the listing could take for each other."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st
from plan.makers import voice

from ddvoices.apply.order import lanes
from ddvoices.model import Create, Reason

names = st.sampled_from(["Ada", " Ada", "Bob", "Cleo", "Dora", "E\u0301va", "\u00c9va"])
uploads = st.lists(st.tuples(names, st.none() | names), max_size=12).map(
    lambda pairs: [
        Create(
            key=f"k{number}", reason=Reason.NOT_IN_REGION, spec=voice(f"k{number}", name=name, title=title)
        )
        for number, (name, title) in enumerate(pairs)
    ]
)


def called(change: Create) -> set[str]:
    assert change.spec is not None
    said = {change.spec.name, change.spec.title or change.spec.name}
    return {name.strip().replace("E\u0301", "\u00c9") for name in said}


@given(uploads)
def test_what_shares_a_name_or_a_title_shares_a_lane_and_nothing_else_waits(changes: list[Create]) -> None:
    found = lanes(changes)
    assert sorted(change.key for lane in found for change in lane) == sorted(c.key for c in changes)
    sets = [set().union(*map(called, lane)) for lane in found]
    for number, one in enumerate(sets):
        assert all(one.isdisjoint(other) for other in sets[number + 1 :])
    for lane in found:
        assert _hangs_together([called(change) for change in lane])
        assert all(int(a.key[1:]) < int(b.key[1:]) for a, b in pairwise(lane))


def _hangs_together(groups: list[set[str]]) -> bool:
    """Tell whether no group stands alone: each is joined to the others by some name."""
    reached, rest = set(groups[0]), groups[1:]
    while joined := [group for group in rest if group & reached]:
        reached |= set().union(*joined)
        rest = [group for group in rest if group not in joined]
    return not rest
