"""``ddvoices gender``: whose voice is it in a recording, a woman's or a man's?"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from ddvoices.cli import options
from ddvoices.cli.direct import check_recording, open_client
from ddvoices.cli.session import Session
from ddvoices.errors import ExitCode


@click.command
@click.argument("recording", type=click.Path(exists=True, dir_okay=False, path_type=Path), metavar="FILE")
@options.region
@click.option(
    "--sample-rate",
    type=click.IntRange(1000, 48_000),
    default=16000,
    show_default=True,
    metavar="HERTZ",
    help="The rate at which the first second of a WAV is sent.",
)
@click.option("--generation-id", type=click.UUID, help="An id of your own for the question.")
@click.option(
    "--timeout",
    type=click.FloatRange(0, min_open=True),
    default=5.0,
    show_default=True,
    metavar="SECONDS",
    help="How long to wait for the answer.",
)
@click.option(
    "--format",
    "output_format",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
    help="How to print it; json is the service's own answer.",
)
@click.pass_obj
def gender(
    session: Session,
    /,
    *,
    recording: Path,
    region: str | None,
    sample_rate: int,
    generation_id: Any,
    timeout: float,
    output_format: str,
) -> int:
    """Say whether a recording is of a woman's or a man's voice.

    The service listens to the first second of a WAV; other formats are sent whole. It may answer 'unknown'.

    \b
    Examples:
      ddvoices gender ada.wav
      ddvoices gender ada.mp3 --format json
    """
    from ddvoices.cli.running import run_async

    check_recording(recording)
    with open_client(session, region) as client:
        answer = run_async(
            client.gender_classify(
                recording, sample_rate=sample_rate, timeout=timeout, generation_id=generation_id
            )
        )
    if output_format == "json":
        session.print_json(answer)
    else:
        click.echo(_line(answer))
    return ExitCode.OK


def _line(answer: Mapping[str, Any]) -> str:
    """Return the answer on one line; the numbers are the service's, if it gives any."""
    from ddvoices.client.wire.rest import gender_found
    from ddvoices.report.terminal import printable

    found, confidence = gender_found(answer)
    sure = f" ({confidence:.0%} sure)" if confidence is not None else ""
    return printable(found) + sure
