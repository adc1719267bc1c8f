"""Run the emulator alone: ``python -m ddvoices.emulator``."""

from __future__ import annotations

import sys

import click

from ddvoices.emulator.command import emulator
from ddvoices.errors import DdvoicesError, ExitCode


def main() -> int:
    """Run the command and return its exit code."""
    try:
        code = emulator.main(prog_name="python -m ddvoices.emulator", standalone_mode=False)
    except click.ClickException as error:
        error.show()
        return ExitCode.USAGE
    except DdvoicesError as error:
        sys.stderr.write(f"error: {error}\n")
        return error.exit_code
    return int(code or 0)


if __name__ == "__main__":
    sys.exit(main())
