"""The files for git and CI that ``ddvoices init`` writes beside a catalog, each only where there is none."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from ddvoices.errors import DdvoicesError

_TEMPLATES = Path(__file__).parent / "templates"
# where each goes, and what it is made of
_FILES: Mapping[str, Mapping[str, str]] = {
    "github": {
        f".github/workflows/voices-{job}.yml": f"github/voices-{job}.yml"
        for job in ("plan", "apply", "drift")
    },
    "gitlab": {
        ".gitlab-ci.yml": "gitlab/gitlab-ci.yml",
        "voices.gitlab-ci.yml": "gitlab/voices.gitlab-ci.yml",
    },
    "pre-commit": {".pre-commit-config.yaml": "pre-commit.yaml"},
    "lfs": {".gitattributes": "gitattributes"},
}
# of these, git and CI read a pattern, a shell or YAML: what a name of another kind means there is not clear
_PLAIN = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-/")


def check_catalog_path(catalog: Path) -> None:
    """Refuse a catalog that the files couldn't name.

    Raises:
        DdvoicesError: it lies outside of the repository, or its path has other characters than plain ones.
    """
    if catalog.is_absolute() or ".." in catalog.parts or not _PLAIN.issuperset(catalog.as_posix()):
        raise DdvoicesError(
            f"{catalog}: files for CI can't name this catalog: let it lie in the repository, at a path of"
            " letters, digits, '.', '_' and '-'"
        )


def write_ci_files(directory: Path, catalog: Path, kinds: Iterable[str]) -> Iterator[tuple[Path, bool]]:
    """Write the files of each kind; yield the path of each, and whether it was written.

    Raises:
        DdvoicesError: one can't be written, or a folder on its way is a link.
    """
    chosen = list(kinds)
    for kind in chosen:
        for name, template in _FILES[kind].items():
            text = (_TEMPLATES / template).read_text(encoding="utf-8")
            text = text.replace("@CATALOG@", catalog.as_posix())
            if "lfs" in chosen:
                text = text.replace("# lfs: true", "lfs: true")
            yield directory / name, _write_new(directory, directory / name, text)


def _write_new(directory: Path, path: Path, text: str) -> bool:
    """Write a file, unless something is there; tell whether it was written."""
    from ddvoices.files import make_folder, write_whole

    if path.is_symlink() or path.exists():
        return False
    folder = directory
    for part in path.parent.relative_to(directory).parts:
        folder /= part
        if folder.is_symlink():
            raise DdvoicesError(f"{folder}: is a link: nothing is written through it")
    make_folder(path.parent)
    write_whole(path, text.encode(), new=True)
    return True
