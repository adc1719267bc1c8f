"""A runner for composite actions: runs every ``run:`` of action.yml, as GitHub's does it, in a checkout."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml
from ci.fake_github import REPOSITORY, TOKEN, FakeGitHub
from cli.program import environment

ROOT = Path(__file__).parents[2]
PATIENCE_SECONDS = 300


@dataclass(kw_only=True)
class Done:
    """What came of a run: its exit code, the log, the outputs of the action, and the runner's commands."""

    code: int = 0
    log: str = ""
    steps: dict[str, dict[str, str]] = field(default_factory=dict)
    outputs: dict[str, str] = field(default_factory=dict)
    summary: str = ""

    @property
    def commands(self) -> list[str]:
        """Return what GitHub's runner takes for commands, but for those that stop and resume them."""
        found, stopped = [], ""
        for line in self.log.splitlines():
            command = line.lstrip()
            if stopped:
                stopped = "" if command == f"::{stopped}::" else stopped
            elif command.startswith("::stop-commands::"):
                stopped = command.removeprefix("::stop-commands::")
            elif command.startswith("::") or "##[" in command:
                found.append(command)
        assert stopped == ""
        return found


class Runner:
    """``folder`` is the checkout, ``github`` the API; ``env`` what the step that uses the action has."""

    def __init__(self, folder: Path, github: FakeGitHub, env: Mapping[str, str], temp: Path) -> None:
        self.folder, self.github, self.env, self.temp = folder, github, dict(env), temp
        self.head = "a" * 40
        self.path: list[str] | None = None
        self.action = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))

    def pull_request(self, repository: str | None = REPOSITORY) -> dict[str, Any]:
        """Return the event of a pull request from a repository; None is a fork that has been deleted."""
        where = repository and {"full_name": repository}
        return {"pull_request": {"number": 7, "head": {"sha": self.head, "repo": where}}}

    def act(
        self, inputs: Mapping[str, str], event: Any = None, *, commit: str = "c" * 40, install: bool = False
    ) -> Done:
        """Run the action; what installs it only where that is asked for."""
        shutil.rmtree(self.temp, ignore_errors=True)
        self.temp.mkdir()
        self.path = [] if install else None
        (self.temp / "event.json").write_text(json.dumps(event or {}), encoding="utf-8")
        known = {name: str(each.get("default", "")) for name, each in self.action["inputs"].items()}
        assert set(inputs) <= set(known)
        known = {name: value.replace("${{ github.token }}", TOKEN) for name, value in known.items()} | dict(
            inputs
        )
        done = Done()
        for step in self.action["runs"]["steps"]:
            done.steps[step["id"]] = {}
            if done.code or (step["id"] == "install" and not install):
                continue
            if "if" in step and not evaluated(step["if"], known, done.steps):
                continue
            if "uses" in step:
                self._upload({k: filled(v, known, done.steps) for k, v in step["with"].items()})
            else:
                self._run(step, known, done, commit)
        done.outputs = {n: filled(o["value"], known, done.steps) for n, o in self.action["outputs"].items()}
        return done

    def _upload(self, values: Mapping[str, Any]) -> None:
        self.github.upload(values["name"], Path(values["path"]), self.head)

    def _run(self, step: Mapping[str, Any], known: Mapping[str, str], done: Done, commit: str) -> None:
        files = {
            name: self.temp / name.lower() for name in ("GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY", "GITHUB_PATH")
        }
        for path in files.values():
            path.unlink(missing_ok=True)
            path.touch()
        added = [str(Path(sys.executable).parent)] if self.path is None else self.path
        path = os.pathsep.join([*added, os.environ["PATH"]])
        with environment({"PATH": path, **self.env}) as variables:
            if self.path is not None:  # pip has settings, and warnings of its own
                del variables["PYTHONPATH"], variables["PYTHONWARNINGS"]
                variables |= {name: os.environ[name] for name in os.environ if name.startswith("PIP_")}
            variables |= {
                "CI": "true",
                "GITHUB_ACTIONS": "true",
                "GITHUB_ACTION_PATH": str(ROOT),
                "GITHUB_API_URL": self.github.url,
                "GITHUB_EVENT_PATH": str(self.temp / "event.json"),
                "GITHUB_REF_NAME": "main",
                "GITHUB_REPOSITORY": REPOSITORY,
                "GITHUB_SERVER_URL": self.github.url,
                "GITHUB_SHA": commit,
                "GITHUB_WORKSPACE": str(self.folder),
                "RUNNER_TEMP": str(self.temp),
                **{name: str(each) for name, each in files.items()},
                **{name: filled(value, known, done.steps) for name, value in step.get("env", {}).items()},
            }
            assert "${{" not in step["run"], "a script that is written by inputs"
            ran = subprocess.run(
                ["bash", "--noprofile", "--norc", "-e", "-o", "pipefail", "-c", step["run"]],
                cwd=self.folder,
                env=variables,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                timeout=PATIENCE_SECONDS,
                text=True,
                encoding="utf-8",
                check=False,
            )
        done.code, done.log = ran.returncode, done.log + ran.stdout
        if self.path is not None:
            self.path += files["GITHUB_PATH"].read_text(encoding="utf-8").splitlines()
        lines = files["GITHUB_OUTPUT"].read_text(encoding="utf-8").splitlines()
        done.steps[step["id"]] = dict(line.split("=", 1) for line in lines)
        done.summary += files["GITHUB_STEP_SUMMARY"].read_text(encoding="utf-8")


def filled(value: Any, inputs: Mapping[str, str], steps: Mapping[str, Mapping[str, str]]) -> str:
    """Return a value with its expressions."""
    return re.sub(r"\$\{\{(.*?)\}\}", lambda match: str(evaluated(match[1], inputs, steps)), str(value))


def evaluated(expression: str, inputs: Mapping[str, str], steps: Mapping[str, Mapping[str, str]]) -> Any:
    """Return what an expression of the little that action.yml uses is: contexts, texts, == != && ||."""

    def context(match: re.Match[str]) -> str:
        words = match[0].split(".")
        if words[0] == "inputs":
            return repr(inputs[words[1]])
        return repr(steps[words[1]].get(words[3], ""))

    text = re.sub(r"inputs\.[\w-]+|steps\.[\w-]+\.outputs\.[\w-]+", context, expression.strip())
    return eval(text.replace("&&", " and ").replace("||", " or "), {"__builtins__": {}})  # noqa: S307 - our own file
