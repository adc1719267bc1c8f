"""Where plans, pages and audio may be written: anywhere but over the catalog."""

from __future__ import annotations

import os
from pathlib import Path

from ddvoices.errors import UsageError

HTML_ENDINGS = (".html", ".htm")


def check_plan_place(catalog: Path, path: Path | None) -> None:
    """Refuse to save a plan over what is the catalog's, or as what would be read as a part of it.

    Raises:
        UsageError: it lies in the catalog, and isn't a ``.json`` of the user's, nor a new file.
    """
    if path is None or not _is_in(catalog, path):
        return
    from ddvoices.catalog.files import YAML_ENDINGS
    from ddvoices.lockfile import LOCK_NAME

    name = path.name.lower()  # a disk may take both cases for one
    if name.endswith(".json"):
        allowed = name != LOCK_NAME and not name.endswith(".schema.json")
    else:
        allowed = not name.endswith(YAML_ENDINGS) and not os.path.lexists(path)
    if not allowed:
        kinds = "a .json that is neither the lock nor a schema, or a new file that isn't YAML"
        raise UsageError(
            f"{path}: lies in the catalog, where a plan may only be {kinds}: save it outside, such as by"
            " `-o plan.json`"
        )


def check_page_place(catalog: Path, path: Path | None, *, option: str) -> None:
    """Refuse to write a page over what is the catalog's; ``option`` is the one that names its place.

    Raises:
        UsageError: it lies in the catalog, and isn't a ``.html`` or ``.htm``.
    """
    if path is None or path.name.lower().endswith(HTML_ENDINGS) or not _is_in(catalog, path):
        return
    raise UsageError(
        f"{path}: lies in the catalog, where a page may only be a .html or .htm: write it outside, such as by"
        f" `{option} review.html`"
    )


def check_audio_place(catalog: Path, path: Path | None) -> None:
    """Refuse to write audio over a recording of the catalog, or over whatever else lies there.

    A folder without a ``catalog.yaml`` is the user's.

    Raises:
        UsageError: something is there already.
    """
    if path is None or not os.path.lexists(path) or not _is_in(catalog, path):
        return
    from ddvoices.catalog.files import is_catalog

    if is_catalog(catalog):
        raise UsageError(
            f"{path}: lies in the catalog, where audio is never written over a file: delete it first, or name"
            " a new one"
        )


def _is_in(catalog: Path, path: Path) -> bool:
    """Tell whether a file at ``path`` would lie below the catalog; a link there is replaced, not followed."""
    from ddvoices.catalog.files import Root
    from ddvoices.files import is_special

    root = Root(catalog, Path(os.path.realpath(catalog)))
    return root.holds(Path(os.path.realpath(path.parent), path.name)) and not is_special(path)
