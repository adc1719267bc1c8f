"""Which requests go wrong: rules, and the plan that strikes by them.

On a WebSocket its handshake is a request, ``GET /open``, and so is each message of the client: its method is
``WS``, its path ends in the action, ``/ws/stream-text``.
"""

from __future__ import annotations

import json
import random
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from enum import StrEnum
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from ddvoices.errors import DdvoicesError


class FaultsError(DdvoicesError):
    """Rules for faults are not well formed; the message names the rule and the field."""


class When(StrEnum):
    """Whether the request is carried out before its answer is spoiled."""

    BEFORE = "before"
    AFTER = "after"


class Kind(StrEnum):
    """What goes wrong."""

    RESET = "reset"
    HANG = "hang"
    STATUS = "status"
    HTML = "html"
    CUT = "cut"
    EMPTY = "empty"
    HEAD = "head"
    CLOSE = "close"


MESSAGE = "WS"  # the method of a message on a socket
# The WebSockets, and the actions of their messages. A message without one of these has the socket's own path.
SOCKETS = {
    "/open": ("text-to-speech", "gender-classify"),
    "/ws": ("stream-config", "stream-text", "end-stream", "cancel", "ping"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One way for requests to go wrong.

    ``path`` is a glob over what follows ``/api/v1``, ``method`` one over methods. ``skip`` requests that
    match pass first, then ``count`` are struck (None: all of them), each with ``probability``.
    """

    kind: Kind
    method: str = "*"
    path: str = "*"
    when: When = When.BEFORE
    status: int | None = None
    retry_after: int | str | None = None
    count: int | None = None
    skip: int = 0
    probability: float = 1.0

    def matches(self, method: str, path: str) -> bool:
        """Say whether a request is of this rule's kind, and one that can go wrong in this way."""
        return fnmatchcase(method, self.method) and fnmatchcase(path, self.path) and self._fits(method, path)

    def _fits(self, method: str, path: str) -> bool:
        """Only a response has a head, and only what is a WebSocket already can be closed as one."""
        match self.kind:
            case Kind.HEAD:
                return method != MESSAGE and not (path in SOCKETS and self.when is When.AFTER)
            case Kind.CLOSE:
                return method == MESSAGE or (path in SOCKETS and self.when is When.AFTER)
            case _:
                return True


class FaultPlan:
    """The rules of one account, and how often each was met; the same seed gives the same strikes."""

    def __init__(self, rules: tuple[Rule, ...], seed: str) -> None:
        self.rules = rules
        self._random = random.Random(seed)  # noqa: S311 - repeatable, not secret
        self._seen = [0] * len(rules)
        self._struck = [0] * len(rules)

    def strike(self, method: str, path: str) -> Rule | None:
        """Count a request, and return the first rule that strikes it."""
        for number, rule in enumerate(self.rules):
            if rule.matches(method, path) and self._strikes(number, rule):
                return rule
        return None

    def as_json(self) -> list[dict[str, Any]]:
        """Return the rules with the number of requests that each has matched and struck."""
        counts = zip(self.rules, self._seen, self._struck, strict=True)
        return [{**asdict(rule), "seen": seen, "struck": struck} for rule, seen, struck in counts]

    def _strikes(self, number: int, rule: Rule) -> bool:
        self._seen[number] += 1
        if self._seen[number] <= rule.skip:
            return False
        if rule.count is not None and self._struck[number] >= rule.count:
            return False
        if rule.probability < 1 and self._random.random() >= rule.probability:
            return False
        self._struck[number] += 1
        return True


def load_rules(path: Path) -> tuple[Rule, ...]:
    """Read rules from a JSON or YAML file.

    Raises:
        FaultsError: it can't be read, or is not a list of rules.
    """
    try:
        text = path.read_text(encoding="utf-8")
        return parse_rules(_parse_file(path, text))
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "not UTF-8 text"
        raise FaultsError(f"{path}: can't be read: {reason}") from error
    except FaultsError as error:
        raise FaultsError(f"{path}: {error}") from error


def parse_rules(document: Any) -> tuple[Rule, ...]:
    """Return the rules that a JSON document holds.

    Raises:
        FaultsError: naming the rule (counted from 1) and the field that is wrong.
    """
    if not isinstance(document, list):
        raise FaultsError("faults must be a list of rules")
    return tuple(_parse_rule(item, f"rule {number}") for number, item in enumerate(document, 1))


def _parse_file(path: Path, text: str) -> Any:
    import yaml

    try:
        return json.loads(text) if path.suffix == ".json" else yaml.safe_load(text)
    except (ValueError, RecursionError, yaml.YAMLError) as error:
        reason = " ".join(str(error).split())
        raise FaultsError(f"not well formed: {reason}") from error


def _parse_rule(item: Any, where: str) -> Rule:
    if not isinstance(item, Mapping):
        raise FaultsError(f"{where}: must be an object")
    known = {field.name for field in fields(Rule)}
    for name in item:
        if name not in known:
            raise FaultsError(f"{where}: {name}: no such field; there are {', '.join(sorted(known))}")
    if "kind" not in item:
        raise FaultsError(f"{where}: kind: is missing")
    rule = Rule(**{name: _READERS[name](value, f"{where}: {name}") for name, value in item.items()})
    return _consistent(rule, where)


def _consistent(rule: Rule, where: str) -> Rule:
    if rule.kind is Kind.STATUS and rule.status is None:
        raise FaultsError(f"{where}: status: is missing; kind 'status' needs one")
    if rule.kind not in (Kind.STATUS, Kind.HTML) and (rule.status, rule.retry_after) != (None, None):
        raise FaultsError(f"{where}: status and retry_after are for the kinds 'status' and 'html' only")
    if rule.method == MESSAGE and rule.kind is Kind.HEAD:
        raise FaultsError(f"{where}: kind 'head' is for requests; a message on a socket has no head")
    if rule.method == MESSAGE and (rule.retry_after is not None or (rule.kind is Kind.HTML and rule.status)):
        raise FaultsError(f"{where}: a message on a socket takes no retry_after, and no status of HTML")
    if rule.kind is Kind.CLOSE and not _can_close(rule):
        raise FaultsError(
            f"{where}: kind 'close' is for WebSockets: give method WS and a path such as /ws/*, "
            "or a handshake (GET /ws) and when: after"
        )
    return rule


def _can_close(rule: Rule) -> bool:
    messages = [(MESSAGE, f"{path}/{action}") for path, actions in SOCKETS.items() for action in actions]
    calls = [*messages, *((method, path) for method in ("GET", MESSAGE) for path in SOCKETS)]
    return any(rule.matches(method, path) for method, path in calls)


def _word(words: type[Kind | When]) -> Any:
    def read(value: Any, where: str) -> Kind | When:
        if value not in list(words):
            raise FaultsError(f"{where}: must be one of {', '.join(words)}, not {value!r}")
        return words(value)

    return read


def _method(value: Any, where: str) -> str:
    if not isinstance(value, str) or not value:
        raise FaultsError(f"{where}: must be a method or a glob, not {value!r}")
    return value.upper()


def _path(value: Any, where: str) -> str:
    if not isinstance(value, str) or not value.startswith(("/", "*")):
        raise FaultsError(f"{where}: must be a glob that starts with / or *, not {value!r}")
    return value.removeprefix("/api/v1")


def _number(least: int, most: float = float("inf"), *, whole: bool = True, optional: bool = False) -> Any:
    kinds = int if whole else (int, float)
    wanted = f"a {'whole ' if whole else ''}number from {least}" + (f" to {most}" if most < 2**31 else "")

    def read(value: Any, where: str) -> Any:
        if value is None and optional:
            return None
        if not isinstance(value, kinds) or isinstance(value, bool) or not least <= value <= most:
            raise FaultsError(f"{where}: must be {wanted}, not {value!r}")
        return value

    return read


def _retry_after(value: Any, where: str) -> int | str | None:
    """Take any header value, so that a client can be shown nonsense too."""
    if isinstance(value, str) and re.fullmatch(r"[ -~]{1,100}", value):
        return value
    if value is None or (isinstance(value, int) and not isinstance(value, bool)):
        return value
    raise FaultsError(f"{where}: must be a number of seconds or the text of the header, not {value!r}")


_READERS = {
    "kind": _word(Kind),
    "method": _method,
    "path": _path,
    "when": _word(When),
    "status": _number(400, 599, optional=True),
    "retry_after": _retry_after,
    "count": _number(0, optional=True),
    "skip": _number(0),
    "probability": _number(0, 1, whole=False),
}
