"""The catalogue of all reports: what, for which period, when, status, headline result.

One page that works from a memory stick: relative links, no script, nothing loaded.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Literal

from mtf_eval.publish.cells import moment
from mtf_eval.publish.shell import STATUS, css, environment

State = Literal["current", "failed", "out_of_date"]
STATES = {
    "current": ("Current", "\N{HEAVY CHECK MARK}"),
    "failed": ("Failed", "\N{MULTIPLICATION X}"),
    "out_of_date": ("Out of date", "\N{BLACK UP-POINTING TRIANGLE}"),
}
QUESTIONS = {"project_evaluation": "What changed", "benefit_analysis": "Costs and benefits"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One report in the catalogue; links are relative to the index.

    `dataset` is the folder; `status`, `result` and `maryland` are as `headline_result` said; `csv`
    leads to where the page lists its tables; a link is empty where nothing is there. `project` is
    empty for a report of no one project.
    """

    dataset: str
    dataset_title: str
    title: str
    period: str
    kind: str
    run_time: str
    html: str
    status: str = "complete"
    result: str = ""
    maryland: int | None = None
    rule: str = ""
    illustrative: bool = False
    state: State = "current"
    why: str = ""
    workbook: str = ""
    csv: str = ""
    pdf: str = ""
    corrections: int = 0
    project: str = ""

    @property
    def question(self) -> str:
        """What a report about a project answers."""
        return QUESTIONS.get(self.kind, self.title)

    @property
    def mark(self) -> tuple[str, str]:
        """Word and shape of the state."""
        return STATES[self.state]

    @property
    def stage(self) -> str:
        """Where the work that the report is about stands, in words."""
        return STATUS.get(self.status, self.status)


@dataclass(frozen=True, slots=True)
class _Set:
    """The reports of one data set: those about the whole of it, then project by project."""

    entries: Sequence[Entry]

    @property
    def title(self) -> str:
        return self.entries[0].dataset_title

    @property
    def illustrative(self) -> bool:
        return any(e.illustrative for e in self.entries)

    @property
    def internal(self) -> bool:
        return any(e.rule == "internal" for e in self.entries)

    @property
    def whole(self) -> Sequence[Entry]:
        return [e for e in self.entries if not e.project]

    @property
    def projects(self) -> Sequence[tuple[str, Sequence[tuple[str, Sequence[Entry]]]]]:
        """Stage, and heading and reports of each project in it, its evaluation first."""
        found: dict[str, list[Entry]] = {}
        for entry in self.entries:
            if entry.project:
                found.setdefault(entry.project, []).append(entry)
        first = [*found.values()]
        for own in first:
            own.sort(key=lambda entry: [*QUESTIONS, entry.kind].index(entry.kind))
        order = [word for word in STATUS.values() if any(own[0].stage == word for own in first)]
        return [
            (stage, [(own[0].title, own) for own in first if own[0].stage == stage])
            for stage in order
        ]


def index(entries: Sequence[Entry], *, run_time: str) -> str:
    """Return the catalogue over all data sets, in the order given within each."""
    ordered = sorted(entries, key=lambda e: (e.illustrative, e.dataset))
    page = environment().get_template("catalogue.html.j2")
    return page.render(
        sets=[_Set(list(group)) for _, group in groupby(ordered, key=lambda e: e.dataset)],
        run_time=run_time,
        trouble=[e for e in entries if e.state != "current"],
        css=css(),
        count=len(entries),
        moment=moment,
    )
