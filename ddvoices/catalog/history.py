"""What a git repository remembers of files: their versions by path, and the bytes of each."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path, PurePosixPath

from ddvoices.catalog.git import ask_git
from ddvoices.catalog.samples import MAX_SAMPLE_BYTES

# How many versions of a path are looked at: what was applied last is nearly always among the first two.
_MOST_VERSIONS = 50
_MOST_COMMITS = 10_000
# all of their names fit into one command line
_PATHS_AT_ONCE = 200
_MAIN_BRANCHES = ("origin/HEAD", "origin/main", "origin/master", "main", "master")
_ABSENT = "0" * 40


@dataclass(frozen=True, slots=True)
class Blob:
    """A version of a file: its object's id, and how many bytes it has."""

    name: str
    size: int


class History:
    """Reads the history around a directory, at the commit that it is at. Nothing is fetched."""

    def __init__(self, directory: Path, commit: str) -> None:
        self._directory, self._commit = directory, commit
        self._versions: dict[str, list[Blob]] = {}

    def foresee(self, paths: Iterable[str], *, go_on: Callable[[], bool] = lambda: True) -> None:
        """Read the versions of many files: git walks the whole history, for one path as for all of them.

        It is asked for some of them at a time, for as long as ``go_on`` tells to.
        """
        new = [path for path in dict.fromkeys(paths) if is_plain(path) and path not in self._versions]
        for first in range(0, len(new), _PATHS_AT_ONCE):
            if not go_on():
                return
            some = new[first : first + _PATHS_AT_ONCE]
            names = self._names(some)
            sizes = self._sizes(name for each in names.values() for name in each)
            for path in some:
                known = (Blob(name, sizes[name]) for name in names.get(path, ()) if name in sizes)
                self._versions[path] = list(known)

    def versions(self, path: str) -> list[Blob]:
        """Return the versions of a file that could be samples, the latest first."""
        self.foresee([path])
        return self._versions.get(path, [])

    @cached_property
    def merge_base(self) -> str | None:
        """The commit where this branch left the main one, asked for once; None where there is no telling."""
        bases = (self._ask("merge-base", self._commit, branch) for branch in _MAIN_BRANCHES)
        return next((base.decode("ascii", "replace").strip() for base in bases if base), None)

    @cached_property
    def is_shallow(self) -> bool:
        """Whether older commits were left out when the repository was cloned."""
        return (self._ask("rev-parse", "--is-shallow-repository") or b"").strip() == b"true"

    def at(self, commit: str, path: str) -> Blob | None:
        """Return the version that a file had at a commit, if it could be a sample."""
        name = (self._ask("rev-parse", "--verify", "--quiet", f"{commit}:./{path}") or b"").strip()
        sizes = self._sizes([name.decode("ascii", "replace")] if name else ())
        return next((Blob(*found) for found in sizes.items()), None)

    def content(self, blob: Blob) -> bytes | None:
        """Return a version's bytes, unfiltered."""
        return self._ask("cat-file", "blob", blob.name)

    @cached_property
    def common_folder(self) -> Path | None:
        """The repository's own folder, of all its worktrees."""
        said = self._ask("rev-parse", "--path-format=absolute", "--git-common-dir")
        return None if said is None else Path(os.fsdecode(said.strip()))

    def _names(self, paths: Sequence[str]) -> dict[str, list[str]]:
        """Return path → the objects that it ever was, the latest first."""
        limits = (
            f"--max-count={_MOST_COMMITS}",
            "--format=",
            "--raw",
            "-z",
            "--no-abbrev",
            "--no-renames",
            "-m",
        )
        log = self._ask("--literal-pathspecs", "log", *limits, "--relative", "HEAD", "--", *paths)
        found: dict[str, dict[str, None]] = {}
        for path, name in _sides(log or b""):
            names = found.setdefault(path, {})
            if len(names) < _MOST_VERSIONS:
                names[name] = None
        return {path: list(names) for path, names in found.items()}

    def _sizes(self, names: Iterable[str]) -> dict[str, int]:
        """Return object → bytes, of those that are files that could be samples."""
        asked = "".join(f"{name}\n" for name in dict.fromkeys(names)).encode("ascii", "replace")
        said = self._ask("cat-file", "--batch-check", data=asked) if asked else b""
        lines = (line.split() for line in (said or b"").decode("ascii", "replace").splitlines())
        sizes = {line[0]: int(line[2]) for line in lines if len(line) == 3 and line[1] == "blob"}
        return {name: size for name, size in sizes.items() if 0 < size <= MAX_SAMPLE_BYTES}

    def _ask(self, *arguments: str, data: bytes = b"") -> bytes | None:
        return ask_git(self._directory, *arguments, data=data)


def is_plain(path: str) -> bool:
    """Tell whether a path, perhaps a stranger's, stays below the catalog and can't be taken for an option."""
    parts = PurePosixPath(path).parts
    return bool(parts) and not path.startswith(("/", "-")) and ".." not in parts and path.isprintable()


def _sides(log: bytes) -> Iterator[tuple[str, str]]:
    """Yield each path of ``git log --raw -z``, with an object that it was: after a change, and before it."""
    parts = iter(log.decode("utf-8", "surrogateescape").split("\0"))
    for part in parts:
        fields = part.lstrip("\n").split(" ")
        if len(fields) == 5 and fields[0].startswith(":"):
            path = next(parts, "")
            yield from ((path, name) for name in (fields[3], fields[2]) if name != _ABSENT)
