"""Where commands are run, so that all that they leave is below one folder, and what they say is kept."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import uuid
from collections.abc import Mapping
from pathlib import Path

from cli.program import command, environment
from leaks.spellings import ODD_KEY, found_in, leaks_below
from service import Emulator
from workspace import Workspace

_PATIENCE_SECONDS = 120
# Every Python that is started says by what line, and each that we haven't started with what variables.
_WATCH = """\
import os, sys
with open(os.environ["SEEN"] + f"/python-{os.getpid()}", "w") as file:
    print(sys.orig_argv, file=file)
    if os.getppid() != int(os.environ["TESTER"]):
        print(dict(os.environ), file=file)
"""
_GIT = """\
#!/bin/sh
{ echo "$0" "$@"; env; } > "$SEEN/git-$$"
exec $GIT "$@"
"""


class Place:
    """A workspace with two voices, and an environment in which nothing is anywhere else.

    ``stranger`` is the id of a voice that no catalog knows, made of ``stranger.wav``.
    """

    def __init__(self, folder: Path, emulator: Emulator) -> None:
        self.key = f"{ODD_KEY}{uuid.uuid4().hex[:6]}"
        self.folder, self.emulator = folder, emulator
        self.seen = folder / "seen"
        self._make_folders()
        self.workspace = Workspace(folder, emulator)
        self.workspace.keys["us"] = self.key
        self.workspace.settings["regions"] = {"us": {}}
        self.workspace.voice("ada"), self.workspace.voice("bob")
        self.workspace.save()
        self.stranger = self.workspace.stranger(title="Stranger", gender="FEMALE", locale="en-GB")
        self._write_script()

    def _make_folders(self) -> None:
        for name in ("home", "tmp", "seen", "bin", "watch"):
            (self.folder / name).mkdir()
        (self.folder / "watch" / "sitecustomize.py").write_text(_WATCH)
        (self.folder / "bin" / "git").write_text(_GIT)
        (self.folder / "bin" / "git").chmod(0o755)

    def _write_script(self) -> None:
        """Write a script of two lines, spoken by a voice of the catalog, and one of a line and no voice."""
        (self.folder / "lines.jsonl").write_text('{"text": "Some years ago.", "out": "ago.mp3"}\n')
        lines = [{"text": "Call me Ishmael."}, {"text": "Some years ago.", "out": "ago.mp3"}]
        script = {"version": 1, "defaults": {"voice": "ada"}, "lines": lines}
        (self.folder / "script.yaml").write_text(json.dumps(script))

    def variables(self, plain: Mapping[str, str]) -> dict[str, str]:
        """Return the environment of a run; ``plain`` is one without anything of ours."""
        folder = self.folder
        return {
            **plain,
            "HOME": str(folder / "home"),
            "XDG_CACHE_HOME": str(folder / "home" / "cache"),
            "TMPDIR": str(folder / "tmp"),
            "SEEN": str(self.seen),
            "TESTER": str(os.getpid()),
            "GIT": shutil.which("git") or "false",
            "PATH": os.pathsep.join((str(folder / "bin"), plain["PATH"])),
            "PYTHONPATH": os.pathsep.join((str(folder / "watch"), plain["PYTHONPATH"])),
            "DEEPDUB_API_KEY": self.key,
            "DEEPDUB_BASE_URL": self.emulator.base_url,
            "DEEPDUB_BASE_WEBSOCKET_URL": self.emulator.websocket_url,
            "DEEPDUB_BASE_WEBSOCKET_STREAMING_URL": self.emulator.streaming_url,
        }

    def run(
        self,
        *arguments: str,
        env: Mapping[str, str] | None = None,
        input: str = "",  # noqa: A002 - as subprocess.run calls it
        python: tuple[str, ...] = (),
        umask: int = -1,
    ) -> subprocess.CompletedProcess[str]:
        """Run the program, under Python with these options, and return what it says."""
        _, *rest = command(*arguments)
        with environment() as plain:
            done = subprocess.run(
                [sys.executable, *python, *rest],
                env={**self.variables(plain), **(env or {})},
                cwd=self.folder,
                input=input.encode(),
                capture_output=True,
                timeout=_PATIENCE_SECONDS,
                check=False,
                umask=umask,
            )
        out, err = (stream.decode("utf-8", "surrogateescape") for stream in (done.stdout, done.stderr))
        return subprocess.CompletedProcess(done.args, done.returncode, out, err)

    def leaks(self) -> dict[str, list[str]]:
        """Return what below the folder holds the key, and how."""
        return leaks_below(self.folder, self.key)

    def said_in(self, done: subprocess.CompletedProcess[str]) -> list[str]:
        """Return how the key is in what a run said."""
        return found_in((done.stdout + done.stderr).encode("utf-8", "surrogateescape"), self.key)
