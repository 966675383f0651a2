"""The catalogue of all reports: what, for which period, when, status, headline result.

One page that works from a memory stick: relative links, no script, nothing loaded.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

__all__ = ["Entry", "index"]

State = Literal["current", "failed", "out_of_date"]


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
    html, workbook, csv
        Links; `csv` to the folder of tables. Empty when not there.
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


def index(entries: Sequence[Entry], *, run_time: str) -> str:
    """Return the catalogue over all data sets."""
    raise NotImplementedError
