"""Links between documents lead somewhere where a code host shows them, too."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
TRACKED = subprocess.run(["git", "ls-files", "*.md"], cwd=ROOT, capture_output=True, text=True, check=True)
LINK = re.compile(r"\]\((?!\w+:)([^)\s#]*)(?:#([^)\s]+))?\)")
CODE = re.compile(r"^```.*?^```|<!--.*?-->", re.DOTALL | re.MULTILINE)


def prose(path: Path) -> str:
    """Return a document without its blocks of code and its comments."""
    return CODE.sub("", path.read_text(encoding="utf-8"))


def places(path: Path) -> set[str]:
    """Return the anchors that a code host gives to the headings of a document."""
    headings = re.findall(r"^#+ (.*)$", prose(path), flags=re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("name", TRACKED.stdout.split())
def test_every_link_between_documents_leads_somewhere(name: str) -> None:
    document = ROOT / name
    nowhere = []
    for path, place in LINK.findall(prose(document)):
        target = (document.parent / path).resolve() if path else document
        if not target.exists() or (place and place not in places(target)):
            nowhere.append(f"{path}#{place}")
    assert nowhere == []


def test_pictures_are_small_and_shown() -> None:
    pictures = sorted((ROOT / "docs" / "images").glob("*.png"))
    pages = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "docs").rglob("*.md"))
    assert pictures
    assert [path.name for path in pictures if path.stat().st_size > 150_000] == []
    assert [path.name for path in pictures if f"images/{path.name})" not in pages] == []
