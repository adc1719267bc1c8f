"""The errors, each with its exit code, as a table."""

from __future__ import annotations

from ddvoices import errors
from ddvoices.errors import DdvoicesError

MARKS = ("<!-- errors -->\n", "<!-- /errors -->")


def with_errors(text: str) -> str:
    """Return a page with the table of errors between its marks."""
    before, begin, rest = text.partition(MARKS[0])
    _, end, after = rest.partition(MARKS[1])
    if not begin or not end:
        raise SystemExit("docs/exit-codes.md has lost the marks of its errors")
    rows = "".join(f"{row(kind)}\n" for kind in vars(errors).values() if is_error(kind))
    return f"{before}{begin}| error | exit code | meaning |\n|---|---|---|\n{rows}{end}{after}"


def is_error(kind: object) -> bool:
    return isinstance(kind, type) and issubclass(kind, DdvoicesError)


def row(kind: type[DdvoicesError]) -> str:
    """Return the row of an error."""
    meaning = (kind.__doc__ or "").partition("\n")[0].replace("``", "`").replace("|", "\\|")
    return f"| `{kind.__name__}` | {int(kind.exit_code)} | {meaning} |"
