"""The quality of what was read: sources, repairs, missing months; never a count of people."""

from __future__ import annotations

import pandas as pd

from mtf_eval.analysis.results.columns import lay, span
from mtf_eval.analysis.results.findings import number
from mtf_eval.analysis.results.tables import Table
from mtf_eval.records.dataset import Dataset
from mtf_eval.records.prices.rules import Rule
from mtf_eval.records.tables import EVERY_MONTH, OF_PEOPLE, TABLES

KINDS = {"repaired": "Repaired", "warning": "To look at", "note": "Noted"}
NAMED = 12
NOT_SHOWN = "not shown"


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
    order = list(KINDS)
    ranked = sorted(data.notes(), key=lambda f: (order.index(f.kind), f.table, f.row or 0))
    rows = []
    for n, f in enumerate(ranked, start=1):
        # The file is named where it is no table; else the table is, as the records may be anywhere.
        place = [not f.table and f.file, f.row and f"row {number(f.row)}", f.column]
        rows.append((str(n), KINDS[f.kind], f.table, ", ".join(p for p in place if p), f.text))
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
