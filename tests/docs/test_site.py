"""The site of the documents: whole, strict, and all of it on the reader's own disk."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from visitor import Visitor

ROOT = Path(__file__).resolve().parents[2]
OVERFLOWS = "document.documentElement.scrollWidth > window.innerWidth"


@pytest.mark.pages
@pytest.mark.parametrize(("width", "color_scheme"), [(400, "dark"), (1200, "light")])
def test_every_page_opens_without_a_network_and_fits(
    site: Path, visitor: Visitor, width: int, color_scheme: str
) -> None:
    """The fixture holds that none complains, and none asks for anything but files."""
    pages = [path for path in sorted(site.rglob("*.html")) if path.name != "404.html"]  # that is for a server
    assert len(pages) >= 15
    wide = []
    for path in pages:
        page = visitor.open(path, width=width, color_scheme=color_scheme)
        wide += [path.name] if page.evaluate(OVERFLOWS) else []
        page.context.close()
    assert wide == []
    assert visitor.asked


@pytest.mark.pages
def test_the_search_finds_a_page_from_the_disk(site: Path, visitor: Visitor) -> None:
    page = visitor.open(site / "index.html")
    page.keyboard.press("Control+k")
    page.get_by_role("combobox").press_sequentially("rotation")
    found = page.get_by_role("option").filter(has_text="Keep and rotate keys").first
    found.wait_for()


def repository(folder: Path) -> Path:
    """Copy what the site is built of."""
    names = subprocess.run(
        ["git", "ls-files", "*.md", "docs"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    for name in names.stdout.splitlines():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(ROOT / name, folder / name)
    return folder


WRONG = {
    "a page that the navigation lacks": ("docs/new.md", "# New\n", "docs/new.md: is not in the navigation"),
    "a link to no page": ("docs/keys.md", "[x](nowhere.md)\n", "page does not exist"),
    "a link to no place": ("docs/keys.md", "[x](batch.md#nowhere)\n", "anchor does not exist"),
    "a link to no file": ("docs/keys.md", "[x](../Makefile)\n", "docs/keys.html: ../Makefile leads nowhere"),
    "an image that isn't there": ("docs/keys.md", "![x](images/none.png)\n", "images/none.png leads nowhere"),
    "an image from elsewhere": (
        "docs/keys.md",
        "![x](https://example.com/x.png)\n",
        "docs/keys.html: fetches https://example.com/x.png",
    ),
}


@pytest.mark.proof
@pytest.mark.parametrize(("name", "added", "said"), WRONG.values(), ids=WRONG.keys())
def test_what_is_wrong_ends_the_build(tmp_path: Path, name: str, added: str, said: str) -> None:
    folder = repository(tmp_path)
    with (folder / name).open("a", encoding="utf-8") as file:
        file.write(f"\n{added}")
    done = subprocess.run(
        [sys.executable, folder / "docs" / "website.py"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert said in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.proof
def test_a_page_of_the_navigation_that_is_gone_ends_the_build(tmp_path: Path) -> None:
    folder = repository(tmp_path)
    (folder / "docs" / "keys.md").unlink()
    done = subprocess.run(
        [sys.executable, folder / "docs" / "website.py"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert "docs/keys.md is in the navigation, and not there" in done.stderr
