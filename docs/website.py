"""Build the site of the documents, strictly: ``python docs/website.py [DIR]``, into ``DIR/html``.

The pages are laid out as they lie in the repository, so one link serves readers there and here. What is wrong
ends the build, all of it at once: a page that the navigation lacks, a link to what isn't there, anything that
a reader's browser would fetch from elsewhere.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

ROOT = Path(__file__).resolve().parent.parent
CONFIG = ROOT / "docs" / "site" / "zensical.toml"
# what is read beside docs/
BESIDE = ("README.md", "SECURITY.md", "CONTRIBUTING.md", "CHANGELOG.md", "voices/SAMPLES.md")
WORKER = "docs/site/worker.js"
FOREIGN_WORKER = 'src="https://unpkg.com/iframe-worker/shim"'
# what a browser fetches by itself; a link waits for the reader
FETCHED = {"script": "src", "img": "src", "audio": "src", "source": "src", "iframe": "src", "link": "href"}


def main() -> int:
    """Build the site, say what is wrong with it, and return the exit code."""
    target = Path(sys.argv[1] if sys.argv[1:] else ROOT / ".site").resolve()
    wrong = missing_in_navigation()
    wrong += [] if wrong else built(target) or wrong_in(target / "html")
    for line in wrong:
        print(line, file=sys.stderr)
    if not wrong:
        print(f"{target / 'html' / 'index.html'}: built")
    return 1 if wrong else 0


def pages() -> list[str]:
    """Return every page by its path in the repository."""
    return [*BESIDE, *(path.relative_to(ROOT).as_posix() for path in sorted((ROOT / "docs").rglob("*.md")))]


def missing_in_navigation() -> list[str]:
    """Hold the navigation against the pages, both ways."""
    config = tomllib.loads(CONFIG.read_text(encoding="utf-8"))
    named, there = set(leaves(config["project"]["nav"])), set(pages())
    where = CONFIG.relative_to(ROOT)
    return [
        *(f"{page}: is not in the navigation of {where}" for page in sorted(there - named)),
        *(f"{where}: {page} is in the navigation, and not there" for page in sorted(named - there)),
    ]


def leaves(entry: Any) -> Iterator[str]:
    """Yield the pages that a navigation names."""
    if isinstance(entry, str):
        yield entry
    else:
        for child in entry.values() if isinstance(entry, dict) else entry:
            yield from leaves(child)


def built(target: Path) -> list[str]:
    """Lay the pages out and build them; return what the builder says is wrong."""
    shutil.rmtree(target, ignore_errors=True)
    pictures = [path.relative_to(ROOT).as_posix() for path in (ROOT / "docs").rglob("*.png")]
    for name in [*pages(), *pictures, "docs/site/site.css", WORKER]:
        (target / "pages" / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(ROOT / name, target / "pages" / name)
    shutil.copyfile(CONFIG, target / "zensical.toml")
    done = subprocess.run(
        [sys.executable, "-m", "zensical", "build", "--strict", "--clean"],
        cwd=target,
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )
    if done.returncode:
        return [done.stderr.partition("Traceback")[0].rstrip()]  # it follows what was found
    keep_at_home(target / "html")
    return []


def keep_at_home(site: Path) -> None:
    """Put our own script in the place of the one that the builder has readers fetch from elsewhere."""
    for path in site.rglob("*.html"):
        up = "../" * (len(path.relative_to(site).parts) - 1)
        text = path.read_text(encoding="utf-8")
        path.write_text(text.replace(FOREIGN_WORKER, f'src="{up}{WORKER}"'), encoding="utf-8")


@dataclass
class Html(HTMLParser):
    """What a page names: places in itself, links, and what a browser fetches for it."""

    places: set[str] = field(default_factory=set)
    links: list[str] = field(default_factory=list)
    fetched: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Begin to read."""
        super().__init__()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note a tag."""
        named = {name: value or "" for name, value in attrs}
        self.places.add(named.get("id", ""))
        if named.get(FETCHED.get(tag, "")):
            self.fetched.append(named[FETCHED[tag]])
        elif tag == "a" and "href" in named:
            self.links.append(named["href"])


def wrong_in(site: Path) -> list[str]:
    """Return the links of a built site that lead nowhere, and what is fetched from elsewhere."""
    site = site.resolve()
    parsed = {path: parse(path) for path in site.rglob("*.html") if path.name != "404.html"}
    wrong = []
    for path, page in parsed.items():
        where, named = path.relative_to(site), page.links + page.fetched
        wrong += [f"{where}: fetches {url}" for url in page.fetched if urlsplit(url).netloc]
        wrong += [f"{where}: {url} leads nowhere" for url in named if leads_nowhere(url, path, parsed)]
    return wrong


def parse(path: Path) -> Html:
    page = Html()
    page.feed(path.read_text(encoding="utf-8"))
    return page


def leads_nowhere(url: str, path: Path, parsed: dict[Path, Html]) -> bool:
    """Tell whether a link from a page to this site has no file or no place at its end."""
    parts = urlsplit(url)
    if parts.scheme or parts.netloc:
        return False
    target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
    if target not in parsed:
        return not target.is_file()
    return bool(parts.fragment) and unquote(parts.fragment) not in parsed[target].places


if __name__ == "__main__":
    sys.exit(main())
