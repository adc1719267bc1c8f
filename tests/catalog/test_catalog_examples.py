"""The example catalogs load, or say exactly what is wrong with them."""

import shutil
from pathlib import Path

import pytest
from catalog_data import RECORDINGS

from ddvoices.catalog import load_catalog
from ddvoices.errors import CatalogError, ExitCode

EXAMPLES = Path(__file__).resolve().parents[1] / "examples"


def cases(kind: str) -> list[str]:
    return sorted(path.name for path in (EXAMPLES / kind).iterdir())


def lay_out(kind: str, case: str, here: Path) -> None:
    shutil.copytree(EXAMPLES / kind / case, here / "voices")
    (here / "voices" / "audio").mkdir()
    for name, data in RECORDINGS.items():
        (here / "voices" / "audio" / name).write_bytes(data)


def lines(path: Path) -> list[str]:
    return path.read_text(encoding="utf-8").splitlines() if path.exists() else []


@pytest.mark.parametrize("case", cases("bad"))
def test_a_bad_catalog_says_all_that_is_wrong(case, here):
    lay_out("bad", case, here)
    for _ in range(2):  # nothing that an earlier run has kept hides it
        with pytest.raises(CatalogError) as caught:
            load_catalog()
        assert str(caught.value).splitlines() == lines(EXAMPLES / "bad" / case / "expected.txt")
        assert caught.value.exit_code is ExitCode.CATALOG


@pytest.mark.parametrize("case", cases("good"))
def test_a_good_catalog_loads(case, here):
    lay_out("good", case, here)
    catalog = load_catalog()
    assert list(catalog.warnings) == lines(EXAMPLES / "good" / case / "warnings.txt")
    assert load_catalog() == catalog, "what was kept says the same"
