"""A group that tells which of its commands was meant."""

from __future__ import annotations

import click


class TellingGroup(click.Group):
    """A group that proposes a command for a word that is nearly one; of click's releases only some do."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Return the command that the first word calls, and the words behind it.

        Raises:
            click.UsageError: there is no such command.
        """
        word = args[0]
        is_option = word[:1] == "-"  # behind `--`, where click explains it
        if not (is_option or ctx.resilient_parsing or self.get_command(ctx, word)):
            from ddvoices.catalog.findings import did_you_mean, quoted

            raise click.UsageError(
                f"no command {quoted(word)}{did_you_mean(word, self.list_commands(ctx))}", ctx
            )
        return super().resolve_command(ctx, args)
