"""``ddvoices init``: start a catalog in a repository."""

from __future__ import annotations

import os
import re
import secrets
from pathlib import Path
from shlex import quote

import click

from ddvoices.cli.ci_files import check_catalog_path, write_ci_files
from ddvoices.cli.session import Session
from ddvoices.errors import DdvoicesError, ExitCode, OutputError, UsageError

# no letters or digits that people confuse
_ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"
_RANDOM_LENGTH = 4

_CATALOG = """\
# yaml-language-server: $schema=.schemas/catalog.schema.json
version: 1

# Marks in the account what is this catalog's: one owner, one catalog. Whoever changes it later names the
# old one under former_owners.
owner: {owner}

# Keys are never in a file: DEEPDUB_API_KEY_US, DEEPDUB_API_KEY_EU, or DEEPDUB_API_KEY for both.
regions:
  us: {{}}

defaults:
  locale: en-US
  regions: [us]
"""

_VOICES = """\
# yaml-language-server: $schema=.schemas/voices.schema.json
voices:
  # The key is what every command and application calls the voice by; keep it when the name changes.
  example-narrator:
    name: Example narrator
    # A reader of LibriVox, whose recordings are in the public domain; replace it by a voice of yours.
    sample: samples/example-narrator.wav
    gender: male
    locale: en-US
    speaking_style: Neutral
"""

_EXAMPLE_SAMPLE = "samples/austen-narrator.wav"


@click.command
@click.argument(
    "directory",
    metavar="[DIR]",
    required=False,
    default=".",
    type=click.Path(file_okay=False, path_type=Path),
)
@click.option("--owner", metavar="NAME", help="What the owner is called; a random part is added.")
@click.option(
    "--ci",
    type=click.Choice(["github", "gitlab", "none"]),
    default="none",
    show_default=True,
    help="Whose pipelines to write: plan before a merge, apply after it, look for drift every night.",
)
@click.option("--pre-commit", "pre_commit", is_flag=True, help="Write .pre-commit-config.yaml, too.")
@click.option("--lfs", is_flag=True, help="Write .gitattributes, too: samples go to Git LFS.")
@click.pass_obj
def init(
    session: Session, *, directory: Path, owner: str | None, ci: str, pre_commit: bool, lfs: bool
) -> int:
    """Start a catalog in a repository.

    DIR is the repository (default: here). Nothing that is there is changed, but for a line that is added to
    .gitignore. Where there is a catalog already, --ci, --pre-commit and --lfs put their files beside it.

    \b
    Examples:
      ddvoices init
      ddvoices init my-repository --owner acme-studio
      ddvoices init --ci github --pre-commit
    """
    from ddvoices.catalog.files import is_catalog

    asked = {"pre-commit": pre_commit, "lfs": lfs, ci: ci != "none"}
    kinds = [kind for kind, wanted in asked.items() if wanted]
    if kinds:
        check_catalog_path(session.catalog_directory)
    root = directory / session.catalog_directory
    if kinds and is_catalog(root):
        return _add_to(session, directory, owner, kinds)
    if root.exists() and any(root.iterdir() if root.is_dir() else [root]):
        raise DdvoicesError(f"{root}: is there already, and not empty: choose another place by --catalog")
    _begin(session, directory, owner)
    _write_ci_files(session, directory, kinds)
    named = "" if root == Path("voices") else f" --catalog {quote(str(root))}"
    session.say(
        f"next: `ddvoices{named} validate`, then a key (`ddvoices auth login`, or DEEPDUB_API_KEY), "
        f"and `ddvoices{named} plan`"
    )
    return ExitCode.OK


def _begin(session: Session, directory: Path, owner: str | None) -> None:
    """Make a catalog, and say so."""
    from ddvoices.report.terminal import printable

    root = directory / session.catalog_directory
    name = f"{_owner_name(owner or directory.resolve().name)}-{_random_part()}"
    _write(root, name)
    _ignore(directory, session.catalog_directory)
    click.echo(f"{printable(str(root))}: made a catalog of owner {name}, with one example voice")


def _add_to(session: Session, directory: Path, owner: str | None, kinds: list[str]) -> ExitCode:
    """Write what is asked for beside a catalog that is there, and leave the catalog alone.

    Raises:
        UsageError: it should get an owner, which it has.
    """
    from ddvoices.report.terminal import printable

    root = directory / session.catalog_directory
    if owner is not None:
        raise UsageError(f"{root}: is a catalog already, with an owner of its own: leave out --owner")
    click.echo(f"{printable(str(root))}: is a catalog already, and stays as it is")
    _write_ci_files(session, directory, kinds)
    if "lfs" in kinds:
        session.say(
            "next: `git add --renormalize .` sends recordings to Git LFS that are committed already, and"
            " `lfs: true` in workflows that were there has CI fetch them"
        )
    return ExitCode.OK


def _write_ci_files(session: Session, directory: Path, kinds: list[str]) -> None:
    """Write them and say so; what is there already stays, and what must be filled in is said."""
    for path, written in write_ci_files(directory, session.catalog_directory, kinds):
        if written:
            click.echo(f"{path}: written")
        else:
            session.warn(f"{path}: is there already, and was left as it is: see docs/ci.md for what it lacks")
    if {"github", "pre-commit"} & set(kinds):
        session.say("next: put in place of OWNER and 000… where you have ddvoices from, and which commit")
    if "gitlab" in kinds:
        session.say("next: set VOICES_SOURCE in GitLab to what pip is to install")


def _owner_name(text: str) -> str:
    """Return ``text`` as an owner may be written; what isn't allowed becomes a hyphen."""
    name = re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")[:40].strip("-")
    return name or "voices"


def _random_part() -> str:
    return "".join(secrets.choice(_ALPHABET) for _ in range(_RANDOM_LENGTH))


def _write(root: Path, owner: str) -> None:
    """Write the files, the catalog's settings last: without them it isn't a catalog yet."""
    from ddvoices.files import make_folder, write_whole
    from ddvoices.resources import example_catalog_path, schema_path

    files = {f".schemas/{name}.schema.json": schema_path(name).read_bytes() for name in ("catalog", "voices")}
    files["samples/example-narrator.wav"] = (example_catalog_path() / _EXAMPLE_SAMPLE).read_bytes()
    files["narrators.yaml"] = _VOICES.encode()
    files["catalog.yaml"] = _CATALOG.format(owner=owner).encode()
    for name, data in files.items():
        path = root / name
        make_folder(path.parent)
        write_whole(path, data)


def _ignore(directory: Path, catalog: Path) -> None:
    """Keep what a machine remembers while it applies out of git."""
    from ddvoices.files import write_whole

    inside = os.path.normpath(catalog)
    if catalog.is_absolute() or inside.startswith(".."):
        return
    state = Path(inside, ".ddvoices").as_posix()
    path, line = directory / ".gitignore", f"/{state}/"
    try:
        old = _read_ignored(path)
        if line.encode() not in old.splitlines():
            ended = old if old[-1:] in {b"", b"\n"} else old + b"\n"
            write_whole(path, ended + f"{line}\n".encode())
    except (OSError, OutputError) as error:
        raise DdvoicesError(f"{path}: can't be written: add the line {line} to it yourself") from error


def _read_ignored(path: Path) -> bytes:
    """Return what a file holds, nothing if there is none.

    Raises:
        OSError: it can't be read, is a link, which git doesn't follow either, or isn't a file at all.
    """
    from ddvoices.files import open_regular

    try:
        with os.fdopen(open_regular(path), "rb") as file:
            return file.read()
    except FileNotFoundError:
        return b""
