"""As much of GitHub's API as the action calls: comments, pull requests of a commit, artifacts."""

from __future__ import annotations

import io
import json
import re
import threading
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

TOKEN = "ghs-of-the-job"
REPOSITORY = "acme/voices"
_BASE = f"/repos/{REPOSITORY}"


class FakeGitHub:
    """``comments`` are those of every pull request; ``calls`` the writes; ``allowed`` whether writes are.

    ``leaked`` are tokens that came where artifacts are kept, ``pushed`` those that came with a push,
    and ``agents`` what git called itself then.
    """

    def __init__(self) -> None:
        self.comments: list[dict[str, Any]] = []
        self.artifacts: list[dict[str, Any]] = []
        self.files: dict[int, bytes] = {}
        self.pulls: dict[str, list[dict[str, Any]]] = {}
        self.calls: list[str] = []
        self.leaked: list[str] = []
        self.pushed: list[str | None] = []
        self.agents: set[str | None] = set()
        self.allowed = True
        self.url = ""

    def say(self, body: str, kind: str = "User") -> dict[str, Any]:
        """Add a comment of somebody's."""
        comment = {"id": 100 + len(self.comments), "body": body, "user": {"type": kind}}
        self.comments.append(comment)
        return comment

    def upload(self, name: str, folder: Path, head: str, *, fork: bool = False) -> None:
        """Keep a folder as an artifact of a run on a commit."""
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w") as archive:
            for path in sorted(folder.iterdir()):
                archive.write(path, path.name)
        number = 1 + len(self.artifacts)
        run = {"head_sha": head, "repository_id": 1, "head_repository_id": 2 if fork else 1}
        self.artifacts.append({"id": number, "name": name, "expired": False, "workflow_run": run})
        self.files[number] = packed.getvalue()

    def merge(self, commit: str, head: str) -> None:
        """Let a commit be the merge of a pull request with that head."""
        self.pulls[commit] = [
            {
                "base": {"ref": "main"},
                "merged_at": "2026-01-31T12:00:00Z",
                "merge_commit_sha": commit,
                "head": {"sha": head},
            }
        ]

    def answer(self, method: str, target: str, document: Any) -> tuple[int, Any]:
        """Return status and JSON, bytes, or where to look instead."""
        parts = urlsplit(target)
        asked = {name: values[0] for name, values in parse_qs(parts.query).items()}
        path = parts.path.removeprefix(_BASE)
        if method != "GET":
            self.calls.append(f"{method} {path}")
            return self._write(method, path, document) if self.allowed else (403, {"message": "no"})
        if path.startswith("/commits/"):
            return 200, self.pulls.get(path.split("/")[2], [])
        if match := re.fullmatch(r"/actions/artifacts/(\d+)/zip", path):
            return 302, f"{self.url}/storage/{match[1]}"
        if path.startswith("/storage/"):
            return 200, self.files[int(path.rpartition("/")[2])]
        if path == "/actions/artifacts":
            named = [artifact for artifact in self.artifacts if artifact["name"] == asked["name"]]
            return 200, {"total_count": len(named), "artifacts": _page(named, asked)}
        assert re.fullmatch(r"/issues/\d+/comments", path), path
        return 200, _page(self.comments, asked)

    def _write(self, method: str, path: str, document: Any) -> tuple[int, Any]:
        assert list(document) == ["body"]
        if method == "POST":
            return 201, self.say(document["body"], "Bot")
        assert method == "PATCH", method
        comment = next(each for each in self.comments if path == f"/issues/comments/{each['id']}")
        comment["body"] = document["body"]
        return 200, comment


def _page(items: list[Any], asked: dict[str, str]) -> list[Any]:
    size, number = int(asked["per_page"]), int(asked["page"])
    return items[size * (number - 1) : size * number]


@contextmanager
def fake_github() -> Iterator[FakeGitHub]:
    """Serve one on a free port."""
    fake = FakeGitHub()

    class Handler(BaseHTTPRequestHandler):
        def do(self) -> None:
            length = int(self.headers.get("content-length", 0))
            document = json.loads(self.rfile.read(length)) if length else None
            token = self.headers.get("authorization")
            if self.path.startswith("/storage/"):
                fake.leaked += [token] if token else []
                status, answer = fake.answer(self.command, self.path, document)
            elif self.path.startswith("/git/"):
                fake.pushed.append(token)
                fake.agents.add(self.headers["User-Agent"])
                status, answer = 403, {}
            elif token != f"Bearer {TOKEN}":
                status, answer = 401, {"message": "who are you?"}
            else:
                status, answer = fake.answer(self.command, self.path, document)
            data = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
            self.send_response(status)
            if status == 302:
                self.send_header("location", answer)
            self.send_header("content-length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        do_GET = do_POST = do_PATCH = do  # noqa: N815 - as the standard library calls them

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        fake.url = f"http://127.0.0.1:{server.server_port}"
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield fake
        server.shutdown()
