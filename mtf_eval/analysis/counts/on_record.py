"""What is on record and what reading it noticed: a strip to draw, gaps and repairs in words.

Of the tables as they were read never a count of people.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date

import numpy as np
import pandas as pd

from mtf_eval.analysis.results.columns import lay, span
from mtf_eval.analysis.results.findings import number
from mtf_eval.analysis.results.tables import Table
from mtf_eval.records.aliases import called
from mtf_eval.records.coverage import Coverage, Gap, coverage_of, some
from mtf_eval.records.dataset import Dataset
from mtf_eval.records.prices.rules import Rule
from mtf_eval.records.tables import EVERY_MONTH, OF_PEOPLE, TABLES

ON, PART, NOT, DOUBTFUL = "on record", "in part", "not on record", "not to be relied on"
KINDS = called("gap")
NOTED = {"repaired": "Repaired", "warning": "To look at", "note": "Noted"}
NAMED = 12
NOT_SHOWN = "not shown"


def strip(
    data: Dataset,
    coverage: Coverage,
    rows: Mapping[str, tuple[str, ...]],
    *,
    name: str,
    title: str,
    as_at: date,
) -> Table:
    """Return runs of months on record or not, and why, for each row of areas.

    `rows`: the areas of each row, by what the row is called. Returns a table with `area`, `first`
    (both name the row), `last`, `state` and `why`.
    """
    runs = [
        (row, f"{months[0]:%B %Y}", f"{months[-1]:%B %Y}", state, why)
        for row, areas in rows.items()
        for months, state, why in _runs(coverage, areas)
    ]
    return lay("months_on_record", runs, data, name=name, title=title, as_at=as_at)


def _runs(
    coverage: Coverage, areas: tuple[str, ...]
) -> Iterator[tuple[pd.DatetimeIndex, str, str]]:
    """Cut the months of some areas into runs of one standing, with what they are and why."""
    months = pd.DatetimeIndex(coverage.counts.index)
    if months.empty:
        return
    held = coverage.counts.reindex(columns=list(areas)).notna().to_numpy()
    near = coverage.concerning(areas, months[0], months[-1])
    doubted, entered, missing = np.zeros((3, len(months)), dtype=bool)
    for gap in near:
        of = doubted if gap.gate else entered if gap.kind == "noughts" else missing
        of |= (months >= gap.first) & (months <= gap.last)
    there, many = held.sum(axis=1), held.shape[1]
    when = [(there == 0) & (missing | ~entered), (there > 0) & (there < many), doubted | entered]
    states = np.select(when, [NOT, PART, DOUBTFUL], default=ON)
    starts = np.flatnonzero(np.r_[True, states[1:] != states[:-1]])
    for begin, end in zip(starts, [*starts[1:], len(months)], strict=True):
        run, state = months[begin:end], str(states[begin])
        kinds = {KINDS[g.kind]: None for g in near if g.first <= run[-1] and g.last >= run[0]}
        why = [] if state == ON else [*kinds]
        gone = int(many - there[begin:end].min())
        why += [f"up to {gone} of {many} areas"] if state == PART else []
        yield run, state, "; ".join(why)


def strip_finding(table: Table) -> str:
    """Say which rows of a strip are not on record throughout; empty where all are."""
    gone = table.frame[table.frame["state"] != ON]
    if gone.empty:
        return ""
    return f"Not on record throughout: {some(dict.fromkeys(gone['area']))}"


def _all(data: Dataset) -> tuple[dict[str, Coverage], date]:
    """Return the coverage of every measure, up to the day the data run to."""
    rows = data.table("incidents")
    if rows.empty:
        return {}, date.min
    last = rows["month"].max() + pd.offsets.MonthEnd(0)
    as_of = data.until or last.date()
    measures = sorted(map(str, rows["measure"].dropna().unique()))
    return {m: coverage_of(data, m, as_of=as_of) for m in measures}, as_of


def overview(data: Dataset) -> tuple[Table, ...]:
    """Return one strip over all measures, a row each; none where no areas are on record."""
    covers, as_of = _all(data)
    parts = [
        strip(data, c, {m: tuple(c.counts.columns)}, name="x", title="x", as_at=as_of).frame
        for m, c in covers.items()
        if len(c.counts)
    ]
    if not parts:
        return ()
    return (lay("on_record", pd.concat(parts), data, as_of=as_of),)


def gaps(data: Dataset) -> Table:
    """List what is not on record or not to be relied on, once for all measures it concerns."""
    held: dict[Gap, list[str]] = {}
    covers, as_of = _all(data)
    for measure, coverage in covers.items():
        for gap in coverage.gaps:
            held.setdefault(replace(gap, measure=""), []).append(measure)
    rows: list[tuple[str, ...]] = []
    for gap, measures in held.items():
        every = len(measures) == len(covers) > 1
        names = some(map(data.area, gap.areas))
        rows.append((
            str(len(rows) + 1), gap.source or "not named",
            "all measures" if every else ", ".join(measures), names or "all areas",
            span(gap.first, gap.last), KINDS[gap.kind], gap.text, gap.remedy,
        ))  # fmt: skip
    return lay("gaps", rows, data, as_at=as_of)


def gaps_finding(table: Table) -> str:
    """Say whether anything is missing from the records of areas."""
    if table.frame.empty:
        return "Every area is on record in every month between the first and the last."
    n = len(table.frame)
    return f"{n} gap{'' if n == 1 else 's'} in the records of areas; none is counted as nought."


def _events() -> list[tuple[str, str]]:
    """Tables that have months to be missing, and the date of what each records."""
    return [(n, t.event) for n, t in TABLES.items() if EVERY_MONTH in t.marks]


def covered(data: Dataset) -> str:
    """Say what time the data set covers, in words."""
    dates = [data.table(t)[c].dropna() for t, c in _events() if t in data.tables]
    dates += [data.table("activity")[c] for c in ("period_start", "period_end")]
    known = pd.concat([d for d in dates if len(d)]) if any(len(d) for d in dates) else None
    return "no dated records" if known is None else span(known.min(), known.max())


def tables_read(data: Dataset, *, rule: Rule) -> Table:
    """Every table that was read: how many rows, as at when, which content.

    Not from where: the same records give the same page wherever they are kept. Of tables of people
    neither rows nor content under a rule that hides: the ones count them, the other could be
    guessed at.
    """
    rows = []
    for s in sorted(data.origins(), key=lambda s: s.table):
        kept = not rule.off and OF_PEOPLE in TABLES[s.table].marks
        if s.rows:
            told = (None, s.as_at, NOT_SHOWN) if kept else (s.rows, s.as_at, s.content[:12])
            rows.append((s.table, *told))
    return lay("tables_read", rows, data)


def reading_notes(data: Dataset) -> Table:
    """List what reading noticed, in order of kind and place; empty when nothing was."""
    order = list(NOTED)
    ranked = sorted(data.notes(), key=lambda f: (order.index(f.kind), f.table, f.row or 0))
    rows = []
    for n, f in enumerate(ranked, start=1):
        # The file is named where it is no table; else the table is, as the records may be anywhere.
        place = [not f.table and f.file, f.row and f"row {number(f.row)}", f.column]
        rows.append((str(n), NOTED[f.kind], f.table, ", ".join(p for p in place if p), f.text))
    return lay("reading_notes", rows, data)


def completeness(data: Dataset) -> Table:
    """Months with records in each dated table, and the months between that have none."""
    rows = []
    for name, column in _events():
        dates = data.table(name)[column].dropna() if name in data.tables else pd.Series([])
        if dates.empty:
            continue
        there = pd.PeriodIndex(dates.dt.to_period("M").unique()).sort_values()
        missing = pd.period_range(there[0], there[-1], freq="M").difference(there)
        named = [f"{m:%B %Y}" for m in missing[:NAMED]]
        if len(missing) > NAMED:
            named.append(f"and {len(missing) - NAMED} more")
        when = span(there[0].to_timestamp(), there[-1].to_timestamp())
        rows.append((name, when, len(there), len(missing), ", ".join(named) or "none"))
    return lay("completeness", rows, data)
