"""What the pages show is what the program prints; a page whose commands fail isn't written."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

DOCS = Path(__file__).resolve().parents[2] / "docs"
ALONE = [DOCS / f"{name}.md" for name in ("tutorial", "report", "batch", "ci", "emulator")]
PAGES = [*ALONE, *sorted((DOCS / "howto").glob("*.md"))]


def checked(page: Path) -> subprocess.CompletedProcess[str]:
    """Run the sessions of a page anew."""
    command = [sys.executable, DOCS / "generate.py", "--check", page]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.mark.proof
@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_a_page_shows_what_the_program_prints(page: Path) -> None:
    done = checked(page)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture
def with_sessions(monkeypatch: pytest.MonkeyPatch):
    """Return what runs a page."""
    monkeypatch.syspath_prepend(DOCS)
    from quoting.pages import with_sessions

    return with_sessions


PAGE = """\
# A page

```yaml
# voices/a.yaml: a file
voices: {}
```
<!-- setup
echo made > made.txt
-->
```console
# first
$ cat voices/a.yaml
it said something else
# and this is no comment

$ cat made.txt
$ export WHERE=http://127.0.0.1:8089/x
$ echo $WHERE \\
    && false
$ echo $?
```

<!-- not run -->
```console
$ false
```
"""
SHOWN = """\
$ cat voices/a.yaml
# voices/a.yaml: a file
voices: {}

$ cat made.txt
made

$ export WHERE=http://127.0.0.1:8089/x
$ echo $WHERE \\
    && false
http://127.0.0.1:8089/x

$ echo $?
1
"""


def test_a_page_is_a_script_of_itself(with_sessions) -> None:
    before, _, after = PAGE.partition("$ cat voices/a.yaml\n")
    rest = after.partition("$ echo $?\n")[2]
    assert with_sessions(PAGE) == before + SHOWN + rest
    assert with_sessions(with_sessions(PAGE)) == with_sessions(PAGE)


@pytest.mark.parametrize(
    ("block", "said"),
    [
        ("```console\n$ false\n```\n", "false\nended with 1"),
        ("<!-- setup\nfalse\n-->\n", "false\nended with 1"),
        ("```console\n$ exit 3\n```\n", "the shell ended early"),
    ],
    ids=["a command", "a setup", "an exit"],
)
def test_a_command_that_fails_ends_it(with_sessions, block: str, said: str) -> None:
    with pytest.raises(SystemExit, match=said):
        with_sessions(block)
