"""Versions of what is on disk: a newer one asks for a newer program, any other is none of ours."""

from __future__ import annotations

import re


def is_newer(found: object, known: str) -> bool:
    """Tell whether a format's version, such as "1.1", comes after the known one; what is none doesn't."""
    if not isinstance(found, str) or not re.fullmatch(r"\d{1,9}(\.\d{1,9})*", found, flags=re.ASCII):
        return False
    return _numbers(found) > _numbers(known)


def _numbers(version: str) -> list[int]:
    return [int(part) for part in version.split(".")]
