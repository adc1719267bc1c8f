"""The lowest versions that pyproject.toml allows, as constraints for pip: ``python tests/lowest.py``."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

# A lower and an upper bound, and nothing else; the extras of a requirement are no part of a constraint.
BOUNDED = re.compile(r"(?P<name>[\w.-]+)(?:\[[\w,]+\])?>=(?P<lowest>[\d.]+),<[\d.]+")


def requirements() -> list[str]:
    """Return what pyproject.toml names: what is needed to run, to emulate and to test."""
    text = (Path(__file__).parent.parent / "pyproject.toml").read_text(encoding="utf-8")
    document = tomllib.loads(text)
    project, groups = document["project"], document["dependency-groups"]
    lists = [project["dependencies"], *project["optional-dependencies"].values(), *groups.values()]
    return [requirement for each in lists for requirement in each]


def constraints() -> list[str]:
    """Return a constraint for each requirement: its lower bound, and that alone."""
    found = [BOUNDED.fullmatch(requirement) for requirement in requirements()]
    return [f"{match['name']}=={match['lowest']}" for match in found if match]


if __name__ == "__main__":
    print("\n".join(constraints()))  # noqa: T201 - a script that prints
