"""Entries as the text of a file of voices. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from textwrap import indent
from typing import Any

import yaml

from ddvoices.catalog.findings import Findings
from ddvoices.catalog.reader import read_yaml
from ddvoices.catalog.scalars import plain_scalar
from ddvoices.catalog.tree import Document

_ENDLESS = 2**31
_STEP = "  "

Entries = Mapping[str, Mapping[str, Any]]
"""Voices as a file has them: fields by key."""


def new_text(entries: Entries, *, schema: str | None, remark: str = "") -> str:
    """Return a whole file; editors find the schema at the path ``schema``, people a ``remark`` above all."""
    first = f"# yaml-language-server: $schema={schema}\n" if schema else ""
    return first + indent(remark, "# ") + "voices:\n" + _block(entries, _STEP)


def appended_text(old: str, entries: Entries) -> str:
    """Return ``old`` with entries at its end, as deep as those that it has."""
    document = read_yaml(old, "", Findings()) or Document(file="", data=None)
    voices = document.data.get("voices") if isinstance(document.data, dict) else None
    margin = _STEP
    if voices:
        margin = " " * (document.key_at(("voices", next(iter(voices)))).column - 1)
    head = "" if isinstance(document.data, dict) else "voices:\n"
    between = ("" if old.endswith("\n") or not old else "\n") + ("\n" if voices else "")
    text = between + head + _block(entries, margin)
    return old + (text.replace("\n", "\r\n") if "\r\n" in old else text)


def _block(entries: Entries, margin: str) -> str:
    """Return the entries, each with a margin, and an empty line between two."""
    return "\n".join(indent(_yaml({key: _Fields(fields)}), margin) for key, fields in entries.items())


def _yaml(data: Any) -> str:
    """Return data as YAML in which every text is one line, and nothing can hide or turn what is around it."""
    text: str = yaml.dump(
        data, Dumper=_Dumper, sort_keys=False, allow_unicode=True, default_flow_style=None, width=_ENDLESS
    )
    return "".join(char if char.isprintable() or char == "\n" else _escaped(char) for char in text)


class _Fields(dict[str, Any]):
    """The fields of a voice: each on a line of its own."""


class _Dumper(yaml.SafeDumper):
    """Writes for readers of YAML 1.2, who take less text for something else than those of 1.1, and more."""


def _represent_text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    plain = text.isprintable() and isinstance(plain_scalar(text), str)
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=None if plain else '"')


def _represent_fields(dumper: yaml.SafeDumper, fields: _Fields) -> yaml.MappingNode:
    return dumper.represent_mapping("tag:yaml.org,2002:map", fields, flow_style=False)


_Dumper.add_representer(_Fields, _represent_fields)
_Dumper.add_representer(str, _represent_text)


def _escaped(char: str) -> str:
    """Return a character as quotes hold it: only what stands in quotes isn't printable."""
    code = ord(char)
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
