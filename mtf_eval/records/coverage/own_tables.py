"""Which months a table of the task force's own was kept, into which rows come all the time."""

from __future__ import annotations

import pandas as pd

from mtf_eval.records.coverage.declarations import declared
from mtf_eval.records.coverage.gaps import first_of
from mtf_eval.records.coverage.silences import silent_runs
from mtf_eval.records.dataset import Dataset
from mtf_eval.records.tables import TABLES


def kept(data: Dataset, table: str) -> pd.Series[bool]:
    """Return which months a table of the task force's own was kept.

    A month with a row was. One without is nought up to the day the table was last updated, unless
    it lies in a run that chance does not explain or that `coverage` declares missing; with no such
    day, only where `coverage` declares it complete. Returns true or False by month, from the first
    to the last that has a row, was up to date or is declared; any other month was not kept.
    """
    frame, source = data.table(table), data.source(table)
    days = frame[TABLES[table].event].dropna()
    until = source.as_at if source else None
    words = declared(data, "", table)
    ends = [days.min(), days.max(), *words["first"], *words["last"]]
    if len(days) and until:
        ends.append(pd.Timestamp(until))
        ends[1] = min(days.max(), pd.Timestamp(until))
    ends = [first_of(day) for day in ends if pd.notna(day)]
    months = pd.date_range(min(ends), max(ends), freq="MS") if ends else pd.DatetimeIndex([])
    counts = days.dt.to_period("M").dt.to_timestamp().value_counts().reindex(months, fill_value=0)
    on_record = counts > 0
    if until:
        on_record |= (months >= first_of(days.min())) & (months <= first_of(until))
    for _, first, last in silent_runs(counts.to_numpy(dtype=float)[:, None]):
        on_record.iloc[first : last + 1] = False
    for row in words.sort_values("complete", ascending=False).itertuples():
        on_record |= row.complete & (months >= row.first) & (months <= row.last)
        on_record &= row.complete | (months < row.first) | (months > row.last)
    return on_record.rename_axis("month").rename("kept")
