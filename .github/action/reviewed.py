"""Find the plan that was reviewed: the artifact of the pull request whose merge is this commit.

Its head is what was reviewed; only runs of this repository count, since a fork's could hold any file.
"""

from __future__ import annotations

import json
import os
import sys
import zipfile
from io import BytesIO
from pathlib import Path
from typing import Any
from urllib.parse import quote

from github import ApiError, call, download, output, pages, tell

_MOST_BYTES = 256 * 2**20


def main() -> int:
    """Write the plan to a file and its path to the output ``plan``; nothing where there was none."""
    try:
        artifact = _artifact(_merged_head())
        data = _plan_in(download(f"/actions/artifacts/{artifact}/zip")) if artifact else None
    except ApiError as error:
        hint = "has the job `actions: read` and `pull-requests: read`?"
        tell("error", f"The reviewed plan could not be fetched: {error}; {hint}")
        return 1
    if data is None:
        return 0
    if _deletes(data) and os.environ["INPUT_PRUNE"] != "true":
        tell("error", "The plan that was reviewed deletes voices: say `prune: true` where it is applied, too")
        return 6
    path = Path(os.environ["RUNNER_TEMP"], "ddvoices-reviewed.json")
    path.write_bytes(data)
    output("plan", str(path))
    return 0


def _deletes(data: bytes) -> bool:
    """Tell whether a plan was made with deletes; what is no plan is refused by `ddvoices apply`."""
    try:
        return bool(json.loads(data)["prune"])
    except (ValueError, LookupError, TypeError, RecursionError):
        return False


def _merged_head() -> str | None:
    """Return the last commit of the pull request that this commit has merged."""
    commit = os.environ["GITHUB_SHA"]
    for pull in call("GET", f"/commits/{commit}/pulls"):
        ours = pull["base"]["ref"] == os.environ["GITHUB_REF_NAME"]
        if pull["merged_at"] and ours and pull["merge_commit_sha"] == commit:
            return str(pull["head"]["sha"])
    return None


def _artifact(head: str | None) -> int | None:
    """Return the newest artifact of that commit."""
    name = quote(os.environ["INPUT_ARTIFACT"], safe="")
    listed = pages(f"/actions/artifacts?name={name}", "artifacts") if head else ()
    ids = [int(artifact["id"]) for artifact in listed if _is_of(artifact, head)]
    return max(ids, default=None)


def _is_of(artifact: dict[str, Any], head: str | None) -> bool:
    run = artifact["workflow_run"]
    ours = run["head_repository_id"] == run["repository_id"]
    return ours and run["head_sha"] == head and not artifact["expired"]


def _plan_in(packed: bytes) -> bytes | None:
    """Return the plan file of an artifact, which is never unpacked as a whole."""
    try:
        with zipfile.ZipFile(BytesIO(packed)) as archive:
            if "plan.json" not in archive.namelist() or archive.getinfo("plan.json").file_size > _MOST_BYTES:
                return None
            return archive.read("plan.json")
    except zipfile.BadZipFile as error:
        raise ApiError("it can't be unpacked") from error


if __name__ == "__main__":
    sys.exit(main())
