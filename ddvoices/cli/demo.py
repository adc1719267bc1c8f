"""``ddvoices demo``: the whole tour on two local regions, without a key."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path

import click

from ddvoices.cli.session import Session
from ddvoices.errors import DdvoicesError, ExitCode

_KEY = "dd-demo"
_REGIONS = ("us", "eu")
_VOICE = "centralino-it"
_SAMPLE, _OTHER_TAKE = "samples/centralino-it.wav", "samples/centralino-it-take2.wav"
_RENAMED = ("name: Austen narrator", "name: Austen narrator, unabridged")
_LINE = "Benvenuti. Questa voce è la stessa in due regioni."
_END_SECONDS = 10


@click.command
@click.option(
    "-o",
    "--output",
    type=click.Path(file_okay=False, path_type=Path),
    metavar="DIR",
    help="Where to work: a new or empty directory.  [default: a temporary one, which is kept]",
)
@click.pass_obj
def demo(session: Session, *, output: Path | None) -> int:
    """Take the whole tour on two local regions, without a key.

    Everything is real but the service: the example catalog with human speech, two emulators as regions, and
    this very program, whose commands and output you see.

    \b
    Examples:
      ddvoices demo
      ddvoices demo -o tour
    """
    directory = _workplace(output)
    with ExitStack() as stack:
        environment = _environment(directory, colored=session.colored(sys.stdout))
        endpoints = {name: stack.enter_context(_region(environment)) for name in _REGIONS}
        tour = _Tour(session, directory, endpoints, environment)
        tour.run()
    return ExitCode.OK


class _Tour:
    """The commands, one after the other, and the edits between them."""

    def __init__(
        self,
        session: Session,
        directory: Path,
        endpoints: Mapping[str, str],
        environment: Mapping[str, str],
    ) -> None:
        self._session = session
        self._directory = directory
        self._catalog = directory / "voices"
        self._environment = environment
        _copy_catalog(self._catalog, endpoints)

    def run(self) -> None:
        """Take the tour."""
        self._say("Two regions of a local service are up, both empty. What would the example catalog do?")
        self._run("plan")
        self._say("Do it.")
        self._run("apply", "--yes")
        self._say("Plan again: what was applied stays applied.")
        self._run("plan")
        self._say(f"A new take for {_VOICE}, and a new name for another voice: edit the files, plan.")
        self._edit()
        self._run("plan", "-o", "plan.json")
        self._say("Apply exactly what was just reviewed.")
        self._run("apply", "plan.json")
        self._say("The new take was a mistake: put the old file back. Its voice is still there: no upload.")
        self._roll_back()
        self._run("plan")
        self._run("apply", "--yes")
        self._run("status")
        self._say("One line by the voice's key, in both regions.")
        for region in _REGIONS:
            self._run("tts", _LINE, "--voice", _VOICE, "-r", region, "-o", f"{_VOICE}-{region}.mp3")
        self._say(f"The audio, the catalog and its lock are in {self._directory}; the two regions end here.")

    def _edit(self) -> None:
        self._keep = (self._catalog / _SAMPLE).read_bytes()
        shutil.copyfile(self._catalog / _OTHER_TAKE, self._catalog / _SAMPLE)
        narrators = self._catalog / "narrators.yaml"
        text = narrators.read_text(encoding="utf-8")
        narrators.write_text(text.replace(*_RENAMED), encoding="utf-8")

    def _roll_back(self) -> None:
        (self._catalog / _SAMPLE).write_bytes(self._keep)

    def _say(self, text: str) -> None:
        click.echo(click.style(f"\n# {text}", fg="cyan"), color=self._session.colored(sys.stdout))

    def _run(self, *arguments: str) -> None:
        """Run this program as a user would, and show what it prints."""
        shown = subprocess.list2cmdline(arguments)
        click.echo(click.style(f"$ ddvoices {shown}", bold=True), color=self._session.colored(sys.stdout))
        sys.stdout.flush()
        command = [sys.executable, "-m", "ddvoices", *arguments]
        done = subprocess.run(  # noqa: S603 our own program
            command, cwd=self._directory, env=self._environment, check=False, stderr=subprocess.STDOUT
        )
        if done.returncode:
            raise DdvoicesError(f"the demo's `ddvoices {shown}` ended with {done.returncode}: see above")


def _workplace(output: Path | None) -> Path:
    """Return an empty directory to work in."""
    if output is None:
        return Path(tempfile.mkdtemp(prefix="ddvoices-demo-"))
    try:
        output.mkdir(parents=True, exist_ok=True)
        if any(output.iterdir()):
            raise DdvoicesError(f"{output}: is not empty: choose a new directory by --output")
    except OSError as error:
        raise DdvoicesError(f"{output}: can't be used: {error.strerror}") from error
    return output.resolve()


def _environment(directory: Path, *, colored: bool) -> dict[str, str]:
    """Return an environment in which nothing reaches the real service, and no real key is read."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("DEEPDUB_", "DDVOICES_", "DD_"))
    }
    return {
        **kept,
        "DEEPDUB_API_KEY": _KEY,
        "DDVOICES_CACHE_DIR": str(directory / ".cache"),
        "NO_COLOR": "" if colored else "1",
        "FORCE_COLOR": "1" if colored else "",
        "PYTHONUNBUFFERED": "1",
    }


def _copy_catalog(target: Path, endpoints: Mapping[str, str]) -> None:
    """Copy the example catalog, and give its regions the emulators' endpoints."""
    from ddvoices.resources import example_catalog_path

    shutil.copytree(example_catalog_path(), target, ignore=shutil.ignore_patterns(".*", "ddvoices.lock.json"))
    settings = target / "catalog.yaml"
    text = settings.read_text(encoding="utf-8")
    for region, url in endpoints.items():
        text = text.replace(f"  {region}: {{}}", f"  {region}: {{base_url: {url}}}")
    settings.write_text(text, encoding="utf-8")


@contextmanager
def _region(environment: Mapping[str, str]) -> Iterator[str]:
    """Run an emulator on a free port and yield its REST endpoint."""
    command = [sys.executable, "-m", "ddvoices.emulator", "--port", "0"]
    with subprocess.Popen(  # noqa: S603 our own program
        command, env=environment, stdout=subprocess.PIPE, text=True, encoding="utf-8"
    ) as process:
        try:
            yield _endpoint(process)
        finally:
            process.terminate()
            try:
                process.wait(_END_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()


def _endpoint(process: subprocess.Popen[str]) -> str:
    """Return the endpoint that an emulator says it has, once it is ready."""
    line = process.stdout.readline().strip() if process.stdout else ""
    name, _, url = line.partition("=")
    if name != "DEEPDUB_BASE_URL":
        raise DdvoicesError("the emulator did not start: see above")
    return url
