"""Files that appear whole or not at all."""

from __future__ import annotations

from pathlib import Path

import pytest
import requests

from ddvoices.client import NotFoundError
from ddvoices.errors import OutputError
from ddvoices.files import whole_file, write_whole


def test_it_is_written_with_its_mode(tmp_path: Path) -> None:
    write_whole(tmp_path / "file", b"text", mode=0o600)
    assert (tmp_path / "file").read_bytes() == b"text"
    assert (tmp_path / "file").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("error", [RuntimeError("no"), KeyboardInterrupt()], ids=repr)
def test_what_fails_leaves_the_old_file_and_nothing_else(tmp_path: Path, error: BaseException) -> None:
    (tmp_path / "file").write_bytes(b"old")

    def write_half() -> None:
        with whole_file(tmp_path / "file") as file:
            file.write(b"half")
            raise error

    with pytest.raises(type(error)):
        write_half()
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == {"file": b"old"}


def test_a_link_is_replaced_and_not_followed(tmp_path: Path) -> None:
    (tmp_path / "target").write_bytes(b"theirs")
    (tmp_path / "file").symlink_to(tmp_path / "target")
    write_whole(tmp_path / "file", b"mine")
    assert (tmp_path / "target").read_bytes() == b"theirs"
    assert not (tmp_path / "file").is_symlink()


@pytest.mark.parametrize("name", ["missing/file", "folder", "x" * 300])
def test_a_place_that_can_not_be_written_is_one_line(tmp_path: Path, name: str) -> None:
    (tmp_path / "folder").mkdir()
    with pytest.raises(OutputError, match=r"can't be written: [A-Zn]"):
        write_whole(tmp_path / name, b"text")
    assert [path.name for path in tmp_path.iterdir()] == ["folder"]


def test_an_error_of_the_service_stays_what_it_is(tmp_path: Path) -> None:
    """It is an OSError too, since requests' own are."""
    error = NotFoundError("no voice", status=404, call="GET /voice/x", response=requests.Response())
    with pytest.raises(NotFoundError), whole_file(tmp_path / "file"):
        raise error


def test_a_file_has_the_mode_of_the_one_whose_place_it_takes(tmp_path: Path) -> None:
    secret, fresh = tmp_path / "secret", tmp_path / "fresh"
    secret.touch(0o600)
    write_whole(secret, b"text")
    write_whole(fresh, b"text")
    (tmp_path / "usual").touch()
    assert secret.stat().st_mode & 0o777 == 0o600
    assert fresh.stat().st_mode == (tmp_path / "usual").stat().st_mode
