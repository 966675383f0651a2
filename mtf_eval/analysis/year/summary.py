"""A year as a whole: which tables there are, and every table that counts people.

Gathers what the rooms below give; adds no arithmetic of its own. A room that shows tables with
people in a report of the same data set is named in `people_tables`, so that the disclosure door
decides over all of them at once.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain

from mtf_eval.analysis.counts import activity, caseload, contacts, priorities, reconcile, referrals
from mtf_eval.analysis.results.columns import day
from mtf_eval.analysis.results.tables import Table
from mtf_eval.analysis.surveys import surveys
from mtf_eval.records.dataset import Dataset

__all__ = ["covered", "people_tables", "yearly", "years"]

HALVES = (1, 2)


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


def half_yearly(data: Dataset, *, year: int) -> tuple[Table, ...]:
    """Tables of both halves of a year; also of the year after, which name the one before."""
    tables = (
        make(data, year=year, half=half)
        for half in HALVES
        for make in (referrals.headline, referrals.by_month, referrals.by_quarter, caseload.waits)
    )
    return tuple(t for t in tables if t.frame[list(t.people)].notna().any(axis=None))


def people_tables(data: Dataset, more: Iterable[Table] = ()) -> Iterator[Table]:
    """Every table with a people column that any report of the data set may show, one by one.

    All years and halves together, so that suppression is decided once and a figure hidden on one
    page does not come back from another. Made only when a rule asks for them; `more` are tables
    of a room above this one.
    """
    there = years(data)
    found = chain(
        [reconcile.sums(data), *caseload.carried_over(data)],
        *(yearly(data, year=year) for year in there),
        *(half_yearly(data, year=year) for year in sorted({*there, *(y + 1 for y in there)})),
        surveys.people_tables(data),
    )
    seen: set[str] = set()
    for table in chain(found, more):
        if table.people and table.name not in seen:
            seen.add(table.name)
            yield table


def covered(data: Dataset, *, year: int) -> str:
    """Say what time the year's review covers, in words."""
    until = referrals.as_at(data, year=year)
    if until is None or not referrals.part_year(data, year=year):
        return f"January to December {year}"
    return f"1 January to {day(until)}"
