"""A year as a whole: which years and tables there are.

Gathers what the rooms below give; adds no arithmetic of its own.
"""

from __future__ import annotations

from mtf_eval.analysis.counts import activity, caseload, contacts, priorities, referrals
from mtf_eval.analysis.results.columns import day
from mtf_eval.analysis.results.tables import Table
from mtf_eval.records.dataset import Dataset


def years(data: Dataset) -> tuple[int, ...]:
    """Years an annual review can be about: any with referrals, activity, or projects running."""
    found = set(referrals.years(data))
    found |= {int(y) for y in data.table("activity")["period_start"].dt.year}
    found |= {int(y) for y in data.table("projects")["response_start"].dropna().dt.year}
    return tuple(sorted(found))


def yearly(data: Dataset, *, year: int) -> tuple[Table, ...]:
    """Every table of a year that has rows, in the order of the annual review."""
    tables = (
        referrals.headline(data, year=year),
        referrals.by_month(data, year=year),
        referrals.by_quarter(data, year=year),
        referrals.year_on_year(data, year=year),
        caseload.expected_range(data, year=year),
        *caseload.from_log(data, year=year),
        activity.themes(data, year=year),
        activity.streams(data, year=year),
        activity.support_by_agency(data, year=year),
        activity.support_by_risk(data, year=year),
        activity.support_visits(data, year=year),
        *contacts.visits(data, year=year),
        contacts.by_channel(data, year=year),
        contacts.totals(data, year=year),
        *contacts.by_period(data, year=year),
        *contacts.incoming(data, year=year),
        contacts.incoming_by_year(data, year=year),
        priorities.fulfilled(data, year=year),
        priorities.fulfilled_by_agency(data, year=year),
    )
    return tuple(t for t in tables if len(t.frame))


def covered(data: Dataset, *, year: int) -> str:
    """Say what time the year's review covers, in words."""
    until = referrals.as_at(data, year=year)
    if until is None or not referrals.part_year(data, year=year):
        return f"January to December {year}"
    return f"1 January to {day(until)}"
