"""``ddvoices completion``: have a shell complete what is typed."""

from __future__ import annotations

import click

from ddvoices.cli.completing import VARIABLE
from ddvoices.errors import ExitCode


@click.command
@click.argument("shell", metavar="SHELL", type=click.Choice(["bash", "zsh", "fish"]))
@click.pass_context
def completion(context: click.Context, *, shell: str) -> int:
    """Print a script that completes commands, options and keys in a shell.

    SHELL is bash, zsh or fish. The script asks the program itself: for commands, options and their values,
    files, and the regions and keys of the catalog. To have it in every new shell:

    \b
      bash  echo 'eval "$(ddvoices completion bash)"' >> ~/.bashrc
      zsh   echo 'eval "$(ddvoices completion zsh)"' >> ~/.zshrc         # behind compinit
      fish  mkdir -p ~/.config/fish/completions
            ddvoices completion fish > ~/.config/fish/completions/ddvoices.fish

    \b
    Examples:
      eval "$(ddvoices completion bash)"
      ddvoices completion fish | source
    """
    from click.shell_completion import get_completion_class

    made = get_completion_class(shell)
    if made is None:  # click has all three
        raise click.UsageError(f"no completion for {shell}")
    asking = made(context.find_root().command, {}, "ddvoices", VARIABLE)
    click.echo(asking.source_template % asking.source_vars(), nl=False)  # not `source`, which starts bash
    return ExitCode.OK
