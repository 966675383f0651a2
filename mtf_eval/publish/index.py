"""The catalogue of all reports: what, for which period, when, status, headline result.

One page that works from a memory stick: relative links, no script, nothing loaded.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Literal

from mtf_eval.publish.cells import moment
from mtf_eval.publish.shell import css, environment

__all__ = ["Entry", "index"]

State = Literal["current", "failed", "out_of_date"]
STATES = {
    "current": ("Current", "\N{HEAVY CHECK MARK}"),
    "failed": ("Failed", "\N{MULTIPLICATION X}"),
    "out_of_date": ("Out of date", "\N{BLACK UP-POINTING TRIANGLE}"),
}
STATUS = {
    "complete": "complete",
    "running": "still running",
    "planning": "being planned",
    "no_records": "no records to work from",
    "provisional": "provisional",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One report in the catalogue; links are relative to the index.

    Attributes
    ----------
    dataset, dataset_title
        Folder and title of the data set.
    title, period, kind
        As the page says.
    run_time
        When this report was run, ISO 8601.
    status, result, maryland
        As `headline_result` in the notebook said.
    state, why
        Whether the report is current, and if not, why not.
    html, workbook, csv, pdf
        Links; `csv` to the folder of tables. Empty when not there.
    corrections
        How many published figures the report has corrected.
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

    @property
    def mark(self) -> tuple[str, str]:
        """Word and shape of the state."""
        return STATES[self.state]

    @property
    def stage(self) -> str:
        """Where the work that the report is about stands, in words."""
        return STATUS.get(self.status, self.status)


def index(entries: Sequence[Entry], *, run_time: str) -> str:
    """Return the catalogue over all data sets, in the order given within each.

    Parameters
    ----------
    run_time
        When the last run was, ISO 8601; stands in `<time>` elements only.
    """
    ordered = sorted(entries, key=lambda e: (e.illustrative, e.dataset))
    groups = [(name, list(group)) for name, group in groupby(ordered, key=lambda e: e.dataset)]
    page = environment().get_template("catalogue.html.j2")
    trouble = [e for e in entries if e.state != "current"]
    return page.render(
        groups=groups,
        run_time=run_time,
        trouble=trouble,
        css=css(),
        count=len(entries),
        moment=moment,
    )
