"""The table of commands, each imported when it is called, and the options that all of them share."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from pathlib import Path

import click
from click.shell_completion import CompletionItem

from ddvoices import __version__
from ddvoices.cli.session import Session, begin
from ddvoices.cli.telling import TellingGroup

# name → (module, attribute, one line); the line is the first of the command's own help, held so by a test
COMMANDS: Mapping[str, tuple[str, str, str]] = {
    "init": ("ddvoices.cli.init", "init", "Start a catalog in a repository."),
    "new": ("ddvoices.cli.new", "new", "Put a recording into the catalog."),
    "validate": ("ddvoices.cli.validate", "validate", "Check the catalog, offline and without a key."),
    "plan": ("ddvoices.cli.plan", "plan", "Show what apply would do."),
    "show": ("ddvoices.cli.show", "show", "Show a saved plan again."),
    "apply": ("ddvoices.cli.apply", "apply", "Make the service hold what the catalog wants."),
    "status": ("ddvoices.cli.status", "status", "Show every voice in every region at a glance."),
    "ids": ("ddvoices.cli.ids", "ids", "Print the id that each key means, for applications."),
    "import": (
        "ddvoices.cli.import_voices",
        "import_voices",
        "Take voices that are in the account already into the catalog.",
    ),
    "auth": ("ddvoices.cli.auth", "auth", "Keep API keys in the system's keyring, one for each region."),
    "voices": ("ddvoices.cli.voices", "voices", "Use the voice API directly, without a catalog."),
    "tts": ("ddvoices.cli.tts", "tts", "Speak a text into an audio file."),
    "tts-stream": (
        "ddvoices.cli.tts_stream",
        "tts_stream",
        "Speak a text over a socket, as fast as it comes.",
    ),
    "tts-live": ("ddvoices.cli.tts_live", "tts_live", "Speak what comes on stdin while it comes."),
    "tts-retro": (
        "ddvoices.cli.tts_retro",
        "tts_retro",
        "Have a text spoken, and print where the audio will be.",
    ),
    "tts-batch": ("ddvoices.cli.batch", "tts_batch", "Speak a script of many lines, each into a file."),
    "audition": (
        "ddvoices.cli.audition",
        "audition",
        "Have one line spoken by every voice, as a page to listen to.",
    ),
    "gender": (
        "ddvoices.cli.gender",
        "gender",
        "Say whether a recording is of a woman's or a man's voice.",
    ),
    "emulator": (
        "ddvoices.cli.emulator_cmd",
        "emulator",
        "Run a local service with voices and speech.",
    ),
    "demo": ("ddvoices.cli.demo", "demo", "Take the whole tour on two local regions, without a key."),
    "schema": ("ddvoices.cli.schema", "schema", "Print a JSON Schema of the files."),
    "completion": (
        "ddvoices.cli.completion",
        "completion",
        "Print a script that completes commands, options and keys in a shell.",
    ),
}


class LazyGroup(TellingGroup):
    """A group that knows its commands' names and first lines without importing them."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names in the order of the table, which is the order of work."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import one command."""
        if cmd_name not in COMMANDS:
            return None
        module, attribute, _ = COMMANDS[cmd_name]
        command: click.Command = getattr(import_module(module), attribute)
        return command

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """Complete a command from the table, else an option."""
        found = [
            CompletionItem(name, help=line)
            for name, (_, _, line) in COMMANDS.items()
            if name.startswith(incomplete)
        ]
        return found + click.Command.shell_complete(self, ctx, incomplete)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the list of commands from the table."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, line) for name, (_, _, line) in COMMANDS.items()])


@click.group(
    cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100}
)
@click.version_option(__version__, message="%(prog)s %(version)s")
@click.option(
    "--catalog",
    type=click.Path(path_type=Path),
    default=Path("voices"),
    show_default=True,
    envvar="DDVOICES_CATALOG",
    show_envvar=True,
    metavar="DIR",
    help="The directory that holds the catalog.",
)
@click.option(
    "--color",
    type=click.Choice(["auto", "always", "never"]),
    default="auto",
    show_default=True,
    help="When to colour; NO_COLOR and FORCE_COLOR are obeyed.",
)
@click.option("-v", "--verbose", is_flag=True, help="Say what is asked of the service.")
@click.option("-q", "--quiet", is_flag=True, help="No hints and no progress on stderr.")
@click.option(
    "--log-format",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
    help="How progress and messages are written to stderr.",
)
@click.pass_context
def cli(
    ctx: click.Context, *, catalog: Path, color: str, verbose: bool, quiet: bool, log_format: str
) -> None:
    """Voices as code for Deepdub: a directory of YAML and audio, planned and applied.

    \b
    Examples:
      ddvoices demo
      ddvoices plan
      ddvoices apply
    """
    if verbose and quiet:
        raise click.UsageError("--verbose and --quiet exclude each other")
    ctx.obj = Session(
        catalog_directory=catalog, color=color, verbose=verbose, quiet=quiet, log_format=log_format
    )
    begin(ctx.obj)
    if verbose:
        from ddvoices.cli.hearing import hear

        hear(ctx.obj)
