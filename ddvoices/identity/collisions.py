"""Keys or owners that markers couldn't tell apart."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from ddvoices.identity.scheme import key_hash, owner_hash


def colliding_keys(keys: Iterable[str]) -> list[tuple[str, ...]]:
    """Return the groups of two or more keys that have one hash, each sorted."""
    return _collisions(keys, key_hash)


def colliding_owners(owners: Iterable[str]) -> list[tuple[str, ...]]:
    """Return the groups of two or more owners that have one hash, each sorted."""
    return _collisions(owners, owner_hash)


def _collisions(names: Iterable[str], hashed: Callable[[str], int]) -> list[tuple[str, ...]]:
    """Group ``names`` by hash and keep the groups that aren't alone."""
    groups: dict[int, set[str]] = {}
    for name in names:
        groups.setdefault(hashed(name), set()).add(name)
    return sorted(tuple(sorted(group)) for group in groups.values() if len(group) > 1)
