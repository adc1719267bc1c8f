"""What is found while a catalog is read: problems and warnings, each with its place."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from difflib import get_close_matches

from ddvoices.catalog.tree import Document, Mark, Step, dotted
from ddvoices.errors import CatalogError, Problem


@dataclass(frozen=True, slots=True)
class Findings:
    """Collects what is wrong and what is legal but doubtful."""

    problems: list[Problem] = field(default_factory=list)
    warnings: list[Problem] = field(default_factory=list)

    def file_problem(self, file: str, message: str, at: Mark | None = None) -> None:
        """Add what is wrong with a file, or at a place of it that isn't data."""
        line, column = (at.line, at.column) if at else (0, 0)
        self.problems.append(Problem(file, line, column, "", message))

    def file_warning(self, file: str, message: str, at: Mark | None = None) -> None:
        """Add what is doubtful about a file."""
        line, column = (at.line, at.column) if at else (0, 0)
        self.warnings.append(Problem(file, line, column, "", message))

    def value(self, document: Document, path: tuple[Step, ...], message: str) -> None:
        """Add a problem of the value at ``path``."""
        self.problems.append(_problem(document, path, document.value_at(path), message))

    def key(self, document: Document, path: tuple[Step, ...], message: str) -> None:
        """Add a problem of the key at the end of ``path``."""
        self.problems.append(_problem(document, path, document.key_at(path), message))

    def warn(self, document: Document, path: tuple[Step, ...], message: str) -> None:
        """Add a warning about the value at ``path``."""
        self.warnings.append(_problem(document, path, document.value_at(path), message))

    def raise_problems(self) -> None:
        """End the reading if anything is wrong.

        Raises:
            CatalogError: with every problem once, in the order of files and lines.
        """
        if self.problems:
            raise CatalogError(sorted(set(self.problems)))

    def doubts(self) -> tuple[Problem, ...]:
        """Return the warnings, each once, in the order of files and lines."""
        return tuple(sorted(set(self.warnings)))


def place(document: Document, path: tuple[Step, ...]) -> str:
    """Return ``file:line:column`` of a key, for messages about two places."""
    mark = document.key_at(path)
    return f"{document.file}:{mark.line}:{mark.column}"


def did_you_mean(word: str, choices: Iterable[str]) -> str:
    """Return ``; did you mean 'x'?`` for a choice that is near ``word``, else nothing."""
    by_folded = {choice.casefold(): choice for choice in choices}
    near = get_close_matches(word.casefold(), by_folded, n=1)
    return f"; did you mean {quoted(by_folded[near[0]])}?" if near else ""


def quoted(value: str, limit: int = 60) -> str:
    """Return a value in quotes, cut if it is long, with what can't be printed escaped."""
    return repr(value if len(value) <= limit else value[: limit - 1] + "…")


def plainly(name: str) -> str:
    """Return a key or a region as a path shows it: in quotes where it can't be printed."""
    return dotted((name,))


def value_place(document: Document, path: tuple[Step, ...]) -> tuple[str, int, int, str]:
    """Return file, line, column and path of a value, as problems have them."""
    return _place(document, path, document.value_at(path))


def _problem(document: Document, path: tuple[Step, ...], mark: Mark, message: str) -> Problem:
    return Problem(*_place(document, path, mark), message)


def _place(document: Document, path: tuple[Step, ...], mark: Mark) -> tuple[str, int, int, str]:
    return document.file, mark.line, mark.column, dotted(path[document.unshown :])
