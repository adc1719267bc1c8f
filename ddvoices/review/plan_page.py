"""A plan as a page: each change with what it was and what it will be, to be read and heard."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from ddvoices.report.text import headline
from ddvoices.review.cards import Card, Side, Wanted, cards_of
from ddvoices.review.edits import Comparer
from ddvoices.review.media import Shelf
from ddvoices.review.page import Page, render
from ddvoices.review.recordings import Finder


@dataclass(frozen=True, slots=True, kw_only=True)
class Sound:
    """A recording on the page: where it is, or why it isn't, as when it has ``changed`` since the plan."""

    wanted: Wanted
    source: str
    origin: str
    missing: str
    changed: bool


def plan_page(document: Mapping[str, Any], catalog: Path, *, limit: int, folder: Path | None = None) -> Page:
    """Return a plan document as a page.

    Up to ``limit`` bytes of audio are embedded. What has no room is laid into ``folder``, relative to the
    page; without one the page says that it is missing. Recordings come from the ``catalog``'s directory and
    the git repository around it, where they are what the plan says.
    """
    finder = Finder(catalog, document["catalog"]["owner"])
    shelf = Shelf(limit=limit, folder=folder)
    planned = list(cards_of(document))
    finder.foresee(wanted for card in planned for wanted in card.wanted)
    cards = [
        (card, [sound for wanted in card.wanted if (sound := _sound(wanted, card, finder, shelf))])
        for card in planned
    ]
    html = render(
        "plan.html",
        plan=document,
        headline=headline(document).removeprefix("Plan: "),
        cards=cards,
        changed=[(card.key, sound.missing) for card, sounds in cards for sound in sounds if sound.changed],
        pieces=Comparer().pieces,
        stamp=_stamp(document),
        counts=Counter(action for card in planned for action in card.actions),
        actions=[action for action, count in document["summary"].items() if count and action != "noop"],
        regions=list(document["regions"]),
    )
    return Page(html=html, files=shelf.files)


def _stamp(document: Mapping[str, Any]) -> str:
    """Return what tells a plan from another of the same minute."""
    return sha256(json.dumps(document, sort_keys=True).encode()).hexdigest()[:8]


def _sound(wanted: Wanted, card: Card, finder: Finder, shelf: Shelf) -> Sound | None:
    """Return a recording's place; None for one of which nobody has to know that it is missing."""
    heard = finder.find(wanted)
    if heard.data is None and wanted.side is Side.KEPT:
        return None
    placed = shelf.place(heard.data, f"{card.key}-{wanted.side}") if heard.data is not None else None
    missing = heard.missing
    if heard.data is not None and placed is None:
        missing = "too large for this page: `ddvoices show PLAN --format html -o PAGE` lays it beside"
    return Sound(
        wanted=wanted, source=placed or "", origin=heard.origin, missing=missing, changed=heard.changed
    )
