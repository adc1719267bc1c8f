"""``ddvoices validate``: check the catalog, offline and without a key."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import TYPE_CHECKING

import click

from ddvoices.cli import options
from ddvoices.cli.session import Session
from ddvoices.errors import CatalogError, DdvoicesError, ExitCode, Problem

if TYPE_CHECKING:
    from ddvoices.model import Catalog


@click.command
@options.output_format("text", "json", "github")
@click.pass_obj
def validate(session: Session, *, output_format: str) -> int:
    """Check the catalog, offline and without a key.

    Everything that is wrong is said at once, with file, line and column. --format github is for a step of
    GitHub Actions: errors and warnings are shown beside their lines in the pull request.

    \b
    Examples:
      ddvoices validate
      ddvoices --catalog my-voices validate --format json
      ddvoices validate --format github
    """
    if output_format == "json":
        return _as_json(session)
    if output_format == "github":
        return _as_annotations(session)
    catalog = session.load_catalog()
    _check_lock(catalog)
    regions, count = ", ".join(sorted(catalog.regions)), len(catalog.voices)
    voices = "1 voice" if count == 1 else f"{count} voices"
    click.echo(f"valid: {voices} of owner {catalog.owner} for {regions}")
    return ExitCode.OK


def _check_lock(catalog: Catalog) -> None:
    """Find out what a merge has made of the lock before an apply does."""
    from ddvoices.lockfile import load_lock

    load_lock(catalog.root, owner=catalog.owner, former_owners=catalog.former_owners)


def _as_json(session: Session) -> int:
    """Print one document, the same whether the catalog is valid or not."""
    import json

    from ddvoices.catalog import load_catalog

    problems: list[dict[str, object]] = []
    warnings: tuple[str, ...] = ()
    voices = 0
    try:
        catalog = load_catalog(session.catalog_directory)
    except CatalogError as error:
        problems = [
            {"file": p.file, "line": p.line, "column": p.column, "path": p.path, "message": p.message}
            for p in error.problems
        ]
    else:
        warnings, voices = catalog.warnings, len(catalog.voices)
        _check_lock(catalog)
    document = {"valid": not problems, "voices": voices, "problems": problems, "warnings": list(warnings)}
    click.echo(json.dumps(document, indent=2, ensure_ascii=False))
    return ExitCode.CATALOG if problems else ExitCode.OK


def _as_annotations(session: Session) -> int:
    """Print commands of GitHub's runner, and nothing else that it could take for one."""
    from ddvoices.catalog import load_catalog
    from ddvoices.report.annotations import annotation, counted

    errors: tuple[Problem, ...] = ()
    warnings: tuple[Problem, ...] = ()
    code = ExitCode.OK
    try:
        catalog = load_catalog(session.catalog_directory)
        warnings = catalog.doubts
        _check_lock(catalog)
    except CatalogError as error:
        errors, code = error.problems, error.exit_code
    except DdvoicesError as error:
        errors, code = (Problem("", 0, 0, "", str(error)),), error.exit_code
    for level, problems in (("error", errors), ("warning", warnings)):
        for problem in problems:
            click.echo(annotation(level, replace(problem, file=_in_repository(problem.file))))
    click.echo(counted(errors, warnings))
    return code


def _in_repository(file: str) -> str:
    """Return a path as GitHub names the file: below the checkout, if that is known and holds it."""
    workspace = os.environ.get("GITHUB_WORKSPACE")
    if not workspace or not file:
        return file
    inside = os.path.relpath(os.path.realpath(file), os.path.realpath(workspace))
    return file if inside.startswith("..") else inside.replace(os.sep, "/")
