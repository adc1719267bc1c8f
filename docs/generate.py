"""Write what the documents quote of the program: a session in the README, the help of every command.

    python docs/generate.py            write it
    python docs/generate.py --check    exit with 1 if it isn't what the program prints

Nothing of it is typed: the commands are run, against an emulator. What differs from run to run is made the
same: ids, ports, folders.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import NAMESPACE_URL, uuid5

ROOT = Path(__file__).resolve().parent.parent
README = ROOT / "README.md"
COMMANDS = ROOT / "docs" / "commands.md"
PROGRAM = [sys.executable, "-m", "ddvoices"]
PORT = 8089

_UUID = re.compile(r"\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b")
_LOOPBACK = re.compile(r"127\.0\.0\.1:\d+")

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


def main() -> int:
    """Write or check, and return the exit code."""
    check = "--check" in sys.argv[1:]
    documents = {README: with_session(README.read_text(encoding="utf-8")), COMMANDS: commands()}
    stale = [path for path, text in documents.items() if read(path) != text]
    for path in stale:
        print(
            f"{path.relative_to(ROOT)}: {'is not what the program prints: make docs' if check else 'written'}"
        )
        if not check:
            path.write_text(documents[path], encoding="utf-8")
    return 1 if check and stale else 0


def read(path: Path) -> str:
    return path.read_text(encoding="utf-8") if path.exists() else ""


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
        known: dict[str, str] = {}

        def stable(match: re.Match[str]) -> str:
            return known.setdefault(match[0], str(uuid5(NAMESPACE_URL, f"voice {len(known)}")))

        text = "\n".join(line.rstrip() for line in self._lines).rstrip() + "\n"
        return _UUID.sub(stable, _LOOPBACK.sub(f"127.0.0.1:{PORT}", text))


def environment(folder: Path) -> dict[str, str]:
    """Return an environment that holds nothing of whoever runs this."""
    return {
        "PATH": os.environ.get("PATH", ""),
        "PYTHONPATH": str(ROOT),
        "PYTHONUTF8": "1",
        "HOME": str(folder),
        "DDVOICES_CACHE_DIR": str(folder / ".cache"),
        "COLUMNS": "100",
    }


@contextmanager
def emulator() -> Iterator[str]:
    """Run an emulator and yield its endpoint."""
    command = [*PROGRAM, "emulator", "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, encoding="utf-8") as process:
        try:
            line = process.stdout.readline() if process.stdout else ""
            yield line.strip().removeprefix("DEEPDUB_BASE_URL=")
        finally:
            process.terminate()
            process.wait(10)


def commands() -> str:
    """Return the help of every command as Markdown."""
    import click

    from ddvoices.cli.group import cli

    blocks = ["# Commands\n", "What `--help` prints, written by `make docs`.\n"]

    def walk(command: click.Command, path: list[str]) -> None:
        title = " ".join(path)
        blocks.append(f"## {title}\n\n```text\n{help_of(path[1:])}```\n")
        if isinstance(command, click.Group):
            context = click.Context(command)
            for name in command.list_commands(context):
                child = command.get_command(context, name)
                if child is not None:
                    walk(child, [*path, name])

    walk(cli, ["ddvoices"])
    return "\n".join(blocks)


def help_of(path: list[str]) -> str:
    """Return what ``--help`` of a command prints at 100 columns."""
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run(
            [*PROGRAM, *path, "--help"],
            env=environment(Path(folder)),
            capture_output=True,
            text=True,
            encoding="utf-8",
            check=True,
        )
    return done.stdout


if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))
    sys.exit(main())
