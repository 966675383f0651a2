"""Coarser figures where most would be hidden, and counts kept back as they would give others back.

Asked for by the data set (`groups` in `about`) or by the run; the records are named by their group
before anything is counted. What is kept back is decided from the counts alone, so that every table
and report decides alike.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING

import pandas as pd

from mtf_eval.errors import BadArgument
from mtf_eval.records.home import REFERENCE, read_rows
from mtf_eval.records.prices.rules import FEWEST, Rule

if TYPE_CHECKING:
    import pandas as pd

    from mtf_eval.records.dataset import Dataset
    from mtf_eval.records.prices.rules import Rule


PERIODS = ("quarter", "year")
GROUPS = ("agency", "ward", "theme", *PERIODS)
# Where the categories of a dimension stand: table, column, and the blocks it is so in.
PLACES = {
    "agency": (("referrals", "agency", ()), ("activity", "agency", ("domestic_abuse_support",))),
    "ward": (("referrals", "ward", ()),),
    "theme": (("referrals", "criteria", ()), ("activity", "category", ("interventions",))),
}


@cache
def _declared() -> Mapping[str, Mapping[str, str]]:
    groups: dict[str, dict[str, str]] = defaultdict(dict)
    for row in read_rows(REFERENCE / "category_groups.csv"):
        groups[row["dimension"]][row["category"]] = row["group"]
    return groups


def coarser(data: Dataset, rule: Rule, asked: str = "") -> Dataset:
    """Return the data set with what is asked for put together; as it is where nothing is hidden.

    `rule`: the disclosure rule of the page. `asked`: some of `GROUPS`, separated by `;`; by default
    what `about` says under `groups`. A category without a declared group stays as it is; a referral
    of several themes of one group counts once in it. Raises `BadArgument`: a group is unknown.
    """
    text = asked or data.about.get("groups", "")
    wanted = [word.strip() for word in text.split(";") if word.strip()]
    if unknown := [word for word in wanted if word not in GROUPS]:
        raise BadArgument(f"groups={'; '.join(unknown)}: expected some of {', '.join(GROUPS)}")
    if rule.off or not wanted:
        return data
    tables, said = dict(data.tables), {}
    for dimension in (word for word in wanted if word in PLACES):
        used: dict[str, set[str]] = defaultdict(set)
        for table, column, blocks in PLACES[dimension]:
            frame = tables[table].copy()
            rows = frame["block"].isin(blocks) if blocks else frame[column].notna()
            frame[column] = frame[column].astype("object")
            frame.loc[rows, column] = _named(frame.loc[rows, column], dimension, used)
            tables[table] = frame.astype({column: tables[table][column].dtype})
        named = [f"{name} ({', '.join(sorted(of))})" for name, of in sorted(used.items())]
        if named:
            said[dimension] = f"Put together so that fewer counts are hidden: {'; '.join(named)}."
    for period in (word for word in PERIODS if word in wanted):
        said["grain"] = period
        said["period"] = f"Shown by {period}, as most of the finer figures would be hidden."
    about = {**data.about, **{f"groups of {key}": words for key, words in said.items()}}
    return replace(data, tables=tables, about=about)


def _named(values: pd.Series[str], dimension: str, used: dict[str, set[str]]) -> pd.Series[str]:
    """Name each value, or each of several, by its group; what was put together goes into `used`."""
    groups = _declared()[dimension]

    def group(text: str) -> str:
        found = []
        for one in (part.strip() for part in text.split(";")) if dimension == "theme" else (text,):
            found.append(groups.get(one, one))
            if one in groups:
                used[groups[one]].add(one)
        return "; ".join(dict.fromkeys(found))

    return values.map(group, na_action="ignore")


def grain(data: Dataset, finest: str) -> str:
    """Return the shortest period to count by: `month`, `quarter` or `year`."""
    order = ("month", *PERIODS)
    return max(finest, data.about.get("groups of grain", finest), key=order.index)


def notes(data: Dataset, what: str) -> tuple[str, ...]:
    """Say that rows of a dimension, or periods, were put together; nothing where none were."""
    said = data.about.get(f"groups of {what}")
    return (said,) if said else ()


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


def year_kept_back(
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
