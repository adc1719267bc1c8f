"""What stands in the files, checked by the schemas, before anything is filled in: settings and entries."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from ddvoices.catalog.findings import Findings
from ddvoices.catalog.schema import check_schema
from ddvoices.catalog.tree import Document, Step, dotted
from ddvoices.model import Policy

BUILT_IN_REGIONS = ("us", "eu")
DEFAULTS: Mapping[str, Any] = {
    "locale": "en-US",
    "speaking_style": "Neutral",
    "publish": False,
    "regions": ["us"],
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """A mapping of a document, of which the values that break the schema are out of sight.

    ``fields`` is the mapping as it is written, ``wrong`` the paths that the schema has found fault with.
    """

    document: Document
    path: tuple[Step, ...]
    fields: Mapping[str, Any]
    wrong: frozenset[tuple[Step, ...]] = frozenset()

    def get(self, name: str) -> Any:
        """Return the value of a field; None if it isn't there or nothing of it can be relied on."""
        if self.wrong:
            path = self.within(name)
            if any(bad[: len(path)] == path for bad in self.wrong):
                return None
        return self.fields.get(name)

    def items(self, name: str) -> dict[Step, Any]:
        """Return what can be relied on in a list or a mapping, by index or key."""
        path, value = self.within(name), self.fields.get(name)
        if not value or path in self.wrong:
            return {}
        pairs = enumerate(value) if isinstance(value, list) else dict(value).items()
        return {step: item for step, item in pairs if (*path, step) not in self.wrong}

    def has(self, name: str) -> bool:
        """Tell whether the field is written, rightly or wrongly."""
        return name in self.fields

    def within(self, *names: Step) -> tuple[Step, ...]:
        """Return the path of something in this section."""
        return (*self.path, *names)


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry(Section):
    """A voice as it is written."""

    key: str


@dataclass(frozen=True, kw_only=True)
class Settings(Section):
    """``catalog.yaml`` as it is written; without slots, so that what every voice asks is found out once."""

    @property
    def owner(self) -> str | None:
        """Return the owner, None if it isn't valid."""
        owner: str | None = self.get("owner")
        return owner

    @property
    def former_owners(self) -> tuple[str, ...]:
        """Return the former owners."""
        return tuple(self.get("former_owners") or ())

    @cached_property
    def regions(self) -> Mapping[str, Mapping[str, str]] | None:
        """Return the endpoints of each known region, None if they can't be told."""
        unknown = not isinstance(self.document.data, dict)
        if unknown or (self.has("regions") and self.get("regions") is None):
            return None
        return {name: {} for name in BUILT_IN_REGIONS} | dict(self.get("regions") or {})

    @property
    def policy(self) -> Policy:
        """Return the policy, with what isn't written as it is built in."""
        written = self.get("policy") or {}
        return Policy(**{name: int(percent) for name, percent in written.items()})

    def default(self, name: str) -> Any:
        """Return the default of a field: this catalog's, else the built-in one."""
        written = (self.get("defaults") or {}).get(name)
        return DEFAULTS[name] if written is None else written

    def regions_of(self, entry: Entry) -> tuple[str, ...] | None:
        """Return the regions of a voice, sorted; None if they can't be told."""
        if entry.has("regions"):
            written = entry.get("regions")
            return None if written is None else tuple(sorted(written))
        return self._default_regions

    @cached_property
    def _default_regions(self) -> tuple[str, ...] | None:
        unknown = self.regions is None or (self.has("defaults") and self.get("defaults") is None)
        return None if unknown else tuple(sorted(self.default("regions")))


def fields_at(document: Document, *path: str) -> dict[str, Any]:
    """Return the mapping at a path, an empty one if there is none."""
    value: Any = document.data
    for step in path:
        value = value.get(step) if isinstance(value, dict) else None
    return value if isinstance(value, dict) else {}


def check_settings(document: Document, findings: Findings) -> Settings:
    """Return the settings of a document, with the schema's problems in ``findings``."""
    wrong = check_schema(document, "catalog", findings)
    return Settings(document=document, path=(), fields=fields_at(document), wrong=wrong)


def check_voices(document: Document, findings: Findings) -> list[Entry]:
    """Return the voices of a document, with the schema's problems in ``findings``."""
    wrong = check_schema(document, "voices", findings)
    voices = fields_at(document, "voices")
    if not voices and not wrong:
        findings.warn(document, ("voices",) if document.data else (), "no voices in this file")
    by_key: dict[Step, set[tuple[Step, ...]]] = {}
    for path in wrong:
        if len(path) > 1:
            by_key.setdefault(path[1], set()).add(path)
    return [
        Entry(
            document=document,
            path=("voices", key),
            fields=fields,
            key=key,
            wrong=frozenset(by_key.get(key, ())),
        )
        for key, fields in voices.items()
        if isinstance(fields, dict)
    ]


def wrong_fields(voices: Mapping[str, Mapping[str, Any]]) -> dict[str, frozenset[str]]:
    """Return the fields of each voice, by its key, that the schema would find fault with."""
    document = Document(file="", data={"voices": dict(voices)})
    entries = check_voices(document, Findings())
    return {entry.key: frozenset(str(path[2]) for path in entry.wrong if len(path) > 2) for entry in entries}


def faults(key: str, fields: Mapping[str, Any]) -> dict[str, str]:
    """Return what the schema finds fault with in one voice: messages by field, of its key under ``key``."""
    document = Document(file="", data={"voices": {key: dict(fields)}})
    findings = Findings()
    check_voices(document, findings)
    whole = dotted(("voices", key))
    found = {}
    for problem in sorted(findings.problems):
        named = (name for name in fields if problem.path.startswith(dotted(("voices", key, name))))
        found[next(named, "key") if problem.path != whole else "key"] = problem.message
    return found
