"""The help of every command."""

from __future__ import annotations

import subprocess
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import click

from quoting.running import PROGRAM, environment


def commands() -> str:
    """Return the help of every command as Markdown."""
    from ddvoices.cli.group import cli

    paths = list(walk(cli, []))
    with ThreadPoolExecutor(2) as pool:
        helps = pool.map(help_of, paths)
    blocks = ["# Commands\n", "What `--help` prints, written by `make docs`.\n"]
    for path, text in zip(paths, helps, strict=True):
        blocks.append(f"## {' '.join(['ddvoices', *path])}\n\n```text\n{text}```\n")
    return "\n".join(blocks)


def walk(command: click.Command, path: list[str]) -> Iterator[list[str]]:
    """Yield the words that lead to each command."""
    yield path
    if isinstance(command, click.Group):
        context = click.Context(command)
        for name in command.list_commands(context):
            child = command.get_command(context, name)
            if child is not None:
                yield from walk(child, [*path, name])


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
