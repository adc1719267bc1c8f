"""Where entries are written: never over anything, never out of the catalog; what was there stays."""

from __future__ import annotations

import codecs
from pathlib import Path

import pytest
from importing.taking import read, take_all, write_catalog
from plan.makers import region, unmarked, voice

from ddvoices.errors import CatalogError, DdvoicesError, OutputError
from ddvoices.importing import choose_target
from ddvoices.model import Gender

BOB = {"us": region(unmarked(voice("bob", name="Bob", gender=Gender.MALE)))}
ADA = '  ada: {name: Ada, gender: female, ids: {us: "1"}}'

APPENDED = {
    "in one line": f"voices:\n{ADA}\n",
    "without a line's end": f"voices:\n{ADA}",
    "deeper": f"voices:\n      {ADA.strip()}\n",
    "less deep": f"voices:\n {ADA.strip()}\n",
    "with blocks": "voices:\n  ada:\n    name: Ada\n    gender: female\n    ids:\n      us: one\n",
    "with a comment at the end": f"# first\nvoices:\n{ADA}\n\n  # last",
    "with a long text at the end": (
        "voices:\n  ada:\n    name: Ada\n    gender: female\n    ids: {us: one}\n    text: >\n      Said"
    ),
    "from another system": f"voices:\r\n{ADA}\r\n",
    "with a byte order mark": f"\ufeffvoices:\n{ADA}\n",
    "with quotes": 'voices:\n  "ada": {name: "Ada", gender: female, ids: {us: "1"}}\n',
    "with a beginning": f"---\nvoices:\n{ADA}\n",
    "with nothing in it": "",
    "with a comment alone": "# voices come here\n",
    "with no voices": "voices:\n",
    "with the other quotes of a key": f"'voices':\n{ADA}\n",
}
REFUSED = {
    "in braces": '{"voices": {"ada": {"name": "Ada", "gender": "female", "ids": {"us": "1"}}}}\n',
    "with braces for the voices": "voices: {ada: {name: Ada, gender: female, ids: {us: '1'}}}\n",
    "with an end": f"voices:\n{ADA}\n...\n",
    "with an empty mapping": "voices: {}\n",
    "with null": "voices: null\n",
}


@pytest.mark.parametrize("old", APPENDED.values(), ids=APPENDED)
def test_text_is_appended_and_what_was_there_stays(tmp_path: Path, old: str) -> None:
    root = write_catalog(tmp_path, {})
    (root / "mine.yaml").write_bytes(old.encode())
    before = read(root).voices
    take_all(root, BOB, into="mine.yaml")
    text = (root / "mine.yaml").read_bytes().decode()
    assert text.startswith(old)
    assert (text.count("\n") == text.count("\r\n")) == ("\r" in old)
    assert [spec for spec in read(root).voices if spec.key != "bob"] == list(before)
    assert not (root / "imported.yaml").exists()


@pytest.mark.parametrize("old", REFUSED.values(), ids=REFUSED)
def test_where_text_can_not_be_appended_another_file_is_asked_for(tmp_path: Path, old: str) -> None:
    root = write_catalog(tmp_path, {})
    (root / "mine.yaml").write_text(old)
    with pytest.raises(OutputError, match=r"mine\.yaml: nothing can be appended .*: name another file"):
        take_all(root, BOB, into="mine.yaml")
    assert (root / "mine.yaml").read_text() == old


@pytest.mark.parametrize(
    ("into", "said"),
    [
        ("../out.yaml", "not below the catalog"),
        ("/tmp/out.yaml", "not below the catalog"),  # noqa: S108 - nothing is written there
        ("out/x.yaml", "not below the catalog"),
        ("link.yaml", "not below the catalog"),
        (".", "not below the catalog"),
        ("", "not below the catalog"),
        ("catalog.yaml", "the settings"),
        ("samples/../catalog.yaml", "the settings"),
        (".hidden.yaml", "no catalog reads"),
        (".hidden/x.yaml", "no catalog reads"),
        ("voices.json", "no catalog reads"),
        ("voices/x.yaml", "no such folder"),
        ("folder.yaml", "not a regular file"),
    ],
)
def test_a_place_that_no_catalog_reads_is_refused(tmp_path: Path, into: str, said: str) -> None:
    root = write_catalog(tmp_path, {})
    (tmp_path / "outside").mkdir()
    (root / "out").symlink_to(tmp_path / "outside")
    (root / "link.yaml").symlink_to(tmp_path / "outside" / "x.yaml")
    (root / "folder.yaml").mkdir()
    with pytest.raises(DdvoicesError) as refused:
        choose_target(root, into)
    assert said in str(refused.value)


def test_a_link_to_a_file_of_the_catalog_stays_one(tmp_path: Path) -> None:
    root = write_catalog(tmp_path, {})
    (root / "narrators").mkdir()
    (root / "narrators" / "real.yaml").write_text(f"voices:\n{ADA}\n")
    (root / "link.yaml").symlink_to("narrators/real.yaml")
    take_all(root, BOB, into="link.yaml")
    assert (root / "link.yaml").is_symlink()
    assert {spec.key for spec in read(root).voices} == {"ada", "bob"}


def test_a_new_file_takes_the_next_name_that_is_free_and_finds_the_schema(tmp_path: Path) -> None:
    root = write_catalog(tmp_path, {})
    (root / "imported.yaml").symlink_to("nowhere")
    (root / "imported-2.yaml").mkdir()
    assert choose_target(root, None).name == "imported-3.yaml"
    (root / "imported.yaml").unlink()
    (root / ".schemas").mkdir()
    (root / ".schemas" / "voices.schema.json").write_text("{}")
    (root / "narrators").mkdir()
    take_all(root, BOB, into="narrators/new.yaml")
    first = (root / "narrators" / "new.yaml").read_text().splitlines()[0]
    assert first == "# yaml-language-server: $schema=../.schemas/voices.schema.json"


@pytest.mark.parametrize("meddle", ["another voice", "the file", "the new file", "no file"])
def test_what_somebody_changes_meanwhile_is_not_written_over(tmp_path: Path, meddle: str) -> None:
    root = write_catalog(tmp_path, {})
    (root / "mine.yaml").write_text("voices:\n" if meddle == "no file" else f"voices:\n{ADA}\n")
    catalog = read(root)
    target = choose_target(root, None if meddle == "the new file" else "mine.yaml")
    if meddle == "another voice":
        (root / "other.yaml").write_text(f"voices:\n{ADA.replace('ada', 'eve').replace('1', '2')}\n")
    elif meddle == "no file":
        (root / "mine.yaml").unlink()
    elif meddle == "the file":
        (root / "mine.yaml").write_text(f"voices:\n{ADA}\n# a word\n")
    else:
        (root / "imported.yaml").write_text("# a word\n")
    before = {path.name: path.read_bytes() for path in root.glob("*.yaml")}
    with pytest.raises(OutputError, match=r"changed meanwhile|File exists|any more.*try again"):
        target.save(f"{target.old or ''}more", catalog)
    assert {path.name: path.read_bytes() for path in root.glob("*.yaml")} == before
    assert [path.name for path in root.iterdir() if path.name.startswith(".")] == []


def test_a_file_that_is_no_text_is_not_appended_to(tmp_path: Path) -> None:
    root = write_catalog(tmp_path, {})
    (root / "mine.yaml").write_bytes(codecs.BOM_UTF16_LE + "voices:".encode("utf-16-le"))
    with pytest.raises(CatalogError, match="UTF-16"):
        choose_target(root, "mine.yaml")
