"""One project as a question: which areas, which months, and by which design it is judged.

Settled before an outcome is looked at, by which areas and months are on record, never by how many
incidents they hold.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields, replace
from datetime import date
from typing import Any, Literal

import pandas as pd

from mtf_eval.analysis.effects import Panel, controls_needed, forecast
from mtf_eval.analysis.results.findings import listing
from mtf_eval.analysis.results.tables import Brief
from mtf_eval.errors import BadArgument, NotEnoughData
from mtf_eval.records.coverage import named, whole_months
from mtf_eval.records.coverage.gaps import ONE_MONTH, first_of
from mtf_eval.records.dataset import Dataset
from mtf_eval.records.plans import listed
from mtf_eval.records.prices.reference import slug
from mtf_eval.records.reading.redrawn import area_kind

Status = Literal["planning", "running", "complete", "no_records"]
Method = Literal["placebo", "did", "series", "before_after", "none"]

LONGEST = 12  # months compared on each side: one of each season
SHORTEST = 6  # months after the start that even a shorter response is given to show
SERIES_BEFORE, SERIES_AFTER = 24, 8  # months that an interrupted series needs


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Project(Brief):
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

    def __repr__(self) -> str:
        return f"{self.title} ({self.project_id}), {self.stage}"

    @property
    def named(self) -> str:
        """Reference and title, as a row is named by them."""
        return f"{self.project_id} {self.title}"

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
        return None if self.response_start is None else first_assessed(self.response_start)

    @property
    def key(self) -> str:
        """The reference as tables are named by it."""
        return slug(self.project_id, "_")


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """Months compared: as many before as after, the same calendar months where records allow.

    `out` are months of either side that are not compared, because they, or the same month of the
    other side, are not on record in every target area.
    """

    before_first: pd.Timestamp
    before_last: pd.Timestamp
    start: pd.Timestamp
    last: pd.Timestamp
    same_season: bool
    notes: tuple[str, ...] = ()
    out: tuple[pd.Timestamp, ...] = ()

    def sides(self) -> tuple[pd.DatetimeIndex, pd.DatetimeIndex]:
        """Return the months before and after that are meant to be compared."""
        before = pd.date_range(self.before_first, self.before_last, freq="MS")
        after = pd.date_range(self.start, self.last, freq="MS")
        return (before[before.month.isin(after.month)] if self.same_season else before), after

    def used(self) -> tuple[pd.DatetimeIndex, pd.DatetimeIndex]:
        """Return the months before and after that are compared."""
        before, after = self.sides()
        return before[~before.isin(self.out)], after[~after.isin(self.out)]

    @property
    def months(self) -> int:
        """Months after the start that are compared."""
        return len(self.used()[1])

    def words(self) -> str:
        """Say both periods, and what is left out of them."""
        before = f"{self.before_first:%B %Y} to {self.before_last:%B %Y}"
        out = f", without {months_words(self.out)}" if self.out else ""
        return f"{before} against {self.start:%B %Y} to {self.last:%B %Y}{out}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Design:
    """The estimator that is primary, and why; fixed by what is on record."""

    method: Method
    text: str
    reason: str


def first_assessed(begun: pd.Timestamp) -> pd.Timestamp:
    """Return the first month that counts as after the start of a response."""
    return first_of(begun) if begun.day <= 15 else first_of(begun) + ONE_MONTH


def last_assessed(start: pd.Timestamp, end: pd.Timestamp, as_of: date) -> pd.Timestamp:
    """Return the last month that is compared of a response: of half a year to a year of it."""
    last = max(first_of(end), start + pd.DateOffset(months=SHORTEST - 1))
    return min(last, start + pd.DateOffset(months=LONGEST - 1), whole_months(as_of))


def row_of(data: Dataset, project_id: str, name: str = "project_id") -> pd.Series[Any]:
    """Return the row of one project, or refuse what was given under `name`."""
    found = data.own("projects", project_id)
    if found.empty:
        known = ", ".join(data.columns("projects", "project_id")["project_id"]) or "none on record"
        raise BadArgument(f"{name}={project_id!r}: expected one of {known}")
    return found.iloc[0]


def project_of(data: Dataset, project_id: str) -> Project:
    """Return one project.

    Raises `BadArgument` when no project has this reference.
    """
    row = row_of(data, project_id)
    areas, measures = (data.own(t, project_id) for t in ("project_areas", "project_measures"))
    wanted = {
        str(m): None if pd.isna(change) else float(change)
        for m, change in zip(measures["measure"], measures["target_change"], strict=True)
    }
    primary = str(row["primary_measure"])
    own: dict[str, Any] = {}
    for name, kind in ((f.name, f.type) for f in fields(Project)):
        if kind == "str":
            own[name] = "" if pd.isna(row[name]) else str(row[name])
        elif kind == "pd.Timestamp | None":
            own[name] = None if pd.isna(row[name]) else pd.Timestamp(row[name])
    return Project(
        **own,
        partners=listed(row["partners"]),
        areas={str(r): tuple(sorted(g["area_code"])) for r, g in areas.groupby("role")},
        measures={primary: wanted.pop(primary, None), **wanted},
    )


def first_known(rows: pd.DataFrame) -> pd.Series[pd.Timestamp]:
    """Return the day from which each project of `projects` is known: whatever dated it first."""
    dated = rows[["scanning_start", "analysis_start", "tlg_signoff", "response_start"]]
    return dated.min(axis=1)


def months_words(months: Iterable[pd.Timestamp]) -> str:
    """Write months as runs: `May to August 2021 and May 2022`."""
    runs: list[list[pd.Timestamp]] = []
    for month in sorted(months):
        if runs and month == runs[-1][-1] + ONE_MONTH:
            runs[-1].append(month)
        else:
            runs.append([month])
    return listing([named(run[0], run[-1]) for run in runs])


def window_of(project: Project, months: pd.DatetimeIndex, *, as_of: date) -> Window:
    """Choose the months meant to be compared, from dates and from which months are on record.

    After: from the month the response began in (the next one, if it began in the second half) to
    its last month, at most a year; a response of less than half a year is given half a year to
    show. Before: the same calendar months a year earlier, so that season is the same on both sides;
    where the records begin too late, as many months just before the start. `months`: months in
    which any area is on record. Raises `NotEnoughData` when no month before or after the start is
    on record.
    """
    begun, start = project.response_start, project.first_month
    if begun is None or start is None or months.empty:
        raise NotEnoughData("the response has no start, or nothing is on record")
    notes = []
    if begun.day > 15:
        notes.append(f"The response began on {begun:%d %B %Y}; that part month counts as before.")
    end = project.response_end or project.assessment_date or pd.Timestamp(as_of)
    last = last_assessed(start, end, as_of)
    length = len(pd.date_range(start, min(last, months.max()), freq="MS"))
    if length < 1 or months.min() >= start:
        raise NotEnoughData(
            f"the records run from {months.min():%B %Y} to {months.max():%B %Y}; they need months "
            f"before and after the start in {start:%B %Y}"
        )
    before_first = start - pd.DateOffset(months=12)
    before_last = last - pd.DateOffset(months=12)
    same_season = bool(months.min() <= before_first)
    if not same_season:
        before_first = max(months.min(), start - pd.DateOffset(months=length))
        before_last = start - ONE_MONTH
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


def others_at_work(
    data: Dataset,
    project: Project,
    first: pd.Timestamp,
    last: pd.Timestamp,
    roles: tuple[str, ...] = ("target", "buffer"),
) -> dict[str, tuple[str, ...]]:
    """Return areas of other projects that responded in some months, by project."""
    rows = data.columns("projects", "project_id", "response_start", "response_end")
    at_work = (
        (rows["response_start"] <= last + pd.offsets.MonthEnd(0))
        & ~(rows["response_end"] < first)
        & (rows["project_id"] != project.project_id)
    )
    areas = data.columns("project_areas", "project_id", "area_code", "role")
    near = areas[areas["project_id"].isin(rows["project_id"][at_work]) & areas["role"].isin(roles)]
    return {str(p): tuple(g["area_code"]) for p, g in near.groupby("project_id")}


def working_in(work: Mapping[str, tuple[str, ...]], areas: Iterable[str]) -> tuple[str, ...]:
    """Return which projects at work (`others_at_work`) share some areas."""
    own = {*areas}
    return tuple(sorted(p for p, held in work.items() if own & {*held}))


def without_buffer(project: Project, work: Mapping[str, tuple[str, ...]]) -> Project:
    """Return the project without those of its buffer areas in which others work."""
    busy = {a for areas in work.values() for a in areas}
    free = tuple(a for a in project.buffer if a not in busy)
    return replace(project, areas={**project.areas, "buffer": free})


def series_of(
    records: pd.DataFrame, project: Project, measure: str, excluded: frozenset[str]
) -> Panel:
    """Return the panel of every usable area over all months on record.

    Areas where another project was at work and other areas without any incident of the measure are
    left out of the comparison; so are those of another kind that the project does not name (a ward
    beside small areas), where any of its own kind is there. Raises `NotEnoughData` when none of the
    target areas is on record.
    """
    if not set(project.target) & set(records.columns):
        raise NotEnoughData(f"{measure}: none of the project's areas is on record")
    own = {*project.target, *project.buffer}
    some, kinds = records.sum() > 0, {area_kind(a) for a in project.target} - {""}
    named = project.areas.get("comparison", ())
    left_out = {*excluded, *some.index[~some]} - own
    keep = [a for a in records.columns if a not in left_out]
    alike = [a for a in keep if a in {*own, *named} or area_kind(a) in {*kinds, ""}]
    if kinds and not own.issuperset(alike):
        keep = alike
    counts = records[keep].reindex(columns=sorted({*keep, *own}))
    nominated = tuple(a for a in named if a in keep)
    return Panel(
        counts=counts,
        target=project.target,
        comparison=nominated,
        buffer=project.buffer,
        start=project.first_month or counts.index.max(),
        measure=measure,
    )


def others(panel: Panel) -> int:
    """Count the areas that are neither target nor buffer."""
    return len(panel.counts.columns) - len(panel.target) - len(panel.buffer)


def choose(*, others: int, before: int, after: int, learnt: int = 0, target: int = 1) -> Design:
    """Choose the primary estimator by what is on record.

    `others`: areas on record besides the project's own and those where other projects worked.
    `before`, `after`: months on record before the start, and months after it that are compared.
    `learnt`: months before that a forecast would be learnt from, gaps between them or not.
    `target`: areas the project works in: the others are to make four groups of as many.
    """
    have = f"{others} other areas, {before} months before and {after} after are on record"
    controls = controls_needed(target)
    if others >= controls:
        against = "what the groups of areas nearest to them before came to"
        if learnt >= forecast.LEAST_MONTHS:
            long = learnt > forecast.LONGEST
            record = f"the last {forecast.LONGEST} months" if long else "all months"
            against = f"the forecast from {record} on record before the start"
        return Design(
            method="placebo",
            text=f"Placebo-calibrated effect: the project's areas against {against}, with the "
            "spread of the groups nearest to them, where nothing was done, as the error",
            reason=f"{have}; with at least {controls} other areas this design comes first.",
        )
    if others >= 1 and before >= 2 and after >= 2:
        return Design(
            method="did",
            text="Difference-in-differences on the monthly panel against the comparison areas",
            reason=f"{have}: fewer than {controls} other areas, too few for "
            f"placebo groups of {target}.",
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
