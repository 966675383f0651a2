"""One project as a question: which areas, which months, and by which design it is judged.

Everything here is settled before an outcome is looked at: it reads which areas and months are on
record, never how many incidents they hold. Estimates nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

import pandas as pd

from mtf_eval.analysis.effects import Panel
from mtf_eval.errors import BadArgument, NotEnoughData
from mtf_eval.records.dataset import Dataset, once

__all__ = ["Design", "Project", "Status", "Window", "choose", "others_at_work", "project_of"]
__all__ += ["records_of", "series_of", "window_of"]

Status = Literal["planning", "running", "complete", "no_records"]
Method = Literal["placebo", "did", "series", "before_after", "none"]

LONGEST = 12  # months compared on each side: one of each season
SHORTEST = 6  # months after the start that even a shorter response is given to show
CONTROLS = 10  # other areas on record from which the placebo-calibrated effect is primary
SERIES_BEFORE, SERIES_AFTER = 24, 8  # months that an interrupted series needs
_ONE_MONTH = pd.DateOffset(months=1)


_TEXTS = (
    "project_id", "title", "problem", "lead_agency", "stage", "primary_measure", "mtf_priority",
    "consolidation_plan",
)  # fmt: skip
_DATES = (
    "tlg_signoff", "scanning_start", "analysis_start", "response_start", "response_end",
    "assessment_date", "follow_up_date",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Project:
    """One row of `projects` with its areas and measures; dates are `None` where not given."""

    project_id: str
    title: str
    problem: str
    lead_agency: str
    stage: str
    primary_measure: str
    mtf_priority: str = ""
    partners: tuple[str, ...] = ()
    consolidation_plan: str = ""
    tlg_signoff: pd.Timestamp | None = None
    scanning_start: pd.Timestamp | None = None
    analysis_start: pd.Timestamp | None = None
    response_start: pd.Timestamp | None = None
    response_end: pd.Timestamp | None = None
    assessment_date: pd.Timestamp | None = None
    follow_up_date: pd.Timestamp | None = None
    areas: Mapping[str, tuple[str, ...]]
    measures: Mapping[str, float | None]

    @property
    def target(self) -> tuple[str, ...]:
        """Areas the project works in."""
        return self.areas.get("target", ())

    @property
    def buffer(self) -> tuple[str, ...]:
        """Areas beside them, where the problem could move to."""
        return self.areas.get("buffer", ())

    @property
    def first_month(self) -> pd.Timestamp | None:
        """First month that counts as after; one begun in its second half counts as before."""
        begun = self.response_start
        if begun is None or begun.day <= 15:
            return None if begun is None else _month(begun)
        return _month(begun) + _ONE_MONTH

    @property
    def key(self) -> str:
        """The reference as tables are named by it."""
        return "".join(c if c.isalnum() else "_" for c in self.project_id.lower())


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """Months compared: as many before as after, the same calendar months where records allow."""

    before_first: pd.Timestamp
    before_last: pd.Timestamp
    start: pd.Timestamp
    last: pd.Timestamp
    same_season: bool
    notes: tuple[str, ...] = ()

    @property
    def months(self) -> int:
        """Months after the start that are compared."""
        return _ordinal(self.last) - _ordinal(self.start) + 1

    def words(self) -> str:
        """Say both periods."""
        before = f"{self.before_first:%B %Y} to {self.before_last:%B %Y}"
        return f"{before} against {self.start:%B %Y} to {self.last:%B %Y}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Design:
    """The estimator that is primary, and why; fixed by what is on record."""

    method: Method
    text: str
    reason: str


def _ordinal(month: pd.Timestamp) -> int:
    return int(12 * month.year + month.month)


def _month(day: pd.Timestamp | date) -> pd.Timestamp:
    return pd.Timestamp(year=day.year, month=day.month, day=1)


def _split(text: object) -> tuple[str, ...]:
    return tuple(p.strip() for p in str(text).split(";") if p.strip()) if pd.notna(text) else ()


def project_of(data: Dataset, project_id: str) -> Project:
    """Return one project.

    Raises
    ------
    BadArgument
        When no project has this reference.
    """
    rows = data.table("projects")
    found = rows[rows["project_id"] == project_id]
    if found.empty:
        known = ", ".join(rows["project_id"].astype(str)) or "none on record"
        raise BadArgument(f"project_id={project_id!r}: expected one of {known}")
    row = found.iloc[0]
    areas = data.table("project_areas")
    areas = areas[areas["project_id"] == project_id]
    measures = data.table("project_measures")
    measures = measures[measures["project_id"] == project_id]
    wanted = {
        str(m): None if pd.isna(change) else float(change)
        for m, change in zip(measures["measure"], measures["target_change"], strict=True)
    }
    primary = str(row["primary_measure"])
    own: dict[str, Any] = {n: "" if pd.isna(row[n]) else str(row[n]) for n in _TEXTS}
    own |= {n: None if pd.isna(row[n]) else pd.Timestamp(row[n]) for n in _DATES}
    return Project(
        **own,
        partners=_split(row["partners"]),
        areas={str(r): tuple(sorted(g["area_code"])) for r, g in areas.groupby("role")},
        measures={primary: wanted.pop(primary, None), **wanted},
    )


@once
def records_of(data: Dataset, measure: str, *, as_of: date) -> pd.DataFrame:
    """Return monthly counts of one measure, months x areas, up to the last whole month.

    Months between the first and last on record without a row are noughts; so are areas. Records
    without an area are left out.
    """
    rows = data.table("incidents")
    rows = rows[(rows["measure"] == measure) & (rows["area_code"].fillna("") != "")]
    end = pd.Timestamp(as_of)
    last_whole = _month(end) if end == end + pd.offsets.MonthEnd(0) else _month(end) - _ONE_MONTH
    rows = rows[rows["month"] <= last_whole]
    if rows.empty:
        return pd.DataFrame(index=pd.DatetimeIndex([], name="month"), dtype="int64")
    # A table of plain whole numbers is one block; of nullable ones, a block for every area.
    table = rows.assign(count=rows["count"].fillna(0).astype("int64")).pivot_table(
        index="month", columns="area_code", values="count", aggfunc="sum", fill_value=0
    )
    months = pd.date_range(table.index.min(), table.index.max(), freq="MS", name="month")
    return table.reindex(months, fill_value=0).astype("int64")


def window_of(project: Project, months: pd.DatetimeIndex, *, as_of: date) -> Window:
    """Choose the months compared, from dates and from which months are on record.

    After: from the month the response began in (the next one, if it began in the second half) to
    its last month, at most a year; a response of less than half a year is given half a year to
    show. Before: the same calendar months a year earlier, so that season is the same on both
    sides; where the records begin too late, as many months just before the start.

    Raises
    ------
    NotEnoughData
        When no month before or after the start is on record.
    """
    begun, start = project.response_start, project.first_month
    if begun is None or start is None or months.empty:
        raise NotEnoughData("the response has no start, or nothing is on record")
    notes = []
    if begun.day > 15:
        notes.append(f"The response began on {begun:%d %B %Y}; that part month counts as before.")
    end = project.response_end or project.assessment_date or pd.Timestamp(as_of)
    last = max(_month(end), start + pd.DateOffset(months=SHORTEST - 1))
    last = min(last, start + pd.DateOffset(months=LONGEST - 1), months.max(), _month(as_of))
    length = _ordinal(last) - _ordinal(start) + 1
    if length < 1 or months.min() >= start:
        raise NotEnoughData(
            f"the records run from {months.min():%B %Y} to {months.max():%B %Y}; they need months "
            f"before and after the start in {start:%B %Y}"
        )
    before_first = start - pd.DateOffset(months=12)
    before_last = before_first + pd.DateOffset(months=length - 1)
    same_season = bool(months.min() <= before_first)
    if not same_season:
        before_first = max(months.min(), start - pd.DateOffset(months=length))
        before_last = start - _ONE_MONTH
        notes.append(
            "The records begin too late for the same months of the year before; the months just "
            "before the start are used, so only the other areas allow for season."
        )
    return Window(
        before_first=before_first,
        before_last=before_last,
        start=start,
        last=last,
        same_season=same_season,
        notes=tuple(notes),
    )


def others_at_work(data: Dataset, project: Project, window: Window) -> dict[str, tuple[str, ...]]:
    """Return areas in which other projects responded during the months compared, by project."""
    rows = data.table("projects")
    at_work = (
        (rows["response_start"] <= window.last + pd.offsets.MonthEnd(0))
        & ~(rows["response_end"] < window.before_first)
        & (rows["project_id"] != project.project_id)
    )
    areas = data.table("project_areas")
    near = areas[
        areas["project_id"].isin(rows["project_id"][at_work])
        & areas["role"].isin(["target", "buffer"])
    ]
    return {str(p): tuple(g["area_code"]) for p, g in near.groupby("project_id")}


def series_of(
    records: pd.DataFrame, project: Project, measure: str, excluded: frozenset[str]
) -> Panel:
    """Return the panel of every usable area over all months on record.

    Areas where another project was at work are left out of the comparison. Target areas without
    any record of the measure are noughts.

    Raises
    ------
    NotEnoughData
        When none of the target areas is on record.
    """
    if not set(project.target) & set(records.columns):
        raise NotEnoughData(f"{measure}: none of the project's areas is on record")
    own = {*project.target, *project.buffer}
    keep = [a for a in records.columns if a in own or a not in excluded]
    counts = records[keep].reindex(columns=sorted({*keep, *own}), fill_value=0)
    nominated = tuple(a for a in project.areas.get("comparison", ()) if a in keep)
    return Panel(
        counts=counts,
        target=project.target,
        comparison=nominated,
        buffer=project.buffer,
        start=project.first_month or counts.index.max(),
        measure=measure,
    )


def choose(*, others: int, before: int, after: int) -> Design:
    """Choose the primary estimator by what is on record.

    Parameters
    ----------
    others
        Areas on record besides the project's own and those where other projects worked.
    before, after
        Months on record before the start, and months after it that are compared.
    """
    have = f"{others} other areas, {before} months before and {after} after are on record"
    if others >= CONTROLS:
        return Design(
            method="placebo",
            text="Placebo-calibrated effect: the project's areas against the areas that were as "
            "bad before and where nothing was done, with the spread of those as the error",
            reason=f"{have}; with at least {CONTROLS} other areas this design comes first.",
        )
    if others >= 1 and before >= 2 and after >= 2:
        return Design(
            method="did",
            text="Difference-in-differences on the monthly panel against the comparison areas",
            reason=f"{have}: fewer than {CONTROLS} other areas, too few for placebo groups.",
        )
    if before >= SERIES_BEFORE and after >= SERIES_AFTER:
        return Design(
            method="series",
            text="Interrupted time series of the project's own areas: level change, one harmonic",
            reason=f"{have}: nothing to compare with, but a long enough series.",
        )
    return Design(
        method="before_after",
        text="Before and after only, which is never called an effect",
        reason=f"{have}: nothing to compare with, and too short a series.",
    )
