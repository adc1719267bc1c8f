"""Write what the documents quote of the program: sessions, the help of every command, tables.

    python docs/generate.py                   write it
    python docs/generate.py --check           exit with 1 if it isn't what the program prints; quick: pages
                                              whose sessions are long are left out
    python docs/generate.py --check PAGE…     those pages alone

Nothing of it is typed: the commands are run, against an emulator. What differs from run to run is made the
same: ids, ports, folders.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
DOCS = ROOT / "docs"
sys.path.insert(0, str(ROOT))

from quoting.commands import commands  # noqa: E402 - the program is found by the line above
from quoting.errors import with_errors  # noqa: E402
from quoting.pages import with_sessions  # noqa: E402
from quoting.schemas import fields, formats  # noqa: E402
from quoting.session import with_session  # noqa: E402


def main() -> int:
    """Write or check, and return the exit code."""
    check = "--check" in sys.argv[1:]
    named = [Path(name).resolve() for name in sys.argv[1:] if name != "--check"]
    makers = quick() if check and not named else quick() | run_pages()
    chosen = {path: makers[path] for path in named or makers}
    with ThreadPoolExecutor(2) as pool:
        texts = dict(zip(chosen, pool.map(lambda make: make(), chosen.values()), strict=True))
    stale = [path for path, text in texts.items() if read(path) != text]
    for path in stale:
        done = "is not what the program prints: make docs" if check else "written"
        print(f"{path.relative_to(ROOT)}: {done}")
        if not check:
            path.write_text(texts[path], encoding="utf-8")
    return 1 if check and stale else 0


def quick() -> dict[Path, Callable[[], str]]:
    """Return what is made within seconds: each document, and what makes its text."""
    readme = ROOT / "README.md"
    return {
        readme: lambda: with_session(read(readme)),
        DOCS / "commands.md": commands,
        DOCS / "fields.md": fields,
        DOCS / "formats.md": formats,
        DOCS / "exit-codes.md": lambda: with_errors(read(DOCS / "exit-codes.md")),
    }


def run_pages() -> dict[Path, Callable[[], str]]:
    """Return the pages that are scripts of themselves."""
    alone = [DOCS / f"{name}.md" for name in ("tutorial", "report", "batch", "ci", "emulator")]
    pages = [*alone, *sorted((DOCS / "howto").glob("*.md"))]
    return {page: lambda page=page: with_sessions(read(page)) for page in pages}


def read(path: Path) -> str:
    return path.read_text(encoding="utf-8") if path.exists() else ""


if __name__ == "__main__":
    sys.exit(main())
