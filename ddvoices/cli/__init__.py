"""The command line: parse, call, print. The one place that turns errors into exit codes."""

from __future__ import annotations

import gc
import sys
from collections.abc import Sequence

import click
from click.exceptions import NoArgsIsHelpError

from ddvoices.cli import completing
from ddvoices.cli.group import cli
from ddvoices.cli.interrupts import heed_interrupts, ignore_interrupts
from ddvoices.cli.session import current_session
from ddvoices.cli.streams import forget, take_streams
from ddvoices.errors import CatalogError, DdvoicesError, ExitCode, InTheWayError, ScriptError

# A plan keeps nearly all the objects that it makes. Looking through them after every 700, as is the default,
# takes a tenth of its time and frees nothing.
_OBJECTS_BEFORE_COLLECTION = 200_000


def main(argv: Sequence[str] | None = None) -> int:  # noqa: PLR0911 - one for each kind of end
    """Run ``ddvoices`` and return its exit code; SIGTERM is taken like Ctrl-C."""
    heed_interrupts()
    gc.set_threshold(_OBJECTS_BEFORE_COLLECTION)
    take_streams()
    if completing.is_asked():
        return completing.answer(cli)
    try:
        return int(cli.main(args=argv, prog_name="ddvoices", standalone_mode=False) or ExitCode.OK)
    except NoArgsIsHelpError as error:
        error.show()
        return ExitCode.USAGE
    except click.ClickException as error:
        _say(_with_help(error))
        return ExitCode.USAGE if isinstance(error, click.UsageError) else ExitCode.ERROR
    except (KeyboardInterrupt, click.Abort):
        ignore_interrupts()
        current_session().say_always("interrupted")
        return ExitCode.INTERRUPTED
    except BrokenPipeError:
        forget(sys.stdout)
        return ExitCode.ERROR
    except DdvoicesError as error:  # before OSError, which those with a status are, too
        _say(error)
        return error.exit_code
    except OSError as error:
        forget(sys.stdout)
        _say(DdvoicesError(": ".join(filter(None, (error.filename, error.strerror or str(error))))))
        return ExitCode.ERROR
    finally:
        ignore_interrupts()


def _with_help(error: click.ClickException) -> DdvoicesError:
    """Return click's error as one of ours: one line, with where to look."""
    message = error.format_message().rstrip(".")
    context = getattr(error, "ctx", None)
    if isinstance(error, click.NoSuchOption) and context is not None and context.command is not cli:
        shared = {name for option in cli.params for name in option.opts}
        if error.option_name in shared:
            where = f"ddvoices {error.option_name} … {context.info_name}"
            return DdvoicesError(f"{error.option_name} stands before the command: `{where}`")
    if context is None or message.endswith("?"):  # what was meant is said
        return DdvoicesError(message)
    return DdvoicesError(f"{message}: see `{context.command_path} --help`")


def _say(error: DdvoicesError) -> None:
    """Print an error as lines of its own; the problems of a catalog or a script one a line."""
    problems = error.problems if isinstance(error, CatalogError | ScriptError | InTheWayError) else (error,)
    for problem in problems:
        current_session().error(str(problem))
