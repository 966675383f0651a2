"""A year as a whole: which years there are, and what each covers."""

from __future__ import annotations

from mtf_eval.analysis.counts import referrals
from mtf_eval.analysis.results.columns import day
from mtf_eval.records.dataset import Dataset


def years(data: Dataset) -> tuple[int, ...]:
    """Years an annual review can be about: any with referrals, activity, or projects running."""
    found = set(referrals.years(data))
    found |= {int(y) for y in data.table("activity")["period_start"].dt.year}
    found |= {int(y) for y in data.table("projects")["response_start"].dropna().dt.year}
    return tuple(sorted(found))


def covered(data: Dataset, *, year: int) -> str:
    """Say what time the year's review covers, in words."""
    until = referrals.as_at(data, year=year)
    if until is None or not referrals.part_year(data, year=year):
        return f"January to December {year}"
    return f"1 January to {day(until)}"
