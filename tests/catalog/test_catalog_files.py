"""Which files are read, and that none of them does harm, whatever it is."""

import contextlib
import os
import socket
import subprocess
import sys
import tracemalloc
from pathlib import Path

import pytest
import recordings as rec
from catalog_data import ADA, RECORDINGS, SETTINGS
from rights import needs_modes

from ddvoices.catalog import load_catalog
from ddvoices.catalog.cache import SampleCache
from ddvoices.catalog.files import open_root
from ddvoices.catalog.samples import SampleReader
from ddvoices.errors import CatalogError, ExitCode


def problems(directory: str = "voices") -> list[str]:
    with pytest.raises(CatalogError) as caught:
        load_catalog(directory)
    return str(caught.value).splitlines()


# no catalog


@pytest.mark.parametrize(("stand", "named", "use"), [("voices", "voices", "."), (".", ".", "voices")])
def test_a_catalog_that_is_near_is_named(here, put, monkeypatch, stand, named, use):
    put("a.yaml", ADA)
    monkeypatch.chdir(stand)
    (line,) = problems(named)
    assert line.endswith(f"there is one in {use}: use --catalog {use}")


@pytest.mark.parametrize(
    ("what", "prepare"),
    [
        ("no such directory", lambda here: (here / "other").mkdir()),
        ("is not a directory", lambda here: (here / "voices").write_text("x", encoding="utf-8")),
        ("it has no catalog.yaml", lambda here: (here / "voices").mkdir()),
        ("is not a directory", lambda here: (here / "voices").symlink_to("nowhere")),
    ],
)
def test_no_catalog_says_what_to_do(here, what, prepare):
    prepare(here)
    with pytest.raises(CatalogError) as caught:
        load_catalog()
    assert str(caught.value).startswith(f"voices: no catalog here ({what}): make one by `ddvoices init`")
    assert caught.value.exit_code is ExitCode.CATALOG


# how files are shown


def test_files_are_shown_relative_to_where_one_stands(put, here, monkeypatch):
    put("deep/a.yaml", "voices: [")
    assert problems()[0].startswith("voices/deep/a.yaml:1:")
    monkeypatch.chdir(here / "voices" / "deep")
    assert problems("..")[0].startswith("a.yaml:1:")
    assert problems(str(here / "voices"))[0].startswith("a.yaml:1:")


def test_a_file_is_shown_absolute_where_that_is_shorter(put, here, monkeypatch):
    put("a.yaml", "voices: [")
    deep = here.joinpath(*["d"] * 60)
    deep.mkdir(parents=True)
    monkeypatch.chdir(deep)
    assert problems(str(here / "voices"))[0].startswith(f"{here}/voices/a.yaml:1:")


def test_a_file_name_can_t_write_to_the_terminal(put):
    put("\x1b[31m\n.yaml", "voices: [")
    assert problems()[0].startswith(r"voices/\x1b[31m\n.yaml:1:")


def test_a_file_name_that_is_not_utf8_can_be_shown(put, here):
    put("a.yaml", "")
    (here / "voices" / "a.yaml").rename(os.fsdecode(os.fsencode(here / "voices") + b"/\xff.yaml"))
    (warning,) = load_catalog().warnings
    assert warning.encode("utf-8").startswith(b"voices/")


def test_a_catalog_loads_where_the_working_directory_is_gone(put, here, monkeypatch):
    put("a.yaml", ADA)
    gone = here / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    assert [spec.key for spec in load_catalog(here / "voices").voices] == ["ada"]


# links


def test_the_catalog_itself_may_be_a_link(put, here):
    put("a.yaml", ADA)
    (here / "voices").rename(here / "elsewhere")
    (here / "voices").symlink_to("elsewhere")
    catalog = load_catalog()
    assert catalog.root == here / "elsewhere"
    assert catalog.voices[0].location.file == "voices/a.yaml"


def test_a_link_within_the_catalog_is_read_once(put, here):
    put("a.yaml", ADA)
    put(".hidden/b.yaml", ADA.replace("ada", "bea"))
    (here / "voices" / "again.yaml").symlink_to("a.yaml")
    (here / "voices" / "b.yaml").symlink_to(".hidden/b.yaml")
    assert [spec.key for spec in load_catalog().voices] == ["ada", "bea"]


def test_links_out_of_the_catalog_are_not_followed(put, here):
    put("a.yaml", ADA)
    (here / "secret.yaml").write_text("voices: {bea: nonsense}", encoding="utf-8")
    (here / "outside").mkdir()
    (here / "outside" / "c.yaml").write_text("voices: {cyd: nonsense}", encoding="utf-8")
    (here / "voices" / "b.yaml").symlink_to("../secret.yaml")
    (here / "voices" / "c").symlink_to("../outside")
    catalog = load_catalog()
    assert [spec.key for spec in catalog.voices] == ["ada"]
    assert catalog.warnings == ("voices/b.yaml: a link that leads out of the catalog: it is not read",)


def test_settings_that_are_a_link_out_of_the_catalog_are_refused(put, here):
    (here / "catalog.yaml").write_text(SETTINGS, encoding="utf-8")
    (here / "voices" / "catalog.yaml").unlink()
    (here / "voices" / "catalog.yaml").symlink_to("../catalog.yaml")
    assert problems() == ["voices/catalog.yaml: a link that leads out of the catalog: put the file here"]


@pytest.mark.parametrize("target", ["nowhere.yaml", "a.yaml"])
def test_a_link_that_leads_nowhere_is_told(put, here, target):
    (here / "voices" / "a.yaml").symlink_to(target)
    assert problems() == ["voices/a.yaml: a link that leads nowhere: remove it"]


@pytest.mark.parametrize("target", ["../outside.mp3", "/etc/hostname", "../voices-too/x.mp3"])
def test_a_sample_that_leads_out_of_the_catalog_is_refused(put, here, target):
    (here / "outside.mp3").write_bytes(RECORDINGS["ok.mp3"])
    (here / "voices-too").mkdir()
    (here / "voices-too" / "x.mp3").write_bytes(RECORDINGS["ok.mp3"])
    put("a.yaml", ADA.replace("ok.mp3", "link.mp3"))
    (here / "voices" / "audio" / "link.mp3").symlink_to(here / "voices" / target)
    (problem,) = problems()
    assert problem.startswith(
        "voices/a.yaml:2:44: voices.ada.sample: 'audio/link.mp3' is a link that leads out of"
    )


def test_a_sample_below_a_linked_folder_that_leads_out_is_refused(put, here):
    (here / "out").mkdir()
    (here / "out" / "x.mp3").write_bytes(RECORDINGS["ok.mp3"])
    (here / "voices" / "in").symlink_to("../out")
    put("a.yaml", ADA.replace("audio/ok.mp3", "in/x.mp3"))
    assert "leads out of the catalog" in problems()[0]


def test_a_sample_may_be_a_link_within_the_catalog(put, here):
    (here / "voices" / "audio" / "link.mp3").symlink_to("ok.mp3")
    put("a.yaml", ADA.replace("ok.mp3", "link.mp3"))
    sample = load_catalog().voices[0].sample
    assert (sample.path, sample.file) == ("audio/link.mp3", str(here / "voices" / "audio" / "ok.mp3"))


def test_a_sample_that_is_a_broken_link_is_told(put, here):
    (here / "voices" / "audio" / "link.mp3").symlink_to("nowhere.mp3")
    put("a.yaml", ADA.replace("ok.mp3", "link.mp3"))
    assert problems()[0].endswith("'audio/link.mp3' can't be read: No such file or directory")


# what is no file


@contextlib.contextmanager
def bound(path: Path):
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(os.path.relpath(path))
        yield


@pytest.mark.parametrize("kind", ["fifo", "socket", "link to a device"])
def test_what_is_no_regular_file_is_never_opened(put, here, kind):
    """Opening a FIFO would wait for a writer for ever."""
    put("a.yaml", ADA.replace("ok.mp3", "odd.mp3"))
    with contextlib.ExitStack() as stack:
        for path in (here / "voices" / "odd.yaml", here / "voices" / "audio" / "odd.mp3"):
            if kind == "fifo":
                os.mkfifo(path)
            elif kind == "socket":
                stack.enter_context(bound(path))
            else:
                path.symlink_to("/dev/zero")
        if kind == "link to a device":
            assert "leads out of the catalog" in problems()[0]
        else:
            assert problems() == [
                "voices/a.yaml:2:44: voices.ada.sample: is not a regular file",
                "voices/odd.yaml: can't be read: not a regular file",
            ]


def test_settings_that_are_a_fifo_are_refused(put, here):
    (here / "voices" / "catalog.yaml").unlink()
    os.mkfifo(here / "voices" / "catalog.yaml")
    assert problems() == ["voices/catalog.yaml: can't be read: not a regular file"]


def test_a_folder_may_be_named_as_a_file_is(put):
    put("a.yaml/b.yaml", ADA)
    assert [spec.key for spec in load_catalog().voices] == ["ada"]


@needs_modes
def test_what_must_not_be_read_is_told(put):
    put("a.yaml", ADA).chmod(0)
    put("b.yaml", ADA.replace("ok.mp3", "ok.wav"))
    put("audio/ok.wav", RECORDINGS["ok.wav"]).chmod(0)
    assert problems() == [
        "voices/a.yaml: can't be read: Permission denied",
        "voices/b.yaml:2:44: voices.ada.sample: 'audio/ok.wav' can't be read: Permission denied",
    ]


# sizes


def test_a_huge_yaml_file_is_refused_before_it_is_read(put):
    with put("a.yaml", ADA).open("ab") as stream:
        stream.truncate(2**40)  # no memory would hold it
    assert problems() == ["voices/a.yaml: is over 10 MB: split it"]


LONG = {
    "wav": rec.wav(b"\x40\x1f\xc0\xe0" * 2**22, channels=2),
    "mp3": rec.mp3(3.6) * 4500,
    "ogg": rec.vorbis() + bytes(2**24),
    "m4a": rec.m4a() + rec.box(b"mdat", bytes(2**24)),
}


@pytest.mark.parametrize("form", LONG)
def test_memory_does_not_grow_with_the_length_of_a_sample(put, form):
    put(f"audio/long.{form}", LONG[form])
    reader = SampleReader(open_root(Path("voices")), SampleCache(None, Path("voices")))
    reader.read(f"audio/ok.{form}")  # what is imported on the way isn't measured
    tracemalloc.start()
    sample = reader.read(f"audio/long.{form}").sample
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert (sample.format, sample.size) == (form, len(LONG[form]))
    assert peak < 6 * 2**20 < len(LONG[form])


@pytest.mark.parametrize("size", [20 * 2**20, 20 * 2**20 + 1, 2**40])
def test_a_sample_has_at_most_twenty_megabytes(put, size):
    put("a.yaml", ADA)
    with put("audio/ok.mp3", RECORDINGS["ok.mp3"]).open("ab") as stream:
        stream.truncate(size)
    if size == 20 * 2**20:
        assert load_catalog().voices[0].sample.size == size
    else:
        (problem,) = problems()
        assert "is over 20 MB" in problem


# encodings

ODD_BYTES = {
    "UTF-16 with a mark": (ADA.encode("utf-16"), "1:1: is UTF-16: save it as UTF-8"),
    "UTF-16, big-endian": (b"\xfe\xff" + ADA.encode("utf-16-be"), "1:1: is UTF-16: save it as UTF-8"),
    "UTF-32": (ADA.encode("utf-32"), "1:1: is UTF-32: save it as UTF-8"),
    "UTF-16 without a mark": (ADA.encode("utf-16-le"), "1:2: a NUL byte: save the file as UTF-8 text"),
    "Latin-1": (
        ADA.replace("Ada,", "Ad\xe4,").encode("latin-1"),
        "2:17: is not UTF-8 (byte 0xe4): save it as UTF-8",
    ),
    "Latin-1 after UTF-8": ("# é\n é".encode() + b" \xe9", "2:4: is not UTF-8 (byte 0xe9): save it as UTF-8"),
    "cut off": (b"# \xc3", "1:3: is not UTF-8 (byte 0xc3): save it as UTF-8"),
    "a control character": (b"voices:\n  \x1b: {}", "2:3: the control character U+001B: remove it"),
    "a surrogate": (b"# \xed\xa0\x80", "1:3: is not UTF-8 (byte 0xed): save it as UTF-8"),
}


@pytest.mark.parametrize(("data", "expected"), ODD_BYTES.values(), ids=ODD_BYTES)
@pytest.mark.parametrize("name", ["a.yaml", "catalog.yaml"])
def test_other_encodings_are_told(put, name, data, expected):
    put(name, data)
    assert problems() == [f"voices/{name}:{expected}"]


def test_utf8_with_a_mark_and_windows_line_ends_is_accepted(put):
    put("a.yaml", b"\xef\xbb\xbf" + ADA.replace("\n", "\r\n").replace("Ada", "Ädä").encode())
    (spec,) = load_catalog().voices
    assert (spec.name, spec.location.line, spec.location.column) == ("Ädä", 2, 3)


def test_columns_count_characters_and_not_bytes(put):
    put("a.yaml", "voices: {ä: {}}\n")
    assert problems()[0].startswith("voices/a.yaml:1:10: voices.ä:")


# nesting

DEEP = {
    "flow lists": "[" * 100_000,
    "flow lists, closed": "[" * 100_000 + "]" * 100_000,
    "flow mappings": "{" * 100_000,
    "mappings in mappings": "{a: " * 100_000,
    "lists in lists": "- " * 100_000,
    "complex keys": "? " * 100_000,
    "lines": "[\n" * 100_000,
    "indented lines": "".join(" " * depth + "-\n" for depth in range(3000)),
    "indented keys": "".join(" " * depth + "a:\n" for depth in range(3000)),
    "keys and lists": "a: " + "[{a: " * 50_000,
}


@pytest.mark.parametrize("text", DEEP.values(), ids=DEEP)
def test_deep_nesting_is_one_clear_error_and_no_crash(put, text):
    """In a process of its own: libyaml would end it."""
    put("a.yaml", text)
    script = (
        "from ddvoices.catalog import load_catalog\n"
        "from ddvoices.errors import CatalogError\n"
        "try: load_catalog()\n"
        "except CatalogError as error: print(error)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    (line,) = done.stdout.splitlines()
    assert line.endswith(": nested more than 64 levels deep")


def test_of_many_missing_samples_each_is_told_and_the_first_ones_get_a_hint(put):
    count = 200  # so many names, held against so many, are more than are compared
    for number in range(count):
        put(f"audio/v{number:03}.wav", b"")
    voice = "  v{0}: {{name: V, gender: female, sample: audio/v{0:03}.flac}}\n"
    put("a.yaml", "voices:\n" + "".join(voice.format(number) for number in range(count)))
    lines = [line for line in problems() if "there is no file" in line]
    assert len(lines) == count
    hinted = ["did you mean" in line for line in lines]
    assert hinted == sorted(hinted, reverse=True)
    assert 0 < sum(hinted) < count
