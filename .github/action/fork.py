"""Say ``yes`` where the event is of a pull request that gets no secrets: from a fork, or by Dependabot."""

from __future__ import annotations

import os

from github import event


def is_without_secrets() -> bool:
    """Tell whether nobody has meant this run to have a key."""
    pull = event().get("pull_request")
    if not pull:
        return False
    repository = (pull["head"].get("repo") or {}).get("full_name")  # none is left of a fork that was deleted
    return (
        repository != os.environ["GITHUB_REPOSITORY"] or os.environ.get("GITHUB_ACTOR") == "dependabot[bot]"
    )


if __name__ == "__main__":
    print("yes" if is_without_secrets() else "no")
