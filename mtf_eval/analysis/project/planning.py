"""Before a project starts: baseline, concentration, areas to compare with, what could be seen.

The page that keeps hopeless evaluations from being promised. Reads the months before only.
"""

from __future__ import annotations

import math

import pandas as pd

from mtf_eval.analysis.effects import Panel, concentration, planned_mde
from mtf_eval.analysis.project.design import series_of
from mtf_eval.analysis.project.evaluation import HOPELESS, REALISTIC, Evaluation
from mtf_eval.analysis.project.page_tables import page_table
from mtf_eval.analysis.results.columns import count, label, number, share, span, text
from mtf_eval.analysis.results.findings import percent
from mtf_eval.analysis.results.tables import Table
from mtf_eval.errors import NotEnoughData
from mtf_eval.records.coverage import coverage_of
from mtf_eval.records.dataset import Dataset

__all__ = ["baseline", "calendar", "candidates", "could_see", "places", "places_finding"]

PLANNED = (6, 9, 12)
SHOWN = 20
LOOKED_AT = 24  # months of the target that an area must be on record in to stand beside it


def _before(data: Dataset, found: Evaluation) -> Panel:
    """Return what is on record before the start, or up to now while there is none.

    Months in which the target is on record, and areas that are on record in the last of them.

    Raises
    ------
    NotEnoughData
        When there is no such month.
    """
    project = found.project
    coverage = coverage_of(data, project.primary_measure, as_of=found.as_of)
    panel = series_of(coverage.counts, project, project.primary_measure, frozenset())
    start = project.first_month
    last = None if start is None else start - pd.DateOffset(days=1)
    before = panel.between(None, last)
    panel = before if len(before.counts) else panel
    there = panel.counts[list(panel.target)].notna().all(axis=1)
    months = pd.DatetimeIndex(there[there].index)
    if months.empty:
        raise NotEnoughData(f"{panel.measure}: not on record in the project's areas")
    return panel.complete(months[-LOOKED_AT:])


def _period(months: pd.Index) -> str:
    """Say which months these are, and how many of them where some are not on record."""
    words = f"{months[0]:%B %Y} to {months[-1]:%B %Y}"
    whole = len(pd.date_range(months[0], months[-1], freq="MS"))
    return words if whole == len(months) else f"{words}, the {len(months)} months on record"


def baseline(data: Dataset, found: Evaluation) -> Table:
    """Count the last year before the start, the year before that, and the share of all areas."""
    panel = _before(data, found)
    own, everywhere = panel.monthly(panel.target), panel.counts.sum(axis=1)
    rows = []
    for back in (1, 0):
        end = len(own) - 12 * back
        if end < 12:
            continue
        part, whole = own.iloc[end - 12 : end], everywhere.iloc[end - 12 : end]
        rows.append((_period(part.index), int(part.sum()), int(whole.sum())))
    if not rows:
        rows = [(f"{len(own)} months", int(own.sum()), int(everywhere.sum()))]
    columns = (
        label("period", "Period"),
        count("own", "Project's areas"),
        count("all", "All areas on record"),
        share("share", "Share", "own", "all", 1),
    )
    return page_table(data, found, "baseline", f"{panel.measure} before the start", rows, columns)


def places(data: Dataset, found: Evaluation) -> Table:
    """Rank the areas by incidents in the last year on record before the start."""
    panel = _before(data, found)
    year = panel.counts.iloc[-12:].sum().sort_values(ascending=False, kind="stable")
    frame = pd.DataFrame({"area": year.index.astype(str), "incidents": year.to_numpy()})
    roles = dict.fromkeys(panel.target, "target") | dict.fromkeys(panel.buffer, "buffer")
    frame["role"] = [roles.get(area, "") for area in frame["area"]]
    frame["rank"] = range(1, len(frame) + 1)
    marks = frame["role"].map(lambda role: f" ({role})" if role else "")
    frame["area"] = frame["area"] + marks
    keep = frame[(frame["rank"] <= SHOWN) | (frame["role"] == "target")]
    columns = (
        label("area", "Area"),
        count("rank", f"Rank of {len(frame):,}"),
        count("incidents", "Incidents"),
        text("role", "In the project"),
    )
    months = panel.counts.index[-12:]
    when = span(months[0], months[-1]) if panel.unbroken else _period(months)
    title = f"Where {panel.measure.lower()} is recorded most, {when}"
    return page_table(
        data, found, "places", title, keep, columns, notes=(places_finding(data, found),)
    )


def places_finding(data: Dataset, found: Evaluation) -> str:
    """Say how few places hold half of the problem."""
    panel = _before(data, found)
    counts = panel.counts.iloc[-12:].sum()
    try:
        gini = concentration(counts=counts.to_list(), measure=panel.measure)
    except NotEnoughData as error:
        return f"Concentration cannot be said: {error}."
    half = int(gini.details["places_with_half"])
    return (
        f"Half of it is recorded in {half} of {len(counts)} areas "
        f"({percent(half / len(counts))}); Gini coefficient {gini.estimate:.2f}."
    )


def calendar(data: Dataset, found: Evaluation) -> Table:
    """Mean monthly count by calendar month; days and hours are not in monthly records."""
    panel = _before(data, found)
    own = panel.monthly(panel.target)
    by_month = own.groupby(pd.DatetimeIndex(own.index).month).mean()
    names = [f"{pd.Timestamp(2000, int(m), 1):%B}" for m in by_month.index]
    title = f"{panel.measure} in the project's areas by calendar month, mean before the start"
    rows = list(zip(names, by_month, strict=True))
    columns = (label("month", "Month"), number("mean", "Incidents a month", 1))
    note = "Monthly records hold no day and no hour, so none is shown."
    return page_table(data, found, "calendar", title, rows, columns, notes=(note,))


def candidates(data: Dataset, found: Evaluation) -> Table:
    """List the areas nearest to the project's on the months before, to compare with.

    Nearness is the root mean square distance of the log of each quarter's count from that of the
    mean of the project's areas, over the last 24 months.
    """
    panel = _before(data, found)
    months = panel.counts.iloc[-24:].astype(float)
    own = months[list(panel.target)].mean(axis=1)
    others = [a for a in months.columns if a not in {*panel.target, *panel.buffer}]
    rest = months[others]
    quarters = [i // 3 for i in range(len(months))]
    target = (own.groupby(quarters).sum() + 0.5).map(math.log)
    logs = (rest.groupby(quarters).sum() + 0.5).map(math.log)
    far = ((logs.sub(target, axis=0)) ** 2).mean().pow(0.5).sort_values(kind="stable")
    best = far.head(SHOWN)
    frame = pd.DataFrame(
        {
            "area": best.index.astype(str),
            "incidents": rest[best.index].iloc[-12:].sum().astype("int64").to_numpy(),
            "distance": best.to_numpy(),
        }
    )
    mean = own.iloc[-12:].sum()
    columns = (
        label("area", "Area"),
        count("incidents", "Incidents, last 12 months"),
        number("distance", "Distance (log points)", 2),
    )
    title = "Candidate comparison areas, nearest on the months before"
    note = f"The project's areas had {mean:,.0f} incidents each on average in those months."
    return page_table(data, found, "candidates", title, frame, columns, notes=(note,))


def could_see(data: Dataset, found: Evaluation) -> Table:
    """Smallest fall that 6, 9 and 12 months of response could show, four times in five."""
    rows: list[tuple[str, float | None, str]] = []
    panel = _before(data, found)
    for months in PLANNED:
        try:
            fall = 100 * planned_mde(panel=panel, months=months)
            said = "hopeless" if fall > 100 * HOPELESS else "only a large fall"
            said = "realistic" if fall <= 100 * REALISTIC else said
        except NotEnoughData as error:
            fall, said = math.nan, f"cannot be said: {error}"
        rows.append((f"{months} months", fall, said))
    columns = (
        label("length", "Length of response"),
        number("fall", "Smallest fall, %"),
        text("said", "Judgement"),
    )
    note = (
        "A true fall of this size would be found four times in five at the 5% level; learnt "
        "from how areas like these moved in the months on record."
    )
    title = f"{panel.measure}: the smallest fall an evaluation could show"
    return page_table(data, found, "could_see", title, rows, columns, notes=(note,))
