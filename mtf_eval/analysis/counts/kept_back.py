"""Which counts of referrals are kept back under a rule that hides, as they would give others back.

Rows of outcomes, and years with their halves and months; decided from the counts alone, so that
every table and report decides alike.
"""

from __future__ import annotations

import pandas as pd

from mtf_eval.records.prices.rules import Rule

__all__ = ["beside", "of_year"]


def beside(counts: pd.DataFrame, kept: pd.DataFrame, rule: Rule) -> pd.DataFrame:
    """Keep the rejected back, too, in rows where they would give other outcomes away.

    Received less accepted less rejected would leave a hidden outcome next to no room.
    """
    few = counts.le(rule.hide_up_to).fillna(False).astype(bool)
    others = [c for c in ("saras", "pending") if c in counts]
    if {"accepted", "rejected"} <= set(counts):
        given_away = ~few["accepted"] & ~few["rejected"] & few[others].any(axis=1)
        kept["rejected"] = kept.get("rejected", False) | given_away
    return kept


def of_year(
    counts: pd.DataFrame, rule: Rule, *, quarters: bool
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return which counts of a year's halves and months may not be shown beside longer periods.

    The halves are parts of the year; the months, or the quarters where those stand in for them,
    parts of their half where that is shown, else of the year.

    Parameters
    ----------
    counts
        A row a month, by its first day; a column a count of people.

    Returns
    -------
    Frames of booleans with the same columns: by half (1, 2), and by month.
    """
    half = pd.Series(counts.index.month.map(lambda m: 1 + (m > 6)), index=counts.index)
    finest = pd.Series(counts.index.to_period("Q" if quarters else "M"), index=counts.index)
    of_half = pd.DataFrame(False, index=[1, 2], columns=counts.columns)
    of_month = pd.DataFrame(False, index=counts.index, columns=counts.columns)
    for name in counts:
        known = counts[name].dropna().astype(int)
        halves = known.groupby(half[known.index])
        open_ = rule.may_split(known.sum(), halves.sum())
        of_half[name] = not open_
        for _, part in halves if open_ else ((0, known),):
            shown = rule.may_split(part.sum(), part.groupby(finest[part.index]).sum())
            of_month.loc[part.index, name] = not shown
    return of_half, of_month
