"""A casting sheet: one line as every voice says it, side by side, with marks that can be taken along."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ddvoices.review.media import Shelf
from ddvoices.review.page import Page, render


@dataclass(frozen=True, slots=True, kw_only=True)
class Take:
    """The line as one voice says it in one region: ``file`` is relative to the page; or why it is missing."""

    region: str
    voice_id: str | None = None
    file: Path | None = None
    missing: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A voice of the catalog, and its takes."""

    key: str
    name: str
    locale: str
    gender: str
    takes: Sequence[Take]


def audition_page(text: str, parts: Sequence[Part], folder: Path, *, limit: int) -> Page:
    """Return the page that lies in ``folder`` beside the takes; up to ``limit`` bytes of them are embedded.

    Raises:
        OSError: a take can't be read.
    """
    shelf = Shelf(limit=limit)
    sheets = [(part, [(take, _source(shelf, folder, part, take)) for take in part.takes]) for part in parts]
    html = render(
        "audition.html",
        text=text,
        parts=sheets,
        regions=sorted({take.region for part in parts for take in part.takes}),
        locales=sorted({part.locale for part in parts}),
        genders=sorted({part.gender for part in parts}),
    )
    return Page(html=html, files=shelf.files)


def _source(shelf: Shelf, folder: Path, part: Part, take: Take) -> str:
    """Return where a page finds a take; nothing where there is none."""
    if take.file is None:
        return ""
    return shelf.place((folder / take.file).read_bytes(), part.key, there=take.file) or ""
