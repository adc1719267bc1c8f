"""Which account an API key belongs to."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field

KEY_PREFIX = "dd-"


@dataclass(frozen=True, slots=True, kw_only=True)
class Accounts:
    """The keys that are accepted: those listed, or, if none is, all that look like one."""

    keys: Mapping[str, str | None] = field(default_factory=dict)

    def of(self, key: str | None) -> str | None:
        """Return the account of ``key``, or None where it opens none. The key can't be read from it."""
        if not key:
            return None
        if self.keys:
            return self._listed(key)
        return _own_account(key) if key.startswith(KEY_PREFIX) and len(key) > len(KEY_PREFIX) else None

    def _listed(self, key: str) -> str | None:
        if key not in self.keys:
            return None
        name = self.keys[key]
        return f"name:{name}" if name else _own_account(key)


def _own_account(key: str) -> str:
    return "key:" + hashlib.sha256(key.encode()).hexdigest()[:16]
