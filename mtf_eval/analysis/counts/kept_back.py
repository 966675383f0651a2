"""Which counts of referrals are kept back under a rule that hides, as they would give others back.

Decided from the counts alone, so that every table and report decides alike.
"""

from __future__ import annotations

import pandas as pd

from mtf_eval.records.prices.rules import FEWEST, Rule


def beside(counts: pd.DataFrame, kept: pd.DataFrame, rule: Rule) -> pd.DataFrame:
    """Keep the rejected back, too, in rows where they would give other outcomes away.

    Received less accepted less rejected would leave a hidden outcome next to no room. The few are
    kept back as the many are: else that they are would tell of the others.
    """
    few = counts.le(rule.hide_up_to).fillna(False).astype(bool)
    others = [c for c in ("saras", "pending") if c in counts]
    if {"accepted", "rejected"} <= set(counts):
        given_away = ~few["accepted"] & few[others].any(axis=1)
        kept["rejected"] = kept.get("rejected", False) | given_away
    return kept


def of_year(
    counts: pd.DataFrame, rule: Rule, *, quarters: bool
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return which counts of a year's halves and months may not be shown beside longer periods.

    The halves are parts of the year; the months, or the quarters where those stand in for them,
    parts of their half where that is shown, else of the year. `counts`: a row a month, by its first
    day; a column a count of people. Returns frames of booleans with the same columns: by half (1,
    2), and by month.
    """
    half = pd.Series(counts.index.month.map(lambda m: 1 + (m > 6)), index=counts.index)
    finest = pd.Series(counts.index.to_period("Q" if quarters else "M"), index=counts.index)
    of_half = pd.DataFrame(False, index=[1, 2], columns=counts.columns)
    of_month = pd.DataFrame(False, index=counts.index, columns=counts.columns)
    tells = narrowed(counts.groupby(half).sum(min_count=1), rule)
    below = {h: narrowed(part.groupby(finest[part.index]).sum(min_count=1), rule)
             for h, part in counts.groupby(half)}  # fmt: skip
    for name in counts:
        known = counts[name].dropna().astype(int)
        halves = known.groupby(half[known.index])
        open_ = name not in tells and rule.may_split(known.sum(), halves.sum())
        of_half[name] = not open_
        for h, part in halves if open_ else ((0, known),):
            shown = rule.may_split(part.sum(), part.groupby(finest[part.index]).sum())
            of_month.loc[part.index, name] = not shown or name in below.get(h, ())
    return of_half, of_month


def narrowed(parts: pd.DataFrame, rule: Rule) -> set[str]:
    """Return which of received and accepted would be known too well beside their parts.

    Where hardly more were received than accepted, what became of the rest lies between the two: a
    total whose two parts, both shown, do not add up to it as shown is one of few values.
    """
    ends = [c for c in ("received", "accepted") if c in parts]
    shown = {c: rule.shown(int(parts[c].sum())) for c in ends}
    if rule.off or len(ends) < 2 or None in shown.values():
        return set()
    if (shown["received"] or 0) - (shown["accepted"] or 0) >= 2 * rule.room + FEWEST - 1:
        return set()
    found = set()
    for c in ends:
        each = [rule.shown(int(n)) for n in parts[c].dropna()]
        apart = abs(sum(n or 0 for n in each) - (shown[c] or 0))
        if None not in each and len(each) > 1 and rule.room * (1 + len(each)) - apart + 1 < FEWEST:
            found.add(c)
    return found
