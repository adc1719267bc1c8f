"""What decides in a batch, by itself: pace, estimates, what is remembered, whose a file is."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ddvoices.batch.estimate import estimate_seconds
from ddvoices.batch.moves import Move, match_files, put_in_order
from ddvoices.batch.places import Standing, find_standing
from ddvoices.batch.state import STATE_NAME, Made, Memory, hold_state, peek_state, request_digest
from ddvoices.client.pace import LONGEST_WAIT, Pace, backoff
from ddvoices.errors import BatchStateError, BusyError, OutputError
from ddvoices.report.batch import length_words

# how many at once


class Clock:
    now = 0.0

    def __call__(self) -> float:
        self.now += 1
        return self.now


def test_a_refusal_halves_what_is_under_way_and_each_round_of_successes_allows_one_more():
    pace = Pace(8, clock=Clock())
    allowed = [pace.allowed]
    pace.refused(pace.start())
    allowed.append(pace.allowed)
    for _ in range(4 + 5 + 6 + 7):
        pace.succeeded()
        allowed.append(pace.allowed)
    assert allowed[:2] == [8, 4]
    assert allowed[2:6] == [4, 4, 4, 5]
    assert allowed[-1] == 7  # what was too many is tried again only after a long while
    for _ in range(16 * 7):
        pace.succeeded()
    assert pace.allowed == 8
    for _ in range(16 * 8):
        pace.succeeded()
    assert pace.allowed == 8  # and never more than was asked for


def test_a_burst_of_refusals_is_one_sign():
    pace = Pace(8, clock=Clock())
    burst = [pace.start() for _ in range(8)]
    for started in burst:
        pace.refused(started)
    assert pace.allowed == 4
    pace.refused(pace.start())
    assert pace.allowed == 2


def test_one_is_always_allowed():
    pace = Pace(3, clock=Clock())
    for _ in range(9):
        pace.refused(pace.start())
    assert pace.allowed == 1


@pytest.mark.parametrize(
    ("attempt", "chance", "seconds"),
    [(0, 1, 1), (0, 0, 0.5), (1, 1, 2), (2, 1, 4), (9, 1, 30), (10**6, 1, 30)],
)
def test_waits_double_up_to_a_cap_less_up_to_a_half(attempt, chance, seconds):
    assert backoff(attempt, random=lambda: chance) == seconds <= LONGEST_WAIT


# how long it takes to say


@pytest.mark.parametrize(
    ("text", "locale", "low", "high"),
    [
        ("Call me Ishmael.", "en-US", 0.8, 1.8),
        ("Some years ago, never mind how long precisely, having little money in my purse.", "en-US", 4, 7),
        ("吾輩は猫である。名前はまだ無い。", "ja-JP", 2, 4.5),
        ("人人生而自由，在尊严和权利上一律平等。", "zh-CN", 3, 6),
        ("모든 인간은 태어날 때부터 자유로우며", "ko-KR", 2.5, 5),
        ("Все люди рождаются свободными и равными", "ru-RU", 2, 4),
        ("[whispers]<config locale='de-DE'/>Hi", "en-US", 0.3, 0.4),
        ("…", "en-US", 0.3, 0.3),
    ],
)
def test_an_estimate_is_about_right_in_any_script(text, locale, low, high):
    assert low <= estimate_seconds(text, locale=locale) <= high


def test_an_estimate_knows_tempo_and_duration():
    text = "Some years ago, never mind how long precisely." * 9
    natural = estimate_seconds(text, locale="en-US")
    assert estimate_seconds(text, locale="en-US", tempo=2.0) == pytest.approx(natural / 2, abs=0.1)
    assert estimate_seconds(text, locale="en-US", duration=7.25) == 7.25
    assert estimate_seconds(text, locale="en-US", tempo=1e9) == 0.3  # nothing is said in no time


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0, "0.0 s"), (59.94, "59.9 s"), (59.99, "1 min 0 s"), (2463.2, "41 min 3 s"), (7322, "2 h 2 min")],
)
def test_a_length_is_said_as_people_say_it(seconds, words):
    assert length_words(seconds) == words


# what is remembered

ASKED = {"text": "a", "voice_id": "v", "speech": {"tempo": 1.0}, "region": "us", "endpoint": "wss://x"}


def made(out: str = "a.wav", sha256: str = "0" * 64, **fields) -> Made:
    return Made(
        **{"digest": "d", "voice_id": "v", "size": 0, "seconds": 1.5} | fields, out=out, sha256=sha256
    )


@pytest.mark.parametrize(
    "change",
    [
        {"text": "b"},
        {"voice_id": "w"},
        {"speech": {"tempo": 1.5}},
        {"speech": {"duration": 1.0}},
        {"speech": {"tempo": 1, "seed": 0}},
        {"region": "eu"},
        {"endpoint": "wss://y"},
    ],
)
def test_everything_that_a_generation_depends_on_is_in_its_digest(change):
    assert request_digest(**ASKED | change) != request_digest(**ASKED)


def test_formats_that_write_a_number_differently_mean_the_same():
    assert request_digest(**ASKED | {"speech": {"tempo": 1}}) == request_digest(**ASKED)


def test_the_digest_is_frozen_with_the_state_s_format():
    digest = "39160a99fa9a0f69e60ad0c7766e16862635aa2629d41180f6f65dbf06010230"
    assert request_digest(**ASKED) == digest


def test_the_last_record_of_a_file_counts_and_each_content_was_ours(tmp_path):
    with hold_state(tmp_path / "new" / "folder") as state:
        state.append(made(sha256="1" * 64))
        state.append(made(sha256="2" * 64))
    memory = peek_state(tmp_path / "new" / "folder")
    assert memory.records == {"a.wav": [made(sha256="1" * 64), made(sha256="2" * 64)]}
    assert memory.is_ours("a.wav", "1" * 64)
    assert memory.is_ours("a.wav", "2" * 64)
    assert not memory.is_ours("b.wav", "2" * 64)


def test_a_torn_last_line_is_dropped_and_the_next_record_does_not_join_it(tmp_path):
    with hold_state(tmp_path) as state:
        state.append(made("a.wav"))
        state.append(made("b.wav"))
    path = tmp_path / STATE_NAME
    path.write_bytes(path.read_bytes()[:-5])
    assert set(peek_state(tmp_path).records) == {"a.wav"}
    with hold_state(tmp_path) as state:
        state.append(made("c.wav"))
    assert set(peek_state(tmp_path).records) == {"a.wav", "c.wav"}


def test_a_torn_header_is_begun_again(tmp_path):
    (tmp_path / STATE_NAME).write_text('{"format_v')
    with hold_state(tmp_path) as state:
        state.append(made())
    assert set(peek_state(tmp_path).records) == {"a.wav"}


GOOD = json.dumps({"out": "a", "digest": "d", "voice_id": "v", "sha256": "0", "size": 1, "seconds": None})


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        (["nonsense"], ":1: broken: delete it"),
        (['{"format_version": "2.0"}'], "written by another release (format '2.0'): upgrade ddvoices"),
        (['{"format_version": "1.0"}', GOOD, "[]"], ":3: broken: delete it"),
        (['{"format_version": "1.0"}', GOOD.replace('"d"', "7")], ":2: broken"),
        (['{"format_version": "1.0"}', "{}", GOOD], ":2: broken"),
        (['{"format_version": "1.0"}', "[" * 100_000], ":2: broken"),
    ],
)
def test_a_state_that_cannot_be_relied_on_says_what_to_do(tmp_path, lines, said):
    (tmp_path / STATE_NAME).write_text("".join(line + "\n" for line in lines))
    for use in (peek_state, lambda folder: hold_state(folder).__enter__()):
        with pytest.raises(BatchStateError) as caught:
            use(tmp_path)
        assert said in str(caught.value)


def test_one_run_at_a_time_holds_a_directory(tmp_path):
    with (
        hold_state(tmp_path),
        pytest.raises(BusyError, match="another batch is writing here"),
        hold_state(tmp_path),
    ):
        pass
    with hold_state(tmp_path):
        pass


def test_a_directory_that_was_made_for_nothing_is_removed(tmp_path):
    with pytest.raises(OutputError), hold_state(tmp_path / "new"):
        raise OutputError("nothing came of it")
    assert list(tmp_path.iterdir()) == []
    with hold_state(tmp_path / "new") as state:
        (tmp_path / "new" / "somebody's").touch()
    with hold_state(tmp_path / "new") as state:
        state.append(made())
    assert {path.name for path in (tmp_path / "new").iterdir()} == {"somebody's", STATE_NAME}


def test_a_directory_that_cannot_be_made_says_so(tmp_path):
    (tmp_path / "file").touch()
    with (
        pytest.raises(OutputError, match=r"file: can't be made: .* name another by -o"),
        hold_state(tmp_path / "file"),
    ):
        pass


# files whose lines have other names now


def present(**digests: str) -> dict[str, list[Made]]:
    return {name: [made(name, digest=digest)] for name, digest in digests.items()}


@pytest.mark.parametrize(
    ("there", "wanted", "taken"),
    [
        ({"a2": "A", "a10": "A"}, [("b1", "A"), ("b2", "A"), ("b3", "A")], {"b1": "a2", "b2": "a10"}),
        ({"a1": "A", "a2": "B"}, [("a2", "A"), ("a3", "B")], {"a2": "a1", "a3": "a2"}),
        ({"a1": "A"}, [("b1", "B")], {}),
        ({}, [("b1", "B")], {}),
    ],
)
def test_each_file_is_taken_once_and_the_first_line_takes_the_first(there, wanted, taken):
    moves = match_files([(name, [digest]) for name, digest in wanted], present(**there))
    assert {move.target: move.source for move in moves} == taken


def test_a_file_that_answers_two_wishes_is_taken_by_one():
    either = {"a": [made("a", digest="A"), made("a", digest="B")]}
    assert [move.target for move in match_files([("b", ["A"]), ("c", ["B"])], either)] == ["b"]


NAMES = st.permutations("abcdefgh")


@given(st.sets(st.sampled_from("abcdefgh")), NAMES)
def test_in_their_order_moves_find_their_place_free_and_whenever_they_end_all_is_there(sources, names):
    moves = [
        Move(source=old, made=made(new, digest=old))
        for old, new in zip("abcdefgh", names, strict=True)
        if old in sources and new != old
    ]
    files = {name: name for name in sources}
    targets = {move.target: move.source for move in moves}
    superseded = (files.keys() & targets) - {move.source for move in moves}
    for move in put_in_order(moves, {*"abcdefgh"}):
        assert move.target not in files.keys() - superseded
        files[move.target] = files.pop(move.source)
        superseded -= {move.target}
        assert set(files.values()) >= set(targets.values())
    assert {name: files[name] for name in targets} == targets


# whose a file is


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "out" / "sub").mkdir(parents=True)
    return tmp_path / "out"


CONTENT = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"  # of nothing


@pytest.mark.parametrize(
    ("prepare", "out", "standing"),
    [
        ("", "a.wav", Standing.FREE),
        ("", "new/folder/a.wav", Standing.FREE),
        ("touch a.wav", "a.wav", Standing.OURS),
        ("touch sub/a.wav", "sub/a.wav", Standing.FOREIGN),
        ("echo edited > a.wav", "a.wav", Standing.FOREIGN),
        ("ln -s nowhere a.wav", "a.wav", Standing.FOREIGN),
        ("mkdir a.wav", "a.wav", Standing.BLOCKED),
        ("mkfifo a.wav", "a.wav", Standing.BLOCKED),
        ("touch file", "file/a.wav", Standing.BLOCKED),
        ("ln -s .. up", "up/a.wav", Standing.OUTSIDE),
        ("ln -s sub in", "in/a.wav", Standing.FREE),
        ("ln -s /", "/a.wav", Standing.OUTSIDE),
    ],
)
def test_whose_a_file_is_is_told_by_its_content(folder, prepare, out, standing):
    memory = Memory()
    memory.add(made("a.wav", CONTENT))
    os.system(f"cd '{folder}' && {prepare or 'true'} 2>&1")  # noqa: S605 - what a person would type
    found, facts = find_standing(folder, out, memory)
    assert found is standing
    assert (facts is not None) == (standing is Standing.OURS)


@pytest.mark.parametrize("kind", ["link", "hole", "pipe"])
def test_a_state_that_is_no_file_of_ours_is_not_read(tmp_path, kind):
    path, elsewhere = tmp_path / STATE_NAME, tmp_path / "elsewhere"
    elsewhere.write_text('{"format_version": "of another file"}\n', encoding="utf-8")
    if kind == "link":
        path.symlink_to(elsewhere)
    elif kind == "hole":
        path.touch()
        os.truncate(path, 2**40)
    else:
        os.mkfifo(path)
    with pytest.raises(BatchStateError, match="can't be read") as caught:
        peek_state(tmp_path)
    assert "of another file" not in str(caught.value)
