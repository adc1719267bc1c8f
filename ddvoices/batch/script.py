"""A script's bytes → its lines, each with everything that its speech depends on; or all that is wrong."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from functools import cached_property
from pathlib import PurePosixPath
from typing import Any

from ddvoices.audio.names import ENDINGS, PCM_SAMPLE_RATE, SPOKEN_FORMATS, ending_of, safe_stem
from ddvoices.batch.fields import drop_unknown, line_fields
from ddvoices.batch.jsonl import LINE_BREAK, read_json_lines
from ddvoices.batch.outs import NOT_UTF8, check_outs, clean_out, is_utf8, out_problem
from ddvoices.batch.table import TABLE_BREAK, WHOLE_NUMBERS, read_table
from ddvoices.catalog.entries import Section
from ddvoices.catalog.files import decode
from ddvoices.catalog.findings import Findings, did_you_mean, quoted
from ddvoices.catalog.reader import read_yaml
from ddvoices.catalog.schema import check_schema
from ddvoices.catalog.tree import YAML_BREAK, Document, Mark, Step
from ddvoices.client.errors import InvalidOptionError
from ddvoices.client.options import DEFAULT_LOCALE, check_speech
from ddvoices.errors import Problem, ScriptError, UsageError

MAX_SCRIPT_BYTES = 20 * 2**20
MAX_LINES = 100_000
# told at once; who has more of them has one mistake many times
MAX_PROBLEMS = 500
DEFAULT_FORMAT = "wav"
# what one of these says, the others of its group don't say any more, when a line differs from a default
_GROUPS = (("voice", "voice_prompt_id"), ("tempo", "duration"))
# in place of what can't be checked, since it is no text
_SOUND = {"text": "?", "model": "?", "locale": "?"}
# what a voice can still follow; the service says nothing of a limit
_SLOWEST, _FASTEST = 0.25, 4
# which line it is, its place tells
_LINE_PATH = re.compile(r"^(lines)?\[[0-9]+\]\.?")


class ScriptFormat(StrEnum):
    """What a script is written in."""

    YAML = "yaml"
    CSV = "csv"
    JSONL = "jsonl"


_BREAKS: Mapping[ScriptFormat, re.Pattern[str]] = {
    ScriptFormat.YAML: YAML_BREAK,
    ScriptFormat.CSV: TABLE_BREAK,
    ScriptFormat.JSONL: LINE_BREAK,
}
ENDING_FORMATS: Mapping[str, ScriptFormat] = {
    ".yaml": ScriptFormat.YAML,
    ".yml": ScriptFormat.YAML,
    ".csv": ScriptFormat.CSV,
    ".tsv": ScriptFormat.CSV,
    ".jsonl": ScriptFormat.JSONL,
    ".ndjson": ScriptFormat.JSONL,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line to speak: ``out`` is its file below the output directory, ``at`` where it stands.

    ``voice`` is a key of the catalog, else None and ``voice_id`` is set. ``speech`` are the options of the
    client's call, all of them that are given.
    """

    at: Mark
    text: str
    out: str
    voice: str | None
    voice_id: str | None
    speech: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Cast:
    """The keys that lines may name: the ``locales`` of those in the region, the regions of the others."""

    region: str = ""
    locales: Mapping[str, str] = field(default_factory=dict)
    elsewhere: Mapping[str, Sequence[str]] = field(default_factory=dict)


@dataclass(frozen=True)
class Script:
    """A script that was read, with what has been found so far.

    ``given`` is how a line is spoken where neither it nor the script says it, named as a line's fields.
    """

    document: Document
    given: Mapping[str, Any]
    findings: Findings = field(default_factory=Findings)

    @cached_property
    def _wrong(self) -> frozenset[tuple[Step, ...]]:
        """Check the schema, once."""
        return check_schema(self.document, "batch", self.findings)

    @property
    def voices(self) -> frozenset[str]:
        """Return the keys of voices that the lines name."""
        named = (self._merged(section).get("voice") for section in self._sections)
        return frozenset(key for key in named if key is not None)

    def lines(self, cast: Cast) -> tuple[Line, ...]:
        """Return the lines.

        Raises:
            ScriptError: with everything that is wrong, in the order of lines.
        """
        lines = [self._line(number, section, cast) for number, section in enumerate(self._sections, start=1)]
        check_outs(
            [(line.out, section.path) for line, section in zip(lines, self._sections, strict=True)],
            self.document,
            self.findings,
        )
        self.check()
        self._warn_of_tempo(lines)
        return tuple(lines)

    def warning_lines(self) -> tuple[str, ...]:
        """Return what is legal but doubtful, a line each."""
        return tuple(map(str, _shown(self.findings.warnings)))

    def check(self) -> None:
        """End here if anything is wrong so far.

        Raises:
            ScriptError: see above.
        """
        _ = self._wrong
        problems = _shown(self.findings.problems)
        if len(problems) > MAX_PROBLEMS:
            more = len(problems) - MAX_PROBLEMS
            last = Problem(self.document.file, 0, 0, "", f"{more} more problems like these")
            problems = [*problems[:MAX_PROBLEMS], last]
        if problems:
            raise ScriptError(problems)
        if not self._sections:
            raise ScriptError([Problem(self.document.file, 0, 0, "", "there are no lines in this script")])

    @cached_property
    def _sections(self) -> list[Section]:
        """Return each line as it is written."""
        found: Any = self.document.data
        path: tuple[Step, ...] = ()
        if isinstance(found, dict):
            found, path = found.get("lines"), ("lines",)
        by_line: dict[Step, set[tuple[Step, ...]]] = {}
        for wrong in self._wrong:
            if len(wrong) > len(path):
                by_line.setdefault(wrong[len(path)], set()).add(wrong)
        return [
            Section(
                document=self.document,
                path=(*path, index),
                fields=fields,
                wrong=frozenset(by_line.get(index, ())),
            )
            for index, fields in enumerate(found if isinstance(found, list) else ())
            if isinstance(fields, dict)
        ]

    @cached_property
    def _defaults(self) -> dict[str, Any]:
        """Return what the script says for all lines, over what is given."""
        data = self.document.data
        fields = data.get("defaults") if isinstance(data, dict) else None
        fields = fields if isinstance(fields, dict) else {}
        section = Section(document=self.document, path=("defaults",), fields=fields, wrong=self._wrong)
        self._check_pairs(section)
        return _over(self.given, section)

    def _merged(self, section: Section) -> dict[str, Any]:
        return _over(self._defaults, section)

    def _line(self, number: int, section: Section, cast: Cast) -> Line:
        merged = self._merged(section)
        self._check_pairs(section)
        self._check_voice(section, merged, cast)
        text = str(section.get("text") or "").strip()
        out = self._out(section)
        audio_format = self._format(section, merged, out)
        speech = {name: value for name, value in merged.items() if name not in _NOT_SPEECH}
        speech["format"] = audio_format
        voices_own = cast.locales.get(merged.get("voice") or "")
        speech["locale"] = merged.get("locale") or voices_own or DEFAULT_LOCALE
        if audio_format == "headerless-wav":  # nothing in it would tell
            speech.setdefault("sample_rate", PCM_SAMPLE_RATE)
        self._check_speech(section, {"text": text or "?", **speech})
        return Line(
            at=self.document.key_at(section.path),
            text=text,
            out=out or f"{number:04d}-{safe_stem(text)}{ending_of(audio_format)}",
            voice=merged.get("voice"),
            voice_id=merged.get("voice_prompt_id"),
            speech=speech,
        )

    # rules of one line; each looks only at values that are right by themselves

    def _check_pairs(self, section: Section) -> None:
        for group in _GROUPS:
            if all(section.has(name) for name in group):
                message = f"{' and '.join(group)} exclude each other: remove one"
                self.findings.key(self.document, section.within(group[1]), message)

    def _check_voice(self, section: Section, merged: Mapping[str, Any], cast: Cast) -> None:
        key, said = merged.get("voice"), self._said(section, *_GROUPS[0])
        if key is None and merged.get("voice_prompt_id") is None:
            if said is None:
                message = "no voice: give 'voice' (a key of the catalog) or 'voice_prompt_id'"
                self.findings.key(self.document, section.path, message)
        elif key is not None and key in cast.elsewhere:
            regions = ", ".join(cast.elsewhere[key])
            self._tell(
                said, "--voice", f"{key} is not for region {cast.region}, but for {regions}: choose with -r"
            )
        elif key is not None and key not in cast.locales:
            hint = did_you_mean(key, (*cast.locales, *cast.elsewhere))
            self._tell(said, "--voice", f"no voice {quoted(key)} in the catalog{hint}")

    def _warn_of_tempo(self, lines: Sequence[Line]) -> None:
        """Say once that a tempo is out of what a voice can follow."""
        found = [
            (section, line.speech["tempo"])
            for section, line in zip(self._sections, lines, strict=True)
            if not _SLOWEST <= line.speech.get("tempo", 1) <= _FASTEST
        ]
        if not found:
            return
        (section, tempo), more = found[0], len(found) - 1
        message = f"{tempo:g} is out of {_SLOWEST} to {_FASTEST}: the service may refuse it"
        message += f" (and {more} more like it)" if more else ""
        path = self._said(section, "tempo")
        if path is None:
            self.findings.file_warning("--tempo", message)
        else:
            self.findings.warn(self.document, path, message)

    def _said(self, section: Section, *names: str) -> tuple[Step, ...] | None:
        """Return where the first of these fields is said: by the line, else by the script's defaults."""
        own = next((section.within(name) for name in names if section.has(name)), None)
        if own is not None:
            return own
        defaults = self.document.data.get("defaults") if isinstance(self.document.data, dict) else None
        shared = [name for name in names if isinstance(defaults, dict) and name in defaults]
        return ("defaults", shared[0]) if shared else None

    def _tell(self, path: tuple[Step, ...] | None, option: str, message: str) -> None:
        """Add a problem of what is said at ``path``, or else on the command line."""
        if path is None:
            self.findings.file_problem(option, message)
        else:
            self.findings.value(self.document, path, message)

    def _out(self, section: Section) -> str:
        """Return a line's file; nothing where it names none, or none that can be."""
        out = section.get("out")
        if out is None:
            return ""
        problem = out_problem(out)
        if problem is not None:
            self.findings.value(self.document, section.within("out"), problem)
        return clean_out(out) if problem is None else ""

    def _format(self, section: Section, merged: Mapping[str, Any], out: str) -> str:
        """Return the format of a line's audio: its own, else by the ending, else what holds for all."""
        own, implied = section.get("format"), ENDINGS.get(PurePosixPath(out).suffix.lower())
        if out and own is None and implied is None:
            known = ", ".join(ENDINGS)
            message = f"no format has this ending: use one of {known}, or name the line's 'format'"
            self.findings.value(self.document, section.within("out"), message)
        if own is not None and implied not in {None, own}:
            message = f"what is in it will be {own}, whatever the ending says"
            self.findings.warn(self.document, section.within("out"), message)
        return str(own or implied or merged.get("format") or DEFAULT_FORMAT)

    def _check_speech(self, section: Section, options: Mapping[str, Any]) -> None:
        """Have the client find what no schema can say, and what UTF-8 can't."""
        sound = {name: value for name, value in options.items() if is_utf8(str(value))}
        try:
            check_speech({**_SOUND, **sound}, formats=SPOKEN_FORMATS)
        except InvalidOptionError as error:
            if error.options != _GROUPS[1]:  # which was told with its place
                option = f"--{error.options[0].replace('_', '-')}"
                message = str(error).removeprefix(f"{error.options[0]}: ")
                self._tell(self._said(section, *error.options), option, message)
        for name in section.fields:
            value = section.get(name)
            if isinstance(value, str) and name != "out" and not is_utf8(value):
                message = NOT_UTF8
                self.findings.value(self.document, section.within(name), message)


_NOT_SPEECH = frozenset({"text", "voice", "voice_prompt_id", "out"})


def open_script(data: bytes, file: str, form: ScriptFormat, given: Mapping[str, Any]) -> Script:
    """Read a script's bytes; ``file`` is how it is shown.

    Raises:
        ScriptError: nothing of it can be read.
    """
    findings = Findings()
    text = decode(data, file, findings, breaks=_BREAKS[form])
    document = _read(text, file, form, findings) if text is not None else None
    if document is None:
        raise ScriptError(_shown(findings.problems))
    drop_unknown(document, findings)
    given = _set(given)
    for group in _GROUPS:
        if given.keys() >= set(group):
            names = " and ".join(f"--{name.replace('_', '-')}" for name in group)
            raise UsageError(f"{names} exclude each other: give one")
    script = Script(document=document, given=given, findings=findings)
    data_lines = document.data.get("lines") if isinstance(document.data, dict) else document.data
    if isinstance(data_lines, list) and len(data_lines) > MAX_LINES:
        message = f"{len(data_lines)} lines: at most {MAX_LINES} are taken, so split the script"
        raise ScriptError([Problem(file, 0, 0, "", message)])
    return script


def _read(text: str, file: str, form: ScriptFormat, findings: Findings) -> Document | None:
    match form:
        case ScriptFormat.YAML:
            return read_yaml(text, file, findings)
        case ScriptFormat.JSONL:
            return read_json_lines(text, file, findings)
        case ScriptFormat.CSV:
            return read_table(text, file, line_fields(), findings)


def _shown(problems: Iterable[Problem]) -> list[Problem]:
    """Return problems each once and in order, by the fields of their lines."""
    return sorted({replace(each, path=_LINE_PATH.sub("", each.path)) for each in problems})


def _set(given: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in given.items() if value is not None}


def _over(general: Mapping[str, Any], section: Section) -> dict[str, Any]:
    """Return what is said in general with a section's own fields over it."""
    merged = dict(general)
    for group in _GROUPS:
        if any(section.has(name) for name in group):
            for name in group:
                merged.pop(name, None)
    own = {name: section.get(name) for name in section.fields if section.get(name) is not None}
    return merged | {name: int(v) if name in WHOLE_NUMBERS else v for name, v in own.items()}
