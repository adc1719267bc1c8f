"""The tour: as `make demo` takes it."""

from __future__ import annotations

import json
import re
from pathlib import Path

from cli.program import run
from tinytag import TinyTag


def test_it_shows_everything_and_leaves_audio_catalog_and_lock(tmp_path: Path) -> None:
    done = run("demo", "-o", "tour", cwd=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    last_lines = re.findall(r"^(?:Plan|Apply|No changes).*", done.stdout, flags=re.MULTILINE)
    assert last_lines == [
        "Plan: 11 to create; 0 in sync.",
        "Plan: 11 to create; 0 in sync.",
        "Apply: 11 applied.",
        "No changes. 11 in sync.",
        "Plan: 2 to update, 2 to replace; 7 in sync.",
        "Apply: 4 applied.",
        "Plan: 2 to adopt; 9 in sync.",
        "Plan: 2 to adopt; 9 in sync.",
        "Apply: 2 adopted.",
    ]
    tour = tmp_path / "tour"
    assert str(tour) in done.stdout
    for region in ("us", "eu"):
        audio = TinyTag.get(tour / f"centralino-it-{region}.mp3")
        assert audio.duration is not None
        assert audio.duration > 1
    assert set(json.loads((tour / "voices" / "ddvoices.lock.json").read_text())["regions"]) == {"us", "eu"}


def test_a_place_that_is_not_empty_is_refused(tmp_path: Path) -> None:
    (tmp_path / "tour").mkdir()
    (tmp_path / "tour" / "mine.txt").write_text("mine")
    done = run("demo", "-o", "tour", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("error: tour: is not empty")
