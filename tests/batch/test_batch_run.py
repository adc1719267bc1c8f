"""A run over sockets: what is sent again and what isn't, what stops it, what is left when it is cancelled."""

from __future__ import annotations

import asyncio
import wave
from collections import Counter

import pytest
from batch.speaker import Speaker, jobs, run

from ddvoices.batch.state import peek_state
from ddvoices.errors import ExitCode
from ddvoices.model import LineResult


async def speak(_speaker, _socket, _text) -> None:
    await asyncio.sleep(0.01)


def results(batch) -> dict[str, LineResult]:
    """Return what became of each line by its letter."""
    return {out.partition("-")[2].partition(".")[0]: o.result for out, o in batch.outcomes.items()}


def test_each_line_becomes_a_right_file_of_its_own(tmp_path):
    speaker = Speaker(speak)
    batch = run(speaker, jobs(7), tmp_path, parallelism=3, connections=2)
    assert set(results(batch).values()) == {LineResult.SPOKEN}
    assert Counter(speaker.texts) == Counter("abcdefg")
    assert (speaker.sockets, speaker.most) == (2, 3)
    for outcome in batch.outcomes.values():
        with wave.open(str(tmp_path / outcome.out)) as file:
            assert file.getnframes() / file.getframerate() == outcome.seconds == 0.75
    assert set(peek_state(tmp_path).records) == set(batch.outcomes)


@pytest.mark.parametrize("audio_format", ["headerless-wav", "mp3"])
def test_other_formats_are_the_pieces_joined(tmp_path, audio_format):
    batch = run(Speaker(speak), jobs(1, format=audio_format, sample_rate=8000), tmp_path)
    (outcome,) = batch.outcomes.values()
    headers = 2 * 44 if audio_format == "mp3" else 0
    assert (tmp_path / outcome.out).stat().st_size == outcome.size == headers + 0.75 * 8000 * 2


def test_too_many_at_once_is_sent_again_and_the_run_slows_down(tmp_path):
    async def three_at_most(speaker, _socket, _text):
        if speaker.under_way > 3:
            return "RateLimit"
        await asyncio.sleep(0.02)
        return None

    speaker = Speaker(three_at_most)
    batch = run(speaker, jobs(26), tmp_path, parallelism=8, connections=2)
    assert set(results(batch).values()) == {LineResult.SPOKEN}
    refused = len(speaker.texts) - 26
    assert 0 < refused < 26  # each refusal is a sign for more than one line


def test_a_limit_that_never_ends_ends_the_run(tmp_path):
    async def never(_speaker, _socket, _text):
        return "RateLimit"

    speaker = Speaker(never)
    batch = run(speaker, jobs(5), tmp_path, parallelism=1, too_many_attempts=3)
    assert set(results(batch).values()) == {LineResult.FAILED, LineResult.SKIPPED}
    assert max(Counter(speaker.texts).values()) == 3
    assert "e" not in speaker.texts


def test_what_the_account_lacks_starts_no_more_lines(tmp_path):
    async def two(speaker, _socket, _text):
        return "InsufficientCredits" if len(speaker.texts) > 2 else None

    speaker = Speaker(two)
    batch = run(speaker, jobs(6), tmp_path, parallelism=1)
    kept = [LineResult.SPOKEN] * 2
    assert [*results(batch).values()] == [*kept, LineResult.FAILED, *[LineResult.SKIPPED] * 3]
    assert speaker.texts == ["a", "b", "c"]
    assert str(batch.stopped_by) in batch.outcomes["0006-f.wav"].error


@pytest.mark.parametrize(
    ("too_much", "failed", "skipped"), [({1, 2, 4, 5}, 4, 0), ({6}, 1, 0), ({2, 3, 4}, 3, 2)]
)
def test_more_than_the_plan_allows_may_be_one_line_and_only_three_in_a_row_end_the_run(
    tmp_path, too_much, failed, skipped
):
    async def refuse(speaker, _socket, _text):
        return "MaxExceeded" if len(speaker.texts) in too_much else None

    batch = run(Speaker(refuse), jobs(6), tmp_path, parallelism=1)
    counts = Counter(results(batch).values())
    assert (counts[LineResult.FAILED], counts[LineResult.SKIPPED]) == (failed, skipped)
    assert (batch.stopped_by is not None) == bool(skipped)


@pytest.mark.parametrize("error", ["InvalidInput", "SomethingNew"])
def test_one_line_that_cannot_be_spoken_stops_no_other(tmp_path, error):
    async def not_b(_speaker, _socket, text):
        return error if text == "b" else None

    speaker = Speaker(not_b)
    batch = run(speaker, jobs(4), tmp_path, parallelism=2)
    assert {letter for letter, result in results(batch).items() if result is LineResult.FAILED} == {"b"}
    assert speaker.texts.count("b") == 1
    assert batch.stopped_by is None


def test_a_dead_connection_fails_its_lines_once_and_the_others_go_on(tmp_path):
    async def die_at_b(_speaker, socket, text):
        if text == "b":
            socket.transport.abort()
        await asyncio.sleep(0.02)

    speaker = Speaker(die_at_b)
    batch = run(speaker, jobs(6), tmp_path, parallelism=2)
    failed = {letter for letter, result in results(batch).items() if result is LineResult.FAILED}
    assert "b" in failed <= {"a", "b", "c"}
    assert max(Counter(speaker.texts).values()) == 1  # what may be paid for is never sent again
    assert speaker.sockets == 2


def test_connections_that_break_one_after_the_other_end_the_run(tmp_path):
    async def die(_speaker, socket, _text):
        socket.transport.abort()

    speaker = Speaker(die)
    batch = run(speaker, jobs(20), tmp_path, parallelism=1)
    assert len(speaker.texts) == 10
    assert LineResult.SKIPPED in results(batch).values()
    assert batch.stopped_by is not None


def test_refusals_and_lost_connections_are_counted_apart(tmp_path):
    async def refuse_then_die(speaker, socket, text):
        if text != "a":
            return None
        number = speaker.texts.count("a")
        if number == 4:
            await socket.close(1001)
        return "RateLimit" if number <= 4 else None

    speaker = Speaker(refuse_then_die)
    batch = run(speaker, jobs(3), tmp_path, parallelism=1)
    assert batch.stopped_by is None
    assert results(batch)["c"] is LineResult.SPOKEN


def test_whatever_goes_wrong_in_saving_the_report_comes(tmp_path, monkeypatch):
    monkeypatch.setattr("batch.speaker.save_audio", lambda *_: 1 / 0)
    batch = run(Speaker(speak), jobs(2), tmp_path)
    assert "division by zero" in str(batch.stopped_by)
    assert LineResult.FAILED in results(batch).values()


@pytest.mark.parametrize(("alone", "spoken"), [(True, True), (False, False)])
def test_a_refusal_without_an_id_is_sent_again_only_where_it_can_mean_no_other_line(tmp_path, alone, spoken):
    async def refuse_b_once(speaker, _socket, text):
        if text == "b" and speaker.texts.count("b") == 1:
            await asyncio.sleep(0.02)
            return "RateLimit"
        await asyncio.sleep(0.2 if text == "a" else 0)
        return None

    speaker = Speaker(refuse_b_once)
    speaker.ids = False
    batch = run(speaker, jobs(2), tmp_path, parallelism=1 if alone else 2)
    assert (set(results(batch).values()) == {LineResult.SPOKEN}) == spoken
    assert Counter(speaker.texts) == ({"a": 1, "b": 2} if alone else {"a": 1, "b": 1})


def test_a_generation_without_audio_is_a_failure_and_no_file(tmp_path, monkeypatch):
    monkeypatch.setattr("batch.speaker.sound", lambda _seconds: b"")
    batch = run(Speaker(speak), jobs(2), tmp_path)
    assert set(results(batch).values()) == {LineResult.FAILED}
    assert not list(tmp_path.glob("*.wav"))


def test_a_page_in_place_of_audio_is_a_failure_and_no_file(tmp_path, monkeypatch):
    monkeypatch.setattr("batch.speaker.sound", lambda _seconds: b"<!DOCTYPE html><title>502</title>")
    batch = run(Speaker(speak), jobs(1, format="mp3"), tmp_path)
    assert set(results(batch).values()) == {LineResult.FAILED}
    assert not list(tmp_path.glob("*.mp3"))


@pytest.mark.parametrize(
    ("status", "code"),
    [(401, ExitCode.KEY), (402, ExitCode.ERROR), (429, ExitCode.ERROR), (503, ExitCode.ERROR)],
)
def test_without_a_connection_nothing_is_sent(tmp_path, status, code):
    speaker = Speaker(speak)
    batch = run(speaker, jobs(3), tmp_path, refuse=status)
    assert set(results(batch).values()) == {LineResult.SKIPPED}
    assert (batch.stopped_by.exit_code, speaker.texts) == (code, [])


def test_what_cannot_be_written_stops_the_run_before_more_is_paid_for(tmp_path):
    work = jobs(4)
    (tmp_path / work[0].line.out).mkdir()
    speaker = Speaker(speak)
    batch = run(speaker, work, tmp_path, parallelism=1)
    assert results(batch)["a"] is LineResult.FAILED
    assert results(batch)["d"] is LineResult.SKIPPED
    assert len(speaker.texts) <= 3


def test_cancelled_it_keeps_what_is_finished_and_says_what_may_be_paid_for(tmp_path):
    async def a_is_fast(_speaker, _socket, text):
        await asyncio.sleep(0 if text == "a" else 60)

    speaker = Speaker(a_is_fast)
    batch = run(speaker, jobs(9), tmp_path, parallelism=2, cancel_when=lambda: len(speaker.texts) >= 3)
    done = results(batch)
    assert done["a"] is LineResult.SPOKEN
    assert (done["b"], done["c"]) == (LineResult.FAILED, LineResult.FAILED)
    assert set(map(done.get, "defghi")) == {LineResult.SKIPPED}
    assert "may have been paid" in batch.outcomes["0002-b.wav"].error
    assert [path.name for path in sorted(tmp_path.glob("*.wav"))] == ["0001-a.wav"]
    assert set(peek_state(tmp_path).records) == {"0001-a.wav"}
