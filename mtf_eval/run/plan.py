"""What is due and why: which reports a data set gets, their names, their keys.

A notebook says by its parameters what it wants: `project_id`, one report a project; `plan_id`, one
a plan; `year`, one a year; `period`, one a half-year; none of them, one. Everything that can be
refused is refused here, before a kernel starts and before anything heavy is imported.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mtf_eval.errors import BadArgument, RunRefused
from mtf_eval.publish.look import Look
from mtf_eval.publish.shell import page_of
from mtf_eval.records.dataset import no_day
from mtf_eval.records.home import HOME, file_digest, versions
from mtf_eval.run.facts import LIBRARIES, Facts, code_digest, prices_digest
from mtf_eval.run.parameters import Template, read_template
from mtf_eval.run.store import Store

#: Years and half-years that have a report, and why other years have none.
Calendar = tuple[Sequence[int], Sequence[str], Mapping[str, str]]
Subject = tuple[str, Mapping[str, Any]]  # name of a report, what it is about
#: Notebooks whose reports have slides too.
SLIDES = ("tlg_report",)
_RESERVED = {"con", "prn", "aux", "nul"} | {f"{d}{i}" for d in ("com", "lpt") for i in range(10)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What the command asked for; empty means everything."""

    projects: tuple[str, ...] = ()
    years: tuple[int, ...] = ()
    periods: tuple[str, ...] = ()
    reports: tuple[str, ...] = ()
    parameters: Mapping[str, str] = field(default_factory=dict)
    release: str = "internal"
    as_of: str = ""
    reference: str = ""
    beside: tuple[str, ...] = ()
    own_notebooks: bool = False
    as_written: bool = False

    @property
    def narrow(self) -> bool:
        """Whether only a part of what is due was asked for."""
        asked = self.projects, self.years, self.periods, self.reports, self.own_notebooks
        return any(asked)


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """One report to be made: what, on what, under what name."""

    dataset: str
    name: str
    template: Template
    parameters: dict[str, Any]
    parts: dict[str, str]
    key: str
    related: tuple[str, ...] = ()

    @property
    def title(self) -> str:
        """The notebook's name as words, until its page says a better one."""
        return self.template.name.replace("_", " ").capitalize()

    def lacking(self, entry: Mapping[str, Any], beside: Iterable[str]) -> list[str]:
        """Return the endings of files wanted beside its page that a finished report has not."""
        there = {file.rpartition(".")[2] for file in entry.get("files", ())}
        slides = self.template.name in SLIDES
        return [e for e in beside if e not in there and (slides or e != "pptx")]


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """A data set's plan: its facts, every report that was asked for, and why some are due."""

    address: str
    facts: Facts
    reference: str
    reports: list[Report]
    due: dict[str, str]
    without: Mapping[str, str] = field(default_factory=dict)
    dropped: list[str] = field(default_factory=list)
    look: Look = field(default_factory=Look)

    @property
    def folder(self) -> str:
        """The data set's folder in the output."""
        return safe_name(self.facts.name)


def templates(paths: Iterable[Path] = ()) -> list[Template]:
    """Read the notebooks given, or all of ours."""
    return [read_template(p) for p in (list(paths) or sorted((HOME / "notebooks").glob("*.ipynb")))]


def safe_name(text: str) -> str:
    """Make a file name any system takes; a name that had to change gets a digest, so none meet.

    >>> safe_name("EX-001")
    'EX-001'
    """
    plain = re.sub(r"[^A-Za-z0-9._-]+", "-", text).strip(".-")[:60].rstrip(".-")
    reserved = plain.split(".")[0].lower() in _RESERVED
    if plain and plain == text and not reserved:
        return text
    plain = plain.replace(".", "-") if reserved else plain
    return f"{plain or 'x'}-{hashlib.sha256(text.encode()).hexdigest()[:8]}"


def make_plan(
    facts: Facts,
    books: Sequence[Template],
    wanted: Wanted,
    *,
    address: str,
    salt: str,
    published: Iterable[str] = (),
) -> list[Report]:
    """Return every report of a data set that is wanted.

    Links may lead to reports that stand `published` already. Refused: what is not there, parameters
    that do not fit, and two reports of one name.
    """
    calendar = facts.calendar(wanted.as_of)
    _check_wanted(facts, books, wanted, calendar)
    common = {
        "our code": code_digest(),
        "reference values": prices_digest(address, wanted.reference),
        "library versions": _short(json.dumps(versions(LIBRARIES))),
        "salt": salt,
    }
    drafts: list[tuple[str, Template, dict[str, Any]]] = []
    for book in books:
        if wanted.reports and book.name not in wanted.reports:
            continue
        given = {"data": address, "release": wanted.release, "as_of": wanted.as_of}
        given["own_prices"] = wanted.reference
        given = {k: v for k, v in given.items() if k in book.parameters and v}
        given |= {
            name: book.parameters[name].parse(text)
            for name, text in wanted.parameters.items()
            if name in book.parameters
        }
        for subject in _subjects(facts, book, wanted, calendar):
            values = book.checked({**given, **subject})
            drafts.append((_name(book, subject), book, values))
    _refuse_clashes(drafts)
    _refuse_dropped(facts, wanted, [book for _, book, _ in drafts])
    known = [(_name(b, s), s) for b in books for s in _subjects(facts, b, Wanted(), calendar)]
    subjects = dict(known)
    there = {*published, *(name for name, _, _ in drafts)}
    reports = []
    for name, book, values in drafts:
        near = related(name, subjects.get(name, {}), known, there)
        parts = {
            "notebook": book.digest,
            # The same records give the same page wherever they are kept.
            "parameters": json.dumps({k: values[k] for k in sorted(values) if k != "data"}),
            "related pages": " ".join(near),
            **common,
        }
        key = hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()
        reports.append(
            Report(
                dataset=safe_name(facts.name),
                name=name,
                template=book,
                parameters=values,
                parts={k: _short(v) for k, v in parts.items() if k != "salt"},
                key=key,
                related=near,
            )
        )
    return reports


def changed(entry: Mapping[str, Any], facts: Facts, salt: str) -> list[str]:
    """Return what a finished report read that is now another."""
    reads = entry.get("reads", {})
    now = facts.asked(reads, salt)
    return sorted(unit for unit in reads if reads[unit] != now[unit])


def decide(
    report: Report,
    store: Store,
    before: Mapping[str, Any],
    facts: Facts,
    beside: Iterable[str] = (),
) -> str:
    """Say why a report is due; `""` when its published page stands for the same inputs.

    `before` is the run record of its data set, `beside` what is wanted beside the page. A failed
    report is always due, and so is one whose page is not there with the content it was published
    with.
    """
    entry = before.get("reports", {}).get(report.name)
    if entry is None:
        return "new"
    if entry["outcome"] != "ok":
        return f"last run {entry['outcome']}"
    if entry["key"] != report.key:
        old = store.recall(f"{report.dataset}.parts").get(report.name, {})
        names = sorted(k for k in {*old, *report.parts} if old.get(k) != report.parts.get(k))
        return "changed: " + (", ".join(names) or "inputs")
    if units := changed(entry, facts, store.salt()):
        more = f" and {len(units) - 5} more" if len(units) > 5 else ""
        return "changed: " + ", ".join(units[:5]) + more
    page = page_of(store.out / report.dataset, report.name)
    if not page.is_file() or file_digest(page) != entry["sha256"]:
        return "its page is missing or was changed by hand"
    if lacking := report.lacking(entry, beside):
        return f"no {' and '.join(lacking)} beside its page yet"
    return ""


def _check_wanted(
    facts: Facts, books: Sequence[Template], wanted: Wanted, calendar: Calendar
) -> None:
    years, periods, without = calendar
    there = {
        "project": (wanted.projects, [*dict.fromkeys((*facts.projects, *facts.plans))]),
        "year": (wanted.years, years),
        "period": (wanted.periods, periods),
        "report": (wanted.reports, [b.name for b in books]),
    }
    for what, (asked, known) in there.items():
        _check_known(facts, what, asked, known, without)
    for name in wanted.parameters:
        if not any(name in b.parameters for b in books):
            # Let the parameter check say it, with the near name.
            books[0].checked({name: ""})


def _refuse_dropped(facts: Facts, wanted: Wanted, books: Sequence[Template]) -> None:
    """Refuse what was asked for and no report would use; and reports that need a day."""
    if wanted.as_of and (without := {b.name for b in books if "as_of" not in b.parameters}):
        raise BadArgument(
            f"--as-of {wanted.as_of}: {', '.join(sorted(without))} cannot be made as of a day (no "
            "parameter as_of); leave --as-of out, or name the other reports with --report"
        )
    for name, asked in (
        *((f"-p {name}", {name}) for name in wanted.parameters),
        *[("--project", {"project_id", "plan_id"})] * bool(wanted.projects),
        *[("--year", {"year"})] * bool(wanted.years),
        *[("--period", {"period"})] * bool(wanted.periods),
    ):
        if not any(asked & set(b.parameters) for b in books):
            raise BadArgument(f"{name}: none of the reports asked for has such a parameter")
    day = wanted.as_of or facts.as_at
    dated = [b.parameters["as_of"] for b in books if "as_of" in b.parameters]
    if not day and any(not parameter.default for parameter in dated):
        raise no_day(facts.name)


def _check_known(
    facts: Facts, what: str, asked: Sequence[Any], known: Sequence[Any], without: Mapping[str, str]
) -> None:
    missing = [a for a in asked if a not in known]
    if missing:
        have = ", ".join(map(str, list(known)[:20])) or "none"
        why = "; ".join(without[str(m)] for m in missing if str(m) in without)
        raise BadArgument(
            f"{facts.name}: no {what} {', '.join(map(str, missing))}"
            f"{f' ({why})' if why else ''}; there is {have}"
        )


def _name(book: Template, subject: Mapping[str, Any]) -> str:
    label = "-".join(map(str, subject.values()))
    ending = f"-{safe_name(label)}" if label else ""
    return book.name.removesuffix(ending) + ending


def _subjects(
    facts: Facts, book: Template, wanted: Wanted, calendar: Calendar
) -> list[dict[str, Any]]:
    """Return what each report of a notebook is about, narrowed to what was asked for."""
    narrowed = wanted.projects or wanted.years or wanted.periods
    for parameter, what, asked, known in (
        ("project_id", "project", wanted.projects, facts.projects),
        ("plan_id", "plan", wanted.projects, facts.plans),
        ("year", "year", wanted.years, calendar[0]),
        ("period", "period", wanted.periods, calendar[1]),
    ):
        if parameter in book.parameters:
            chosen: Sequence[Any] = [a for a in asked if a in known] if narrowed else known
            if wanted.as_written and not narrowed:
                chosen = [book.parameters[parameter].default]
                _check_known(facts, what, chosen, known, calendar[2])
            return [{parameter: value} for value in chosen]
    return [] if narrowed and not wanted.reports else [{}]


def _refuse_clashes(drafts: Sequence[tuple[str, Template, dict[str, Any]]]) -> None:
    counted = Counter(name.lower() for name, _, _ in drafts)
    clashes = sorted(name for name, _, _ in drafts if counted[name.lower()] > 1)
    if clashes:
        raise RunRefused(
            "two reports would have one name (file systems do not all tell capitals apart): "
            + ", ".join(clashes)
        )


def _short(text: str) -> str:
    return text if len(text) <= 16 else hashlib.sha256(text.encode()).hexdigest()[:16]


# Which reports of a data set point to one another: a project, its benefit, its years and back


def title_of(name: str) -> str:
    """Return how a link calls a report: `project_evaluation-EX01` as `Project evaluation EX01`."""
    kind, _, subject = name.partition("-")
    words = kind.replace("_", " ").capitalize().replace("Tlg", "TLG")
    return f"{words} {subject}".rstrip()


def related(
    name: str, about: Mapping[str, Any], known: Sequence[Subject], there: Collection[str]
) -> tuple[str, ...]:
    """Return the reports that a report points to, in the order they are known.

    `about` is the report's subject, `known` every report with its subject, `there` those that are
    or will be published: no link leads to anything else.
    """
    chosen = [other for other, subject in known if other != name and _near(about, subject)]
    return tuple(n for n in chosen if n in there)


def _near(about: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    if own := {about.get("project_id"), about.get("plan_id")} - {None}:
        return bool(own & {other.get("project_id"), other.get("plan_id")}) or "year" in other
    year = about.get("year") or str(about.get("period", ""))[:4]
    same_year = str(other.get("year") or str(other.get("period", ""))[:4]) == str(year)
    return "project_id" in other or (bool(year) and same_year)
