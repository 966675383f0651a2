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


def _stages(entries: Sequence[Entry]) -> list[tuple[str, list[tuple[str, list[Entry]]]]]:
    """Return the stages, and heading and reports of each project in one, its evaluation first."""
    found: dict[str, list[Entry]] = {}
    for entry in entries:
        if entry.project:
            found.setdefault(entry.project, []).append(entry)
    stages: dict[str, list[tuple[str, list[Entry]]]] = {status: [] for status in STATUS}
    for own in found.values():
        own.sort(key=lambda entry: [*QUESTIONS, entry.kind].index(entry.kind))
        stages.setdefault(own[0].status, []).append((own[0].title, own))
    return [(STATUS.get(status, status), each) for status, each in stages.items() if each]


def index(entries: Sequence[Entry], *, run_time: str) -> str:
    """Return the catalogue over all data sets, in the order given within each."""
    ordered = sorted(entries, key=lambda e: (e.illustrative, e.dataset))
    sets = [list(group) for _, group in groupby(ordered, key=lambda e: e.dataset)]
    page = environment().get_template("catalogue.html.j2")
    return page.render(
        sets=[(entries, _stages(entries)) for entries in sets],
        run_time=run_time,
        trouble=[e for e in entries if e.state != "current"],
        css=css(),
        count=len(entries),
        moment=moment,
        questions=QUESTIONS,
        states=STATES,
        stages=STATUS,
    )
