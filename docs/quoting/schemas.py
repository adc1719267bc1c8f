"""The formats, as tables: what the schemas say of each field."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ddvoices.resources import read_schema

Part = Mapping[str, Any]
HEAD = "| field | what it holds | meaning |\n|---|---|---|\n"
_WORDS = {"string": "text", "integer": "a whole number", "number": "a number", "boolean": "`true` or `false`"}


@dataclass(frozen=True)
class Format:
    """A schema, and how its page speaks of it."""

    name: str
    title: str
    file: str
    written: bool = False  # by ddvoices: what isn't optional is always there


CATALOG = [
    Format("catalog", "Settings", "`catalog.yaml`"),
    Format("voices", "Voices", "any other YAML file of a catalog"),
]
OTHERS = [
    Format("plan", "Plan", "what `ddvoices plan -o FILE` writes", written=True),
    Format("batch", "Script", "what `ddvoices tts-batch` reads"),
    Format(
        "batch-report",
        "Report of a script",
        "what `ddvoices tts-batch --output-format json` prints",
        written=True,
    ),
]


def fields() -> str:
    """Return the page of what a catalog may hold."""
    intro = """\
Every field that a catalog may hold; [The catalog](catalog.md) has the rules. Written by `make docs` from
the schemas, which `ddvoices schema NAME` prints and editors read."""
    return page("Fields of a catalog", intro, CATALOG)


def formats() -> str:
    """Return the page of the other formats."""
    intro = """\
Every field of plans, scripts, and the report of a script. Written by `make docs` from the schemas, which
`ddvoices schema NAME` prints. [The report of an apply](report.md) has a page of its own; what commands say on
stderr is in [The engine](engine.md#what-the-commands-say-for-programs), the lock in
[Identity](identity.md#the-lock), the rules of a script in [Scripts](batch.md)."""
    return page("Formats", intro, OTHERS)


def page(title: str, intro: str, chosen: list[Format]) -> str:
    """Return a page of some formats."""
    return "\n".join([f"# {title}\n", f"{intro}\n", *(section(each) for each in chosen)])


def section(format_: Format) -> str:
    """Return what is told of one format."""
    schema = read_schema(format_.name)
    told = "".join(table(path, part, schema, written=format_.written) for path, part in objects(schema))
    return f"## {format_.title}\n\nSchema `{format_.name}`: {format_.file}.\n\n{told}".rstrip() + "\n"


def table(path: str, part: Part, schema: Part, *, written: bool) -> str:
    """Return the table of one object."""
    head = f"### `{path}`\n\n" if path else ""
    head += f"{part['description']}\n\n" if path and "description" in part else ""
    required = part.get("required", ())
    said = ("", "Not always there.") if written else ("Required.", "")
    rows = [
        row(name, field, schema, said[name not in required]) for name, field in part["properties"].items()
    ]
    return f"{head}{HEAD}{''.join(rows)}\n"


def row(name: str, field: Part, schema: Part, there: str) -> str:
    """Return the row of one field."""
    known = {**resolved(field, schema), **field}
    meaning = [str(known.get("description", "")), there]
    if "default" in known and "Without it" not in meaning[0]:
        meaning.append(f"Without it {code(known['default'])}.")
    if examples := telling(known):
        meaning.append(f"Such as {', '.join(map(code, examples))}.")
    return cells(f"`{name}`", holds(field, schema), " ".join(filter(None, meaning)))


def telling(part: Part) -> list[Any]:
    """Return the examples that tell something new; fields of a mapping have rows of their own."""
    if "enum" in part or "const" in part or part.get("type") == "boolean" or "properties" in part:
        return []
    return [each for each in part.get("examples", ()) if each not in (None, [], {}, part.get("default"))]


def cells(*texts: str) -> str:
    return "| " + " | ".join(text.replace("|", "\\|") for text in texts) + " |\n"


def code(value: Any) -> str:
    """Return a value as the code that it is in YAML and JSON."""
    return f"`{value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)}`"


def holds(field: Part, schema: Part) -> str:
    """Return in words what a field may hold."""
    part = resolved(field, schema)
    if "const" in part or "enum" in part:
        return ", ".join(map(code, part.get("enum", [part.get("const")])))
    if "type" not in part:
        return "anything"
    kinds = part["type"]
    return " or ".join(kind_of(kind, part, schema) for kind in ([kinds] if isinstance(kinds, str) else kinds))


def kind_of(kind: str, part: Part, schema: Part) -> str:
    """Return in words what a type of a field may hold."""
    if kind == "array":
        return f"a list: {holds(part['items'], schema)}"
    if kind == "object":
        each = part.get("additionalProperties")
        return f"names, each with {holds(each, schema)}" if isinstance(each, dict) else "fields"
    bounds = [
        f"{word} {part[name]}" for name, word in (("minimum", "from"), ("maximum", "to")) if name in part
    ]
    return " ".join([_WORDS.get(kind, f"`{kind}`"), *bounds])


def objects(schema: Part) -> Iterator[tuple[str, Part]]:
    """Yield every object of a schema with its path, from the outside in, each once."""
    root = schema if "properties" in schema else schema["$defs"]["script"]
    seen: list[Part] = []

    def within(path: str, field: Part) -> Iterator[tuple[str, Part]]:
        part = resolved(field, schema)
        if part.get("properties") and part not in seen:
            seen.append(part)
            yield path, part
            for name, child in part["properties"].items():
                yield from within(f"{path}.{name}".lstrip("."), child)
        if isinstance(part.get("items"), dict):
            yield from within(f"{path}[]", part["items"])
        if isinstance(part.get("additionalProperties"), dict):
            yield from within(f"{path}.*", part["additionalProperties"])

    yield from within("", root)


def resolved(field: Part, schema: Part) -> Part:
    """Follow a reference within a schema."""
    while "$ref" in field:
        part: Any = schema
        for step in field["$ref"].removeprefix("#/").split("/"):
            part = part[step]
        field = part
    return field
