"""The examples of the documents are run: word for word, against the emulator."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from cli.program import environment
from emulator.samples import upload

ROOT = Path(__file__).parents[2]
MARK = "<!-- runnable -->\n```python\n"
MADE = {
    "README.md": ["ishmael.wav"],
    "docs/sdk.md": ["chapter.mp3", "hello.mp3", "live.s16le", "one.wav", "turn.s16le", "two.wav"],
}


def program(document: str) -> str:
    """Return the examples that are marked as one program, each on the line where it stands."""
    kept = re.sub(
        rf"(?P<before>.*?)(?:{re.escape(MARK)}(?P<code>.*?)^```$|\Z)",
        lambda found: (
            "\n" * (found[0].count("\n") - (found["code"] or "").count("\n")) + (found["code"] or "")
        ),
        document,
        flags=re.DOTALL | re.MULTILINE,
    )
    assert kept.count("\n") == document.count("\n")
    return kept


@pytest.mark.parametrize("name", MADE)
def test_the_examples_run(emulator, api_key, tmp_path, name):
    document = ROOT.joinpath(name).read_text(encoding="utf-8")
    assert document.count(MARK) == document.count("```python")
    script = tmp_path / f"{Path(name).name}.py"
    script.write_text(program(document), encoding="utf-8")
    folder = tmp_path / "empty"
    folder.mkdir()
    shutil.copy(ROOT / "voices" / "samples" / "austen-narrator.wav", folder / "ada.wav")
    variables = {
        "DEEPDUB_BASE_URL": emulator.base_url,
        "DEEPDUB_BASE_WEBSOCKET_URL": emulator.websocket_url,
        "DEEPDUB_BASE_WEBSOCKET_STREAMING_URL": emulator.streaming_url,
        "DEEPDUB_API_KEY": api_key,
        "VOICE_ID": upload(emulator, api_key, gender="female"),
    }
    with environment(variables) as env:
        done = subprocess.run(
            [sys.executable, script], env=env, cwd=folder, capture_output=True, text=True, check=False
        )
    assert done.returncode == 0, done.stderr
    assert not done.stderr
    made = {path.name: path.stat().st_size for path in folder.iterdir() if path.name != "ada.wav"}
    assert sorted(made) == MADE[name]
    assert all(size > 4000 for size in made.values())
