"""``ddvoices audition``: one line spoken by every voice, as a page to listen to."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ddvoices.cli import options, speaking
from ddvoices.cli.session import Session
from ddvoices.errors import DdvoicesError, ExitCode

if TYPE_CHECKING:
    from ddvoices.cli.takes import Stage, Takes
    from ddvoices.model import Catalog, VoiceSpec
    from ddvoices.review import Part, Take

_FOLDER = Path("audition")
_PAGE = "index.html"
_FORMATS = ("mp3", "opus", "wav")


@click.command
@speaking.text
@speaking.text_file
@options.regions
@options.with_targets("Only the voice of this key; a glob such as 'ada-*' works; may be repeated.")
@options.with_labels("Only voices with this label; may be repeated.")
@click.option(
    "-o",
    "--output",
    type=click.Path(file_okay=False, path_type=Path),
    metavar="DIR",
    help=f"Where the page and the takes go.  [default: {_FOLDER}]",
)
@click.option(
    "--format",
    "audio_format",
    type=click.Choice(_FORMATS),
    default="mp3",
    show_default=True,
    help="The format of the takes.",
)
@speaking.manner_of_each
@options.parallelism("How many generations may be under way at once.")
@options.embed_limit
@click.option("--dry-run", is_flag=True, help="Show what would be spoken, by which voices.")
@click.option("--force", is_flag=True, help="Speak all takes again.")
@click.pass_obj
def audition(
    session: Session,
    /,
    *,
    text: str | None,
    file: Path | None,
    regions: tuple[str, ...],
    targets: tuple[str, ...],
    labels: tuple[tuple[str, str], ...],
    output: Path | None,
    audio_format: str,
    parallelism: int,
    embed_limit: int,
    dry_run: bool,
    force: bool,
    **manner: Any,
) -> int:
    """Have one line spoken by every voice, as a page to listen to.

    DIR/index.html plays all takes at the same loudness, filters them, and marks favourites, which it saves
    as text or JSON. The takes are beside it, a directory for each region. Each take costs credits; what was
    spoken before by the same voice in the same manner is not spoken again.

    \b
    Examples:
      ddvoices audition "Call me Ishmael."
      ddvoices audition -f line.txt -t 'ada-*' -r us -o casting
    """
    from ddvoices.cli.hearing import hear
    from ddvoices.cli.planning import plan_now, tell_errors
    from ddvoices.cli.scripts import run_options
    from ddvoices.cli.takes import Stage, Takes
    from ddvoices.model import PlanOptions

    line = speaking.read_text(text, file)
    folder = _folder(output)
    hear(session)
    choice = PlanOptions(targets=targets, labels=labels)
    catalog, plan = plan_now(session, regions, choice)
    tell_errors(session, plan)
    stages = [Stage(region, _chosen(catalog, choice, region.region)) for region in plan.regions]
    if not any(stage.ids for stage in stages):
        raise DdvoicesError("no voice is there to speak: run `ddvoices plan`, and `ddvoices apply`")
    asked = {**manner, "format": audio_format}
    takes = Takes(session, line, folder, asked, force=force)
    for stage in stages:
        takes.speak(stage, run_options(parallelism), dry_run=dry_run)
    if dry_run:
        return ExitCode.OK
    _write_page(session, takes, stages, embed_limit)
    return takes.exit_code(complete=plan.complete)


def _folder(output: Path | None) -> Path:
    """Return where the page goes; the default isn't one that somebody else chose by a link.

    Raises:
        OutputError: it is such a link.
    """
    from ddvoices.files import check_file, check_folder

    if output is None:
        check_folder(_FOLDER)
    folder = output or _FOLDER
    check_file(folder / _PAGE)
    return folder


def _chosen(catalog: Catalog, choice: Any, region: str) -> list[VoiceSpec]:
    from ddvoices.plan import is_chosen

    return [spec for spec in catalog.wanted_in(region) if is_chosen(spec, choice)]


def _write_page(session: Session, takes: Takes, stages: Sequence[Stage], embed_limit: int) -> None:
    """Write the page of all takes that are there."""
    from ddvoices.cli.pages import write_page
    from ddvoices.review import audition_page

    try:
        page = audition_page(takes.line, _parts(takes, stages), takes.folder, limit=embed_limit * 10**6)
    except OSError as error:
        raise DdvoicesError(f"{error.filename}: can't be read: {error.strerror}") from error
    write_page(session, page, takes.folder / _PAGE, named=False)


def _parts(takes: Takes, stages: Sequence[Stage]) -> list[Part]:
    from ddvoices.review import Part

    specs = {spec.key: spec for stage in stages for spec in stage.specs}
    return [
        Part(
            key=key,
            name=spec.name,
            locale=spec.locale,
            gender=str(spec.gender),
            takes=[_take(takes, stage, key) for stage in stages if stage.region in spec.regions],
        )
        for key, spec in sorted(specs.items())
    ]


def _take(takes: Takes, stage: Stage, key: str) -> Take:
    from ddvoices.review import Take

    out = takes.out(key)
    outcome = takes.outcomes.get((stage.region, out))
    if key not in stage.ids:
        return Take(region=stage.region, missing=stage.why_missing(key))
    if outcome is None or not outcome.is_there:
        why = outcome.error if outcome is not None and outcome.error else "not spoken"
        return Take(region=stage.region, voice_id=stage.ids[key], missing=why)
    return Take(
        region=stage.region,
        voice_id=stage.ids[key],
        file=Path(stage.region, out),
        note=stage.notes.get(key, ""),
    )
