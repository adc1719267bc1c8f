"""At which commit a catalog is. Git is asked, if it is there; nothing that came with the catalog is run."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from ddvoices.model import GitState

_TIMEOUT_SECONDS = 10
# the second: what git runs, such as a credential helper, needs no key of ours
_NOT_FOR_GIT = ("GIT_", "DEEPDUB_API_KEY")
# no program that settings name is run
_SETTINGS = ("core.fsmonitor=false", "core.hooksPath=/dev/null", "log.showSignature=false")
_ENVIRONMENT = {
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_TERMINAL_PROMPT": "0",
    # nothing that a partial clone lacks is fetched: unlike a setting, this outdoes the repository's own, by
    # which a remote may be a program
    "GIT_ALLOW_PROTOCOL": "",
    "GIT_NO_LAZY_FETCH": "1",  # newer versions don't even try
    "GIT_NO_REPLACE_OBJECTS": "1",  # what a commit holds, and not what somebody wants to be seen instead
    "LC_ALL": "C",
}
_NOT_OF_THE_CATALOG = (":(exclude,glob)**/ddvoices.lock.json", ":(exclude,glob)**/.ddvoices/**")


def git_state(directory: Path) -> GitState | None:
    """Return the commit of the repository around ``directory``, and whether the files in it differ.

    What ddvoices itself writes there (the lock, the journal) doesn't count. None: no repository, no commit,
    a directory that the repository ignores, or no git.
    """
    commit = commit_of(directory)
    if commit is None or _git(directory, "check-ignore", "--quiet", ".") is not None:
        return None
    paths = ("--", ".", *_NOT_OF_THE_CATALOG)
    changes = _git(
        directory, "status", "--porcelain", "--untracked-files=normal", "--ignore-submodules=all", *paths
    )
    return None if changes is None else GitState(commit=commit, dirty=bool(changes))


def commit_of(directory: Path) -> str | None:
    """Return the commit that the repository around ``directory`` is at, as `git_state` finds it."""
    found = _git(directory, "rev-parse", "--absolute-git-dir", "--verify", "--quiet", "HEAD")
    if not found or _is_inside(directory, Path(found.splitlines()[0])):
        return None
    return found.splitlines()[-1]


def _is_inside(directory: Path, repository: Path) -> bool:
    """Tell whether a directory is one of a repository's own, such as a catalog that is a bare repository.

    Its settings would come along with the catalog, from whoever made that, and git runs what settings say.
    """
    return directory.resolve().is_relative_to(repository)


def _git(directory: Path, *arguments: str) -> str | None:
    """Return what git says as text; None if it fails or isn't there."""
    said = ask_git(directory, *arguments)
    return None if said is None else said.decode("utf-8", "replace").strip()


def ask_git(directory: Path, *arguments: str, data: bytes = b"") -> bytes | None:
    """Return what git says to ``data``; None if it fails or isn't there.

    It asks no other repository, and no network.
    """
    # Inside of a hook, git's own variables would name another repository or index.
    environment = {name: value for name, value in os.environ.items() if not name.startswith(_NOT_FOR_GIT)}
    environment |= _ENVIRONMENT
    settings = [word for setting in _SETTINGS for word in ("-c", setting)]
    try:
        done = subprocess.run(  # noqa: S603 - the arguments are ours but for the path, and no shell reads them
            ("git", *settings, "-C", str(directory), *arguments),  # noqa: S607 - the user's git, wherever it is
            input=data,
            capture_output=True,
            env=environment,
            timeout=_TIMEOUT_SECONDS,
            check=True,
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout
