"""The session in the README."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from pathlib import Path

from quoting.running import PROGRAM, ROOT, emulator, environment, stable

CATALOG = """\
version: 1
owner: acme-studio-7f3k
regions:
  us: {}
"""
VOICES = """\
voices:
  narrator:
    name: Narrator
    sample: samples/narrator.wav
    gender: male
    locale: en-US
  centralino:
    name: Centralino
    sample: samples/centralino.wav
    gender: male
    locale: it-IT
"""


def with_session(text: str) -> str:
    """Return the README with the session between its marks."""
    before, mark, rest = text.partition("<!-- session -->\n")
    _, end, after = rest.partition("<!-- /session -->")
    if not mark or not end:
        raise SystemExit("README.md has lost its session marks")
    return f"{before}{mark}```console\n{session()}```\n{end}{after}"


def session() -> str:
    """Run the README's session and return what a terminal would show."""
    with tempfile.TemporaryDirectory() as folder, emulator() as base_url:
        show = Shown(Path(folder), base_url)
        catalog = show.folder / "voices"
        examples = ROOT / "voices" / "samples"
        (catalog / "samples").mkdir(parents=True)
        (catalog / "catalog.yaml").write_text(CATALOG, encoding="utf-8")
        (catalog / "voices.yaml").write_text(VOICES, encoding="utf-8")
        shutil.copyfile(examples / "austen-narrator.wav", catalog / "samples" / "narrator.wav")
        shutil.copyfile(examples / "centralino-it.wav", catalog / "samples" / "centralino.wav")
        show.say("in another terminal: ddvoices emulator")
        show.export()
        show.run("plan", "-o", "plan.json")
        show.run("apply", "plan.json")
        show.run("plan")
        show.say("a new take, and a better name")
        shutil.copyfile(examples / "centralino-it-take2.wav", catalog / "samples" / "centralino.wav")
        edited = VOICES.replace("name: Narrator", "name: The narrator")
        (catalog / "voices.yaml").write_text(edited, encoding="utf-8")
        show.run("plan", "-o", "plan.json")
        show.run("apply", "plan.json")
        show.say("the new take was a mistake")
        shutil.copyfile(examples / "centralino-it.wav", catalog / "samples" / "centralino.wav")
        show.run("apply", "--yes")
        show.run("status")
        show.run("tts", "Benvenuti.", "--voice", "centralino", "-o", "benvenuti.mp3")
        return show.text()


class Shown:
    """Commands and what they print, as a terminal shows them."""

    def __init__(self, folder: Path, base_url: str) -> None:
        self.folder = folder
        self._lines: list[str] = []
        self._service = {"DEEPDUB_BASE_URL": base_url, "DEEPDUB_API_KEY": "dd-test"}
        self._environment = environment(folder) | self._service

    def say(self, text: str) -> None:
        self._lines.append(f"# {text}")

    def export(self) -> None:
        """Show which variables lead to the service."""
        self._lines += [f"$ export {' '.join(map('='.join, self._service.items()))}", ""]

    def run(self, *arguments: str) -> None:
        """Run a command, and show it and all that it prints."""
        shown = " ".join(f"'{part}'" if " " in part else part for part in arguments)
        done = subprocess.run(
            [*PROGRAM, *arguments],
            cwd=self.folder,
            env=self._environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            encoding="utf-8",
            check=False,
        )
        if done.returncode:
            raise SystemExit(f"ddvoices {shown}: {done.returncode}\n{done.stdout}")
        self._lines += [f"$ ddvoices {shown}", *done.stdout.splitlines(), ""]

    def text(self) -> str:
        """Return everything, with what differs from run to run made the same."""
        return stable("\n".join(line.rstrip() for line in self._lines).rstrip() + "\n")
