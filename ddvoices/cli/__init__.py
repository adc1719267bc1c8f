"""The command line: parse, call, print. The one place that turns errors into exit codes."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Sequence
from types import FrameType
from typing import NoReturn

import click
from click.exceptions import NoArgsIsHelpError

from ddvoices.cli.group import cli
from ddvoices.errors import CatalogError, DdvoicesError, ExitCode


def main(argv: Sequence[str] | None = None) -> int:
    """Run ``ddvoices`` and return its exit code; SIGTERM is taken like Ctrl-C."""
    signal.signal(signal.SIGTERM, _interrupt)
    try:
        return int(cli.main(args=argv, prog_name="ddvoices", standalone_mode=False) or ExitCode.OK)
    except NoArgsIsHelpError as error:
        error.show()
        return ExitCode.USAGE
    except click.ClickException as error:
        _say(_with_help(error))
        return ExitCode.USAGE if isinstance(error, click.UsageError) else ExitCode.ERROR
    except (KeyboardInterrupt, click.Abort):
        click.echo("interrupted", err=True)
        return ExitCode.INTERRUPTED
    except BrokenPipeError:
        _forget_stdout()
        return ExitCode.ERROR
    except DdvoicesError as error:
        _say(error)
        return error.exit_code


def _interrupt(_number: int, _frame: FrameType | None) -> NoReturn:
    raise KeyboardInterrupt


def _forget_stdout() -> None:
    """Keep Python from complaining at exit that nobody reads any more."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _with_help(error: click.ClickException) -> DdvoicesError:
    """Return click's error as one of ours: one line, with where to look."""
    message = error.format_message().rstrip(".")
    context = getattr(error, "ctx", None)
    return DdvoicesError(f"{message}: see `{context.command_path} --help`" if context else message)


def _say(error: DdvoicesError) -> None:
    """Print an error as lines of its own; a catalog's problems one a line."""
    from ddvoices.report.terminal import printable

    problems = error.problems if isinstance(error, CatalogError) else (error,)
    messages = [str(problem) for problem in problems]
    for message in messages:
        click.echo(f"error: {printable(message)}", err=True)
