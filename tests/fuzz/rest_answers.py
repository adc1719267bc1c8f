"""What must hold of a REST call, whatever bytes the service answers with: heads, bodies, or neither."""

from __future__ import annotations

import asyncio
import io
import json
import logging
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, redirect_stdout
from pathlib import Path
from typing import Any

from audio import recordings as rec
from client.scripted import KEY, WAV, Scripted, raw
from plan.makers import catalog, region, voice

from ddvoices.cli import voices
from ddvoices.cli.session import Session
from ddvoices.client import DeepdubClient, parse_voice
from ddvoices.client.wire.rest import created_id, gender_found
from ddvoices.errors import DdvoicesError
from ddvoices.model import ObservedVoice, PlanOptions
from ddvoices.plan import make_plan, plan_document, read_document
from ddvoices.report.terminal import json_text

PARTED = b"\n%%%\n"
"""Stands between the answers to one request after the other; the last is repeated."""

_MP3 = rec.mp3()
_MOST_REQUESTS = 40
_LONGEST_ERROR = 1000
_RETRIES = 1
_DESIRED = catalog(voice("ada", ids={"us": "v1"}), voice("bert", sound="b"))
_JOINERS = str.maketrans("", "", "\u200c\u200d")


def plain_answer(body: bytes) -> bytes:
    """Return a body as a service sends it that is in order."""
    head = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    return head.encode() + body


def check_rest(data: bytes) -> None:
    """Whatever is answered, a call returns what can be used, or one of our errors, after a few requests.

    The first line names the call; without a name that is known it is the listing.
    """
    name, _, said = data.partition(b"\n")
    call = CALLS.get(name.decode("latin-1"), _list)
    answers = (said if name.decode("latin-1") in CALLS else data).split(PARTED)
    with _unlogged(), Scripted(*map(raw, answers)) as server, _client_of(server) as client:
        try:
            found = call(client)
        except DdvoicesError as error:
            message = str(error)
        else:
            message = ""
            if call in {_list, _get} and len(server.received) == 1:
                _is_what_was_said(found, answers)
        assert 0 < len(server.received) <= _MOST_REQUESTS
    assert message.isprintable()
    assert len(message) <= _LONGEST_ERROR
    assert KEY not in message


@contextmanager
def _unlogged() -> Iterator[None]:
    """Keep urllib3's tracebacks out of the log: whoever keeps them keeps its connections open."""
    log = logging.getLogger("urllib3")
    level = log.level
    log.setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        log.setLevel(level)


def _client_of(server: Scripted) -> DeepdubClient:
    return DeepdubClient(
        server.base_url,
        api_key=KEY,
        environ={},
        sleep=lambda _: None,
        timeout=10,
        max_retries=_RETRIES,
    )


def _is_what_was_said(found: Mapping[str, Any], answers: list[bytes]) -> None:
    """A plain answer to the only request is returned as it is, in today's envelope; a key in it is hidden."""
    document = _plainly_said(answers[0])
    assert KEY not in repr(found)
    if "***" in repr(found):
        return
    if isinstance(document, dict) and ("voicePrompts" in document) is ("voicePrompts" in found):
        assert repr(found["voicePrompts"] if "voicePrompts" in found else found["prompt"]) == repr(
            (document["voicePrompts"] or []) if "voicePrompts" in found else document.get("prompt", document)
        )


def _plainly_said(answer: bytes) -> object:
    head, _, body = answer.partition(b"\r\n\r\n")
    return json.loads(body) if head and answer == plain_answer(body) else None


def _list(client: DeepdubClient) -> dict[str, Any]:
    answer = client.list_voices()
    _is_shown(lambda: voices._print_json(answer))
    assert repr(json.loads(_printed(lambda: voices._print_json(answer)))) == repr(answer)
    _is_shown(lambda: Session(catalog_directory=Path()).print_table(voices._listing(answer["voicePrompts"])))
    return answer


def _observe(client: DeepdubClient) -> None:
    """What is observed is planned with, and the plan can be read."""
    found = client.observe_voices()
    assert len({each.id for each in found}) == len(found)
    for each in found:
        _is_a_voice(each)
    plan = plan_document(make_plan(_DESIRED, {"us": region(*found)}, options=PlanOptions(prune=True)))
    assert read_document(json_text(plan), name="plan") == plan


def _is_a_voice(found: ObservedVoice) -> None:
    texts = [getattr(found, name) for name in ObservedVoice.__slots__ if name != "listed"]
    assert found.id
    assert all(isinstance(text, str | None) for text in texts)


def _get(client: DeepdubClient) -> dict[str, Any]:
    answer = client.get_voice("v1")
    _is_a_voice(parse_voice(answer["prompt"]))
    session = Session(catalog_directory=Path())
    for form in ("text", "json"):
        _is_shown(lambda form=form: voices._print_voice(session, answer, form))
    assert voices._question(answer, "us").translate(_JOINERS).isprintable()
    return answer


def _add(client: DeepdubClient) -> None:
    assert created_id(client.add_voice(WAV, "Ada", "female", "en-GB"))


def _gender(client: DeepdubClient) -> None:
    found, confidence = gender_found(asyncio.run(client.gender_classify(_MP3)))
    assert isinstance(found, str)
    assert isinstance(confidence, float | None)


def _retro(client: DeepdubClient) -> None:
    client.tts_retro_get(client.tts_retro("Hello.", "v")["url"])


def _is_shown(show: Callable[[], None]) -> None:
    """Nothing of it steers a terminal."""
    assert all(line.translate(_JOINERS).isprintable() for line in _printed(show).split("\n"))


def _printed(show: Callable[[], None]) -> str:
    with redirect_stdout(io.StringIO()) as out:
        show()
    return out.getvalue()


CALLS: Mapping[str, Callable[[DeepdubClient], Any]] = {
    "list": _list,
    "observe": _observe,
    "get": _get,
    "add": _add,
    "update": lambda client: client.update_voice("v1", name="Ada"),
    "delete": lambda client: client.delete_voice("v1"),
    "gender": _gender,
    "retro": _retro,
    "tts": lambda client: client.tts("Hello.", voice_prompt_id="v"),
}
