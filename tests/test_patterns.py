"""No regular expression runs away: ten times the text is about ten times the work, not a hundred times."""

from __future__ import annotations

import ast
import itertools
import json
import re
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from re import _parser as parser  # type: ignore[attr-defined]
from typing import Any

import pytest

from ddvoices.catalog.scalars import _NUMBERS

ROOT = Path(__file__).parents[1]
_AT_THE_BEGINNING = {"match", "fullmatch"}
_SHORT, _LONG = 2_000, 16_000
_NOTHING_SECONDS = 0.02  # what takes no longer than this isn't worth a second look
_MUCH_MORE = 3 * _LONG // _SHORT  # where the square would be eight times as much


@dataclass(frozen=True, kw_only=True)
class Pattern:
    """A pattern, where it stands, and whether it is looked for anywhere in a text."""

    text: str | bytes
    where: str
    anywhere: bool
    flags: int = 0


def _patterns() -> Iterator[Pattern]:
    for path in sorted((ROOT / "ddvoices").rglob("*.py")):
        yield from _in_module(path)
    for path in sorted((ROOT / "schemas").glob("*.json")):
        for text in sorted(set(_in_schema(json.loads(path.read_text(encoding="utf-8"))))):
            yield Pattern(text=text, where=path.name, anywhere=True)


def _in_module(path: Path) -> Iterator[Pattern]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for call in (node for node in ast.walk(tree) if isinstance(node, ast.Call)):
        name = call.func
        if not (isinstance(name, ast.Attribute) and getattr(name.value, "id", "") == "re"):
            continue
        if name.attr in {"escape", "error"} or not call.args:
            continue
        methods = _used(tree, call) if name.attr == "compile" else {name.attr}
        text = _constant(call.args[0], tree)
        where = f"{path.relative_to(ROOT)}:{call.lineno}"
        if text is not None:
            yield Pattern(
                text=text, where=where, anywhere=bool(methods - _AT_THE_BEGINNING), flags=_flags(call)
            )
        else:
            UNKNOWN.append(where)


def _used(tree: ast.Module, call: ast.Call) -> set[str]:
    """Return what is done with a pattern that has a name; everything with one that has none."""
    assigned = [each for each in ast.walk(tree) if isinstance(each, ast.Assign) and each.value is call]
    names = {target.id for each in assigned for target in each.targets if isinstance(target, ast.Name)}
    found = {
        node.attr
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and getattr(node.value, "id", None) in names
    }
    return found & _METHODS or _METHODS


_METHODS = {"match", "fullmatch", "search", "finditer", "findall", "sub", "subn", "split"}
UNKNOWN: list[str] = []


def _constant(node: ast.expr, tree: ast.Module) -> str | bytes | None:
    """Return what an expression is made of constants of its module, None if it is of more."""
    names = {
        target.id: each.value
        for each in tree.body
        if isinstance(each, ast.Assign)
        for target in each.targets
        if isinstance(target, ast.Name)
    }
    match node:
        case ast.Constant(value=str() | bytes() as value):
            return value
        case ast.Name(id=name) if name in names:
            return _constant(names[name], tree)
        case ast.BinOp(left=left, op=ast.Add(), right=right):
            both = _constant(left, tree), _constant(right, tree)
            return None if None in both else both[0] + both[1]  # type: ignore[operator]
    return None


def _flags(call: ast.Call) -> int:
    given = [*call.args[1:], *(word.value for word in call.keywords)]
    names = [node.attr for each in given for node in ast.walk(each) if isinstance(node, ast.Attribute)]
    return sum(int(getattr(re, name)) for name in names if hasattr(re, name) and name.isupper())


def _in_schema(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        yield from (node[name] for name in ("pattern",) if isinstance(node.get(name), str))
        yield from (text for each in node.values() for text in _in_schema(each))
    elif isinstance(node, list):
        yield from (text for each in node for text in _in_schema(each))


PATTERNS = [
    *_patterns(),
    *(Pattern(text=one.pattern, where="scalars.py", anywhere=False) for one, _ in _NUMBERS),
]


def attacks(pattern: Pattern, size: int) -> Iterator[str | bytes]:
    """Yield texts of about a size that are made of what a pattern looks for, and end otherwise."""
    atoms = list(dict.fromkeys(_atoms(pattern)))[:9]
    pairs = ["".join(pair) for pair in itertools.permutations(atoms, 2)]
    for before, again, behind in itertools.product(["", *atoms], atoms + pairs, ["", "\0", "A"]):
        if before and again in pairs:
            continue
        text = before + again * (size // len(again)) + behind
        yield text.encode("latin-1", "replace") if isinstance(pattern.text, bytes) else text


def _atoms(pattern: Pattern) -> Iterator[str]:
    """Yield the words of a pattern, and a character of each of its classes."""
    text = pattern.text.decode("latin-1") if isinstance(pattern.text, bytes) else pattern.text
    yield from re.findall(r"[A-Za-z<>&%#/\[\]\"'=_-]{2,12}", re.sub(r"\\.|\(\?[a-zA-Z<>:=!]+", " ", text))
    parsed = parser.parse(text, pattern.flags)
    yield from _of_classes(parsed)
    yield from ("a", " ", "0", "<", '"')


def _of_classes(node: Any) -> Iterator[str]:
    for operation, argument in node:
        name = str(operation)
        if name in {"LITERAL", "NOT_LITERAL"}:
            yield chr(argument) if name == "LITERAL" else "a"
        elif name == "IN":
            chars = map(chr, (*range(97, 123), *range(32, 127), *range(0x3000, 0x3100)))
            yield next((char for char in chars if _is_in(argument, char)), "a")
        elif isinstance(argument, tuple | list):
            yield from _of_nested(argument)


def _of_nested(argument: Any) -> Iterator[str]:
    for each in argument:
        if isinstance(each, parser.SubPattern):
            yield from _of_classes(each)
        elif isinstance(each, list | tuple):
            yield from _of_nested(each)


def _is_in(items: Any, char: str) -> bool:
    """Tell whether a class, as it is parsed, holds a character."""
    found = False
    for operation, argument in items:
        match str(operation):
            case "LITERAL":
                found = found or ord(char) == argument
            case "RANGE":
                found = found or argument[0] <= ord(char) <= argument[1]
            case "CATEGORY":
                kinds = {
                    "SPACE": char.isspace(),
                    "DIGIT": char.isdigit(),
                    "WORD": char.isalnum() or char == "_",
                }
                name = str(argument).removeprefix("CATEGORY_")
                found = found or kinds[name.removeprefix("NOT_")] != name.startswith("NOT_")
    return found != (str(items[0][0]) == "NEGATE")


def user(pattern: Pattern) -> Callable[[Any], object]:
    """Return what is done with a pattern: all of a text is searched, or its beginning held against it."""
    compiled = re.compile(pattern.text, pattern.flags)
    return (lambda text: sum(1 for _ in compiled.finditer(text))) if pattern.anywhere else compiled.fullmatch


def seconds(use: Callable[[Any], object], text: str | bytes, times: int = 1) -> float:
    def once() -> float:
        started = time.process_time()
        use(text)
        return time.process_time() - started

    return min(once() for _ in range(times))


def test_all_patterns_are_found() -> None:
    """But for those that are put together: a class of characters, those of schemas, of numbers, of paths."""
    assert len(PATTERNS) > 60
    assert [where.partition(":")[0] for where in UNKNOWN] == [
        "ddvoices/batch/table.py",
        "ddvoices/catalog/quick.py",
        "ddvoices/catalog/scalars.py",
        "ddvoices/emulator/rest.py",
    ]


@pytest.mark.parametrize("pattern", PATTERNS, ids=lambda pattern: f"{pattern.where} {pattern.text!r}"[:60])
def test_no_pattern_takes_the_square_of_a_text(pattern: Pattern) -> None:
    use = user(pattern)
    short = dict(enumerate(attacks(pattern, _SHORT)))
    for number, text in enumerate(attacks(pattern, _LONG)):
        if seconds(use, text) > _NOTHING_SECONDS:
            little = max(seconds(use, short[number], 3), 1e-5)
            assert seconds(use, text, 3) < _MUCH_MORE * little, text[:60]
