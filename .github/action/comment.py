"""Keep one comment on the pull request: the plan of this catalog and these regions, as it is now.

A plan without changes is no reason for a comment; one that is there is brought up to date all the same.
"""

from __future__ import annotations

import os
from pathlib import Path

from github import ApiError, call, event, pages, tell

_NOTHING_TO_SAY = "0"  # the exit code of a plan without changes


def main() -> None:
    """Create or update the comment; where that isn't allowed, the job's summary has the plan all the same."""
    number = (event().get("pull_request") or {}).get("number")
    if number is None:
        return
    body = Path(os.environ["FOLDER"], "plan.md").read_text(encoding="utf-8")
    try:
        _keep(int(number), body)
    except ApiError as error:
        hint = "has the job `pull-requests: write`? The summary of the job has the plan"
        tell("warning", f"The comment could not be written: {error}; {hint}")


def _keep(number: int, body: str) -> None:
    there = _find(number, body.partition("\n")[0])
    if there is not None:
        call("PATCH", f"/issues/comments/{there}", {"body": body})
    elif os.environ["EXIT_CODE"] != _NOTHING_TO_SAY:
        call("POST", f"/issues/{number}/comments", {"body": body})


def _find(number: int, marker: str) -> int | None:
    """Return the id of our comment: people can write the marker too, and could edit theirs later."""
    for comment in pages(f"/issues/{number}/comments"):
        lines = (comment["body"] or "").splitlines()
        if lines[:1] == [marker] and (comment["user"] or {}).get("type") == "Bot":
            return int(comment["id"])
    return None


if __name__ == "__main__":
    main()
